/* SPDX-License-Identifier: MIT
 *
 * Filling a report's body. An adder never fails: what cannot be kept (a list is full, memory is
 * short, a number is outside its table) is counted, and the count becomes a finding. So a body
 * may lack something, but never without saying so.
 */
#include "contract/body_data.h"

#include "base/checked.h"
#include "base/json.h"
#include "contract/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Six lists of at most 512 entries, with room for two full paths in each, and the changes of
 * files and the artifacts with a path of some 2 KiB each. */
#define BODY_ARENA_MAX ((size_t)96 << 20)

struct bv_report_body *bv_body_new(const struct bv_spec *spec)
{
	struct bv_report_body *body = calloc(1, sizeof(*body));

	if (!body)
		return NULL;
	body->arena = bv_arena_new(BODY_ARENA_MAX);
	if (!body->arena)
		return bv_body_free(body);
	for (size_t i = 0; i < 3; i++) {
		body->streams[i].wanted = spec->streams[i].mode == BV_STREAM_CAPTURE;
		body->streams[i].limit = (size_t)spec->streams[i].limit_bytes;
	}
	return body;
}

struct bv_report_body *bv_body_free(struct bv_report_body *body)
{
	if (!body)
		return NULL;
	for (size_t i = 0; i < 3; i++)
		free(body->streams[i].kept);
	free(body->artifacts.list);
	bv_arena_free(body->arena);
	free(body);
	return NULL;
}

static void drop(struct bv_report_body *body)
{
	body->dropped++;
}

void bv_body_lose(struct bv_report_body *body, enum bv_evidence claim)
{
	body->lost |= BV_EVIDENCE_BIT(claim);
	drop(body);
}

/* A copy, or NULL when it was dropped. Absent text is empty text. */
static const char *keep(struct bv_report_body *body, const char *text, size_t max)
{
	const char *copy = bv_text_copy(body->arena, bv_bytes_str(text), max);

	if (!copy)
		drop(body);
	return copy;
}

static bool full(struct bv_report_body *body, size_t count)
{
	if (count == BV_BODY_ENTRIES_MAX)
		drop(body);
	return count == BV_BODY_ENTRIES_MAX;
}

/* A pair before it is known whether it will be kept: repeated entries take no memory. */
struct draft {
	char name[BV_BODY_NAME_MAX + 1];
	char text[BV_BODY_TEXT_MAX + 1];
};

BV_PRINTF(3, 0)
static void draft_fill(struct draft *draft, const char *name, const char *fmt, va_list args)
{
	/* One more than is kept, so that a cut is seen as one. */
	char text[BV_BODY_TEXT_MAX + 2];
	int len = vsnprintf(text, sizeof(text), fmt, args);

	if (len < 0)
		text[0] = '\0';
	bv_text_escape(bv_bytes_str(name), draft->name, sizeof(draft->name));
	bv_text_escape(bv_bytes_str(text), draft->text, sizeof(draft->text));
}

static int draft_order(const struct draft *draft, const struct bv_body_pair *pair)
{
	int order = strcmp(draft->name, pair->name);

	return order ? order : strcmp(draft->text, pair->text);
}

/* Puts the pair at *at. */
static bool pair_link(struct bv_report_body *body, struct bv_body_pairs *list,
	struct bv_body_pair **at, const struct draft *draft)
{
	struct bv_body_pair *pair = bv_arena_alloc(body->arena, sizeof(*pair));

	if (pair) {
		pair->name = bv_arena_str(body->arena, draft->name);
		pair->text = bv_arena_str(body->arena, draft->text);
	}
	if (!pair || !pair->name || !pair->text) {
		drop(body);
		return false;
	}
	pair->next = *at;
	*at = pair;
	list->count++;
	return true;
}

/* Where a sorted list has the pair, or wants it; *ret_known says which. */
static struct bv_body_pair **pair_place(struct bv_body_pairs *list, const struct draft *draft,
	bool *ret_known)
{
	struct bv_body_pair **at = &list->first;
	int order = 1;

	for (; *at; at = &(*at)->next) {
		order = draft_order(draft, *at);
		if (order <= 0)
			break;
	}
	*ret_known = *at && order == 0;
	return at;
}

static void pair_append(struct bv_report_body *body, struct bv_body_pairs *list,
	const struct draft *draft)
{
	struct bv_body_pair **at = &list->first;

	if (full(body, list->count))
		return;
	while (*at)
		at = &(*at)->next;
	pair_link(body, list, at, draft);
}

static void pair_insert(struct bv_report_body *body, struct bv_body_pairs *list,
	const struct draft *draft)
{
	bool known;
	struct bv_body_pair **at = pair_place(list, draft, &known);

	if (!known && !full(body, list->count))
		pair_link(body, list, at, draft);
}

bool bv_body_conclude(struct bv_report_body *body, const char *code, const char *fmt, ...)
{
	struct draft draft;
	struct bv_body_pair **at;
	bool known;
	va_list args;

	va_start(args, fmt);
	draft_fill(&draft, code, fmt, args);
	va_end(args);
	at = pair_place(&body->conclusions, &draft, &known);
	return known || pair_link(body, &body->conclusions, at, &draft);
}

void bv_body_attest(struct bv_report_body *body, const char *name, const char *fmt, ...)
{
	struct draft draft;
	va_list args;

	va_start(args, fmt);
	draft_fill(&draft, name, fmt, args);
	va_end(args);
	pair_insert(body, &body->attested, &draft);
}

void bv_body_observe(struct bv_report_body *body, const char *kind, const char *fmt, ...)
{
	struct draft draft;
	va_list args;

	va_start(args, fmt);
	draft_fill(&draft, kind, fmt, args);
	va_end(args);
	pair_append(body, &body->observed, &draft);
}

void bv_body_finding(struct bv_report_body *body, const char *code, const char *fmt, ...)
{
	struct draft draft;
	va_list args;

	va_start(args, fmt);
	draft_fill(&draft, code, fmt, args);
	va_end(args);
	pair_insert(body, &body->findings, &draft);
}

/* Replaces an earlier end: what a backend says last is what it knew most about. Text that had to
 * be dropped is counted; the end itself always stands. */
void bv_body_end(struct bv_report_body *body, const struct bv_end *end)
{
	body->end = *end;
	body->end.stage = end->stage ? keep(body, end->stage, BV_BODY_NAME_MAX) : NULL;
	body->end.detail = end->detail ? keep(body, end->detail, BV_BODY_TEXT_MAX) : NULL;
	body->ended = 1;
}

static void file_set(struct bv_report_body *body, struct bv_body_file *file, const char *path,
	const struct bv_digest *sha256, uint64_t size_bytes)
{
	const char *copy;

	if (!path || !sha256 || size_bytes > (uint64_t)BV_JSON_INTEGER_MAX) {
		drop(body);
		return;
	}
	copy = keep(body, path, BV_BODY_PATH_MAX);
	if (copy)
		*file = (struct bv_body_file){copy, *sha256, size_bytes};
}

void bv_body_executable(struct bv_report_body *body, const char *path,
	const struct bv_digest *sha256, uint64_t size_bytes)
{
	file_set(body, &body->executable, path, sha256, size_bytes);
}

void bv_body_interpreter(struct bv_report_body *body, const char *path,
	const struct bv_digest *sha256, uint64_t size_bytes)
{
	file_set(body, &body->interpreter, path, sha256, size_bytes);
}

static int text_order(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int denial_order(const struct bv_body_denial *a, const struct bv_body_denial *b)
{
	int order = (a->kind > b->kind) - (a->kind < b->kind);

	if (!order)
		order = strcmp(a->call, b->call);
	if (!order)
		order = text_order(a->object, b->object);
	if (!order)
		order = (a->errnum > b->errnum) - (a->errnum < b->errnum);
	return order;
}

static uint64_t count_add(uint64_t a, uint64_t b)
{
	uint64_t sum = 0;

	if (!bv_u64_add(a, b, &sum) || sum > (uint64_t)BV_JSON_INTEGER_MAX)
		return (uint64_t)BV_JSON_INTEGER_MAX;
	return sum;
}

static void denial_link(struct bv_report_body *body, struct bv_body_denial **at,
	const struct bv_body_denial *denial)
{
	struct bv_body_denial *copy;

	copy = body->denial_count < BV_BODY_ENTRIES_MAX ? bv_arena_alloc(body->arena, sizeof(*copy))
							: NULL;
	if (copy) {
		*copy = *denial;
		copy->next = *at;
		copy->call = bv_arena_str(body->arena, denial->call);
		copy->object = bv_arena_str(body->arena, denial->object);
	}
	if (!copy || !copy->call || (denial->object && !copy->object)) {
		bv_body_lose(body, BV_EVIDENCE_DENIED_ATTEMPTS);
		return;
	}
	*at = copy;
	body->denial_count++;
}

static void denial_insert(struct bv_report_body *body, const struct bv_body_denial *denial)
{
	struct bv_body_denial **at = &body->denials;
	int order = 1;

	for (; *at; at = &(*at)->next) {
		order = denial_order(denial, *at);
		if (order <= 0)
			break;
	}
	if (*at && order == 0)
		(*at)->count = count_add((*at)->count, denial->count);
	else
		denial_link(body, at, denial);
}

/* Once the list is full, more of what it already holds is still counted there. */
void bv_body_deny(struct bv_report_body *body, const struct bv_denial *denial)
{
	char call[BV_BODY_NAME_MAX + 1], object[BV_BODY_PATH_MAX + 1];
	struct bv_body_denial copy = {
		.kind = denial->kind,
		.call = call,
		.object = denial->object ? object : NULL,
		.errnum = denial->errnum,
		.count = count_add(denial->count, 0),
	};

	if (!bv_kind_name(denial->kind) || !denial->count) {
		bv_body_lose(body, BV_EVIDENCE_DENIED_ATTEMPTS);
		return;
	}
	bv_text_escape(bv_bytes_str(denial->call), call, sizeof(call));
	bv_text_escape(bv_bytes_str(denial->object), object, sizeof(object));
	denial_insert(body, &copy);
}

void bv_body_usage(struct bv_report_body *body, enum bv_dimension dimension,
	const struct bv_usage *usage)
{
	struct bv_body_usage copy = {.known = usage->known ? 1 : 0, .measured = usage->measured};

	if (!bv_dimension_name(dimension) || usage->measured > (uint64_t)BV_JSON_INTEGER_MAX) {
		drop(body);
		return;
	}
	copy.source = keep(body, usage->source, BV_BODY_NAME_MAX);
	copy.granularity = keep(body, usage->granularity, BV_BODY_NAME_MAX);
	if (copy.source && copy.granularity)
		body->usage[dimension] = copy;
}

void bv_body_cover(struct bv_report_body *body, enum bv_evidence claim, enum bv_coverage coverage,
	const char *observer, const char *missed)
{
	struct bv_body_cover copy = {.coverage = coverage};

	if (!bv_evidence_name(claim) || (unsigned int)coverage > BV_COVERAGE_COMPLETE) {
		drop(body);
		return;
	}
	copy.observer = keep(body, observer, BV_BODY_TEXT_MAX);
	copy.missed = keep(body, missed, BV_BODY_TEXT_MAX);
	if (copy.observer && copy.missed)
		body->covers[claim] = copy;
}

void bv_body_transcript(struct bv_report_body *body, uint64_t at_us, const char *state,
	const char *event)
{
	struct bv_body_step **at = &body->transcript, *step;

	if (full(body, body->transcript_count))
		return;
	step = at_us > (uint64_t)BV_JSON_INTEGER_MAX ? NULL
						     : bv_arena_alloc(body->arena, sizeof(*step));
	if (step) {
		step->at_us = at_us;
		step->state = bv_text_copy(body->arena, bv_bytes_str(state), BV_BODY_NAME_MAX);
		step->event = bv_text_copy(body->arena, bv_bytes_str(event), BV_BODY_NAME_MAX);
	}
	if (!step || !step->state || !step->event) {
		drop(body);
		return;
	}
	while (*at)
		at = &(*at)->next;
	*at = step;
	body->transcript_count++;
}

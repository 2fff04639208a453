/* SPDX-License-Identifier: MIT
 *
 * What was witnessed of files and processes. Changes are kept sorted by path, one for each; they
 * are best added in that order. Processes stand in the order in which they were seen.
 */
#include "contract/body_data.h"

#include "base/json.h"
#include "contract/text.h"

const char *bv_change_name(enum bv_change_kind change)
{
	switch (change) {
	case BV_CHANGE_CREATED:
		return "created";
	case BV_CHANGE_MODIFIED:
		return "modified";
	case BV_CHANGE_DELETED:
		return "deleted";
	}
	return NULL;
}

const char *bv_file_kind_name(enum bv_file_kind kind)
{
	switch (kind) {
	case BV_FILE_REGULAR:
		return "file";
	case BV_FILE_DIRECTORY:
		return "directory";
	case BV_FILE_LINK:
		return "link";
	case BV_FILE_OTHER:
		return "other";
	}
	return NULL;
}

static bool change_sound(const struct bv_change *change)
{
	return bv_change_name(change->change) && bv_file_kind_name(change->kind) && change->path &&
		change->size_bytes <= (uint64_t)BV_JSON_INTEGER_MAX;
}

/* Where the path is, or belongs. */
static struct bv_body_change **change_place(struct bv_report_body *body, const char *path)
{
	struct bv_body_change **at = &body->changes;

	if (body->change_last && strcmp(body->change_last->path, path) < 0)
		return &body->change_last->next;
	while (*at && strcmp((*at)->path, path) < 0)
		at = &(*at)->next;
	return at;
}

void bv_body_change(struct bv_report_body *body, const struct bv_change *change)
{
	struct bv_body_change **at, *entry = NULL;
	const char *path = NULL;

	if (change_sound(change) && body->change_count < BV_BODY_CHANGES_MAX)
		path = bv_text_copy(body->arena, bv_bytes_str(change->path), BV_BODY_PATH_MAX);
	at = path ? change_place(body, path) : NULL;
	if (at && (!*at || strcmp((*at)->path, path) != 0))
		entry = bv_arena_alloc(body->arena, sizeof(*entry));
	if (!entry) {
		bv_body_lose(body, BV_EVIDENCE_FILESYSTEM_DELTA);
		return;
	}
	*entry = (struct bv_body_change){*at, *change, path};
	*at = entry;
	if (!entry->next)
		body->change_last = entry;
	body->change_count++;
}

void bv_body_process(struct bv_report_body *body, const struct bv_process *process)
{
	struct bv_body_process **at = &body->processes, *entry = NULL;
	const uint64_t max = (uint64_t)BV_JSON_INTEGER_MAX;
	const char *name = NULL;

	if (body->process_count < BV_BODY_ENTRIES_MAX && process->began_us <= max &&
		process->ended_us <= max)
		name = bv_text_copy(body->arena, bv_bytes_str(process->name), BV_BODY_NAME_MAX);
	if (name)
		entry = bv_arena_alloc(body->arena, sizeof(*entry));
	if (!entry) {
		bv_body_lose(body, BV_EVIDENCE_PROCESS_TREE);
		return;
	}
	*entry = (struct bv_body_process){NULL, *process, name};
	while (*at)
		at = &(*at)->next;
	*at = entry;
	body->process_count++;
}

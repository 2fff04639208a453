/* SPDX-License-Identifier: MIT
 *
 * What probing saw, as a bounded set of named facts. A fact that was never set and one that is
 * unknown read the same (not there), and are told apart in what is written and hashed.
 */
#include "contract/snapshot.h"

#include "base/digest.h"
#include "base/fail.h"
#include "base/utf8.h"
#include "contract/text.h"

#include <inttypes.h>

#define SNAPSHOT_JSON_MAX 65536

static const char *state_name(enum bv_fact_state state)
{
	switch (state) {
	case BV_FACT_UNKNOWN:
		return "unknown";
	case BV_FACT_ABSENT:
		return "absent";
	case BV_FACT_PRESENT:
		return "present";
	}
	return NULL;
}

static bool name_sound(const char *name, size_t len)
{
	if (!len || len >= BV_FACT_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-')
			return false;
	}
	return true;
}

static bool value_sound(int64_t value)
{
	return value <= BV_JSON_INTEGER_MAX && value >= -BV_JSON_INTEGER_MAX;
}

int bv_snapshot_set(struct bv_snapshot *snapshot, const char *name, enum bv_fact_state state,
	int64_t value, const char *detail)
{
	struct bv_fact fact = {.state = state, .value = value};
	size_t at = 0;

	if (!name || !name_sound(name, strlen(name)) || !state_name(state) || !value_sound(value))
		return BV_E_INVALID;
	while (at < snapshot->count && strcmp(snapshot->facts[at].name, name) != 0)
		at++;
	if (at == BV_FACTS_MAX)
		return BV_E_LIMIT;
	memcpy(fact.name, name, strlen(name) + 1);
	bv_text_escape(bv_bytes_str(detail), fact.detail, sizeof(fact.detail));
	snapshot->facts[at] = fact;
	if (at == snapshot->count)
		snapshot->count++;
	return 0;
}

const struct bv_fact *bv_snapshot_find(const struct bv_snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->count && i < BV_FACTS_MAX; i++) {
		if (strcmp(snapshot->facts[i].name, name) == 0)
			return &snapshot->facts[i];
	}
	return NULL;
}

int bv_snapshot_has(const struct bv_snapshot *snapshot, const char *name)
{
	const struct bv_fact *fact = bv_snapshot_find(snapshot, name);

	return fact && fact->state == BV_FACT_PRESENT;
}

int64_t bv_snapshot_value(const struct bv_snapshot *snapshot, const char *name)
{
	const struct bv_fact *fact = bv_snapshot_find(snapshot, name);

	return fact && fact->state == BV_FACT_PRESENT ? fact->value : 0;
}

static int fact_check(const struct bv_fact *fact, size_t index, struct bv_error *err)
{
	struct bv_bytes name = bv_text_bounded(fact->name, sizeof(fact->name));
	struct bv_bytes detail = bv_text_bounded(fact->detail, sizeof(fact->detail));

	if (!name_sound((const char *)name.data, name.len))
		return bv_fail_at(err, BV_E_FAULT, index, "snapshot",
			"the backend's fact %zu has no name of lower-case letters, digits, dots "
			"and hyphens",
			index);
	if (!state_name(fact->state))
		return bv_fail_at(err, BV_E_FAULT, index, "snapshot",
			"the backend's fact %s has the state %d, which means nothing", fact->name,
			(int)fact->state);
	if (!value_sound(fact->value))
		return bv_fail_at(err, BV_E_FAULT, index, "snapshot",
			"the backend's fact %s has a value past 2^53 - 1", fact->name);
	if (detail.len == sizeof(fact->detail) || !bv_utf8_text(detail))
		return bv_fail_at(err, BV_E_FAULT, index, "snapshot",
			"the detail of the backend's fact %s is not terminated UTF-8", fact->name);
	return 0;
}

int bv_snapshot_check(const struct bv_snapshot *snapshot, struct bv_error *err)
{
	if (snapshot->count > BV_FACTS_MAX)
		return bv_fail(err, BV_E_FAULT, "snapshot",
			"the backend claims %zu facts, of at most %d", snapshot->count,
			BV_FACTS_MAX);
	for (size_t i = 0; i < snapshot->count; i++) {
		int code = fact_check(&snapshot->facts[i], i, err);

		if (code)
			return code;
		if (bv_snapshot_find(snapshot, snapshot->facts[i].name) != &snapshot->facts[i])
			return bv_fail_at(err, BV_E_FAULT, i, "snapshot",
				"the backend states the fact %s twice", snapshot->facts[i].name);
	}
	return 0;
}

static void sort_by_name(const struct bv_snapshot *snapshot, const struct bv_fact **ret)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct bv_fact *fact = &snapshot->facts[i];
		size_t at = i;

		for (; at > 0 && strcmp(ret[at - 1]->name, fact->name) > 0; at--)
			ret[at] = ret[at - 1];
		ret[at] = fact;
	}
}

void bv_snapshot_write(struct bv_json *json, const struct bv_snapshot *snapshot)
{
	const struct bv_fact *sorted[BV_FACTS_MAX];

	sort_by_name(snapshot, sorted);
	bv_json_array(json);
	for (size_t i = 0; i < snapshot->count; i++) {
		bv_json_object(json);
		bv_json_kv_string(json, "detail", sorted[i]->detail);
		bv_json_kv_string(json, "name", sorted[i]->name);
		bv_json_kv_string(json, "state", state_name(sorted[i]->state));
		bv_json_kv_integer(json, "value", sorted[i]->value);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

int bv_snapshot_profile(const struct bv_snapshot *snapshot, struct bv_profile_id *ret,
	struct bv_error *err)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(SNAPSHOT_JSON_MAX);
	struct bv_json json;
	struct bv_bytes view;

	bv_json_start(&json, &buf);
	bv_snapshot_write(&json, snapshot);
	if (!bv_json_end(&json))
		return bv_fail(err, BV_E_NO_MEMORY, "snapshot",
			"no memory to write the machine's facts");
	view = bv_buf_view(&buf);
	bv_sha256_once(view.data, view.len, &ret->digest);
	return 0;
}

static int drift(const struct bv_fact *then, const struct bv_fact *now, struct bv_error *err)
{
	const char *name = then ? then->name : now->name;

	if (!then)
		return bv_fail(err, BV_E_DRIFT, name,
			"%s was not among the facts planned with, and is now %s; plan again", name,
			state_name(now->state));
	if (!now)
		return bv_fail(err, BV_E_DRIFT, name,
			"%s was %s when planned, and is not among the facts any more; plan again",
			name, state_name(then->state));
	return bv_fail(err, BV_E_DRIFT, name,
		"%s was %s, %" PRId64 " (%s) when planned, and is now %s, %" PRId64
		" (%s); plan again",
		name, state_name(then->state), then->value, then->detail, state_name(now->state),
		now->value, now->detail);
}

static bool fact_same(const struct bv_fact *a, const struct bv_fact *b)
{
	return a->state == b->state && a->value == b->value && strcmp(a->detail, b->detail) == 0;
}

int bv_snapshot_compare(const struct bv_snapshot *then, const struct bv_snapshot *now,
	struct bv_error *err)
{
	const struct bv_fact *a[BV_FACTS_MAX], *b[BV_FACTS_MAX];
	size_t i = 0;

	sort_by_name(then, a);
	sort_by_name(now, b);
	for (; i < then->count && i < now->count; i++) {
		int order = strcmp(a[i]->name, b[i]->name);

		if (order)
			return drift(order < 0 ? a[i] : NULL, order < 0 ? NULL : b[i], err);
		if (!fact_same(a[i], b[i]))
			return drift(a[i], b[i], err);
	}
	if (i < then->count || i < now->count)
		return drift(i < then->count ? a[i] : NULL, i < then->count ? NULL : b[i], err);
	return 0;
}

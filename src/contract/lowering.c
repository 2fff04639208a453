/* SPDX-License-Identifier: MIT
 *
 * Compiling a lowering. The set is sorted by phase and id; then it is checked step by step, so
 * that a refusal names the step at fault and is, like the schedule, a function of the set alone;
 * then steps are taken one at a time, always the first whose prerequisites are all taken. If no
 * step is free, there is a cycle. Nothing of an earlier phase is left behind by a step of a later
 * one, because the check proves that prerequisites never point forward.
 */
#include "contract/lowering.h"

#include "base/digest.h"
#include "base/fail.h"
#include "base/utf8.h"

#define LOWERING_ID_MAX 64
#define LOWERING_JSON_MAX 65536

static bool id_sound(const char *id)
{
	size_t len = id ? strnlen(id, LOWERING_ID_MAX + 1) : 0;

	return len && len <= LOWERING_ID_MAX && bv_utf8_line(bv_bytes(id, len));
}

static const struct bv_step *step_find(const struct bv_lowering *set, const char *id)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->steps[i].primitive.id, id) == 0)
			return &set->steps[i];
	}
	return NULL;
}

static int prerequisite_check(const struct bv_lowering *set, const struct bv_primitive *primitive,
	const char *wanted, struct bv_error *err)
{
	const struct bv_step *found = step_find(set, wanted);

	if (!found)
		return bv_fail(err, BV_E_LOWERING, primitive->id,
			"%s needs %s before it, which the backend did not schedule", primitive->id,
			wanted);
	if (found->primitive.phase > primitive->phase)
		return bv_fail(err, BV_E_LOWERING, primitive->id,
			"%s of phase %u needs %s before it, which is of the later phase %u",
			primitive->id, primitive->phase, wanted, found->primitive.phase);
	return 0;
}

static int step_check(const struct bv_lowering *set, size_t index, struct bv_error *err)
{
	const struct bv_primitive *primitive = &set->steps[index].primitive;
	const char *const *id;
	int code;

	if (step_find(set, primitive->id) != &set->steps[index])
		return bv_fail(err, BV_E_LOWERING, primitive->id, "%s is scheduled twice",
			primitive->id);
	for (id = primitive->conflicts; id && *id; id++) {
		if (step_find(set, *id))
			return bv_fail(err, BV_E_LOWERING, primitive->id,
				"%s cannot be applied together with %s", primitive->id, *id);
	}
	for (id = primitive->prerequisites; id && *id; id++) {
		code = prerequisite_check(set, primitive, *id, err);
		if (code)
			return code;
	}
	return 0;
}

static int ids_check(const struct bv_lowering *set, struct bv_error *err)
{
	if (set->count > BV_PRIMITIVES_MAX)
		return bv_fail(err, BV_E_LOWERING, "lowering",
			"the backend schedules %zu steps, of at most %d", set->count,
			BV_PRIMITIVES_MAX);
	for (size_t i = 0; i < set->count; i++) {
		if (!id_sound(set->steps[i].primitive.id))
			return bv_fail_at(err, BV_E_LOWERING, i, "lowering",
				"the backend's step %zu has no id of 1 to %d bytes on one line", i,
				LOWERING_ID_MAX);
	}
	return 0;
}

static bool step_before(const struct bv_step *a, const struct bv_step *b)
{
	if (a->primitive.phase != b->primitive.phase)
		return a->primitive.phase < b->primitive.phase;
	return strcmp(a->primitive.id, b->primitive.id) < 0;
}

static void set_sort(const struct bv_lowering *set, struct bv_lowering *ret)
{
	for (; ret->count < set->count; ret->count++) {
		const struct bv_step *step = &set->steps[ret->count];
		size_t at = ret->count;

		for (; at > 0 && step_before(step, &ret->steps[at - 1]); at--)
			ret->steps[at] = ret->steps[at - 1];
		ret->steps[at] = *step;
	}
}

static bool step_free(const struct bv_step *step, const struct bv_lowering *done)
{
	for (const char *const *id = step->primitive.prerequisites; id && *id; id++) {
		if (!step_find(done, *id))
			return false;
	}
	return true;
}

/* The first free step of a sorted set that is not done yet. */
static const struct bv_step *step_next(const struct bv_lowering *set,
	const struct bv_lowering *done)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct bv_step *step = &set->steps[i];

		if (!step_find(done, step->primitive.id) && step_free(step, done))
			return step;
	}
	return NULL;
}

static int cycle(const struct bv_lowering *set, const struct bv_lowering *done,
	struct bv_error *err)
{
	const char *id = NULL;

	for (size_t i = 0; i < set->count && !id; i++) {
		if (!step_find(done, set->steps[i].primitive.id))
			id = set->steps[i].primitive.id;
	}
	return bv_fail(err, BV_E_LOWERING, id,
		"%s waits for itself through prerequisites: there is no order", id);
}

int bv_lowering_compile(const struct bv_lowering *set, struct bv_lowering *ret,
	struct bv_error *err)
{
	struct bv_lowering sorted = {0}, done = {0};
	int code = ids_check(set, err);

	if (code)
		return code;
	set_sort(set, &sorted);
	for (size_t i = 0; i < sorted.count; i++) {
		code = step_check(&sorted, i, err);
		if (code)
			return code;
	}
	while (done.count < sorted.count) {
		const struct bv_step *step = step_next(&sorted, &done);

		if (!step)
			return cycle(&sorted, &done, err);
		done.steps[done.count++] = *step;
	}
	*ret = done;
	return 0;
}

void bv_lowering_write(struct bv_json *json, const struct bv_lowering *schedule)
{
	bv_json_array(json);
	for (size_t i = 0; i < schedule->count; i++) {
		const struct bv_step *step = &schedule->steps[i];

		bv_json_object(json);
		bv_json_kv_string(json, "id", step->primitive.id);
		bv_json_kv_digest(json, "parameters", &step->parameters);
		bv_json_kv_unsigned(json, "phase", step->primitive.phase);
		bv_json_kv_unsigned(json, "version", step->primitive.version);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

int bv_lowering_digest(const struct bv_lowering *schedule, struct bv_digest *ret,
	struct bv_error *err)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(LOWERING_JSON_MAX);
	struct bv_json json;
	struct bv_bytes view;

	bv_json_start(&json, &buf);
	bv_lowering_write(&json, schedule);
	if (!bv_json_end(&json))
		return bv_fail(err, BV_E_NO_MEMORY, "lowering", "no memory to write the schedule");
	view = bv_buf_view(&buf);
	bv_sha256_once(view.data, view.len, ret);
	return 0;
}

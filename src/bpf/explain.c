/* SPDX-License-Identifier: MIT
 *
 * What a policy refuses, in words, from the tables that the compiler reads.
 */
#include "bpf/filter.h"

#include <stddef.h>

#include "bpf/table.h"

struct cause {
	uint32_t bit;
	const char *name;
	const char *text;
};

static const struct cause causes[] = {
#define BV_FILTER_FLAG(name, bit, stable, text) {BV_FILTER_##name, stable, text},
#include "bpf/flags.def"
#undef BV_FILTER_FLAG
	{BV_CAUSE_SPAWN_DENY, "spawn-deny-new-tasks", "new tasks of any kind"},
	{BV_CAUSE_SPAWN_THREADS, "spawn-allow-threads", "new processes"},
	{BV_CAUSE_SPAWN_DESCENDANTS, "spawn-allow-descendants", "new siblings and namespaces"},
};

#define CAUSE_COUNT (sizeof(causes) / sizeof(causes[0]))

_Static_assert(CAUSE_COUNT == BV_FILTER_FLAG_COUNT + 3, "flags.def and the flag count differ");

static const struct cause *flag_find(uint32_t flag)
{
	for (size_t i = 0; i < BV_FILTER_FLAG_COUNT; i++) {
		if (causes[i].bit == flag)
			return &causes[i];
	}
	return NULL;
}

const char *bv_filter_flag_name(uint32_t flag)
{
	const struct cause *cause = flag_find(flag);

	return cause ? cause->name : NULL;
}

const char *bv_filter_flag_text(uint32_t flag)
{
	const struct cause *cause = flag_find(flag);

	return cause ? cause->text : NULL;
}

/* The one answer of a look, or 0 if it has several. */
static int look_errnum(const struct bv_look *look)
{
	int errnum = 0;

	for (size_t i = 0; i < look->count; i++) {
		const int ways[] = {look->steps[i].yes, look->steps[i].no};

		for (size_t way = 0; way < 2; way++) {
			int found = ways[way] < BV_GO_PASS ? BV_GO_PASS - ways[way] : errnum;

			if (errnum && found != errnum)
				return 0;
			errnum = found;
		}
	}
	return errnum;
}

/*
 * Cells are (call, 0: the whole call or n: the n-th look, cause), numbered through. An item is a
 * cell without its cause.
 */
static const struct bv_look *item_look(size_t item)
{
	size_t count = 0;
	const struct bv_look *looks = bv_looks(&count);
	size_t n = item % (count + 1);

	return n ? &looks[n - 1] : NULL;
}

static const struct bv_call *item_call(size_t item)
{
	size_t call_count = 0;
	size_t look_count = 0;
	const struct bv_call *calls = bv_calls(&call_count);

	(void)bv_looks(&look_count);
	return item / (look_count + 1) < call_count ? &calls[item / (look_count + 1)] : NULL;
}

/* The causes that refuse an item of this machine. */
static uint32_t item_causes(size_t item, enum bv_filter_arch arch)
{
	const struct bv_call *call = item_call(item);
	const struct bv_look *look = item_look(item);

	if (call->number[arch] == BV_CALL_ABSENT)
		return 0;
	if (!look)
		return call->refused_by;
	return look->check == call->check ? look->causes : 0;
}

bool bv_filter_refusal_next(const struct bv_filter_policy *policy, size_t *cursor,
	struct bv_filter_refusal *ret)
{
	uint32_t asked = 0;

	if ((unsigned int)policy->arch > BV_FILTER_AARCH64 ||
		(unsigned int)policy->spawn > BV_FILTER_SPAWN_DESCENDANTS)
		return false;
	asked = bv_policy_causes(policy);
	for (size_t cell = *cursor; item_call(cell / CAUSE_COUNT); cell++) {
		const struct bv_call *call = item_call(cell / CAUSE_COUNT);
		const struct bv_look *look = item_look(cell / CAUSE_COUNT);
		const struct cause *cause = &causes[cell % CAUSE_COUNT];

		if (!(item_causes(cell / CAUSE_COUNT, policy->arch) & asked & cause->bit))
			continue;
		*cursor = cell + 1;
		*ret = (struct bv_filter_refusal){
			.call = call->name,
			.forms = look ? look->forms : "",
			.cause = cause->name,
			.errnum = look ? look_errnum(look) : call->errnum,
		};
		return true;
	}
	return false;
}

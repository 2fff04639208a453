/* SPDX-License-Identifier: MIT
 *
 * A look becomes loads, masks and jumps. The accumulator keeps what the step before loaded; a
 * step loads anew only if some way that leads to it left something else there.
 */
#include "bpf/inspect.h"

#include <stddef.h>
#include <string.h>

#define NO_MASK UINT32_MAX

/* What the accumulator holds: a half of an argument, masked; or nothing that we know of. */
struct held {
	bool reached; /* some step leads here */
	bool known;
	uint8_t half;
	uint32_t mask;
};

static uint32_t step_mask(const struct bv_step *step)
{
	return step->test == BV_STEP_EQUAL && step->mask ? step->mask : NO_MASK;
}

static struct held step_leaves(const struct bv_step *step)
{
	return (struct held){true, true, step->half, step_mask(step)};
}

static void held_meet(struct held *held, struct held other)
{
	if (!held->reached)
		*held = other;
	else if (held->half != other.half || held->mask != other.mask)
		held->known = false;
}

/* The index of the step an outcome leads to; `count` stands for passing; -1 for a refusal. */
static int step_target(const struct bv_look *look, int i, int outcome)
{
	int target = outcome == BV_GO_NEXT ? i + 1 : i + outcome;

	if (outcome == BV_GO_PASS)
		return look->count;
	if (outcome < 0)
		return -1;
	return target < look->count ? target : look->count;
}

static void held_everywhere(const struct bv_look *look, struct held held[BV_STEPS_MAX])
{
	held[0] = (struct held){.reached = true};
	for (int i = 0; i < look->count; i++) {
		const struct bv_step *step = &look->steps[i];
		const int outcomes[] = {step->yes, step->no};

		for (int way = 0; way < 2; way++) {
			int target = step_target(look, i, outcomes[way]);

			if (target >= 0 && target < look->count)
				held_meet(&held[target], step_leaves(step));
		}
	}
}

static uint32_t half_offset(uint8_t half)
{
	/* Both machines are little-endian: the lower half comes first. */
	return (uint32_t)(offsetof(struct seccomp_data, args) + half * sizeof(uint32_t));
}

static uint16_t step_jump(struct bv_emit *e, const struct bv_step *step, bool bindable,
	uint16_t yes, uint16_t no)
{
	uint16_t label = 0;

	switch ((enum bv_step_test)step->test) {
	case BV_STEP_EQUAL:
		return bv_emit_jump(e, BPF_JEQ, step->value, yes, no);
	case BV_STEP_ANY:
		return bv_emit_jump(e, BPF_JSET, step->value, yes, no);
	case BV_STEP_RANGE:
		label = bv_emit_jump(e, BPF_JGT, step->limit, no, yes);
		return bv_emit_jump(e, BPF_JGE, step->value, label, no);
	case BV_STEP_SELF:
		label = bv_emit_jump(e, BPF_JEQ, 0, yes, no);
		if (bindable)
			bv_emit_self(e, label);
		return label;
	}
	return no;
}

static uint16_t outcome_label(struct bv_emit *e, const struct bv_look *look, int i, int outcome,
	const uint16_t labels[BV_STEPS_MAX + 1])
{
	int target = step_target(look, i, outcome);

	if (target < 0)
		return bv_emit_return(e, SECCOMP_RET_ERRNO | (uint32_t)(BV_GO_PASS - outcome));
	return labels[target];
}

uint16_t bv_inspect_look(struct bv_emit *e, const struct bv_look *look, bool bindable,
	uint16_t pass)
{
	struct held held[BV_STEPS_MAX] = {0};
	uint16_t labels[BV_STEPS_MAX + 1];

	held_everywhere(look, held);
	labels[look->count] = pass;
	for (int i = look->count - 1; i >= 0; i--) {
		const struct bv_step *step = &look->steps[i];
		uint16_t yes = outcome_label(e, look, i, step->yes, labels);
		uint16_t no = outcome_label(e, look, i, step->no, labels);
		bool loaded = held[i].known && held[i].half == step->half &&
			(held[i].mask == NO_MASK || held[i].mask == step_mask(step));

		labels[i] = step_jump(e, step, bindable, yes, no);
		if (step_mask(step) != NO_MASK && !(loaded && held[i].mask == step_mask(step)))
			labels[i] = bv_emit_and(e, step_mask(step), labels[i]);
		if (!loaded)
			labels[i] = bv_emit_load(e, half_offset(step->half), labels[i]);
	}
	return labels[0];
}

static bool look_wanted(const struct bv_look *look, enum bv_check check, uint32_t causes)
{
	return look->check == check && look->causes & causes && !(look->unless & causes);
}

bool bv_inspect_wanted(enum bv_check check, uint32_t causes)
{
	size_t count = 0;
	const struct bv_look *looks = bv_looks(&count);

	for (size_t i = 0; i < count; i++) {
		if (look_wanted(&looks[i], check, causes))
			return true;
	}
	return false;
}

uint16_t bv_inspect(struct bv_emit *e, enum bv_check check, uint32_t causes, bool bindable,
	uint16_t pass)
{
	size_t count = 0;
	const struct bv_look *looks = bv_looks(&count);

	while (count--) {
		if (look_wanted(&looks[count], check, causes))
			pass = bv_inspect_look(e, &looks[count], bindable, pass);
	}
	return pass;
}

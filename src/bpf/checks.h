/* SPDX-License-Identifier: MIT
 *
 * Looks at arguments, as data. A check is a short list of steps; each compares one 32-bit half of
 * one argument and says how to go on. All checks of one call that a policy asks for run one after
 * the other, in the order of the table: the first refusal is the answer, and what all let pass is
 * allowed.
 */
#ifndef BPF_CHECKS_H
#define BPF_CHECKS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/filter.h"

enum bv_check {
#define BV_CHECK(name) BV_CHECK_##name,
#include "bpf/checks.def"
#undef BV_CHECK
	BV_CHECK_COUNT
};

/* A cause is a flag, or one of these for the spawn policy. */
#define BV_CAUSE_SPAWN(spawn) (UINT32_C(1) << (24 + (spawn)))
#define BV_CAUSE_SPAWN_DENY BV_CAUSE_SPAWN(BV_FILTER_SPAWN_DENY)
#define BV_CAUSE_SPAWN_THREADS BV_CAUSE_SPAWN(BV_FILTER_SPAWN_THREADS)
#define BV_CAUSE_SPAWN_DESCENDANTS BV_CAUSE_SPAWN(BV_FILTER_SPAWN_DESCENDANTS)

enum bv_step_test {
	BV_STEP_EQUAL, /* (half & mask) == value; a mask of 0 is none */
	BV_STEP_ANY,   /* half & value: has any of these bits */
	BV_STEP_RANGE, /* value <= half <= limit */
	BV_STEP_SELF,  /* half == the process's own id */
};

/* How to go on: the next step, n steps further (1 is the next), or one of the two verdicts. */
#define BV_GO_NEXT 0
#define BV_GO_PASS (-1)
#define BV_GO_REFUSE(errnum) (-1 - (errnum))

struct bv_step {
	uint8_t test; /* enum bv_step_test */
	uint8_t half; /* 2 * argument, + 1 for its upper half */
	uint32_t mask;
	uint32_t value;
	uint32_t limit;
	int16_t yes, no; /* BV_GO_*; past the last step is BV_GO_PASS */
};

#define BV_STEPS_MAX 24

struct bv_look {
	uint8_t check; /* enum bv_check */
	uint8_t count;
	uint32_t causes; /* it is asked for by any of these */
	uint32_t unless; /* not needed with any of these, whose own look refuses all it would */
	const struct bv_step *steps;
	const char *forms; /* what it refuses, after the call's name */
};

#define BV_LOOKS_MAX 40

/* All looks, *ret_count of them, in the order in which they run. */
const struct bv_look *bv_looks(size_t *ret_count);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Writes a classic BPF program from its last instruction to its first. Jumps only go forward, so
 * every target is known when a jump is written, and a target out of a conditional jump's reach
 * (255) gets a stepping stone right there.
 *
 * A label is the index of an instruction in the buffer. Once the buffer is full, nothing more is
 * written and `full` says so: a long program checks once, at its end.
 */
#ifndef BPF_EMIT_H
#define BPF_EMIT_H

#include "bpf/filter.h"

#define BV_EMIT_ANSWERS_MAX 10

struct bv_emit {
	struct sock_filter insns[BV_FILTER_MAX];
	uint16_t first;                       /* the program is insns[first..BV_FILTER_MAX) */
	uint16_t answer[BV_EMIT_ANSWERS_MAX]; /* labels of the latest return of each value */
	uint16_t answer_count;
	uint16_t self[BV_FILTER_SELF_MAX];
	uint16_t self_count;
	bool full;
};

void bv_emit_start(struct bv_emit *e);
/* Hands out the program; *ret untouched and false if it did not fit. */
BV_MUST_CHECK bool bv_emit_end(const struct bv_emit *e, struct bv_filter *ret);

/* A return of this value; one within reach is used again. */
uint16_t bv_emit_return(struct bv_emit *e, uint32_t value);
/* Instructions that go on to `next`. */
uint16_t bv_emit_load(struct bv_emit *e, uint32_t offset, uint16_t next);
uint16_t bv_emit_and(struct bv_emit *e, uint32_t mask, uint16_t next);
/* `op` is BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET. */
uint16_t bv_emit_jump(struct bv_emit *e, uint16_t op, uint32_t value, uint16_t yes, uint16_t no);
/* Remembers the instruction at the label as one that compares with the own id. */
void bv_emit_self(struct bv_emit *e, uint16_t label);

#endif

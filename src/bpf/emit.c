/* SPDX-License-Identifier: MIT
 *
 * The backward writer.
 */
#include "bpf/emit.h"

#include <string.h>

/* Reach of a conditional jump, less the stepping stones of its two targets. */
#define REACH 250

void bv_emit_start(struct bv_emit *e)
{
	memset(e, 0, sizeof(*e));
	e->first = BV_FILTER_MAX;
}

static uint16_t emit_insn(struct bv_emit *e, struct sock_filter insn)
{
	if (!e->first) {
		e->full = true;
		return 0;
	}
	e->first--;
	e->insns[e->first] = insn;
	return e->first;
}

static bool emit_reaches(const struct bv_emit *e, uint16_t label)
{
	return label - e->first <= REACH;
}

uint16_t bv_emit_return(struct bv_emit *e, uint32_t value)
{
	uint16_t i = 0;

	while (i < e->answer_count && e->insns[e->answer[i]].k != value)
		i++;
	if (i < e->answer_count && emit_reaches(e, e->answer[i]))
		return e->answer[i];
	if (i == BV_EMIT_ANSWERS_MAX) {
		e->full = true;
		return e->first;
	}
	e->answer[i] = emit_insn(e, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
	if (i == e->answer_count)
		e->answer_count++;
	return e->answer[i];
}

static uint16_t emit_near(struct bv_emit *e, uint16_t label)
{
	uint32_t distance = (uint32_t)(label - e->first);

	if (emit_reaches(e, label))
		return label;
	if (e->insns[label].code == (BPF_RET | BPF_K))
		return bv_emit_return(e, e->insns[label].k);
	return emit_insn(e, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, distance));
}

/* An instruction that does not jump, and has `next` right behind it. */
static uint16_t emit_before(struct bv_emit *e, struct sock_filter insn, uint16_t next)
{
	uint32_t distance = (uint32_t)(next - e->first);

	if (distance)
		(void)emit_insn(e, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, distance));
	return emit_insn(e, insn);
}

uint16_t bv_emit_load(struct bv_emit *e, uint32_t offset, uint16_t next)
{
	return emit_before(e, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset), next);
}

uint16_t bv_emit_and(struct bv_emit *e, uint32_t mask, uint16_t next)
{
	return emit_before(e, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask), next);
}

uint16_t bv_emit_jump(struct bv_emit *e, uint16_t op, uint32_t value, uint16_t yes, uint16_t no)
{
	struct sock_filter insn = {.code = (uint16_t)(BPF_JMP | op | BPF_K), .k = value};

	yes = emit_near(e, yes);
	no = emit_near(e, no);
	insn.jt = (uint8_t)(yes - e->first);
	insn.jf = (uint8_t)(no - e->first);
	return emit_insn(e, insn);
}

void bv_emit_self(struct bv_emit *e, uint16_t label)
{
	if (e->self_count == BV_FILTER_SELF_MAX)
		e->full = true;
	else
		e->self[e->self_count++] = label;
}

bool bv_emit_end(const struct bv_emit *e, struct bv_filter *ret)
{
	uint16_t count = (uint16_t)(BV_FILTER_MAX - e->first);

	if (e->full)
		return false;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->insns, e->insns + e->first, count * sizeof(ret->insns[0]));
	ret->count = count;
	ret->self_count = e->self_count;
	for (uint16_t i = 0; i < e->self_count; i++)
		ret->self[i] = (uint16_t)(e->self[i] - e->first);
	return true;
}

/* SPDX-License-Identifier: MIT
 *
 * A simulator of the kernel's classic BPF interpreter, for the operations that seccomp programs of
 * ours and of libseccomp use. It shares no code with the compiler.
 */
#include "bpf/filter.h"

#include <string.h>

/* Reads a word of the data; false past its end or off its words. */
static bool data_word(const struct seccomp_data *data, uint32_t offset, uint32_t *ret)
{
	if (offset % sizeof(*ret) || offset > sizeof(*data) - sizeof(*ret))
		return false;
	memcpy(ret, (const uint8_t *)data + offset, sizeof(*ret));
	return true;
}

/* How far a jump goes past the next instruction; false for what is no jump of ours. */
static bool jump_distance(const struct sock_filter *insn, uint32_t a, uint32_t *ret)
{
	switch (insn->code) {
	case BPF_JMP | BPF_JA:
		*ret = insn->k;
		return true;
	case BPF_JMP | BPF_JEQ | BPF_K:
		*ret = a == insn->k ? insn->jt : insn->jf;
		return true;
	case BPF_JMP | BPF_JGT | BPF_K:
		*ret = a > insn->k ? insn->jt : insn->jf;
		return true;
	case BPF_JMP | BPF_JGE | BPF_K:
		*ret = a >= insn->k ? insn->jt : insn->jf;
		return true;
	case BPF_JMP | BPF_JSET | BPF_K:
		*ret = a & insn->k ? insn->jt : insn->jf;
		return true;
	}
	return false;
}

/* One instruction that does not return. False if it is malformed. */
static bool step(const struct sock_filter *insn, const struct seccomp_data *data, uint32_t *a,
	size_t *at)
{
	uint32_t distance = 0;

	if (insn->code == (BPF_LD | BPF_W | BPF_ABS)) {
		if (!data_word(data, insn->k, a))
			return false;
	} else if (insn->code == (BPF_ALU | BPF_AND | BPF_K)) {
		*a &= insn->k;
	} else if (!jump_distance(insn, *a, &distance)) {
		return false;
	}
	*at += (size_t)distance + 1;
	return true;
}

uint32_t bv_filter_run(const struct sock_filter *insns, size_t count,
	const struct seccomp_data *data, size_t *ret_steps)
{
	uint32_t answer = SECCOMP_RET_KILL_PROCESS;
	uint32_t a = 0;
	size_t at = 0;
	size_t steps = 0;

	while (at < count) {
		steps++;
		if (insns[at].code == (BPF_RET | BPF_K)) {
			answer = insns[at].k;
			break;
		}
		if (!step(&insns[at], data, &a, &at))
			break;
	}
	if (ret_steps)
		*ret_steps = steps;
	return answer;
}

uint32_t bv_filter_evaluate(const struct bv_filter *filter, const struct seccomp_data *data)
{
	size_t count = filter->count <= BV_FILTER_MAX ? filter->count : 0;

	return bv_filter_run(filter->insns, count, data, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * A verifier of our own, stricter than the kernel's: only the operations that the compiler
 * writes, and only the verdicts it gives.
 */
#include "bpf/filter.h"

#include "base/fail.h"

static int insn_fail(struct bv_error *err, size_t at, const char *what)
{
	return bv_fail_at(err, BV_E_INVALID, at, "filter.insns",
		"instruction %zu of the filter %s; it was not made by this compiler", at, what);
}

static bool answer_is_ours(uint32_t answer)
{
	uint32_t errnum = answer & SECCOMP_RET_DATA;

	if (answer == SECCOMP_RET_ALLOW || answer == SECCOMP_RET_KILL_PROCESS)
		return true;
	return (answer & ~(uint32_t)SECCOMP_RET_DATA) == SECCOMP_RET_ERRNO && errnum > 0 &&
		errnum < 4096;
}

/* Targets are relative to the next instruction; jumps go forward by construction of the code. */
static bool target_is_inside(const struct bv_filter *f, size_t at, uint32_t distance)
{
	return distance < f->count - at - 1;
}

static int insn_verify(const struct bv_filter *f, size_t at, struct bv_error *err)
{
	const struct sock_filter *insn = &f->insns[at];

	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (insn->k % 4 || insn->k > sizeof(struct seccomp_data) - 4)
			return insn_fail(err, at, "loads what is no word of the call's data");
		return 0;
	case BPF_ALU | BPF_AND | BPF_K:
		return 0;
	case BPF_JMP | BPF_JA:
		if (!target_is_inside(f, at, insn->k))
			return insn_fail(err, at, "jumps out of the program");
		return 0;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
		if (!target_is_inside(f, at, insn->jt) || !target_is_inside(f, at, insn->jf))
			return insn_fail(err, at, "jumps out of the program");
		return 0;
	case BPF_RET | BPF_K:
		if (!answer_is_ours(insn->k))
			return insn_fail(err, at, "answers neither allow, nor errno, nor kill");
		return 0;
	}
	return insn_fail(err, at, "is an unknown operation");
}

static int self_verify(const struct bv_filter *f, struct bv_error *err)
{
	if (f->self_count > BV_FILTER_SELF_MAX)
		return bv_fail(err, BV_E_INVALID, "filter.self",
			"the filter compares %u times with the own id, at most %d can be",
			(unsigned int)f->self_count, BV_FILTER_SELF_MAX);
	for (size_t i = 0; i < f->self_count; i++) {
		if (f->self[i] >= f->count ||
			f->insns[f->self[i]].code != (BPF_JMP | BPF_JEQ | BPF_K))
			return bv_fail_at(err, BV_E_INVALID, i, "filter.self",
				"instruction %u does not compare, so no id can be bound to it",
				(unsigned int)f->self[i]);
	}
	return 0;
}

int bv_filter_verify(const struct bv_filter *filter, struct bv_error *err)
{
	if (!filter->count || filter->count > BV_FILTER_MAX)
		return bv_fail(err, BV_E_INVALID, "filter.count",
			"the filter has %u instructions, 1 to %d can be",
			(unsigned int)filter->count, BV_FILTER_MAX);
	if (filter->insns[filter->count - 1].code != (BPF_RET | BPF_K))
		return insn_fail(err, filter->count - 1u, "is the last one but no return");
	for (size_t at = 0; at < filter->count; at++) {
		int code = insn_verify(filter, at, err);

		if (code)
			return code;
	}
	return self_verify(filter, err);
}

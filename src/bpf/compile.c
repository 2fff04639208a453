/* SPDX-License-Identifier: MIT
 *
 * The compiler. It gives every number a verdict (allow, an errno, or one of the checks), merges
 * neighbours of one verdict into runs, and writes: the returns, the checks, a balanced tree that
 * finds a number's run, and in front of it all the gate that only the machine's own ABI passes.
 */
#include "bpf/filter.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <linux/audit.h>

#include "base/fail.h"
#include "bpf/inspect.h"
#include "bpf/table.h"

#define NUMBERS (BV_CALL_NUMBER_MAX + 1)
#define X32_BIT 0x40000000u
#define NO_CALL 0xffffffffu /* what a tracer puts there to skip a call; no x32 call */
#define SINGLES_MAX 3

/* A verdict is one byte: a check's number, or one of these after the last check. */
enum verdict { VERDICT_ALLOW = BV_CHECK_COUNT, VERDICT_EPERM, VERDICT_ENOSYS, VERDICT_COUNT };

/*
 * Consecutive numbers of one verdict, but for a few that stand alone among them. It goes on up to
 * the start of the next one.
 */
struct stretch {
	uint16_t start;
	uint8_t verdict;
	uint8_t single_count;
	uint16_t single[SINGLES_MAX];
};

struct compiler {
	const struct bv_filter_policy *policy;
	uint32_t causes;
	uint8_t verdict[NUMBERS + 1]; /* the last stands for every larger number */
	uint16_t stretch_count;
	struct stretch stretch[NUMBERS + 1];
	bool wanted[BV_CHECK_COUNT]; /* the policy asks for it */
	bool used[BV_CHECK_COUNT];   /* and some number needs it */
	uint16_t label[BV_CHECK_COUNT];
	struct bv_emit emit;
};

static uint8_t call_verdict(const struct compiler *c, const struct bv_call *call)
{
	if (call->refused_by & c->causes)
		return call->errnum == ENOSYS ? VERDICT_ENOSYS : VERDICT_EPERM;
	return c->wanted[call->check] ? call->check : VERDICT_ALLOW;
}

static uint8_t unknown_verdict(const struct compiler *c)
{
	return c->policy->flags & BV_FILTER_BASELINE ? VERDICT_ENOSYS : VERDICT_ALLOW;
}

static void judge_numbers(struct compiler *c)
{
	size_t count = 0;
	const struct bv_call *calls = bv_calls(&count);

	for (int check = 0; check < BV_CHECK_COUNT; check++)
		c->wanted[check] = bv_inspect_wanted((enum bv_check)check, c->causes);
	memset(c->verdict, unknown_verdict(c), sizeof(c->verdict));
	for (size_t i = 0; i < count; i++) {
		int number = calls[i].number[c->policy->arch];
		uint8_t verdict = call_verdict(c, &calls[i]);

		if (number == BV_CALL_ABSENT)
			continue;
		c->verdict[number] = verdict;
		if (verdict < BV_CHECK_COUNT)
			c->used[verdict] = true;
	}
}

/* Writes the checks that some number needs. */
static void write_checks(struct compiler *c)
{
	bool bindable = c->policy->spawn != BV_FILTER_SPAWN_DESCENDANTS;

	for (int check = 0; check < BV_CHECK_COUNT; check++) {
		uint16_t allow = 0;

		if (!c->used[check])
			continue;
		allow = bv_emit_return(&c->emit, SECCOMP_RET_ALLOW);
		c->label[check] =
			bv_inspect(&c->emit, (enum bv_check)check, c->causes, bindable, allow);
	}
}

static uint16_t verdict_label(struct compiler *c, uint8_t verdict)
{
	switch (verdict) {
	case VERDICT_ALLOW:
		return bv_emit_return(&c->emit, SECCOMP_RET_ALLOW);
	case VERDICT_EPERM:
		return bv_emit_return(&c->emit, SECCOMP_RET_ERRNO | EPERM);
	case VERDICT_ENOSYS:
		return bv_emit_return(&c->emit, SECCOMP_RET_ERRNO | ENOSYS);
	}
	return c->label[verdict];
}

/* The first number after `number` with another verdict, or NUMBERS + 1. */
static uint16_t run_end(const struct compiler *c, uint16_t number)
{
	uint16_t end = number;

	while (end <= NUMBERS && c->verdict[end] == c->verdict[number])
		end++;
	return end;
}

static void find_stretches(struct compiler *c)
{
	uint16_t at = 0;

	while (at <= NUMBERS) {
		struct stretch *s = &c->stretch[c->stretch_count++];

		*s = (struct stretch){.start = at, .verdict = c->verdict[at]};
		at = run_end(c, at);
		while (at < NUMBERS && s->single_count < SINGLES_MAX &&
			c->verdict[at + 1] == s->verdict) {
			s->single[s->single_count++] = at;
			at = run_end(c, (uint16_t)(at + 1));
		}
	}
}

static uint16_t write_stretch(struct compiler *c, const struct stretch *s)
{
	uint16_t label = verdict_label(c, s->verdict);

	for (int i = s->single_count - 1; i >= 0; i--)
		label = bv_emit_jump(&c->emit, BPF_JEQ, s->single[i],
			verdict_label(c, c->verdict[s->single[i]]), label);
	return label;
}

/* The tree over stretch[low..high), at least one; its depth is logarithmic. */
static uint16_t write_tree(struct compiler *c, uint16_t low, uint16_t high)
{
	uint16_t middle = (uint16_t)(low + (high - low) / 2);
	uint16_t left = 0;
	uint16_t right = 0;

	if (high - low == 1)
		return write_stretch(c, &c->stretch[low]);
	right = write_tree(c, middle, high);
	left = write_tree(c, low, middle);
	return bv_emit_jump(&c->emit, BPF_JGE, c->stretch[middle].start, right, left);
}

static uint32_t audit_arch(enum bv_filter_arch arch)
{
	return arch == BV_FILTER_X86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;
}

static void write_gate(struct compiler *c, uint16_t tree)
{
	struct bv_emit *e = &c->emit;
	uint16_t kill = bv_emit_return(e, SECCOMP_RET_KILL_PROCESS);

	if (c->policy->arch == BV_FILTER_X86_64) {
		uint16_t unknown = verdict_label(c, unknown_verdict(c));
		uint16_t high = bv_emit_jump(e, BPF_JEQ, NO_CALL, unknown, kill);
		tree = bv_emit_jump(e, BPF_JGE, X32_BIT, high, tree);
	}
	tree = bv_emit_load(e, offsetof(struct seccomp_data, nr), tree);
	tree = bv_emit_jump(e, BPF_JEQ, audit_arch(c->policy->arch), tree, kill);
	(void)bv_emit_load(e, offsetof(struct seccomp_data, arch), tree);
}

static int policy_check(const struct bv_filter_policy *policy, struct bv_error *err)
{
	if (policy->flags & ~BV_FILTER_FLAGS_ALL)
		return bv_fail(err, BV_E_INVALID, "filter.flags",
			"the filter policy has flags 0x%x that no filter knows",
			(unsigned int)(policy->flags & ~BV_FILTER_FLAGS_ALL));
	if ((unsigned int)policy->spawn > BV_FILTER_SPAWN_DESCENDANTS)
		return bv_fail(err, BV_E_INVALID, "filter.spawn",
			"the filter's spawn policy is %u, the last known is %u",
			(unsigned int)policy->spawn, (unsigned int)BV_FILTER_SPAWN_DESCENDANTS);
	if ((unsigned int)policy->arch > BV_FILTER_AARCH64)
		return bv_fail(err, BV_E_INVALID, "filter.arch",
			"the filter's machine is %u, the last known is %u",
			(unsigned int)policy->arch, (unsigned int)BV_FILTER_AARCH64);
	if (policy->flags & BV_FILTER_NO_SIGNALS && policy->spawn == BV_FILTER_SPAWN_DESCENDANTS)
		return bv_fail(err, BV_E_INVALID, "filter.flags",
			"a filter cannot tell which processes descendants signal: refuse them, "
			"or use a pid namespace or Landlock's signal scope (ABI 6)");
	return 0;
}

int bv_filter_compile(const struct bv_filter_policy *policy, struct bv_filter *ret,
	struct bv_error *err)
{
	struct compiler c;
	int code = policy_check(policy, err);

	if (code)
		return code;
	c.policy = policy;
	c.causes = bv_policy_causes(policy);
	c.stretch_count = 0;
	memset(c.used, 0, sizeof(c.used));
	bv_emit_start(&c.emit);
	judge_numbers(&c);
	write_checks(&c);
	find_stretches(&c);
	write_gate(&c, write_tree(&c, 0, c.stretch_count));
	if (!bv_emit_end(&c.emit, ret))
		return bv_fail(err, BV_E_FAULT, "filter",
			"the filter needs more than %d instructions", BV_FILTER_MAX);
	return 0;
}

void bv_filter_bind_self(struct bv_filter *filter, uint32_t pid)
{
	for (uint16_t i = 0; i < filter->self_count && i < BV_FILTER_SELF_MAX; i++) {
		if (filter->self[i] < BV_FILTER_MAX)
			filter->insns[filter->self[i]].k = pid;
	}
}

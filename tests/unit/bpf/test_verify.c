/* SPDX-License-Identifier: MIT
 *
 * The verifier: every policy's program passes, what it passes ends for every input and answers
 * what it may, and each kind of damage is seen. The emitter's reach is tested past 255.
 */
#include "unit.h"

#include <linux/audit.h>

#include "bpf/inspect.h"
#include "grid.h"
#include "policies.h"

static const uint16_t load = BPF_LD | BPF_W | BPF_ABS;
static const uint16_t ret = BPF_RET | BPF_K;

static void every_policy_gives_a_valid_program(void **state)
{
	static struct bv_filter filter;
	struct bv_filter_policy policy = {0};

	(void)state;
	do {
		struct bv_error err = {0};

		if (!policy_valid(&policy))
			continue;
		assert_int_equal(bv_filter_compile(&policy, &filter, &err), 0);
		if (bv_filter_verify(&filter, &err))
			fail_msg("flags 0x%x: %s", (unsigned int)policy.flags, err.text);
		/* The first instruction looks at the machine, whatever else there is. */
		assert_int_equal(filter.insns[0].code, load);
		assert_int_equal(filter.insns[0].k, offsetof(struct seccomp_data, arch));
	} while (policy_next(&policy));
}

/* Every instruction is reached by some path: nothing is written in vain. */
static void no_program_has_dead_instructions(void **state)
{
	static struct bv_filter f;
	struct bv_filter_policy policy = {0};

	(void)state;
	do {
		bool live[BV_FILTER_MAX + 256] = {true};

		if (!policy_valid(&policy))
			continue;
		assert_int_equal(bv_filter_compile(&policy, &f, NULL), 0);
		for (uint16_t at = 0; at < f.count; at++) {
			const struct sock_filter *insn = &f.insns[at];

			if (!live[at])
				fail_msg("flags 0x%x spawn %d arch %d: %u of %u is dead",
					(unsigned int)policy.flags, (int)policy.spawn,
					(int)policy.arch, at, f.count);
			if (insn->code == (BPF_JMP | BPF_JA)) {
				live[at + 1 + insn->k] = true;
			} else if (BPF_CLASS(insn->code) == BPF_JMP) {
				live[at + 1 + insn->jt] = true;
				live[at + 1 + insn->jf] = true;
			} else if (insn->code != ret) {
				live[at + 1] = true;
			}
		}
	} while (policy_next(&policy));
}

struct damage {
	const char *name;
	struct sock_filter insn;
	uint16_t at; /* counted from the end */
};

static void damage_is_seen(void **state)
{
	static const struct damage damages[] = {
		{"load past the data", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), 9},
		{"load off a word", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), 9},
		{"load of a huge offset", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xfffffffc), 9},
		{"load of a byte", BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), 9},
		{"indirect load", BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), 9},
		{"load of scratch memory", BPF_STMT(BPF_LD | BPF_MEM, 0), 9},
		{"jump past the end", BPF_STMT(BPF_JMP | BPF_JA, 8), 9},
		{"jump around the world", BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), 9},
		{"branch past the end", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 8, 0), 9},
		{"other branch past the end", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 8), 9},
		{"comparison with a register", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 0), 9},
		{"return of a register", BPF_STMT(BPF_RET | BPF_A, 0), 9},
		{"answer: log", BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG), 9},
		{"answer: trace", BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE), 9},
		{"answer: notify", BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF), 9},
		{"answer: errno 0", BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO), 9},
		{"answer: errno 4096", BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 4096), 9},
		{"division", BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), 9},
		{"an end that is none", BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0), 1},
		{"an end that jumps", BPF_STMT(BPF_JMP | BPF_JA, 0), 1},
	};
	const struct bv_filter_policy policy = {.flags = BV_FILTER_FLAGS_ALL};
	static struct bv_filter whole, f;

	(void)state;
	assert_int_equal(bv_filter_compile(&policy, &whole, NULL), 0);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct bv_error err = {0};

		f = whole;
		f.insns[f.count - damages[i].at] = damages[i].insn;
		if (bv_filter_verify(&f, &err) != BV_E_INVALID)
			fail_msg("unseen: %s", damages[i].name);
		assert_int_equal(err.offset, f.count - damages[i].at);
	}
}

static void damaged_heads_are_seen(void **state)
{
	const struct bv_filter_policy policy = {.flags = BV_FILTER_FLAGS_ALL};
	static struct bv_filter whole, f;

	(void)state;
	assert_int_equal(bv_filter_compile(&policy, &whole, NULL), 0);
	assert_int_equal(whole.self_count, 5);
	f = whole;
	f.count = 0;
	assert_int_equal(bv_filter_verify(&f, NULL), BV_E_INVALID);
	f.count = BV_FILTER_MAX + 1;
	assert_int_equal(bv_filter_verify(&f, NULL), BV_E_INVALID);
	f = whole;
	f.self_count = BV_FILTER_SELF_MAX + 1;
	assert_int_equal(bv_filter_verify(&f, NULL), BV_E_INVALID);
	f = whole;
	f.self[4] = f.count;
	assert_int_equal(bv_filter_verify(&f, NULL), BV_E_INVALID);
	f.self[4] = 0; /* a load */
	assert_int_equal(bv_filter_verify(&f, NULL), BV_E_INVALID);
}

/* Binding stays within the filter, whatever its head says. */
static void binding_touches_only_what_it_should(void **state)
{
	static struct bv_filter f, bound;
	struct bv_filter_policy policy = {0};

	(void)state;
	do {
		if (!policy_valid(&policy))
			continue;
		assert_int_equal(bv_filter_compile(&policy, &f, NULL), 0);
		if (policy.spawn == BV_FILTER_SPAWN_DESCENDANTS)
			assert_int_equal(f.self_count, 0);
		bound = f;
		bv_filter_bind_self(&bound, 77);
		for (uint16_t i = 0; i < f.self_count; i++) {
			assert_int_equal(f.insns[f.self[i]].k, 0);
			assert_int_equal(bound.insns[f.self[i]].k, 77);
			bound.insns[f.self[i]].k = 0;
		}
		assert_memory_equal(&f, &bound, sizeof(f));
	} while (policy_next(&policy));
	f.self_count = 0xffff;
	memset(f.self, 0xff, sizeof(f.self));
	bound = f;
	bv_filter_bind_self(&bound, 77);
	assert_memory_equal(&f, &bound, sizeof(f));
}

/* What the verifier lets pass, the simulator runs to an answer that it may give. */
static void mutants_that_pass_still_answer(void **state)
{
	const struct bv_filter_policy policy = {.flags = BV_FILTER_FLAGS_ALL};
	static struct bv_filter whole, f;
	uint64_t random = 362436069;
	size_t passed = 0;

	(void)state;
	assert_int_equal(bv_filter_compile(&policy, &whole, NULL), 0);
	for (int round = 0; round < 30000; round++) {
		struct seccomp_data d = {.arch = AUDIT_ARCH_X86_64};
		uint8_t *bytes = (uint8_t *)&f.insns;

		f = whole;
		for (int flip = 0; flip < 3; flip++)
			bytes[grid_random(&random) % (f.count * 8u)] ^=
				(uint8_t)(1 << grid_random(&random) % 8);
		d.nr = (int)(grid_random(&random) % 480);
		d.args[0] = grid_random(&random);
		d.args[1] = grid_random(&random) % 32;
		if (bv_filter_verify(&f, NULL)) {
			(void)bv_filter_evaluate(&f, &d);
			continue;
		}
		passed++;
		switch (bv_filter_evaluate(&f, &d) & SECCOMP_RET_ACTION_FULL) {
		case SECCOMP_RET_ALLOW:
		case SECCOMP_RET_ERRNO:
		case SECCOMP_RET_KILL_PROCESS:
			break;
		default:
			fail_msg("an answer that the verifier should have seen");
		}
	}
	print_message("%zu of 30000 mutants are valid programs\n", passed);
	assert_true(passed > 1000 && passed < 29000);
}

static void a_malformed_program_kills(void **state)
{
	static const struct sock_filter programs[][2] = {
		{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), BPF_STMT(BPF_RET | BPF_K, 0x7fff0000)},
		{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 1), BPF_STMT(BPF_RET | BPF_K, 0x7fff0000)},
		{BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_RET | BPF_K, 0x7fff0000)},
		{BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 0x7fff0000)},
		{BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), BPF_STMT(BPF_RET | BPF_K, 0x7fff0000)},
	};
	const struct seccomp_data d = {0};
	static struct bv_filter f;

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		assert_int_equal(bv_filter_run(programs[i], 2, &d, NULL), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(bv_filter_run(programs[0] + 1, 1, &d, NULL), SECCOMP_RET_ALLOW);
	assert_int_equal(bv_filter_run(NULL, 0, &d, NULL), SECCOMP_RET_KILL_PROCESS);
	memset(&f, 0xff, sizeof(f));
	assert_int_equal(bv_filter_evaluate(&f, &d), SECCOMP_RET_KILL_PROCESS);
}

/* A chain of `depth` comparisons, each of which answers its own way far behind it. */
static bool chain_make(uint16_t depth, struct bv_filter *f)
{
	static struct bv_emit e;
	uint16_t allow, refuse, look, next;

	bv_emit_start(&e);
	allow = bv_emit_return(&e, SECCOMP_RET_ALLOW);
	refuse = bv_emit_return(&e, SECCOMP_RET_ERRNO | 1);
	look = bv_emit_load(&e, 16, bv_emit_jump(&e, BPF_JGT, 5, refuse, allow));
	next = refuse;
	for (uint16_t i = 0; i < depth; i++)
		next = bv_emit_jump(&e, BPF_JEQ, i, i % 3 == 0 ? look : allow, next);
	next = bv_emit_load(&e, 0, next);
	return bv_emit_end(&e, f);
}

static void targets_out_of_reach_get_stepping_stones(void **state)
{
	static struct bv_filter f;

	(void)state;
	for (uint16_t depth = 1; depth < 400; depth += 3) {
		assert_true(chain_make(depth, &f));
		assert_int_equal(bv_filter_verify(&f, NULL), 0);
		for (uint16_t nr = 0; nr < depth + 2; nr++) {
			struct seccomp_data d = {.nr = nr, .args = {nr % 9}};
			bool refused = nr >= depth || (nr % 3 == 0 && nr % 9 > 5);

			assert_int_equal(bv_filter_evaluate(&f, &d),
				refused ? (SECCOMP_RET_ERRNO | 1u) : SECCOMP_RET_ALLOW);
		}
	}
}

/* A look as its description says, without anything that is kept from step to step. */
static uint32_t look_answer(const struct bv_look *look, const struct seccomp_data *d)
{
	int at = 0;

	while (at < look->count) {
		const struct bv_step *step = &look->steps[at];
		uint64_t arg = d->args[step->half / 2];
		uint32_t half = (uint32_t)(step->half % 2 ? arg >> 32 : arg);
		bool yes = false;
		int go = 0;

		if (step->test == BV_STEP_EQUAL)
			yes = (step->mask ? half & step->mask : half) == step->value;
		else if (step->test == BV_STEP_ANY)
			yes = half & step->value;
		else
			yes = half >= step->value && half <= step->limit;
		go = yes ? step->yes : step->no;
		if (go == BV_GO_PASS)
			break;
		if (go < 0)
			return SECCOMP_RET_ERRNO | (uint32_t)(BV_GO_PASS - go);
		at += go ? go : 1;
	}
	return SECCOMP_RET_ALLOW;
}

static int16_t random_go(uint64_t *random, int left)
{
	switch (grid_random(random) % 6) {
	case 0:
		return BV_GO_PASS;
	case 1:
		return (int16_t)BV_GO_REFUSE((int)(grid_random(random) % 3) + 1);
	case 2:
	case 3:
		return BV_GO_NEXT;
	}
	return (int16_t)(grid_random(random) % (uint32_t)left + 1);
}

static void random_steps(struct bv_step *steps, uint8_t count, uint64_t *random)
{
	static const uint32_t masks[] = {0, 0, 3, 6};

	for (int i = 0; i < count; i++) {
		struct bv_step *step = &steps[i];

		step->test = (uint8_t)(grid_random(random) % BV_STEP_SELF);
		step->half = (uint8_t)(grid_random(random) % 3);
		step->mask = masks[grid_random(random) % 4];
		step->value = grid_random(random) % 8;
		step->limit = step->value + grid_random(random) % 4;
		step->yes = random_go(random, count - i);
		step->no = random_go(random, count - i);
	}
}

/* Steps are reached with anything loaded, or nothing. Random looks try it all. */
static void looks_do_what_they_say(void **state)
{
	static struct bv_emit e;
	static struct bv_filter f;
	struct bv_step steps[BV_STEPS_MAX];
	uint64_t random = 123456789;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		const struct bv_look look = {.count = (uint8_t)(grid_random(&random) % 12 + 1),
			.steps = steps};

		random_steps(steps, look.count, &random);
		bv_emit_start(&e);
		(void)bv_inspect_look(&e, &look, false, bv_emit_return(&e, SECCOMP_RET_ALLOW));
		assert_true(bv_emit_end(&e, &f));
		assert_int_equal(bv_filter_verify(&f, NULL), 0);
		for (uint64_t i = 0; i < 512; i++) {
			const struct seccomp_data d = {
				.args = {(i / 64) | (i / 8 % 8) << 32, i % 8}};

			assert_int_equal(bv_filter_evaluate(&f, &d), look_answer(&look, &d));
		}
	}
}

static void a_program_that_does_not_fit_is_not_handed_out(void **state)
{
	static struct bv_filter f, before;

	(void)state;
	memset(&f, 0x5a, sizeof(f));
	before = f;
	assert_false(chain_make(BV_FILTER_MAX, &f));
	assert_false(chain_make(3 * BV_FILTER_MAX, &f));
	assert_memory_equal(&f, &before, sizeof(f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_policy_gives_a_valid_program),
		cmocka_unit_test(no_program_has_dead_instructions),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(damaged_heads_are_seen),
		cmocka_unit_test(binding_touches_only_what_it_should),
		cmocka_unit_test(mutants_that_pass_still_answer),
		cmocka_unit_test(a_malformed_program_kills),
		cmocka_unit_test(targets_out_of_reach_get_stepping_stones),
		cmocka_unit_test(looks_do_what_they_say),
		cmocka_unit_test(a_program_that_does_not_fit_is_not_handed_out),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}

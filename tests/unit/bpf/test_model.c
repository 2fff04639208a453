/* SPDX-License-Identifier: MIT
 *
 * Our programs answer as libseccomp's do, run by the same simulator.
 */
#include "unit.h"

#include <linux/audit.h>

#include "grid.h"
#include "model.h"
#include "names.h"
#include "policies.h"

static const uint32_t arch_word[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64};

static void compare(const struct model *model, const struct bv_filter *f,
	const struct bv_filter_policy *p, const struct seccomp_data *d)
{
	uint32_t is = bv_filter_evaluate(f, d);
	uint32_t due = model_answer(model, d);
	const char *name = names_at(names_of(p->arch), d->nr);

	if (is != due)
		fail_msg("flags 0x%x spawn %d arch %d: %s (%d) of 0x%x, args %llx %llx %llx %llx: "
			 "0x%x, libseccomp 0x%x",
			(unsigned int)p->flags, (int)p->spawn, (int)p->arch, name ? name : "?",
			d->nr, d->arch, d->args[0], d->args[1], d->args[2], d->args[3], is, due);
}

static void compare_gate(const struct model *model, const struct bv_filter *f,
	const struct bv_filter_policy *p)
{
	static const uint32_t words[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386,
		AUDIT_ARCH_ARM, AUDIT_ARCH_MIPS, 0};
	static const uint32_t numbers[] = {1, 500, 1023, 1024, 0x3fffffff, 0x40000000, 0x40000001,
		0x40000200, 0x7fffffff, 0x80000001, 0xc0000000, 0xfffffffe, 0xffffffff};

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
			struct seccomp_data d = {.nr = (int)numbers[n], .arch = words[w]};

			compare(model, f, p, &d);
		}
	}
}

/* Returns how many answers were compared. */
static size_t compare_policy(const struct bv_filter_policy *p, uint32_t self)
{
	static struct bv_filter f;
	struct model *model = NULL;
	size_t count = 0;

	if (!policy_valid(p))
		return 0;
	model = model_make(p, self);
	assert_int_equal(bv_filter_compile(p, &f, NULL), 0);
	bv_filter_bind_self(&f, self);
	for (int nr = 0; nr < 1024; nr++) {
		const struct grid *grid = grid_of(names_at(names_of(p->arch), nr));
		struct seccomp_data d = {.nr = nr, .arch = arch_word[p->arch]};

		for (size_t i = 0; model_knows(model, nr) && i < grid_size(grid); i++, count++) {
			grid_at(grid, i, d.args);
			compare(model, &f, p, &d);
		}
	}
	compare_gate(model, &f, p);
	model_free(model);
	return count;
}

static void policies_of_few_flags_answer_as_libseccomp_does(void **state)
{
	struct bv_filter_policy policy = {0};
	size_t count = 0;

	(void)state;
	do {
		if (__builtin_popcount(policy.flags) <= 1 ||
			__builtin_popcount(policy.flags) >= BV_FILTER_FLAG_COUNT - 1)
			count += compare_policy(&policy, GRID_SELF);
	} while (policy_next(&policy));
	print_message("%zu answers\n", count);
	assert_true(count > 100000);
}

static void random_policies_answer_as_libseccomp_does(void **state)
{
	uint64_t random = 521288629;
	size_t count = 0;

	(void)state;
	for (int round = 0; round < 120; round++) {
		struct bv_filter_policy policy = {
			.flags = grid_random(&random) & BV_FILTER_FLAGS_ALL,
			.spawn = grid_random(&random) % 3,
			.arch = grid_random(&random) % 2,
		};

		count += compare_policy(&policy, round % 2 ? GRID_SELF : 0);
	}
	print_message("%zu answers\n", count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_of_few_flags_answer_as_libseccomp_does),
		cmocka_unit_test(random_policies_answer_as_libseccomp_does),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}

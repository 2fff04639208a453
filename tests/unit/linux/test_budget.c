/* SPDX-License-Identifier: MIT
 *
 * What holds a budget follows from what was seen to bite: a controller that nobody tried, or that
 * did not bite, holds nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choice.h"

static void fact(struct bv_snapshot *snapshot, const char *name, enum bv_fact_state there)
{
	assert_int_equal(bv_snapshot_set(snapshot, name, there, 0, ""), 0);
}

/* A machine with a leaf. What is unknown has no fact at all. */
static struct bv_snapshot machine(const char *controller, enum bv_fact_state there)
{
	struct bv_snapshot snapshot = {0};

	fact(&snapshot, FACT_SECCOMP_CANARY, BV_FACT_PRESENT);
	fact(&snapshot, FACT_CHILDREN, BV_FACT_PRESENT);
	fact(&snapshot, FACT_CGROUP, BV_FACT_PRESENT);
	fact(&snapshot, FACT_CGROUP_CANARY, BV_FACT_PRESENT);
	if (there != BV_FACT_UNKNOWN)
		fact(&snapshot, controller, there);
	return snapshot;
}

static struct bv_availability available(const struct bv_snapshot *snapshot, enum bv_spawn spawn,
	enum bv_dimension dimension)
{
	struct bv_spec spec = {.workload = {.program = "/bin/true", .directory = "/"},
		.spawn = spawn};
	struct bv_availability got = {0};

	bv_budgets_default(spec.budgets);
	spec.budgets[dimension].guarantee = BV_ENFORCED;
	linux_budgets(snapshot, &spec, dimension, &got);
	return got;
}

static void assert_needs(const char *controller, enum bv_dimension dimension, const char *mechanism)
{
	static const enum bv_fact_state states[] = {BV_FACT_UNKNOWN, BV_FACT_ABSENT,
		BV_FACT_PRESENT};

	for (size_t i = 0; i < 3; i++) {
		struct bv_snapshot snapshot = machine(controller, states[i]);
		struct bv_availability got =
			available(&snapshot, BV_SPAWN_ALLOW_DESCENDANTS, dimension);
		bool there = states[i] == BV_FACT_PRESENT;

		assert_int_equal(got.enforcement, there ? BV_ENFORCED : BV_MEDIATED);
		assert_int_equal(strstr(got.mechanism, mechanism) != NULL, there);
		assert_true(there || (got.missing[0] && got.remedy[0]));
	}
}

static void memory_of_a_tree_needs_a_controller_that_bit(void **state)
{
	(void)state;
	assert_needs(FACT_CGROUP_MEMORY, BV_MEMORY, "memory.max");
}

static void tasks_of_a_tree_need_a_controller_that_bit(void **state)
{
	(void)state;
	assert_needs(FACT_CGROUP_PIDS, BV_TASKS, "pids.max");
}

static void processor_time_of_a_tree_needs_an_account_that_grew(void **state)
{
	(void)state;
	assert_needs(FACT_CGROUP_CPU, BV_CPU, "cpu.stat");
}

/* The controllers say nothing without the leaf they act on. */
static void a_controller_without_a_leaf_holds_nothing(void **state)
{
	const char *const controllers[] = {FACT_CGROUP_MEMORY, FACT_CGROUP_PIDS, FACT_CGROUP_CPU};
	const enum bv_dimension dimensions[] = {BV_MEMORY, BV_TASKS, BV_CPU};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bv_snapshot snapshot = machine(controllers[i], BV_FACT_PRESENT);
		struct bv_availability got;

		fact(&snapshot, FACT_CGROUP_CANARY, BV_FACT_ABSENT);
		got = available(&snapshot, BV_SPAWN_ALLOW_DESCENDANTS, dimensions[i]);
		assert_int_equal(got.enforcement, BV_MEDIATED);
	}
}

/* What the boundary owns is in one tmpfs, outputs only if they are to be held. */
static void storage_is_held_where_there_is_a_view(void **state)
{
	static const struct bv_output out[] = {{"out", NULL}};
	struct bv_snapshot snapshot = machine(FACT_CGROUP_CPU, BV_FACT_UNKNOWN);
	struct bv_spec spec = {.workload = {.program = "/bin/true", .directory = "/"},
		.outputs = out,
		.output_count = 1};
	struct bv_availability got = {0};

	(void)state;
	bv_budgets_default(spec.budgets);
	spec.budgets[BV_STORAGE].limit = 8192;
	spec.budgets[BV_STORAGE].guarantee = BV_ENFORCED;
	linux_budgets(&snapshot, &spec, BV_STORAGE, &got);
	assert_int_equal(got.enforcement, BV_MEDIATED);
	fact(&snapshot, FACT_VIEW_CANARY, BV_FACT_PRESENT);
	linux_budgets(&snapshot, &spec, BV_STORAGE, &got);
	assert_int_equal(got.enforcement, BV_ENFORCED);
	assert_non_null(strstr(got.mechanism, "outputs as well"));
	spec.budgets[BV_STORAGE].guarantee = BV_MEDIATED;
	spec.temp_root = 1;
	spec.temp_path = "/tmp";
	linux_budgets(&snapshot, &spec, BV_STORAGE, &got);
	assert_int_equal(got.enforcement, BV_MEDIATED);
	assert_non_null(strstr(got.mechanism, "half"));
	spec.output_count = 0;
	linux_budgets(&snapshot, &spec, BV_STORAGE, &got);
	assert_int_equal(got.enforcement, BV_ENFORCED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_of_a_tree_needs_a_controller_that_bit),
		cmocka_unit_test(tasks_of_a_tree_need_a_controller_that_bit),
		cmocka_unit_test(processor_time_of_a_tree_needs_an_account_that_grew),
		cmocka_unit_test(a_controller_without_a_leaf_holds_nothing),
		cmocka_unit_test(storage_is_held_where_there_is_a_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

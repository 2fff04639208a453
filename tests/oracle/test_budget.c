/* SPDX-License-Identifier: MIT
 *
 * Budgets: reached, the run ends with the dimension's name and a measured use near the limit; not
 * reached, it completes.
 */
#include "oracle.h"

static void limit(struct oracle *o, enum bv_dimension dimension, uint64_t value,
	enum bv_enforcement guarantee)
{
	o->spec.budgets[dimension].limit = value;
	o->spec.budgets[dimension].guarantee = guarantee;
}

static uint64_t measured(const struct oracle *o, enum bv_dimension dimension)
{
	uint64_t value = 0;

	assert_true(bv_report_usage(o->report, dimension, &value));
	return dimension == BV_WALL ? value / world_scale() : value;
}

static void spent(struct oracle *o, enum bv_outcome outcome, enum bv_dimension dimension)
{
	oracle_again(o);
	oracle_run(o);
	oracle_spent(o, outcome, dimension);
}

static void kept(struct oracle *o)
{
	oracle_again(o);
	oracle_run(o);
	oracle_completed(o, 0);
}

static void wall_time_ends_the_run(void **state)
{
	struct oracle *o = *state;
	uint64_t begun = world_ms();

	limit(o, BV_WALL, 200000, BV_ENFORCED);
	oracle_attempts(o, "sleep 20000");
	spent(o, BV_OUTCOME_TIMEOUT, BV_WALL);
	assert_true(world_ms() - begun < 5000);
	assert_in_range(measured(o, BV_WALL), 200000, 3000000);
	oracle_attempts(o, "sleep 1");
	limit(o, BV_WALL, 10000000, BV_ENFORCED);
	kept(o);
	assert_in_range(measured(o, BV_WALL), 1000, 10000000);
}

static void wall_time_ends_a_tree(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	limit(o, BV_WALL, 300000, BV_MEDIATED);
	oracle_attempts(o, "daemon 20000 forks 4 20000");
	spent(o, BV_OUTCOME_TIMEOUT, BV_WALL);
	assert_true(world_gone(o->marker, 0));
}

static void processor_time_ends_the_run(void **state)
{
	struct oracle *o = *state;
	uint64_t unit = world_scale(); /* where starting a program takes longer than this limit */

	limit(o, BV_CPU, 200000 * unit, BV_ENFORCED);
	oracle_attempts(o, "burn 0");
	spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
	assert_in_range(measured(o, BV_CPU), 200000 * unit, 1000000 * unit);
	/* Time that passes is not time that is used. */
	oracle_attempts(o, "sleep 400");
	kept(o);
	assert_in_range(measured(o, BV_CPU), 0, 200000 * unit);
	oracle_attempts(o, "burn 50");
	kept(o);
	assert_in_range(measured(o, BV_CPU), 50000, 200000 * unit);
}

static void processor_time_of_all_threads_counts(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_THREADS;
	oracle_grant_system(o);
	if (access("/usr/bin/python3", X_OK))
		oracle_skip("there is no /usr/bin/python3");
	limit(o, BV_CPU, 400000, BV_ENFORCED);
	oracle_program(o, "/usr/bin/python3", "-I", "-c",
		"import threading\n"
		"def burn():\n"
		"  while True: pass\n"
		"[threading.Thread(target=burn).start() for i in range(4)]\n",
		NULL);
	spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
	assert_in_range(measured(o, BV_CPU), 400000, 2000000);
}

static void processor_time_of_a_tree_counts(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	limit(o, BV_CPU, 300000, BV_MEDIATED);
	oracle_attempts(o, "burn-tree 4");
	spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
	assert_in_range(measured(o, BV_CPU), 250000, 3000000);
}

/* Cgroup controllers hold more, where there are any, and then the rungs below them are not chosen:
 * test_leaf has them, these tests take them away. */
static const char CONTROLLERS[] = "memory,pids";

/* Every page that could become resident is counted: past it a mapping fails. */
static void an_address_space_is_bounded_by_the_kernel(void **state)
{
	struct oracle *o = *state;

	oracle_without(CONTROLLERS);
	limit(o, BV_MEMORY, 64 << 20, BV_ENFORCED);
	oracle_attempts(o, "memory 200 memory-shared 10 memfd shmget memory 8");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "memory=ENOMEM");
	oracle_line(o, "memory-shared=EPERM");
	oracle_line(o, "memfd=EPERM");
	oracle_line(o, "shmget=EPERM");
	assert_in_range(measured(o, BV_MEMORY), 30 << 20, 64 << 20);
	oracle_attempts(o, "memory 20");
	kept(o);
	assert_string_equal(o->out, "memory=OK\n");
}

static void the_heap_is_bounded_where_mediated(void **state)
{
	struct oracle *o = *state;

	limit(o, BV_MEMORY, 64 << 20, BV_MEDIATED);
	oracle_attempts(o, "memory 200");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "memory=ENOMEM");
	assert_in_range(measured(o, BV_MEMORY), 30 << 20, 70 << 20);
	oracle_attempts(o, "memory-stack 40");
	oracle_again(o);
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_FAILED, BV_REASON_SIGNAL);
}

static void the_memory_of_a_tree_is_watched(void **state)
{
	struct oracle *o = *state;

	oracle_without(CONTROLLERS);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	limit(o, BV_MEMORY, 100 << 20, BV_MEDIATED);
	oracle_attempts(o, "memory-tree 4 40");
	spent(o, BV_OUTCOME_KILLED, BV_MEMORY);
	assert_in_range(measured(o, BV_MEMORY), 100 << 20, 400 << 20);
	oracle_attempts(o, "memory-tree 2 10");
	kept(o);
}

/* Pages that processes share after a fork are not counted for each. */
static void shared_pages_count_once(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	limit(o, BV_MEMORY, 100 << 20, BV_MEDIATED);
	oracle_attempts(o, "memory 40 forks 6 300");
	kept(o);
}

static void one_task_is_all_there_is(void **state)
{
	struct oracle *o = *state;

	limit(o, BV_TASKS, 1, BV_ENFORCED);
	oracle_attempts(o, "thread fork");
	kept(o);
	assert_string_equal(o->out, "thread=EPERM\nfork=EPERM\n");
	assert_int_equal(measured(o, BV_TASKS), 1);
}

static void too_many_threads_end_the_run(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_THREADS;
	limit(o, BV_TASKS, 10, BV_MEDIATED);
	oracle_attempts(o, "threads 40 3000");
	spent(o, BV_OUTCOME_KILLED, BV_TASKS);
	assert_true(measured(o, BV_TASKS) > 10);
	oracle_attempts(o, "threads 9 200");
	kept(o);
	assert_in_range(measured(o, BV_TASKS), 10, 10);
}

static const char *const rungs[] = {CONTROLLERS, "cgroup", "cgroup,namespace"};

static void each_rung(struct oracle *o, void (*body)(struct oracle *o))
{
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.kill = BV_KILL_BEST_EFFORT;
	for (size_t rung = 0; rung < 3; rung++) {
		if (rung == 1 && !oracle_has("pid-namespace.canary", 0))
			continue;
		oracle_without(rungs[rung]);
		body(o);
		assert_true(world_gone(o->marker, 0));
		assert_int_equal(world_leaves(), 0);
	}
	oracle_without(NULL);
}

static void tasks_of_a_tree(struct oracle *o)
{
	limit(o, BV_TASKS, 10, BV_MEDIATED);
	oracle_attempts(o, "forks 20 3000");
	spent(o, BV_OUTCOME_KILLED, BV_TASKS);
	assert_true(measured(o, BV_TASKS) > 10);
	/* The limit itself is allowed: nine children and their parent, and nobody of ours counts.
	 */
	oracle_attempts(o, "forks 9 %u", 150 * (unsigned int)world_scale());
	kept(o);
	assert_int_equal(measured(o, BV_TASKS), 10);
}

static void too_many_processes_end_the_run_on_every_rung(void **state)
{
	each_rung(*state, tasks_of_a_tree);
}

/* 2^8 processes at the most: the machine is shared. */
static void bomb(struct oracle *o)
{
	uint64_t begun = world_ms();

	limit(o, BV_TASKS, 32, BV_MEDIATED);
	oracle_attempts(o, "bomb 8");
	spent(o, BV_OUTCOME_KILLED, BV_TASKS);
	assert_true(world_ms() - begun < 15000);
	assert_false(oracle_finding(o, "teardown-incomplete"));
}

static void a_fork_bomb_is_defused_on_every_rung(void **state)
{
	each_rung(*state, bomb);
}

static void handles_are_bounded_by_the_kernel(void **state)
{
	struct oracle *o = *state;

	limit(o, BV_HANDLES, 16, BV_ENFORCED);
	oracle_attempts(o, "handles 13 handles 1 sleep 300");
	kept(o);
	assert_memory_equal(o->out, "handles=OK\nhandles=EMFILE\n", 25);
	assert_int_equal(measured(o, BV_HANDLES), 16);
	/* The least there is: the three streams. */
	limit(o, BV_HANDLES, 3, BV_ENFORCED);
	oracle_attempts(o, "handles 1 say still-here");
	kept(o);
	assert_string_equal(o->out, "handles=EMFILE\nstill-here\n");
}

static void handles_of_a_tree(struct oracle *o)
{
	limit(o, BV_HANDLES, 60, BV_MEDIATED);
	oracle_attempts(o, "handles-tree 4 40");
	spent(o, BV_OUTCOME_KILLED, BV_HANDLES);
	assert_true(measured(o, BV_HANDLES) > 60);
	oracle_attempts(o, "handles-tree 2 10");
	kept(o);
}

static void handles_of_a_tree_are_watched_on_every_rung(void **state)
{
	each_rung(*state, handles_of_a_tree);
}

/* An enforced limit over a tree cannot be had without a controller; that is said, and nothing runs.
 */
static void an_enforced_tree_limit_is_refused(void **state)
{
	struct oracle *o = *state;

	oracle_without(CONTROLLERS);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	limit(o, BV_MEMORY, 64 << 20, BV_ENFORCED);
	oracle_attempts(o, "alive");
	oracle_admit(o);
	assert_null(bv_admission_plan(o->admission));
	oracle_again(o);
}

/* The smallest budgets: the run may fail, but says why, and does not hang. */
static void tiny_budgets_are_honest(void **state)
{
	struct oracle *o = *state;
	const struct bv_end *end;

	limit(o, BV_MEMORY, 1 << 20, BV_ENFORCED);
	oracle_attempts(o, "alive");
	oracle_run(o);
	end = bv_report_end(o->report);
	assert_true(end->outcome == BV_OUTCOME_COMPLETED || end->outcome == BV_OUTCOME_FAILED ||
		(end->outcome == BV_OUTCOME_KILLED && end->dimension == BV_MEMORY));
	bv_budgets_default(o->spec.budgets);
	limit(o, BV_WALL, 1000, BV_ENFORCED);
	oracle_attempts(o, "sleep 5000");
	spent(o, BV_OUTCOME_TIMEOUT, BV_WALL);
	bv_budgets_default(o->spec.budgets);
	limit(o, BV_CPU, 1000, BV_ENFORCED);
	oracle_attempts(o, "burn 0");
	spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
}

#define TESTS(T) \
	T(wall_time_ends_the_run) \
	T(wall_time_ends_a_tree) \
	T(processor_time_ends_the_run) \
	T(processor_time_of_all_threads_counts) \
	T(processor_time_of_a_tree_counts) \
	T(an_address_space_is_bounded_by_the_kernel) \
	T(the_heap_is_bounded_where_mediated) \
	T(the_memory_of_a_tree_is_watched) \
	T(shared_pages_count_once) \
	T(one_task_is_all_there_is) \
	T(too_many_threads_end_the_run) \
	T(too_many_processes_end_the_run_on_every_rung) \
	T(a_fork_bomb_is_defused_on_every_rung) \
	T(handles_are_bounded_by_the_kernel) \
	T(handles_of_a_tree_are_watched_on_every_rung) \
	T(an_enforced_tree_limit_is_refused) \
	T(tiny_budgets_are_honest)

ORACLE_MAIN(TESTS)

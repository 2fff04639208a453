/* SPDX-License-Identifier: MIT
 *
 * The process tree in the report against the processes that the host finds itself: who was there
 * is told, with its parent; who could have been missed is admitted.
 */
#include "oracle.h"

static void ask(struct oracle *o)
{
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_PROCESS_TREE);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	/* Where nothing but a namespace hides them, the weakest rung would be refused. */
	o->spec.host_processes = BV_AMBIENT;
}

static size_t rows(const struct oracle *o)
{
	size_t len, count = 0;
	const char *json = bv_report_json(o->report, &len), *end = json + len;

	while ((json = memmem(json, (size_t)(end - json), "{\"began_us\":", 12))) {
		count++;
		json += 12;
	}
	return count;
}

static void assert_coverage(const struct oracle *o, const char *coverage)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"claim\":\"process-tree\",\"coverage\":\"%s\"", coverage);
	assert_true(oracle_report_has(o, text));
}

static pid_t seen_pids[16];
static long seen_parents[16];

static void look_at_the_tree(struct oracle *o)
{
	char text[4096];

	o->seen[0] = (long)world_processes(o->marker, seen_pids, 16);
	for (long i = 0; i < o->seen[0] && i < 16; i++)
		seen_parents[i] = world_proc(seen_pids[i], "status", text, sizeof(text))
			? world_number(text, "PPid:\t")
			: -1;
	world_sleep(50); /* longer than between two looks of the launcher's */
}

static void each_rung(struct oracle *o, void (*body)(struct oracle *o))
{
	static const char *const rungs[] = {NULL, "cgroup", "cgroup,namespace"};

	for (size_t i = 0; i < 3; i++) {
		oracle_without(rungs[i]);
		body(o);
		oracle_again(o);
	}
	oracle_without(NULL);
}

static void tree_is_told(struct oracle *o)
{
	oracle_attempts(o, "daemon 20000 daemon 20000 say ready wait-input");
	o->looked = false;
	oracle_hold(o, look_at_the_tree);
	oracle_run(o);
	oracle_completed(o, 0);
	close(o->input[0]);
	o->input[0] = -1;
	assert_int_equal(o->seen[0], 3);
	for (long i = 0; i < o->seen[0]; i++) {
		bool first = seen_pids[i] < seen_pids[(i + 1) % 3] &&
			seen_pids[i] < seen_pids[(i + 2) % 3];
		char row[64];

		/* A daemon had another parent while that was alive. */
		snprintf(row, sizeof(row), "\"pid\":%d}", (int)seen_pids[i]);
		if (first)
			snprintf(row, sizeof(row), "\"parent\":%ld,\"pid\":%d}", seen_parents[i],
				(int)seen_pids[i]);
		if (!oracle_report_has(o, row))
			fail_msg("no process with %s in the report", row);
	}
	assert_coverage(o, "partial");
}

static void every_process_that_stays_is_told_on_every_rung(void **state)
{
	ask(*state);
	each_rung(*state, tree_is_told);
}

/* Its parent is gone, and it ended before anybody looked: the init of a namespace reaps it, and
 * that is said. */
static void an_orphan_that_ended_at_once_is_said_to_be_missable(void **state)
{
	struct oracle *o = *state;

	ask(o);
	oracle_attempts(o, "orphans 5 sleep 100");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(rows(o) >= 1 && rows(o) <= 11);
	assert_coverage(o, "partial");
	assert_true(oracle_report_has(o, "between two looks"));
}

/* Without a namespace it comes to the launcher, and waits there to be seen. */
static void an_orphan_of_a_leaf_is_told_however_short_it_lived(void **state)
{
	struct oracle *o = *state;

	oracle_needs("cgroup.canary", 0);
	ask(o);
	oracle_attempts(o, "orphans 5 sleep 100");
	oracle_without("namespace,view");
	oracle_run(o);
	oracle_without(NULL);
	oracle_completed(o, 0);
	assert_in_range(rows(o), 6, 11);
}

static void look_at_one(struct oracle *o)
{
	assert_int_equal(world_processes(o->marker, &o->pid, 1), 1);
}

static void one_process_is_the_whole_tree(void **state)
{
	struct oracle *o = *state;
	char row[64];

	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_PROCESS_TREE);
	oracle_attempts(o, "fork say ready wait-input");
	oracle_hold(o, look_at_one);
	oracle_run(o);
	oracle_completed(o, 0);
	snprintf(row, sizeof(row), "\"pid\":%d}", (int)o->pid);
	assert_true(oracle_report_has(o, row));
	assert_int_equal(rows(o), 1);
	assert_coverage(o, "complete");
}

static void a_tree_nobody_asked_about_is_not_called_empty(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_attempts(o, "fork");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(oracle_report_has(o, "\"processes\":null"));
	assert_coverage(o, "none");
}

/* More than the launcher keeps: it says so, and the run goes on. */
static void more_processes_than_fit_are_counted(void **state)
{
	struct oracle *o = *state;

	/* Where orphans come to the launcher none is missed, but for want of room. */
	oracle_without("namespace,view");
	ask(o);
	o->spec.budgets[BV_TASKS].limit = 4096;
	o->spec.budgets[BV_WALL].limit = 200000000; /* on a slow machine a fork takes long */
	oracle_attempts(o, "orphans 530");
	oracle_run(o);
	oracle_without(NULL);
	oracle_completed(o, 0);
	assert_true(rows(o) >= 1 && rows(o) <= 512);
	assert_coverage(o, "partial");
	assert_int_equal(rows(o), 512);
	assert_true(oracle_report_has(o, "processes past 512"));
}

#define TESTS(T) \
	T(every_process_that_stays_is_told_on_every_rung) \
	T(an_orphan_that_ended_at_once_is_said_to_be_missable) \
	T(an_orphan_of_a_leaf_is_told_however_short_it_lived) \
	T(one_process_is_the_whole_tree) \
	T(a_tree_nobody_asked_about_is_not_called_empty) \
	T(more_processes_than_fit_are_counted)

ORACLE_MAIN(TESTS)

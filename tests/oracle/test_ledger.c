/* SPDX-License-Identifier: MIT
 *
 * The ledger against this machine, and the plan against a machine that changes: what is advertised
 * on each rung has a row, every row names a test that is there, and a plan for another machine
 * does not run.
 */
#include "oracle.h"

static const struct row {
	enum bv_kind kind;
	const char *mechanism;
	const char *program;
	const char *test;
} rows[] = {
#define QUALIFIED(kind, mechanism, program, test) {kind, mechanism, program, #test},
#include "backend/linux/qualification.def"
#undef QUALIFIED
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What the program itself says it has. */
static bool listed(const char *program, const char *test)
{
	char command[512], line[256];
	bool found = false;
	FILE *pipe;

	snprintf(command, sizeof(command), "%s/test_%s --list", getenv("ORACLE_PROGRAMS"), program);
	pipe = popen(command, "r");
	while (pipe && fgets(line, sizeof(line), pipe)) {
		line[strcspn(line, "\n")] = 0;
		found = found || strcmp(line, test) == 0;
	}
	return pipe && pclose(pipe) == 0 && found;
}

static void every_row_names_a_test_that_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (!listed(rows[i].program, rows[i].test))
			fail_msg("there is no test %s in test_%s", rows[i].test, rows[i].program);
	assert_false(listed("filesystem", "no_such_test"));
}

static void assert_rows(const struct bv_probe *probe)
{
	size_t count;
	const struct bv_requirement_row *answers = bv_probe_requirements(probe, &count);

	for (size_t i = 0; i < count; i++) {
		bool found = answers[i].verdict.enforcement != BV_ENFORCED;

		for (size_t j = 0; j < ROWS && !found; j++)
			found = rows[j].kind == answers[i].kind &&
				strstr(answers[i].mechanism, rows[j].mechanism);
		if (!found)
			fail_msg("%s by '%s' is advertised without a row",
				bv_kind_name(answers[i].kind), answers[i].mechanism);
	}
}

static void whatever_is_advertised_on_any_rung_has_a_row(void **state)
{
	static const char *const rungs[] = {"", "cgroup", "cgroup,namespace", "scope",
		"scope,namespace", "landlock", "seccomp", "cgroup,namespace,children",
		"landlock,cgroup,namespace"};
	struct oracle *o = *state;

	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
		struct bv_probe *probe = NULL;

		oracle_without(rungs[i]);
		assert_int_equal(bv_probe_new(o->backend, &probe, &o->err), 0);
		assert_rows(probe);
		bv_probe_free(probe);
	}
}

/* Planned with everything, run without something: refused, and nothing ran. */
static void drifts(struct oracle *o, const char *before, const char *after)
{
	oracle_without(before);
	oracle_again(o);
	oracle_plan(o);
	oracle_without(after);
	oracle_run(o);
	if (o->code != BV_E_DRIFT)
		fail_msg("from '%s' to '%s': %s", before ? before : "", after ? after : "",
			bv_code_name(o->code));
	assert_null(o->report);
	assert_int_equal(world_processes(o->marker, NULL, 0), 0);
	assert_false(world_exists(o, "ran"));
}

static void a_plan_for_another_machine_does_not_run(void **state)
{
	struct oracle *o = *state;

	oracle_grant(o, o->root, BV_READ | BV_WRITE);
	oracle_attempts(o, "create ran");
	drifts(o, NULL, "landlock");
	drifts(o, NULL, "seccomp");
	if (oracle_has("landlock.scope-canary", 0))
		drifts(o, NULL, "scope");
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.kill = BV_KILL_BEST_EFFORT;
	drifts(o, "cgroup,namespace", "cgroup,namespace,children");
	if (oracle_cgroup())
		drifts(o, NULL, "cgroup");
	/* More than was planned for is another machine as well. */
	if (oracle_cgroup())
		drifts(o, "cgroup", NULL);
	oracle_without(NULL);
	oracle_again(o);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(world_exists(o, "ran"));
}

static void a_plan_of_another_handle_does_not_run(void **state)
{
	struct oracle *o = *state;
	struct bv_linux_options options = {.launcher_path = getenv("ORACLE_LAUNCHER")};
	struct bv_backend *other = NULL, *mine = o->backend;

	oracle_attempts(o, "alive");
	oracle_plan(o);
	assert_int_equal(bv_linux_open(&options, &other, &o->err), 0);
	o->backend = other;
	oracle_run(o);
	o->backend = mine;
	bv_backend_free(other);
	assert_int_equal(o->code, BV_E_FOREIGN);
}

#define TESTS(T) \
	T(every_row_names_a_test_that_is_there) \
	T(whatever_is_advertised_on_any_rung_has_a_row) \
	T(a_plan_for_another_machine_does_not_run) \
	T(a_plan_of_another_handle_does_not_run)

ORACLE_MAIN(TESTS)

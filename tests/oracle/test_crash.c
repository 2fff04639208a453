/* SPDX-License-Identifier: MIT
 *
 * The launcher dies, the host dies, the launcher is stopped: nothing of the run survives, and
 * whoever is left says so.
 */
#include "oracle.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* All of ours: one may be idle, and another live in a namespace. */
static long signal_launchers(int signal)
{
	pid_t pids[8];
	size_t count = world_launchers(getpid(), pids, 8);
	long sent = 0;

	for (size_t i = 0; i < count && i < 8; i++)
		sent += kill(pids[i], signal) == 0;
	return sent > 0;
}

static void kill_launcher(struct oracle *o)
{
	o->seen[1] = (long)world_processes(o->marker, NULL, 0);
	o->seen[0] = signal_launchers(SIGKILL);
}

static void assert_fault(struct oracle *o, const char *what)
{
	oracle_ended(o, BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_LAUNCHER);
	assert_int_equal(o->seen[0], 1);
	assert_true(o->seen[1] > 0);
	if (!world_gone(o->marker, 2000))
		fail_msg("%s: %zu processes survived the launcher", what,
			world_processes(o->marker, NULL, 0));
	assert_int_equal(world_leaves(), 0);
	o->looked = false;
}

/* Its parent's death is what a guest can ask not to be told of. */
static void a_single_process_does_not_survive_the_launcher(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "say ready sleep 20000");
	o->look = kill_launcher;
	oracle_run(o);
	assert_fault(o, "process");
	oracle_attempts(o, "no-pdeath say ready sleep 20000");
	oracle_again(o);
	oracle_run(o);
	assert_fault(o, "process that ignores its parent's death");
	/* And the handle is as good as new. */
	o->look = NULL;
	oracle_attempts(o, "say again");
	oracle_again(o);
	oracle_says(o, "again\n");
}

static void threads_do_not_survive_the_launcher(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_THREADS;
	world_mkdir(o, "dir");
	oracle_attempts(o, "no-pdeath say ready threads 4 20000");
	o->look = kill_launcher;
	oracle_run(o);
	assert_fault(o, "threads");
}

static void a_leaf_does_not_survive_the_launcher(void **state)
{
	struct oracle *o = *state;

	oracle_needs("cgroup.canary", 0);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_attempts(o, "no-pdeath daemon 20000 say ready sleep 20000");
	o->look = kill_launcher;
	oracle_run(o);
	assert_fault(o, "cgroup leaf");
}

static void a_pid_namespace_does_not_survive_the_launcher(void **state)
{
	struct oracle *o = *state;

	oracle_needs("pid-namespace.canary", 0);
	oracle_without("cgroup");
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_attempts(o, "no-pdeath daemon 20000 say ready sleep 20000");
	o->look = kill_launcher;
	oracle_run(o);
	assert_fault(o, "pid namespace");
}

/* Nothing holds this tree but the launcher, so what it left is said, not hidden; and output that
 * never ends does not hold the host. */
static void a_subreapers_tree_may_survive_and_the_report_says_so(void **state)
{
	struct oracle *o = *state;
	pid_t pids[8];
	size_t count;

	oracle_without("cgroup,namespace");
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.kill = BV_KILL_BEST_EFFORT;
	oracle_attempts(o, "say ready daemon-writer sleep 20000");
	o->look = kill_launcher;
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_LAUNCHER);
	assert_true(oracle_finding(o, "teardown-incomplete"));
	/* The daemon ends at its next write; what else there is, this test started. */
	world_sleep(100);
	count = world_processes(o->marker, pids, 8);
	for (size_t i = 0; i < count && i < 8; i++)
		kill(pids[i], SIGKILL);
}

/* Size of the one staged file, as the disk has it. */
static long long staged_size(const struct oracle *o)
{
	char command[256], line[32] = "-1";
	FILE *pipe;

	snprintf(command, sizeof(command), "stat -c %%s '%s'/*/out/f", o->staging);
	pipe = popen(command, "re");
	if (!fgets(line, sizeof(line), pipe))
		line[0] = 0;
	pclose(pipe);
	return strtoll(line, NULL, 10);
}

/* What is kept is closed against changes, and who is not root would not get rid of it otherwise. */
static void drop(struct oracle *o)
{
	struct bv_artifacts *artifacts = NULL;
	size_t len;
	const char *json = bv_report_json(o->report, &len);

	assert_int_equal(bv_artifacts_open(json, len, o->staging, &artifacts, &o->err), 0);
	assert_int_equal(bv_artifacts_discard(artifacts, &o->err), 0);
	bv_artifacts_free(artifacts);
}

/* A descendant writes on and on: it is dead before its file is read, so the file is one that did
 * not change meanwhile. */
static void a_tree_without_its_launcher_is_dead_before_its_outputs_are_read(void **state)
{
	static const char *const without[] = {NULL, "cgroup"};
	static const struct bv_output one[] = {{"out", NULL}};
	struct oracle *o = *state;
	char size[64];

	oracle_needs("pid-namespace.canary", 0);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.outputs = one;
	o->spec.output_count = 1;
	o->spec.discard = 1;
	o->spec.budgets[BV_STORAGE].limit = UINT64_C(64) << 20;
	oracle_grant_system(o);
	oracle_grant(o, "/dev/null", BV_READ); /* the input of what a shell puts behind itself */
	oracle_program(o, "/bin/sh", "-c",
		"while :; do echo more; done >> \"$BVISOR_OUT/f\" & "
		"until [ -s \"$BVISOR_OUT/f\" ]; do :; done; echo ready; wait",
		NULL);
	o->look = kill_launcher;
	for (size_t i = 0; i < 2; i++) {
		oracle_without(without[i]);
		oracle_again(o);
		oracle_run(o);
		assert_fault(o, "writer");
		assert_false(oracle_finding(o, "teardown-incomplete"));
		assert_false(oracle_finding(o, "artifacts-incomplete"));
		assert_false(oracle_finding(o, "artifact-refused"));
		snprintf(size, sizeof(size), "\"size_bytes\":%lld", staged_size(o));
		assert_true(staged_size(o) > 0 && oracle_report_has(o, size));
		drop(o);
	}
}

static void an_idle_launcher_that_died_is_replaced(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "say well");
	oracle_says(o, "well\n");
	assert_int_equal(signal_launchers(SIGKILL), 1);
	world_sleep(50);
	oracle_says(o, "well\n");
}

/* Also the one that lives in a namespace of its own, behind the one the host started. */
static void stop_launcher(struct oracle *o)
{
	pid_t outer = world_launcher(getpid()), inner[8];
	size_t count = world_launchers(outer, inner, 8);

	o->seen[0] = signal_launchers(SIGSTOP);
	for (size_t i = 0; i < count && i < 8; i++)
		kill(inner[i], SIGSTOP);
	o->seen[1] = 1;
}

/* A launcher that does not answer cannot hold the wall budget: the host does, a little later. */
static void a_stopped_launcher_does_not_stop_the_clock(void **state)
{
	struct oracle *o = *state;
	uint64_t begun = world_ms();

	o->spec.budgets[BV_WALL].limit = 200000;
	oracle_attempts(o, "say ready sleep 60000");
	o->look = stop_launcher;
	oracle_run(o);
	assert_fault(o, "stopped");
	assert_true(world_ms() - begun < 30000);
}

/* A host of its own, that runs the spec and is killed meanwhile. */
static pid_t host_start(struct oracle *o)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct bv_linux_options options = {.launcher_path = getenv("ORACLE_LAUNCHER")};

		o->options.on_output = NULL;
		if (bv_linux_open(&options, &o->backend, NULL))
			_exit(1);
		oracle_again(o);
		oracle_run(o);
		/* It should not have come to an end. */
		oracle_ended(o, BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_LAUNCHER);
		_exit(2);
	}
	assert_true(pid > 0);
	return pid;
}

static size_t leaves_of(pid_t host)
{
	char command[512], line[32] = "0";
	FILE *pipe;

	if (!oracle_cgroup())
		return 0;
	snprintf(command, sizeof(command), "ls '%s' | grep -c '^bvisor-%d-'", oracle_cgroup(),
		(int)host);
	pipe = popen(command, "r");
	if (!fgets(line, sizeof(line), pipe))
		line[0] = 0;
	pclose(pipe);
	return strtoul(line, NULL, 10);
}

/* Seen twice in a row, so that nothing is judged in the middle of an execution. */
static bool appears(const char *marker, size_t count)
{
	unsigned int seen = 0;

	for (int i = 0; i < 1000 && seen < 2; i++) {
		seen = world_processes(marker, NULL, 0) >= count ? seen + 1 : 0;
		world_sleep(10);
	}
	return seen == 2;
}

static void kill_host(struct oracle *o, size_t tasks)
{
	pid_t host, launcher;
	char text[64];
	int status;

	oracle_plan(o); /* a test is skipped by its own process only */
	host = host_start(o);
	assert_true(appears(o->marker, tasks));
	launcher = world_launcher(host);
	assert_true(launcher > 0);
	assert_int_equal(kill(host, SIGKILL), 0);
	assert_int_equal(waitpid(host, &status, 0), host);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	if (!world_gone(o->marker, 5000))
		fail_msg("%zu processes survived the host", world_processes(o->marker, NULL, 0));
	for (int i = 0;
		i < 200 && (world_proc(launcher, "cmdline", text, sizeof(text)) || leaves_of(host));
		i++)
		world_sleep(10);
	assert_false(world_proc(launcher, "cmdline", text, sizeof(text)));
	assert_int_equal(leaves_of(host), 0);
	oracle_again(o);
}

static void nothing_survives_the_host(void **state)
{
	struct oracle *o = *state;
	static const char *const without[] = {NULL, "cgroup", "cgroup,namespace"};

	oracle_attempts(o, "no-pdeath sleep 20000");
	kill_host(o, 1);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.kill = BV_KILL_BEST_EFFORT;
	oracle_attempts(o, "no-pdeath daemon 20000 sleep 20000");
	for (size_t i = 0; i < 3; i++) {
		if (i == 1 && !oracle_has("pid-namespace.canary", 0))
			continue;
		oracle_without(without[i]);
		kill_host(o, 2);
	}
}

/* A process that the host forked holds copies of all its descriptors, the launcher's socket too. */
static void a_fork_of_the_host_does_not_keep_the_run_alive(void **state)
{
	struct oracle *o = *state;
	int status, ends[2];
	pid_t host, fork_of_host = 0;
	char byte;

	oracle_attempts(o, "say ready sleep 20000");
	oracle_plan(o);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	host = fork();
	if (host == 0) {
		struct bv_linux_options options = {.launcher_path = getenv("ORACLE_LAUNCHER")};
		pid_t pid;

		o->options.on_output = NULL;
		if (bv_linux_open(&options, &o->backend, NULL))
			_exit(1);
		oracle_admit(o);
		pid = fork();
		if (pid == 0) {
			world_sleep(15000);
			_exit(0);
		}
		if (write(ends[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		oracle_run(o);
		_exit(2);
	}
	assert_int_equal(read(ends[0], &fork_of_host, sizeof(fork_of_host)), sizeof(fork_of_host));
	assert_true(appears(o->marker, 1));
	kill(host, SIGKILL);
	waitpid(host, &status, 0);
	byte = world_gone(o->marker, 5000);
	kill(fork_of_host, SIGKILL);
	close(ends[0]);
	close(ends[1]);
	assert_true(byte);
}

#define TESTS(T) \
	T(a_single_process_does_not_survive_the_launcher) \
	T(threads_do_not_survive_the_launcher) \
	T(a_leaf_does_not_survive_the_launcher) \
	T(a_pid_namespace_does_not_survive_the_launcher) \
	T(a_subreapers_tree_may_survive_and_the_report_says_so) \
	T(a_tree_without_its_launcher_is_dead_before_its_outputs_are_read) \
	T(an_idle_launcher_that_died_is_replaced) \
	T(a_stopped_launcher_does_not_stop_the_clock) \
	T(nothing_survives_the_host) \
	T(a_fork_of_the_host_does_not_keep_the_run_alive)

ORACLE_MAIN(TESTS)

/* SPDX-License-Identifier: MIT
 *
 * The three policies on new tasks. Denied and threads-only by filter, seen from outside as
 * `Seccomp: 2` while the guest runs; descendants by whatever holds the tree on each rung: a
 * cgroup leaf, a pid namespace, the launcher as the reaper of orphans.
 */
#include "oracle.h"

#include <signal.h>
#include <sys/stat.h>

/* From outside, by the kernel's own words, while it waits. */
static void look_at_status(struct oracle *o)
{
	if (world_processes(o->marker, &o->pid, 1) != 1)
		o->pid = -1;
	else if (!world_proc(o->pid, "status", o->status, sizeof(o->status)))
		o->status[0] = 0;
}

static void no_task_of_any_kind_is_made(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o,
		"fork vfork clone clone3 clone-parent clone-namespace posix-spawn %s thread "
		"say ready wait-input alive",
		o->guest);
	oracle_hold(o, look_at_status);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_memory_equal(o->out,
		"fork=EPERM\nvfork=EPERM\nclone=EPERM\nclone3=ENOSYS\nclone-parent=EPERM\n"
		"clone-namespace=EPERM\nposix-spawn=EPERM\nthread=EPERM\nready\nwait-input="
		"OK\nalive=",
		140);
	assert_true(o->pid > 0);
	assert_int_equal(world_number(o->status, "Seccomp:"), 2);
	assert_int_equal(world_number(o->status, "NoNewPrivs:"), 1);
	assert_int_equal(world_number(o->status, "Threads:"), 1);
	assert_true(oracle_report_has(o, "\"spawn-lowered\""));
}

/* A shell's builtins run under the filter; its first external command does not. */
static void a_shell_starts_but_its_commands_do_not(void **state)
{
	struct oracle *o = *state;

	oracle_grant_system(o);
	oracle_program(o, "/bin/sh", "-c",
		"echo before=ok; /bin/echo after=ok 2>/dev/null; (echo subshell=ok) 2>/dev/null; "
		"true",
		NULL);
	oracle_hold(o, look_at_status);
	oracle_run(o);
	oracle_line(o, "before=ok");
	oracle_no_line(o, "after=ok");
	oracle_no_line(o, "subshell=ok");
	/* dash ends with 2 when it cannot fork. */
	oracle_completed(o, 2);
}

static void becoming_another_program_stays_possible(void **state)
{
	struct oracle *o = *state;

	oracle_grant_system(o);
	oracle_program(o, "/bin/sh", "-c", "exec /bin/echo became", NULL);
	oracle_says(o, "became\n");
}

static void deny_is_refused_without_seccomp(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "alive");
	oracle_refused_without(o, "seccomp", BV_KIND_SPAWN_DENY_NEW_TASKS);
}

static void threads_work_and_processes_do_not(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_THREADS;
	oracle_attempts(o,
		"thread threads 8 50 fork vfork clone clone3 clone-parent clone-namespace "
		"posix-spawn %s say ready wait-input",
		o->guest);
	oracle_hold(o, look_at_status);
	oracle_says(o,
		"thread=OK\nthreads=OK\nfork=EPERM\nvfork=EPERM\nclone=EPERM\nclone3=ENOSYS\n"
		"clone-parent=EPERM\nclone-namespace=EPERM\nposix-spawn=EPERM\nready\n"
		"wait-input=OK\n");
	assert_int_equal(world_number(o->status, "Seccomp:"), 2);
}

static void threads_are_refused_without_seccomp(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_THREADS;
	oracle_attempts(o, "thread");
	oracle_refused_without(o, "seccomp", BV_KIND_SPAWN_ALLOW_THREADS);
}

static void python_threads_work(void **state)
{
	struct oracle *o = *state;

	if (access("/usr/bin/python3", X_OK))
		oracle_skip("there is no /usr/bin/python3");
	o->spec.spawn = BV_SPAWN_ALLOW_THREADS;
	oracle_grant_system(o);
	oracle_program(o, "/usr/bin/python3", "-I", "-c",
		"import threading, os, subprocess\n"
		"done = []\n"
		"ts = [threading.Thread(target=done.append, args=(i,)) for i in range(20)]\n"
		"[t.start() for t in ts]; [t.join() for t in ts]\n"
		"print(sorted(done) == list(range(20)))\n"
		"try: os.fork(); print('forked')\n"
		"except PermissionError: print('no fork')\n"
		"try: subprocess.run(['/bin/true']); print('spawned')\n"
		"except PermissionError: print('no spawn')\n",
		NULL);
	oracle_says(o, "True\nno fork\nno spawn\n");
}

static void java_threads_work(void **state)
{
	struct oracle *o = *state;
	char command[512];

	if (access("/usr/bin/java", X_OK) || access("/usr/bin/javac", X_OK))
		oracle_skip("there is no JDK (apt: default-jdk-headless)");
	world_write(o, "T.java",
		"public class T { static int n; public static void main(String[] a) throws "
		"Exception {\n"
		"Thread[] t = new Thread[16]; for (int i = 0; i < 16; i++) { t[i] = new Thread(() "
		"-> {\n"
		"synchronized (T.class) { n++; } }); t[i].start(); } for (Thread x : t) x.join();\n"
		"System.out.println(\"threads=\" + n); try { new "
		"ProcessBuilder(\"/bin/true\").start();\n"
		"System.out.println(\"spawned\"); } catch (java.io.IOException e) {\n"
		"System.out.println(\"refused\"); } } }\n");
	snprintf(command, sizeof(command), "cd %s && javac -d . T.java", o->root);
	assert_int_equal(system(command), 0);
	o->spec.spawn = BV_SPAWN_ALLOW_THREADS;
	oracle_grant_system(o);
	oracle_grant(o, o->root, BV_READ);
	oracle_grant(o, "/proc", BV_READ);
	o->spec.host_processes = BV_AMBIENT;
	oracle_program(o, "/usr/bin/java", "-Xint", "-Xmx128m", "-XX:+UseSerialGC", "-cp", o->root,
		"T", NULL);
	oracle_says(o, "threads=16\nrefused\n");
}

/* Descendants: the same properties on every rung. */

static const char *const rungs[] = {"", "cgroup", "cgroup,namespace"};

static void rung_check(const struct oracle *o, size_t rung)
{
	const struct bv_requirement_row *row = oracle_row(o, BV_KIND_SPAWN_ALLOW_DESCENDANTS);
	static const char *const mechanisms[] = {"cgroup leaf", "pid namespace", "subreaper"};

	if (rung == 0 && !oracle_cgroup())
		return; /* the next rung then, and it is looked at in its turn */
	if (!strstr(row->mechanism, mechanisms[rung]))
		fail_msg("'%s' is not %s", row->mechanism, mechanisms[rung]);
	assert_int_equal(row->verdict.enforcement, rung == 2 ? BV_MEDIATED : BV_ENFORCED);
}

static bool rung_there(size_t rung)
{
	if (rung == 1 && !oracle_has("pid-namespace.canary", 0))
		print_message("SKIP a rung: no pid namespace can be had here\n");
	return rung != 1 || oracle_has("pid-namespace.canary", 0);
}

/* On every rung there is: admits, runs, and hands the report to a check. */
static void on_every_rung(struct oracle *o, void (*check)(struct oracle *o, size_t rung))
{
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.kill = BV_KILL_BEST_EFFORT;
	for (size_t rung = 0; rung < 3; rung++) {
		if (!rung_there(rung))
			continue;
		oracle_without(*rungs[rung] ? rungs[rung] : NULL);
		oracle_admit(o);
		rung_check(o, rung);
		oracle_run(o);
		check(o, rung);
		assert_true(world_gone(o->marker, 0));
		assert_int_equal(world_leaves(), 0);
	}
}

static void check_all_spawned(struct oracle *o, size_t rung)
{
	(void)rung;
	oracle_completed(o, 0);
	assert_string_equal(o->out,
		"fork=OK\nvfork=OK\nclone=OK\nclone3=ENOSYS\nclone-parent=EPERM\n"
		"clone-namespace=EPERM\nposix-spawn=OK\nthread=OK\nforks=OK\n");
}

static void descendants_may_be_made_but_no_siblings(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o,
		"fork vfork clone clone3 clone-parent clone-namespace posix-spawn %s thread forks "
		"4 10",
		o->guest);
	on_every_rung(o, check_all_spawned);
}

static void check_pipeline(struct oracle *o, size_t rung)
{
	(void)rung;
	oracle_completed(o, 0);
	assert_string_equal(o->out, "3\nsub\n");
}

static void shell_pipelines_work(void **state)
{
	struct oracle *o = *state;

	oracle_grant_system(o);
	oracle_grant(o, "/dev/null", BV_READ | BV_WRITE);
	oracle_program(o, "/bin/sh", "-c",
		"printf 'a\\nb\\nc\\n' | cat | wc -l; x=$(echo sub); echo $x | grep sub "
		"2>/dev/null",
		NULL);
	on_every_rung(o, check_pipeline);
}

static void check_daemon(struct oracle *o, size_t rung)
{
	oracle_completed(o, 0);
	assert_string_equal(o->out, "daemon=OK\ndaemon=OK\n");
	assert_true(oracle_report_has(o, "2 killed with the tree"));
	if (rung == 0 && oracle_cgroup())
		assert_true(oracle_report_has(o, "\"cgroup-leaf-prepared\""));
	assert_false(oracle_finding(o, "cgroup-teardown-incomplete"));
	assert_false(oracle_finding(o, "teardown-incomplete"));
}

/* Double fork, a session of its own, deaf to what may be ignored: dead with the run all the same,
 * and counted. */
static void a_daemon_does_not_outlive_the_run(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "daemon 20000 daemon 20000");
	on_every_rung(o, check_daemon);
}

static void look_at_the_tree(struct oracle *o)
{
	pid_t pids[8];
	size_t count = world_processes(o->marker, pids, 8);
	char text[4096];

	o->seen[0] = (long)count;
	o->seen[1] = 0;
	for (size_t i = 0; i < count && i < 8; i++) {
		if (world_proc(pids[i], "status", text, sizeof(text)))
			o->seen[1] += world_number(text, "Seccomp:") == 2 &&
				world_number(text, "NoNewPrivs:") == 1;
		if (world_proc(pids[i], "cgroup", text, sizeof(text)))
			o->seen[2] += strstr(text, "/bvisor-") != NULL;
	}
}

static void check_tree(struct oracle *o, size_t rung)
{
	oracle_completed(o, 0);
	assert_true(o->seen[0] >= 3);
	assert_int_equal(o->seen[1], o->seen[0]);
	assert_int_equal(o->seen[2], rung == 0 && oracle_cgroup() ? o->seen[0] : 0);
	memset(o->seen, 0, sizeof(o->seen));
	o->looked = false;
}

/* Every descendant is in the leaf and under the filter, by the kernel's own words. */
static void every_descendant_is_inside(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "daemon 20000 daemon 20000 say ready sleep 300");
	o->look = look_at_the_tree;
	on_every_rung(o, check_tree);
}

/* Processes that are dead and that nobody has waited for. */
static void look_at_zombies(struct oracle *o)
{
	pid_t launcher = world_launcher(getpid());

	world_sleep(100);
	o->seen[0] = world_zombies(launcher);
}

static void check_orphans(struct oracle *o, size_t rung)
{
	(void)rung;
	oracle_completed(o, 0);
	assert_string_equal(o->out, "orphans=OK\nready\nsleep=OK\n");
	assert_in_range(o->seen[0], 0, 5);
	o->looked = false;
}

/* Orphans that end are reaped while the run goes on, or they would use up the host's process
 * numbers, and the launcher's own list of them. */
static void ended_orphans_are_reaped_during_the_run(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "orphans 150 say ready sleep 300");
	o->look = look_at_zombies;
	on_every_rung(o, check_orphans);
}

static void with_nothing_to_hold_a_tree_it_is_refused(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_attempts(o, "fork");
	oracle_refused_without(o, "cgroup,namespace,children", BV_KIND_SPAWN_ALLOW_DESCENDANTS);
	oracle_refused_without(o, "seccomp", BV_KIND_SPAWN_ALLOW_DESCENDANTS);
}

/* Mediated is not atomic: who asks for that is refused. */
static void an_atomic_kill_is_refused_on_the_weakest_rung(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.kill = BV_KILL_ATOMIC;
	oracle_attempts(o, "fork");
	oracle_refused_without(o, "cgroup,namespace", BV_KIND_KILL_ATOMIC);
	if (!oracle_has("cgroup.canary", 0) && !oracle_has("pid-namespace.canary", 0))
		oracle_skip("the weakest rung is all this machine has");
	oracle_says(o, "fork=OK\n");
}

#define TESTS(T) \
	T(no_task_of_any_kind_is_made) \
	T(a_shell_starts_but_its_commands_do_not) \
	T(becoming_another_program_stays_possible) \
	T(deny_is_refused_without_seccomp) \
	T(threads_work_and_processes_do_not) \
	T(threads_are_refused_without_seccomp) \
	T(python_threads_work) \
	T(java_threads_work) \
	T(descendants_may_be_made_but_no_siblings) \
	T(shell_pipelines_work) \
	T(a_daemon_does_not_outlive_the_run) \
	T(every_descendant_is_inside) \
	T(ended_orphans_are_reaped_during_the_run) \
	T(with_nothing_to_hold_a_tree_it_is_refused) \
	T(an_atomic_kill_is_refused_on_the_weakest_rung)

ORACLE_MAIN(TESTS)

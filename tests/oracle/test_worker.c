/* SPDX-License-Identifier: MIT
 *
 * The wasm backend's second boundary: what the kernel says of a worker and of a process that runs a
 * guest itself, and what the report says when one of them is ended, crashes, or loses its launcher.
 */
#include "wasm.h"

#include <fcntl.h>
#include <signal.h>

/* Is it in another namespace of this kind than we are? */
static bool apart(pid_t pid, const char *kind)
{
	char path[64], theirs[128] = "", ours[128] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	assert_true(readlink(path, theirs, sizeof(theirs) - 1) > 0);
	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	assert_true(readlink(path, ours, sizeof(ours) - 1) > 0);
	return strcmp(theirs, ours) != 0;
}

/* ---- killing ---- */

static int cancel[2];

static void wish(struct oracle *o)
{
	(void)o;
	assert_int_equal(write(cancel[1], "x", 1), 1);
}

static void cancelled(struct oracle *o, const char *attempts)
{
	assert_int_equal(pipe2(cancel, O_CLOEXEC), 0);
	o->options.cancel_borrow_fd = cancel[0];
	o->look = wish;
	oracle_attempts(o, "%s", attempts);
	oracle_run(o);
	close(cancel[0]);
	close(cancel[1]);
	oracle_ended(o, BV_OUTCOME_KILLED, BV_REASON_CANCELLED);
	assert_true(wasm_worker_gone());
	oracle_again(o);
}

static void a_worker_is_killed_when_the_caller_wants_it(void **state)
{
	wasm_needs(true);
	cancelled(*state, "loop");
	cancelled(*state, "sleep");
}

static void a_guest_in_process_stops_when_the_caller_wants_it(void **state)
{
	wasm_needs(false);
	cancelled(*state, "loop");
	cancelled(*state, "sleep");
}

static int by_signal;

static void kill_worker(struct oracle *o)
{
	o->seen[0] = kill(wasm_worker(), by_signal);
}

static void die(struct oracle *o, int signal)
{
	by_signal = signal;
	o->seen[0] = -1;
	o->look = kill_worker;
	oracle_grant(o, "in", BV_READ);
	oracle_attempts(o, "unlink %s/in/file loop", o->root);
	oracle_run(o);
	o->spec.grant_count = 0;
	assert_int_equal(o->seen[0], 0);
	assert_true(wasm_worker_gone());
	assert_true(oracle_report_has(o, "\"call\":\"path_unlink_file\",\"count\":1"));
}

static void a_worker_killed_from_outside_is_said_to_be(void **state)
{
	struct oracle *o = *state;

	wasm_needs(true);
	die(o, SIGKILL);
	oracle_ended(o, BV_OUTCOME_KILLED, BV_REASON_KILLED_OUTSIDE);
	assert_int_equal(bv_report_end(o->report)->exit, BV_EXIT_SIGNAL);
	assert_int_equal(bv_report_end(o->report)->exit_value, SIGKILL);
	assert_false(oracle_finding(o, "worker-crashed"));
}

static void a_worker_that_crashes_is_our_fault_and_names_its_signal(void **state)
{
	struct oracle *o = *state;

	wasm_needs(true);
	die(o, SIGSEGV);
	oracle_ended(o, BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_LAUNCHER);
	assert_string_equal(bv_report_end(o->report)->detail,
		"the worker crashed (signal 11, SEGV); the boundary around it held");
	assert_true(oracle_finding(o, "worker-crashed"));
	assert_true(oracle_report_has(o, "\"signal 11: a defect of the engine"));
}

static void kill_launchers(struct oracle *o)
{
	pid_t pids[8];
	size_t count = world_launchers(getpid(), pids, 8);

	o->seen[0] = 0;
	for (size_t i = 0; i < count && i < 8; i++)
		o->seen[0] += kill(pids[i], SIGKILL) == 0;
}

static void a_worker_does_not_survive_its_launcher(void **state)
{
	struct oracle *o = *state;

	wasm_needs(true);
	o->look = kill_launchers;
	oracle_attempts(o, "loop");
	oracle_run(o);
	assert_true(o->seen[0] > 0);
	oracle_ended(o, BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_LAUNCHER);
	assert_true(wasm_worker_gone());
	/* And the handle is as good as new. */
	o->look = NULL;
	oracle_again(o);
	oracle_attempts(o, "out");
	oracle_says(o, "nowhere\n");
}

static void a_trap_is_the_guest_s_own(struct oracle *o)
{
	oracle_attempts(o, "out trap");
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_FAILED, BV_REASON_TRAP);
	oracle_line(o, "nowhere");
	assert_non_null(strstr(bv_report_end(o->report)->detail, "unreachable in function "));
	assert_false(oracle_finding(o, "worker-crashed"));
}

static void a_trap_in_a_worker_is_no_crash(void **state)
{
	wasm_needs(true);
	a_trap_is_the_guest_s_own(*state);
}

static void a_trap_in_process_is_no_crash(void **state)
{
	wasm_needs(false);
	a_trap_is_the_guest_s_own(*state);
}

/* ---- what the kernel says ---- */

enum seen {
	SEEN_WRITABLE = 0, /* mappings that are executable as well */
	SEEN_SOCKETS = 1,
	SEEN_MEMORIES = 2, /* order and ledger */
	SEEN_MODULES = 3,
	SEEN_ROOTS = 4,
	SEEN_APART = 5, /* namespaces of its own */
	SEEN_THREADS = 6,
	SEEN_TEXTS = 7, /* executable mappings */
};

static char before[16384], after[16384];

static void look_at(struct oracle *o, pid_t pid)
{
	assert_true(world_proc(pid, "status", o->status, sizeof(o->status)));
	wasm_executable(pid, after, sizeof(after), &o->seen[SEEN_WRITABLE]);
	o->seen[SEEN_SOCKETS] = wasm_descriptors(pid, "socket:");
	o->seen[SEEN_MEMORIES] = wasm_descriptors(pid, "memfd:");
	o->seen[SEEN_MODULES] = wasm_descriptors(pid, "guest.wasm");
	o->seen[SEEN_ROOTS] = wasm_descriptors(pid, "/in");
	o->seen[SEEN_THREADS] = world_number(o->status, "Threads:\t");
	for (const char *line = after; *line; line = strchr(line, '\n') + 1)
		o->seen[SEEN_TEXTS]++;
}

static void look_at_worker(struct oracle *o)
{
	static const char *const kinds[] = {"net", "ipc", "mnt"};
	pid_t pid = wasm_worker();

	assert_true(pid > 0);
	look_at(o, pid);
	for (size_t i = 0; i < 3; i++)
		o->seen[SEEN_APART] += apart(pid, kinds[i]);
}

/* It has grown memory and run by then: what is executable is the program's own text and the
 * kernel's vdso, and no page more. */
static void a_worker_is_what_the_plan_says(void **state)
{
	struct oracle *o = *state;

	wasm_needs(true);
	oracle_grant(o, "in", BV_READ);
	oracle_attempts(o, "grow 16 read %s/in/file hold", o->root);
	oracle_hold(o, look_at_worker);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_int_equal(world_number(o->status, "Seccomp:\t"), 2);
	assert_int_equal(world_number(o->status, "NoNewPrivs:\t"), 1);
	assert_non_null(strstr(o->status, "CapEff:\t0000000000000000"));
	assert_int_equal(o->seen[SEEN_THREADS], 1);
	assert_int_equal(o->seen[SEEN_WRITABLE], 0);
	assert_in_range(o->seen[SEEN_TEXTS], 1, 2);
	assert_int_equal(o->seen[SEEN_SOCKETS], 0);
	assert_int_equal(o->seen[SEEN_MEMORIES], 0);
	assert_int_equal(o->seen[SEEN_MODULES], 0);
	assert_int_equal(o->seen[SEEN_ROOTS], 1);
	if (oracle_view())
		assert_int_equal(o->seen[SEEN_APART], 3);
}

static void look_at_ourselves(struct oracle *o)
{
	look_at(o, getpid());
}

/* The engine makes no code, no thread, and no process but the watcher, which is gone with it. */
static void a_guest_in_process_adds_no_text_and_no_thread(void **state)
{
	struct oracle *o = *state;
	long writable;

	wasm_needs(false);
	wasm_executable(getpid(), before, sizeof(before), &writable);
	oracle_grant(o, "in", BV_READ);
	oracle_attempts(o, "grow 64 read %s/in/file hold", o->root);
	oracle_hold(o, look_at_ourselves);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_string_equal(after, before);
	assert_int_equal(o->seen[SEEN_WRITABLE], writable);
	assert_int_equal(o->seen[SEEN_THREADS], 1);
	assert_true(o->seen[SEEN_ROOTS] > 0);
	assert_int_equal(wasm_descriptors(getpid(), "/in"), 0);
}

#define OUTSIDE_TESTS(T) \
	T(a_worker_is_killed_when_the_caller_wants_it) \
	T(a_worker_killed_from_outside_is_said_to_be) \
	T(a_worker_that_crashes_is_our_fault_and_names_its_signal) \
	T(a_worker_does_not_survive_its_launcher) \
	T(a_trap_in_a_worker_is_no_crash) \
	T(a_worker_is_what_the_plan_says)

#define INSIDE_TESTS(T) \
	T(a_guest_in_process_stops_when_the_caller_wants_it) \
	T(a_trap_in_process_is_no_crash) \
	T(a_guest_in_process_adds_no_text_and_no_thread)

WASM_MAIN(OUTSIDE_TESTS, INSIDE_TESTS)

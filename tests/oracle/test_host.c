/* SPDX-License-Identifier: MIT
 *
 * Hosts as they are: with signals ignored or blocked, descriptors closed or scarce, threads, other
 * children, a namespace of their own. Each in a process of its own, with a handle of its own.
 */
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct host {
	const char *name;
	bool (*prepare)(void);
	bool (*after)(void);
};

static bool nothing(void)
{
	return true;
}

/* With a fresh handle: runs twice, and says whether both were as they should be. */
static bool runs(struct oracle *o)
{
	struct bv_linux_options options = {.launcher_path = getenv("ORACLE_LAUNCHER")};
	struct bv_proposal *proposal = NULL;
	struct bv_admission *admission = NULL;
	struct bv_backend *backend = NULL;
	bool ok = false;

	if (bv_linux_open(&options, &backend, &o->err) ||
		bv_proposal_new(&o->spec, &proposal, &o->err) ||
		bv_admit(backend, proposal, &admission, &o->err) || !bv_admission_plan(admission))
		return false;
	for (int i = 0; i < 2; i++) {
		struct bv_report *report = NULL;
		const char *out;
		size_t len = 0;

		if (bv_run(backend, bv_admission_plan(admission), &o->options, &report, &o->err))
			return false;
		out = bv_report_stream(report, 1, &len, NULL);
		ok = bv_report_end(report)->outcome == BV_OUTCOME_COMPLETED && out && len > 0;
		if (!ok && bv_report_end(report)->detail)
			snprintf(o->err.text, sizeof(o->err.text), "%s",
				bv_report_end(report)->detail);
		bv_report_free(report);
		if (!ok)
			break;
	}
	bv_admission_free(admission);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
	return ok;
}

static void in_a_host(struct oracle *o, bool (*prepare)(void), bool (*after)(void))
{
	int ends[2], status;
	char text[256] = "";
	pid_t pid;

	oracle_attempts(o, "alive descriptors");
	oracle_again(o);
	oracle_plan(o); /* its own handle has no reason to be refused, then */
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int out = fcntl(ends[1], F_DUPFD_CLOEXEC, 40);
		bool ok = prepare() && runs(o) && after();

		if (!ok &&
			dprintf(out, "%s: %s (errno %d)", o->err.place, o->err.text,
				o->err.errnum) < 0)
			_exit(3);
		_exit(ok ? 0 : 1);
	}
	close(ends[1]);
	if (read(ends[0], text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("the host ended with %x: %s", status, text);
}

static bool no_child_is_left(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) < 0 && errno == ECHILD;
}

static bool ignore_sigchld(void)
{
	return signal(SIGCHLD, SIG_IGN) != SIG_ERR;
}

static void a_host_that_ignores_sigchld(void **state)
{
	in_a_host(*state, ignore_sigchld, no_child_is_left);
}

static bool no_child_wait(void)
{
	return sigaction(SIGCHLD,
		       &(struct sigaction){.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT},
		       NULL) == 0;
}

static void a_host_whose_children_leave_no_zombies(void **state)
{
	in_a_host(*state, no_child_wait, no_child_is_left);
}

static bool close_stdin(void)
{
	return close(0) == 0;
}

static void a_host_without_stdin(void **state)
{
	in_a_host(*state, close_stdin, no_child_is_left);
}

static bool close_streams(void)
{
	return close(0) == 0 && close(1) == 0 && close(2) == 0;
}

static bool socket_at_a_stream;

/* During the run: what the host prints now must not go to the launcher. */
static void look_at_streams(void *context, int stream, const void *data, size_t len)
{
	struct stat st;

	(void)context;
	(void)stream;
	(void)data;
	(void)len;
	for (int fd = 0; fd < 3; fd++)
		socket_at_a_stream =
			socket_at_a_stream || (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode));
}

static bool streams_are_still_closed(void)
{
	return !socket_at_a_stream && fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 &&
		fcntl(2, F_GETFD) < 0;
}

static void a_host_without_streams(void **state)
{
	struct oracle *o = *state;

	o->options.on_output = look_at_streams;
	in_a_host(o, close_streams, streams_are_still_closed);
}

static bool few_descriptors(void)
{
	return setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, 64}) == 0;
}

static void a_host_with_few_descriptors(void **state)
{
	in_a_host(*state, few_descriptors, no_child_is_left);
}

static bool block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	return sigprocmask(SIG_SETMASK, &all, NULL) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR &&
		signal(SIGTERM, SIG_IGN) != SIG_ERR;
}

static bool still_blocked(void)
{
	sigset_t now;

	return sigprocmask(SIG_SETMASK, NULL, &now) == 0 && sigismember(&now, SIGTERM) == 1 &&
		sigismember(&now, SIGUSR1) == 1;
}

static void a_host_that_blocks_all_signals(void **state)
{
	in_a_host(*state, block_signals, still_blocked);
}

static void look_at_signals(struct oracle *o)
{
	if (world_processes(o->marker, &o->pid, 1) == 1)
		world_proc(o->pid, "status", o->status, sizeof(o->status));
}

/* Nor does the guest inherit what its caller ignores or blocks. */
static void the_guest_starts_with_default_signals(void **state)
{
	struct oracle *o = *state;
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	sigset_t block, old;

	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &block, &old);
	oracle_attempts(o, "say ready wait-input");
	oracle_hold(o, look_at_signals);
	oracle_run(o);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, before);
	oracle_completed(o, 0);
	assert_non_null(strstr(o->status, "SigBlk:\t0000000000000000"));
	assert_non_null(strstr(o->status, "SigIgn:\t0000000000000000"));
}

static bool low_priority_limits(void)
{
	return setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) == 0 && setsid() >= 0;
}

static void a_host_without_a_terminal(void **state)
{
	in_a_host(*state, low_priority_limits, no_child_is_left);
}

/* A loop that waits for anyone may get the launcher's end: the runs go on all the same. */
static void *wait_for_anyone(void *argument)
{
	const volatile bool *stop = argument;

	while (!*stop) {
		waitpid(-1, NULL, WNOHANG | __WALL);
		sched_yield();
	}
	return NULL;
}

static bool stop_waiting;

static bool start_waiting(void)
{
	pthread_t thread;

	stop_waiting = false;
	return pthread_create(&thread, NULL, wait_for_anyone, &stop_waiting) == 0 &&
		pthread_detach(thread) == 0;
}

static void a_host_that_waits_for_any_child(void **state)
{
	in_a_host(*state, start_waiting, nothing);
}

static void *fork_always(void *argument)
{
	const volatile bool *stop = argument;

	while (!*stop) {
		pid_t pid = fork();

		if (pid == 0) {
			usleep(20000);
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	return NULL;
}

static bool start_forking(void)
{
	pthread_t thread;

	stop_waiting = false;
	return pthread_create(&thread, NULL, fork_always, &stop_waiting) == 0 &&
		pthread_detach(thread) == 0;
}

static void a_host_that_forks_meanwhile(void **state)
{
	in_a_host(*state, start_forking, nothing);
}

struct concurrent {
	struct oracle *o;
	int number;
	char text[64];
	bool ok;
};

static void *one_of_many(void *argument)
{
	struct concurrent *c = argument;
	struct bv_run_options options = c->o->options;
	char number[16], expected[32];
	const char *arguments[] = {"say", number, "descriptors"};
	struct bv_spec spec = c->o->spec;
	struct bv_proposal *proposal = NULL;
	struct bv_admission *admission = NULL;

	options.on_output = NULL;
	snprintf(number, sizeof(number), "%d", c->number);
	snprintf(expected, sizeof(expected), "%d\ndescriptors=0,1,2,\n", c->number);
	spec.workload.arguments = arguments;
	spec.workload.argument_count = 3;
	c->ok = bv_proposal_new(&spec, &proposal, NULL) == 0 &&
		bv_admit(c->o->backend, proposal, &admission, NULL) == 0 &&
		bv_admission_plan(admission);
	for (int i = 0; c->ok && i < 6; i++) {
		struct bv_report *report = NULL;
		size_t len = 0;
		const char *out;

		c->ok = bv_run(c->o->backend, bv_admission_plan(admission), &options, &report,
				NULL) == 0;
		out = c->ok ? bv_report_stream(report, 1, &len, NULL) : "";
		c->ok = c->ok && len == strlen(expected) && memcmp(out, expected, len) == 0;
		bv_report_free(report);
	}
	bv_admission_free(admission);
	bv_proposal_free(proposal);
	return NULL;
}

static void eight_threads_run_at_once_on_one_handle(void **state)
{
	struct concurrent all[8] = {{0}};
	pthread_t threads[8];

	oracle_plan(*state);
	for (int i = 0; i < 8; i++) {
		all[i] = (struct concurrent){.o = *state, .number = i};
		assert_int_equal(pthread_create(&threads[i], NULL, one_of_many, &all[i]), 0);
	}
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 8; i++)
		assert_true(all[i].ok);
}

static bool may_enter_pid_namespace(void)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(unshare(CLONE_NEWPID) != 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool enter_pid_namespace(void)
{
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWPID))
		return false;
	pid = fork();
	if (pid == 0)
		return true;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		_exit(9);
	_exit(WEXITSTATUS(status));
}

/* Its /proc is the outer namespace's: the numbers in it are not the host's own. */
static void a_host_in_a_pid_namespace_of_its_own(void **state)
{
	struct oracle *o = *state;

	if (!may_enter_pid_namespace())
		oracle_skip("no pid namespace can be made here without a user namespace");
	in_a_host(o, enter_pid_namespace, no_child_is_left);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	in_a_host(o, enter_pid_namespace, no_child_is_left);
	oracle_without("cgroup");
	in_a_host(o, enter_pid_namespace, no_child_is_left);
}

#define TESTS(T) \
	T(a_host_that_ignores_sigchld) \
	T(a_host_whose_children_leave_no_zombies) \
	T(a_host_without_stdin) \
	T(a_host_without_streams) \
	T(a_host_with_few_descriptors) \
	T(a_host_that_blocks_all_signals) \
	T(the_guest_starts_with_default_signals) \
	T(a_host_without_a_terminal) \
	T(a_host_that_waits_for_any_child) \
	T(a_host_that_forks_meanwhile) \
	T(eight_threads_run_at_once_on_one_handle) \
	T(a_host_in_a_pid_namespace_of_its_own)

ORACLE_MAIN(TESTS)

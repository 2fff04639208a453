/* SPDX-License-Identifier: MIT
 *
 * host-processes-hidden, ipc-private and kernel-surface-baseline.
 */
#include "oracle.h"

#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A process of the host's that notices: it counts the signals it gets. */
static void victim_start(struct oracle *o)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		for (;;) {
			int signal;

			if (sigwait(&all, &signal) || write(ends[1], "!", 1) != 1)
				_exit(1);
		}
	}
	close(ends[1]);
	o->held[0] = ends[0];
	o->child = pid;
}

/* Ends it; how many signals it had seen before. */
static int victim_end(struct oracle *o)
{
	int status, count = 0;
	pid_t pid = o->child;
	char byte;

	world_sleep(20);
	fcntl(o->held[0], F_SETFL, O_NONBLOCK);
	while (read(o->held[0], &byte, 1) == 1)
		count++;
	kill(pid, SIGKILL);
	o->child = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return count;
}

static void attack(struct oracle *o)
{
	int pid = (int)o->child;

	oracle_attempts(o,
		"kill %d 9 kill %d 15 tkill %d sigqueue %d ptrace %d vm-read %d vm-write %d pidfd "
		"%d "
		"pidfd-getfd pidfd-signal kcmp %d prlimit %d setpriority %d setpriority-user %d "
		"setaffinity %d setscheduler %d ioprio %d robust-list %d read /proc/%d/status list "
		"/proc "
		"kill-parent 9",
		pid, pid, pid, pid, pid, pid, pid, pid, pid, pid, pid, (int)getuid(), pid, pid, pid,
		pid, pid);
}

/* A /proc of the run's own may be listed, and does not have the victim. */
static void assert_powerless(struct oracle *o, bool scoped, bool proc)
{
	char *list = strstr(o->out, "list=OK");

	oracle_completed(o, 0);
	oracle_line(o, proc ? "list=OK" : "list=EACCES");
	oracle_no_line(o, "read=OK");
	oracle_line(o, scoped ? "kill=EPERM" : "kill=ESRCH");
	oracle_line(o, "ptrace=EPERM");
	oracle_line(o, "prlimit=EPERM");
	if (list)
		memcpy(list, "list=..", 7);
	if (strstr(o->out, "=OK"))
		fail_msg("something is possible:\n%s", o->out);
}

static void host_processes_are_out_of_reach(void **state)
{
	struct oracle *o = *state;
	int before = getpriority(PRIO_PROCESS, 0);

	victim_start(o);
	attack(o);
	oracle_run(o);
	assert_int_equal(victim_end(o), 0);
	assert_powerless(o, oracle_has("landlock.scope-canary", 0) && !oracle_view(),
		oracle_has("view.proc-canary", 0));
	assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
}

/* The second rung: numbers mean nothing in another namespace. */
static void in_a_pid_namespace_they_do_not_exist(void **state)
{
	struct oracle *o = *state;

	oracle_needs("pid-namespace.canary", 0);
	oracle_without("scope");
	victim_start(o);
	attack(o);
	oracle_admit(o);
	assert_non_null(
		strstr(oracle_row(o, BV_KIND_HOST_PROCESSES_HIDDEN)->mechanism, "pid namespace"));
	oracle_run(o);
	assert_int_equal(victim_end(o), 0);
	oracle_completed(o, 0);
	oracle_no_line(o, "kill=OK");
	oracle_no_line(o, "tkill=OK");
	oracle_no_line(o, "sigqueue=OK");
	oracle_no_line(o, "ptrace=OK");
	oracle_no_line(o, "kill-parent=OK");
}

/* The third: one process whose filter lets it signal no one but itself. */
static void a_filter_lets_one_process_signal_itself_only(void **state)
{
	struct oracle *o = *state;

	oracle_without("scope,namespace");
	victim_start(o);
	attack(o);
	oracle_admit(o);
	assert_non_null(strstr(oracle_row(o, BV_KIND_HOST_PROCESSES_HIDDEN)->mechanism,
		"signals to itself only"));
	oracle_run(o);
	assert_int_equal(victim_end(o), 0);
	assert_powerless(o, true, false);
	oracle_attempts(o, "signal 6");
	oracle_again(o);
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_FAILED, BV_REASON_SIGNAL);
	assert_int_equal(bv_report_end(o->report)->exit_value, SIGABRT);
}

static void hiding_is_refused_where_nothing_hides(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "alive");
	oracle_refused_without(o, "seccomp", BV_KIND_HOST_PROCESSES_HIDDEN);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_refused_without(o, "scope,namespace", BV_KIND_HOST_PROCESSES_HIDDEN);
	oracle_refused_without(o, "seccomp", BV_KIND_HOST_PROCESSES_HIDDEN);
	oracle_grant(o, "/proc", BV_READ);
	oracle_refused_without(o, "", BV_KIND_HOST_PROCESSES_HIDDEN);
}

/* Before anything ran, and saying why. */
static bool refused_for_what_it_shows(const struct oracle *o)
{
	const char *text = o->code ? o->err.text : bv_report_end(o->report)->detail;

	return text && strstr(text, "shows the host's processes") && !o->out_len;
}

/* A chroot's own, say, somewhere beneath what is granted, or the mount itself, or a directory of a
 * process in it; and not what it tells of the machine. */
static void a_proc_mounted_elsewhere_is_refused_as_the_hosts_is(void **state)
{
	static const char *const granted[] = {"tree", "tree/proc here", "tree/proc here/self",
		"tree/proc here/meminfo", "tree"};
	bool refused[5] = {false};
	struct oracle *o = *state;

	/* Of a namespace of its own: nobody else may see this mount. */
	o->mount_namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWNS))
		oracle_skip("only root outside most containers can mount a proc");
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	world_mkdir(o, "tree");
	world_mkdir(o, "tree/proc here");
	snprintf(o->mounted, sizeof(o->mounted), "%s/tree/proc here", o->root);
	assert_int_equal(mount("proc", o->mounted, "proc", 0, NULL), 0);
	for (size_t i = 0; i < 5; i++) {
		o->spec.host_processes = i == 4 ? BV_AMBIENT : BV_ISOLATED;
		o->spec.grant_count = 0;
		oracle_grant(o, granted[i], BV_READ);
		oracle_attempts(o, "say ran");
		oracle_again(o);
		oracle_run(o);
		refused[i] = refused_for_what_it_shows(o);
	}
	assert_true(refused[0] && refused[1] && refused[2]);
	assert_false(refused[3] || refused[4]);
	oracle_completed(o, 0);
}

/* The attempts do succeed where they may: a refusal of everything proves nothing. */
static void ambient_processes_are_reached(void **state)
{
	struct oracle *o = *state;

	victim_start(o);
	o->spec.host_processes = BV_AMBIENT;
	oracle_grant(o, "/proc", BV_READ);
	oracle_attempts(o, "kill %d 15 read /proc/%d/status list /proc", (int)o->child,
		(int)o->child);
	oracle_run(o);
	assert_int_equal(victim_end(o), 1);
	oracle_completed(o, 0);
	assert_string_equal(o->out, "kill=OK\nread=OK\nlist=OK\n");
}

static void no_ipc_object_is_made_or_found(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o,
		"shmget semget msgget mq-open /%s add-key memfd unix x abstract %s pair-datagram "
		"pair-stream create /dev/shm/%s",
		o->marker, o->marker, o->marker);
	oracle_says(o,
		"shmget=EPERM\nsemget=EPERM\nmsgget=EPERM\nmq-open=EPERM\nadd-key=EPERM\n"
		"memfd=EPERM\nunix=EACCES\nabstract=EACCES\npair-datagram=EACCES\n"
		"pair-stream=OK\ncreate=OUTSIDE\n");
}

static void ambient_ipc_is_there(void **state)
{
	struct oracle *o = *state;

	o->spec.ipc = BV_AMBIENT;
	o->spec.budgets[BV_MEMORY].waived = 1;
	oracle_attempts(o, "shmget semget msgget pair-datagram memfd");
	oracle_says(o, "shmget=OK\nsemget=OK\nmsgget=OK\npair-datagram=OK\nmemfd=OK\n");
}

static void ipc_is_refused_without_seccomp(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "alive");
	oracle_refused_without(o, "seccomp", BV_KIND_IPC_PRIVATE);
}

static void rare_subsystems_are_closed(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o,
		"mount setns bpf perf userfaultfd io-uring seccomp-listener chroot . "
		"unshare 0x10000000 unshare 0x40000000 unshare 0x20000000 personality 0x0400000 "
		"fanotify . add-key");
	oracle_says(o,
		"mount=EPERM\nsetns=EPERM\nbpf=EPERM\nperf=EPERM\nuserfaultfd=EPERM\nio-uring="
		"EPERM\n"
		"seccomp-listener=EPERM\nchroot=EPERM\nunshare=EPERM\nunshare=EPERM\nunshare="
		"EPERM\n"
		"personality=EPERM\nfanotify=EPERM\nadd-key=EPERM\n");
}

/* By their numbers, so that no wrapper stands between: modules, kexec, reboot, swap, clocks, host
 * name, accounting, quotas, the new mount calls, process_madvise, a number of the far future. */
static void calls_off_the_list_are_refused_or_unknown(void **state)
{
	struct oracle *o = *state;

#ifndef __x86_64__
	oracle_skip("the numbers are those of x86-64");
#endif
	oracle_attempts(o,
		"call 175 0 0 0 call 246 0 0 0 call 169 0 0 0 call 167 0 0 0 call 227 0 0 0 "
		"call 170 0 0 0 call 163 0 0 0 call 179 0 0 0 call 430 0 0 0 call 429 0 0 0 "
		"call 440 0 0 0 call 999 0 0 0 call 134 0 0 0");
	oracle_says(o,
		"call=EPERM\ncall=EPERM\ncall=EPERM\ncall=EPERM\ncall=EPERM\ncall=EPERM\ncall="
		"EPERM\n"
		"call=EPERM\ncall=EPERM\ncall=EPERM\ncall=EPERM\ncall=ENOSYS\ncall=ENOSYS\n");
}

/* Tried by the guest outside of any boundary: without the entry it is a crash. */
static bool host_has_int80(const struct oracle *o)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		execl(o->guest, "guest", "int80", NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void another_abi_ends_the_run(void **state)
{
	struct oracle *o = *state;
	static const char *const abis[] = {"x32", "int80"};

#ifndef __x86_64__
	oracle_skip("the other ABIs are those of x86-64");
#endif
	for (size_t i = 0; i < 2; i++) {
		if (i == 1 && !host_has_int80(o)) {
			print_message("SKIP int80: this kernel has no 32-bit entry\n");
			return;
		}
		oracle_attempts(o, "say before %s", abis[i]);
		oracle_again(o);
		oracle_run(o);
		oracle_ended(o, BV_OUTCOME_DENIED, BV_REASON_POLICY);
		assert_int_equal(bv_report_end(o->report)->kind, BV_KIND_KERNEL_SURFACE_BASELINE);
		assert_int_equal(bv_report_end(o->report)->exit_value, SIGSYS);
		assert_string_equal(o->out, "before\n");
	}
}

/* The guest's stdin is a terminal. Nothing may appear as if typed into it. */
static void nothing_is_typed_into_the_terminal(void **state)
{
	struct oracle *o = *state;
	int pending = -1;

	assert_int_equal(openpty(&o->held[0], &o->held[1], NULL, NULL, NULL), 0);
	o->spec.streams[0].mode = BV_STREAM_INHERIT;
	o->options.stdin_borrow_fd = o->held[1];
	oracle_attempts(o,
		"terminal 0x5412 0 terminal 0x5412 1 terminal 0x5412 0xffffffff terminal 0x541c 0 "
		"terminal 0x541c 0x80000000 terminal 0x5423 0 terminal 0x541d 0");
	oracle_run(o);
	assert_int_equal(ioctl(o->held[1], FIONREAD, &pending), 0);
	assert_int_equal(pending, 0);
	oracle_completed(o, 0);
	assert_string_equal(o->out,
		"terminal=EPERM\nterminal=EPERM\nterminal=EPERM\nterminal=EPERM\n"
		"terminal=EPERM\nterminal=EPERM\nterminal=EPERM\n");
}

/* Ambient, the same attempts are the kernel's to judge. */
static void an_ambient_surface_is_open(void **state)
{
	struct oracle *o = *state;

	o->spec.kernel_surface = BV_AMBIENT;
	oracle_attempts(o, "personality 0x0400000 call 135 0xffffffff 0 0");
	oracle_says(o, "personality=OK\ncall=OK\n");
}

static void the_surface_is_refused_without_seccomp(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "alive");
	oracle_refused_without(o, "seccomp", BV_KIND_KERNEL_SURFACE_BASELINE);
}

#define TESTS(T) \
	T(host_processes_are_out_of_reach) \
	T(in_a_pid_namespace_they_do_not_exist) \
	T(a_filter_lets_one_process_signal_itself_only) \
	T(hiding_is_refused_where_nothing_hides) \
	T(a_proc_mounted_elsewhere_is_refused_as_the_hosts_is) \
	T(ambient_processes_are_reached) \
	T(no_ipc_object_is_made_or_found) \
	T(ambient_ipc_is_there) \
	T(ipc_is_refused_without_seccomp) \
	T(rare_subsystems_are_closed) \
	T(calls_off_the_list_are_refused_or_unknown) \
	T(another_abi_ends_the_run) \
	T(nothing_is_typed_into_the_terminal) \
	T(an_ambient_surface_is_open) \
	T(the_surface_is_refused_without_seccomp)

ORACLE_MAIN(TESTS)

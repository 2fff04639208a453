/* SPDX-License-Identifier: MIT
 *
 * The clone: the child is born in its cgroup leaf or its pid namespace, never moved there later,
 * so there is no moment at which it could have forked elsewhere.
 *
 * A run in a pid namespace has an init of ours as its process 1: it reaps orphans, and its death
 * is everyone's. The workload itself is cloned by the launcher straight into the namespace, so
 * that it is the launcher's own child and an ordinary process, not a process 1 whose signals the
 * kernel treats specially (pid_namespaces(7)).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/launcher.h"
#include "sys/call.h"

/* Process 1 of the run: without descriptors, capabilities or signals that could reach it. */
static void __attribute__((noreturn)) clone_init(void)
{
	sigset_t child;
	int signal;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || close_range(0, ~0U, 0) || setsid() < 0 ||
		identity_drop_capabilities() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(1);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (;;) {
		/* Reaped by hand: an ignored SIGCHLD would lose the orphans' processor time. */
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
		sigwait(&child, &signal);
	}
}

static pid_t clone_child(uint64_t flags, int cgroup, int *ret_pidfd)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = cgroup >= 0 ? (unsigned int)cgroup : 0,
	};
	pid_t pid = sys_clone3(&args);

	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

/* From here on children are born in a new namespace; the first is its process 1. By unshare and
 * not by setns to the init's pidfd, which would need to look at the init as a tracer does. */
static bool clone_namespace(struct run *run)
{
	int pidfd = -1;

	if (unshare(CLONE_NEWPID))
		return false;
	run->init = clone_child(0, -1, &pidfd);
	if (run->init == 0)
		clone_init();
	if (run->init < 0)
		return false;
	run->init_pidfd = pidfd;
	return true;
}

static bool clone_fail(struct run *run)
{
	run->done.ended = WIRE_ENDED_SETUP;
	run->done.stage = WIRE_STAGE_CLONE;
	run->done.errnum = errno;
	return false;
}

bool clone_run(struct launcher *launcher, struct run *run)
{
	bool namespace = run->frame.containment == WIRE_CONTAIN_NAMESPACE;
	int cgroup = run->frame.containment == WIRE_CONTAIN_CGROUP ? run_slot(run, WIRE_ROLE_CGROUP) : -1;
	int status[2];

	if (run->frame.containment == WIRE_CONTAIN_CGROUP && cgroup < 0)
		return clone_fail(run);
	if (pipe2(status, O_CLOEXEC))
		return clone_fail(run);
	run->status = status[0];
	run->report = status[1];
	run->go = launcher->go;
	run->launcher = getpid();
	if (namespace && !clone_namespace(run))
		return clone_fail(run);
	run->pid = clone_child(0, cgroup, &run->pidfd);
	if (run->pid == 0)
		child_main(run);
	if (run->pid < 0)
		clone_fail(run);
	if (namespace && setns(launcher->namespace, CLONE_NEWPID))
		return clone_fail(run);
	close(run->report);
	run->report = -1;
	return run->pid > 0;
}

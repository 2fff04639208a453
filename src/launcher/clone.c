/* SPDX-License-Identifier: MIT
 *
 * The clone: the child is born in its cgroup leaf and its namespaces, never moved there later,
 * so there is no moment at which it could have forked elsewhere.
 *
 * A run in a pid namespace has an init of ours as its process 1: it reaps orphans, and its death
 * is everyone's. The workload itself is cloned by the launcher straight into the namespace, so
 * that it is the launcher's own child and an ordinary process, not a process 1 whose signals the
 * kernel treats specially (pid_namespaces(7)). The init is outside of the leaf: it is no part of
 * what the limits hold, and it runs in our memory, where no limit of the run's may end it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/launcher.h"
#include "sys/call.h"
#include "sys/raw.h"

/* Process 1 of the run: without descriptors, capabilities or signals that could reach it. In our
 * memory, like the child, and so by raw calls only. */
static void clone_init(void *argument)
{
	const uint64_t child = UINT64_C(1) << (SIGCHLD - 1);

	(void)argument;
	if (raw_prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		raw_call4(SYS_rt_sigprocmask, SIG_BLOCK, &child, NULL, sizeof(child)) < 0 ||
		raw_call3(SYS_close_range, 0, ~0U, 0) < 0 || raw_call0(SYS_setsid) < 0 ||
		identity_drop_capabilities() < 0 || raw_prctl(PR_SET_NO_NEW_PRIVS, 1) < 0)
		raw_exit(1);
	for (;;) {
		/* Reaped by hand: an ignored SIGCHLD would lose the orphans' processor time. */
		while (raw_call4(SYS_wait4, -1, NULL, WNOHANG | __WALL, NULL) > 0)
			;
		raw_call4(SYS_rt_sigtimedwait, &child, NULL, NULL, sizeof(child));
	}
}

/* The frame's namespaces as flags of the clone. The pid namespace is entered otherwise. */
static uint64_t clone_flags(uint32_t namespaces)
{
	static const uint64_t flags[WIRE_NAMESPACES] = {
		[WIRE_NAMESPACE_CGROUP] = CLONE_NEWCGROUP,
		[WIRE_NAMESPACE_IPC] = CLONE_NEWIPC,
		[WIRE_NAMESPACE_MOUNT] = CLONE_NEWNS,
		[WIRE_NAMESPACE_NETWORK] = CLONE_NEWNET,
		[WIRE_NAMESPACE_UTS] = CLONE_NEWUTS,
	};
	uint64_t all = 0;

	for (unsigned int i = 0; i < WIRE_NAMESPACES; i++)
		if (namespaces & WIRE_NAMESPACE_BIT(i))
			all |= flags[i];
	return all;
}

/* In our memory, on its own stack: what a vfork is, but that the launcher goes on, to look at it.
 */
static bool clone_child(struct run *run, int root, int cgroup)
{
	static _Alignas(64) uint8_t stack[LAUNCHER_STACK_BYTES];
	static struct child child;
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0) |
			clone_flags(run->frame.namespaces),
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof(stack),
		.cgroup = cgroup >= 0 ? (unsigned int)cgroup : 0,
	};
	long pid;

	/* By value, and before: the launcher goes on to close what the child still holds. */
	child.run = run;
	child.channel = run->channel_child;
	child.host = root;
	child.item = 0;
	memcpy(child.fds, run->fds, sizeof(child.fds));
	pid = raw_clone(&args, child_main, &child);

	if (pid < 0)
		errno = (int)-pid;
	if (pid <= 0)
		return false;
	run->pid = (pid_t)pid;
	run->pidfd = pidfd;
	return true;
}

/* From here on children are born in a new namespace; the first is its process 1. By unshare and
 * not by setns to the init's pidfd, which would need to look at the init as a tracer does. */
static bool clone_namespace(struct run *run)
{
	static _Alignas(64) uint8_t stack[LAUNCHER_INIT_STACK_BYTES];
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	long pid;

	if (unshare(CLONE_NEWPID))
		return false;
	pid = raw_clone(&args, clone_init, NULL);
	if (pid < 0)
		errno = (int)-pid;
	if (pid <= 0)
		return false;
	run->init = (pid_t)pid;
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
	bool namespace = run->frame.namespaces & WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_PID);
	int cgroup = run->frame.containment == WIRE_CONTAIN_CGROUP ? run_slot(run, WIRE_ROLE_CGROUP)
								   : -1;
	int ends[2];
	bool cloned;

	if (run->frame.containment == WIRE_CONTAIN_CGROUP && cgroup < 0)
		return clone_fail(run);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return clone_fail(run);
	run->channel = ends[0];
	run->channel_child = ends[1];
	run->launcher = getpid();
	if (namespace && !clone_namespace(run)) {
		clone_fail(run);
		/* Whoever came next would be process 1 of a namespace that nobody meant. */
		if (setns(launcher->namespace, CLONE_NEWPID))
			_exit(70);
		return false;
	}
	cloned = clone_child(run, launcher->root, cgroup) || clone_fail(run);
	if (namespace && setns(launcher->namespace, CLONE_NEWPID))
		return clone_fail(run);
	close(run->channel_child);
	run->channel_child = -1;
	return cloned;
}

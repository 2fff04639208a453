/* SPDX-License-Identifier: MIT
 *
 * The child between its clone and the program: each step of the schedule in order, each failure
 * one fixed record and _exit. Nothing here allocates, unwinds, or goes on after an error. The
 * steps that hold for the whole set-up come first, the filter last, so that it need not allow
 * what only set-up does.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launcher/launcher.h"
#include "sys/call.h"

static void child_tell(const struct run *run, uint32_t step, int errnum)
{
	struct child_record record = {.step = step, .errnum = errnum};

	while (write(run->report, &record, sizeof(record)) < 0 && errno == EINTR)
		;
}

void child_main(const struct run *run)
{
	for (size_t i = 0; i < run->frame.step_count; i++) {
		if (!run->steps[i] || run->steps[i](run) == 0)
			continue;
		child_tell(run, (uint32_t)i, errno);
		break;
	}
	_exit(127);
}

/* A session of its own, so that no terminal's signals reach it and it reaches no terminal; and
 * death with the launcher. The parent is checked after the signal is set, or its death in
 * between would go unnoticed. In a pid namespace the launcher is outside, and shows as 0. */
int child_session(const struct run *run)
{
	pid_t expected = run->frame.containment == WIRE_CONTAIN_NAMESPACE ? 0 : run->launcher;

	if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return -1;
	if (getppid() == expected)
		return 0;
	errno = ESRCH;
	return -1;
}

int child_directory(const struct run *run)
{
	return fchdir(run_slot(run, WIRE_ROLE_DIRECTORY));
}

/* Where the caller's own hard limit is lower already, that one stays: it is the stricter. */
int child_limits(const struct run *run)
{
	for (size_t i = 0; i < run->frame.rlimit_count; i++) {
		const struct wire_rlimit *limit = &run->frame.rlimits[i];
		struct rlimit value, current;

		if (getrlimit((__rlimit_resource_t)limit->resource, &current))
			return -1;
		value.rlim_max = limit->hard < current.rlim_max ? limit->hard : current.rlim_max;
		value.rlim_cur = limit->soft < value.rlim_max ? limit->soft : value.rlim_max;
		if (setrlimit((__rlimit_resource_t)limit->resource, &value))
			return -1;
	}
	return 0;
}

/* No capability in any set, no way to gain one: for root, also no root's way of executing. A
 * user without CAP_SETGID keeps its groups, and one without CAP_SETPCAP its bounding set, which
 * no_new_privs makes useless. */
int child_identity(const struct run *run)
{
	(void)run;
	if (setgroups(0, NULL) && errno != EPERM)
		return -1;
	if (identity_drop_capabilities())
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Signals as a fresh program expects them. Dumpable again from here on, now that there is no
 * power left: the launcher must be able to read the child's descriptors. */
int child_process(const struct run *run)
{
	sigset_t none;

	(void)run;
	if (sigemptyset(&none) || sigprocmask(SIG_SETMASK, &none, NULL))
		return -1;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* Landlock has no read-back, so the restriction is seen to bite: opening a path that no grant
 * covers must fail, and with EACCES. */
int child_landlock(const struct run *run)
{
	int fd;

	if (sys_landlock_restrict_self(run_slot(run, WIRE_ROLE_RULESET)))
		return -1;
	if (!run->frame.canary.len)
		return 0;
	fd = open((const char *)run->frame.canary.data, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		return 0;
	if (fd >= 0)
		errno = ENOTRECOVERABLE;
	return -1;
}

int child_seccomp(const struct run *run)
{
	struct sock_fprog program = {
		.len = (unsigned short)(run->frame.filter.len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(uintptr_t)run->frame.filter.data,
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* Waits to be looked at. */
int child_attest(const struct run *run)
{
	uint64_t go;
	ssize_t len;

	child_tell(run, CHILD_READY, 0);
	do
		len = read(run->go, &go, sizeof(go));
	while (len < 0 && errno == EINTR);
	return len == (ssize_t)sizeof(go) ? 0 : -1;
}

int child_exec(const struct run *run)
{
	return sys_execveat(run_slot(run, WIRE_ROLE_PROGRAM), run->argv, run->envp);
}

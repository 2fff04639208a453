/* SPDX-License-Identifier: MIT
 *
 * The child between its clone and the program: each step of the schedule in order, each failure
 * one fixed record and an exit. Nothing here allocates, unwinds, or goes on after an error. The
 * steps that hold for the whole set-up come first, the filter last, so that it need not allow
 * what only set-up does.
 *
 * The child runs in the launcher's memory, on a stack of its own: copying the memory would cost
 * more than all steps together. So it calls the kernel only (sys/raw.h), and writes to nothing
 * but its stack and its struct child, which the launcher leaves alone once it is cloned.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "launcher/launcher.h"
#include "sys/raw.h"
#include "sys/uapi.h"

static void child_tell(const struct child *child, uint32_t step, long errnum)
{
	struct child_record record = {.step = step, .item = child->item, .errnum = (int32_t)errnum};

	while (raw_call3(SYS_write, child->channel, &record, sizeof(record)) == -EINTR)
		;
}

void child_main(void *argument)
{
	struct child *child = argument;
	const struct run *run = child->run;

	for (size_t i = 0; i < run->frame.step_count; i++) {
		long code = run->steps[i] ? run->steps[i](child) : 0;

		if (code >= 0)
			continue;
		child_tell(child, (uint32_t)i, -code);
		break;
	}
	raw_exit(127);
}

int child_slot(const struct child *child, enum wire_role role)
{
	for (size_t i = 0; i < child->run->fd_count; i++)
		if (child->run->frame.slots[i].role == role)
			return child->fds[i];
	return -EBADF;
}

/* The parent is checked after the signal is set, or its death in
 * between would go unnoticed. In a pid namespace the launcher is outside, and shows as 0. */
long child_die_along(const struct child *child)
{
	const struct run *run = child->run;
	bool inside = run->frame.namespaces & WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_PID);
	long expected = inside ? 0 : run->launcher;
	long code = raw_prctl(PR_SET_PDEATHSIG, SIGKILL);

	if (code < 0)
		return code;
	return raw_call0(SYS_getppid) == expected ? 0 : -ESRCH;
}

/* A session of its own, so that no terminal's signals reach it and it reaches no terminal; and
 * death with the launcher. */
long child_session(struct child *child)
{
	long code = raw_call0(SYS_setsid);

	return code < 0 ? code : child_die_along(child);
}

long child_directory(struct child *child)
{
	const struct wire_frame *frame = &child->run->frame;
	long code;

	if (frame->mount_count) {
		code = view_enter_directory(child);
		return code < 0 || !frame->program.len ? code : handed_program(child);
	}
	return raw_call1(SYS_fchdir, child_slot(child, WIRE_ROLE_DIRECTORY));
}

/* Above the caller's own hard limit only privilege can set one; without it the lower one stays. */
static long child_limit(const struct wire_rlimit *limit)
{
	uint64_t value[2] = {limit->soft, limit->hard}, current[2];
	long code = raw_call4(SYS_prlimit64, 0, limit->resource, value, NULL);

	if (code != -EPERM)
		return code;
	code = raw_call4(SYS_prlimit64, 0, limit->resource, NULL, current);
	if (code < 0)
		return code;
	value[1] = limit->hard < current[1] ? limit->hard : current[1];
	value[0] = limit->soft < value[1] ? limit->soft : value[1];
	return raw_call4(SYS_prlimit64, 0, limit->resource, value, NULL);
}

long child_limits(struct child *child)
{
	const struct wire_frame *frame = &child->run->frame;
	long code = 0;

	for (size_t i = 0; code >= 0 && i < frame->rlimit_count; i++)
		code = child_limit(&frame->rlimits[i]);
	return code;
}

/* No capability in any set, no way to gain one: for root, also no root's way of executing. A
 * user without CAP_SETGID keeps its groups, and one without CAP_SETPCAP its bounding set, which
 * no_new_privs makes useless. */
long child_identity(struct child *child)
{
	long code = raw_call2(SYS_setgroups, 0, NULL);

	if (code < 0 && code != -EPERM)
		return code;
	code = mapped_wanted(&child->run->frame) ? mapped_enter(child) : 0;
	if (code < 0)
		return code;
	code = identity_drop_capabilities();
	return code < 0 ? code : raw_prctl(PR_SET_NO_NEW_PRIVS, 1);
}

/* Signals as a fresh program expects them. The dispositions are the launcher's, all default. */
long child_process(struct child *child)
{
	uint64_t none = 0;

	(void)child;
	return raw_call4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

/* A path of the host's, also where the child has turned to a view: it still has the host's root. */
static long child_open_canary(const struct child *child)
{
	struct raw_open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.resolve = RAW_RESOLVE_IN_ROOT};

	return raw_call4(SYS_openat2, child->host, child->run->frame.canary.data, &how,
		sizeof(how));
}

static long child_restrict(struct child *child)
{
	int ruleset = child_slot(child, WIRE_ROLE_RULESET);
	long code = raw_call2(SYS_landlock_restrict_self, ruleset, 0);

	return code < 0 ? code : raw_call1(SYS_close, ruleset);
}

/* Landlock has no read-back, so the restriction is seen to bite: what no grant covers can be opened
 * before it and not after it, where it fails with EACCES. */
long child_landlock(struct child *child)
{
	bool canary = child->run->frame.canary.len;
	long opened = canary ? child_open_canary(child) : 0, code;

	if (opened < 0)
		return opened;
	if (canary)
		raw_call1(SYS_close, opened);
	code = child_restrict(child);
	if (code < 0 || !canary)
		return code;
	code = child_open_canary(child);
	if (code >= 0)
		return -ENOTRECOVERABLE;
	return code == -EACCES ? raw_call1(SYS_close, child->host) : code;
}

/* The plan's filter, but for the instructions that compare with the child's own id: that is not
 * known before there is a child (bpf/filter.h, bv_filter_bind_self). In a copy, because the frame
 * is the launcher's. */
long child_seccomp(struct child *child)
{
	const struct wire_frame *frame = &child->run->frame;
	struct sock_filter bound[WIRE_FILTER_MAX];
	struct sock_fprog program = {.len = (unsigned short)(frame->filter.len / sizeof(bound[0])),
		.filter = bound};
	uint32_t self = (uint32_t)raw_call0(SYS_getpid);

	if (program.len > WIRE_FILTER_MAX)
		return -E2BIG;
	memcpy(bound, frame->filter.data, program.len * sizeof(bound[0]));
	for (size_t i = 0; i < frame->self_count; i++)
		bound[frame->self[i]].k = self;
	return raw_call3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* Waits to be looked at. */
long child_attest(struct child *child)
{
	char go;
	long len;

	child_tell(child, CHILD_READY, 0);
	do
		len = raw_call3(SYS_read, child->channel, &go, sizeof(go));
	while (len == -EINTR);
	return len == (long)sizeof(go) ? 0 : -EPIPE;
}

long child_exec(struct child *child)
{
	const struct run *run = child->run;

	return raw_call5(SYS_execveat, child_slot(child, WIRE_ROLE_PROGRAM), "", run->argv,
		run->envp, AT_EMPTY_PATH);
}

/* SPDX-License-Identifier: MIT
 *
 * Canaries: a facility counts as there only if it was seen to bite. A child applies the
 * restriction and then does what must fail; its code is 0 if it did fail, else the errno that
 * tells why the facility could not be had.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bvisor/backend.h"
#include "launcher/launcher.h"
#include "sys/call.h"
#include "sys/raw.h"

/* Every path right of ABI 1 handled, none granted: opening the root must fail with EACCES. */
static int canary_landlock(void)
{
	struct bv_landlock_ruleset_attr attr = {
		.handled_access_fs = (BV_LANDLOCK_FS_MAKE_SYM << 1) - 1};
	int ruleset = sys_landlock_create_ruleset(&attr, sizeof(attr.handled_access_fs), 0);

	if (ruleset < 0)
		return errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || sys_landlock_restrict_self(ruleset))
		return errno;
	if (open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 || errno != EACCES)
		return CANARY_TOOTHLESS;
	return 0;
}

/* gettid answers ENOTNAM, which it never does by itself. */
static int canary_seccomp(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_gettid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTNAM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		return errno;
	errno = 0;
	if (syscall(SYS_gettid) != -1 || errno != ENOTNAM)
		return CANARY_TOOTHLESS;
	return 0;
}

/* A signal (none, really: signal 0) to the launcher, which is outside the domain. */
static int canary_scope(void)
{
	struct bv_landlock_ruleset_attr attr = {.scoped = BV_LANDLOCK_SCOPE_SIGNAL};
	int ruleset = sys_landlock_create_ruleset(&attr, sizeof(attr), 0);

	if (ruleset < 0)
		return errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || sys_landlock_restrict_self(ruleset))
		return errno;
	if (kill(getppid(), 0) == 0 || errno != EPERM)
		return CANARY_TOOTHLESS;
	return 0;
}

static void __attribute__((noreturn)) canary_sleep(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (;;)
		pause();
}

/* Process 1 of a namespace of its own and a second process in it: killing the first must end the
 * second. The second is waited for as a reader of a pipe both hold: its end is seen there. */
static int canary_namespace(void)
{
	struct clone_args args = {.flags = CLONE_NEWPID, .exit_signal = SIGCHLD};
	int ends[2], code = 0;
	bool entered;
	char byte;
	pid_t init;

	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) || pipe2(ends, O_CLOEXEC))
		return errno;
	init = sys_clone(&args);
	if (init < 0 && errno == EPERM) {
		code = userns_enter(&entered);
		if (code)
			return code;
		init = sys_clone(&args);
	}
	if (init == 0) {
		struct clone_args inner = {.exit_signal = SIGCHLD};
		pid_t second = sys_clone(&inner);

		if (second != 0 && (second < 0 || getpid() != 1 || write(ends[1], "x", 1) != 1))
			_exit(1);
		canary_sleep();
	}
	if (init < 0)
		return errno;
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		code = CANARY_TOOTHLESS;
	kill(init, SIGKILL);
	waitpid(init, NULL, 0);
	return read(ends[0], &byte, 1) == 0 ? code : CANARY_TOOTHLESS;
}

struct canary_attempts {
	uint32_t wanted;
	int codes[WIRE_CANARY_COUNT];
};

/* In the order of the table: restrictions add up, and none keeps a later one from biting. */
static void canary_attempt(void *argument)
{
	static int (*const attempts[WIRE_CANARY_COUNT])(void) = {
		[WIRE_CANARY_LANDLOCK] = canary_landlock,
		[WIRE_CANARY_SECCOMP] = canary_seccomp,
		[WIRE_CANARY_SCOPE] = canary_scope,
	};
	struct canary_attempts *all = argument;

	for (unsigned int i = 0; i < WIRE_CANARY_COUNT; i++)
		if (attempts[i] && (all->wanted & WIRE_CANARY_BIT(i)))
			all->codes[i] = attempts[i]();
	raw_exit(0);
}

/* A child in our memory, for whose end we are suspended (vfork(2)): the restrictions stay with it,
 * what it found stays with us. */
static void canary_try(uint32_t wanted, struct canary_attempts *ret)
{
	static _Alignas(64) uint8_t stack[LAUNCHER_STACK_BYTES];
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	int status;
	long pid;

	/* What a child that dies on the way does not answer is answered for it. */
	ret->wanted = wanted;
	for (unsigned int i = 0; i < WIRE_CANARY_COUNT; i++)
		ret->codes[i] = CANARY_TOOTHLESS;
	pid = raw_clone(&args, canary_attempt, ret);
	while (pid > 0 && waitpid((pid_t)pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* A user namespace needs /proc/self to be ours, which is a matter of the memory: in a copy. */
static int canary_try_namespace(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	pid_t pid = sys_clone(&args);
	int status = 0;

	if (pid == 0)
		_exit(canary_namespace());
	if (pid < 0)
		return errno;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : CANARY_TOOTHLESS;
}

void canary_probe(uint32_t wanted, struct canary_given given,
	struct wire_finding findings[WIRE_CANARY_COUNT], int *ret_userns)
{
	const uint32_t restrictions = WIRE_CANARY_BIT(WIRE_CANARY_LANDLOCK) |
		WIRE_CANARY_BIT(WIRE_CANARY_SECCOMP) | WIRE_CANARY_BIT(WIRE_CANARY_SCOPE);
	const uint32_t views = WIRE_CANARY_BIT(WIRE_CANARY_VIEW) |
		WIRE_CANARY_BIT(WIRE_CANARY_PROC) | WIRE_CANARY_BIT(WIRE_CANARY_NETWORK) |
		WIRE_CANARY_BIT(WIRE_CANARY_MAPPED);
	struct canary_attempts tried;
	int *codes = tried.codes;

	if (wanted & restrictions)
		canary_try(wanted & restrictions, &tried);
	if (wanted & views)
		canary_view(wanted, given.proc, codes, ret_userns);
	if (wanted & WIRE_CANARY_BIT(WIRE_CANARY_OVERLAY))
		codes[WIRE_CANARY_OVERLAY] = canary_overlay();
	if (wanted & WIRE_CANARY_BIT(WIRE_CANARY_NAMESPACE))
		codes[WIRE_CANARY_NAMESPACE] = canary_try_namespace();
	canary_cgroup(given.cgroup, wanted, codes);
	for (unsigned int i = 0; i < WIRE_CANARY_COUNT; i++) {
		if (!(wanted & WIRE_CANARY_BIT(i)))
			continue;
		findings[i].state = codes[i] ? BV_FACT_ABSENT : BV_FACT_PRESENT;
		findings[i].errnum = codes[i];
	}
}

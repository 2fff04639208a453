/* SPDX-License-Identifier: MIT
 *
 * Attempts on other processes, and what the guest is itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest.h"

static pid_t process_pid(const char *text)
{
	return (pid_t)strtol(text, NULL, 10);
}

int process_kill(char **args)
{
	return guest_result(kill(process_pid(args[0]), (int)guest_number(args[1])));
}

int process_kill_parent(char **args)
{
	pid_t parent = getppid();

	/* 0: it is outside of our namespace, and as a target would mean ourselves. */
	return parent ? guest_result(kill(parent, (int)guest_number(args[0]))) : ESRCH;
}

int process_tkill(char **args)
{
	return guest_result(syscall(SYS_tkill, process_pid(args[0]), 0));
}

int process_sigqueue(char **args)
{
	return guest_result(sigqueue(process_pid(args[0]), 0, (union sigval){0}));
}

/* Whoever owns a descriptor is sent SIGIO: here with a signal that would be seen. */
int process_set_owner(char **args)
{
	int ends[2];

	if (pipe(ends))
		return errno;
	return guest_result(fcntl(ends[0], F_SETOWN, process_pid(args[0])));
}

int process_ptrace(char **args)
{
	return guest_result(ptrace(PTRACE_SEIZE, process_pid(args[0]), NULL, NULL));
}

int process_vm_read(char **args)
{
	char byte;
	struct iovec mine = {&byte, 1}, theirs = {(void *)(uintptr_t)process_kill, 1};

	return guest_result(process_vm_readv(process_pid(args[0]), &mine, 1, &theirs, 1, 0));
}

int process_vm_write(char **args)
{
	char byte = 0;
	struct iovec mine = {&byte, 1}, theirs = {(void *)(uintptr_t)process_kill, 1};

	return guest_result(process_vm_writev(process_pid(args[0]), &mine, 1, &theirs, 1, 0));
}

int process_pidfd(char **args)
{
	return guest_close((int)syscall(SYS_pidfd_open, process_pid(args[0]), 0));
}

int process_pidfd_getfd(char **args)
{
	(void)args;
	return guest_close((int)syscall(SYS_pidfd_getfd, 1, 0, 0));
}

int process_pidfd_signal(char **args)
{
	(void)args;
	return guest_result(syscall(SYS_pidfd_send_signal, 1, 0, NULL, 0));
}

int process_kcmp(char **args)
{
	return guest_result(syscall(SYS_kcmp, getpid(), process_pid(args[0]), KCMP_FILE, 1UL, 1UL));
}

int process_prlimit(char **args)
{
	struct rlimit limit;

	return guest_result(prlimit(process_pid(args[0]), RLIMIT_CORE, NULL, &limit));
}

int process_setpriority(char **args)
{
	return guest_result(setpriority(PRIO_PROCESS, (id_t)guest_number(args[0]), 19));
}

int process_setpriority_user(char **args)
{
	return guest_result(setpriority(PRIO_USER, (id_t)guest_number(args[0]), 19));
}

int process_setaffinity(char **args)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	return guest_result(sched_setaffinity(process_pid(args[0]), sizeof(set), &set));
}

int process_setscheduler(char **args)
{
	const struct sched_param parameters = {0};

	return guest_result(sched_setscheduler(process_pid(args[0]), SCHED_BATCH, &parameters));
}

int process_ioprio(char **args)
{
	return guest_result(syscall(SYS_ioprio_set, 1, process_pid(args[0]), 3 << 13));
}

int process_robust_list(char **args)
{
	void *head;
	size_t len;

	return guest_result(syscall(SYS_get_robust_list, process_pid(args[0]), &head, &len));
}

/* Asks not to be killed when the parent dies. */
int process_no_pdeath(char **args)
{
	(void)args;
	return guest_result(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
}

/* Everything the kernel says about us without /proc. */
int process_identity(char **args)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	int bounding = 0;

	(void)args;
	if (syscall(SYS_capget, &header, data))
		return errno;
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		bounding += prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
	guest_say("uid=%d\neuid=%d\ngroups=%d\n", (int)getuid(), (int)geteuid(),
		getgroups(0, NULL));
	guest_say("caps=%x.%x.%x\nbounding=%d\nnnp=%d\nseccomp=%d\nsession=%d\n",
		data[0].effective | data[1].effective, data[0].permitted | data[1].permitted,
		data[0].inheritable | data[1].inheritable, bounding,
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP, 0, 0, 0, 0),
		getsid(0) == getpid());
	return GUEST_SAID;
}

int process_setuid(char **args)
{
	return guest_result(setuid((uid_t)guest_number(args[0])));
}

int process_alive(char **args)
{
	(void)args;
	guest_say("alive=%d\n", (int)getpid());
	return GUEST_SAID;
}

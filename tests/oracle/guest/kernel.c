/* SPDX-License-Identifier: MIT
 *
 * Attempts on the kernel's surface: IPC objects, namespaces, rare subsystems, foreign ABIs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

int kernel_call(char **args)
{
	return guest_result(syscall((long)guest_number(args[0]), guest_number(args[1]),
		guest_number(args[2]), guest_number(args[3]), 0UL, 0UL, 0UL));
}

int kernel_shmget(char **args)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);

	(void)args;
	return id < 0 ? errno : guest_result(shmctl(id, IPC_RMID, NULL));
}

int kernel_semget(char **args)
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);

	(void)args;
	return id < 0 ? errno : guest_result(semctl(id, 0, IPC_RMID));
}

int kernel_msgget(char **args)
{
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);

	(void)args;
	return id < 0 ? errno : guest_result(msgctl(id, IPC_RMID, NULL));
}

int kernel_mq_open(char **args)
{
	mqd_t queue = mq_open(args[0], O_CREAT | O_RDWR, 0600, NULL);

	if (queue < 0)
		return errno;
	mq_close(queue);
	return guest_result(mq_unlink(args[0]));
}

int kernel_add_key(char **args)
{
	(void)args;
	return guest_result(syscall(SYS_add_key, "user", "oracle", "x", 1UL, -2));
}

int kernel_memfd(char **args)
{
	(void)args;
	return guest_close(memfd_create("oracle", MFD_CLOEXEC));
}

int kernel_io_uring(char **args)
{
	struct io_uring_params parameters = {0};

	(void)args;
	return guest_close((int)syscall(SYS_io_uring_setup, 1, &parameters));
}

int kernel_bpf(char **args)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1};

	(void)args;
	return guest_close((int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

int kernel_perf(char **args)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1};

	(void)args;
	return guest_close((int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0UL));
}

int kernel_userfaultfd(char **args)
{
	(void)args;
	return guest_close((int)syscall(SYS_userfaultfd, O_CLOEXEC | 1));
}

int kernel_unshare(char **args)
{
	return guest_result(unshare((int)guest_number(args[0])));
}

int kernel_setns(char **args)
{
	(void)args;
	return guest_result(setns(0, CLONE_NEWNET));
}

int kernel_mount(char **args)
{
	(void)args;
	return guest_result(mount("none", "/", "tmpfs", 0, NULL));
}

int kernel_chroot(char **args)
{
	return guest_result(chroot(args[0]));
}

int kernel_hostname(char **args)
{
	char name[256] = "";

	(void)args;
	if (gethostname(name, sizeof(name) - 1))
		return errno;
	guest_say("%s\n", name);
	return 0;
}

int kernel_personality(char **args)
{
	return guest_result(syscall(SYS_personality, guest_number(args[0])));
}

int kernel_terminal(char **args)
{
	unsigned long request = guest_number(args[0]) | guest_number(args[1]) << 32;
	char byte = 'x';

	return guest_result(syscall(SYS_ioctl, 0, request, &byte));
}

int kernel_x32(char **args)
{
	(void)args;
#ifdef __x86_64__
	return guest_result(syscall(0x40000000L | SYS_getpid));
#else
	return ENOSYS;
#endif
}

/* getpid through the 32-bit entry, where its number is 20. */
int kernel_int80(char **args)
{
	(void)args;
#ifdef __x86_64__
	long value = 20;

	__asm__ volatile("int $0x80" : "+a"(value) : : "memory", "r8", "r9", "r10", "r11");
	errno = value < 0 ? (int)-value : 0;
	return errno;
#else
	return ENOSYS;
#endif
}

/* A supervisor of one's own calls. */
int kernel_seccomp_listener(char **args)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &allow};

	(void)args;
	return guest_close((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

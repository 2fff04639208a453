/* SPDX-License-Identifier: MIT
 *
 * Canaries of a cgroup leaf, all in one leaf: a child born in it is refused a second task by
 * pids.max, is ended by cgroup.kill, and what it used is in cpu.stat; another touches more memory
 * than memory.max and is killed by the kernel. That a controller is listed counts for nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/launcher.h"
#include "sys/call.h"
#include "sys/raw.h"

#define LEAF_CANARIES \
	(WIRE_CANARY_BIT(WIRE_CANARY_CGROUP) | WIRE_CANARY_BIT(WIRE_CANARY_CPU) | \
		WIRE_CANARY_BIT(WIRE_CANARY_PIDS) | WIRE_CANARY_BIT(WIRE_CANARY_MEMORY))
#define MEMORY_PAGES 16 /* the limit; the child touches so many times as many */
#define MEMORY_TIMES 16
#define MEMORY_WAIT_MS 5000
#define REMOVE_TRIES 100

struct member {
	bool fork;   /* try a second task */
	int tried;   /* written to when that is done */
	long second; /* what it gave */
};

static int canary_write(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
	int code = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		code = errno;
	close(fd);
	return code;
}

/* In the launcher's memory, so without libc. */
static void canary_member(void *argument)
{
	struct member *member = argument;

	raw_prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (member->fork) {
		long second = raw_call5(SYS_clone, SIGCHLD, 0, 0, 0, 0);

		if (second == 0)
			raw_exit(0);
		if (second > 0)
			raw_call4(SYS_wait4, second, NULL, __WALL, NULL);
		member->second = second;
	}
	raw_call3(SYS_write, member->tried, "x", 1);
	for (;;)
		raw_call5(SYS_ppoll, NULL, 0, NULL, NULL, 0);
}

/* Where cgroup.kill is not there yet (before Linux 5.14) the leaf still counts, if it can be
 * frozen. */
static int canary_end(int leaf, pid_t pid)
{
	int status = 0, code = canary_write(leaf, "cgroup.kill", "1");

	if (code == ENOENT)
		code = canary_write(leaf, "cgroup.freeze", "0");
	if (code || faccessat(leaf, "cgroup.kill", F_OK, 0))
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!code && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		code = CANARY_TOOTHLESS;
	return code;
}

static int canary_live(int leaf, struct member *member)
{
	static _Alignas(64) uint8_t stack[LAUNCHER_STACK_BYTES];
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof(stack),
		.cgroup = (unsigned int)leaf,
	};
	int ends[2];
	char byte;
	long pid;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	member->tried = ends[1];
	pid = raw_clone(&args, canary_member, member);
	close(ends[1]);
	/* The end of the pipe, if it died: its status says so, below. */
	while (pid > 0 && read(ends[0], &byte, 1) < 0 && errno == EINTR)
		;
	close(ends[0]);
	return pid < 0 ? (int)-pid : canary_end(leaf, (pid_t)pid);
}

static void __attribute__((noreturn)) canary_touch(size_t page)
{
	size_t size = MEMORY_TIMES * MEMORY_PAGES * page;
	volatile char *memory;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t at = 0; memory != MAP_FAILED && at < size; at += page)
		memory[at] = 1;
	_exit(0);
}

static int canary_limit_memory(int leaf, size_t page)
{
	char text[24];
	int code;

	snprintf(text, sizeof(text), "%zu", MEMORY_PAGES * page);
	code = canary_write(leaf, "memory.max", text);
	/* Without swap accounting there is no such file. */
	if (!code && faccessat(leaf, "memory.swap.max", F_OK, 0) == 0)
		code = canary_write(leaf, "memory.swap.max", "0");
	return code;
}

/* Killed, by the kernel, because of this limit: its status alone does not say that. In a copy of
 * our memory, since memory is charged to the group of its owner. */
static int canary_memory(int leaf)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t reached = 0, killed = 0;
	int pidfd = -1, status = 0, code = canary_limit_memory(leaf, page);
	struct clone_args args = {.flags = CLONE_INTO_CGROUP | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (unsigned int)leaf};
	pid_t pid;

	if (code)
		return code;
	pid = sys_clone(&args);
	if (pid == 0)
		canary_touch(page);
	if (pid < 0)
		return errno;
	/* A task that the kernel may not kill for memory waits for ever. */
	if (poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, MEMORY_WAIT_MS) != 1) {
		kill(pid, SIGKILL);
		code = CANARY_TOOTHLESS;
	}
	close(pidfd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	leaf_number(leaf, "memory.events", "max", &reached);
	leaf_number(leaf, "memory.events", "oom_kill", &killed);
	return code || !WIFSIGNALED(status) || !reached || !killed ? CANARY_TOOTHLESS : 0;
}

static int canary_cpu(int leaf)
{
	uint64_t used_us;

	if (!leaf_cpu(leaf, &used_us))
		return ENOENT;
	return used_us ? 0 : CANARY_TOOTHLESS;
}

static void canary_leaf(int leaf, uint32_t wanted, int *codes)
{
	struct member member = {.second = 0};
	int limited = EINVAL;

	if (wanted & WIRE_CANARY_BIT(WIRE_CANARY_PIDS))
		limited = canary_write(leaf, "pids.max", "1");
	member.fork = !limited;
	codes[WIRE_CANARY_CGROUP] = canary_live(leaf, &member);
	codes[WIRE_CANARY_CPU] = canary_cpu(leaf);
	codes[WIRE_CANARY_PIDS] =
		limited ? limited : (member.second == -EAGAIN ? 0 : CANARY_TOOTHLESS);
	if (wanted & WIRE_CANARY_BIT(WIRE_CANARY_MEMORY))
		codes[WIRE_CANARY_MEMORY] = canary_memory(leaf);
}

/* It may be busy for a moment after its last task is gone. */
static int canary_remove(int base, const char *name)
{
	for (int i = 0; unlinkat(base, name, AT_REMOVEDIR); i++) {
		if (errno != EBUSY || i == REMOVE_TRIES)
			return errno;
		poll(NULL, 0, 5);
	}
	return 0;
}

void canary_cgroup(int base, uint32_t wanted, int codes[WIRE_CANARY_COUNT])
{
	char name[48];
	int leaf, code = base < 0 ? ENOENT : 0;

	if (!(wanted & LEAF_CANARIES))
		return;
	snprintf(name, sizeof(name), "bvisor-probe-%d", (int)getpid());
	if (!code && mkdirat(base, name, 0755))
		code = errno;
	leaf = code ? -1 : openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	for (int i = WIRE_CANARY_CGROUP; i <= WIRE_CANARY_MEMORY; i++)
		codes[i] = leaf < 0 && !code ? errno : code;
	if (code)
		return;
	if (leaf >= 0) {
		canary_leaf(leaf, wanted, codes);
		close(leaf);
	}
	code = canary_remove(base, name);
	if (code && !codes[WIRE_CANARY_CGROUP])
		codes[WIRE_CANARY_CGROUP] = code;
}

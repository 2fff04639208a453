/* SPDX-License-Identifier: MIT
 *
 * See watcher.h. The part that runs in the child is first, and uses nothing of libc's.
 */
#include "watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "sys/call.h"
#include "sys/raw.h"

#define STACK_BYTES ((size_t)16 << 10)
#define SECOND_NS UINT64_C(1000000000)
/* The clock of a running thread is brought up to date once a tick, at most 10 ms. */
#define CPU_STEP_NS UINT64_C(1000000)
#define NEVER UINT64_MAX

/* ---- in the child ---- */

static uint64_t child_now(void)
{
	struct timespec now = {0};

	raw_call6(SYS_clock_gettime, CLOCK_MONOTONIC, (long)(uintptr_t)&now, 0, 0, 0, 0);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* The first number of schedstat: nanoseconds on a processor (proc(5)). */
static uint64_t child_cpu(int clock)
{
	char text[64];
	uint64_t value = 0;
	long len = raw_call6(SYS_pread64, clock, (long)(uintptr_t)text, sizeof(text), 0, 0, 0);

	for (long i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	return value;
}

static void child_close_others(const struct watcher *watcher)
{
	long low = watcher->cancel < watcher->clock ? watcher->cancel : watcher->clock;
	long high = watcher->cancel < watcher->clock ? watcher->clock : watcher->cancel;

	if (low > 0)
		raw_call6(SYS_close_range, 0, low - 1, 0, 0, 0, 0);
	if (high > low + 1)
		raw_call6(SYS_close_range, low + 1, high - 1, 0, 0, 0, 0);
	raw_call6(SYS_close_range, high + 1, ~0u, 0, 0, 0, 0);
}

static enum watcher_cause SYS_ON_A_LENT_STACK child_wait(const struct watcher *watcher)
{
	struct pollfd cancel = {.fd = watcher->cancel, .events = POLLIN};

	for (;;) {
		uint64_t now = child_now(), left = NEVER;
		uint64_t cpu = watcher->cpu_end_ns == NEVER ? 0 : child_cpu(watcher->clock);
		struct timespec time;

		if (now >= watcher->wall_end_ns)
			return WATCHER_WALL;
		if (cpu >= watcher->cpu_end_ns)
			return WATCHER_CPU;
		/* A thread cannot use more of its processor than time passes. */
		if (watcher->cpu_end_ns != NEVER)
			left = watcher->cpu_end_ns - cpu + CPU_STEP_NS;
		if (watcher->wall_end_ns != NEVER && watcher->wall_end_ns - now < left)
			left = watcher->wall_end_ns - now;
		time.tv_sec = left == NEVER ? 1 << 30 : (time_t)(left / SECOND_NS);
		time.tv_nsec = left == NEVER ? 0 : (long)(left % SECOND_NS);
		if (raw_call6(SYS_ppoll, (long)(uintptr_t)&cancel, watcher->cancel >= 0,
			    (long)(uintptr_t)&time, 0, 0, 0) > 0)
			return WATCHER_CANCEL;
	}
}

static void SYS_ON_A_LENT_STACK child_main(void *argument)
{
	struct watcher *watcher = argument;

	/* Checked after it is set, or a death in between would go unnoticed. */
	raw_prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (raw_call0(SYS_getppid) == watcher->parent) {
		child_close_others(watcher);
		watcher->cause = child_wait(watcher);
		__atomic_store_n(&watcher->stop, 1, __ATOMIC_RELEASE);
	}
	for (;;)
		raw_call6(SYS_exit, 0, 0, 0, 0, 0, 0);
}

/* ---- in the caller ---- */

static int open_clock(void)
{
	return open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

/* Where the kernel keeps no account there are three zeros (fs/proc/base.c). A thread in its first
 * moments has used nothing yet, but has been given a processor, which the third number counts. */
static int clock_counts(int fd)
{
	char text[96];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = 0;
	return strpbrk(text, "123456789") != NULL;
}

int watcher_clock_works(void)
{
	int fd = open_clock();
	int works = fd >= 0 && clock_counts(fd);

	if (fd >= 0)
		close(fd);
	return works;
}

static uint64_t end_after(uint64_t now_ns, uint64_t left_us)
{
	return left_us > (NEVER - now_ns) / 1000 ? NEVER : now_ns + left_us * 1000;
}

static int prepare(struct watcher *watcher, uint64_t cpu_us, struct bv_error *err)
{
	watcher->cpu_end_ns = NEVER;
	watcher->clock = -1;
	if (cpu_us != NEVER) {
		watcher->clock = open_clock();
		if (watcher->clock < 0)
			return bv_fail_os(err, BV_E_OS, errno, "watcher",
				"the clock of this thread cannot be read");
		watcher->cpu_end_ns = end_after(child_cpu(watcher->clock), cpu_us);
	}
	watcher->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (watcher->stack == MAP_FAILED)
		return bv_fail_os(err, BV_E_NO_MEMORY, errno, "watcher", "no memory for a stack");
	return 0;
}

/* Signals of the caller's would run its handlers in the child, on shared memory. */
static int spawn(struct watcher *watcher, struct bv_error *err)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_PIDFD,
		.pidfd = (uintptr_t)&watcher->pidfd,
		.stack = (uintptr_t)watcher->stack,
		.stack_size = STACK_BYTES,
	};
	sigset_t all, before;
	long pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = raw_clone(&args, child_main, watcher);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return bv_fail_os(err, BV_E_OS, (int)-pid, "watcher", "no child to keep the time");
	return 0;
}

int watcher_start(struct watcher *watcher, uint64_t wall_end_ns, uint64_t cpu_us, int cancel,
	struct bv_error *err)
{
	int code;

	*watcher = (struct watcher){.wall_end_ns = wall_end_ns,
		.cancel = cancel,
		.clock = -1,
		.pidfd = -1,
		.parent = getpid()};
	code = prepare(watcher, cpu_us, err);
	if (!code)
		code = spawn(watcher, err);
	if (code)
		watcher_end(watcher);
	return code;
}

void watcher_end(struct watcher *watcher)
{
	siginfo_t info;

	if (watcher->pidfd >= 0) {
		syscall(SYS_pidfd_send_signal, watcher->pidfd, SIGKILL, NULL, 0);
		while (waitid(P_PIDFD, (id_t)watcher->pidfd, &info, WEXITED | __WALL) &&
			errno == EINTR)
			;
		close(watcher->pidfd);
	}
	if (watcher->clock >= 0)
		close(watcher->clock);
	if (watcher->stack && watcher->stack != MAP_FAILED)
		munmap(watcher->stack, STACK_BYTES);
	watcher->pidfd = watcher->clock = -1;
	watcher->stack = NULL;
}

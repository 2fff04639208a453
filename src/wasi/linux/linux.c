/* SPDX-License-Identifier: MIT
 *
 * The table of operations, setting up, errors, clocks and random bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/random.h>
#include <time.h>

#include "base/fail.h"
#include "sys/call.h"
#include "sys/fd.h"
#include "wasi/linux/host.h"

enum bv_wasi_errno bv_wasi_linux_errno(int errnum)
{
	switch (errnum) {
#define BV_WASI_ERRNO(name, number) \
	case E##name: \
		return BV_WASI_##name;
#include "wasi/errno.def"
#undef BV_WASI_ERRNO
	default:
		return BV_WASI_IO;
	}
}

bool bv_wasi_linux_interrupted(const struct bv_wasi_linux *host)
{
	return host->interrupt && *host->interrupt;
}

static uint64_t nanoseconds(struct timespec time)
{
	if (time.tv_sec < 0)
		return 0;
	return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

/* The guest has one thread, and its time is that thread's alone: the process has others. */
static clockid_t clock_of(uint32_t id)
{
	if (id == BV_WASI_CLOCK_REALTIME)
		return CLOCK_REALTIME;
	return id == BV_WASI_CLOCK_MONOTONIC ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
}

static enum bv_wasi_errno clock_now(void *user, uint32_t id, uint64_t *ret_ns)
{
	const struct bv_wasi_linux *host = user;
	struct timespec now;
	uint64_t start = id > BV_WASI_CLOCK_MONOTONIC ? host->cpu_start_ns : 0;

	if (clock_gettime(clock_of(id), &now))
		return bv_wasi_linux_errno(errno);
	*ret_ns = nanoseconds(now) - start;
	return BV_WASI_SUCCESS;
}

static enum bv_wasi_errno clock_resolution(void *user, uint32_t id, uint64_t *ret_ns)
{
	struct timespec step;

	(void)user;
	if (clock_getres(clock_of(id), &step))
		return bv_wasi_linux_errno(errno);
	*ret_ns = nanoseconds(step) ? nanoseconds(step) : 1;
	return BV_WASI_SUCCESS;
}

static enum bv_wasi_errno random_bytes(void *user, void *buffer, size_t len)
{
	uint8_t *at = buffer;

	while (len) {
		ssize_t n;

		if (bv_wasi_linux_interrupted(user))
			return BV_WASI_INTR;
		n = getrandom(at, len, 0);
		if (n < 0 && errno != EINTR)
			return bv_wasi_linux_errno(errno);
		at += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	return BV_WASI_SUCCESS;
}

static void yield(void *user)
{
	(void)user;
	sched_yield();
}

const struct bv_wasi_host_ops bv_wasi_linux_ops = {
	.open = bv_wasi_linux_open,
	.resolve = bv_wasi_linux_resolve,
	.close = bv_wasi_linux_close,
	.stat = bv_wasi_linux_stat,
	.set_times = bv_wasi_linux_set_times,
	.set_size = bv_wasi_linux_set_size,
	.allocate = bv_wasi_linux_allocate,
	.advise = bv_wasi_linux_advise,
	.sync = bv_wasi_linux_sync,
	.set_append = bv_wasi_linux_set_append,
	.read = bv_wasi_linux_read,
	.write = bv_wasi_linux_write,
	.seek = bv_wasi_linux_seek,
	.readlink = bv_wasi_linux_readlink,
	.readdir = bv_wasi_linux_readdir,
	.mkdir = bv_wasi_linux_mkdir,
	.rmdir = bv_wasi_linux_rmdir,
	.unlink = bv_wasi_linux_unlink,
	.rename = bv_wasi_linux_rename,
	.link = bv_wasi_linux_link,
	.symlink = bv_wasi_linux_symlink,
	.clock = clock_now,
	.clock_resolution = clock_resolution,
	.poll = bv_wasi_linux_poll,
	.random = random_bytes,
	.yield = yield,
	.accept = bv_wasi_linux_accept,
	.receive = bv_wasi_linux_receive,
	.send = bv_wasi_linux_send,
	.shutdown = bv_wasi_linux_shutdown,
};

/* ---- setting up ---- */

/* A canary: what must work works, and what must fail fails, for the reason we count on. */
static int prove_beneath(struct bv_error *err)
{
	CLEANUP_FD int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_FD int inside = sys_openat2(root, ".", O_PATH | O_CLOEXEC, RESOLVE_BENEATH);
	CLEANUP_FD int outside = -1;

	if (inside < 0)
		return bv_fail_os(err, BV_E_OS, errno, "wasi.paths",
			"no directory can be granted: openat2 with RESOLVE_BENEATH is needed "
			"(Linux 5.6, and a system call filter that lets it through)");
	outside = sys_openat2(root, "/", O_PATH | O_CLOEXEC, RESOLVE_BENEATH);
	if (outside >= 0 || errno != EXDEV)
		return bv_fail(err, BV_E_OS, "wasi.paths",
			"no directory can be granted: openat2 does not hold a path beneath its "
			"directory on this machine");
	return 0;
}

int bv_wasi_linux_init(struct bv_wasi_linux *host, const volatile uint32_t *interrupt,
	struct bv_error *err)
{
	struct bv_wasi_linux made = {.interrupt = interrupt};
	int code = prove_beneath(err);

	if (code)
		return code;
	if (clock_now(&made, BV_WASI_CLOCK_THREAD_CPU, &made.cpu_start_ns))
		return bv_fail_os(err, BV_E_OS, errno, "wasi.clocks", "no processor clock");
	*host = made;
	return 0;
}

int bv_wasi_linux_root(const char *path, int *ret, struct bv_error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* One that may be searched but not listed is still a directory to grant. */
	if (fd < 0 && errno == EACCES)
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return bv_fail_os(err, errno == ENOENT ? BV_E_NOT_FOUND : BV_E_OS, errno,
			"wasi.preopens", "cannot open the directory %s", path);
	*ret = fd;
	return 0;
}

int bv_wasi_linux_stream(int fd, int *ret, struct bv_error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return bv_fail_os(err, BV_E_OS, errno, "wasi.streams",
			"cannot duplicate descriptor %d", fd);
	*ret = copy;
	return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * Files of memory, made by a library that must not bring a signal upon its caller.
 */
#ifndef SYS_MEMFD_H
#define SYS_MEMFD_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* What a message says of EFBIG here. */
#define SYS_MEMFD_LIMIT \
	"RLIMIT_FSIZE counts for memory that is handed on, and is too low: ulimit -f"

/* A file for so many bytes, still empty, that may be sealed. The limit on a file's size counts for
 * it, and whoever goes past it gets SIGXFSZ (setrlimit(2)), so it is looked at before: EFBIG. */
static inline int sys_memfd(const char *name, uint64_t bytes)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	getrlimit(RLIMIT_FSIZE, &limit);
	if (limit.rlim_cur != RLIM_INFINITY && bytes > limit.rlim_cur) {
		errno = EFBIG;
		return -1;
	}
	return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* With these bytes in it, and sealed against every change. Written, not mapped: a child that
 * another thread forks meanwhile would keep the mapping, and nothing that is mapped for writing can
 * be sealed (fcntl(2), F_SEAL_WRITE). */
static inline int sys_memfd_of(const char *name, const void *data, size_t len)
{
	int fd = sys_memfd(name, len), errnum;
	size_t at = 0;

	while (fd >= 0 && at < len) {
		ssize_t n = write(fd, (const char *)data + at, len - at);

		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || errno != EINTR)
			break;
	}
	if (fd >= 0 && at == len &&
		fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ==
			0)
		return fd;
	errnum = errno;
	if (fd >= 0)
		close(fd);
	errno = errnum;
	return -1;
}

#endif

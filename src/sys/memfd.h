/* SPDX-License-Identifier: MIT
 *
 * Files of memory, made by a library that must not bring a signal upon its caller.
 */
#ifndef SYS_MEMFD_H
#define SYS_MEMFD_H

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

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

#endif

/* SPDX-License-Identifier: MIT
 *
 * Pages, for tests that put bytes before an unmapped one. WebAssembly has no unmapped pages: here
 * these tests only see that the bytes are read right, and natively that no other is.
 */
#ifndef TESTS_WASI_SHIM_SYS_MMAN_H
#define TESTS_WASI_SHIM_SYS_MMAN_H

#include <stdlib.h>
#include <sys/types.h>

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 2
#define MAP_ANONYMOUS 0x20
#define MAP_FAILED ((void *)-1)

static inline void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	void *map = calloc(1, len);

	(void)at;
	(void)protection;
	(void)flags;
	(void)fd;
	(void)offset;
	return map ? map : MAP_FAILED;
}

static inline int mprotect(void *at, size_t len, int protection)
{
	(void)at;
	(void)len;
	(void)protection;
	return 0;
}

static inline int munmap(void *at, size_t len)
{
	(void)len;
	free(at);
	return 0;
}

#endif

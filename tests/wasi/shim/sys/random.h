/* SPDX-License-Identifier: MIT
 *
 * getrandom(), of which WebAssembly's C library has only the elder name.
 */
#ifndef TESTS_WASI_SHIM_SYS_RANDOM_H
#define TESTS_WASI_SHIM_SYS_RANDOM_H

#include <sys/types.h>
#include <unistd.h>

static inline ssize_t getrandom(void *buffer, size_t len, unsigned int flags)
{
	(void)flags;
	return getentropy(buffer, len) ? -1 : (ssize_t)len;
}

#endif

/* SPDX-License-Identifier: MIT
 *
 * Names of errors as glibc has them, of those that tests speak of.
 */
#ifndef TESTS_WASI_SHIM_ERRNO_NAMES_H
#define TESTS_WASI_SHIM_ERRNO_NAMES_H

#include <errno.h>
#include <string.h>

static inline const char *strerrorname_np(int errnum)
{
	switch (errnum) {
	case EPERM:
		return "EPERM";
	case ENOENT:
		return "ENOENT";
	case EIO:
		return "EIO";
	case ENOSPC:
		return "ENOSPC";
	default:
		return NULL;
	}
}

static inline const char *strerrordesc_np(int errnum)
{
	return strerrorname_np(errnum) ? strerror(errnum) : NULL;
}

#endif

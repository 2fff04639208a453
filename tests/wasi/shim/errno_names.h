/* SPDX-License-Identifier: MIT
 *
 * Errors with Linux's numbers, which reports carry, and with glibc's names and words for those that
 * tests speak of. Only the pure folders are compiled with this: they get these numbers as data.
 */
#ifndef TESTS_WASI_SHIM_ERRNO_NAMES_H
#define TESTS_WASI_SHIM_ERRNO_NAMES_H

#include <errno.h>
#include <stddef.h>

#undef EPERM
#undef ENOENT
#undef EIO
#undef EACCES
#define EPERM 1
#define ENOENT 2
#define EIO 5
#define EACCES 13

static inline const char *strerrorname_np(int errnum)
{
	switch (errnum) {
	case EPERM:
		return "EPERM";
	case ENOENT:
		return "ENOENT";
	case EIO:
		return "EIO";
	case EACCES:
		return "EACCES";
	default:
		return NULL;
	}
}

static inline const char *strerrordesc_np(int errnum)
{
	switch (errnum) {
	case EPERM:
		return "Operation not permitted";
	case ENOENT:
		return "No such file or directory";
	case EIO:
		return "Input/output error";
	case EACCES:
		return "Permission denied";
	default:
		return NULL;
	}
}

#endif

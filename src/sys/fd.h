/* SPDX-License-Identifier: MIT
 *
 * Owned descriptors: -1 is none, closed when they leave scope.
 */
#ifndef SYS_FD_H
#define SYS_FD_H

#include <unistd.h>

static inline void fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The descriptor, which the variable no longer owns. */
static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define CLEANUP_FD __attribute__((cleanup(fd_closep)))

#endif

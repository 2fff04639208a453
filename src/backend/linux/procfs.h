/* SPDX-License-Identifier: MIT
 *
 * Where this mount namespace shows processes: mounts of proc, wherever they are, and those of
 * cgroups, which list the processes in them (as zeros to whoever is in a pid namespace of its
 * own). What is granted is granted with all that is mounted in it, under Landlock as in a view, so
 * a grant that holds such a mount shows the host's processes.
 */
#ifndef LINUX_PROCFS_H
#define LINUX_PROCFS_H

#include <stdbool.h>
#include <stddef.h>

#include <bvisor/error.h>

struct procfs {
	char *pairs; /* what part of its file system, and where; malloc */
	size_t len;
};

#define PROCFS_NONE ((struct procfs){NULL, 0})

/* Reads /proc/self/mountinfo; `groups`: cgroups as well. */
int procfs_read(struct procfs *procfs, bool groups, struct bv_error *err);
void procfs_free(struct procfs *procfs);
/* The place in the tree of this descriptor where processes are shown, or NULL. If it cannot be
 * told where the descriptor leads, it is "/". */
const char *procfs_shown(const struct procfs *procfs, int fd);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The table of a private view: what the child's own root is made of, in the order in which it is
 * made, parents before children and links last, so that none is there to be followed while mount
 * points are made. The first entry is the root itself. In a frame it is one block,
 * checked as a whole when the frame is decoded and then read entry by entry, so that a run
 * without a view pays nothing for it.
 *
 * A source is named by its path only because a descriptor of one mount namespace cannot be bound
 * in another. What was meant is said by identity: the host has the object open while the child
 * makes its view, so device and inode cannot have passed to another, and a path that leads
 * elsewhere by then fails the set-up.
 */
#ifndef WIRE_MOUNT_H
#define WIRE_MOUNT_H

#include <stdbool.h>

#include "wire/cursor.h"

#define WIRE_MOUNTS_MAX 1024
#define WIRE_MOUNT_PATH_MAX 4095
#define WIRE_MOUNT_TMPFS_MIN 4096 /* to tmpfs a size of 0 is none at all: no limit */

enum wire_mount_kind {
	WIRE_MOUNT_BIND = 0,
	WIRE_MOUNT_TMPFS = 1,
	WIRE_MOUNT_PROC = 2,
	WIRE_MOUNT_SYMLINK = 3,   /* `source` is its text */
	WIRE_MOUNT_DIRECTORY = 4, /* empty, in the view's own root */
};
#define WIRE_MOUNT_KIND_COUNT 5

/* Every mount is nosuid; these restrict it further. */
#define WIRE_MOUNT_READ_ONLY UINT32_C(1)
#define WIRE_MOUNT_NO_EXEC UINT32_C(2)
#define WIRE_MOUNT_NO_DEV UINT32_C(4)
/* Its mount point is there already, in an earlier entry's tree. */
#define WIRE_MOUNT_NESTED UINT32_C(8)
#define WIRE_MOUNT_FLAGS_ALL UINT32_C(15)
#define WIRE_MOUNT_RESTRICTIONS UINT32_C(7)

struct wire_mount {
	enum wire_mount_kind kind;
	uint32_t flags;
	/* Of a bind's source, as statx(2) shows them. */
	uint32_t device_major;
	uint32_t device_minor;
	uint64_t inode;
	uint32_t type; /* the S_IFMT bits */
	/* Of a tmpfs. */
	uint32_t mode;
	uint64_t size_bytes;
	uint64_t rights;         /* Landlock's, to be granted on what is mounted; 0: no rule */
	const char *destination; /* absolute and normal */
	const char *source;      /* absolute and normal, but for a link's text; "" where none is */
};

void wire_mount_put(struct wire_writer *w, const struct wire_mount *mount);
size_t wire_mount_size(const struct wire_mount *mount);
/* The next entry of a block, borrowing from it. False at its end, or with reader->ok false. */
bool wire_mount_next(struct wire_reader *reader, struct wire_mount *ret);
/* Whether a block is exactly `count` sound entries, the first of them a root. */
bool wire_mounts_sound(struct bv_bytes block, uint32_t count);
/* True if `path` is `above` or lies beneath it; both are absolute and normal. */
bool wire_path_within(const char *path, const char *above);

#endif

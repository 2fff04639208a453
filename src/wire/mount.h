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
 *
 * What the boundary owns and may be written is one tmpfs, the store. It is made first, is nowhere
 * to be seen as a whole, and goes with the last that holds it: directories of it are shown where
 * the table says, and overlays keep there what is written to them.
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
	WIRE_MOUNT_STORE = 5,     /* right behind the root, if at all; mounted nowhere in the end */
	WIRE_MOUNT_STORED = 6,    /* a directory of the store, its name as `source` */
	WIRE_MOUNT_OVERLAY = 7,   /* a bind's source beneath, and what is written in the store */
};
#define WIRE_MOUNT_KIND_COUNT 8

/* Every mount is nosuid; these restrict it further. */
#define WIRE_MOUNT_READ_ONLY UINT32_C(1)
#define WIRE_MOUNT_NO_EXEC UINT32_C(2)
#define WIRE_MOUNT_NO_DEV UINT32_C(4)
/* Its mount point is there already, in an earlier entry's tree. */
#define WIRE_MOUNT_NESTED UINT32_C(8)
/* Of a tmpfs or what is stored: user 0 of the run's user namespace owns it. */
#define WIRE_MOUNT_OWNED UINT32_C(64)
/* Of a bind: that namespace maps who owns what in it. */
#define WIRE_MOUNT_MAPPED UINT32_C(128)
#define WIRE_MOUNT_FLAGS_ALL (UINT32_C(15) | WIRE_MOUNT_OWNED | WIRE_MOUNT_MAPPED)
#define WIRE_MOUNT_RESTRICTIONS UINT32_C(7)

struct wire_mount {
	enum wire_mount_kind kind;
	uint32_t flags;
	/* Of a bind's source, as statx(2) shows them. */
	uint32_t device_major;
	uint32_t device_minor;
	uint64_t inode;
	uint32_t type; /* the S_IFMT bits */
	/* Of a tmpfs and of the store; a directory in it has a mode only. */
	uint32_t mode;
	uint64_t size_bytes;
	uint32_t layer;          /* of an overlay: the number of its directories in the store */
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
/* The size of the store, 0 if the table has none. */
uint64_t wire_mounts_store(struct bv_bytes block);
#define WIRE_LAYER_NAME_MAX 16
/* Of an overlay's directories in the store: 'u'pper, 'w'ork, and 'l'ower, where its source is. */
void wire_layer_name(char which, uint32_t layer, char ret[WIRE_LAYER_NAME_MAX]);
/* True if `path` is `above` or lies beneath it; both are absolute and normal. */
bool wire_path_within(const char *path, const char *above);

#endif

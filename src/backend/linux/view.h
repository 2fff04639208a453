/* SPDX-License-Identifier: MIT
 *
 * From a spec and opened descriptors to the table of a private view (wire/mount.h).
 *
 *     view_begin, view_grant for each granted root, view_finish
 */
#ifndef LINUX_VIEW_H
#define LINUX_VIEW_H

#include "base/arena.h"
#include "base/buf.h"
#include "wire/mount.h"
#include <bvisor/error.h>
#include <bvisor/spec.h>

struct execution;

/* Who put an entry there. Of two at one place the first in this order stays. */
enum view_origin {
	VIEW_ROOT = 0,
	VIEW_GRANT = 1,
	VIEW_EXPOSED = 2, /* and the temporary root */
	VIEW_PROGRAM = 3,
	VIEW_OWN = 4, /* /proc, /dev, links */
	VIEW_DIRECTORY = 5,
};

struct view_entry {
	enum view_origin origin;
	bool through;    /* the program, executed as the view shows it */
	bool everybodys; /* a device that anybody may use: see mapped.h */
	struct wire_mount mount;
};

struct view {
	struct bv_arena *arena;
	struct view_entry *entries;
	size_t count;
	size_t links; /* the first entries: links of the host's root that lead into a grant */
	int *pins;    /* descriptors that keep the granted inodes from passing to another */
	size_t pin_count;
	struct bv_buf block;
	uint32_t mounts; /* entries of the block */
	uint32_t layers; /* overlays, whose directories in the store are numbered */
	bool own_directory;
	const char *program; /* where it is */
};

int view_begin(struct execution *run, struct bv_error *err);
/* Takes the descriptor. */
int view_grant(struct execution *run, const char *path, uint32_t access, int take_fd,
	struct bv_error *err);
/* The same for an exposure's source, which it shows at the destination. */
int view_expose(struct execution *run, const struct bv_exposure *exposure, int take_fd,
	struct bv_error *err);
/* A directory of the store at a path, read and write. */
int view_store(struct execution *run, const char *path, const char *name, uint32_t mode,
	struct bv_error *err);
int view_finish(struct execution *run, struct bv_error *err);
/* The child has its view, and the inodes their holders. */
void view_unpin(struct view *view);
void view_close(struct execution *run);
/* Whether an entry of the block is an exposure or the temporary root. */
bool view_is_exposed(const struct view *view, uint32_t item);
/* The destination of an entry of the block, for messages; "" if there is none. */
const char *view_destination(const struct view *view, uint32_t item);

#endif

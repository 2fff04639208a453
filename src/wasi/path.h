/* SPDX-License-Identifier: MIT
 *
 * Paths of the guest's, made fit for the host.
 *
 * A whole path goes to the host only for open() and resolve(), which cannot leave the directory.
 * The calls that create, remove or move a name have no such form in any kernel; for them a path
 * is split here: the host resolves the part before the last component, and then acts on one bare
 * component in the directory that it got. So no string with a slash in it is ever acted on: a
 * link with a slash behind it would be followed, whatever "nofollow" says.
 */
#ifndef WASI_PATH_H
#define WASI_PATH_H

#include "wasi/state.h"

struct bv_wasi_target {
	struct bv_wasi_place place; /* its name points into `name` */
	bool owned;                 /* place.parent is ours to close */
	bool slash;                 /* the path ended in slashes, which mean "a directory" */
	char name[BV_WASI_NAME_MAX + 1];
};

/* NAMETOOLONG, INVAL for a NUL, ILSEQ for what is not UTF-8, NOENT for nothing at all, NOTCAPABLE
 * for an absolute path. */
enum bv_wasi_errno bv_wasi_path_check(struct bv_bytes path);
/* The same, and copies it from guest memory to wasi->paths[which]. */
enum bv_wasi_errno bv_wasi_path_read(struct bv_wasi *wasi, uint32_t which, uint32_t pointer,
	uint32_t len);
/* `path` has been checked. When it ends in "." or ".." there is no name to act on: the error is
 * that of getting there, or else `dots`. */
enum bv_wasi_errno bv_wasi_path_split(struct bv_wasi *wasi, int dir,
	const struct bv_wasi_path *path, enum bv_wasi_errno dots, struct bv_wasi_target *ret);
void bv_wasi_target_close(struct bv_wasi *wasi, struct bv_wasi_target *target);
/* The type of what bears the name, without following it. */
enum bv_wasi_errno bv_wasi_target_type(struct bv_wasi *wasi, const struct bv_wasi_target *target,
	enum bv_wasi_filetype *ret);
/* True when a link at `link` to `target` would lead out of the directory that `link` is relative
 * to, going by the text alone. */
bool bv_wasi_path_leaves(const struct bv_wasi_path *target, const struct bv_wasi_path *link);

#endif

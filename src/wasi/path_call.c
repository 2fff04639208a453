/* SPDX-License-Identifier: MIT
 *
 * The path calls but path_open: what each needs by right, what a trailing slash means to it, and
 * which bare name it acts on.
 */
#include <string.h>

#include "wasi/guest.h"
#include "wasi/path.h"
#include "wasi/record.h"
#include "wasi/table.h"

/* The rights first, then the path: a guest that may not act learns nothing of the name. The path
 * is read all the same, so that a report can say what was tried. */
static enum bv_wasi_errno begin(struct bv_wasi *wasi, const union bv_wasm_value *args,
	uint64_t rights, struct bv_wasi_fd **ret)
{
	enum bv_wasi_errno path = bv_wasi_path_read(wasi, 0, args[1].i32, args[2].i32);
	enum bv_wasi_errno fd = bv_wasi_fd_need(wasi, args[0].i32, rights, ret);

	return fd ? fd : path;
}

static enum bv_wasi_errno resolve(struct bv_wasi *wasi, const struct bv_wasi_fd *fd,
	uint32_t lookup, int *ret)
{
	if (lookup & ~BV_WASI_LOOKUP_FOLLOW)
		return BV_WASI_INVAL;
	return wasi->ops->resolve(wasi->host, fd->handle, wasi->paths[0].text,
		lookup & BV_WASI_LOOKUP_FOLLOW ? BV_WASI_OPEN_FOLLOW : 0, ret);
}

/* fd, path, len */
enum bv_wasi_errno bv_wasi_path_create_directory(struct bv_wasi *wasi,
	const union bv_wasm_value *args)
{
	struct bv_wasi_target target = {0};
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = begin(wasi, args, BV_WASI_RIGHT_PATH_CREATE_DIRECTORY, &fd);

	if (!error)
		error = bv_wasi_path_split(wasi, fd->handle, &wasi->paths[0], BV_WASI_EXIST,
			&target);
	if (error)
		return error;
	error = wasi->ops->mkdir(wasi->host, target.place);
	bv_wasi_target_close(wasi, &target);
	return error;
}

/* fd, path, len */
enum bv_wasi_errno bv_wasi_path_remove_directory(struct bv_wasi *wasi,
	const union bv_wasm_value *args)
{
	struct bv_wasi_target target = {0};
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = begin(wasi, args, BV_WASI_RIGHT_PATH_REMOVE_DIRECTORY, &fd);

	if (!error)
		error = bv_wasi_path_split(wasi, fd->handle, &wasi->paths[0], BV_WASI_INVAL,
			&target);
	if (error)
		return error;
	error = wasi->ops->rmdir(wasi->host, target.place);
	bv_wasi_target_close(wasi, &target);
	return error;
}

/* With a slash the name must be a directory, and a directory cannot be unlinked. */
static enum bv_wasi_errno unlink_slash(struct bv_wasi *wasi, const struct bv_wasi_target *target)
{
	enum bv_wasi_filetype type = BV_WASI_TYPE_UNKNOWN;
	enum bv_wasi_errno error = bv_wasi_target_type(wasi, target, &type);

	if (error)
		return error;
	return type == BV_WASI_TYPE_DIRECTORY ? BV_WASI_ISDIR : BV_WASI_NOTDIR;
}

/* fd, path, len */
enum bv_wasi_errno bv_wasi_path_unlink_file(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct bv_wasi_target target = {0};
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = begin(wasi, args, BV_WASI_RIGHT_PATH_UNLINK_FILE, &fd);

	if (!error)
		error = bv_wasi_path_split(wasi, fd->handle, &wasi->paths[0], BV_WASI_ISDIR,
			&target);
	if (error)
		return error;
	error = target.slash ? unlink_slash(wasi, &target)
			     : wasi->ops->unlink(wasi->host, target.place);
	bv_wasi_target_close(wasi, &target);
	return error;
}

/* fd, lookup, path, len, ret filestat */
enum bv_wasi_errno bv_wasi_path_filestat_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	const union bv_wasm_value path[3] = {args[0], args[2], args[3]};
	uint8_t *out = bv_wasi_record_filestat_place(wasi, args[4].i32);
	struct bv_wasi_stat st = {0};
	struct bv_wasi_fd *fd = NULL;
	int handle = -1;
	enum bv_wasi_errno error = begin(wasi, path, BV_WASI_RIGHT_PATH_FILESTAT_GET, &fd);

	if (!error && !out)
		error = BV_WASI_FAULT;
	if (!error)
		error = resolve(wasi, fd, args[1].i32, &handle);
	if (error)
		return error;
	error = wasi->ops->stat(wasi->host, handle, &st);
	wasi->ops->close(wasi->host, handle);
	if (!error)
		bv_wasi_record_filestat(wasi, out, &st);
	return error;
}

/* fd, lookup, path, len, accessed, modified, flags */
enum bv_wasi_errno bv_wasi_path_filestat_set_times(struct bv_wasi *wasi,
	const union bv_wasm_value *args)
{
	const union bv_wasm_value path[3] = {args[0], args[2], args[3]};
	struct bv_wasi_times times = {0};
	struct bv_wasi_fd *fd = NULL;
	int handle = -1;
	enum bv_wasi_errno error = begin(wasi, path, BV_WASI_RIGHT_PATH_FILESTAT_SET_TIMES, &fd);

	if (!error)
		error = bv_wasi_record_times(&args[4], &times);
	if (!error)
		error = resolve(wasi, fd, args[1].i32, &handle);
	if (error)
		return error;
	error = wasi->ops->set_times(wasi->host, handle, &times);
	wasi->ops->close(wasi->host, handle);
	return error;
}

/* fd, path, len, buffer, size, ret used */
enum bv_wasi_errno bv_wasi_path_readlink(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint8_t *buffer = bv_wasi_guest(wasi, args[3].i32, args[4].i32);
	uint8_t *out = bv_wasi_guest(wasi, args[5].i32, 4);
	struct bv_wasi_fd *fd = NULL;
	int handle = -1;
	size_t used = 0;
	enum bv_wasi_errno error = begin(wasi, args, BV_WASI_RIGHT_PATH_READLINK, &fd);

	if (!error && (!buffer || !out))
		error = BV_WASI_FAULT;
	if (!error)
		error = resolve(wasi, fd, 0, &handle);
	if (error)
		return error;
	error = wasi->ops->readlink(wasi->host, handle, buffer, args[4].i32, &used);
	wasi->ops->close(wasi->host, handle);
	if (!error)
		bv_wasi_store32(out, (uint32_t)used);
	return error;
}

/* target, len, fd, path, len */
enum bv_wasi_errno bv_wasi_path_symlink(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct bv_wasi_target target = {0};
	enum bv_wasi_filetype type = BV_WASI_TYPE_UNKNOWN;
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = begin(wasi, &args[2], BV_WASI_RIGHT_PATH_SYMLINK, &fd);

	/* An absolute target is NOTCAPABLE here, as an absolute path is anywhere. */
	if (!error)
		error = bv_wasi_path_read(wasi, 1, args[0].i32, args[1].i32);
	if (!error && bv_wasi_path_leaves(&wasi->paths[1], &wasi->paths[0]))
		error = BV_WASI_NOTCAPABLE;
	wasi->call_path = error ? wasi->call_path : 0;
	if (!error)
		error = bv_wasi_path_split(wasi, fd->handle, &wasi->paths[0], BV_WASI_EXIST,
			&target);
	if (error)
		return error;
	if (target.slash)
		error = bv_wasi_target_type(wasi, &target, &type) ? BV_WASI_NOENT : BV_WASI_EXIST;
	else
		error = wasi->ops->symlink(wasi->host, wasi->paths[1].text, target.place);
	bv_wasi_target_close(wasi, &target);
	return error;
}

/* ---- two ends ---- */

struct two_ends {
	struct bv_wasi_fd *fds[2];
	struct bv_wasi_target targets[2];
};

static void two_close(struct bv_wasi *wasi, struct two_ends *two)
{
	bv_wasi_target_close(wasi, &two->targets[0]);
	bv_wasi_target_close(wasi, &two->targets[1]);
}

/* What a file's contents may be used for must not grow by a new name elsewhere: neither readable
 * by moving out of a write-only directory, nor writable out of one that is narrower. */
static bool two_widen(const struct two_ends *two)
{
	uint64_t contents = BV_WASI_RIGHT_FD_READ | BV_WASI_RIGHT_FD_WRITE;

	return (two->fds[1]->inheriting & contents & ~two->fds[0]->inheriting) != 0;
}

/* `from` and `to` are fd, path, len. */
static enum bv_wasi_errno two_begin(struct bv_wasi *wasi, const union bv_wasm_value *from,
	const union bv_wasm_value *to, const uint64_t rights[2], struct two_ends *two)
{
	enum bv_wasi_errno error = begin(wasi, from, rights[0], &two->fds[0]);
	enum bv_wasi_errno path;

	if (error)
		return error;
	path = bv_wasi_path_read(wasi, 1, to[1].i32, to[2].i32);
	error = bv_wasi_fd_need(wasi, to[0].i32, rights[1], &two->fds[1]);
	if (!error)
		error = path;
	if (!error && two_widen(two))
		error = BV_WASI_NOTCAPABLE;
	return error;
}

static enum bv_wasi_errno two_split(struct bv_wasi *wasi, const union bv_wasm_value *from,
	const union bv_wasm_value *to, const enum bv_wasi_errno dots[2], struct two_ends *two)
{
	enum bv_wasi_errno error;

	wasi->call_path = 0;
	wasi->call_fd = from[0].i32;
	error = bv_wasi_path_split(wasi, two->fds[0]->handle, &wasi->paths[0], dots[0],
		&two->targets[0]);
	if (error)
		return error;
	wasi->call_path = 1;
	wasi->call_fd = to[0].i32;
	error = bv_wasi_path_split(wasi, two->fds[1]->handle, &wasi->paths[1], dots[1],
		&two->targets[1]);
	if (error)
		bv_wasi_target_close(wasi, &two->targets[0]);
	return error;
}

/* A slash behind either name of a rename says that the thing is a directory. */
static enum bv_wasi_errno rename_slash(struct bv_wasi *wasi, const struct two_ends *two)
{
	enum bv_wasi_filetype type = BV_WASI_TYPE_UNKNOWN;
	enum bv_wasi_errno error;

	if (!two->targets[0].slash && !two->targets[1].slash)
		return BV_WASI_SUCCESS;
	error = bv_wasi_target_type(wasi, &two->targets[0], &type);
	if (!error && type != BV_WASI_TYPE_DIRECTORY)
		error = BV_WASI_NOTDIR;
	return error;
}

/* fd, path, len, fd, path, len */
enum bv_wasi_errno bv_wasi_path_rename(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	static const uint64_t rights[2] = {BV_WASI_RIGHT_PATH_RENAME_SOURCE,
		BV_WASI_RIGHT_PATH_RENAME_TARGET};
	static const enum bv_wasi_errno dots[2] = {BV_WASI_BUSY, BV_WASI_BUSY};
	struct two_ends two = {0};
	enum bv_wasi_errno error = two_begin(wasi, &args[0], &args[3], rights, &two);

	if (!error)
		error = two_split(wasi, &args[0], &args[3], dots, &two);
	if (error)
		return error;
	error = rename_slash(wasi, &two);
	if (!error)
		error = wasi->ops->rename(wasi->host, two.targets[0].place, two.targets[1].place);
	two_close(wasi, &two);
	return error;
}

/* No directory can be linked, and no name that ends in a slash be made by linking. */
static enum bv_wasi_errno link_slash(struct bv_wasi *wasi, const struct two_ends *two)
{
	enum bv_wasi_filetype type = BV_WASI_TYPE_UNKNOWN;
	enum bv_wasi_errno error;

	if (two->targets[0].slash) {
		error = bv_wasi_target_type(wasi, &two->targets[0], &type);
		if (error)
			return error;
		return type == BV_WASI_TYPE_DIRECTORY ? BV_WASI_PERM : BV_WASI_NOTDIR;
	}
	if (!two->targets[1].slash)
		return BV_WASI_SUCCESS;
	return bv_wasi_target_type(wasi, &two->targets[1], &type) ? BV_WASI_NOENT : BV_WASI_EXIST;
}

/* fd, lookup, path, len, fd, path, len */
enum bv_wasi_errno bv_wasi_path_link(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	static const uint64_t rights[2] = {BV_WASI_RIGHT_PATH_LINK_SOURCE,
		BV_WASI_RIGHT_PATH_LINK_TARGET};
	static const enum bv_wasi_errno dots[2] = {BV_WASI_PERM, BV_WASI_EXIST};
	const union bv_wasm_value from[3] = {args[0], args[2], args[3]};
	struct two_ends two = {0};
	enum bv_wasi_errno error = two_begin(wasi, from, &args[4], rights, &two);

	/* Linking what a link points to needs a capability of the host's. */
	if (!error && args[1].i32)
		error = BV_WASI_INVAL;
	if (!error)
		error = two_split(wasi, from, &args[4], dots, &two);
	if (error)
		return error;
	error = link_slash(wasi, &two);
	if (!error)
		error = wasi->ops->link(wasi->host, two.targets[0].place, two.targets[1].place);
	two_close(wasi, &two);
	return error;
}

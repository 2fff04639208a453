/* SPDX-License-Identifier: MIT
 *
 * Calls on a descriptor that move no data: its state, its file's attributes, its number.
 */
#include <string.h>

#include "wasi/record.h"
#include "wasi/table.h"

#define R(name) BV_WASI_RIGHT_##name

/* fd */
enum bv_wasi_errno bv_wasi_fd_close(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, 0, &fd);

	if (!error)
		bv_wasi_fd_close_entry(wasi, fd);
	return error;
}

/* from, to: `to` is closed and becomes what `from` was, preopens and streams not excepted. */
enum bv_wasi_errno bv_wasi_fd_renumber(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct bv_wasi_fd *from = NULL;
	struct bv_wasi_fd *to = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, 0, &from);

	if (!error)
		error = bv_wasi_fd_need(wasi, args[1].i32, 0, &to);
	if (error || from == to)
		return error;
	bv_wasi_fd_close_entry(wasi, to);
	*to = *from;
	*from = (struct bv_wasi_fd){.handle = -1, .root = BV_WASI_NO_ROOT};
	return BV_WASI_SUCCESS;
}

/* fd, ret prestat */
enum bv_wasi_errno bv_wasi_fd_prestat_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint8_t *out = bv_wasi_guest(wasi, args[1].i32, BV_WASI_PRESTAT_SIZE);
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, 0, &fd);

	if (error)
		return error;
	if (!fd->is_preopen)
		return BV_WASI_BADF;
	if (!out)
		return BV_WASI_FAULT;
	memset(out, 0, BV_WASI_PRESTAT_SIZE);
	bv_wasi_store32(out + 4, (uint32_t)strlen(wasi->roots[fd->root]));
	return BV_WASI_SUCCESS;
}

/* fd, buffer, size */
enum bv_wasi_errno bv_wasi_fd_prestat_dir_name(struct bv_wasi *wasi,
	const union bv_wasm_value *args)
{
	uint8_t *out = bv_wasi_guest(wasi, args[1].i32, args[2].i32);
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, 0, &fd);
	size_t len;

	if (error)
		return error;
	if (!fd->is_preopen)
		return BV_WASI_BADF;
	if (!out)
		return BV_WASI_FAULT;
	len = strlen(wasi->roots[fd->root]);
	if (args[2].i32 < len)
		return BV_WASI_NAMETOOLONG;
	memcpy(out, wasi->roots[fd->root], len);
	return BV_WASI_SUCCESS;
}

/* fd, ret fdstat */
enum bv_wasi_errno bv_wasi_fd_fdstat_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint8_t *out = bv_wasi_guest(wasi, args[1].i32, BV_WASI_FDSTAT_SIZE);
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, 0, &fd);

	if (error)
		return error;
	if (!out)
		return BV_WASI_FAULT;
	bv_wasi_record_fdstat(out, fd);
	return BV_WASI_SUCCESS;
}

/* fd, flags. NONBLOCK is kept in the table: on the host's description it would be the parent's
 * too. How writes reach the disk is settled when a file is opened. */
enum bv_wasi_errno bv_wasi_fd_fdstat_set_flags(struct bv_wasi *wasi,
	const union bv_wasm_value *args)
{
	const uint32_t changeable = BV_WASI_FDFLAG_APPEND | BV_WASI_FDFLAG_NONBLOCK;
	uint32_t flags = args[1].i32;
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(FD_FDSTAT_SET_FLAGS), &fd);
	uint32_t changed;

	if (error)
		return error;
	if (flags & ~BV_WASI_FDFLAGS_ALL)
		return BV_WASI_INVAL;
	changed = flags ^ fd->flags;
	if (changed & ~changeable)
		return BV_WASI_NOTSUP;
	if ((changed & BV_WASI_FDFLAG_APPEND) &&
		(fd->shared || fd->type != BV_WASI_TYPE_REGULAR_FILE))
		return BV_WASI_NOTSUP;
	if (changed & BV_WASI_FDFLAG_APPEND)
		error = wasi->ops->set_append(wasi->host, fd->handle,
			(flags & BV_WASI_FDFLAG_APPEND) != 0);
	if (!error)
		fd->flags = (uint16_t)flags;
	return error;
}

/* fd, base, inheriting: only ever fewer. */
enum bv_wasi_errno bv_wasi_fd_fdstat_set_rights(struct bv_wasi *wasi,
	const union bv_wasm_value *args)
{
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, 0, &fd);

	if (error)
		return error;
	if ((args[1].i64 & ~fd->base) || (args[2].i64 & ~fd->inheriting))
		return BV_WASI_NOTCAPABLE;
	fd->base = args[1].i64;
	fd->inheriting = args[2].i64;
	return BV_WASI_SUCCESS;
}

/* fd, ret filestat */
enum bv_wasi_errno bv_wasi_fd_filestat_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint8_t *out = bv_wasi_record_filestat_place(wasi, args[1].i32);
	struct bv_wasi_stat st = {0};
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(FD_FILESTAT_GET), &fd);

	if (error)
		return error;
	if (!out)
		return BV_WASI_FAULT;
	error = wasi->ops->stat(wasi->host, fd->handle, &st);
	if (error)
		return error;
	st.type = fd->type;
	bv_wasi_record_filestat(wasi, out, &st);
	return BV_WASI_SUCCESS;
}

/* fd, size */
enum bv_wasi_errno bv_wasi_fd_filestat_set_size(struct bv_wasi *wasi,
	const union bv_wasm_value *args)
{
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(FD_FILESTAT_SET_SIZE), &fd);

	if (error)
		return error;
	if (args[1].i64 > INT64_MAX)
		return BV_WASI_INVAL;
	return wasi->ops->set_size(wasi->host, fd->handle, args[1].i64);
}

/* fd, accessed, modified, flags */
enum bv_wasi_errno bv_wasi_fd_filestat_set_times(struct bv_wasi *wasi,
	const union bv_wasm_value *args)
{
	struct bv_wasi_times times = {0};
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error =
		bv_wasi_fd_need(wasi, args[0].i32, R(FD_FILESTAT_SET_TIMES), &fd);

	if (!error)
		error = bv_wasi_record_times(&args[1], &times);
	return error ? error : wasi->ops->set_times(wasi->host, fd->handle, &times);
}

/* A range that a file can have. */
static bool is_range(uint64_t offset, uint64_t len)
{
	return offset <= INT64_MAX && len <= INT64_MAX - offset;
}

/* fd, offset, len */
enum bv_wasi_errno bv_wasi_fd_allocate(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(FD_ALLOCATE), &fd);

	if (error)
		return error;
	if (!args[2].i64 || !is_range(args[1].i64, args[2].i64))
		return BV_WASI_INVAL;
	return wasi->ops->allocate(wasi->host, fd->handle, args[1].i64, args[2].i64);
}

/* fd, offset, len, advice */
enum bv_wasi_errno bv_wasi_fd_advise(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(FD_ADVISE), &fd);

	if (error)
		return error;
	if (args[3].i32 >= BV_WASI_ADVICE_COUNT || !is_range(args[1].i64, args[2].i64))
		return BV_WASI_INVAL;
	return wasi->ops->advise(wasi->host, fd->handle, args[1].i64, args[2].i64, args[3].i32);
}

/* fd */
enum bv_wasi_errno bv_wasi_fd_sync(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(FD_SYNC), &fd);

	return error ? error : wasi->ops->sync(wasi->host, fd->handle, false);
}

/* fd */
enum bv_wasi_errno bv_wasi_fd_datasync(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(FD_DATASYNC), &fd);

	return error ? error : wasi->ops->sync(wasi->host, fd->handle, true);
}

static enum bv_wasi_errno seek(struct bv_wasi *wasi, const struct bv_wasi_fd *fd, int64_t offset,
	uint32_t whence, uint32_t pointer)
{
	uint8_t *out = bv_wasi_guest(wasi, pointer, 8);
	uint64_t now = 0;
	enum bv_wasi_errno error;

	if (!out)
		return BV_WASI_FAULT;
	if (whence > BV_WASI_WHENCE_END)
		return BV_WASI_INVAL;
	error = wasi->ops->seek(wasi->host, fd->handle, offset, whence, &now);
	if (!error)
		bv_wasi_store64(out, now);
	return error;
}

static uint32_t whence_of(const struct bv_wasi *wasi, uint32_t whence)
{
	static const uint32_t preview0[] = {BV_WASI_WHENCE_CURRENT, BV_WASI_WHENCE_END,
		BV_WASI_WHENCE_SET};

	return wasi->preview0 && whence < 3 ? preview0[whence] : whence;
}

/* fd, offset, whence, ret offset. Seeking nowhere is telling. */
enum bv_wasi_errno bv_wasi_fd_seek(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint32_t whence = whence_of(wasi, args[2].i32);
	bool tells = !args[1].i64 && whence == BV_WASI_WHENCE_CURRENT;
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error =
		bv_wasi_fd_need(wasi, args[0].i32, tells ? R(FD_TELL) : R(FD_SEEK), &fd);

	return error ? error : seek(wasi, fd, (int64_t)args[1].i64, whence, args[3].i32);
}

/* fd, ret offset */
enum bv_wasi_errno bv_wasi_fd_tell(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(FD_TELL), &fd);

	return error ? error : seek(wasi, fd, 0, BV_WASI_WHENCE_CURRENT, args[1].i32);
}

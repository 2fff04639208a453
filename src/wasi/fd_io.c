/* SPDX-License-Identifier: MIT
 *
 * Reading and writing: every vector and the place of the result are checked before the effect.
 */
#include <string.h>

#include "wasi/record.h"
#include "wasi/table.h"

#define R(name) BV_WASI_RIGHT_##name

struct transfer {
	enum bv_wasi_errno (
		*move)(void *host, int handle, const struct bv_wasi_io *io, uint32_t *ret_len);
	uint64_t rights;
	uint32_t out; /* the guest's place for the number of bytes */
	struct bv_wasi_io io;
};

/* args: fd, vectors, count ... */
static enum bv_wasi_errno transfer(struct bv_wasi *wasi, const union bv_wasm_value *args,
	struct transfer *t)
{
	uint8_t *out = bv_wasi_guest(wasi, t->out, 4);
	struct bv_wasi_fd *fd = NULL;
	uint32_t done = 0;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, t->rights, &fd);

	if (error)
		return error;
	if (!out)
		return BV_WASI_FAULT;
	if (t->io.offset > INT64_MAX)
		return BV_WASI_INVAL;
	error = bv_wasi_record_vecs(wasi, args[1].i32, args[2].i32, &t->io.count);
	if (error)
		return error;
	t->io.vecs = wasi->vecs;
	t->io.stream = fd->type != BV_WASI_TYPE_REGULAR_FILE;
	t->io.nonblocking = (fd->flags & BV_WASI_FDFLAG_NONBLOCK) != 0;
	error = t->move(wasi->host, fd->handle, &t->io, &done);
	if (!error)
		bv_wasi_store32(out, done);
	return error;
}

/* fd, vectors, count, ret bytes */
enum bv_wasi_errno bv_wasi_fd_read(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct transfer t = {.move = wasi->ops->read, .rights = R(FD_READ), .out = args[3].i32};

	return transfer(wasi, args, &t);
}

/* fd, vectors, count, ret bytes */
enum bv_wasi_errno bv_wasi_fd_write(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct transfer t = {.move = wasi->ops->write, .rights = R(FD_WRITE), .out = args[3].i32};

	return transfer(wasi, args, &t);
}

/* fd, vectors, count, offset, ret bytes */
enum bv_wasi_errno bv_wasi_fd_pread(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct transfer t = {
		.move = wasi->ops->read,
		.rights = R(FD_READ) | R(FD_SEEK),
		.out = args[4].i32,
		.io = {.at = true, .offset = args[3].i64},
	};

	return transfer(wasi, args, &t);
}

/* fd, vectors, count, offset, ret bytes */
enum bv_wasi_errno bv_wasi_fd_pwrite(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct transfer t = {
		.move = wasi->ops->write,
		.rights = R(FD_WRITE) | R(FD_SEEK),
		.out = args[4].i32,
		.io = {.at = true, .offset = args[3].i64},
	};

	return transfer(wasi, args, &t);
}

/* ---- directories ---- */

struct listing {
	uint8_t *buffer;
	size_t size;
	size_t used;
};

static void put(struct listing *listing, const void *bytes, size_t len)
{
	size_t room = listing->size - listing->used;
	size_t n = len < room ? len : room;

	memcpy(listing->buffer + listing->used, bytes, n);
	listing->used += n;
}

/* The last entry is cut where the buffer ends: a buffer that is not full means that the directory
 * is at its end. */
static bool emit_entry(void *user, const struct bv_wasi_entry *entry)
{
	struct listing *listing = user;
	uint8_t header[BV_WASI_DIRENT_SIZE] = {0};

	bv_wasi_store64(header, entry->next);
	bv_wasi_store64(header + 8, entry->inode);
	bv_wasi_store32(header + 16, (uint32_t)entry->name_len);
	header[20] = (uint8_t)entry->type;
	put(listing, header, sizeof(header));
	put(listing, entry->name, entry->name_len);
	return listing->used < listing->size;
}

/* fd, buffer, size, cookie, ret used */
enum bv_wasi_errno bv_wasi_fd_readdir(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct listing listing = {.buffer = bv_wasi_guest(wasi, args[1].i32, args[2].i32),
		.size = args[2].i32};
	uint8_t *out = bv_wasi_guest(wasi, args[4].i32, 4);
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(FD_READDIR), &fd);

	if (error)
		return error;
	if (!listing.buffer || !out)
		return BV_WASI_FAULT;
	if (args[3].i64 > INT64_MAX)
		return BV_WASI_INVAL;
	if (listing.size)
		error = wasi->ops->readdir(wasi->host, fd->handle, args[3].i64, emit_entry,
			&listing);
	if (!error)
		bv_wasi_store32(out, (uint32_t)listing.used);
	return error;
}

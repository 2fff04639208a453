/* SPDX-License-Identifier: MIT
 *
 * Sockets: a guest can only accept from a listener that it was given, and talk to who connected.
 */
#include "wasi/record.h"
#include "wasi/table.h"

#define R(name) BV_WASI_RIGHT_##name

/* fd, flags, ret fd */
enum bv_wasi_errno bv_wasi_sock_accept(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint8_t *out = bv_wasi_guest(wasi, args[2].i32, 4);
	uint32_t flags = args[1].i32;
	struct bv_wasi_fd *fd = NULL;
	uint32_t slot = 0;
	int handle = -1;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, args[0].i32, R(SOCK_ACCEPT), &fd);

	if (error)
		return error;
	if (!out)
		return BV_WASI_FAULT;
	if (flags & ~BV_WASI_FDFLAG_NONBLOCK)
		return BV_WASI_INVAL;
	error = bv_wasi_fd_free_slot(wasi, &slot);
	if (!error)
		error = wasi->ops->accept(wasi->host, fd->handle,
			(fd->flags & BV_WASI_FDFLAG_NONBLOCK) != 0, &handle);
	if (error)
		return error;
	wasi->fds[slot] = (struct bv_wasi_fd){
		.open = true,
		.handle = handle,
		.type = BV_WASI_TYPE_SOCKET_STREAM,
		.root = BV_WASI_NO_ROOT,
		.flags = (uint16_t)flags,
		.base = fd->inheriting,
	};
	bv_wasi_fd_opened(wasi);
	bv_wasi_store32(out, slot);
	return BV_WASI_SUCCESS;
}

/* NOTSOCK for what is no socket, before any right is looked at. */
static enum bv_wasi_errno need_socket(struct bv_wasi *wasi, uint32_t number, uint64_t right,
	struct bv_wasi_fd **ret)
{
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = bv_wasi_fd_need(wasi, number, 0, &fd);

	if (error)
		return error;
	if (fd->type != BV_WASI_TYPE_SOCKET_STREAM && fd->type != BV_WASI_TYPE_SOCKET_DGRAM)
		return BV_WASI_NOTSOCK;
	return bv_wasi_fd_need(wasi, number, right, ret);
}

static enum bv_wasi_errno prepare(struct bv_wasi *wasi, const struct bv_wasi_fd *fd,
	const union bv_wasm_value *args, struct bv_wasi_io *io)
{
	io->vecs = wasi->vecs;
	io->stream = true;
	io->nonblocking = (fd->flags & BV_WASI_FDFLAG_NONBLOCK) != 0;
	io->flags = args[3].i32;
	return bv_wasi_record_vecs(wasi, args[1].i32, args[2].i32, &io->count);
}

/* fd, vectors, count, flags, ret bytes, ret flags */
enum bv_wasi_errno bv_wasi_sock_recv(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint8_t *out = bv_wasi_guest(wasi, args[4].i32, 4);
	uint8_t *out_flags = bv_wasi_guest(wasi, args[5].i32, 2);
	struct bv_wasi_io io = {0};
	struct bv_wasi_fd *fd = NULL;
	uint32_t done = 0;
	uint32_t flags = 0;
	enum bv_wasi_errno error = need_socket(wasi, args[0].i32, R(FD_READ), &fd);

	if (error)
		return error;
	if (args[3].i32 & ~BV_WASI_RECV_ALL)
		return BV_WASI_INVAL;
	if (!out || !out_flags)
		return BV_WASI_FAULT;
	error = prepare(wasi, fd, args, &io);
	if (!error)
		error = wasi->ops->receive(wasi->host, fd->handle, &io, &done, &flags);
	if (error)
		return error;
	bv_wasi_store32(out, done);
	bv_wasi_store16(out_flags, (uint16_t)flags);
	return BV_WASI_SUCCESS;
}

/* fd, vectors, count, flags, ret bytes */
enum bv_wasi_errno bv_wasi_sock_send(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint8_t *out = bv_wasi_guest(wasi, args[4].i32, 4);
	struct bv_wasi_io io = {0};
	struct bv_wasi_fd *fd = NULL;
	uint32_t done = 0;
	enum bv_wasi_errno error = need_socket(wasi, args[0].i32, R(FD_WRITE), &fd);

	if (error)
		return error;
	if (args[3].i32)
		return BV_WASI_INVAL;
	if (!out)
		return BV_WASI_FAULT;
	error = prepare(wasi, fd, args, &io);
	if (!error)
		error = wasi->ops->send(wasi->host, fd->handle, &io, &done);
	if (!error)
		bv_wasi_store32(out, done);
	return error;
}

/* fd, how */
enum bv_wasi_errno bv_wasi_sock_shutdown(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint32_t how = args[1].i32;
	struct bv_wasi_fd *fd = NULL;
	enum bv_wasi_errno error = need_socket(wasi, args[0].i32, R(SOCK_SHUTDOWN), &fd);

	if (error)
		return error;
	if (!how || how > (BV_WASI_SHUT_READ | BV_WASI_SHUT_WRITE))
		return BV_WASI_INVAL;
	return wasi->ops->shutdown(wasi->host, fd->handle, how);
}

/* SPDX-License-Identifier: MIT
 *
 * Moving data, and waiting for it. Nothing waits in a read or a write: streams are polled first,
 * in slices, so that a guest that is to stop does stop, and so that "nonblocking" need not be set
 * on a description that the parent shares.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sys/quiet.h"
#include "wasi/linux/host.h"

#define SLICE_NS UINT64_C(20000000)
#define SECOND_NS UINT64_C(1000000000)
/* Vectors of one write to a stream, and with PIPE_BUF its bytes: what is surely taken at once by
 * a pipe that says it can be written. */
#define STREAM_VECS 16

_Static_assert(sizeof(struct bv_wasi_vec) == sizeof(struct iovec), "laid out as an iovec");
_Static_assert(offsetof(struct bv_wasi_vec, len) == offsetof(struct iovec, iov_len),
	"laid out as an iovec");

static uint64_t now_ns(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* SUCCESS also when the time passes with nothing ready. */
static enum bv_wasi_errno wait_ready(const struct bv_wasi_linux *host, struct pollfd *fds,
	nfds_t count, uint64_t timeout_ns)
{
	uint64_t end;

	if (__builtin_add_overflow(now_ns(), timeout_ns, &end))
		end = BV_WASI_FOREVER;
	for (;;) {
		uint64_t now = now_ns();
		uint64_t left = now < end ? end - now : 0;
		uint64_t slice = host->interrupt ? SLICE_NS : SECOND_NS - 1;
		struct timespec time = {.tv_nsec = (long)(left < slice ? left : slice)};
		int n;

		if (bv_wasi_linux_interrupted(host))
			return BV_WASI_INTR;
		n = ppoll(fds, count, &time, NULL);
		if (n > 0 || (n == 0 && left <= slice))
			return BV_WASI_SUCCESS;
		if (n < 0 && errno != EINTR)
			return bv_wasi_linux_errno(errno);
	}
}

/* Until the handle can be read or written; AGAIN at once if it must not wait. */
static enum bv_wasi_errno wait_one(void *host, int handle, short events, bool nonblocking,
	short *ret_events)
{
	struct pollfd fd = {.fd = handle, .events = events};
	enum bv_wasi_errno error = wait_ready(host, &fd, 1, nonblocking ? 0 : BV_WASI_FOREVER);

	if (error)
		return error;
	if (!fd.revents)
		return BV_WASI_AGAIN;
	*ret_events = fd.revents;
	return BV_WASI_SUCCESS;
}

static const struct iovec *iovecs(const struct bv_wasi_io *io)
{
	return (const void *)io->vecs;
}

static enum bv_wasi_errno moved(ssize_t n, uint32_t *ret_len)
{
	if (n < 0)
		return bv_wasi_linux_errno(errno);
	*ret_len = (uint32_t)n;
	return BV_WASI_SUCCESS;
}

enum bv_wasi_errno bv_wasi_linux_read(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len)
{
	short events = 0;
	ssize_t n;

	if (io->stream && !io->at) {
		enum bv_wasi_errno error = wait_one(host, handle, POLLIN, io->nonblocking, &events);

		if (error)
			return error;
	}
	do {
		n = io->at ? preadv(handle, iovecs(io), (int)io->count, (off_t)io->offset)
			   : readv(handle, iovecs(io), (int)io->count);
	} while (n < 0 && errno == EINTR && !bv_wasi_linux_interrupted(host));
	return moved(n, ret_len);
}

/* ---- writing to what may have nobody at its other end ---- */

static size_t take_vecs(const struct bv_wasi_io *io, struct iovec *vecs)
{
	size_t room = PIPE_BUF;
	size_t n = 0;

	for (size_t i = 0; i < io->count && n < STREAM_VECS && room; i++) {
		size_t len = io->vecs[i].len < room ? io->vecs[i].len : room;

		if (!len)
			continue;
		vecs[n++] = (struct iovec){.iov_base = io->vecs[i].base, .iov_len = len};
		room -= len;
	}
	return n;
}

/* The signal for a broken pipe, or for a file past its limit, is for the guest, who gets an
 * error. */
static ssize_t write_quietly(int handle, const struct bv_wasi_io *io, const struct iovec *vecs,
	size_t count)
{
	struct sys_quiet quiet = sys_quiet_begin();
	ssize_t n = io->at ? pwritev(handle, vecs, (int)count, (off_t)io->offset)
			   : writev(handle, vecs, (int)count);

	sys_quiet_end(&quiet, n < 0 ? errno : 0);
	return n;
}

static enum bv_wasi_errno write_stream(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len)
{
	struct iovec vecs[STREAM_VECS];
	size_t count = take_vecs(io, vecs);
	short events = 0;
	enum bv_wasi_errno error;

	if (!count) {
		*ret_len = 0;
		return BV_WASI_SUCCESS;
	}
	error = wait_one(host, handle, POLLOUT, io->nonblocking, &events);
	return error ? error : moved(write_quietly(handle, io, vecs, count), ret_len);
}

enum bv_wasi_errno bv_wasi_linux_write(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len)
{
	ssize_t n;

	if (io->stream && !io->at)
		return write_stream(host, handle, io, ret_len);
	do {
		n = write_quietly(handle, io, iovecs(io), io->count);
	} while (n < 0 && errno == EINTR && !bv_wasi_linux_interrupted(host));
	return moved(n, ret_len);
}

/* ---- waiting for several ---- */

static void wait_result(const struct pollfd *fd, struct bv_wasi_wait *wait)
{
	int bytes = 0;

	wait->ready = fd->revents != 0;
	wait->hangup = (fd->revents & POLLHUP) != 0;
	wait->error = fd->revents & POLLNVAL ? BV_WASI_BADF : BV_WASI_SUCCESS;
	if (wait->ready && !wait->write && ioctl(fd->fd, FIONREAD, &bytes) == 0 && bytes > 0)
		wait->bytes = (uint64_t)bytes;
}

enum bv_wasi_errno bv_wasi_linux_poll(void *host, struct bv_wasi_wait *waits, size_t count,
	uint64_t timeout_ns)
{
	struct pollfd *fds = calloc(count + 1, sizeof(*fds));
	enum bv_wasi_errno error;

	if (!fds)
		return BV_WASI_NOMEM;
	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = waits[i].handle,
			.events = waits[i].write ? POLLOUT : POLLIN};
	error = wait_ready(host, fds, count, timeout_ns);
	for (size_t i = 0; i < count && !error; i++)
		wait_result(&fds[i], &waits[i]);
	free(fds);
	return error;
}

/* ---- sockets ---- */

enum bv_wasi_errno bv_wasi_linux_accept(void *host, int handle, bool nonblocking, int *ret)
{
	short events = 0;
	enum bv_wasi_errno error = wait_one(host, handle, POLLIN, nonblocking, &events);
	int fd;

	if (error)
		return error;
	fd = accept4(handle, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return bv_wasi_linux_errno(errno);
	*ret = fd;
	return BV_WASI_SUCCESS;
}

enum bv_wasi_errno bv_wasi_linux_receive(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len, uint32_t *ret_flags)
{
	struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)io->vecs,
		.msg_iovlen = io->count};
	short events = 0;
	enum bv_wasi_errno error;
	ssize_t n;

	/* Waiting for all of it could not be interrupted. */
	if (io->flags & BV_WASI_RECV_WAITALL)
		return BV_WASI_NOTSUP;
	error = wait_one(host, handle, POLLIN, io->nonblocking, &events);
	if (error)
		return error;
	n = recvmsg(handle, &message,
		MSG_DONTWAIT | (io->flags & BV_WASI_RECV_PEEK ? MSG_PEEK : 0));
	error = moved(n, ret_len);
	if (!error)
		*ret_flags = message.msg_flags & MSG_TRUNC ? BV_WASI_RECV_TRUNCATED : 0;
	return error;
}

enum bv_wasi_errno bv_wasi_linux_send(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len)
{
	struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)io->vecs,
		.msg_iovlen = io->count};
	short events = 0;
	enum bv_wasi_errno error = wait_one(host, handle, POLLOUT, io->nonblocking, &events);

	if (error)
		return error;
	return moved(sendmsg(handle, &message, MSG_DONTWAIT | MSG_NOSIGNAL), ret_len);
}

enum bv_wasi_errno bv_wasi_linux_shutdown(void *host, int handle, uint32_t how)
{
	int to = how == BV_WASI_SHUT_READ   ? SHUT_RD
		: how == BV_WASI_SHUT_WRITE ? SHUT_WR
					    : SHUT_RDWR;

	(void)host;
	return shutdown(handle, to) ? bv_wasi_linux_errno(errno) : BV_WASI_SUCCESS;
}

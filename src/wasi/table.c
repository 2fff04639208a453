/* SPDX-License-Identifier: MIT
 *
 * Rights by grant and by type, and the table they are kept in.
 */
#include "wasi/table.h"

const struct bv_wasi_fd bv_wasi_fd_none = {.handle = -1, .root = BV_WASI_NO_ROOT};

#define R(name) BV_WASI_RIGHT_##name

#define DIRECTORY_READ \
	(R(PATH_OPEN) | R(FD_READDIR) | R(PATH_READLINK) | R(PATH_FILESTAT_GET) | \
		R(FD_FILESTAT_GET) | R(FD_FDSTAT_SET_FLAGS) | R(FD_SYNC) | R(FD_DATASYNC))
/* Link and rename are writes at both ends: a hard link out of a read-only directory would be a
 * writable name of its file. */
#define DIRECTORY_WRITE \
	(R(PATH_OPEN) | R(PATH_CREATE_DIRECTORY) | R(PATH_CREATE_FILE) | R(PATH_LINK_SOURCE) | \
		R(PATH_LINK_TARGET) | R(PATH_RENAME_SOURCE) | R(PATH_RENAME_TARGET) | \
		R(PATH_FILESTAT_SET_SIZE) | R(PATH_FILESTAT_SET_TIMES) | \
		R(FD_FILESTAT_SET_TIMES) | R(PATH_SYMLINK) | R(PATH_REMOVE_DIRECTORY) | \
		R(PATH_UNLINK_FILE) | R(FD_FILESTAT_GET) | R(PATH_FILESTAT_GET) | \
		R(FD_FDSTAT_SET_FLAGS) | R(FD_SYNC) | R(FD_DATASYNC))
#define FILE_ANY \
	(R(FD_SEEK) | R(FD_TELL) | R(FD_FDSTAT_SET_FLAGS) | R(FD_SYNC) | R(FD_DATASYNC) | \
		R(FD_ADVISE) | R(FD_FILESTAT_GET) | R(POLL_FD_READWRITE))
#define FILE_WRITE \
	(R(FD_WRITE) | R(FD_ALLOCATE) | R(FD_FILESTAT_SET_SIZE) | R(FD_FILESTAT_SET_TIMES))
#define STREAM \
	(R(FD_READ) | R(FD_WRITE) | R(FD_FDSTAT_SET_FLAGS) | R(FD_SYNC) | R(FD_DATASYNC) | \
		R(FD_FILESTAT_GET) | R(POLL_FD_READWRITE))

uint64_t bv_wasi_rights_directory(bool read, bool write)
{
	return (read ? DIRECTORY_READ : 0) | (write ? DIRECTORY_WRITE : 0);
}

uint64_t bv_wasi_rights_file(bool read, bool write)
{
	if (!read && !write)
		return 0;
	return FILE_ANY | (read ? R(FD_READ) : 0) | (write ? FILE_WRITE : 0);
}

/* An output may be a file of the host's that others write too: the guest adds to it, and neither
 * goes back in it, nor cuts it, nor changes its times. */
uint64_t bv_wasi_rights_stream(bool input)
{
	uint64_t both =
		R(FD_TELL) | R(FD_FDSTAT_SET_FLAGS) | R(FD_FILESTAT_GET) | R(POLL_FD_READWRITE);

	if (input)
		return both | R(FD_READ) | R(FD_SEEK) | R(FD_ADVISE);
	return both | R(FD_WRITE) | R(FD_SYNC) | R(FD_DATASYNC);
}

uint64_t bv_wasi_rights_of_type(enum bv_wasi_filetype type, bool listener)
{
	switch (type) {
	case BV_WASI_TYPE_DIRECTORY:
		return DIRECTORY_READ | DIRECTORY_WRITE;
	case BV_WASI_TYPE_REGULAR_FILE:
		return FILE_ANY | FILE_WRITE | R(FD_READ);
	case BV_WASI_TYPE_SOCKET_DGRAM:
	case BV_WASI_TYPE_SOCKET_STREAM:
		return listener ? R(SOCK_ACCEPT) | R(POLL_FD_READWRITE) | R(FD_FDSTAT_SET_FLAGS) |
				R(FD_FILESTAT_GET)
				: STREAM | R(SOCK_SHUTDOWN);
	case BV_WASI_TYPE_CHARACTER_DEVICE:
		/* No SEEK and no TELL: that is how the guest's libc knows a terminal. */
	case BV_WASI_TYPE_BLOCK_DEVICE:
	case BV_WASI_TYPE_UNKNOWN:
		return STREAM;
	case BV_WASI_TYPE_SYMBOLIC_LINK:
		return 0;
	}
	return 0;
}

/* The type lacks the right, whoever granted what. */
static enum bv_wasi_errno type_error(const struct bv_wasi_fd *fd, uint64_t rights)
{
	if (rights & (R(SOCK_ACCEPT) | R(SOCK_SHUTDOWN)))
		return fd->listener || fd->type == BV_WASI_TYPE_SOCKET_STREAM ? BV_WASI_INVAL
									      : BV_WASI_NOTSOCK;
	if (fd->type == BV_WASI_TYPE_DIRECTORY)
		return rights & (R(FD_READ) | R(FD_SEEK) | R(FD_TELL)) ? BV_WASI_ISDIR
								       : BV_WASI_BADF;
	if (rights &
		(R(PATH_OPEN) | ((DIRECTORY_READ | DIRECTORY_WRITE) & ~(FILE_ANY | FILE_WRITE))))
		return BV_WASI_NOTDIR;
	return rights & (R(FD_SEEK) | R(FD_TELL)) ? BV_WASI_SPIPE : BV_WASI_INVAL;
}

enum bv_wasi_errno bv_wasi_fd_need(struct bv_wasi *wasi, uint32_t number, uint64_t rights,
	struct bv_wasi_fd **ret)
{
	struct bv_wasi_fd *fd;
	uint64_t foreign;

	wasi->call_fd = number;
	if (number >= wasi->fd_known || !wasi->fds[number].open)
		return BV_WASI_BADF;
	fd = &wasi->fds[number];
	foreign = rights & ~bv_wasi_rights_of_type(fd->type, fd->listener);
	if (foreign)
		return type_error(fd, foreign);
	if (rights & ~fd->base)
		return BV_WASI_NOTCAPABLE;
	*ret = fd;
	return BV_WASI_SUCCESS;
}

enum bv_wasi_errno bv_wasi_fd_free_slot(struct bv_wasi *wasi, uint32_t *ret)
{
	for (uint32_t i = 3; i < wasi->fd_known; i++) {
		if (!wasi->fds[i].open) {
			*ret = i;
			return BV_WASI_SUCCESS;
		}
	}
	if (wasi->fd_known == wasi->fd_max)
		return BV_WASI_NFILE;
	wasi->fds[wasi->fd_known] = bv_wasi_fd_none;
	*ret = wasi->fd_known++;
	return BV_WASI_SUCCESS;
}

void bv_wasi_fd_opened(struct bv_wasi *wasi)
{
	if (++wasi->fd_open > wasi->fd_most)
		wasi->fd_most = wasi->fd_open;
}

void bv_wasi_fd_close_entry(struct bv_wasi *wasi, struct bv_wasi_fd *fd)
{
	wasi->ops->close(wasi->host, fd->handle);
	*fd = bv_wasi_fd_none;
	wasi->fd_open--;
}

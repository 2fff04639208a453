/* SPDX-License-Identifier: MIT
 *
 * The Linux operations, by file; linux.c puts them in the table.
 */
#ifndef WASI_LINUX_HOST_H
#define WASI_LINUX_HOST_H

#include "wasi/linux/linux.h"

/* The error of preview1 for an errno; IO for what it has no name for. */
enum bv_wasi_errno bv_wasi_linux_errno(int errnum);
/* True when the guest is to stop. */
bool bv_wasi_linux_interrupted(const struct bv_wasi_linux *host);

/* path.c */
enum bv_wasi_errno bv_wasi_linux_open(void *host, int dir, const char *path, unsigned int flags,
	int *ret);
enum bv_wasi_errno bv_wasi_linux_resolve(void *host, int dir, const char *path, unsigned int flags,
	int *ret);
enum bv_wasi_errno bv_wasi_linux_readlink(void *host, int handle, void *buffer, size_t size,
	size_t *ret_len);
enum bv_wasi_errno bv_wasi_linux_readdir(void *host, int handle, uint64_t cookie,
	bv_wasi_emit_fn emit, void *user);
enum bv_wasi_errno bv_wasi_linux_mkdir(void *host, struct bv_wasi_place at);
enum bv_wasi_errno bv_wasi_linux_rmdir(void *host, struct bv_wasi_place at);
enum bv_wasi_errno bv_wasi_linux_unlink(void *host, struct bv_wasi_place at);
enum bv_wasi_errno bv_wasi_linux_rename(void *host, struct bv_wasi_place from,
	struct bv_wasi_place to);
enum bv_wasi_errno bv_wasi_linux_link(void *host, struct bv_wasi_place from,
	struct bv_wasi_place to);
enum bv_wasi_errno bv_wasi_linux_symlink(void *host, const char *target, struct bv_wasi_place at);

/* file.c */
void bv_wasi_linux_close(void *host, int handle);
enum bv_wasi_errno bv_wasi_linux_stat(void *host, int handle, struct bv_wasi_stat *ret);
enum bv_wasi_errno bv_wasi_linux_set_times(void *host, int handle,
	const struct bv_wasi_times *times);
enum bv_wasi_errno bv_wasi_linux_set_size(void *host, int handle, uint64_t size);
enum bv_wasi_errno bv_wasi_linux_allocate(void *host, int handle, uint64_t offset, uint64_t len);
enum bv_wasi_errno bv_wasi_linux_advise(void *host, int handle, uint64_t offset, uint64_t len,
	uint32_t advice);
enum bv_wasi_errno bv_wasi_linux_sync(void *host, int handle, bool data_only);
enum bv_wasi_errno bv_wasi_linux_set_append(void *host, int handle, bool append);
enum bv_wasi_errno bv_wasi_linux_seek(void *host, int handle, int64_t offset, uint32_t whence,
	uint64_t *ret);
enum bv_wasi_filetype bv_wasi_linux_type(uint32_t mode);

/* stream.c */
enum bv_wasi_errno bv_wasi_linux_read(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len);
enum bv_wasi_errno bv_wasi_linux_write(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len);
enum bv_wasi_errno bv_wasi_linux_poll(void *host, struct bv_wasi_wait *waits, size_t count,
	uint64_t timeout_ns);
enum bv_wasi_errno bv_wasi_linux_accept(void *host, int handle, bool nonblocking, int *ret);
enum bv_wasi_errno bv_wasi_linux_receive(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len, uint32_t *ret_flags);
enum bv_wasi_errno bv_wasi_linux_send(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len);
enum bv_wasi_errno bv_wasi_linux_shutdown(void *host, int handle, uint32_t how);

#endif

/* SPDX-License-Identifier: MIT
 *
 * What WASI asks of the machine: one small table of operations on handles. A handle is a number
 * that the host made; whoever holds the table's state knows what it means (on Linux, a
 * descriptor). All operations return an error of preview1 and leave outputs untouched on failure.
 *
 * Two rules make the boundary, and the guest's side of WASI never breaks them:
 *  - open() and resolve() get a whole path of the guest's, and must not leave `dir`, whatever
 *    links, dots and slashes it holds. It has no NUL and is not empty; everything else it may.
 *  - The operations that take a name get one bare component: no slash, not empty, not "." or
 *    "..", at most BV_WASI_NAME_MAX bytes. They must not follow a link of that name.
 */
#ifndef WASI_HOST_H
#define WASI_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasi/abi.h"

#define BV_WASI_PATH_MAX 4096
#define BV_WASI_NAME_MAX 255
#define BV_WASI_VECS_MAX 1024
#define BV_WASI_FOREVER UINT64_MAX

/* Laid out as a struct iovec. */
struct bv_wasi_vec {
	void *base;
	size_t len;
};

struct bv_wasi_io {
	const struct bv_wasi_vec *vecs;
	size_t count;
	bool at; /* at `offset`; the handle's own stays where it is */
	uint64_t offset;
	bool stream; /* may block: wait for it, unless nonblocking, and honour interrupts */
	bool nonblocking;
	uint32_t flags; /* of a receive */
};

struct bv_wasi_stat {
	uint64_t device;
	uint64_t inode;
	uint64_t links;
	uint64_t size;
	uint64_t accessed_ns;
	uint64_t modified_ns;
	uint64_t changed_ns;
	enum bv_wasi_filetype type;
	bool is_terminal;
};

struct bv_wasi_times {
	uint64_t accessed_ns;
	uint64_t modified_ns;
	uint32_t flags; /* BV_WASI_TIME_* */
};

struct bv_wasi_entry {
	uint64_t next; /* the cookie that continues after this entry */
	uint64_t inode;
	enum bv_wasi_filetype type;
	const char *name;
	size_t name_len;
};

/* False: no more entries are wanted. */
typedef bool (*bv_wasi_emit_fn)(void *user, const struct bv_wasi_entry *entry);

struct bv_wasi_wait {
	int handle;
	bool write;
	bool ready;
	bool hangup;
	uint64_t bytes;
	enum bv_wasi_errno error;
};

struct bv_wasi_place {
	int parent;
	const char *name;
};

enum bv_wasi_open_flag {
	BV_WASI_OPEN_READ = 1,
	BV_WASI_OPEN_WRITE = 2,
	BV_WASI_OPEN_CREATE = 4,
	BV_WASI_OPEN_EXCLUSIVE = 8,
	BV_WASI_OPEN_TRUNCATE = 16,
	BV_WASI_OPEN_APPEND = 32,
	BV_WASI_OPEN_DIRECTORY = 64,
	BV_WASI_OPEN_FOLLOW = 128, /* the last component, if it is a link */
	BV_WASI_OPEN_DSYNC = 256,
	BV_WASI_OPEN_SYNC = 512,
};

struct bv_wasi_host_ops {
	/* A regular file or a directory; anything else is ACCES. Never blocks. */
	enum bv_wasi_errno (
		*open)(void *host, int dir, const char *path, unsigned int flags, int *ret);
	/* What is at a path, of any type, for stat, set_times, readlink and as a parent.
	 * Flags: DIRECTORY and FOLLOW. */
	enum bv_wasi_errno (
		*resolve)(void *host, int dir, const char *path, unsigned int flags, int *ret);
	void (*close)(void *host, int handle);

	enum bv_wasi_errno (*stat)(void *host, int handle, struct bv_wasi_stat *ret);
	enum bv_wasi_errno (*set_times)(void *host, int handle, const struct bv_wasi_times *times);
	enum bv_wasi_errno (*set_size)(void *host, int handle, uint64_t size);
	/* May lengthen the file, never shortens it. */
	enum bv_wasi_errno (*allocate)(void *host, int handle, uint64_t offset, uint64_t len);
	enum bv_wasi_errno (
		*advise)(void *host, int handle, uint64_t offset, uint64_t len, uint32_t advice);
	enum bv_wasi_errno (*sync)(void *host, int handle, bool data_only);
	enum bv_wasi_errno (*set_append)(void *host, int handle, bool append);
	enum bv_wasi_errno (
		*read)(void *host, int handle, const struct bv_wasi_io *io, uint32_t *ret_len);
	enum bv_wasi_errno (
		*write)(void *host, int handle, const struct bv_wasi_io *io, uint32_t *ret_len);
	enum bv_wasi_errno (
		*seek)(void *host, int handle, int64_t offset, uint32_t whence, uint64_t *ret);
	enum bv_wasi_errno (
		*readlink)(void *host, int handle, void *buffer, size_t size, size_t *ret_len);
	/* Entries from a cookie on; 0 starts anew. Cookies come from the guest: any number. */
	enum bv_wasi_errno (*readdir)(void *host, int handle, uint64_t cookie, bv_wasi_emit_fn emit,
		void *user);

	enum bv_wasi_errno (*mkdir)(void *host, struct bv_wasi_place at);
	enum bv_wasi_errno (*rmdir)(void *host, struct bv_wasi_place at);
	enum bv_wasi_errno (*unlink)(void *host, struct bv_wasi_place at);
	enum bv_wasi_errno (
		*rename)(void *host, struct bv_wasi_place from, struct bv_wasi_place to);
	enum bv_wasi_errno (*link)(void *host, struct bv_wasi_place from, struct bv_wasi_place to);
	enum bv_wasi_errno (*symlink)(void *host, const char *target, struct bv_wasi_place at);

	enum bv_wasi_errno (*clock)(void *host, uint32_t id, uint64_t *ret_ns);
	enum bv_wasi_errno (*clock_resolution)(void *host, uint32_t id, uint64_t *ret_ns);
	/* Until one is ready or the time has passed; INTR when the guest is to stop. */
	enum bv_wasi_errno (
		*poll)(void *host, struct bv_wasi_wait *waits, size_t count, uint64_t timeout_ns);
	enum bv_wasi_errno (*random)(void *host, void *buffer, size_t len);
	void (*yield)(void *host);

	enum bv_wasi_errno (*accept)(void *host, int handle, bool nonblocking, int *ret);
	enum bv_wasi_errno (*receive)(void *host, int handle, const struct bv_wasi_io *io,
		uint32_t *ret_len, uint32_t *ret_flags);
	enum bv_wasi_errno (
		*send)(void *host, int handle, const struct bv_wasi_io *io, uint32_t *ret_len);
	enum bv_wasi_errno (*shutdown)(void *host, int handle, uint32_t how);
};

#endif

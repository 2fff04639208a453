/* SPDX-License-Identifier: MIT
 *
 * The outputs of a guest in this process against the storage budget. Nobody else looks while it
 * runs, so each call that can make a file grow does: every 50 ms, and before what was written since
 * the last look could have filled what was left. It is still by looking, as in a worker: what one
 * call writes is written, and then the guest is stopped for it.
 */
#include <time.h>

#include "inside.h"

/* What a name may cost its directory, and what a directory is made of. */
#define NAME_BYTES 256
#define DIRECTORY_BYTES 4096
/* A look costs a walk, so there is none for less than this part of the budget. */
#define LOOK_SHARE 32

static int64_t storage_now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void storage_grew(struct inside *inside, uint64_t bytes)
{
	uint64_t limit = out_limit(inside->run->spec), least = limit / LOOK_SHARE + DIRECTORY_BYTES;
	struct outputs *outputs = &inside->run->out.outputs;
	uint64_t left = outputs->bytes < limit ? limit - outputs->bytes : 0;
	uint64_t looks = outputs->measured_count;

	if (!outputs->count)
		return;
	inside->grown += bytes < UINT64_MAX - inside->grown ? bytes : UINT64_MAX - inside->grown;
	if (inside->grown > (left > least ? left : least))
		outputs->measure_ms = 0;
	outputs_watch(outputs, limit, storage_now_ms());
	if (outputs->measured_count != looks)
		inside->grown = 0;
	if (outputs->exceeded)
		inside->watcher.stop = 1;
}

static enum bv_wasi_errno storage_open(void *host, int dir, const char *path, unsigned int flags,
	int *ret)
{
	enum bv_wasi_errno error = bv_wasi_linux_ops.open(host, dir, path, flags, ret);

	if (!error && (flags & BV_WASI_OPEN_CREATE))
		storage_grew(host, NAME_BYTES);
	return error;
}

static enum bv_wasi_errno storage_allocate(void *host, int handle, uint64_t offset, uint64_t len)
{
	enum bv_wasi_errno error = bv_wasi_linux_ops.allocate(host, handle, offset, len);

	if (!error)
		storage_grew(host, len);
	return error;
}

static enum bv_wasi_errno storage_mkdir(void *host, struct bv_wasi_place at)
{
	enum bv_wasi_errno error = bv_wasi_linux_ops.mkdir(host, at);

	if (!error)
		storage_grew(host, DIRECTORY_BYTES);
	return error;
}

/* Whatever is moved or linked in may be of any size, and counts from now on. */
static enum bv_wasi_errno storage_link(void *host, struct bv_wasi_place from,
	struct bv_wasi_place to)
{
	enum bv_wasi_errno error = bv_wasi_linux_ops.link(host, from, to);

	if (!error)
		storage_grew(host, UINT64_MAX);
	return error;
}

static enum bv_wasi_errno storage_rename(void *host, struct bv_wasi_place from,
	struct bv_wasi_place to)
{
	enum bv_wasi_errno error = bv_wasi_linux_ops.rename(host, from, to);

	if (!error)
		storage_grew(host, UINT64_MAX);
	return error;
}

static enum bv_wasi_errno storage_symlink(void *host, const char *target, struct bv_wasi_place at)
{
	enum bv_wasi_errno error = bv_wasi_linux_ops.symlink(host, target, at);

	if (!error)
		storage_grew(host, DIRECTORY_BYTES);
	return error;
}

void storage_ops(struct bv_wasi_host_ops *ops)
{
	ops->open = storage_open;
	ops->allocate = storage_allocate;
	ops->mkdir = storage_mkdir;
	ops->link = storage_link;
	ops->rename = storage_rename;
	ops->symlink = storage_symlink;
}

/* SPDX-License-Identifier: MIT
 *
 * path_open: from rights asked for to a host's open, and from what was opened to rights given.
 *
 * Tools ask for huge masks. What the directory does not pass on is dropped, and the guest can see
 * so in fdstat; but reading or writing that was asked for and not granted is refused outright.
 */
#include <string.h>

#include "wasi/guest.h"
#include "wasi/path.h"
#include "wasi/table.h"

#define ESSENTIAL (BV_WASI_RIGHT_FD_READ | BV_WASI_RIGHT_FD_WRITE)
#define NEEDS_WRITE \
	(BV_WASI_RIGHT_FD_WRITE | BV_WASI_RIGHT_FD_ALLOCATE | BV_WASI_RIGHT_FD_FILESTAT_SET_SIZE)

struct opening {
	uint32_t lookup;
	uint32_t oflags;
	uint64_t base;
	uint64_t inheriting;
	uint32_t fdflags;
	uint32_t slot;
};

static uint64_t directory_rights(uint32_t oflags)
{
	return BV_WASI_RIGHT_PATH_OPEN |
		(oflags & BV_WASI_OFLAG_CREAT ? BV_WASI_RIGHT_PATH_CREATE_FILE : 0) |
		(oflags & BV_WASI_OFLAG_TRUNC ? BV_WASI_RIGHT_PATH_FILESTAT_SET_SIZE : 0);
}

static unsigned int flags_of(const struct opening *opening)
{
	static const struct {
		uint32_t guest;
		unsigned int host;
	} oflags[] =
		{
			{BV_WASI_OFLAG_CREAT, BV_WASI_OPEN_CREATE},
			{BV_WASI_OFLAG_DIRECTORY, BV_WASI_OPEN_DIRECTORY},
			{BV_WASI_OFLAG_EXCL, BV_WASI_OPEN_EXCLUSIVE},
			{BV_WASI_OFLAG_TRUNC, BV_WASI_OPEN_TRUNCATE},
		},
	  fdflags[] = {
		  {BV_WASI_FDFLAG_APPEND, BV_WASI_OPEN_APPEND},
		  {BV_WASI_FDFLAG_DSYNC, BV_WASI_OPEN_DSYNC},
		  {BV_WASI_FDFLAG_RSYNC, BV_WASI_OPEN_SYNC},
		  {BV_WASI_FDFLAG_SYNC, BV_WASI_OPEN_SYNC},
	  };
	unsigned int flags = opening->lookup & BV_WASI_LOOKUP_FOLLOW ? BV_WASI_OPEN_FOLLOW : 0;

	for (size_t i = 0; i < sizeof(oflags) / sizeof(oflags[0]); i++)
		flags |= opening->oflags & oflags[i].guest ? oflags[i].host : 0;
	for (size_t i = 0; i < sizeof(fdflags) / sizeof(fdflags[0]); i++)
		flags |= opening->fdflags & fdflags[i].guest ? fdflags[i].host : 0;
	if (opening->base & NEEDS_WRITE)
		flags |= BV_WASI_OPEN_WRITE;
	/* No rights at all is a legal wish, and something must be opened. */
	if ((opening->base & (BV_WASI_RIGHT_FD_READ | BV_WASI_RIGHT_FD_READDIR)) ||
		!(flags & BV_WASI_OPEN_WRITE))
		flags |= BV_WASI_OPEN_READ;
	return flags;
}

static enum bv_wasi_errno check(const struct opening *opening)
{
	if ((opening->lookup & ~BV_WASI_LOOKUP_FOLLOW) || (opening->oflags & ~BV_WASI_OFLAGS_ALL) ||
		(opening->fdflags & ~BV_WASI_FDFLAGS_ALL))
		return BV_WASI_INVAL;
	if ((opening->oflags & BV_WASI_OFLAG_DIRECTORY) &&
		(opening->oflags & (BV_WASI_OFLAG_CREAT | BV_WASI_OFLAG_TRUNC)))
		return BV_WASI_INVAL;
	return BV_WASI_SUCCESS;
}

static void install_path(struct bv_wasi_fd *fd, const struct bv_wasi_fd *dir,
	const struct bv_wasi_path *path)
{
	const size_t most = BV_WASI_FD_PATH - 1;
	size_t at = strlen(dir->path), len;

	memcpy(fd->path, dir->path, at);
	if (at && at < most)
		fd->path[at++] = '/';
	len = path->len < most - at ? path->len : most - at;
	memcpy(fd->path + at, path->text, len);
	fd->path[at + len] = 0;
}

static enum bv_wasi_errno install(struct bv_wasi *wasi, const struct bv_wasi_fd *dir,
	const struct opening *opening, int handle, uint32_t *ret)
{
	struct bv_wasi_stat st = {0};
	enum bv_wasi_errno error = wasi->ops->stat(wasi->host, handle, &st);
	uint64_t kept;

	if (error) {
		wasi->ops->close(wasi->host, handle);
		return error;
	}
	kept = bv_wasi_rights_of_type(st.type, false);
	wasi->fds[opening->slot] = (struct bv_wasi_fd){
		.open = true,
		.handle = handle,
		.type = st.type,
		.root = dir->root,
		.flags = (uint16_t)opening->fdflags,
		.base = opening->base & kept,
		/* Nothing is opened through a file. */
		.inheriting = st.type == BV_WASI_TYPE_DIRECTORY ? opening->inheriting : 0,
	};
	install_path(&wasi->fds[opening->slot], dir, &wasi->paths[0]);
	bv_wasi_fd_opened(wasi);
	*ret = opening->slot;
	return BV_WASI_SUCCESS;
}

static enum bv_wasi_errno open_at(struct bv_wasi *wasi, const struct bv_wasi_fd *dir,
	struct opening *opening, uint32_t *ret)
{
	int handle = -1;
	enum bv_wasi_errno error = check(opening);

	if (error)
		return error;
	if (opening->base & ESSENTIAL & ~dir->inheriting)
		return BV_WASI_NOTCAPABLE;
	opening->base &= dir->inheriting;
	opening->inheriting &= dir->inheriting;
	error = bv_wasi_fd_free_slot(wasi, &opening->slot);
	if (error)
		return error;
	error = wasi->ops->open(wasi->host, dir->handle, wasi->paths[0].text, flags_of(opening),
		&handle);
	return error ? error : install(wasi, dir, opening, handle, ret);
}

/* fd, lookup, path, len, oflags, base, inheriting, fdflags, ret fd */
enum bv_wasi_errno bv_wasi_path_open(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	struct opening opening = {
		.lookup = args[1].i32,
		.oflags = args[4].i32,
		.base = args[5].i64,
		.inheriting = args[6].i64,
		.fdflags = args[7].i32,
	};
	uint8_t *out = bv_wasi_guest(wasi, args[8].i32, 4);
	enum bv_wasi_errno path = bv_wasi_path_read(wasi, 0, args[2].i32, args[3].i32);
	struct bv_wasi_fd *dir = NULL;
	uint32_t number = 0;
	enum bv_wasi_errno error =
		bv_wasi_fd_need(wasi, args[0].i32, directory_rights(opening.oflags), &dir);

	if (!error)
		error = path;
	if (!error && !out)
		error = BV_WASI_FAULT;
	if (!error)
		error = open_at(wasi, dir, &opening, &number);
	if (!error)
		bv_wasi_store32(out, number);
	return error;
}

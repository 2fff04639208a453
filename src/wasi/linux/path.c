/* SPDX-License-Identifier: MIT
 *
 * Paths and names on Linux. A path with a slash in it reaches the kernel through openat2 beneath
 * a directory, and in no other way; every *at call here gets one bare component, or none.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/call.h"
#include "sys/fd.h"
#include "wasi/linux/host.h"

/* A rename elsewhere can make the walk of ".." unsure, and the kernel says "again". */
#define AGAIN_MAX 64

static int beneath(int dir, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? 0666 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	for (int i = 0;; i++) {
		int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));

		if (fd >= 0 || (errno != EINTR && errno != EAGAIN) || i == AGAIN_MAX)
			return fd;
	}
}

/* EXDEV is how RESOLVE_BENEATH says that the path led outside. */
static enum bv_wasi_errno walk_error(void)
{
	return errno == EXDEV ? BV_WASI_NOTCAPABLE : bv_wasi_linux_errno(errno);
}

enum bv_wasi_errno bv_wasi_linux_resolve(void *host, int dir, const char *path, unsigned int flags,
	int *ret)
{
	int fd = beneath(dir, path,
		O_PATH | (flags & BV_WASI_OPEN_FOLLOW ? 0 : O_NOFOLLOW) |
			(flags & BV_WASI_OPEN_DIRECTORY ? O_DIRECTORY : 0));

	(void)host;
	if (fd < 0)
		return walk_error();
	*ret = fd;
	return BV_WASI_SUCCESS;
}

static int open_flags(unsigned int flags)
{
	static const struct {
		unsigned int from;
		int to;
	} map[] = {
		{BV_WASI_OPEN_CREATE, O_CREAT},
		{BV_WASI_OPEN_EXCLUSIVE, O_EXCL},
		{BV_WASI_OPEN_TRUNCATE, O_TRUNC},
		{BV_WASI_OPEN_APPEND, O_APPEND},
		{BV_WASI_OPEN_DIRECTORY, O_DIRECTORY},
		{BV_WASI_OPEN_DSYNC, O_DSYNC},
		{BV_WASI_OPEN_SYNC, O_SYNC},
	};
	/* Not blocking: on what may be opened here it means nothing, and what may not be opened
	 * must not hold us before we have seen what it is. */
	int to = O_NONBLOCK | O_NOCTTY | (flags & BV_WASI_OPEN_FOLLOW ? 0 : O_NOFOLLOW);

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		to |= flags & map[i].from ? map[i].to : 0;
	if (!(flags & BV_WASI_OPEN_WRITE))
		return to | O_RDONLY;
	return to | (flags & BV_WASI_OPEN_READ ? O_RDWR : O_WRONLY);
}

static enum bv_wasi_errno type_allowed(mode_t mode)
{
	if (S_ISREG(mode) || S_ISDIR(mode))
		return BV_WASI_SUCCESS;
	/* Pipes, sockets and devices lead out of the granted tree. */
	return S_ISLNK(mode) ? BV_WASI_LOOP : BV_WASI_ACCES;
}

/* Looks before opening: opening a device is an act of its own. NOENT: there is nothing yet. */
static enum bv_wasi_errno look(int dir, const char *path, unsigned int flags, mode_t *ret)
{
	struct stat st;
	CLEANUP_FD int fd = beneath(dir, path,
		O_PATH | (flags & BV_WASI_OPEN_FOLLOW ? 0 : O_NOFOLLOW) |
			(flags & BV_WASI_OPEN_DIRECTORY ? O_DIRECTORY : 0));

	if (fd < 0)
		return walk_error();
	if (fstat(fd, &st))
		return bv_wasi_linux_errno(errno);
	*ret = st.st_mode;
	return BV_WASI_SUCCESS;
}

static enum bv_wasi_errno open_directory(int dir, const char *path, unsigned int flags, int *ret)
{
	int follow = flags & BV_WASI_OPEN_FOLLOW ? 0 : O_NOFOLLOW;
	int fd;

	if (flags & (BV_WASI_OPEN_CREATE | BV_WASI_OPEN_WRITE | BV_WASI_OPEN_TRUNCATE))
		return BV_WASI_ISDIR;
	fd = beneath(dir, path, O_RDONLY | O_DIRECTORY | follow);
	if (fd < 0 && errno == EACCES)
		fd = beneath(dir, path, O_PATH | O_DIRECTORY | follow);
	if (fd < 0)
		return walk_error();
	*ret = fd;
	return BV_WASI_SUCCESS;
}

static enum bv_wasi_errno open_file(int dir, const char *path, unsigned int flags, int *ret)
{
	struct stat st;
	enum bv_wasi_errno error;
	CLEANUP_FD int fd = beneath(dir, path, open_flags(flags));

	if (fd < 0)
		return walk_error();
	/* Somebody may have put another thing there since we looked. */
	if (fstat(fd, &st))
		return bv_wasi_linux_errno(errno);
	error = type_allowed(st.st_mode);
	if (error)
		return error;
	*ret = fd_take(&fd);
	return BV_WASI_SUCCESS;
}

enum bv_wasi_errno bv_wasi_linux_open(void *host, int dir, const char *path, unsigned int flags,
	int *ret)
{
	mode_t mode = S_IFREG;
	enum bv_wasi_errno error = look(dir, path, flags, &mode);

	(void)host;
	if (error == BV_WASI_NOENT && (flags & BV_WASI_OPEN_CREATE))
		return open_file(dir, path, flags, ret);
	if (error)
		return error;
	if ((flags & BV_WASI_OPEN_CREATE) && (flags & BV_WASI_OPEN_EXCLUSIVE))
		return BV_WASI_EXIST;
	error = type_allowed(mode);
	if (error)
		return error;
	return S_ISDIR(mode) ? open_directory(dir, path, flags, ret)
			     : open_file(dir, path, flags, ret);
}

enum bv_wasi_errno bv_wasi_linux_readlink(void *host, int handle, void *buffer, size_t size,
	size_t *ret_len)
{
	struct stat st;
	ssize_t n;

	(void)host;
	if (fstat(handle, &st))
		return bv_wasi_linux_errno(errno);
	if (!S_ISLNK(st.st_mode))
		return BV_WASI_INVAL;
	/* The kernel takes an int, and refuses 0, which preview1 allows. */
	if (!size) {
		*ret_len = 0;
		return BV_WASI_SUCCESS;
	}
	n = readlinkat(handle, "", buffer, size < BV_WASI_PATH_MAX ? size : BV_WASI_PATH_MAX);
	if (n < 0)
		return bv_wasi_linux_errno(errno);
	*ret_len = (size_t)n;
	return BV_WASI_SUCCESS;
}

/* ---- directories ---- */

struct raw_entry {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	char d_name[];
};

static enum bv_wasi_filetype entry_type(uint8_t type)
{
	return bv_wasi_linux_type((uint32_t)DTTOIF(type));
}

/* False: no more are wanted. */
static bool emit_all(const char *bytes, size_t len, bv_wasi_emit_fn emit, void *user)
{
	for (size_t at = 0; at < len;) {
		const struct raw_entry *raw = (const void *)(bytes + at);
		struct bv_wasi_entry entry = {
			.next = (uint64_t)raw->d_off,
			.inode = raw->d_ino,
			.type = entry_type(raw->d_type),
			.name = raw->d_name,
			.name_len = strlen(raw->d_name),
		};

		if (!emit(user, &entry))
			return false;
		at += raw->d_reclen;
	}
	return true;
}

enum bv_wasi_errno bv_wasi_linux_readdir(void *host, int handle, uint64_t cookie,
	bv_wasi_emit_fn emit, void *user)
{
	_Alignas(struct raw_entry) char bytes[4096];
	long n;

	(void)host;
	if (lseek(handle, (off_t)cookie, SEEK_SET) < 0)
		/* A directory that may not be listed was opened as a mere place. */
		return errno == EBADF ? BV_WASI_ACCES : bv_wasi_linux_errno(errno);
	do {
		n = syscall(SYS_getdents64, handle, bytes, sizeof(bytes));
		if (n < 0)
			return bv_wasi_linux_errno(errno);
	} while (n > 0 && emit_all(bytes, (size_t)n, emit, user));
	return BV_WASI_SUCCESS;
}

/* ---- one bare name ---- */

static enum bv_wasi_errno result(int code)
{
	return code ? bv_wasi_linux_errno(errno) : BV_WASI_SUCCESS;
}

enum bv_wasi_errno bv_wasi_linux_mkdir(void *host, struct bv_wasi_place at)
{
	(void)host;
	return result(mkdirat(at.parent, at.name, 0777));
}

enum bv_wasi_errno bv_wasi_linux_rmdir(void *host, struct bv_wasi_place at)
{
	(void)host;
	return result(unlinkat(at.parent, at.name, AT_REMOVEDIR));
}

enum bv_wasi_errno bv_wasi_linux_unlink(void *host, struct bv_wasi_place at)
{
	(void)host;
	return result(unlinkat(at.parent, at.name, 0));
}

enum bv_wasi_errno bv_wasi_linux_rename(void *host, struct bv_wasi_place from,
	struct bv_wasi_place to)
{
	(void)host;
	return result(renameat(from.parent, from.name, to.parent, to.name));
}

enum bv_wasi_errno bv_wasi_linux_link(void *host, struct bv_wasi_place from,
	struct bv_wasi_place to)
{
	(void)host;
	return result(linkat(from.parent, from.name, to.parent, to.name, 0));
}

enum bv_wasi_errno bv_wasi_linux_symlink(void *host, const char *target, struct bv_wasi_place at)
{
	(void)host;
	return result(symlinkat(target, at.parent, at.name));
}

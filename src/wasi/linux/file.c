/* SPDX-License-Identifier: MIT
 *
 * What is done to an open file by its descriptor, other than moving data.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/quiet.h"
#include "wasi/linux/host.h"

#define SECOND_NS UINT64_C(1000000000)

static enum bv_wasi_errno result(int code)
{
	return code ? bv_wasi_linux_errno(errno) : BV_WASI_SUCCESS;
}

void bv_wasi_linux_close(void *host, int handle)
{
	(void)host;
	close(handle);
}

enum bv_wasi_filetype bv_wasi_linux_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return BV_WASI_TYPE_REGULAR_FILE;
	case S_IFDIR:
		return BV_WASI_TYPE_DIRECTORY;
	case S_IFLNK:
		return BV_WASI_TYPE_SYMBOLIC_LINK;
	case S_IFCHR:
		return BV_WASI_TYPE_CHARACTER_DEVICE;
	case S_IFBLK:
		return BV_WASI_TYPE_BLOCK_DEVICE;
	case S_IFSOCK:
		return BV_WASI_TYPE_SOCKET_STREAM;
	default:
		return BV_WASI_TYPE_UNKNOWN; /* preview1 has no word for a pipe */
	}
}

/* What lies before 1970 is its start, what is too far ahead the end of time. */
static uint64_t nanoseconds(struct timespec time)
{
	if (time.tv_sec < 0)
		return 0;
	if ((uint64_t)time.tv_sec >= UINT64_MAX / SECOND_NS)
		return UINT64_MAX;
	return (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_nsec;
}

enum bv_wasi_errno bv_wasi_linux_stat(void *host, int handle, struct bv_wasi_stat *ret)
{
	struct stat st;

	(void)host;
	if (fstat(handle, &st))
		return bv_wasi_linux_errno(errno);
	*ret = (struct bv_wasi_stat){
		.device = st.st_dev,
		.inode = st.st_ino,
		.links = st.st_nlink,
		.size = (uint64_t)st.st_size,
		.accessed_ns = nanoseconds(st.st_atim),
		.modified_ns = nanoseconds(st.st_mtim),
		.changed_ns = nanoseconds(st.st_ctim),
		.type = bv_wasi_linux_type(st.st_mode),
		.is_terminal = S_ISCHR(st.st_mode) && isatty(handle),
	};
	return BV_WASI_SUCCESS;
}

static struct timespec time_of(uint64_t ns, bool set, bool now)
{
	struct timespec time = {.tv_nsec = UTIME_OMIT};

	if (now)
		time.tv_nsec = UTIME_NOW;
	else if (set)
		time = (struct timespec){.tv_sec = (time_t)(ns / SECOND_NS),
			.tv_nsec = (long)(ns % SECOND_NS)};
	return time;
}

/* By the descriptor itself, which may be one that only names the file. */
enum bv_wasi_errno bv_wasi_linux_set_times(void *host, int handle,
	const struct bv_wasi_times *times)
{
	const struct timespec both[2] = {
		time_of(times->accessed_ns, times->flags & BV_WASI_TIME_ACCESS,
			times->flags & BV_WASI_TIME_ACCESS_NOW),
		time_of(times->modified_ns, times->flags & BV_WASI_TIME_MODIFY,
			times->flags & BV_WASI_TIME_MODIFY_NOW),
	};

	(void)host;
	return result(utimensat(handle, "", both, AT_EMPTY_PATH));
}

enum bv_wasi_errno bv_wasi_linux_set_size(void *host, int handle, uint64_t size)
{
	struct sys_quiet quiet = sys_quiet_begin();
	int code = ftruncate(handle, (off_t)size);

	(void)host;
	sys_quiet_end(&quiet, code ? errno : 0);
	return result(code);
}

enum bv_wasi_errno bv_wasi_linux_allocate(void *host, int handle, uint64_t offset, uint64_t len)
{
	struct sys_quiet quiet = sys_quiet_begin();
	int code = fallocate(handle, 0, (off_t)offset, (off_t)len);

	(void)host;
	sys_quiet_end(&quiet, code ? errno : 0);
	return result(code);
}

enum bv_wasi_errno bv_wasi_linux_advise(void *host, int handle, uint64_t offset, uint64_t len,
	uint32_t advice)
{
	static const int advices[BV_WASI_ADVICE_COUNT] = {POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL,
		POSIX_FADV_RANDOM, POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE};
	int errnum = posix_fadvise(handle, (off_t)offset, (off_t)len, advices[advice]);

	(void)host;
	return errnum ? bv_wasi_linux_errno(errnum) : BV_WASI_SUCCESS;
}

enum bv_wasi_errno bv_wasi_linux_sync(void *host, int handle, bool data_only)
{
	(void)host;
	return result(data_only ? fdatasync(handle) : fsync(handle));
}

enum bv_wasi_errno bv_wasi_linux_set_append(void *host, int handle, bool append)
{
	int flags = fcntl(handle, F_GETFL);

	(void)host;
	if (flags < 0)
		return bv_wasi_linux_errno(errno);
	return result(fcntl(handle, F_SETFL, append ? flags | O_APPEND : flags & ~O_APPEND));
}

enum bv_wasi_errno bv_wasi_linux_seek(void *host, int handle, int64_t offset, uint32_t whence,
	uint64_t *ret)
{
	static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
	off_t now = lseek(handle, offset, whences[whence]);

	(void)host;
	if (now < 0)
		return bv_wasi_linux_errno(errno);
	*ret = (uint64_t)now;
	return BV_WASI_SUCCESS;
}

/* SPDX-License-Identifier: MIT
 *
 * Numbers of the preview1 binary interface: errors, rights, types, flags, and the sizes of the
 * records that cross guest memory. They are the specification's and never change.
 */
#ifndef WASI_ABI_H
#define WASI_ABI_H

#include <stdint.h>

enum bv_wasi_errno {
	BV_WASI_SUCCESS = 0,
#define BV_WASI_ERRNO(name, number) BV_WASI_##name = number,
#include "wasi/errno.def"
#undef BV_WASI_ERRNO
	BV_WASI_NOTCAPABLE = 76,
};

#define BV_WASI_RIGHT_FD_DATASYNC (UINT64_C(1) << 0)
#define BV_WASI_RIGHT_FD_READ (UINT64_C(1) << 1)
#define BV_WASI_RIGHT_FD_SEEK (UINT64_C(1) << 2)
#define BV_WASI_RIGHT_FD_FDSTAT_SET_FLAGS (UINT64_C(1) << 3)
#define BV_WASI_RIGHT_FD_SYNC (UINT64_C(1) << 4)
#define BV_WASI_RIGHT_FD_TELL (UINT64_C(1) << 5)
#define BV_WASI_RIGHT_FD_WRITE (UINT64_C(1) << 6)
#define BV_WASI_RIGHT_FD_ADVISE (UINT64_C(1) << 7)
#define BV_WASI_RIGHT_FD_ALLOCATE (UINT64_C(1) << 8)
#define BV_WASI_RIGHT_PATH_CREATE_DIRECTORY (UINT64_C(1) << 9)
#define BV_WASI_RIGHT_PATH_CREATE_FILE (UINT64_C(1) << 10)
#define BV_WASI_RIGHT_PATH_LINK_SOURCE (UINT64_C(1) << 11)
#define BV_WASI_RIGHT_PATH_LINK_TARGET (UINT64_C(1) << 12)
#define BV_WASI_RIGHT_PATH_OPEN (UINT64_C(1) << 13)
#define BV_WASI_RIGHT_FD_READDIR (UINT64_C(1) << 14)
#define BV_WASI_RIGHT_PATH_READLINK (UINT64_C(1) << 15)
#define BV_WASI_RIGHT_PATH_RENAME_SOURCE (UINT64_C(1) << 16)
#define BV_WASI_RIGHT_PATH_RENAME_TARGET (UINT64_C(1) << 17)
#define BV_WASI_RIGHT_PATH_FILESTAT_GET (UINT64_C(1) << 18)
#define BV_WASI_RIGHT_PATH_FILESTAT_SET_SIZE (UINT64_C(1) << 19)
#define BV_WASI_RIGHT_PATH_FILESTAT_SET_TIMES (UINT64_C(1) << 20)
#define BV_WASI_RIGHT_FD_FILESTAT_GET (UINT64_C(1) << 21)
#define BV_WASI_RIGHT_FD_FILESTAT_SET_SIZE (UINT64_C(1) << 22)
#define BV_WASI_RIGHT_FD_FILESTAT_SET_TIMES (UINT64_C(1) << 23)
#define BV_WASI_RIGHT_PATH_SYMLINK (UINT64_C(1) << 24)
#define BV_WASI_RIGHT_PATH_REMOVE_DIRECTORY (UINT64_C(1) << 25)
#define BV_WASI_RIGHT_PATH_UNLINK_FILE (UINT64_C(1) << 26)
#define BV_WASI_RIGHT_POLL_FD_READWRITE (UINT64_C(1) << 27)
#define BV_WASI_RIGHT_SOCK_SHUTDOWN (UINT64_C(1) << 28)
#define BV_WASI_RIGHT_SOCK_ACCEPT (UINT64_C(1) << 29)

enum bv_wasi_filetype {
	BV_WASI_TYPE_UNKNOWN = 0,
	BV_WASI_TYPE_BLOCK_DEVICE = 1,
	BV_WASI_TYPE_CHARACTER_DEVICE = 2,
	BV_WASI_TYPE_DIRECTORY = 3,
	BV_WASI_TYPE_REGULAR_FILE = 4,
	BV_WASI_TYPE_SOCKET_DGRAM = 5,
	BV_WASI_TYPE_SOCKET_STREAM = 6,
	BV_WASI_TYPE_SYMBOLIC_LINK = 7,
};

#define BV_WASI_FDFLAG_APPEND 1u
#define BV_WASI_FDFLAG_DSYNC 2u
#define BV_WASI_FDFLAG_NONBLOCK 4u
#define BV_WASI_FDFLAG_RSYNC 8u
#define BV_WASI_FDFLAG_SYNC 16u
#define BV_WASI_FDFLAGS_ALL 31u

#define BV_WASI_OFLAG_CREAT 1u
#define BV_WASI_OFLAG_DIRECTORY 2u
#define BV_WASI_OFLAG_EXCL 4u
#define BV_WASI_OFLAG_TRUNC 8u
#define BV_WASI_OFLAGS_ALL 15u

#define BV_WASI_LOOKUP_FOLLOW 1u

#define BV_WASI_TIME_ACCESS 1u
#define BV_WASI_TIME_ACCESS_NOW 2u
#define BV_WASI_TIME_MODIFY 4u
#define BV_WASI_TIME_MODIFY_NOW 8u
#define BV_WASI_TIMES_ALL 15u

#define BV_WASI_WHENCE_SET 0u
#define BV_WASI_WHENCE_CURRENT 1u
#define BV_WASI_WHENCE_END 2u

#define BV_WASI_ADVICE_COUNT 6u

#define BV_WASI_CLOCK_REALTIME 0u
#define BV_WASI_CLOCK_MONOTONIC 1u
#define BV_WASI_CLOCK_PROCESS_CPU 2u
#define BV_WASI_CLOCK_THREAD_CPU 3u
#define BV_WASI_CLOCK_COUNT 4u

#define BV_WASI_EVENT_CLOCK 0u
#define BV_WASI_EVENT_READ 1u
#define BV_WASI_EVENT_WRITE 2u
#define BV_WASI_EVENT_HANGUP 1u
#define BV_WASI_SUBSCRIPTION_ABSOLUTE 1u

#define BV_WASI_RECV_PEEK 1u
#define BV_WASI_RECV_WAITALL 2u
#define BV_WASI_RECV_ALL 3u
#define BV_WASI_RECV_TRUNCATED 1u
#define BV_WASI_SHUT_READ 1u
#define BV_WASI_SHUT_WRITE 2u

/* Preview0, "wasi_unstable", differs without saying so: fd_seek counts current, end, set; a
 * filestat has 32 bits for the links, and everything behind sits lower; a subscription says its
 * userdata twice, so that a clock's own fields sit higher. */
#define BV_WASI_PREVIEW0_FILESTAT_SIZE 56u
#define BV_WASI_PREVIEW0_SUBSCRIPTION_SIZE 56u

/* Bytes in guest memory. */
#define BV_WASI_IOVEC_SIZE 8u
#define BV_WASI_FDSTAT_SIZE 24u
#define BV_WASI_FILESTAT_SIZE 64u
#define BV_WASI_PRESTAT_SIZE 8u
#define BV_WASI_DIRENT_SIZE 24u
#define BV_WASI_SUBSCRIPTION_SIZE 48u
#define BV_WASI_EVENT_SIZE 32u

#endif

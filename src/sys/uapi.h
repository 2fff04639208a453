/* SPDX-License-Identifier: MIT
 *
 * Kernel constants that Debian 12's headers (Linux 6.1) do not have yet, under names of our own,
 * so that a newer header cannot clash. Sources: the kernel's include/uapi at the version named.
 */
#ifndef SYS_UAPI_H
#define SYS_UAPI_H

#include <linux/landlock.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Landlock rights, include/uapi/linux/landlock.h. */
#define BV_LANDLOCK_FS_EXECUTE (UINT64_C(1) << 0)
#define BV_LANDLOCK_FS_WRITE_FILE (UINT64_C(1) << 1)
#define BV_LANDLOCK_FS_READ_FILE (UINT64_C(1) << 2)
#define BV_LANDLOCK_FS_READ_DIR (UINT64_C(1) << 3)
#define BV_LANDLOCK_FS_REMOVE_DIR (UINT64_C(1) << 4)
#define BV_LANDLOCK_FS_REMOVE_FILE (UINT64_C(1) << 5)
#define BV_LANDLOCK_FS_MAKE_CHAR (UINT64_C(1) << 6)
#define BV_LANDLOCK_FS_MAKE_DIR (UINT64_C(1) << 7)
#define BV_LANDLOCK_FS_MAKE_REG (UINT64_C(1) << 8)
#define BV_LANDLOCK_FS_MAKE_SOCK (UINT64_C(1) << 9)
#define BV_LANDLOCK_FS_MAKE_FIFO (UINT64_C(1) << 10)
#define BV_LANDLOCK_FS_MAKE_BLOCK (UINT64_C(1) << 11)
#define BV_LANDLOCK_FS_MAKE_SYM (UINT64_C(1) << 12)
#define BV_LANDLOCK_FS_REFER (UINT64_C(1) << 13)        /* ABI 2, Linux 5.19 */
#define BV_LANDLOCK_FS_TRUNCATE (UINT64_C(1) << 14)     /* ABI 3, Linux 6.2 */
#define BV_LANDLOCK_FS_IOCTL_DEV (UINT64_C(1) << 15)    /* ABI 5, Linux 6.10 */
#define BV_LANDLOCK_FS_RESOLVE_UNIX (UINT64_C(1) << 16) /* ABI 9, Linux 7.1 */
#define BV_LANDLOCK_NET_BIND_TCP (UINT64_C(1) << 0)     /* ABI 4, Linux 6.7 */
#define BV_LANDLOCK_NET_CONNECT_TCP (UINT64_C(1) << 1)
#define BV_LANDLOCK_SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0) /* ABI 6, Linux 6.12 */
#define BV_LANDLOCK_SCOPE_SIGNAL (UINT64_C(1) << 1)

/* struct landlock_ruleset_attr as of ABI 6; a shorter size is passed to older kernels. */
struct bv_landlock_ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#endif

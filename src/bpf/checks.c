/* SPDX-License-Identifier: MIT
 *
 * The looks at arguments. Every table reads from top to bottom; a step without `yes` or `no` goes
 * on to the next one.
 *
 * Arguments that the kernel declares as int, unsigned int or umode_t are judged by their lower
 * half only, because the kernel drops the upper one. The exceptions are said where they are.
 */
#include "bpf/checks.h"

#include <errno.h>

#include "bpf/abi.h"

#define LOW(arg) (2 * (arg))
#define HIGH(arg) (2 * (arg) + 1)
#define REFUSE(errnum) BV_GO_REFUSE(errnum)
#define SKIP(steps) (steps)
#define PASS BV_GO_PASS
#define EQUAL BV_STEP_EQUAL
#define ANY BV_STEP_ANY
#define RANGE BV_STEP_RANGE
#define SELF BV_STEP_SELF

/* sys_clone drops the upper half of its flags. NEWTIME is part of the exit signal there. */
#define NAMESPACES \
	(ABI_CLONE_NEWTIME | ABI_CLONE_NEWNS | ABI_CLONE_NEWCGROUP | ABI_CLONE_NEWUTS | \
		ABI_CLONE_NEWIPC | ABI_CLONE_NEWUSER | ABI_CLONE_NEWPID | ABI_CLONE_NEWNET)

static const struct bv_step clone_threads[] = {
	{ANY, LOW(0), .value = NAMESPACES, .yes = REFUSE(EPERM)},
	{ANY, LOW(0), .value = ABI_CLONE_THREAD, .no = REFUSE(EPERM)},
};

/* A sibling would be the launcher's child, which the launcher did not start. */
static const struct bv_step clone_descendants[] = {
	{ANY, LOW(0), .value = NAMESPACES | ABI_CLONE_PARENT, .yes = REFUSE(EPERM)},
};

/* sys_unshare takes an unsigned long, whose upper half may get a meaning. */
static const struct bv_step unshare_namespaces[] = {
	{EQUAL, HIGH(0), .value = 0, .no = REFUSE(EPERM)},
	{ANY, LOW(0), .value = ~(ABI_CLONE_FS | ABI_CLONE_FILES | ABI_CLONE_SYSVSEM),
		.yes = REFUSE(EPERM)},
};

static const struct bv_step socket_network[] = {
	{EQUAL, LOW(0), .value = ABI_AF_UNIX, .no = REFUSE(EACCES)},
};

static const struct bv_step socket_ipc[] = {
	{EQUAL, LOW(0), .value = ABI_AF_UNIX, .yes = REFUSE(EACCES)},
};

/*
 * The protocol is judged too: for others the kernel would load modules. A raw socket of
 * AF_NETLINK is an ordinary one; of AF_INET it is not, nor is the ancient SOCK_PACKET.
 */
static const struct bv_step socket_families[] = {
	{EQUAL, LOW(0), .value = ABI_AF_UNIX, .yes = PASS},
	{EQUAL, LOW(0), .value = ABI_AF_NETLINK, .yes = SKIP(10)},
	{EQUAL, LOW(0), .value = ABI_AF_INET, .yes = SKIP(2)},
	{EQUAL, LOW(0), .value = ABI_AF_INET6, .no = REFUSE(EAFNOSUPPORT)},
	{EQUAL, LOW(1), ABI_SOCK_TYPE_MASK, ABI_SOCK_STREAM, .yes = SKIP(2)},
	{EQUAL, LOW(1), ABI_SOCK_TYPE_MASK, ABI_SOCK_DGRAM, .no = REFUSE(EPERM)},
	{EQUAL, LOW(2), .value = 0, .yes = PASS},
	{EQUAL, LOW(2), .value = ABI_IPPROTO_TCP, .yes = PASS},
	{EQUAL, LOW(2), .value = ABI_IPPROTO_UDP, .yes = PASS},
	{EQUAL, LOW(2), .value = ABI_IPPROTO_ICMP, .yes = PASS},
	{EQUAL, LOW(2), .value = ABI_IPPROTO_ICMPV6, .yes = PASS, .no = REFUSE(EPROTONOSUPPORT)},
	{EQUAL, LOW(2), .value = ABI_NETLINK_ROUTE, .no = REFUSE(EPROTONOSUPPORT)},
};

static const struct bv_step socketpair_families[] = {
	{EQUAL, LOW(0), .value = ABI_AF_UNIX, .no = REFUSE(EAFNOSUPPORT)},
};

/*
 * A datagram pair is not closed: either end can send to any address, or connect anew, and so
 * reach every datagram socket of the host. Stream and seqpacket ends stay what they are.
 */
static const struct bv_step socketpair_closed[] = {
	{EQUAL, LOW(1), ABI_SOCK_TYPE_MASK, ABI_SOCK_STREAM, .yes = PASS},
	{EQUAL, LOW(1), ABI_SOCK_TYPE_MASK, ABI_SOCK_SEQPACKET, .no = REFUSE(EACCES)},
};

/*
 * What programs do with the terminal and the pipes they were given. FICLONE and FICLONERANGE need
 * a descriptor open for writing.
 */
static const struct bv_step ioctl_harmless[] = {
	{RANGE, LOW(1), .value = ABI_TCGETS, .limit = ABI_TCSETSF, .yes = PASS},
	{RANGE, LOW(1), .value = ABI_TIOCGPGRP, .limit = ABI_TIOCSPGRP, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_TIOCGWINSZ, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FIONREAD, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FIONBIO, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_TIOCGSID, .yes = PASS},
	{RANGE, LOW(1), .value = ABI_FIONCLEX, .limit = ABI_FIOASYNC, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FICLONE, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FICLONERANGE, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_TCGETS2, .yes = PASS},
	{RANGE, LOW(1), .value = ABI_TCSETS2, .limit = ABI_TCSETSF2, .no = REFUSE(EPERM)},
};

/*
 * Filesystems take such requests on a descriptor that is open for reading, or on a directory's:
 * within their families only readers and the clones pass.
 */
static const struct bv_step ioctl_metadata[] = {
	{EQUAL, LOW(1), ABI_IOC_TYPE_MASK, ABI_IOC_EXT, .yes = SKIP(7)},
	{EQUAL, LOW(1), ABI_IOC_TYPE_MASK, ABI_IOC_XFS, .yes = SKIP(6)},
	{EQUAL, LOW(1), ABI_IOC_TYPE_MASK, ABI_IOC_VERSION, .yes = SKIP(5)},
	{EQUAL, LOW(1), ABI_IOC_TYPE_MASK, ABI_IOC_BTRFS, .yes = SKIP(4)},
	{EQUAL, LOW(1), ABI_IOC_TYPE_MASK, ABI_IOC_FAT, .yes = REFUSE(EPERM)},
	{EQUAL, LOW(1), ABI_IOC_TYPE_MASK, ABI_IOC_F2FS, .yes = REFUSE(EPERM)},
	{EQUAL, LOW(1), ABI_IOC_TYPE_MASK, ABI_IOC_BCACHEFS, .yes = REFUSE(EPERM), .no = PASS},
	{EQUAL, LOW(1), .value = ABI_FS_IOC_GETFLAGS, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FS_IOC_FIEMAP, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FS_IOC_FSGETXATTR, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FS_IOC_GETVERSION, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FICLONE, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FICLONERANGE, .yes = PASS},
	{EQUAL, LOW(1), .value = ABI_FIDEDUPERANGE, .no = REFUSE(EPERM)},
};

static const struct bv_step ioctl_owner[] = {
	{RANGE, LOW(1), .value = ABI_FIOSETOWN, .limit = ABI_SIOCSPGRP, .yes = REFUSE(EPERM)},
};

/* Typing into the terminal, taking its console's output, and loading line disciplines. */
static const struct bv_step ioctl_terminal[] = {
	{EQUAL, LOW(1), .value = ABI_TIOCSTI, .yes = REFUSE(EPERM)},
	{RANGE, LOW(1), .value = ABI_TIOCLINUX, .limit = ABI_TIOCCONS, .yes = REFUSE(EPERM)},
	{EQUAL, LOW(1), .value = ABI_TIOCSETD, .yes = REFUSE(EPERM)},
};

/* Watches on directories, and leases, which hold up the host's own opens. */
static const struct bv_step fcntl_metadata[] = {
	{EQUAL, LOW(1), .value = ABI_F_SETLEASE, .yes = REFUSE(EPERM)},
	{EQUAL, LOW(1), .value = ABI_F_NOTIFY, .yes = REFUSE(EPERM)},
	{EQUAL, LOW(1), .value = ABI_F_SETDELEG, .yes = REFUSE(EPERM)},
};

/* The owner of a descriptor is sent SIGIO, or any other signal. */
static const struct bv_step fcntl_owner[] = {
	{EQUAL, LOW(1), .value = ABI_F_SETOWN, .yes = REFUSE(EPERM)},
	{EQUAL, LOW(1), .value = ABI_F_SETOWN_EX, .yes = REFUSE(EPERM)},
};

/* Shares a core-scheduling cookie with any process. */
static const struct bv_step prctl_processes[] = {
	{EQUAL, LOW(0), .value = ABI_PR_SCHED_CORE, .yes = REFUSE(EPERM)},
};

/*
 * Process controls that act on the caller alone. Left out: rewriting the memory map (PR_SET_MM),
 * perf, machine checks, inviting a tracer, merging pages with other processes, dispatching calls
 * to user space. An unknown one is answered as a kernel does that lacks it.
 */
static const struct bv_step prctl_options[] = {
	{RANGE, LOW(0), .value = ABI_PR_SET_PDEATHSIG, .limit = ABI_PR_SET_KEEPCAPS, .yes = PASS},
	{RANGE, LOW(0), .value = ABI_PR_GET_TIMING, .limit = ABI_PR_GET_NAME, .yes = PASS},
	{RANGE, LOW(0), .value = ABI_PR_GET_SECCOMP, .limit = ABI_PR_GET_TIMERSLACK, .yes = PASS},
	{RANGE, LOW(0), .value = ABI_PR_SET_CHILD_SUBREAPER, .limit = ABI_PR_GET_THP_DISABLE,
		.yes = PASS},
	{EQUAL, LOW(0), .value = ABI_PR_CAP_AMBIENT, .yes = PASS},
	{RANGE, LOW(0), .value = ABI_PR_SVE_SET_VL, .limit = ABI_PR_GET_TAGGED_ADDR_CTRL,
		.yes = PASS},
	{RANGE, LOW(0), .value = ABI_PR_PAC_SET_ENABLED_KEYS, .limit = ABI_PR_PAC_GET_ENABLED_KEYS,
		.yes = PASS},
	{RANGE, LOW(0), .value = ABI_PR_SME_SET_VL, .limit = ABI_PR_GET_MDWE, .yes = PASS},
	{RANGE, LOW(0), .value = ABI_PR_GET_SHADOW_STACK_STATUS,
		.limit = ABI_PR_LOCK_SHADOW_STACK_STATUS, .yes = PASS},
	{EQUAL, LOW(0), .value = ABI_PR_SET_VMA, .yes = PASS},
	{EQUAL, LOW(0), .value = ABI_PR_GET_AUXV, .no = REFUSE(EINVAL)},
};

/* Further filters only take away; a listener would make the workload a supervisor of calls. */
static const struct bv_step seccomp_listener[] = {
	{ANY, LOW(1), .value = ABI_SECCOMP_FLAG_NEW_LISTENER, .yes = REFUSE(EPERM)},
};

static const struct bv_step personality_benign[] = {
	{EQUAL, LOW(0), .value = ABI_PER_LINUX, .yes = PASS},
	{EQUAL, LOW(0), .value = ABI_PER_LINUX32, .yes = PASS},
	{EQUAL, LOW(0), .value = ABI_PER_QUERY, .no = REFUSE(EPERM)},
};

/* With this personality every readable mapping is executable. */
static const struct bv_step personality_exec[] = {
	{EQUAL, LOW(0), .value = ABI_PER_QUERY, .yes = PASS},
	{ANY, LOW(0), .value = ABI_READ_IMPLIES_EXEC, .yes = REFUSE(EPERM)},
};

/* Access mode 3 opens for neither reading nor writing, and truncates all the same. */
static const struct bv_step open_truncate[] = {
	{ANY, LOW(1), .value = ABI_O_TRUNC, .no = PASS},
	{EQUAL, LOW(1), ABI_O_ACCMODE, ABI_O_WRONLY, .yes = PASS},
	{EQUAL, LOW(1), ABI_O_ACCMODE, ABI_O_RDWR, .no = REFUSE(EPERM)},
};

static const struct bv_step openat_truncate[] = {
	{ANY, LOW(2), .value = ABI_O_TRUNC, .no = PASS},
	{EQUAL, LOW(2), ABI_O_ACCMODE, ABI_O_WRONLY, .yes = PASS},
	{EQUAL, LOW(2), ABI_O_ACCMODE, ABI_O_RDWR, .no = REFUSE(EPERM)},
};

#define MAKES (ABI_O_CREAT | ABI_O_UNNAMED)
#define SET_ID (ABI_S_ISUID | ABI_S_ISGID)

/* Of what is not made there is no mode, and what the register holds means nothing. */
static const struct bv_step open_set_id[] = {
	{ANY, LOW(1), .value = MAKES, .no = PASS},
	{ANY, LOW(2), .value = SET_ID, .yes = REFUSE(EPERM)},
};

static const struct bv_step openat_set_id[] = {
	{ANY, LOW(2), .value = MAKES, .no = PASS},
	{ANY, LOW(3), .value = SET_ID, .yes = REFUSE(EPERM)},
};

static const struct bv_step mode_set_id[] = {
	{ANY, LOW(1), .value = SET_ID, .yes = REFUSE(EPERM)},
};

static const struct bv_step modeat_set_id[] = {
	{ANY, LOW(2), .value = SET_ID, .yes = REFUSE(EPERM)},
};

static const struct bv_step mknod_device[] = {
	{EQUAL, LOW(1), ABI_S_IFMT, ABI_S_IFCHR, .yes = REFUSE(EPERM)},
	{EQUAL, LOW(1), ABI_S_IFMT, ABI_S_IFBLK, .yes = REFUSE(EPERM)},
};

static const struct bv_step mknodat_device[] = {
	{EQUAL, LOW(2), ABI_S_IFMT, ABI_S_IFCHR, .yes = REFUSE(EPERM)},
	{EQUAL, LOW(2), ABI_S_IFMT, ABI_S_IFBLK, .yes = REFUSE(EPERM)},
};

#define MAP_SHARED_ANONYMOUS (ABI_MAP_SHARED | ABI_MAP_ANONYMOUS)

static const struct bv_step mmap_shared[] = {
	{EQUAL, LOW(3), MAP_SHARED_ANONYMOUS, MAP_SHARED_ANONYMOUS, .yes = REFUSE(EPERM)},
};

static const struct bv_step protection_exec[] = {
	{ANY, LOW(2), .value = ABI_PROT_EXEC, .yes = REFUSE(EPERM)},
};

static const struct bv_step shmat_exec[] = {
	{ANY, LOW(2), .value = ABI_SHM_EXEC, .yes = REFUSE(EPERM)},
};

/* 0 means the caller, or for kill its process group, which its own session keeps to itself. */
static const struct bv_step pid_own[] = {
	{EQUAL, LOW(0), .value = 0, .yes = PASS},
	{SELF, LOW(0), .no = REFUSE(EPERM)},
};

static const struct bv_step setpriority_own[] = {
	{EQUAL, LOW(0), .value = ABI_PRIO_PROCESS, .no = REFUSE(EPERM)},
	{EQUAL, LOW(1), .value = 0, .yes = PASS},
	{SELF, LOW(1), .no = REFUSE(EPERM)},
};

static const struct bv_step ioprio_own[] = {
	{EQUAL, LOW(0), .value = ABI_IOPRIO_WHO_PROCESS, .no = REFUSE(EPERM)},
	{EQUAL, LOW(1), .value = 0, .yes = PASS},
	{SELF, LOW(1), .no = REFUSE(EPERM)},
};

#define LOOK_UNLESS(check, causes, unless, steps, forms) \
	{ \
		BV_CHECK_##check, sizeof(steps) / sizeof((steps)[0]), causes, unless, steps, forms \
	}
#define LOOK(check, causes, steps, forms) LOOK_UNLESS(check, causes, 0, steps, forms)

#define SET_ID_MODES "S_ISUID, S_ISGID"
#define MADE_SET_ID SET_ID_MODES " for what is made"

static const struct bv_look looks[] = {
	LOOK(CLONE, BV_CAUSE_SPAWN_THREADS, clone_threads,
		"without CLONE_THREAD, or new namespaces"),
	LOOK(CLONE, BV_CAUSE_SPAWN_DESCENDANTS, clone_descendants,
		"CLONE_PARENT, or new namespaces"),
	LOOK(UNSHARE, BV_FILTER_BASELINE, unshare_namespaces,
		"anything but CLONE_FS, CLONE_FILES, CLONE_SYSVSEM"),
	LOOK(SOCKET, BV_FILTER_NO_NETWORK, socket_network, "any family but AF_UNIX"),
	LOOK(SOCKET, BV_FILTER_IPC_PRIVATE, socket_ipc, "AF_UNIX"),
	LOOK_UNLESS(SOCKET, BV_FILTER_BASELINE, BV_FILTER_NO_NETWORK, socket_families,
		"any family but AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; raw types; rare protocols"),
	LOOK(SOCKETPAIR, BV_FILTER_BASELINE | BV_FILTER_NO_NETWORK | BV_FILTER_IPC_PRIVATE,
		socketpair_families, "any family but AF_UNIX"),
	LOOK(SOCKETPAIR, BV_FILTER_IPC_PRIVATE, socketpair_closed,
		"any type but SOCK_STREAM, SOCK_SEQPACKET"),
	LOOK(IOCTL, BV_FILTER_IOCTL_DEV, ioctl_harmless,
		"any request but TCGETS*, TCSETS*, TIOCGPGRP, TIOCSPGRP, TIOCGSID, TIOCGWINSZ, "
		"FIONREAD, FIONBIO, FIOASYNC, FIOCLEX, FIONCLEX, FICLONE, FICLONERANGE"),
	LOOK_UNLESS(IOCTL, BV_FILTER_METADATA, BV_FILTER_IOCTL_DEV, ioctl_metadata,
		"requests of filesystems but GETFLAGS, GETVERSION, FSGETXATTR, FIEMAP and clones"),
	LOOK_UNLESS(IOCTL, BV_FILTER_NO_SIGNALS, BV_FILTER_IOCTL_DEV, ioctl_owner,
		"FIOSETOWN, SIOCSPGRP"),
	LOOK_UNLESS(IOCTL, BV_FILTER_BASELINE, BV_FILTER_IOCTL_DEV, ioctl_terminal,
		"TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD"),
	LOOK(FCNTL, BV_FILTER_METADATA, fcntl_metadata, "F_SETLEASE, F_SETDELEG, F_NOTIFY"),
	LOOK(FCNTL, BV_FILTER_NO_SIGNALS, fcntl_owner, "F_SETOWN, F_SETOWN_EX"),
	LOOK(PRCTL, BV_FILTER_HIDE_PROCESSES, prctl_processes, "PR_SCHED_CORE"),
	LOOK(PRCTL, BV_FILTER_BASELINE, prctl_options, "options off its allow-list, as PR_SET_MM"),
	LOOK(SECCOMP, BV_FILTER_BASELINE, seccomp_listener, "SECCOMP_FILTER_FLAG_NEW_LISTENER"),
	LOOK_UNLESS(PERSONALITY, BV_FILTER_NO_WRITE_EXEC, BV_FILTER_BASELINE, personality_exec,
		"READ_IMPLIES_EXEC"),
	LOOK(PERSONALITY, BV_FILTER_BASELINE, personality_benign,
		"anything but PER_LINUX, PER_LINUX32 and the query"),
	LOOK(OPEN, BV_FILTER_TRUNCATE, open_truncate, "O_TRUNC without write access"),
	LOOK(OPENAT, BV_FILTER_TRUNCATE, openat_truncate, "O_TRUNC without write access"),
	LOOK(OPEN, BV_FILTER_SET_ID, open_set_id, MADE_SET_ID),
	LOOK(OPENAT, BV_FILTER_SET_ID, openat_set_id, MADE_SET_ID),
	LOOK(MODE, BV_FILTER_SET_ID, mode_set_id, SET_ID_MODES),
	LOOK(MODEAT, BV_FILTER_SET_ID, modeat_set_id, SET_ID_MODES),
	LOOK(MKNOD, BV_FILTER_SET_ID, mode_set_id, SET_ID_MODES),
	LOOK(MKNODAT, BV_FILTER_SET_ID, modeat_set_id, SET_ID_MODES),
	LOOK(MKNOD, BV_FILTER_BASELINE | BV_FILTER_METADATA, mknod_device, "devices"),
	LOOK(MKNODAT, BV_FILTER_BASELINE | BV_FILTER_METADATA, mknodat_device, "devices"),
	LOOK(MMAP, BV_FILTER_NO_MEMFD, mmap_shared, "shared anonymous memory"),
	LOOK(MMAP, BV_FILTER_NO_WRITE_EXEC, protection_exec, "PROT_EXEC"),
	LOOK(MPROTECT, BV_FILTER_NO_WRITE_EXEC, protection_exec, "PROT_EXEC"),
	LOOK(SHMAT, BV_FILTER_NO_WRITE_EXEC, shmat_exec, "SHM_EXEC"),
	LOOK(PID, BV_FILTER_HIDE_PROCESSES, pid_own, "any process but the caller"),
	/* A limit on processor time is a signal, and the second one is SIGKILL. */
	LOOK(PRLIMIT, BV_FILTER_HIDE_PROCESSES | BV_FILTER_NO_SIGNALS, pid_own,
		"any process but the caller"),
	LOOK(SETPRIORITY, BV_FILTER_HIDE_PROCESSES, setpriority_own, "any process but the caller"),
	LOOK(IOPRIO_SET, BV_FILTER_HIDE_PROCESSES, ioprio_own, "any process but the caller"),
	LOOK(SIGNAL, BV_FILTER_NO_SIGNALS, pid_own, "any process but the caller's"),
};

_Static_assert(sizeof(looks) / sizeof(looks[0]) <= BV_LOOKS_MAX, "a look has no room");

const struct bv_look *bv_looks(size_t *ret_count)
{
	*ret_count = sizeof(looks) / sizeof(looks[0]);
	return looks;
}

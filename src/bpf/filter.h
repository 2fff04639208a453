/* SPDX-License-Identifier: MIT
 *
 * The filter compiler: a policy value becomes a classic BPF program for seccomp.
 *
 * The program first kills every entry that is not the machine's own ABI (on x86-64 also every
 * number from x32's bit on, except -1, by which a tracer skips a call), then finds the call's
 * number in a balanced tree over ranges of numbers (the kernel runs it once per number when it is
 * installed, and caches what needs no arguments), and looks at arguments only where the verdict
 * hangs on them. All looks compare 32 bits where the kernel reads an int, so garbage in the upper
 * half changes nothing. The same policy always gives the same bytes.
 *
 * write, read, close, execve, execveat, exit_group and getpid are allowed under every policy, so
 * that the set-up which installs the filter can go on to execute and to report. A foreign ABI and
 * clone with new namespaces are refused under every policy.
 *
 * Answers: EPERM for authority the policy refuses, EACCES for a socket family it refuses,
 * EAFNOSUPPORT and EPROTONOSUPPORT for families and protocols that BASELINE never offers, EINVAL
 * for a process control (prctl) it does not know, ENOSYS for a call it does not know and for those
 * few that programs replace when they are told ENOSYS.
 *
 * Nothing here makes a system call or allocates.
 */
#ifndef BPF_FILTER_H
#define BPF_FILTER_H

#include <stdbool.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <bvisor/error.h>

#define BV_FILTER_MAX 512 /* instructions; a test holds every policy below it */
#define BV_FILTER_SELF_MAX 6

/*
 * What each takes away is in flags.def, call by call in bv_filter_refusal_next(). What a filter
 * cannot decide, and leaves:
 *
 *   every flag      what was inherited: an open socket, queue or terminal stays what it is
 *   IPC_PRIVATE     locks on files, and memory shared through them; no socketpair of datagrams is
 *                   left, because either end could send to any address
 *   HIDE_PROCESSES  whether an id exists, how it is scheduled and which capabilities it has
 *                   (getpgid, sched_getaffinity, getpriority, capget, signals if they are not
 *                   refused); threads cannot be given priorities or processors by their id
 *   METADATA        ioctls of filesystems other than ext, XFS, Btrfs, F2FS, FAT and bcachefs
 *   SET_ID          what has such a bit already, also if it is written to through a mapping; a
 *                   directory's bit is refused like a file's; what openat2 makes: see OPENAT2
 *   IOCTL_DEV       judges all descriptors, so attributes of files and lists of network interfaces
 *                   are refused too
 *   NO_MEMFD        what waits in pipes, sockets and queues
 *   NO_SIGNALS      needs a session of its own, for kill(0) is allowed; tkill reaches only the
 *                   first thread, so musl's raise() fails in the others
 *   NO_WRITE_EXEC   executing another file
 */
enum bv_filter_flag {
#define BV_FILTER_FLAG(name, bit, stable, text) BV_FILTER_##name = 1 << (bit),
#include "bpf/flags.def"
#undef BV_FILTER_FLAG
};

#define BV_FILTER_FLAG_COUNT 14
#define BV_FILTER_FLAGS_ALL ((UINT32_C(1) << BV_FILTER_FLAG_COUNT) - 1)

enum bv_filter_spawn {
	BV_FILTER_SPAWN_DENY = 0,        /* no new task of any kind */
	BV_FILTER_SPAWN_THREADS = 1,     /* threads of this process only */
	BV_FILTER_SPAWN_DESCENDANTS = 2, /* processes, never siblings or namespaces */
};

enum bv_filter_arch {
	BV_FILTER_X86_64 = 0,
	BV_FILTER_AARCH64 = 1,
};

struct bv_filter_policy {
	uint32_t flags; /* enum bv_filter_flag, or'ed */
	enum bv_filter_spawn spawn;
	enum bv_filter_arch arch;
};

/*
 * insns[0..count) is the program, ready for struct sock_fprog. self[0..self_count) are the
 * indices of instructions that compare with the process's own id. As compiled they compare with
 * 0, which no process has: the program is whole and the strictest of its kind. A filter is a flat
 * value without pointers or padding of unknown content, so its bytes can be digested and sent.
 */
struct bv_filter {
	struct sock_filter insns[BV_FILTER_MAX];
	uint16_t count;
	uint16_t self_count;
	uint16_t self[BV_FILTER_SELF_MAX];
};

/*
 * Compiles. BV_E_INVALID for a value outside the enums, and for NO_SIGNALS together with
 * descendants: their ids are not known when the filter is made, so they could not even abort().
 */
BV_MUST_CHECK int bv_filter_compile(const struct bv_filter_policy *policy, struct bv_filter *ret,
	struct bv_error *err);

/*
 * Tells the program the id that its process has in its own pid namespace. Without it raise(),
 * abort() and pthread_kill() fail under NO_SIGNALS. Only where descendants are refused are there
 * instructions to bind: an id that outlives its process may become someone else's.
 */
void bv_filter_bind_self(struct bv_filter *filter, uint32_t pid);

/*
 * Is this a program the kernel takes, that ends for every input? Checks length, operations,
 * aligned loads within seccomp_data, jumps within the program, the last instruction, and that
 * every return is one of ALLOW, ERRNO, KILL_PROCESS. For bytes that come from elsewhere.
 */
BV_MUST_CHECK int bv_filter_verify(const struct bv_filter *filter, struct bv_error *err);

/*
 * What the kernel's interpreter answers: a SECCOMP_RET_* word. Total: a malformed program
 * answers SECCOMP_RET_KILL_PROCESS.
 */
uint32_t bv_filter_evaluate(const struct bv_filter *filter, const struct seccomp_data *data);
/* The same for any program, and how many instructions it took (may be NULL). */
uint32_t bv_filter_run(const struct sock_filter *insns, size_t count,
	const struct seccomp_data *data, size_t *ret_steps);

/* One thing that a policy refuses, from the tables the program is made of. */
struct bv_filter_refusal {
	const char *call;  /* the system call */
	const char *forms; /* which of its forms, or "" for all */
	const char *cause; /* stable name of the flag or spawn policy that refuses */
	int errnum;        /* the answer; 0 if it differs between forms */
};

/*
 * Walks over everything `policy` refuses of the calls that exist on its machine: start with
 * *cursor = 0, stop at false. A call refused for two causes comes twice.
 */
bool bv_filter_refusal_next(const struct bv_filter_policy *policy, size_t *cursor,
	struct bv_filter_refusal *ret);

/* The stable name of one flag, and what it takes away; NULL for anything else. */
const char *bv_filter_flag_name(uint32_t flag);
const char *bv_filter_flag_text(uint32_t flag);

#endif

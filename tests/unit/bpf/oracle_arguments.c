/* SPDX-License-Identifier: MIT
 *
 * Arguments as the kernel sees them: converted to the declared type first.
 */
#include "oracle_arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "unit.h"

static bool has(const struct bv_filter_policy *policy, uint32_t flag)
{
	return policy->flags & flag;
}

static const unsigned int namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
	CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | 0x80 /* CLONE_NEWTIME */;

static int look_clone(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	unsigned int flags = (unsigned int)args[0];

	(void)self;
	if (flags & namespaces)
		return EPERM;
	if (p->spawn == BV_FILTER_SPAWN_THREADS && !(flags & CLONE_THREAD))
		return EPERM;
	if (p->spawn == BV_FILTER_SPAWN_DESCENDANTS && flags & CLONE_PARENT)
		return EPERM;
	return 0;
}

static int look_unshare(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	const unsigned long harmless = CLONE_FS | CLONE_FILES | CLONE_SYSVSEM;

	(void)self;
	return has(p, BV_FILTER_BASELINE) && args[0] & ~harmless ? EPERM : 0;
}

static int baseline_socket(int domain, int type, int protocol)
{
	if (domain == AF_UNIX)
		return 0;
	if (domain == AF_NETLINK)
		return protocol == NETLINK_ROUTE ? 0 : EPROTONOSUPPORT;
	if (domain != AF_INET && domain != AF_INET6)
		return EAFNOSUPPORT;
	if ((type & 15) != SOCK_STREAM && (type & 15) != SOCK_DGRAM)
		return EPERM;
	if (protocol == 0 || protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
		protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		return 0;
	return EPROTONOSUPPORT;
}

static int look_socket(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	int domain = (int)args[0];

	(void)self;
	if (has(p, BV_FILTER_NO_NETWORK) && domain != AF_UNIX)
		return EACCES;
	if (has(p, BV_FILTER_IPC_PRIVATE) && domain == AF_UNIX)
		return EACCES;
	if (has(p, BV_FILTER_BASELINE))
		return baseline_socket(domain, (int)args[1], (int)args[2]);
	return 0;
}

static int look_socketpair(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	int type = (int)args[1] & 15;

	(void)self;
	if (!has(p, BV_FILTER_BASELINE | BV_FILTER_NO_NETWORK | BV_FILTER_IPC_PRIVATE))
		return 0;
	if ((int)args[0] != AF_UNIX)
		return EAFNOSUPPORT;
	if (has(p, BV_FILTER_IPC_PRIVATE) && type != SOCK_STREAM && type != SOCK_SEQPACKET)
		return EACCES;
	return 0;
}

static bool among(unsigned int value, const unsigned int *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == value)
			return true;
	}
	return false;
}

#define AMONG(value, list) among(value, list, sizeof(list) / sizeof((list)[0]))

static const unsigned int harmless_ioctls[] = {TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGPGRP,
	TIOCSPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, TIOCGSID, FIONCLEX, FIOCLEX, FIOASYNC, FICLONE,
	FICLONERANGE, 0x802c542a /* TCGETS2 */, 0x402c542b /* TCSETS2 */, 0x402c542c /* TCSETSW2 */,
	0x402c542d /* TCSETSF2 */};
static const unsigned int file_readers[] = {FS_IOC_GETFLAGS, FS_IOC_FIEMAP, FS_IOC_FSGETXATTR,
	FS_IOC_GETVERSION, FICLONE, FICLONERANGE, FIDEDUPERANGE};
static const unsigned int file_families[] = {'f', 'X', 'v', 'r', 0x94, 0xf5, 0xbc};
static const unsigned int terminal_takers[] = {TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD};

static int look_ioctl(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	unsigned int request = (unsigned int)args[1];

	(void)self;
	if (has(p, BV_FILTER_IOCTL_DEV) && !AMONG(request, harmless_ioctls))
		return EPERM;
	if (has(p, BV_FILTER_METADATA) && AMONG(_IOC_TYPE(request), file_families) &&
		!AMONG(request, file_readers))
		return EPERM;
	if (has(p, BV_FILTER_NO_SIGNALS) && (request == FIOSETOWN || request == SIOCSPGRP))
		return EPERM;
	if (has(p, BV_FILTER_BASELINE) && AMONG(request, terminal_takers))
		return EPERM;
	return 0;
}

static int look_fcntl(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	unsigned int command = (unsigned int)args[1];

	(void)self;
	if (has(p, BV_FILTER_METADATA) &&
		(command == F_SETLEASE || command == F_NOTIFY || command == 1040 /* F_SETDELEG */))
		return EPERM;
	if (has(p, BV_FILTER_NO_SIGNALS) && (command == F_SETOWN || command == F_SETOWN_EX))
		return EPERM;
	return 0;
}

/* Those that a thread uses on itself; the numbers between 5 and 16 were other machines'. */
static bool prctl_known(int option)
{
	if ((option >= PR_SET_PDEATHSIG && option <= PR_SET_KEEPCAPS) ||
		(option >= PR_GET_TIMING && option <= PR_GET_NAME))
		return true;
	switch (option) {
	case PR_GET_SECCOMP:
	case PR_SET_SECCOMP:
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
	case PR_GET_TSC:
	case PR_SET_TSC:
	case PR_GET_SECUREBITS:
	case PR_SET_SECUREBITS:
	case PR_SET_TIMERSLACK:
	case PR_GET_TIMERSLACK:
	case PR_SET_CHILD_SUBREAPER:
	case PR_GET_CHILD_SUBREAPER:
	case PR_SET_NO_NEW_PRIVS:
	case PR_GET_NO_NEW_PRIVS:
	case PR_GET_TID_ADDRESS:
	case PR_SET_THP_DISABLE:
	case PR_GET_THP_DISABLE:
	case PR_CAP_AMBIENT:
	case PR_SVE_SET_VL:
	case PR_SVE_GET_VL:
	case PR_GET_SPECULATION_CTRL:
	case PR_SET_SPECULATION_CTRL:
	case PR_PAC_RESET_KEYS:
	case PR_SET_TAGGED_ADDR_CTRL:
	case PR_GET_TAGGED_ADDR_CTRL:
	case 60: /* PR_PAC_SET_ENABLED_KEYS */
	case 61: /* PR_PAC_GET_ENABLED_KEYS */
	case 63: /* PR_SME_SET_VL */
	case 64: /* PR_SME_GET_VL */
	case 65: /* PR_SET_MDWE */
	case 66: /* PR_GET_MDWE */
	case 74: /* PR_GET_SHADOW_STACK_STATUS */
	case 75: /* PR_SET_SHADOW_STACK_STATUS */
	case 76: /* PR_LOCK_SHADOW_STACK_STATUS */
	case PR_SET_VMA:
	case 0x41555856: /* PR_GET_AUXV */
		return true;
	}
	return false;
}

static int look_prctl(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	if (has(p, BV_FILTER_HIDE_PROCESSES) && (int)args[0] == 62 /* PR_SCHED_CORE */)
		return EPERM;
	return has(p, BV_FILTER_BASELINE) && !prctl_known((int)args[0]) ? EINVAL : 0;
}

static int look_seccomp(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	return has(p, BV_FILTER_BASELINE) && args[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER ? EPERM : 0;
}

static int look_personality(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	unsigned int persona = (unsigned int)args[0];

	(void)self;
	if (persona == 0xffffffff)
		return 0;
	if (has(p, BV_FILTER_NO_WRITE_EXEC) && persona & READ_IMPLIES_EXEC)
		return EPERM;
	return has(p, BV_FILTER_BASELINE) && persona != PER_LINUX && persona != PER_LINUX32 ? EPERM
											    : 0;
}

static int set_id(const struct bv_filter_policy *p, unsigned short mode)
{
	return has(p, BV_FILTER_SET_ID) && mode & (S_ISUID | S_ISGID) ? EPERM : 0;
}

static int open_flags(const struct bv_filter_policy *p, int flags, unsigned short mode)
{
	bool writes = (flags & O_ACCMODE) == O_WRONLY || (flags & O_ACCMODE) == O_RDWR;
	bool makes = flags & O_CREAT || flags & (O_TMPFILE & ~O_DIRECTORY);

	if (has(p, BV_FILTER_TRUNCATE) && flags & O_TRUNC && !writes)
		return EPERM;
	return makes ? set_id(p, mode) : 0;
}

static int look_open(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	return open_flags(p, (int)args[1], (unsigned short)args[2]);
}

static int look_openat(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	return open_flags(p, (int)args[2], (unsigned short)args[3]);
}

static int node_mode(const struct bv_filter_policy *p, unsigned short mode)
{
	bool device = S_ISCHR(mode) || S_ISBLK(mode);

	if (has(p, BV_FILTER_BASELINE | BV_FILTER_METADATA) && device)
		return EPERM;
	return set_id(p, mode);
}

static int look_mode(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	return set_id(p, (unsigned short)args[1]);
}

static int look_modeat(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	return set_id(p, (unsigned short)args[2]);
}

static int look_mknod(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	return node_mode(p, (unsigned short)args[1]);
}

static int look_mknodat(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	return node_mode(p, (unsigned short)args[2]);
}

static int look_protection(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	return has(p, BV_FILTER_NO_WRITE_EXEC) && args[2] & PROT_EXEC ? EPERM : 0;
}

static int look_mmap(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	bool shared = args[3] & MAP_SHARED;

	if (has(p, BV_FILTER_NO_MEMFD) && shared && args[3] & MAP_ANONYMOUS)
		return EPERM;
	return look_protection(p, self, args);
}

static int look_shmat(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	(void)self;
	return has(p, BV_FILTER_NO_WRITE_EXEC) && args[2] & SHM_EXEC ? EPERM : 0;
}

/* With descendants nobody's id stays his. */
static bool own(const struct bv_filter_policy *p, uint32_t self, __u64 pid)
{
	uint32_t id = (uint32_t)pid;

	return !id || (p->spawn != BV_FILTER_SPAWN_DESCENDANTS && id == self);
}

static int look_pid(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	return has(p, BV_FILTER_HIDE_PROCESSES) && !own(p, self, args[0]) ? EPERM : 0;
}

/* RLIMIT_CPU sends signals, SIGKILL among them. */
static int look_prlimit(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	bool asked = has(p, BV_FILTER_HIDE_PROCESSES | BV_FILTER_NO_SIGNALS);

	return asked && !own(p, self, args[0]) ? EPERM : 0;
}

static int look_setpriority(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	bool mine = (int)args[0] == PRIO_PROCESS && own(p, self, args[1]);

	return has(p, BV_FILTER_HIDE_PROCESSES) && !mine ? EPERM : 0;
}

static int look_ioprio_set(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	bool mine = (int)args[0] == 1 /* IOPRIO_WHO_PROCESS */ && own(p, self, args[1]);

	return has(p, BV_FILTER_HIDE_PROCESSES) && !mine ? EPERM : 0;
}

static int look_signal(const struct bv_filter_policy *p, uint32_t self, const __u64 args[6])
{
	return has(p, BV_FILTER_NO_SIGNALS) && !own(p, self, args[0]) ? EPERM : 0;
}

static const struct {
	const char *name;
	oracle_look look;
} looks[] = {
	{"clone", look_clone},
	{"unshare", look_unshare},
	{"socket", look_socket},
	{"socketpair", look_socketpair},
	{"ioctl", look_ioctl},
	{"fcntl", look_fcntl},
	{"prctl", look_prctl},
	{"seccomp", look_seccomp},
	{"personality", look_personality},
	{"open", look_open},
	{"openat", look_openat},
	{"creat", look_mode},
	{"chmod", look_mode},
	{"fchmod", look_mode},
	{"fchmodat", look_modeat},
	{"fchmodat2", look_modeat},
	{"mknod", look_mknod},
	{"mknodat", look_mknodat},
	{"mmap", look_mmap},
	{"mprotect", look_protection},
	{"pkey_mprotect", look_protection},
	{"shmat", look_shmat},
	{"prlimit64", look_prlimit},
	{"sched_setparam", look_pid},
	{"sched_setscheduler", look_pid},
	{"sched_setaffinity", look_pid},
	{"sched_setattr", look_pid},
	{"get_robust_list", look_pid},
	{"setpriority", look_setpriority},
	{"ioprio_set", look_ioprio_set},
	{"kill", look_signal},
	{"tkill", look_signal},
	{"tgkill", look_signal},
	{"rt_sigqueueinfo", look_signal},
	{"rt_tgsigqueueinfo", look_signal},
};

oracle_look oracle_look_find(const char *name)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		if (!strcmp(looks[i].name, name))
			return looks[i].look;
	}
	return NULL;
}

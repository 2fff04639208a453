/* SPDX-License-Identifier: MIT
 *
 * The rules. libseccomp compares 64 bits, so what is an int is masked.
 */
#include "model_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "unit.h"

static void add(struct form *forms, unsigned int *count, const struct scmp_arg_cmp *cmp,
	unsigned int n)
{
	assert_true(*count < FORMS_MAX);
	forms[*count].count = n;
	memcpy(forms[*count].cmp, cmp, n * sizeof(*cmp));
	++*count;
}

static struct scmp_arg_cmp masked(unsigned int arg, uint64_t mask, uint64_t value)
{
	return (struct scmp_arg_cmp){arg, SCMP_CMP_MASKED_EQ, mask, value};
}

static void add_masked(struct form *forms, unsigned int *count, unsigned int arg, uint64_t mask,
	uint64_t value)
{
	const struct scmp_arg_cmp cmp = masked(arg, mask, value);

	add(forms, count, &cmp, 1);
}

static void add_int(struct form *forms, unsigned int *count, unsigned int arg, uint32_t value)
{
	add_masked(forms, count, arg, UINT32_MAX, value);
}

static void add_ints(struct form *forms, unsigned int *count, unsigned int arg, uint32_t low,
	uint32_t high)
{
	for (uint32_t value = low; value <= high; value++)
		add_int(forms, count, arg, value);
}

/* One rule for each of the bits: any of them matches. */
static void add_bits(struct form *forms, unsigned int *count, unsigned int arg, uint32_t bits)
{
	for (int bit = 0; bit < 32; bit++) {
		if (bits & UINT32_C(1) << bit)
			add_masked(forms, count, arg, UINT64_C(1) << bit, UINT64_C(1) << bit);
	}
}

#define RULE(name) static void name(struct form *forms, unsigned int *count, uint32_t self)

RULE(clone_namespaces)
{
	(void)self;
	add_bits(forms, count, 0,
		CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
			CLONE_NEWPID | CLONE_NEWNET | 0x80);
}

RULE(clone_no_thread)
{
	(void)self;
	add_masked(forms, count, 0, CLONE_THREAD, 0);
}

RULE(clone_parent)
{
	(void)self;
	add_bits(forms, count, 0, CLONE_PARENT);
}

RULE(unshare_most)
{
	const struct scmp_arg_cmp high = {0, SCMP_CMP_GT, UINT32_MAX, 0};

	(void)self;
	add(forms, count, &high, 1);
	add_bits(forms, count, 0, ~(uint32_t)(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM));
}

RULE(socket_unix)
{
	(void)self;
	add_int(forms, count, 0, AF_UNIX);
}

RULE(socket_families)
{
	(void)self;
	add_int(forms, count, 0, AF_UNIX);
	add_int(forms, count, 0, AF_INET);
	add_int(forms, count, 0, AF_INET6);
	add_int(forms, count, 0, AF_NETLINK);
}

static void socket_inet(struct form *forms, unsigned int *count, unsigned int arg, uint64_t mask,
	uint64_t value)
{
	const struct scmp_arg_cmp v4[] = {masked(0, UINT32_MAX, AF_INET), masked(arg, mask, value)};
	const struct scmp_arg_cmp v6[] = {masked(0, UINT32_MAX, AF_INET6),
		masked(arg, mask, value)};

	add(forms, count, v4, 2);
	add(forms, count, v6, 2);
}

RULE(socket_types)
{
	(void)self;
	add_int(forms, count, 0, AF_UNIX);
	add_int(forms, count, 0, AF_NETLINK);
	socket_inet(forms, count, 1, 15, SOCK_STREAM);
	socket_inet(forms, count, 1, 15, SOCK_DGRAM);
}

RULE(socket_protocols)
{
	static const uint32_t protocols[] = {0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
		IPPROTO_ICMPV6};
	const struct scmp_arg_cmp route[] = {masked(0, UINT32_MAX, AF_NETLINK),
		masked(2, UINT32_MAX, 0)};

	(void)self;
	add_int(forms, count, 0, AF_UNIX);
	add(forms, count, route, 2);
	for (size_t i = 0; i < 5; i++)
		socket_inet(forms, count, 2, UINT32_MAX, protocols[i]);
}

RULE(socketpair_types)
{
	(void)self;
	add_masked(forms, count, 1, 15, SOCK_STREAM);
	add_masked(forms, count, 1, 15, SOCK_SEQPACKET);
}

RULE(ioctl_harmless)
{
	static const uint32_t requests[] = {TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGPGRP, TIOCSPGRP,
		TIOCGWINSZ, FIONREAD, FIONBIO, TIOCGSID, FIONCLEX, FIOCLEX, FIOASYNC, FICLONE,
		FICLONERANGE, 0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d};

	(void)self;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		add_int(forms, count, 1, requests[i]);
}

RULE(ioctl_terminal)
{
	(void)self;
	add_int(forms, count, 1, TIOCSTI);
	add_int(forms, count, 1, TIOCLINUX);
	add_int(forms, count, 1, TIOCCONS);
	add_int(forms, count, 1, TIOCSETD);
}

RULE(ioctl_owner)
{
	(void)self;
	add_int(forms, count, 1, FIOSETOWN);
	add_int(forms, count, 1, SIOCSPGRP);
}

/* All other families by their second byte, and the readers of those that are judged. */
RULE(ioctl_files)
{
	static const uint8_t judged[] = {'f', 'X', 'v', 'r', 0x94, 0xf5, 0xbc};
	static const uint32_t readers[] = {FS_IOC_GETFLAGS, FS_IOC_FIEMAP, FS_IOC_FSGETXATTR,
		FS_IOC_GETVERSION, FICLONE, FICLONERANGE, FIDEDUPERANGE};

	(void)self;
	for (uint32_t type = 0; type < 256; type++) {
		if (!memchr(judged, (int)type, sizeof(judged)))
			add_masked(forms, count, 1, 0xff00, type << 8);
	}
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		add_int(forms, count, 1, readers[i]);
}

RULE(fcntl_metadata)
{
	(void)self;
	add_int(forms, count, 1, F_SETLEASE);
	add_int(forms, count, 1, F_NOTIFY);
	add_int(forms, count, 1, 1040);
}

RULE(fcntl_owner)
{
	(void)self;
	add_int(forms, count, 1, F_SETOWN);
	add_int(forms, count, 1, F_SETOWN_EX);
}

RULE(prctl_cookie)
{
	(void)self;
	add_int(forms, count, 0, 62);
}

RULE(prctl_known)
{
	(void)self;
	add_ints(forms, count, 0, 1, 8);
	add_ints(forms, count, 0, 13, 16);
	add_ints(forms, count, 0, 21, 30);
	add_ints(forms, count, 0, 36, 42);
	add_int(forms, count, 0, 47);
	add_ints(forms, count, 0, 50, 56);
	add_ints(forms, count, 0, 60, 61);
	add_ints(forms, count, 0, 63, 66);
	add_ints(forms, count, 0, 74, 76);
	add_int(forms, count, 0, 0x53564d41);
	add_int(forms, count, 0, 0x41555856);
}

RULE(seccomp_listener)
{
	(void)self;
	add_bits(forms, count, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

RULE(personality_benign)
{
	(void)self;
	add_int(forms, count, 0, 0);
	add_int(forms, count, 0, 8);
	add_int(forms, count, 0, 0xffffffff);
}

/* Not the query: one of the other bits is clear. */
RULE(personality_exec)
{
	(void)self;
	for (int bit = 0; bit < 32; bit++) {
		uint64_t mask = UINT64_C(0x400000) | UINT64_C(1) << bit;

		if (bit != 22)
			add_masked(forms, count, 0, mask, 0x400000);
	}
}

static void open_truncates(struct form *forms, unsigned int *count, unsigned int arg)
{
	add_masked(forms, count, arg, O_TRUNC | O_ACCMODE, O_TRUNC | O_RDONLY);
	add_masked(forms, count, arg, O_TRUNC | O_ACCMODE, O_TRUNC | 3);
}

RULE(open_truncate)
{
	(void)self;
	open_truncates(forms, count, 1);
}

RULE(openat_truncate)
{
	(void)self;
	open_truncates(forms, count, 2);
}

RULE(mknod_devices)
{
	(void)self;
	add_masked(forms, count, 1, S_IFMT, S_IFCHR);
	add_masked(forms, count, 1, S_IFMT, S_IFBLK);
}

RULE(mknodat_devices)
{
	(void)self;
	add_masked(forms, count, 2, S_IFMT, S_IFCHR);
	add_masked(forms, count, 2, S_IFMT, S_IFBLK);
}

static void made_set_id(struct form *forms, unsigned int *count, unsigned int arg)
{
	static const uint32_t makes[] = {O_CREAT, O_TMPFILE & ~O_DIRECTORY};
	static const uint32_t bits[] = {S_ISUID, S_ISGID};

	for (size_t i = 0; i < 4; i++) {
		const struct scmp_arg_cmp form[] = {masked(arg, makes[i / 2], makes[i / 2]),
			masked(arg + 1, bits[i % 2], bits[i % 2])};

		add(forms, count, form, 2);
	}
}

RULE(open_set_id)
{
	(void)self;
	made_set_id(forms, count, 1);
}

RULE(openat_set_id)
{
	(void)self;
	made_set_id(forms, count, 2);
}

RULE(mode_set_id)
{
	(void)self;
	add_bits(forms, count, 1, S_ISUID | S_ISGID);
}

RULE(modeat_set_id)
{
	(void)self;
	add_bits(forms, count, 2, S_ISUID | S_ISGID);
}

RULE(mmap_shared)
{
	(void)self;
	add_masked(forms, count, 3, 0x21, 0x21);
}

RULE(protection_exec)
{
	(void)self;
	add_masked(forms, count, 2, 4, 4);
}

RULE(shmat_exec)
{
	(void)self;
	add_masked(forms, count, 2, SHM_EXEC, SHM_EXEC);
}

RULE(pid_own)
{
	add_int(forms, count, 0, 0);
	if (self)
		add_int(forms, count, 0, self);
}

static void whose_own(struct form *forms, unsigned int *count, uint32_t which, uint32_t self)
{
	const struct scmp_arg_cmp caller[] = {masked(0, UINT32_MAX, which),
		masked(1, UINT32_MAX, 0)};
	const struct scmp_arg_cmp named[] = {masked(0, UINT32_MAX, which),
		masked(1, UINT32_MAX, self)};

	add(forms, count, caller, 2);
	if (self)
		add(forms, count, named, 2);
}

RULE(setpriority_own)
{
	whose_own(forms, count, 0, self);
}

RULE(ioprio_own)
{
	whose_own(forms, count, 1, self);
}

#define FLAG(name) BV_FILTER_##name

const struct model_rule model_rules[] = {
	{"clone", 0, BV_FILTER_SPAWN_THREADS, EPERM, false, clone_namespaces},
	{"clone", 0, BV_FILTER_SPAWN_THREADS, EPERM, false, clone_no_thread},
	{"clone", 0, BV_FILTER_SPAWN_DESCENDANTS, EPERM, false, clone_namespaces},
	{"clone", 0, BV_FILTER_SPAWN_DESCENDANTS, EPERM, false, clone_parent},
	{"unshare", FLAG(BASELINE), -1, EPERM, false, unshare_most},
	{"socket", FLAG(NO_NETWORK), -1, EACCES, true, socket_unix},
	{"socket", FLAG(IPC_PRIVATE), -1, EACCES, false, socket_unix},
	{"socket", FLAG(BASELINE), -1, EAFNOSUPPORT, true, socket_families},
	{"socket", FLAG(BASELINE), -1, EPERM, true, socket_types},
	{"socket", FLAG(BASELINE), -1, EPROTONOSUPPORT, true, socket_protocols},
	{"socketpair", FLAG(BASELINE) | FLAG(NO_NETWORK) | FLAG(IPC_PRIVATE), -1, EAFNOSUPPORT,
		true, socket_unix},
	{"socketpair", FLAG(IPC_PRIVATE), -1, EACCES, true, socketpair_types},
	{"ioctl", FLAG(IOCTL_DEV), -1, EPERM, true, ioctl_harmless},
	{"ioctl", FLAG(METADATA), -1, EPERM, true, ioctl_files},
	{"ioctl", FLAG(NO_SIGNALS), -1, EPERM, false, ioctl_owner},
	{"ioctl", FLAG(BASELINE), -1, EPERM, false, ioctl_terminal},
	{"fcntl", FLAG(METADATA), -1, EPERM, false, fcntl_metadata},
	{"fcntl", FLAG(NO_SIGNALS), -1, EPERM, false, fcntl_owner},
	{"prctl", FLAG(HIDE_PROCESSES), -1, EPERM, false, prctl_cookie},
	{"prctl", FLAG(BASELINE), -1, EINVAL, true, prctl_known},
	{"seccomp", FLAG(BASELINE), -1, EPERM, false, seccomp_listener},
	{"personality", FLAG(NO_WRITE_EXEC), -1, EPERM, false, personality_exec},
	{"personality", FLAG(BASELINE), -1, EPERM, true, personality_benign},
	{"open", FLAG(TRUNCATE), -1, EPERM, false, open_truncate},
	{"openat", FLAG(TRUNCATE), -1, EPERM, false, openat_truncate},
	{"mknod", FLAG(BASELINE) | FLAG(METADATA), -1, EPERM, false, mknod_devices},
	{"mknodat", FLAG(BASELINE) | FLAG(METADATA), -1, EPERM, false, mknodat_devices},
	{"open", FLAG(SET_ID), -1, EPERM, false, open_set_id},
	{"openat", FLAG(SET_ID), -1, EPERM, false, openat_set_id},
	{"creat chmod fchmod mknod", FLAG(SET_ID), -1, EPERM, false, mode_set_id},
	{"fchmodat fchmodat2 mknodat", FLAG(SET_ID), -1, EPERM, false, modeat_set_id},
	{"mmap", FLAG(NO_MEMFD), -1, EPERM, false, mmap_shared},
	{"mmap mprotect pkey_mprotect", FLAG(NO_WRITE_EXEC), -1, EPERM, false, protection_exec},
	{"shmat", FLAG(NO_WRITE_EXEC), -1, EPERM, false, shmat_exec},
	{"prlimit64", FLAG(HIDE_PROCESSES) | FLAG(NO_SIGNALS), -1, EPERM, true, pid_own},
	{"sched_setparam sched_setscheduler sched_setaffinity sched_setattr get_robust_list",
		FLAG(HIDE_PROCESSES), -1, EPERM, true, pid_own},
	{"setpriority", FLAG(HIDE_PROCESSES), -1, EPERM, true, setpriority_own},
	{"ioprio_set", FLAG(HIDE_PROCESSES), -1, EPERM, true, ioprio_own},
	{"kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo", FLAG(NO_SIGNALS), -1, EPERM, true,
		pid_own},
};

const size_t model_rule_count = sizeof(model_rules) / sizeof(model_rules[0]);

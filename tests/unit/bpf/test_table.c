/* SPDX-License-Identifier: MIT
 *
 * The table of system calls agrees with the kernel's headers, on numbers in both directions; the
 * constants agree with the host's; and what the tables say in words is what programs do.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <asm/termbits.h>

#include "bpf/abi.h"
#include "bpf/table.h"
#include "grid.h"
#include "names.h"
#include "policies.h"

static const struct bv_call *call_find(const char *name)
{
	size_t count = 0;
	const struct bv_call *calls = bv_calls(&count);

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	}
	return NULL;
}

static void agree(const struct names *names, enum bv_filter_arch arch)
{
	size_t count = 0;
	const struct bv_call *calls = bv_calls(&count);
	size_t rows = 0;

	for (int nr = 0; nr < NAMES_MAX; nr++) {
		const char *name = names_at(names, nr);
		const struct bv_call *call = name ? call_find(name) : NULL;

		if (name && !call)
			fail_msg("%s (%d) is not in the table", name, nr);
		if (name && call->number[arch] != nr)
			fail_msg("%s is %d, the table says %d", name, nr, call->number[arch]);
	}
	for (size_t i = 0; i < count; i++) {
		if (calls[i].number[arch] == BV_CALL_ABSENT)
			continue;
		if (names_find(names, calls[i].name) != calls[i].number[arch])
			fail_msg("no header says that %s is %d", calls[i].name,
				calls[i].number[arch]);
		rows++;
	}
	assert_int_equal(rows, names->count);
}

static void x86_64_numbers_are_the_headers(void **state)
{
	(void)state;
	agree(names_of(BV_FILTER_X86_64), BV_FILTER_X86_64);
}

static void aarch64_numbers_are_the_generic_headers(void **state)
{
	(void)state;
	agree(names_of(BV_FILTER_AARCH64), BV_FILTER_AARCH64);
}

static void aarch64_numbers_are_its_own_headers(void **state)
{
#ifdef AARCH64_DUMP
	static struct names names;

	(void)state;
	names_read(&names, AARCH64_DUMP, BV_FILTER_AARCH64);
	agree(&names, BV_FILTER_AARCH64);
#else
	(void)state;
	print_message("SKIP: no cross headers of aarch64 here; the generic ones were compared\n");
	skip();
#endif
}

static void rows_are_sound(void **state)
{
	size_t count = 0;
	const struct bv_call *calls = bv_calls(&count);
	bool taken[2][BV_CALL_NUMBER_MAX + 1] = {{false}};

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct bv_call *call = &calls[i];

		assert_ptr_equal(call_find(call->name), call);
		for (int arch = 0; arch < 2; arch++) {
			if (call->number[arch] == BV_CALL_ABSENT)
				continue;
			assert_in_range(call->number[arch], 0, BV_CALL_NUMBER_MAX);
			assert_false(taken[arch][call->number[arch]]);
			taken[arch][call->number[arch]] = true;
		}
		/* The compiler knows these two. */
		assert_true(call->errnum == EPERM || call->errnum == ENOSYS || !call->errnum);
		assert_int_equal(!call->errnum, !call->refused_by);
		assert_in_range(call->check, 0, BV_CHECK_COUNT - 1);
	}
}

static void looks_are_sound(void **state)
{
	size_t count = 0;
	const struct bv_look *looks = bv_looks(&count);
	bool used[BV_CHECK_COUNT] = {true};

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct bv_look *look = &looks[i];

		used[look->check] = true;
		assert_in_range(look->count, 1, BV_STEPS_MAX);
		assert_string_not_equal(look->forms, "");
		assert_int_not_equal(look->causes, 0);
		assert_int_equal(look->causes & look->unless, 0);
		for (int s = 0; s < look->count; s++) {
			assert_in_range(look->steps[s].half, 0, 11);
			/* Forward, and at most to the end; refusals are errnos. */
			assert_true(look->steps[s].yes <= look->count - s);
			assert_true(look->steps[s].no <= look->count - s);
			assert_true(look->steps[s].yes > -200 && look->steps[s].no > -200);
		}
	}
	for (int check = 0; check < BV_CHECK_COUNT; check++)
		assert_true(used[check]);
}

#define SAME(name) \
	{ \
#name, ABI_##name, (unsigned int)(name) \
	}
#define PAIR(ours, theirs) \
	{ \
#ours, ABI_##ours, (unsigned int)(theirs) \
	}

static void constants_are_the_headers(void **state)
{
	static const struct {
		const char *name;
		unsigned int ours, theirs;
	} pairs[] = {
		SAME(CLONE_NEWTIME),
		SAME(CLONE_FS),
		SAME(CLONE_FILES),
		SAME(CLONE_PARENT),
		SAME(CLONE_THREAD),
		SAME(CLONE_NEWNS),
		SAME(CLONE_SYSVSEM),
		SAME(CLONE_NEWCGROUP),
		SAME(CLONE_NEWUTS),
		SAME(CLONE_NEWIPC),
		SAME(CLONE_NEWUSER),
		SAME(CLONE_NEWPID),
		SAME(CLONE_NEWNET),
		SAME(AF_UNIX),
		SAME(AF_INET),
		SAME(AF_INET6),
		SAME(AF_NETLINK),
		SAME(SOCK_STREAM),
		SAME(SOCK_DGRAM),
		SAME(SOCK_SEQPACKET),
		SAME(IPPROTO_ICMP),
		SAME(IPPROTO_TCP),
		SAME(IPPROTO_UDP),
		SAME(IPPROTO_ICMPV6),
		SAME(NETLINK_ROUTE),
		SAME(TCGETS),
		SAME(TCSETSF),
		SAME(TIOCGPGRP),
		SAME(TIOCSPGRP),
		SAME(TIOCSTI),
		SAME(TIOCGWINSZ),
		SAME(FIONREAD),
		SAME(TIOCLINUX),
		SAME(TIOCCONS),
		SAME(FIONBIO),
		SAME(TIOCSETD),
		SAME(TIOCGSID),
		SAME(TCGETS2),
		SAME(TCSETS2),
		SAME(TCSETSF2),
		SAME(FIONCLEX),
		SAME(FIOASYNC),
		SAME(FIOSETOWN),
		SAME(SIOCSPGRP),
		SAME(FICLONE),
		SAME(FICLONERANGE),
		SAME(FIDEDUPERANGE),
		SAME(FS_IOC_GETFLAGS),
		SAME(FS_IOC_SETFLAGS),
		SAME(FS_IOC_FIEMAP),
		SAME(FS_IOC_GETVERSION),
		SAME(FS_IOC_FSGETXATTR),
		SAME(FS_IOC_FSSETXATTR),
		SAME(F_SETOWN),
		SAME(F_SETOWN_EX),
		SAME(F_SETLEASE),
		SAME(F_NOTIFY),
		SAME(O_ACCMODE),
		SAME(O_WRONLY),
		SAME(O_RDWR),
		SAME(O_TRUNC),
		SAME(S_IFMT),
		SAME(S_IFCHR),
		SAME(S_IFBLK),
		SAME(PROT_EXEC),
		SAME(MAP_SHARED),
		SAME(MAP_ANONYMOUS),
		SAME(SHM_EXEC),
		SAME(PR_SET_PDEATHSIG),
		SAME(PR_SET_KEEPCAPS),
		SAME(PR_GET_TIMING),
		SAME(PR_GET_NAME),
		SAME(PR_GET_SECCOMP),
		SAME(PR_GET_TIMERSLACK),
		SAME(PR_SET_CHILD_SUBREAPER),
		SAME(PR_GET_THP_DISABLE),
		SAME(PR_CAP_AMBIENT),
		SAME(PR_SVE_SET_VL),
		SAME(PR_GET_TAGGED_ADDR_CTRL),
		SAME(PR_PAC_SET_ENABLED_KEYS),
		SAME(PR_PAC_GET_ENABLED_KEYS),
		SAME(PR_SCHED_CORE),
		SAME(PR_SET_VMA),
		SAME(PER_LINUX),
		SAME(PER_LINUX32),
		SAME(READ_IMPLIES_EXEC),
		SAME(PRIO_PROCESS),
		PAIR(SECCOMP_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_NEW_LISTENER),
		PAIR(IOC_TYPE_MASK, _IOC_TYPEMASK << _IOC_TYPESHIFT),
		/* Families of ioctls, each by a request that its filesystem's header gives. */
		PAIR(IOC_EXT, FS_IOC_GETFLAGS & 0xff00),
		PAIR(IOC_XFS, FS_IOC_FSGETXATTR & 0xff00),
		PAIR(IOC_VERSION, FS_IOC_GETVERSION & 0xff00),
		PAIR(IOC_BTRFS, FICLONE & 0xff00),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].ours != pairs[i].theirs)
			fail_msg("%s is 0x%x, ours 0x%x", pairs[i].name, pairs[i].theirs,
				pairs[i].ours);
	}
}

/* Does the policy refuse this call with some, or with all, of its classes of arguments? */
static void measure(const struct bv_filter_policy *policy, const struct bv_filter *f,
	const char *name, bool *ret_some, bool *ret_all)
{
	const struct grid *grid = grid_of(name);
	struct seccomp_data d = {
		.nr = names_find(names_of(policy->arch), name),
		.arch = policy->arch ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_X86_64,
	};

	*ret_some = false;
	*ret_all = true;
	for (size_t i = 0; i < grid_size(grid); i++) {
		bool refused = false;

		grid_at(grid, i, d.args);
		refused = bv_filter_evaluate(f, &d) != SECCOMP_RET_ALLOW;
		*ret_some |= refused;
		*ret_all &= refused;
	}
}

static bool explained(const struct bv_filter_policy *policy, const char *name, bool *ret_whole,
	size_t *ret_causes)
{
	struct bv_filter_refusal refusal;
	size_t cursor = 0;
	bool found = false;

	*ret_whole = false;
	*ret_causes = 0;
	while (bv_filter_refusal_next(policy, &cursor, &refusal)) {
		if (strcmp(refusal.call, name))
			continue;
		found = true;
		*ret_whole |= !*refusal.forms;
		++*ret_causes;
		assert_string_not_equal(refusal.cause, "");
	}
	return found;
}

/* For every policy of few flags: what is refused is explained, and what is explained is refused. */
static void the_explanation_is_what_programs_do(void **state)
{
	static struct bv_filter filter;
	struct bv_filter_policy policy = {0};

	(void)state;
	do {
		const struct names *names = names_of(policy.arch);

		if (!policy_valid(&policy) || __builtin_popcount(policy.flags) > 2)
			continue;
		assert_int_equal(bv_filter_compile(&policy, &filter, NULL), 0);
		for (int nr = 0; nr < 480; nr++) {
			const char *name = names_at(names, nr);
			bool some = false, all = false, whole = false;
			size_t causes = 0;

			if (!name)
				continue;
			measure(&policy, &filter, name, &some, &all);
			if (explained(&policy, name, &whole, &causes) != some)
				fail_msg("flags 0x%x spawn %d: %s is %srefused, but %zu causes",
					(unsigned int)policy.flags, (int)policy.spawn, name,
					some ? "" : "not ", causes);
			if (whole && !all)
				fail_msg("%s is said to be refused whole", name);
		}
	} while (policy_next(&policy));
}

static void a_refusal_names_its_cause_and_answer(void **state)
{
	const struct bv_filter_policy policy = {
		.flags = BV_FILTER_TRUNCATE | BV_FILTER_IPC_PRIVATE};
	struct bv_filter_refusal refusal;
	size_t cursor = 0;
	int found = 0;

	(void)state;
	while (bv_filter_refusal_next(&policy, &cursor, &refusal)) {
		if (!strcmp(refusal.call, "openat2")) {
			assert_string_equal(refusal.cause, "filesystem-truncate");
			assert_int_equal(refusal.errnum, ENOSYS);
			found++;
		} else if (!strcmp(refusal.call, "openat")) {
			assert_string_equal(refusal.forms, "O_TRUNC without write access");
			assert_int_equal(refusal.errnum, EPERM);
			found++;
		} else if (!strcmp(refusal.call, "fork")) {
			assert_string_equal(refusal.cause, "spawn-deny-new-tasks");
			found++;
		} else if (!strcmp(refusal.call, "socketpair")) {
			assert_string_equal(refusal.cause, "ipc-private");
			found++;
		}
	}
	assert_int_equal(found, 5);
	assert_false(bv_filter_refusal_next(&policy, &cursor, &refusal));
}

static void every_flag_has_a_name(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 32; bit++) {
		uint32_t flag = UINT32_C(1) << bit;
		const char *name = bv_filter_flag_name(flag);

		assert_int_equal(name != NULL, (flag & BV_FILTER_FLAGS_ALL) != 0);
		assert_int_equal(bv_filter_flag_text(flag) != NULL, name != NULL);
	}
	assert_null(bv_filter_flag_name(0));
	assert_null(bv_filter_flag_name(BV_FILTER_BASELINE | BV_FILTER_NO_NETWORK));
	assert_string_equal(bv_filter_flag_name(BV_FILTER_BASELINE), "kernel-surface-baseline");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x86_64_numbers_are_the_headers),
		cmocka_unit_test(aarch64_numbers_are_the_generic_headers),
		cmocka_unit_test(aarch64_numbers_are_its_own_headers),
		cmocka_unit_test(rows_are_sound),
		cmocka_unit_test(looks_are_sound),
		cmocka_unit_test(constants_are_the_headers),
		cmocka_unit_test(the_explanation_is_what_programs_do),
		cmocka_unit_test(a_refusal_names_its_cause_and_answer),
		cmocka_unit_test(every_flag_has_a_name),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}

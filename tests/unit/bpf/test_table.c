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
#include <linux/btrfs.h>
#include <linux/msdos_fs.h>
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

static const struct {
	const char *name;
	unsigned int ours, theirs;
} constants[] = {
#define SAME(name) {#name, ABI_##name, (unsigned int)(name)},
#define PAIR(ours, theirs) {#ours, ABI_##ours, (unsigned int)(theirs)},
#include "constants.def"
#undef SAME
#undef PAIR
};

static void constants_are_the_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		if (constants[i].ours != constants[i].theirs)
			fail_msg("%s is 0x%x, ours 0x%x", constants[i].name, constants[i].theirs,
				constants[i].ours);
	}
}

/* Does the policy refuse this call with some, or with all, of its classes of arguments? */
static void measure(const struct bv_filter_policy *policy, const struct bv_filter *f, int nr,
	bool *ret_some, bool *ret_all)
{
	const struct grid *grid = grid_of(names_at(names_of(policy->arch), nr));
	struct seccomp_data d = {
		.nr = nr,
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

/* What the explanation says of each call, by number. */
struct explanation {
	size_t causes[NAMES_MAX];
	bool whole[NAMES_MAX];
};

static void explain(const struct bv_filter_policy *policy, struct explanation *ret)
{
	struct bv_filter_refusal refusal;
	size_t cursor = 0;

	memset(ret, 0, sizeof(*ret));
	while (bv_filter_refusal_next(policy, &cursor, &refusal)) {
		int nr = names_find(names_of(policy->arch), refusal.call);

		assert_int_not_equal(nr, -1);
		assert_string_not_equal(refusal.cause, "");
		ret->causes[nr]++;
		ret->whole[nr] |= !*refusal.forms;
	}
}

static void explanation_check(const struct bv_filter_policy *policy, const struct bv_filter *f)
{
	static struct explanation said;

	explain(policy, &said);
	for (int nr = 0; nr < 480; nr++) {
		const char *name = names_at(names_of(policy->arch), nr);
		bool some = false;
		bool all = false;

		if (!name)
			continue;
		measure(policy, f, nr, &some, &all);
		if (some != (said.causes[nr] > 0))
			fail_msg("flags 0x%x spawn %d: %s is %srefused, but has %zu causes",
				(unsigned int)policy->flags, (int)policy->spawn, name,
				some ? "" : "not ", said.causes[nr]);
		if (said.whole[nr] && !all)
			fail_msg("%s is said to be refused whole", name);
	}
}

/* For every policy of few flags: what is refused is explained, and what is explained is refused. */
static void the_explanation_is_what_programs_do(void **state)
{
	static struct bv_filter filter;
	struct bv_filter_policy policy = {0};

	(void)state;
	do {
		if (!policy_valid(&policy) || __builtin_popcount(policy.flags) > 2)
			continue;
		assert_int_equal(bv_filter_compile(&policy, &filter, NULL), 0);
		explanation_check(&policy, &filter);
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

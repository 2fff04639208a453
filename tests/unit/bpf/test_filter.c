/* SPDX-License-Identifier: MIT
 *
 * Every policy's program answers as the oracle does, for every number and every class of
 * arguments; is one that the kernel takes; and is small.
 */
#include "unit.h"

#include <time.h>

#include <linux/audit.h>

#include "grid.h"
#include "names.h"
#include "oracle.h"
#include "policies.h"

static const uint32_t arch_word[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64};

static void fail_at(const struct bv_filter_policy *p, const struct seccomp_data *d, uint32_t is,
	uint32_t due)
{
	const char *name = names_at(names_of(p->arch), d->nr);

	fail_msg("flags 0x%x spawn %d arch %d: %s (%d) of 0x%x, args %llx %llx %llx %llx: "
		 "answer 0x%x, due 0x%x",
		(unsigned int)p->flags, (int)p->spawn, (int)p->arch, name ? name : "?", d->nr,
		d->arch, d->args[0], d->args[1], d->args[2], d->args[3], is, due);
}

static void compare(const struct bv_filter_policy *p, const struct bv_filter *f, uint32_t self,
	const struct seccomp_data *d)
{
	uint32_t is = bv_filter_evaluate(f, d);
	uint32_t due = oracle_answer(p, self, d);

	if (is != due)
		fail_at(p, d, is, due);
}

static void compare_number(const struct bv_filter_policy *p, const struct bv_filter *f,
	uint32_t self, int nr)
{
	const char *name = names_at(names_of(p->arch), nr);
	struct seccomp_data d = {.nr = nr, .arch = arch_word[p->arch]};
	const struct grid *grid = NULL;

	/* A call whose arguments matter has a grid of its own. */
	grid = grid_of(name);
	assert_true(!name || !oracle_looks(name) || grid_size(grid) > 2);
	for (size_t i = 0; i < grid_size(grid); i++) {
		grid_at(grid, i, d.args);
		compare(p, f, self, &d);
	}
}

static void compare_gate(const struct bv_filter_policy *p, const struct bv_filter *f)
{
	static const uint32_t words[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386,
		AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64, 0, 0xffffffff, AUDIT_ARCH_X86_64 ^ 1,
		AUDIT_ARCH_AARCH64 ^ 0x80000000};
	static const uint32_t bases[] = {0, 0x400, 0x200, 0x20000000, 0x3ffffc00, 0x40000000,
		0x40000200, 0x7fffff00, 0x80000000, 0xc0000000, 0xfffffc00};

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
		for (size_t b = 0; b < sizeof(bases) / sizeof(bases[0]); b++) {
			for (uint32_t n = 0; n < 1024; n += n < 480 ? 7 : 37) {
				struct seccomp_data d = {.nr = (int)(bases[b] + n),
					.arch = words[w]};

				compare(p, f, GRID_SELF, &d);
			}
		}
	}
}

static void policies_answer_as_the_oracle_does(void **state)
{
	static struct bv_filter filter;
	struct bv_filter_policy policy = {0};
	struct bv_error err;
	size_t count = 0;

	(void)state;
	do {
		if (!policy_valid(&policy) || !policy_sampled(&policy))
			continue;
		assert_int_equal(bv_filter_compile(&policy, &filter, &err), 0);
		bv_filter_bind_self(&filter, GRID_SELF);
		for (int nr = 0; nr < 1024; nr++)
			compare_number(&policy, &filter, GRID_SELF, nr);
		if (policy.flags % 31 == policy.spawn)
			compare_gate(&policy, &filter);
		count++;
	} while (policy_next(&policy));
	assert_int_equal(count, 2 * (2048 * 3 - 1024)); /* of a fourth */
	print_message("%zu policies\n", count);
}

static void an_unbound_program_knows_no_own_id(void **state)
{
	static struct bv_filter filter;
	struct bv_filter_policy policy = {0};

	(void)state;
	do {
		if (!policy_valid(&policy))
			continue;
		assert_int_equal(bv_filter_compile(&policy, &filter, NULL), 0);
		for (int nr = 0; nr < 480; nr++)
			compare_number(&policy, &filter, 0, nr);
		policy.flags += 23;
	} while (policy_next(&policy));
}

static void random_arguments_answer_as_the_oracle_does(void **state)
{
	static struct bv_filter filter;
	uint64_t random = 88172645463325252u;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct bv_filter_policy policy = {
			.flags = grid_random(&random) & BV_FILTER_FLAGS_ALL,
			.spawn = grid_random(&random) % 3,
			.arch = grid_random(&random) % 2,
		};

		if (!policy_valid(&policy))
			continue;
		assert_int_equal(bv_filter_compile(&policy, &filter, NULL), 0);
		bv_filter_bind_self(&filter, GRID_SELF);
		for (int i = 0; i < 5000; i++) {
			struct seccomp_data d = {
				.nr = (int)(grid_random(&random) % 480),
				.arch = arch_word[policy.arch],
			};

			for (int arg = 0; arg < 6; arg++) {
				uint32_t kind = grid_random(&random);
				uint32_t low = grid_random(&random);

				/* Small numbers, single bits, dense words. */
				low = kind & 1 ? low % 64 : kind & 2 ? 1u << low % 32 : low;
				d.args[arg] = low;
				d.args[arg] |= kind & 4 ? (uint64_t)grid_random(&random) << 32 : 0;
			}
			compare(&policy, &filter, GRID_SELF, &d);
		}
	}
}

/* What the launcher's child does after the filter is in: execute, or report and leave. */
static void no_policy_hinders_the_set_up(void **state)
{
	static const char *const needed[] = {"read", "write", "close", "execve", "execveat", "exit",
		"exit_group", "getpid", "rt_sigreturn", "restart_syscall", "brk", "munmap"};
	static struct bv_filter filter;
	struct bv_filter_policy policy = {0};

	(void)state;
	do {
		if (!policy_valid(&policy))
			continue;
		assert_int_equal(bv_filter_compile(&policy, &filter, NULL), 0);
		for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
			struct seccomp_data d = {.arch = arch_word[policy.arch]};

			d.nr = names_find(names_of(policy.arch), needed[i]);
			assert_int_not_equal(d.nr, -1);
			assert_int_equal(bv_filter_evaluate(&filter, &d), SECCOMP_RET_ALLOW);
		}
	} while (policy_next(&policy));
}

/* What ordinary programs need, under the strictest policy that leaves them descendants. */
static void the_strictest_policy_leaves_what_programs_need(void **state)
{
	static const char *const needed[] = {"set_tid_address", "rseq", "membarrier", "futex",
		"futex_waitv", "futex_wake", "futex_wait", "futex_requeue", "set_robust_list",
		"getrandom", "statx", "close_range", "epoll_create1", "epoll_ctl", "epoll_pwait",
		"epoll_pwait2", "eventfd2", "timerfd_create", "timerfd_settime", "signalfd4",
		"copy_file_range", "splice", "tee", "sendfile", "fadvise64", "mlock", "mlock2",
		"madvise", "mseal", "map_shadow_stack", "cachestat", "fchdir", "getdents64",
		"openat2", "openat", "faccessat2", "execve", "execveat", "wait4", "waitid",
		"sigaltstack", "sched_yield", "sched_getaffinity", "clone", "mmap", "mremap",
		"mprotect", "pipe2", "dup3", "ppoll", "pselect6", "clock_gettime",
		"clock_nanosleep", "getcpu", "sysinfo", "uname", "prctl", "tgkill", "kill",
		"getpgid", "setpgid", "setsid", "umask", "mkdirat", "unlinkat", "renameat2",
		"linkat", "symlinkat", "readlinkat", "ftruncate", "fallocate", "fsync", "flock",
		"io_setup", "io_submit", "io_getevents", "seccomp", "landlock_create_ruleset",
		"landlock_add_rule", "landlock_restrict_self", "getxattr", "prlimit64", "capget",
		"setresuid", "timer_create", "getitimer", "recvmsg", "sendmsg", "connect"};
	const struct bv_filter_policy policy = {
		.flags = BV_FILTER_BASELINE | BV_FILTER_NO_NETWORK | BV_FILTER_IPC_PRIVATE |
			BV_FILTER_HIDE_PROCESSES,
		.spawn = BV_FILTER_SPAWN_DESCENDANTS,
	};
	static struct bv_filter filter;

	(void)state;
	assert_int_equal(bv_filter_compile(&policy, &filter, NULL), 0);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		struct seccomp_data d = {.arch = AUDIT_ARCH_X86_64};

		d.nr = names_find(names_of(BV_FILTER_X86_64), needed[i]);
		d.args[0] = !strcmp(needed[i], "prctl") ? 38 : 0;
		if (bv_filter_evaluate(&filter, &d) != SECCOMP_RET_ALLOW)
			fail_msg("%s is refused", needed[i]);
	}
}

static void what_is_no_policy_is_refused(void **state)
{
	static const struct bv_filter_policy wrong[] = {
		{.flags = BV_FILTER_FLAGS_ALL + 1},
		{.flags = 0x80000000},
		{.spawn = 3},
		{.spawn = (enum bv_filter_spawn) - 1},
		{.arch = 2},
		{.arch = (enum bv_filter_arch) - 1},
		{.flags = BV_FILTER_NO_SIGNALS, .spawn = BV_FILTER_SPAWN_DESCENDANTS},
	};
	static struct bv_filter filter, before;

	(void)state;
	memset(&filter, 0x5a, sizeof(filter));
	before = filter;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct bv_error err = {0};

		assert_int_equal(bv_filter_compile(&wrong[i], &filter, &err), BV_E_INVALID);
		assert_int_equal(bv_filter_compile(&wrong[i], &filter, NULL), BV_E_INVALID);
		assert_int_equal(err.code, BV_E_INVALID);
		assert_string_not_equal(err.text, "");
		assert_memory_equal(&filter, &before, sizeof(filter));
	}
}

static void the_same_policy_gives_the_same_bytes(void **state)
{
	static struct bv_filter one, two;
	struct bv_filter_policy policy = {0};

	(void)state;
	assert_int_equal(sizeof(one), sizeof(one.insns) + sizeof(one.self) + 2 * sizeof(one.count));
	do {
		if (!policy_valid(&policy))
			continue;
		memset(&one, 0xff, sizeof(one));
		assert_int_equal(bv_filter_compile(&policy, &one, NULL), 0);
		assert_int_equal(bv_filter_compile(&policy, &two, NULL), 0);
		assert_memory_equal(&one, &two, sizeof(one));
		policy.flags += 10;
	} while (policy_next(&policy));
}

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double compile_us(const struct bv_filter_policy *policy)
{
	static struct bv_filter filter;
	double best = 1e9;

	for (int i = 0; i < 500; i++) {
		double start = now_us();

		assert_int_equal(bv_filter_compile(policy, &filter, NULL), 0);
		start = now_us() - start;
		best = start < best ? start : best;
	}
	return best;
}

static size_t path_max(const struct bv_filter *f, enum bv_filter_arch arch)
{
	size_t longest = 0;

	for (int nr = 0; nr < 480; nr++) {
		const struct grid *grid = grid_of(names_at(names_of(arch), nr));
		struct seccomp_data d = {.nr = nr, .arch = arch_word[arch]};

		for (size_t i = 0; i < grid_size(grid); i++) {
			size_t steps = 0;

			grid_at(grid, i, d.args);
			(void)bv_filter_run(f->insns, f->count, &d, &steps);
			longest = steps > longest ? steps : longest;
		}
	}
	return longest;
}

/* Prints; asserts only what does not depend on the clock. */
static void programs_are_small(void **state)
{
	static const uint32_t sets[] = {0, BV_FILTER_BASELINE,
		BV_FILTER_BASELINE | BV_FILTER_NO_NETWORK | BV_FILTER_IPC_PRIVATE |
			BV_FILTER_HIDE_PROCESSES,
		BV_FILTER_FLAGS_ALL};
	static struct bv_filter filter;
	struct bv_filter_policy policy = {0};
	uint16_t largest = 0;

	(void)state;
	do {
		if (!policy_valid(&policy))
			continue;
		assert_int_equal(bv_filter_compile(&policy, &filter, NULL), 0);
		largest = filter.count > largest ? filter.count : largest;
	} while (policy_next(&policy));
	print_message("largest of all: %u instructions\n", largest);
	assert_true(largest < 300);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		policy = (struct bv_filter_policy){sets[i], BV_FILTER_SPAWN_THREADS, 0};
		assert_int_equal(bv_filter_compile(&policy, &filter, NULL), 0);
		print_message("flags 0x%03x: %3u instructions, longest path %2zu, compiled in %.1f "
			      "us\n",
			(unsigned int)sets[i], filter.count, path_max(&filter, 0),
			compile_us(&policy));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_answer_as_the_oracle_does),
		cmocka_unit_test(an_unbound_program_knows_no_own_id),
		cmocka_unit_test(random_arguments_answer_as_the_oracle_does),
		cmocka_unit_test(no_policy_hinders_the_set_up),
		cmocka_unit_test(the_strictest_policy_leaves_what_programs_need),
		cmocka_unit_test(what_is_no_policy_is_refused),
		cmocka_unit_test(the_same_policy_gives_the_same_bytes),
		cmocka_unit_test(programs_are_small),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}

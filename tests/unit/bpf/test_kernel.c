/* SPDX-License-Identifier: MIT
 *
 * The kernel runs our programs as the simulator does. Each program is turned into its shadow:
 * where it allows or kills, the shadow answers an errno that no call has. Under the shadow every
 * call can be made, with any arguments, and none happens.
 */
#include "unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>

#include "grid.h"
#include "live.h"
#include "names.h"
#include "policies.h"

#define SHADOW_ALLOW (SECCOMP_RET_ERRNO | 3001)
#define SHADOW_KILL (SECCOMP_RET_ERRNO | 3002)

/* What the child found, in memory shared with it. */
struct finding {
	size_t compared;
	size_t different;
	struct seccomp_data data; /* of the first difference */
	long is;
	uint32_t due;
	bool installed;
};

static void shadow_make(struct bv_filter *f)
{
	for (uint16_t i = 0; i < f->count; i++) {
		struct sock_filter *insn = &f->insns[i];

		if (insn->code != (BPF_RET | BPF_K))
			continue;
		if (insn->k == SECCOMP_RET_ALLOW)
			insn->k = SHADOW_ALLOW;
		if (insn->k == SECCOMP_RET_KILL_PROCESS)
			insn->k = SHADOW_KILL;
	}
}

/* Nothing of libc: it may make calls of its own, which would fail. */
static long call(const struct seccomp_data *d)
{
	long answer = d->nr;
	register unsigned long r10 __asm__("r10") = d->args[3];
	register unsigned long r8 __asm__("r8") = d->args[4];
	register unsigned long r9 __asm__("r9") = d->args[5];

	__asm__ volatile("syscall"
			 : "+a"(answer)
			 : "D"(d->args[0]), "S"(d->args[1]), "d"(d->args[2]), "r"(r10), "r"(r8),
			 "r"(r9)
			 : "rcx", "r11", "memory");
	return answer;
}

static void compare(const struct bv_filter *shadow, const struct seccomp_data *d,
	struct finding *finding)
{
	uint32_t due = bv_filter_evaluate(shadow, d);
	long is = call(d);

	finding->compared++;
	if (is == -(long)(due & SECCOMP_RET_DATA))
		return;
	if (!finding->different++) {
		finding->data = *d;
		finding->is = is;
		finding->due = due;
	}
}

static void compare_all(const struct bv_filter *shadow, struct finding *finding)
{
	const struct names *names = names_of(BV_FILTER_X86_64);

	for (int nr = 0; nr < 1024; nr++) {
		const struct grid *grid = grid_of(names_at(names, nr));
		struct seccomp_data d = {.nr = nr, .arch = AUDIT_ARCH_X86_64};

		/* Since Linux 6.14 these two go past every filter: they belong to probes. */
		if (nr == 335 || nr == 336)
			continue;
		for (size_t i = 0; i < grid_size(grid); i++) {
			grid_at(grid, i, d.args);
			compare(shadow, &d, finding);
		}
	}
	for (int nr = 0; nr < 600; nr++) {
		struct seccomp_data d = {.nr = nr | 0x40000000, .arch = AUDIT_ARCH_X86_64};

		compare(shadow, &d, finding);
	}
}

static _Noreturn void shadow_child(struct bv_filter *f, struct finding *finding)
{
	live_faults_default();
	shadow_make(f);
	(void)names_of(BV_FILTER_X86_64);
	finding->installed = live_install(f) == 0;
	if (finding->installed)
		compare_all(f, finding);
	/* Even leaving is refused now. */
	__builtin_trap();
}

static size_t compare_policy(const struct bv_filter_policy *p, struct finding *finding)
{
	static struct bv_filter filter;
	int status = 0;
	pid_t pid = -1;

	assert_int_equal(bv_filter_compile(p, &filter, NULL), 0);
	bv_filter_bind_self(&filter, GRID_SELF);
	memset(finding, 0, sizeof(*finding));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		shadow_child(&filter, finding);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGILL);
	assert_true(finding->installed);
	if (finding->different)
		fail_msg("flags 0x%x spawn %d: %zu of %zu answers differ; first number %d, "
			 "args %llx %llx %llx: %ld, the simulator says 0x%x",
			(unsigned int)p->flags, (int)p->spawn, finding->different,
			finding->compared, finding->data.nr, finding->data.args[0],
			finding->data.args[1], finding->data.args[2], finding->is, finding->due);
	return finding->compared;
}

static void the_kernel_answers_as_the_simulator_does(void **state)
{
	struct bv_filter_policy policy = {0};
	struct finding *finding = mmap(NULL, sizeof(*finding), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t compared = 0;
	size_t count = 0;

	(void)state;
	assert_true(finding != MAP_FAILED);
	do {
		int flags = __builtin_popcount(policy.flags);
		bool few = flags < 2 || flags >= BV_FILTER_FLAG_COUNT - 1;

		if (policy.arch != BV_FILTER_X86_64 || !policy_valid(&policy))
			continue;
		/* All small and all large sets of flags, and a sample of the rest. */
		if (!few && policy.flags % 241 != policy.spawn)
			continue;
		compared += compare_policy(&policy, finding);
		count++;
	} while (policy_next(&policy));
	print_message("%zu policies, %zu answers\n", count, compared);
	(void)munmap(finding, sizeof(*finding));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_answers_as_the_simulator_does),
	};

	return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}

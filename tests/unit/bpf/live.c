/* SPDX-License-Identifier: MIT
 *
 * The child's line goes through memory that it shares with the test, because a filter may refuse
 * anything else.
 */
#include "live.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define LIVE_SECONDS 60

static int *line_shared(void)
{
	static int *line;

	if (!line) {
		void *map =
			mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		assert_true(map != MAP_FAILED);
		line = map;
	}
	return line;
}

int live_install(const struct bv_filter *filter)
{
	struct sock_fprog program = {
		.len = filter->count,
		.filter = (struct sock_filter *)(uintptr_t)filter->insns,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

void live_faults_default(void)
{
	static const int faults[] = {SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGSYS};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		(void)signal(faults[i], SIG_DFL);
}

static _Noreturn void child_run(const struct bv_filter *filter, int (*body)(void *), void *arg)
{
	static struct bv_filter bound;
	int *line = line_shared();

	bound = *filter;
	bv_filter_bind_self(&bound, (uint32_t)getpid());
	live_faults_default();
	/* A session of its own, as the launcher gives: kill(0) then reaches nobody else. */
	(void)setsid();
	(void)alarm(LIVE_SECONDS);
	*line = -1;
	if (live_install(&bound) == 0)
		*line = body(arg);
	_exit(*line ? 1 : LIVE_PASSED);
}

int live_child(const struct bv_filter_policy *policy, int (*body)(void *), void *arg)
{
	static struct bv_filter filter;
	int status = 0;
	pid_t pid = -1;

	assert_int_equal(bv_filter_compile(policy, &filter, NULL), 0);
	*line_shared() = -2;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child_run(&filter, body, arg);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

void live_claim(const struct bv_filter_policy *policy, int (*body)(void *), void *arg)
{
	int status = live_child(policy, body, arg);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != LIVE_PASSED)
		fail_msg("flags 0x%x spawn %d: not so at line %d (wait status 0x%x)",
			(unsigned int)policy->flags, (int)policy->spawn, *line_shared(), status);
}

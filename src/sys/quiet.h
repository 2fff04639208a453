/* SPDX-License-Identifier: MIT
 *
 * Writing in a caller's thread without bringing a signal upon it: SIGPIPE of a pipe that nobody
 * reads, and SIGXFSZ of a file past RLIMIT_FSIZE (setrlimit(2)), are held back meanwhile and taken
 * away again if they were not there before. Both are sent to the very thread that writes, and the
 * call fails with EPIPE or EFBIG.
 */
#ifndef SYS_QUIET_H
#define SYS_QUIET_H

#include <errno.h>
#include <signal.h>
#include <time.h>

struct sys_quiet {
	sigset_t held;
	sigset_t before;
};

static inline struct sys_quiet sys_quiet_begin(void)
{
	struct sys_quiet quiet;
	sigset_t pending;

	sigemptyset(&quiet.held);
	sigpending(&pending);
	if (!sigismember(&pending, SIGPIPE))
		sigaddset(&quiet.held, SIGPIPE);
	if (!sigismember(&pending, SIGXFSZ))
		sigaddset(&quiet.held, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &quiet.held, &quiet.before);
	return quiet;
}

/* Right after the call: `failed` is its errno, or 0. */
static inline void sys_quiet_end(const struct sys_quiet *quiet, int failed)
{
	const struct timespec at_once = {0};

	if (failed == EPIPE || failed == EFBIG)
		(void)sigtimedwait(&quiet->held, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
	errno = failed;
}

#endif

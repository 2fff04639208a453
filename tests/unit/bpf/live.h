/* SPDX-License-Identifier: MIT
 *
 * Filters in a running kernel: a child installs one and acts. The host's machine is x86-64.
 */
#ifndef UNIT_BPF_LIVE_H
#define UNIT_BPF_LIVE_H

#include <sys/types.h>

#include "bpf/filter.h"

#define LIVE_PASSED 42 /* a child whose body returned 0 */

/* Installs a filter on the caller, with no new privileges. 0, or -1 with errno. */
int live_install(const struct bv_filter *filter);

/*
 * Runs `body` in a child under the policy's filter, bound to the child's id, with a time limit.
 * Returns the wait status. The body returns 0 if all was as claimed, or the line where not.
 */
int live_child(const struct bv_filter_policy *policy, int (*body)(void *), void *arg);

/* Gives the signals of faults back, which cmocka catches. For children. */
void live_faults_default(void);

/* Fails the test unless the body returned 0. */
void live_claim(const struct bv_filter_policy *policy, int (*body)(void *), void *arg);

/* For bodies: the line where it was not as claimed is the answer. */
#define LIVE(condition) \
	do { \
		if (!(condition)) \
			return __LINE__; \
	} while (0)

/* The call fails with this errno. */
#define LIVE_FAILS(call, errnum) LIVE((errno = 0, (long)(call) == -1) && errno == (errnum))

#endif

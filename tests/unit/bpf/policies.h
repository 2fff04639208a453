/* SPDX-License-Identifier: MIT
 *
 * Every policy there is: 8192 sets of flags, three ways to spawn, two machines.
 */
#ifndef UNIT_BPF_POLICIES_H
#define UNIT_BPF_POLICIES_H

#include "bpf/filter.h"

/* Steps through all of them from {0}; false after the last one. */
static inline bool policy_next(struct bv_filter_policy *policy)
{
	if (policy->flags++ < BV_FILTER_FLAGS_ALL)
		return true;
	policy->flags = 0;
	if (policy->spawn < BV_FILTER_SPAWN_DESCENDANTS) {
		policy->spawn++;
		return true;
	}
	policy->spawn = BV_FILTER_SPAWN_DENY;
	return policy->arch++ < BV_FILTER_AARCH64;
}

/* One in four: every set of the first eleven flags, with the sets of the last two by turns. */
static inline bool policy_sampled(const struct bv_filter_policy *policy)
{
	uint32_t first = policy->flags & 0x7ff;

	return policy->flags >> 11 ==
		((first ^ first >> 2 ^ first >> 4 ^ first >> 6 ^ first >> 8 ^ first >> 10) +
			policy->spawn) %
		4;
}

/* Is it one that compiles? */
static inline bool policy_valid(const struct bv_filter_policy *policy)
{
	return !(policy->flags & BV_FILTER_NO_SIGNALS) ||
		policy->spawn != BV_FILTER_SPAWN_DESCENDANTS;
}

#endif

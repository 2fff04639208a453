/* SPDX-License-Identifier: MIT
 *
 * The oracle's looks at arguments: the errno of a refusal, or 0.
 */
#ifndef UNIT_BPF_ORACLE_ARGUMENTS_H
#define UNIT_BPF_ORACLE_ARGUMENTS_H

#include "bpf/filter.h"

typedef int (
	*oracle_look)(const struct bv_filter_policy *policy, uint32_t self, const __u64 args[6]);

oracle_look oracle_look_find(const char *name); /* NULL if its arguments do not matter */

#endif

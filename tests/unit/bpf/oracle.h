/* SPDX-License-Identifier: MIT
 *
 * What a filter must answer, in plain C, written from the description of the policies and not
 * from the compiler's tables: lists of names, and functions that look at arguments as the kernel
 * does, by conversion to their declared types.
 */
#ifndef UNIT_BPF_ORACLE_H
#define UNIT_BPF_ORACLE_H

#include "bpf/filter.h"

/* `self` is the id that was bound, or 0. */
uint32_t oracle_answer(const struct bv_filter_policy *policy, uint32_t self,
	const struct seccomp_data *data);

/* May this call, by its name, be refused by its arguments? Then they are worth trying. */
bool oracle_looks(const char *name);

#endif

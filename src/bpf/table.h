/* SPDX-License-Identifier: MIT
 *
 * The system calls as a table, one row each, from syscalls.def; and what a policy asks of them.
 */
#ifndef BPF_TABLE_H
#define BPF_TABLE_H

#include "bpf/checks.h"

#define BV_CALL_ABSENT (-1)
#define BV_CALL_NUMBER_MAX 511 /* no row has a larger one */

struct bv_call {
	const char *name;
	int16_t number[2]; /* by enum bv_filter_arch */
	uint16_t errnum;   /* the answer when a cause refuses it whole */
	uint8_t check;     /* enum bv_check */
	uint32_t refused_by;
};

/* All rows, *ret_count of them. */
const struct bv_call *bv_calls(size_t *ret_count);

/* The causes that hold under a policy: its flags, and its one spawn policy. */
uint32_t bv_policy_causes(const struct bv_filter_policy *policy);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The rows of syscalls.def.
 */
#include "bpf/table.h"

#include <errno.h>

enum {
	ABSENT = BV_CALL_ABSENT,
	NOTHING = 0,
#define BV_FILTER_FLAG(name, bit, stable, text) name = 1 << (bit),
#include "bpf/flags.def"
#undef BV_FILTER_FLAG
	SPAWN_DENY = BV_CAUSE_SPAWN_DENY,
	SPAWN_THREADS = BV_CAUSE_SPAWN_THREADS,
	EVERY_SPAWN = SPAWN_DENY | SPAWN_THREADS | BV_CAUSE_SPAWN_DESCENDANTS,
	FILE_HANDLES = BASELINE | HIDE_PROCESSES | METADATA | TRUNCATE,
	UNSEEN_WORK = BASELINE | NO_NETWORK | IPC_PRIVATE | METADATA | TRUNCATE | IOCTL_DEV |
		NO_MEMFD | MODES | SET_ID | SPAWN_DENY,
};

static const struct bv_call calls[] = {
#define BV_CALL(name, x86_64, aarch64, causes, errnum, check) \
	{#name, {x86_64, aarch64}, errnum, BV_CHECK_##check, causes},
#include "bpf/syscalls.def"
#undef BV_SYSCALL
};

const struct bv_call *bv_calls(size_t *ret_count)
{
	*ret_count = sizeof(calls) / sizeof(calls[0]);
	return calls;
}

uint32_t bv_policy_causes(const struct bv_filter_policy *policy)
{
	return policy->flags | BV_CAUSE_SPAWN((unsigned int)policy->spawn);
}

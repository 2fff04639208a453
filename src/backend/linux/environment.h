/* SPDX-License-Identifier: MIT
 *
 * The environment of a workload: exactly the listed entries, secrets resolved, and what the
 * boundary itself tells. One block of NAME=VALUE strings in memory that never moved, so that no
 * copy of a secret is left behind.
 */
#ifndef LINUX_ENVIRONMENT_H
#define LINUX_ENVIRONMENT_H

#include "base/buf.h"
#include <bvisor/run.h>
#include <bvisor/spec.h>

/* What the boundary tells. */
struct environment_told {
	const char *outputs; /* BV_OUTPUT_VARIABLE; NULL: not there */
	const char *temp;    /* BV_TEMP_VARIABLE, where it is told; NULL: as the spec has it */
};

/* Wipe *ret when it is done with. */
int environment_make(const struct bv_spec *spec, const struct bv_run_options *options,
	const struct environment_told *told, struct bv_buf *ret, struct bv_error *err);
/* How many entries that makes. */
uint32_t environment_count(const struct bv_spec *spec, const struct environment_told *told);
/* Zeroes, then frees; also what was never made. */
void environment_wipe(struct bv_buf *environment);

#endif

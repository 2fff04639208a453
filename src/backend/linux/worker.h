/* SPDX-License-Identifier: MIT
 *
 * A linux backend for workers of our own: programs that interpret a guest. They make no memory
 * executable, and need two calls more than a workload would get: to set the times of what is
 * granted for writing, and openat2, by which they hold the guest's paths beneath their roots.
 */
#ifndef LINUX_WORKER_H
#define LINUX_WORKER_H

#include "backend/linux/patience.h"
#include <bvisor/backend.h>
#include <bvisor/linux.h>

/* What a run of a worker has of its own: descriptors instead of those that the plan names, so that
 * one plan serves many runs (as many as the spec declares, borrowed, in its order), and the time
 * left of the guest's. */
struct worker_errand {
	const int *sources;
	struct patience patience;
};

int linux_open_for_workers(const struct bv_linux_options *options, struct bv_backend **ret,
	struct bv_error *err);
/* The fact of a staging directory (NULL: none), for a spec that needs one or NULL. */
void probe_staging(const char *staging, const struct bv_spec *spec, struct bv_snapshot *snapshot);

/* As the handle's execute. */
int linux_execute_worker(void *state, const struct bv_plan *plan,
	const struct worker_errand *errand, const struct bv_run_options *options,
	struct bv_report_body *body, struct bv_error *err);

#endif

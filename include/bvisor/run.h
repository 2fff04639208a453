/* SPDX-License-Identifier: MIT
 *
 * Running a plan. bv_run() probes the machine again, refuses with BV_E_DRIFT if it is not the one
 * that was planned for, runs the workload to its end in the calling thread, tears the boundary
 * down, and seals one report. It returns 0 with a report whenever something was attempted, also
 * if the workload failed or we did (outcome supervisor-fault); an error means nothing ran.
 *
 * No thread is started and no signal handler installed. SIGPIPE is not raised by our writes.
 */
#ifndef BVISOR_RUN_H
#define BVISOR_RUN_H

#include <bvisor/plan.h>
#include <bvisor/report.h>

struct bv_run_options {
	/* For streams in mode `inherit`. */
	int stdin_borrow_fd;
	int stdout_borrow_fd;
	int stderr_borrow_fd;
	/* When this descriptor becomes readable, the run is killed and the outcome is `killed`,
	 * reason `cancelled`. It is not read from. -1: none. */
	int cancel_borrow_fd;
	/* Each piece of captured output as it arrives, also past the capture limit; may be NULL.
	 * Called in bv_run()'s thread. While it blocks, the workload's writes block. */
	void (*on_output)(void *context, int stream, const void *data, size_t len);
	/* Resolves a secret lease into at most `capacity` bytes (no NUL); 0, or an errno value.
	 * The buffer is wiped after use. Needed only if the spec names a secret. */
	int (*resolve_secret)(void *context, const char *reference, char *buffer, size_t capacity,
		size_t *ret_len);
	void *context;
};

#define BV_RUN_OPTIONS_DEFAULT \
	{ \
		0, 1, 2, -1, NULL, NULL, NULL \
	}
#define BV_SECRET_BYTES_MAX 65536

BV_BEGIN_DECLS
/* `options` may be NULL for the defaults. The plan must come from this backend (else
 * BV_E_FOREIGN). May be called from several threads on one backend. */
BV_API BV_MUST_CHECK int bv_run(struct bv_backend *backend, const struct bv_plan *plan,
	const struct bv_run_options *options, struct bv_report **ret, struct bv_error *err);
BV_END_DECLS

#endif

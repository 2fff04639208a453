/* SPDX-License-Identifier: MIT
 *
 * How long a run may take, from its very start: one moment, by which whatever is waited for and
 * whatever is run must have ended. And opening a stream's file: a FIFO is opened when its other end
 * is, as open(2) has it, and nobody knows when that will be.
 */
#ifndef LINUX_PATIENCE_H
#define LINUX_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include <bvisor/body.h>
#include <bvisor/spec.h>

struct patience {
	uint64_t began_ns; /* on the monotonic clock */
	uint64_t end_ns;   /* UINT64_MAX: none */
	int cancel;        /* borrowed; -1: none */
	bool cancelled;    /* why it was given up; if not, the time was up */
};

/* From now on. */
struct patience patience_make(const struct bv_budget *wall, int cancel);
/* What is left, and what has passed. UINT64_MAX: no end. */
uint64_t patience_left_us(const struct patience *patience);
uint64_t patience_passed_us(const struct patience *patience);
/* Whether the time is up, or the caller has had enough. */
bool patience_over(struct patience *patience);
/* The end of a run that was given up before there was anything to stop, and what is known of it. */
void patience_fill(const struct patience *patience, const char *detail,
	struct bv_report_body *body);
/* Stream 0 for reading; 1 and 2 emptied, or made, for writing. BV_E_INTERRUPTED: given up. */
int patience_open(struct patience *patience, int stream, const char *path, int *ret,
	struct bv_error *err);

#endif

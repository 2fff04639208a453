/* SPDX-License-Identifier: MIT
 *
 * Opening a stream's file. A FIFO is opened when its other end is, as open(2) has it, and nobody
 * knows when that will be: so it is waited for no longer than the run itself may take.
 */
#ifndef LINUX_PATIENCE_H
#define LINUX_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include <bvisor/error.h>

struct patience {
	uint64_t end_ns; /* on the monotonic clock; UINT64_MAX: none */
	int cancel;      /* borrowed; -1: none */
	bool cancelled;  /* why it was given up; if not, the time was up */
};

/* From now on; UINT64_MAX: for ever. */
struct patience patience_make(uint64_t wall_us, int cancel);
/* Stream 0 for reading; 1 and 2 emptied, or made, for writing. BV_E_INTERRUPTED: given up. */
int patience_open(struct patience *patience, int stream, const char *path, int *ret,
	struct bv_error *err);

#endif

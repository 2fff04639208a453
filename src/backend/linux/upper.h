/* SPDX-License-Identifier: MIT
 *
 * What a run did to an overlay: read from its upper layer when every process is gone, against the
 * source beneath.
 */
#ifndef LINUX_UPPER_H
#define LINUX_UPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bvisor/body.h>

struct upper {
	/* Both layers' roots, borrowed, and where the workload saw them as one. */
	int upper;
	int lower;
	const char *root;
	bool trusted; /* the overlay's marks are trusted.* attributes, else user.* */
	struct bv_report_body *body;
	/* What may still be read and told. */
	uint64_t bytes_left;
	size_t changes_left;
	const char *missed; /* the first reason why something may be missing, or NULL */
};

void upper_tell(struct upper *upper);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The directory that artifacts are taken out into, one component at a time and through no link.
 * The innermost directory stays open, because neighbours come one after the other.
 */
#ifndef ARTIFACT_DESTINATION_H
#define ARTIFACT_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>

#include <bvisor/error.h>
#include <bvisor/spec.h>

struct destination {
	int top;                                                     /* borrowed */
	int here;                                                    /* -1: none yet */
	char path[BV_PATH_BYTES_MAX + BV_OUTPUT_NAME_BYTES_MAX + 2]; /* of `here` */
	/* Directories that were not there before, outermost first. */
	char **made;
	size_t made_count;
	size_t made_capacity;
};

/* Opens the directory of `place`, and returns the name in it, or NULL with the error filled. With
 * `make` directories that are missing are made. */
const char *destination_enter(struct destination *destination, const char *place, bool make,
	struct bv_error *err);
/* Flushes the open directory, and all above it up to the top. */
bool destination_flush(struct destination *destination);
/* Removes what was made, as far as it is empty. */
void destination_unmake(struct destination *destination);
void destination_close(struct destination *destination);

#endif

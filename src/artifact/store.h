/* SPDX-License-Identifier: MIT
 *
 * The artifacts of one report with the place where they are staged.
 */
#ifndef ARTIFACT_STORE_H
#define ARTIFACT_STORE_H

#include "base/digest.h"
#include "json/report_read.h"
#include <bvisor/artifact.h>

struct bv_artifacts {
	struct report_read report;
	const struct bv_spec *spec;
	int root; /* of the staging; -1: none was given */
	struct bv_artifact_row *rows;
	size_t count;
};

/* The staged file of a row, open for reading, if it is what it must be: regular, with one name, of
 * the reported size. -1 with the error filled. */
int store_open(const struct bv_artifacts *artifacts, int attempt_dir,
	const struct bv_artifact_row *row, struct bv_error *err);

/* What is staged of the attempt, open and locked against other decisions. -1 with the error filled,
 * BV_E_NOT_FOUND if there is nothing. */
int store_lock(const struct bv_artifacts *artifacts, struct bv_error *err);

/* Digest of what can be read, which is also written to `to` unless that is -1; *ret_size says how
 * much it was. 0, or an errno value. */
int copy_digest(int from, int to, struct bv_digest *ret, uint64_t *ret_size);

#endif

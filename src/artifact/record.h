/* SPDX-License-Identifier: MIT
 *
 * What a commit achieved: for each artifact how it was taken out, or that it was not.
 */
#ifndef ARTIFACT_RECORD_H
#define ARTIFACT_RECORD_H

#include "artifact/store.h"
#include "base/buf.h"

struct bv_commit_record {
	enum bv_commit *achieved; /* by the artifact's index */
	int *errnums;             /* why no more was achieved; 0 */
	size_t count;
	size_t committed;
	bool removed; /* what was staged is gone */
	struct bv_buf json;
};

/* With all the memory that writing it takes, so that what was done can always be told. */
int record_new(const struct bv_artifacts *artifacts, struct bv_commit_record **ret,
	struct bv_error *err);
int record_write(struct bv_commit_record *record, const struct bv_artifacts *artifacts,
	struct bv_error *err);

#endif

/* SPDX-License-Identifier: MIT
 *
 * What a run left in its outputs, and the decision on it. A run only stages: the files stay in the
 * staging directory until, with the sealed report in hand, they are taken out or dropped.
 *
 *     code = bv_artifacts_open(report, len, staging, &artifacts, &error);
 *     code = bv_artifacts_commit(artifacts, directory_fd, 0, &commit, &error);   or
 *     code = bv_artifacts_discard(artifacts, &error);
 *     artifacts = bv_artifacts_free(artifacts);
 *
 * Only what the report names is taken, and only if every byte still has the digest that the
 * report gives; how is what the spec says (`commit`). A handle belongs to one thread at a time.
 */
#ifndef BVISOR_ARTIFACT_H
#define BVISOR_ARTIFACT_H

#include <bvisor/body.h>
#include <bvisor/report.h>
#include <bvisor/spec.h>

#define BV_COMMIT_OVERWRITE UINT32_C(1) /* regular files and links that are there are replaced */

struct bv_artifacts;
struct bv_commit_record;

struct bv_artifact_row {
	struct bv_artifact artifact;
	struct bv_artifact_id id;
	/* Where it goes in a directory: its path, below its output's name if there are several. */
	const char *place;
};

enum bv_difference {
	BV_DIFFERENCE_CREATED = 0, /* nothing is there */
	BV_DIFFERENCE_CHANGED = 1, /* something else is there */
	BV_DIFFERENCE_SAME = 2,    /* a regular file with this content is there */
};

BV_BEGIN_DECLS
/* `report`: the bytes of a sound report. `staging`: the directory that the backend was opened
 * with; NULL is enough to list. */
BV_API BV_MUST_CHECK int bv_artifacts_open(const void *report, size_t len, const char *staging,
	struct bv_artifacts **ret, struct bv_error *err);
BV_API struct bv_artifacts *bv_artifacts_free(struct bv_artifacts *artifacts);
/* Sorted by output and path; lives as long as the handle. */
BV_API const struct bv_artifact_row *bv_artifacts_list(const struct bv_artifacts *artifacts,
	size_t *ret_count);
/* 1 while there is something of the attempt in the staging directory. */
BV_API int bv_artifacts_staged(const struct bv_artifacts *artifacts);
/* An artifact by its index against what is in a directory. Writes nothing. */
BV_API BV_MUST_CHECK int bv_artifacts_compare(const struct bv_artifacts *artifacts, size_t index,
	int directory_borrow_fd, enum bv_difference *ret, struct bv_error *err);
/* Takes all of them out into a directory, as the spec says, and then drops what was staged.
 * Everything is checked and brought beside its place before the first appears there, so that
 * what can fail has failed by then: an error leaves the directory as it was. After that each one
 * appears whole; if one cannot any more, the others still do, and the record says so. What was cut
 * short is gone on with by the next commit into the same directory. */
BV_API BV_MUST_CHECK int bv_artifacts_commit(struct bv_artifacts *artifacts,
	int directory_borrow_fd, uint32_t flags, struct bv_commit_record **ret,
	struct bv_error *err);
/* Removes what is staged, if the spec allows it, and what a commit that was cut short left beside
 * the places of artifacts. */
BV_API BV_MUST_CHECK int bv_artifacts_discard(struct bv_artifacts *artifacts, struct bv_error *err);

/* What was achieved: canonical JSON (docs/formats/commit.md). */
BV_API const char *bv_commit_record_json(const struct bv_commit_record *record, size_t *ret_len);
/* How many were taken out, of how many; equal if all is well. */
BV_API size_t bv_commit_record_committed(const struct bv_commit_record *record, size_t *ret_of);
/* Of the first that was not: errno(3), 0 if there is none. */
BV_API int bv_commit_record_errno(const struct bv_commit_record *record);
BV_API struct bv_commit_record *bv_commit_record_free(struct bv_commit_record *record);
BV_END_DECLS

#endif

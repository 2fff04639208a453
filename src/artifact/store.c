/* SPDX-License-Identifier: MIT
 *
 * Opening, listing, comparing and dropping what a report names.
 */
#include "artifact/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/resume.h"
#include "artifact/staging.h"
#include "artifact/walk.h"
#include "base/fail.h"
#include "json/report_check.h"
#include "sys/call.h"
#include "sys/fd.h"

struct bv_artifacts *bv_artifacts_free(struct bv_artifacts *artifacts)
{
	if (!artifacts)
		return NULL;
	report_read_free(&artifacts->report);
	if (artifacts->root >= 0)
		close(artifacts->root);
	free(artifacts->rows);
	free(artifacts);
	return NULL;
}

/* Alone, an output's files go where they were; else each output has a directory. */
static const char *place_make(struct bv_arena *arena, const struct bv_artifact *artifact,
	bool several)
{
	size_t output = several ? strlen(artifact->output) : 0, path = strlen(artifact->path);
	char *place;

	if (!several)
		return artifact->path;
	place = bv_arena_alloc(arena, output + 1 + path + 1);
	if (!place)
		return NULL;
	memcpy(place, artifact->output, output);
	place[output] = '/';
	memcpy(place + output + 1, artifact->path, path + 1);
	return place;
}

static int rows_read(struct bv_artifacts *artifacts, struct bv_error *err)
{
	const struct bv_node *list = node_get(artifacts->report.root, "artifacts");
	bool several = artifacts->spec->output_count > 1;

	artifacts->count = node_count(list);
	artifacts->rows = calloc(artifacts->count + 1, sizeof(artifacts->rows[0]));
	if (!artifacts->rows)
		return bv_fail(err, BV_E_NO_MEMORY, "report", "no memory for the artifacts");
	for (size_t i = 0; i < artifacts->count; i++) {
		struct bv_artifact_row *row = &artifacts->rows[i];

		report_read_artifact(list->child[i], &row->artifact);
		report_read_digest(node_get(list->child[i], "id"), &row->id.digest);
		row->place = place_make(artifacts->report.arena, &row->artifact, several);
		if (!row->place)
			return bv_fail(err, BV_E_NO_MEMORY, "report",
				"no memory for the artifacts");
	}
	return 0;
}

int bv_artifacts_open(const void *report, size_t len, const char *staging,
	struct bv_artifacts **ret, struct bv_error *err)
{
	struct bv_artifacts *artifacts = calloc(1, sizeof(*artifacts));
	struct bv_error own = {0};
	int code;

	if (!artifacts)
		return bv_fail(err, BV_E_NO_MEMORY, "report", "no memory for the artifacts");
	artifacts->root = -1;
	code = report_read(report, len, &artifacts->report, err);
	if (!code) {
		artifacts->spec = bv_proposal_spec(artifacts->report.proposal);
		code = rows_read(artifacts, err);
	}
	if (!code && staging) {
		artifacts->root = staging_open(staging, &own);
		code = artifacts->root < 0 ? (int)own.code : 0;
		if (code && err)
			*err = own;
	}
	if (code) {
		bv_artifacts_free(artifacts);
		return code;
	}
	*ret = artifacts;
	return 0;
}

const struct bv_artifact_row *bv_artifacts_list(const struct bv_artifacts *artifacts,
	size_t *ret_count)
{
	*ret_count = artifacts->count;
	return artifacts->rows;
}

int bv_artifacts_staged(const struct bv_artifacts *artifacts)
{
	CLEANUP_FD int dir = artifacts->root < 0
		? -1
		: staging_find(artifacts->root, &artifacts->report.attempt);

	/* What cannot be looked at is not known to be gone. */
	return dir >= 0 || (artifacts->root >= 0 && errno != ENOENT);
}

/* Of names that are sound, in a directory of ours that a survivor might still write to. */
int store_open(const struct bv_artifacts *artifacts, int attempt_dir,
	const struct bv_artifact_row *row, struct bv_error *err)
{
	CLEANUP_FD int output = walk_open(attempt_dir, row->artifact.output, O_PATH | O_DIRECTORY);
	CLEANUP_FD int fd = -1;
	struct stat st;

	(void)artifacts;
	if (output >= 0)
		fd = walk_open(output, row->artifact.path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st)) {
		(void)bv_fail_os(err, errno == ENOENT ? BV_E_NOT_FOUND : BV_E_OS, errno, "staging",
			"'%.80s' is not staged any more", row->place);
		return -1;
	}
	if (S_ISREG(st.st_mode) && st.st_nlink != 1) {
		(void)bv_fail(err, BV_E_DRIFT, "staging",
			"what is staged as '%.80s' has a second name somewhere", row->place);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != row->artifact.size_bytes) {
		(void)bv_fail(err, BV_E_DRIFT, "staging",
			"what is staged as '%.80s' is not what the report names", row->place);
		return -1;
	}
	return fd_take(&fd);
}

int bv_artifacts_compare(const struct bv_artifacts *artifacts, size_t index,
	int directory_borrow_fd, enum bv_difference *ret, struct bv_error *err)
{
	const struct bv_artifact_row *row = &artifacts->rows[index];
	CLEANUP_FD int fd = sys_openat2(directory_borrow_fd, row->place,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	struct bv_digest digest;
	struct stat st;
	uint64_t size;
	int errnum;

	if (fd < 0 && errno == ENOENT) {
		*ret = BV_DIFFERENCE_CREATED;
		return 0;
	}
	*ret = BV_DIFFERENCE_CHANGED;
	if (fd < 0 && (errno == ELOOP || errno == ENXIO || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(fd, &st))
		return bv_fail_os(err, BV_E_OS, errno, "directory", "'%.80s' cannot be looked at",
			row->place);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != row->artifact.size_bytes)
		return 0;
	errnum = copy_digest(fd, -1, &digest, &size);
	if (errnum)
		return bv_fail_os(err, BV_E_OS, errnum, "directory", "'%.80s' cannot be read",
			row->place);
	if (size == row->artifact.size_bytes &&
		memcmp(&digest, &row->artifact.sha256, sizeof(digest)) == 0)
		*ret = BV_DIFFERENCE_SAME;
	return 0;
}

/* One decision at a time: another's would take away what this one still copies. */
int store_lock(const struct bv_artifacts *artifacts, struct bv_error *err)
{
	CLEANUP_FD int dir = staging_find(artifacts->root, &artifacts->report.attempt);

	if (dir < 0)
		(void)bv_fail_os(err, errno == ENOENT ? BV_E_NOT_FOUND : BV_E_OS, errno, "staging",
			errno == ENOENT ? "nothing is staged of this attempt"
					: "what is staged of this attempt cannot be opened");
	else if (flock(dir, LOCK_EX | LOCK_NB))
		(void)bv_fail_os(err, BV_E_OS, errno, "staging",
			errno == EWOULDBLOCK ? "another decision about this attempt is at work"
					     : "what is staged of this attempt cannot be locked");
	else
		return fd_take(&dir);
	return -1;
}

int bv_artifacts_discard(struct bv_artifacts *artifacts, struct bv_error *err)
{
	CLEANUP_FD int dir = -1;
	struct bv_error own = {0};

	if (!artifacts->spec->discard)
		return bv_fail(err, BV_E_REFUSED, "controls.discard_artifact",
			"the spec of this run does not let staged artifacts be removed");
	if (artifacts->root < 0)
		return bv_fail(err, BV_E_INVALID, "staging", "no staging directory was named");
	dir = store_lock(artifacts, &own);
	if (dir < 0) {
		if (err)
			*err = own;
		return (int)own.code;
	}
	resume_clear(artifacts, dir);
	return staging_remove(artifacts->root, &artifacts->report.attempt, err);
}

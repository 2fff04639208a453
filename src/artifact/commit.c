/* SPDX-License-Identifier: MIT
 *
 * Taking artifacts out, in two rounds. In the first each one is checked against the report and
 * brought beside its place under a name of ours: by a second link to the staged file (atomic) or
 * by a copy. What can fail, a full disk, another file system, a place that is taken, fails here,
 * and everything of ours is removed again. In the second each gets its name, which is one
 * rename(2) within a directory: it appears whole or not at all. One that is cut short, at whatever
 * call, is gone on with by the next (resume.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/destination.h"
#include "artifact/record.h"
#include "artifact/resume.h"
#include "artifact/staging.h"
#include "artifact/store.h"
#include "base/fail.h"
#include "json/report_check.h"
#include "sys/fd.h"

struct committing {
	const struct bv_artifacts *artifacts;
	enum bv_commit kind;
	bool overwrite;
	int staged;
	mode_t mask;
	struct resume resume;
	struct destination destination;
	struct bv_commit_record *record;
	size_t prepared;
};

/* umask(2) can only be read by changing it; since Linux 4.7 it also stands here. */
static mode_t mask_read(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned int mask = 022;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Umask: %o", &mask) == 1)
			break;
	if (file)
		(void)fclose(file);
	return (mode_t)mask;
}

static int digest_check(const struct bv_artifact_row *row, int errnum,
	const struct bv_digest *digest, uint64_t size, struct bv_error *err)
{
	if (errnum)
		return bv_fail_os(err, BV_E_OS, errnum, "directory", "'%.80s' cannot be copied",
			row->place);
	if (size != row->artifact.size_bytes ||
		memcmp(digest, &row->artifact.sha256, sizeof(*digest)) != 0)
		return bv_fail(err, BV_E_DIGEST, "staging",
			"what is staged as '%.80s' is not what the report names", row->place);
	return 0;
}

/* A second name for the staged file. linkat(2) fails with EXDEV where a rename would. */
static int link_beside(struct committing *all, const struct bv_artifact_row *row, int from,
	const char *name, struct bv_error *err)
{
	unsigned int mode = (row->artifact.executable ? 0777U : 0666U) & ~all->mask;
	struct bv_digest digest;
	uint64_t size = 0;
	int errnum = copy_digest(from, -1, &digest, &size);
	int code = digest_check(row, errnum, &digest, size, err);
	char self[64];

	if (code)
		return code;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", from);
	if (fchmod(from, (mode_t)mode) ||
		linkat(AT_FDCWD, self, all->destination.here, name, AT_SYMLINK_FOLLOW))
		return bv_fail_os(err, BV_E_OS, errno, "directory",
			errno == EXDEV ? "staging and directory are on two file systems, where "
					 "nothing is atomic; use durable or best-effort"
				       : "'%.80s' cannot be linked",
			row->place);
	return 0;
}

static int copy_beside(struct committing *all, const struct bv_artifact_row *row, int from,
	const char *name, struct bv_error *err)
{
	CLEANUP_FD int to = openat(all->destination.here, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		row->artifact.executable ? 0777 : 0666);
	struct bv_digest digest;
	uint64_t size = 0;
	int errnum, code;

	if (to < 0)
		return bv_fail_os(err, BV_E_OS, errno, "directory", "'%.80s' cannot be made",
			row->place);
	errnum = copy_digest(from, to, &digest, &size);
	code = digest_check(row, errnum, &digest, size, err);
	if (!code && all->kind == BV_COMMIT_DURABLE && fsync(to))
		code = bv_fail_os(err, BV_E_OS, errno, "directory", "'%.80s' cannot be flushed",
			row->place);
	if (code)
		(void)unlinkat(all->destination.here, name, 0);
	return code;
}

static int place_check(const struct committing *all, const struct bv_artifact_row *row,
	const char *name, struct bv_error *err)
{
	struct stat st;

	if (fstatat(all->destination.here, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0
				       : bv_fail_os(err, BV_E_OS, errno, "directory",
						 "'%.80s' cannot be looked at", row->place);
	if (S_ISDIR(st.st_mode))
		return bv_fail(err, BV_E_INVALID, "directory", "'%.80s' is a directory there",
			row->place);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return bv_fail(err, BV_E_INVALID, "directory",
			"'%.80s' is neither a file nor a link there", row->place);
	if (!all->overwrite)
		return bv_fail(err, BV_E_DUPLICATE, "directory",
			"'%.80s' is there already, and nothing is overwritten unasked", row->place);
	return 0;
}

static int prepare_one(struct committing *all, size_t index, struct bv_error *err)
{
	const struct bv_artifact_row *row = &all->artifacts->rows[index];
	const char *name = destination_enter(&all->destination, row->place, true, err);
	CLEANUP_FD int from = -1;
	char temporary[RESUME_BESIDE_BYTES];
	int code;

	if (!name)
		return (int)err->code;
	if (all->resume.naming &&
		resume_taken(all->staged, all->kind, all->destination.here, name, row)) {
		all->record->achieved[index] = all->kind;
		return 0;
	}
	code = place_check(all, row, name, err);
	if (code)
		return code;
	from = store_open(all->artifacts, all->staged, row, err);
	if (from < 0)
		return (int)err->code;
	(void)resume_beside(&all->resume, index, temporary);
	return all->kind == BV_COMMIT_ATOMIC ? link_beside(all, row, from, temporary, err)
					     : copy_beside(all, row, from, temporary, err);
}

static void unprepare(struct committing *all)
{
	char temporary[RESUME_BESIDE_BYTES];
	struct bv_error ignored;

	for (size_t i = 0; i < all->prepared; i++)
		if (destination_enter(&all->destination, all->artifacts->rows[i].place, false,
			    &ignored))
			(void)unlinkat(all->destination.here,
				resume_beside(&all->resume, i, temporary), 0);
	destination_unmake(&all->destination);
	resume_forget(all->staged, &all->resume);
}

static int prepare(struct committing *all, struct bv_error *err)
{
	int code =
		resume_begin(all->artifacts, all->staged, all->destination.top, &all->resume, err);

	if (code)
		return code;
	for (size_t i = 0; i < all->artifacts->count && !code; i++) {
		code = prepare_one(all, i, err);
		all->prepared += !code;
	}
	if (!code)
		code = resume_naming(all->staged, all->kind, &all->resume, err);
	if (code)
		unprepare(all);
	return code;
}

/* Some file systems lack RENAME_NOREPLACE; a link does not replace either. 0 or errno. */
static int name_give(const struct committing *all, const char *temporary, const char *name)
{
	int here = all->destination.here;

	if (all->overwrite)
		return renameat(here, temporary, here, name) ? errno : 0;
	if (renameat2(here, temporary, here, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	if (linkat(here, temporary, here, name, 0))
		return errno;
	return unlinkat(here, temporary, 0) ? errno : 0;
}

static void finish_one(struct committing *all, size_t index)
{
	char temporary[RESUME_BESIDE_BYTES];
	struct bv_error err = {0};
	const char *name = destination_enter(&all->destination, all->artifacts->rows[index].place,
		false, &err);
	int errnum = 0;

	if (!name) {
		errnum = err.errnum ? err.errnum : EIO;
	} else if (all->record->achieved[index] == BV_COMMIT_NONE) { /* not by a commit before */
		(void)resume_beside(&all->resume, index, temporary);
		errnum = name_give(all, temporary, name);
		if (errnum)
			(void)unlinkat(all->destination.here, temporary, 0);
	}
	all->record->achieved[index] = errnum ? BV_COMMIT_NONE : all->kind;
	all->record->errnums[index] = errnum;
}

/* What could not be flushed is no more than copied. */
static void finish_flush(struct committing *all, size_t first, size_t end)
{
	int errnum = destination_flush(&all->destination) ? 0 : errno ? errno : EIO;

	for (size_t i = first; i < end && errnum; i++)
		if (all->record->achieved[i] == BV_COMMIT_DURABLE) {
			all->record->achieved[i] = BV_COMMIT_BEST_EFFORT;
			all->record->errnums[i] = errnum;
		}
}

/* Every name of one directory, and then its flush: from `first`; returns where the next begins. */
static size_t finish_directory(struct committing *all, size_t first)
{
	char path[sizeof(all->destination.path)];
	size_t i = first;

	for (; i < all->artifacts->count; i++) {
		const struct bv_artifact_row *row = &all->artifacts->rows[i];
		const char *slash = strrchr(row->place, '/');
		size_t len = slash ? (size_t)(slash - row->place) : 0;

		if (i > first && (strlen(path) != len || memcmp(path, row->place, len) != 0))
			break;
		memcpy(path, row->place, len);
		path[len] = '\0';
		finish_one(all, i);
	}
	if (all->kind == BV_COMMIT_DURABLE)
		finish_flush(all, first, i);
	return i;
}

static bool found(const struct bv_artifacts *artifacts, const char *code)
{
	const struct bv_node *findings = node_get(artifacts->report.root, "findings");

	for (size_t i = 0; i < node_count(findings); i++)
		if (strcmp(text_of(findings->child[i], "code"), code) == 0)
			return true;
	return false;
}

/* A file that somebody may still have open cannot be handed over itself. */
static bool drained(const struct bv_artifacts *artifacts)
{
	return !found(artifacts, "teardown-incomplete") &&
		!found(artifacts, "cgroup-teardown-incomplete");
}

static void finish(struct committing *all)
{
	struct bv_commit_record *record = all->record;
	size_t committed = 0;

	for (size_t i = 0; i < all->artifacts->count;)
		i = finish_directory(all, i);
	/* What was achieved less well than asked is not done: its only other copy stays. */
	for (size_t i = 0; i < all->artifacts->count; i++)
		committed += record->achieved[i] == all->kind;
	record->committed = committed;
	if (committed == all->artifacts->count && !found(all->artifacts, "artifacts-incomplete") &&
		!found(all->artifacts, "entries-dropped"))
		record->removed = staging_remove(all->artifacts->root,
					  &all->artifacts->report.attempt, NULL) == 0;
}

static int allowed(const struct bv_artifacts *artifacts, struct bv_error *err)
{
	if (artifacts->spec->commit == BV_COMMIT_NONE)
		return bv_fail(err, BV_E_REFUSED, "controls.commit_artifact",
			"the spec of this run lets nothing be taken out");
	if (artifacts->spec->commit == BV_COMMIT_ATOMIC && !drained(artifacts))
		return bv_fail(err, BV_E_REFUSED, "report",
			"the run tree was not seen to be empty, so the staged files may still be "
			"open somewhere");
	if (artifacts->root < 0)
		return bv_fail(err, BV_E_INVALID, "staging", "no staging directory was named");
	return 0;
}

/* Of a run that left nothing there is nothing to take out or to remove. */
static int commit_all(struct committing *all, struct bv_error *err)
{
	const struct bv_artifacts *artifacts = all->artifacts;
	int code;

	all->staged = store_lock(artifacts, err);
	if (all->staged < 0 && (err->code != BV_E_NOT_FOUND || artifacts->count))
		return (int)err->code;
	/* The last step of a removal may have been cut off. */
	if (all->staged >= 0 && artifacts->count &&
		staging_remove_empty(artifacts->root, &artifacts->report.attempt))
		return bv_fail(err, BV_E_NOT_FOUND, "staging",
			"nothing is staged of this attempt any more");
	if (all->staged < 0) {
		all->record->removed = true;
		return 0;
	}
	code = prepare(all, err);
	if (!code)
		finish(all);
	return code;
}

int bv_artifacts_commit(struct bv_artifacts *artifacts, int directory_borrow_fd, uint32_t flags,
	struct bv_commit_record **ret, struct bv_error *err)
{
	struct committing all = {
		.artifacts = artifacts,
		.kind = artifacts->spec->commit,
		.overwrite = flags & BV_COMMIT_OVERWRITE,
		.staged = -1,
		.mask = mask_read(),
		.destination = {.top = directory_borrow_fd, .here = -1},
	};
	struct bv_error own = {0};
	int code = allowed(artifacts, &own);

	if (!code)
		code = record_new(artifacts, &all.record, &own);
	if (!code)
		code = commit_all(&all, &own);
	if (!code)
		code = record_write(all.record, artifacts, &own);
	destination_close(&all.destination);
	if (all.staged >= 0)
		close(all.staged);
	if (!code) {
		*ret = all.record;
		return 0;
	}
	bv_commit_record_free(all.record);
	if (err)
		*err = own;
	return code;
}

/* SPDX-License-Identifier: MIT
 *
 * The note is where the link leads: nonce, device and inode, and the path last. Which of its two
 * names it has says how far the commit came; rename(2) moves it from one to the other.
 */
#include "artifact/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/staging.h"
#include "artifact/walk.h"
#include "base/fail.h"
#include "sys/fd.h"

/* The other name is STAGING_LAST. */
static const char preparing[] = ".preparing";

static int nonce_make(struct resume *resume)
{
	uint8_t bytes[RESUME_NONCE_HEX / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return errno;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(resume->nonce + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

const char *resume_beside(const struct resume *resume, size_t index, char out[RESUME_BESIDE_BYTES])
{
	(void)snprintf(out, RESUME_BESIDE_BYTES, ".bvisor-%s-%zu", resume->nonce, index);
	return out;
}

/* 0 or errno. */
static int directory_know(int directory, struct resume *ret)
{
	char self[64];
	struct stat st;
	ssize_t len;

	if (fstat(directory, &st))
		return errno;
	ret->device = st.st_dev;
	ret->inode = st.st_ino;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", directory);
	len = readlink(self, ret->path, sizeof(ret->path) - 1);
	ret->path[len > 0 ? len : 0] = '\0';
	return 0;
}

/* False if there is none. */
static bool note_read(int staged, struct resume *ret)
{
	char note[PATH_MAX];
	ssize_t len = readlinkat(staged, STAGING_LAST, note, sizeof(note) - 1);
	int at = 0;

	ret->naming = len > 0;
	if (len <= 0)
		len = readlinkat(staged, preparing, note, sizeof(note) - 1);
	note[len > 0 ? len : 0] = '\0';
	if (sscanf(note, "%24[0-9a-f] %" SCNu64 " %" SCNu64 " %n", ret->nonce, &ret->device,
		    &ret->inode, &at) != 3 ||
		!at || strlen(ret->nonce) != RESUME_NONCE_HEX)
		return false;
	strcpy(ret->path, note + at);
	return true;
}

/* One whose path leaves no room for the rest, or finds none on the disk, goes without it: then only
 * a commit into the same directory clears up. */
static int note_write(int staged, const struct resume *resume, enum bv_commit kind)
{
	char note[PATH_MAX + 128];
	int len = snprintf(note, sizeof(note), "%s %" PRIu64 " %" PRIu64 " ", resume->nonce,
		resume->device, resume->inode);

	(void)snprintf(note + len, sizeof(note) - (size_t)len, "%s", resume->path);
	if (symlinkat(note, staged, preparing)) {
		note[len] = '\0';
		if (symlinkat(note, staged, preparing))
			return errno;
	}
	return kind == BV_COMMIT_DURABLE && fsync(staged) ? errno : 0;
}

/* Regular files by names that only the note knows. */
static void beside_clear(const struct bv_artifacts *artifacts, const struct resume *resume,
	int directory)
{
	struct destination destination = {.top = directory, .here = -1};
	char beside[RESUME_BESIDE_BYTES];
	struct bv_error ignored;

	for (size_t i = 0; i < artifacts->count; i++)
		if (destination_enter(&destination, artifacts->rows[i].place, false, &ignored))
			(void)unlinkat(destination.here, resume_beside(resume, i, beside), 0);
	destination_close(&destination);
}

static void elsewhere_clear(const struct bv_artifacts *artifacts, const struct resume *resume)
{
	CLEANUP_FD int there = resume->path[0] != '/'
		? -1
		: open(resume->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (there >= 0)
		beside_clear(artifacts, resume, there);
}

static void notes_remove(int staged)
{
	(void)unlinkat(staged, preparing, 0);
	(void)unlinkat(staged, STAGING_LAST, 0);
}

/* A file that is the staged one cannot be handed over twice. */
static int elsewhere_check(const struct bv_artifacts *artifacts, const struct resume *before,
	struct bv_error *err)
{
	if (artifacts->spec->commit != BV_COMMIT_ATOMIC || !before->naming ||
		before->path[0] != '/' || access(before->path, F_OK))
		return 0;
	return bv_fail(err, BV_E_DUPLICATE, "directory",
		"a commit into '%.80s' was cut short, and some may have their place there: finish "
		"it there, or discard what is left",
		before->path);
}

/* A file system may have another device number when it is mounted again, after a crash. */
static bool directory_same(const struct resume *before, const struct resume *now)
{
	return before->inode == now->inode &&
		(before->device == now->device ||
			(before->path[0] && strcmp(before->path, now->path) == 0));
}

int resume_begin(const struct bv_artifacts *artifacts, int staged, int directory,
	struct resume *ret, struct bv_error *err)
{
	struct resume now = {.device = 0}, before = {.device = 0};
	int errnum = directory_know(directory, &now), code;

	if (!errnum && note_read(staged, &before)) {
		if (directory_same(&before, &now)) {
			beside_clear(artifacts, &before, directory);
			*ret = before;
			return 0;
		}
		elsewhere_clear(artifacts, &before);
		code = elsewhere_check(artifacts, &before, err);
		if (code)
			return code;
	}
	notes_remove(staged);
	if (!errnum)
		errnum = nonce_make(&now);
	if (!errnum)
		errnum = note_write(staged, &now, artifacts->spec->commit);
	if (errnum)
		return bv_fail_os(err, errnum == ENOENT ? BV_E_NOT_FOUND : BV_E_OS, errnum,
			"staging", "what is begun cannot be noted there");
	*ret = now;
	return 0;
}

int resume_naming(int staged, enum bv_commit kind, struct resume *resume, struct bv_error *err)
{
	if ((!resume->naming && renameat(staged, preparing, staged, STAGING_LAST)) ||
		(kind == BV_COMMIT_DURABLE && fsync(staged)))
		return bv_fail_os(err, BV_E_OS, errno, "staging",
			"what is begun cannot be noted there");
	resume->naming = true;
	return 0;
}

/* What is staged may be gone, if its removal was what was cut short. */
static bool is_staged(int staged, const struct bv_artifact_row *row, const struct stat *st)
{
	CLEANUP_FD int output = walk_open(staged, row->artifact.output, O_PATH | O_DIRECTORY);
	CLEANUP_FD int fd = output < 0 ? -1 : walk_open(output, row->artifact.path, O_PATH);
	struct stat own;

	if (fd < 0)
		return errno == ENOENT;
	return fstat(fd, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino;
}

bool resume_taken(int staged, enum bv_commit kind, int here, const char *name,
	const struct bv_artifact_row *row)
{
	CLEANUP_FD int fd =
		openat(here, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct bv_digest digest;
	uint64_t size = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
		(uint64_t)st.st_size != row->artifact.size_bytes ||
		(kind == BV_COMMIT_ATOMIC && !is_staged(staged, row, &st)))
		return false;
	return copy_digest(fd, -1, &digest, &size) == 0 && size == row->artifact.size_bytes &&
		memcmp(&digest, &row->artifact.sha256, sizeof(digest)) == 0 &&
		(kind != BV_COMMIT_DURABLE || fsync(fd) == 0);
}

void resume_forget(int staged, const struct resume *resume)
{
	if (!resume->naming)
		(void)unlinkat(staged, preparing, 0);
}

void resume_clear(const struct bv_artifacts *artifacts, int staged)
{
	struct resume before = {.device = 0};

	if (note_read(staged, &before))
		elsewhere_clear(artifacts, &before);
	notes_remove(staged);
}

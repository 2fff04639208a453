/* SPDX-License-Identifier: MIT
 *
 * The upper layer of an overlayfs has all that differs: what was made or changed lies there whole
 * (metacopy is off), what is gone is a character device 0:0, and a directory whose lower one is
 * hidden has the attribute `opaque` (the kernel's overlayfs documentation). So what is told is
 * exact, without a look at anything before the run. A file that was only opened for writing lies
 * there too; it is compared, and told if it differs.
 *
 * Either layer is walked by descriptors and through no link. A directory is created or deleted, and
 * changes in no other way.
 */
#include "upper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "artifact/walk.h"
#include "base/digest.h"
#include "sys/fd.h"

#define UPPER_DEPTH_MAX 64
#define UPPER_PATH_MAX 4096

/* A directory of both layers; -1: it is not in the lower one. */
struct upper_pair {
	int upper;
	int lower;
	bool opaque; /* of the lower one nothing shows through */
	unsigned int depth;
};

struct upper_walk {
	struct upper *upper;
	char path[UPPER_PATH_MAX];
	size_t len;
};

struct upper_content {
	bool known;
	uint64_t size_bytes;
	struct bv_digest digest;
};

static const char upper_many[] = "changes past 16384";

static void upper_miss(struct upper *upper, const char *why)
{
	if (!upper->missed)
		upper->missed = why;
}

static bool upper_push(struct upper_walk *walk, const char *name, size_t *ret_before)
{
	size_t len = strlen(name);

	*ret_before = walk->len;
	if (walk->len + len + 2 > sizeof(walk->path)) {
		upper_miss(walk->upper, "paths longer than 4095 bytes");
		return false;
	}
	walk->path[walk->len++] = '/';
	memcpy(walk->path + walk->len, name, len + 1);
	walk->len += len;
	return true;
}

static void upper_pop(struct upper_walk *walk, size_t before)
{
	walk->len = before;
	walk->path[before] = 0;
}

static bool upper_hash(struct upper *upper, int fd, struct upper_content *ret)
{
	struct bv_sha256 state;
	uint8_t data[16384];
	ssize_t len;

	bv_sha256_init(&state);
	while ((len = read(fd, data, sizeof(data))) != 0) {
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 || (uint64_t)len > upper->bytes_left)
			return false;
		upper->bytes_left -= (uint64_t)len;
		ret->size_bytes += (uint64_t)len;
		bv_sha256_update(&state, data, (size_t)len);
	}
	bv_sha256_final(&state, &ret->digest);
	return true;
}

/* Of a regular file its bytes, of a link its target; of anything else there is none. */
static struct upper_content upper_content(struct upper *upper, int dir, const char *name,
	const struct stat *st)
{
	struct upper_content content = {0};
	char target[UPPER_PATH_MAX];
	CLEANUP_FD int fd = -1;
	ssize_t len;

	if (S_ISLNK(st->st_mode)) {
		len = readlinkat(dir, name, target, sizeof(target));
		content.known = len >= 0;
		content.size_bytes = len < 0 ? 0 : (uint64_t)len;
		bv_sha256_once(target, content.size_bytes, &content.digest);
	} else if (S_ISREG(st->st_mode)) {
		fd = walk_open(dir, name, O_RDONLY);
		content.known = fd >= 0 && upper_hash(upper, fd, &content);
	} else {
		return content;
	}
	if (!content.known)
		upper_miss(upper,
			upper->bytes_left ? "contents that could not be read"
					  : "contents past 1 GiB");
	return content;
}

static enum bv_file_kind upper_kind(mode_t mode)
{
	if (S_ISREG(mode))
		return BV_FILE_REGULAR;
	if (S_ISDIR(mode))
		return BV_FILE_DIRECTORY;
	return S_ISLNK(mode) ? BV_FILE_LINK : BV_FILE_OTHER;
}

static void upper_report(struct upper_walk *walk, enum bv_change_kind change, mode_t mode,
	const struct upper_content *content)
{
	struct upper *upper = walk->upper;
	struct bv_change row = {.change = change, .kind = upper_kind(mode), .path = walk->path};

	if (!upper->changes_left) {
		upper_miss(upper, upper_many);
		return;
	}
	upper->changes_left--;
	if (content && content->known) {
		row.digested = 1;
		row.size_bytes = content->size_bytes;
		row.sha256 = content->digest;
	}
	bv_body_change(upper->body, &row);
}

/* NULL, and said, if it cannot be listed. Takes the descriptor. */
static DIR *upper_list(struct upper *upper, int take_fd, unsigned int depth)
{
	DIR *dir = take_fd < 0 || depth > UPPER_DEPTH_MAX ? NULL : fdopendir(take_fd);

	if (dir)
		return dir;
	upper_miss(upper,
		depth > UPPER_DEPTH_MAX ? "directories deeper than 64"
					: "directories that could not be read");
	if (take_fd >= 0)
		close(take_fd);
	return NULL;
}

static const char *upper_next(DIR *dir)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return entry->d_name;
	return NULL;
}

/* One entry of the lower layer with all that is beneath it. */
static void upper_deleted(struct upper_walk *walk, int lower, const char *name, unsigned int depth)
{
	struct stat st;
	const char *inner;
	size_t before;
	DIR *dir;

	if (!walk->upper->changes_left) {
		upper_miss(walk->upper, upper_many);
		return;
	}
	if (fstatat(lower, name, &st, AT_SYMLINK_NOFOLLOW) || !upper_push(walk, name, &before))
		return;
	upper_report(walk, BV_CHANGE_DELETED, st.st_mode, NULL);
	dir = S_ISDIR(st.st_mode)
		? upper_list(walk->upper, walk_open(lower, name, O_RDONLY | O_DIRECTORY), depth)
		: NULL;
	while (dir && (inner = upper_next(dir)))
		upper_deleted(walk, dirfd(dir), inner, depth + 1);
	if (dir)
		closedir(dir);
	upper_pop(walk, before);
}

/* What was beneath a directory that is something else now. */
static void upper_emptied(struct upper_walk *walk, int lower, const char *name, unsigned int depth)
{
	DIR *dir = upper_list(walk->upper, walk_open(lower, name, O_RDONLY | O_DIRECTORY), depth);
	const char *inner;

	while (dir && (inner = upper_next(dir)))
		upper_deleted(walk, dirfd(dir), inner, depth + 1);
	if (dir)
		closedir(dir);
}

/* By the one kind of attribute that this overlay goes by: the other is the workload's to set. */
static bool upper_opaque(const struct upper *upper, int fd)
{
	char value = 0;

	return fgetxattr(fd, upper->trusted ? "trusted.overlay.opaque" : "user.overlay.opaque",
		       &value, 1) == 1 &&
		value == 'y';
}

static void upper_directory(struct upper_walk *walk, const struct upper_pair *pair);

static void upper_enter(struct upper_walk *walk, const struct upper_pair *pair, const char *name,
	const struct stat *st, const struct stat *before)
{
	CLEANUP_FD int upper = walk_open(pair->upper, name, O_RDONLY | O_DIRECTORY);
	CLEANUP_FD int lower = -1;
	struct upper_pair inner = {.upper = upper, .lower = -1, .depth = pair->depth + 1};

	if (!before || before->st_mode != st->st_mode)
		upper_report(walk, before ? BV_CHANGE_MODIFIED : BV_CHANGE_CREATED, S_IFDIR, NULL);
	if (before && S_ISDIR(before->st_mode))
		lower = inner.lower = walk_open(pair->lower, name, O_RDONLY | O_DIRECTORY);
	if (before && S_ISDIR(before->st_mode) && lower < 0)
		upper_miss(walk->upper, "directories that could not be read");
	inner.opaque = upper >= 0 && upper_opaque(walk->upper, upper);
	upper_directory(walk, &inner);
}

/* Anything but a directory. */
static void upper_file(struct upper_walk *walk, const struct upper_pair *pair, const char *name,
	const struct stat *st, const struct stat *before)
{
	struct upper_content now = upper_content(walk->upper, pair->upper, name, st), old;

	if (!before) {
		upper_report(walk, BV_CHANGE_CREATED, st->st_mode, &now);
		return;
	}
	/* Another type is another mode. An owner that has no number here is ours in the layer. */
	if (before->st_mode == st->st_mode &&
		(!S_ISREG(st->st_mode) || before->st_size == st->st_size)) {
		old = upper_content(walk->upper, pair->lower, name, before);
		if (!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode))
			return;
		/* What was not read may have changed. */
		if (old.known && now.known && old.size_bytes == now.size_bytes &&
			memcmp(&old.digest, &now.digest, sizeof(now.digest)) == 0)
			return;
	}
	upper_report(walk, BV_CHANGE_MODIFIED, st->st_mode, &now);
	if (S_ISDIR(before->st_mode))
		upper_emptied(walk, pair->lower, name, pair->depth + 1);
}

static void upper_entry(struct upper_walk *walk, const struct upper_pair *pair, const char *name)
{
	struct stat st, below;
	const struct stat *before = NULL;
	size_t len;

	if (fstatat(pair->upper, name, &st, AT_SYMLINK_NOFOLLOW)) {
		upper_miss(walk->upper, "names that could not be looked at");
		return;
	}
	if (pair->lower >= 0 && fstatat(pair->lower, name, &below, AT_SYMLINK_NOFOLLOW) == 0)
		before = &below;
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0)) {
		if (before)
			upper_deleted(walk, pair->lower, name, pair->depth + 1);
		return;
	}
	if (!upper_push(walk, name, &len))
		return;
	if (S_ISDIR(st.st_mode))
		upper_enter(walk, pair, name, &st, before);
	else
		upper_file(walk, pair, name, &st, before);
	upper_pop(walk, len);
}

/* What an opaque directory hides, and has no other of that name for. */
static void upper_hidden(struct upper_walk *walk, const struct upper_pair *pair)
{
	DIR *dir = upper_list(walk->upper, walk_reopen(pair->lower), pair->depth);
	const char *name;
	struct stat st;

	while (dir && (name = upper_next(dir)))
		if (fstatat(pair->upper, name, &st, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
			upper_deleted(walk, pair->lower, name, pair->depth + 1);
	if (dir)
		closedir(dir);
}

static void upper_directory(struct upper_walk *walk, const struct upper_pair *pair)
{
	DIR *dir = upper_list(walk->upper, pair->upper < 0 ? -1 : walk_reopen(pair->upper),
		pair->depth);
	const char *name;

	if (!dir)
		return;
	while ((name = upper_next(dir)))
		upper_entry(walk, pair, name);
	if (pair->opaque && pair->lower >= 0)
		upper_hidden(walk, pair);
	closedir(dir);
}

void upper_tell(struct upper *upper)
{
	const struct upper_pair root = {.upper = upper->upper, .lower = upper->lower};
	struct upper_walk walk = {.upper = upper};

	walk.len = (size_t)snprintf(walk.path, sizeof(walk.path), "%s", upper->root);
	upper_directory(&walk, &root);
}

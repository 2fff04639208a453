/* SPDX-License-Identifier: MIT
 *
 * A walk lists every entry beneath the roots by path, with what the kernel says of its inode. A
 * content that changed has another size or modification time: the guest can set neither, as calls
 * that would are filtered. Where they are not, the time of the inode's last change tells, which
 * nobody sets, and which one more name for the file changes as well. Times tick coarsely, so a file
 * that changed just before the first walk is also read then, for its content to be compared. Both
 * walks are bounded; what a bound left out makes the coverage partial, and says so.
 */
#include "delta.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fail.h"
#include "sys/call.h"
#include "sys/fd.h"
#include "upper.h"
#include "wire/mount.h"

#define DELTA_ENTRIES_MAX 65536
#define DELTA_DEPTH_MAX 64
#define DELTA_PATH_MAX 4096
#define DELTA_BYTES_MAX (UINT64_C(1) << 30) /* read, all in all */
#define DELTA_FRESH_S 2                     /* the coarsest time a file system keeps */

struct delta_entry {
	char *path;
	uint32_t root;
	uint32_t beneath; /* where in the path what is beneath the root begins */
	mode_t type;
	mode_t mode;
	uid_t owner;
	gid_t group;
	dev_t device;
	ino_t inode;
	nlink_t links;
	off_t size;
	struct timespec modified;
	struct timespec changed;
	bool digested;
	struct bv_digest digest;
};

struct delta_walk {
	struct delta_entry *entries;
	size_t count;
	size_t capacity;
	char path[DELTA_PATH_MAX];
	size_t len;
	time_t fresh; /* what changed since is read at once */
};

struct delta_root {
	int fd;
	const char *path; /* the spec's */
	char *real;       /* where that leads; malloc */
};

/* The source of an overlay, whose changes are all in the upper layer of this number. */
struct delta_overlay {
	int fd;
	uint32_t layer;
	const char *path; /* where the workload sees it */
};

struct delta {
	struct delta_root *roots;
	size_t root_count;
	bool settable; /* the workload may set modes and times */
	struct delta_overlay *overlays;
	size_t overlay_count;
	struct delta_walk before;
	struct delta_walk after;
	uint64_t bytes_left;
	const char *missed; /* the first reason why something may be missing */
};

static void delta_miss(struct delta *delta, const char *why)
{
	if (!delta->missed)
		delta->missed = why;
}

static void walk_free(struct delta_walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		free(walk->entries[i].path);
	free(walk->entries);
	*walk = (struct delta_walk){0};
}

struct delta *delta_free(struct delta *delta)
{
	if (!delta)
		return NULL;
	for (size_t i = 0; i < delta->root_count; i++) {
		close(delta->roots[i].fd);
		free(delta->roots[i].real);
	}
	for (size_t i = 0; i < delta->overlay_count; i++)
		close(delta->overlays[i].fd);
	free(delta->overlays);
	free(delta->roots);
	walk_free(&delta->before);
	walk_free(&delta->after);
	free(delta);
	return NULL;
}

/* Beneath the root, through no link: whatever the run left there. */
static int delta_open(const struct delta *delta, const struct delta_entry *entry)
{
	const struct delta_root *root = &delta->roots[entry->root];
	const char *beneath = entry->path + entry->beneath;

	if (!beneath[0])
		return fcntl(root->fd, F_DUPFD_CLOEXEC, 0);
	return sys_openat2(root->fd, beneath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

static bool delta_hash(struct delta *delta, int fd, struct delta_entry *entry)
{
	static const char spent[] = "contents past 1 GiB";
	struct bv_sha256 state;
	uint8_t data[16384];
	uint64_t total = 0;
	ssize_t len;

	bv_sha256_init(&state);
	while ((len = pread(fd, data, sizeof(data), (off_t)total)) > 0) {
		if ((uint64_t)len > delta->bytes_left) {
			delta_miss(delta, spent);
			return false;
		}
		delta->bytes_left -= (uint64_t)len;
		total += (uint64_t)len;
		bv_sha256_update(&state, data, (size_t)len);
	}
	if (len < 0)
		return false;
	entry->size = (off_t)total;
	bv_sha256_final(&state, &entry->digest);
	return true;
}

static bool delta_hash_link(const struct delta *delta, struct delta_entry *entry)
{
	char target[DELTA_PATH_MAX];
	const struct delta_root *root = &delta->roots[entry->root];
	char *beneath = entry->path + entry->beneath, *slash = strrchr(beneath, '/');
	CLEANUP_FD int above = -1;
	ssize_t len;

	if (slash) {
		*slash = 0;
		above = sys_openat2(root->fd, beneath, O_PATH | O_DIRECTORY | O_CLOEXEC,
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
		*slash = '/';
		if (above < 0)
			return false;
	}
	len = readlinkat(slash ? above : root->fd, slash ? slash + 1 : beneath, target,
		sizeof(target));
	if (len < 0)
		return false;
	entry->size = (off_t)len;
	bv_sha256_once(target, (size_t)len, &entry->digest);
	return true;
}

static void delta_digest(struct delta *delta, struct delta_entry *entry)
{
	CLEANUP_FD int fd = -1;
	struct stat st;

	if (entry->digested || (entry->type != S_IFREG && entry->type != S_IFLNK))
		return;
	if (entry->type == S_IFLNK) {
		entry->digested = delta_hash_link(delta, entry);
	} else {
		fd = delta_open(delta, entry);
		entry->digested = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
			st.st_ino == entry->inode && delta_hash(delta, fd, entry);
	}
	if (!entry->digested)
		delta_miss(delta, "contents that could not be read");
}

static bool walk_grow(struct delta_walk *walk)
{
	size_t capacity = walk->capacity ? walk->capacity * 2 : 256;
	struct delta_entry *entries = realloc(walk->entries, capacity * sizeof(*entries));

	if (!entries)
		return false;
	walk->entries = entries;
	walk->capacity = capacity;
	return true;
}

static void walk_add(struct delta *delta, struct delta_walk *walk, uint32_t root,
	const struct stat *st)
{
	size_t root_len = strlen(delta->roots[root].path);
	struct delta_entry *entry;

	if (walk->count == DELTA_ENTRIES_MAX) {
		delta_miss(delta, "entries past 65536");
		return;
	}
	if (walk->count == walk->capacity && !walk_grow(walk)) {
		delta_miss(delta, "entries for which there was no memory");
		return;
	}
	entry = &walk->entries[walk->count];
	*entry = (struct delta_entry){
		.path = strdup(walk->path),
		.root = root,
		.type = st->st_mode & S_IFMT,
		.mode = st->st_mode,
		.owner = st->st_uid,
		.group = st->st_gid,
		.device = st->st_dev,
		.inode = st->st_ino,
		.links = st->st_nlink,
		.size = st->st_size,
		.modified = st->st_mtim,
		.changed = st->st_ctim,
	};
	if (!entry->path) {
		delta_miss(delta, "entries for which there was no memory");
		return;
	}
	/* The root may be "/", whose slash is its own. */
	entry->beneath =
		(uint32_t)(walk->len > root_len && walk->path[root_len] == '/' ? root_len + 1
									       : root_len);
	walk->count++;
	if (st->st_ctim.tv_sec >= walk->fresh)
		delta_digest(delta, entry);
}

static void walk_directory(struct delta *delta, struct delta_walk *walk, uint32_t root, int take_fd,
	unsigned int depth);

static void walk_name(struct delta *delta, struct delta_walk *walk, uint32_t root, int dir,
	const char *name, unsigned int depth)
{
	size_t before = walk->len, len = strlen(name);
	bool slash = before > 1 || walk->path[0] != '/';
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno != ENOENT) /* someone else took it away */
			delta_miss(delta, "names that could not be looked at");
		return;
	}
	if (before + len + 2 > sizeof(walk->path)) {
		delta_miss(delta, "paths longer than 4095 bytes");
		return;
	}
	if (slash)
		walk->path[walk->len++] = '/';
	memcpy(walk->path + walk->len, name, len + 1);
	walk->len += len;
	walk_add(delta, walk, root, &st);
	if (S_ISDIR(st.st_mode))
		walk_directory(delta, walk, root,
			openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			depth + 1);
	walk->len = before;
	walk->path[before] = 0;
}

static void walk_directory(struct delta *delta, struct delta_walk *walk, uint32_t root, int take_fd,
	unsigned int depth)
{
	DIR *dir = take_fd < 0 || depth > DELTA_DEPTH_MAX ? NULL : fdopendir(take_fd);
	const struct dirent *entry;

	if (!dir) {
		delta_miss(delta,
			depth > DELTA_DEPTH_MAX ? "directories deeper than 64"
						: "directories that could not be read");
		if (take_fd >= 0)
			close(take_fd);
		return;
	}
	errno = 0;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			walk_name(delta, walk, root, dirfd(dir), entry->d_name, depth);
		errno = 0;
	}
	if (errno)
		delta_miss(delta, "directories that could not be read");
	closedir(dir);
}

static int delta_order(const void *a, const void *b)
{
	const struct delta_entry *one = a, *other = b;

	return strcmp(one->path, other->path);
}

static void delta_walk(struct delta *delta, struct delta_walk *walk, time_t fresh)
{
	walk->fresh = fresh;
	for (uint32_t i = 0; i < delta->root_count; i++) {
		const struct delta_root *root = &delta->roots[i];
		struct stat st;

		walk->len = (size_t)snprintf(walk->path, sizeof(walk->path), "%s", root->path);
		if (fstat(root->fd, &st))
			delta_miss(delta, "roots that could not be read");
		else if (S_ISREG(st.st_mode))
			walk_add(delta, walk, i, &st);
		else
			walk_directory(delta, walk, i,
				openat(root->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
	}
	if (walk->count)
		qsort(walk->entries, walk->count, sizeof(walk->entries[0]), delta_order);
}

/* What lies beneath a root that is there already is walked with it. What is only named so, by a
 * link, is not. */
static bool delta_known(const struct delta *delta, const char *real)
{
	for (size_t i = 0; i < delta->root_count; i++)
		if (wire_path_within(real, delta->roots[i].real))
			return true;
	return false;
}

/* Where the descriptor leads, malloc. */
static char *delta_real(const char *self)
{
	char path[DELTA_PATH_MAX];
	ssize_t len = readlink(self, path, sizeof(path) - 1);

	path[len > 0 ? len : 0] = 0;
	return path[0] == '/' ? strdup(path) : NULL;
}

static int delta_root_add(struct delta *delta, const char *path, const char *self,
	struct bv_error *err)
{
	struct delta_root root = {.path = path, .real = delta_real(self)};

	if (!root.real)
		return bv_fail(err, BV_E_NO_MEMORY, "evidence", "where '%s' leads is not known",
			path);
	if (delta_known(delta, root.real)) {
		free(root.real);
		return 0;
	}
	root.fd = open(self, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (root.fd < 0) {
		free(root.real);
		return bv_fail_os(err, BV_E_OS, errno, "evidence",
			"'%s' may be written by the workload and cannot be read by the caller, so "
			"what becomes of it cannot be told",
			path);
	}
	delta->roots[delta->root_count++] = root;
	return 0;
}

/* By the descriptor that is granted, never by its name again: what is walked is what may be
 * written. Devices, pipes and sockets keep nothing. */
int delta_root(struct delta *delta, const char *path, int fd, struct bv_error *err)
{
	struct stat st;
	char self[64];

	if (!delta)
		return 0;
	if (fstat(fd, &st))
		return bv_fail_os(err, BV_E_OS, errno, "evidence", "'%s' cannot be looked at",
			path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return delta_root_add(delta, path, self, err);
}

/* Numbered in the order of the calls, as the view numbers its layers. */
int delta_overlay(struct delta *delta, const char *path, int fd, struct bv_error *err)
{
	int own;

	if (!delta)
		return 0;
	own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Anything else than a directory is refused by the view (overlay.c). */
	if (own < 0 && errno == ENOTDIR)
		return 0;
	if (own < 0)
		return bv_fail_os(err, BV_E_OS, errno, "evidence",
			"'%s' cannot be read by the caller, so what becomes of it cannot be told",
			path);
	delta->overlays[delta->overlay_count] = (struct delta_overlay){.fd = own,
		.layer = (uint32_t)delta->overlay_count,
		.path = path};
	delta->overlay_count++;
	return 0;
}

int delta_new(const struct bv_spec *spec, bool settable, struct delta **ret, struct bv_error *err)
{
	struct delta *delta;

	if (!(spec->evidence & BV_EVIDENCE_BIT(BV_EVIDENCE_FILESYSTEM_DELTA)))
		return 0;
	delta = calloc(1, sizeof(*delta));
	if (delta)
		delta->roots = calloc(spec->grant_count + spec->exposure_count + 1,
			sizeof(delta->roots[0]));
	if (delta && delta->roots)
		delta->overlays = calloc(spec->exposure_count + 1, sizeof(delta->overlays[0]));
	if (!delta || !delta->roots || !delta->overlays) {
		delta_free(delta);
		return bv_fail(err, BV_E_NO_MEMORY, "evidence", "no memory for the first walk");
	}
	delta->settable = settable;
	delta->bytes_left = DELTA_BYTES_MAX;
	*ret = delta;
	return 0;
}

void delta_begin(struct delta *delta, const struct bv_spec *spec)
{
	struct timespec now = {0};

	if (!delta)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	delta_walk(delta, &delta->before, now.tv_sec - DELTA_FRESH_S);
	if (spec->output_count)
		delta_miss(delta, "outputs, which are listed as artifacts");
	if (spec->temp_root)
		delta_miss(delta, "the private temporary directory, which goes with the run");
}

static enum bv_file_kind delta_kind(mode_t type)
{
	switch (type) {
	case S_IFREG:
		return BV_FILE_REGULAR;
	case S_IFDIR:
		return BV_FILE_DIRECTORY;
	case S_IFLNK:
		return BV_FILE_LINK;
	default:
		return BV_FILE_OTHER;
	}
}

static bool delta_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* One more name for the same file changes its inode, and not its content; and what is put into a
 * directory is told by itself. */
static bool delta_differs(struct delta *delta, const struct delta_entry *before,
	struct delta_entry *after)
{
	if (before->type != after->type || before->device != after->device ||
		before->inode != after->inode)
		return true;
	if (before->mode != after->mode || before->owner != after->owner ||
		before->group != after->group)
		return true;
	if (after->type == S_IFDIR)
		return false;
	if (before->size != after->size || !delta_same_time(&before->modified, &after->modified))
		return true;
	if (!delta_same_time(&before->changed, &after->changed) &&
		(delta->settable || before->links == after->links))
		return true;
	if (!before->digested)
		return false;
	delta_digest(delta, after);
	return after->digested &&
		memcmp(&before->digest, &after->digest, sizeof(before->digest)) != 0;
}

static void delta_report(struct delta *delta, enum bv_change_kind change, struct delta_entry *entry,
	struct bv_report_body *body)
{
	struct bv_change row = {.change = change,
		.kind = delta_kind(entry->type),
		.path = entry->path};

	if (change != BV_CHANGE_DELETED) {
		delta_digest(delta, entry);
		row.digested = entry->digested;
		row.size_bytes = entry->digested ? (uint64_t)entry->size : 0;
		row.sha256 = entry->digest;
	}
	bv_body_change(body, &row);
}

/* Both walks are sorted: one pass over both. */
static size_t delta_compare(struct delta *delta, struct bv_report_body *body)
{
	struct delta_walk *before = &delta->before, *after = &delta->after;
	size_t i = 0, j = 0, changes = 0;

	while (i < before->count || j < after->count) {
		int order = i == before->count ? 1
			: j == after->count
			? -1
			: strcmp(before->entries[i].path, after->entries[j].path);
		bool differs =
			order != 0 || delta_differs(delta, &before->entries[i], &after->entries[j]);
		enum bv_change_kind change = order < 0 ? BV_CHANGE_DELETED
			: order > 0                    ? BV_CHANGE_CREATED
						       : BV_CHANGE_MODIFIED;

		if (differs)
			delta_report(delta, change,
				order < 0 ? &before->entries[i] : &after->entries[j], body);
		changes += differs;
		i += order <= 0;
		j += order >= 0;
	}
	return changes;
}

/* As the launcher finds out which attributes an overlay can be marked with (launcher/overlay.c). */
static bool delta_trusted(int store, uint32_t layer)
{
	static const char attribute[] = "trusted.overlay.opaque";
	char name[WIRE_LAYER_NAME_MAX];
	CLEANUP_FD int work = -1;

	wire_layer_name('w', layer, name);
	work = openat(store, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return work >= 0 && fsetxattr(work, attribute, "n", 1, 0) == 0 &&
		fremovexattr(work, attribute) == 0;
}

/* `store` -1: it never came to be, and nothing was written to it. */
static size_t delta_upper(struct delta *delta, const struct delta_overlay *overlay, int store,
	size_t changes_left, struct bv_report_body *body)
{
	char name[WIRE_LAYER_NAME_MAX];
	CLEANUP_FD int layer = -1;
	struct upper upper = {.lower = overlay->fd,
		.root = overlay->path,
		.body = body,
		.bytes_left = delta->bytes_left,
		.changes_left = changes_left};

	if (store < 0)
		return changes_left;
	wire_layer_name('u', overlay->layer, name);
	layer = openat(store, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	upper.upper = layer;
	upper.trusted = delta_trusted(store, overlay->layer);
	upper_tell(&upper);
	delta->bytes_left = upper.bytes_left;
	if (upper.missed)
		delta_miss(delta, upper.missed);
	return upper.changes_left;
}

void delta_fill(struct delta *delta, bool settled, int store, struct bv_report_body *body)
{
	const char *observer = "host (walks before and after the run)";
	size_t changes, left;

	if (!delta)
		return;
	/* Read only what differs: nothing is fresh to this walk. */
	delta_walk(delta, &delta->after, INT64_MAX);
	changes = delta_compare(delta, body);
	if (changes > BV_BODY_CHANGES_MAX)
		delta_miss(delta, "changes past 16384");
	if (delta->overlay_count)
		observer = delta->root_count ? "host (walks before and after the run; an overlay's "
					       "upper layer)"
					     : "host (an overlay's upper layer)";
	left = changes < BV_BODY_CHANGES_MAX ? BV_BODY_CHANGES_MAX - changes : 0;
	for (size_t i = 0; i < delta->overlay_count; i++)
		left = delta_upper(delta, &delta->overlays[i], store, left, body);
	if (!settled)
		delta_miss(delta, "what the run tree, which was not seen to be empty, changes yet");
	bv_body_cover(body, BV_EVIDENCE_FILESYSTEM_DELTA,
		delta->missed ? BV_COVERAGE_PARTIAL : BV_COVERAGE_COMPLETE, observer,
		delta->missed ? delta->missed : "");
}

/* SPDX-License-Identifier: MIT
 *
 * Removing a tree keeps no stack: a directory within a directory is first moved up to the top, so
 * that nothing is ever looked for deeper than two names, and the depth of a tree costs nothing.
 */
#include "artifact/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/walk.h"
#include "base/fail.h"
#include "sys/fd.h"

/* Passes over one directory that remove nothing new, before it is given up. */
#define REMOVE_IDLE_MAX 3
/* Passes at most: somebody who survived might go on making what is removed. */
#define REMOVE_PASSES_MAX (1 << 17)

static const char *attempt_name(const struct bv_attempt_id *attempt, char out[BV_DIGEST_HEX])
{
	return bv_digest_hex(&attempt->digest, out);
}

int staging_open(const char *path, struct bv_error *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		(void)bv_fail_os(err, BV_E_OS, errno, "staging", "'%s' cannot be opened", path);
		return -1;
	}
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))) {
		(void)bv_fail(err, BV_E_INVALID, "staging",
			"'%s' must belong to the caller, and be writable by nobody else", path);
		return -1;
	}
	return fd_take(&fd);
}

/* chmod(2) of a magic link changes what it leads to, which is what is open. fchmod(2) does not
 * take descriptors of O_PATH. */
bool staging_chmod(int fd, unsigned int mode)
{
	char self[64];

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return chmod(self, (mode_t)mode) == 0;
}

/* Whatever the umask is: it is the owner's. */
static int directory_make(int parent, const char *name, struct bv_error *err)
{
	CLEANUP_FD int path = -1;
	int fd = -1;

	if (mkdirat(parent, name, 0700)) {
		(void)bv_fail_os(err, BV_E_OS, errno, "staging", "'%s' cannot be made", name);
		return -1;
	}
	path = walk_open(parent, name, O_PATH | O_DIRECTORY);
	if (path >= 0 && staging_chmod(path, 0700))
		fd = walk_reopen(path);
	if (fd < 0)
		(void)bv_fail_os(err, BV_E_OS, errno, "staging", "'%s' cannot be opened", name);
	return fd;
}

int staging_make(int root, const struct bv_attempt_id *attempt, struct bv_error *err)
{
	char hex[BV_DIGEST_HEX];

	return directory_make(root, attempt_name(attempt, hex), err);
}

int staging_make_output(int attempt_dir, const char *name, struct bv_error *err)
{
	return directory_make(attempt_dir, name, err);
}

int staging_find(int root, const struct bv_attempt_id *attempt)
{
	char hex[BV_DIGEST_HEX];

	return walk_open(root, attempt_name(attempt, hex), O_RDONLY | O_DIRECTORY);
}

struct remover {
	int top;
	const char *last;         /* left to the end, "" for none */
	unsigned long long moved; /* names given to directories that were moved up */
	size_t removed;           /* in this pass */
};

/* Opens a directory for emptying, whatever its mode was. */
static DIR *directory_open(int parent, const char *name)
{
	CLEANUP_FD int path = walk_open(parent, name, O_PATH | O_DIRECTORY);
	CLEANUP_FD int fd = -1;
	DIR *dir;

	if (path < 0)
		return NULL;
	(void)staging_chmod(path, 0700);
	fd = walk_reopen(path);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir)
		(void)fd_take(&fd);
	return dir;
}

/* Moves a directory up; its mode is changed first, because its ".." is. */
static bool directory_lift(struct remover *remover, int parent, const char *name)
{
	CLEANUP_FD int fd = walk_open(parent, name, O_PATH | O_DIRECTORY);
	char fresh[32];

	if (fd < 0)
		return false;
	(void)staging_chmod(fd, 0700);
	do {
		(void)snprintf(fresh, sizeof(fresh), ".%llu", remover->moved++);
	} while (faccessat(remover->top, fresh, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	return renameat(parent, name, remover->top, fresh) == 0;
}

static bool dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void directory_empty(struct remover *remover, int parent, const char *name)
{
	DIR *dir = directory_open(parent, name);
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (dots(entry->d_name))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == 0 ||
			directory_lift(remover, dirfd(dir), entry->d_name))
			remover->removed++;
	}
	closedir(dir);
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
		remover->removed++;
}

/* True once the directory was seen to be empty. */
static bool top_pass(struct remover *remover)
{
	int fd = walk_reopen(remover->top);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool empty = true;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((entry = readdir(dir))) {
		if (dots(entry->d_name) || strcmp(entry->d_name, remover->last) == 0)
			continue;
		empty = false;
		if (unlinkat(remover->top, entry->d_name, 0) == 0)
			remover->removed++;
		else
			directory_empty(remover, remover->top, entry->d_name);
	}
	closedir(dir);
	return empty;
}

static int name_remove(int root, const char *name, const char *last, struct bv_error *err)
{
	CLEANUP_FD int top = walk_open(root, name, O_PATH | O_DIRECTORY);
	struct remover remover = {.top = top, .last = last};
	int idle = 0;

	if (top < 0)
		return bv_fail_os(err, errno == ENOENT ? BV_E_NOT_FOUND : BV_E_OS, errno, "staging",
			"there is nothing of this name");
	(void)staging_chmod(top, 0700);
	for (int i = 0; i < REMOVE_PASSES_MAX && idle < REMOVE_IDLE_MAX && !top_pass(&remover);
		i++) {
		idle = remover.removed ? 0 : idle + 1;
		remover.removed = 0;
	}
	if (last[0] && idle < REMOVE_IDLE_MAX)
		(void)unlinkat(top, last, 0);
	if (unlinkat(root, name, AT_REMOVEDIR))
		return bv_fail_os(err, BV_E_OS, errno, "staging",
			"what is there cannot be removed");
	return 0;
}

int staging_remove_name(int root, const char *name, const char *last, struct bv_error *err)
{
	return name_remove(root, name, last, err);
}

int staging_remove(int root, const struct bv_attempt_id *attempt, struct bv_error *err)
{
	char hex[BV_DIGEST_HEX];

	return name_remove(root, attempt_name(attempt, hex), STAGING_LAST, err);
}

bool staging_remove_empty(int root, const struct bv_attempt_id *attempt)
{
	char hex[BV_DIGEST_HEX];
	const char *name = attempt_name(attempt, hex);
	int fd = staging_find(root, attempt);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool empty = true;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return fd < 0 && errno == ENOENT;
	}
	while ((entry = readdir(dir)))
		empty = empty &&
			(dots(entry->d_name) ||
				unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) == 0);
	closedir(dir);
	return empty && unlinkat(root, name, AT_REMOVEDIR) == 0;
}

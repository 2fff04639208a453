/* SPDX-License-Identifier: MIT
 *
 * The mark is a link, which takes no room where there is none (see resume.h). It is made after the
 * lock was taken and removed before it is released, so that whoever gets the lock and still finds
 * the mark knows that nobody is there any more.
 */
#include "artifact/running.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "artifact/staging.h"
#include "artifact/walk.h"
#include "base/fail.h"
#include "sys/fd.h"

#define MARK ".running"
/* A sweep looks at so many names at most, and removes so many. */
#define SWEEP_NAMES_MAX 1024
#define SWEEP_REMOVED_MAX 16

int running_begin(int attempt_dir, struct bv_error *err)
{
	if (flock(attempt_dir, LOCK_EX | LOCK_NB) || symlinkat("run", attempt_dir, MARK))
		return bv_fail_os(err, BV_E_OS, errno, "staging",
			"what is made there cannot be locked and marked");
	return 0;
}

/* Unlocked by name: a child of the caller's that has not come to its exec may have a copy. */
void running_end(int attempt_dir)
{
	(void)unlinkat(attempt_dir, MARK, 0);
	(void)flock(attempt_dir, LOCK_UN);
}

bool running_locks_hold(int directory)
{
	static const uint32_t local[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC, RAMFS_MAGIC};
	struct statfs fs;

	if (fstatfs(directory, &fs))
		return false;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if ((uint32_t)fs.f_type == local[i])
			return true;
	return false;
}

static bool marked(int directory, const char *path)
{
	char text[8];

	return readlinkat(directory, path, text, sizeof(text)) > 0;
}

static bool sweep_one(int root, const char *name)
{
	char path[BV_DIGEST_HEX + sizeof(MARK) + 1];
	CLEANUP_FD int dir = -1;

	if (strlen(name) != BV_DIGEST_HEX - 1 ||
		strspn(name, "0123456789abcdef") != BV_DIGEST_HEX - 1)
		return false;
	(void)snprintf(path, sizeof(path), "%.64s/" MARK, name);
	if (!marked(root, path))
		return false;
	dir = walk_open(root, name, O_RDONLY | O_DIRECTORY);
	return dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) == 0 && marked(dir, MARK) &&
		staging_remove_name(root, name, MARK, NULL) == 0;
}

void running_sweep_names(int directory, int names_max, bool (*remove)(int directory, const char *))
{
	int fd = running_locks_hold(directory) ? walk_reopen(directory) : -1, removed = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (int i = 0; i < names_max && removed < SWEEP_REMOVED_MAX; i++) {
		entry = readdir(dir);
		if (!entry)
			break;
		removed += remove(directory, entry->d_name);
	}
	closedir(dir);
}

void running_sweep(int root)
{
	running_sweep_names(root, SWEEP_NAMES_MAX, sweep_one);
}

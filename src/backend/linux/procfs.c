/* SPDX-License-Identifier: MIT
 *
 * See procfs.h. A line of mountinfo (proc(5)): id parent major:minor root point options - type
 * source options; what is no plain byte in a path stands there as a backslash and three octal
 * digits.
 */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "sys/fd.h"
#include "wire/mount.h"

#define PROCFS_BYTES_MAX ((size_t)8 << 20)

static int procfs_unread(struct bv_error *err, int errnum)
{
	return bv_fail_os(err, BV_E_OS, errnum, "capabilities.host_processes",
		"/proc/self/mountinfo cannot be read whole, so it is not known what shows "
		"processes");
}

/* The whole file with a zero behind it; malloc. */
static int procfs_slurp(char **ret, struct bv_error *err)
{
	CLEANUP_FD int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	size_t size = 16384, total = 0;
	char *text = fd < 0 ? NULL : malloc(size);
	ssize_t len = -1;

	while (text && (len = read(fd, text + total, size - 1 - total)) != 0) {
		char *grown;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			break;
		total += (size_t)len;
		if (total < size - 1)
			continue;
		grown = size < PROCFS_BYTES_MAX ? realloc(text, 2 * size) : NULL;
		if (!grown) {
			len = -1;
			errno = EFBIG;
			break;
		}
		text = grown;
		size *= 2;
	}
	if (!text || len < 0) {
		free(text);
		return procfs_unread(err, errno);
	}
	text[total] = 0;
	*ret = text;
	return 0;
}

/* In place. */
static void procfs_unescape(char *path)
{
	char *out = path;

	for (; *path; path++) {
		*out++ = *path;
		if (path[0] != '\\' || strspn(path + 1, "01234567") < 3)
			continue;
		out[-1] = (char)((path[1] - '0') * 64 + (path[2] - '0') * 8 + path[3] - '0');
		path += 3;
	}
	*out = 0;
}

/* Root and point of the line, if it is one of those. Every group lists processes, so of such a
 * mount the root does not matter, and is "". */
static bool procfs_line(char *line, bool groups, char **ret_root, char **ret_point)
{
	const char *type = strstr(line, " - ");
	bool group = type && strncmp(type + 3, "cgroup", 6) == 0;
	char *save = NULL, *field = line;

	if (!type || !(group ? groups : strncmp(type + 3, "proc ", 5) == 0))
		return false;
	for (int i = 0; i < 5 && field; i++) {
		field = strtok_r(i ? NULL : line, " ", &save);
		if (i == 3)
			*ret_root = field;
	}
	*ret_point = field;
	if (!field)
		return false;
	**ret_root = group ? 0 : **ret_root;
	procfs_unescape(*ret_root);
	procfs_unescape(*ret_point);
	return true;
}

/* Kept at the front of the text itself: what is kept of a line is shorter than the line. */
int procfs_read(struct procfs *procfs, bool groups, struct bv_error *err)
{
	char *text = NULL, *save = NULL, *line;
	int code = procfs_slurp(&text, err);
	size_t len = 0;

	if (code)
		return code;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *pair[2] = {text, text};

		if (!procfs_line(line, groups, &pair[0], &pair[1]))
			continue;
		for (int i = 0; i < 2; i++) {
			size_t size = strlen(pair[i]) + 1;

			memmove(text + len, pair[i], size);
			len += size;
		}
	}
	*procfs = (struct procfs){text, len};
	return 0;
}

void procfs_free(struct procfs *procfs)
{
	free(procfs->pairs);
	*procfs = PROCFS_NONE;
}

/* Of a path in such a file system: all of it, or a process; not what tells of the machine. */
static bool procfs_process(const char *path)
{
	path += strspn(path, "/");
	return !*path || (*path >= '1' && *path <= '9');
}

/* The tree may hold the mount, or lie in it. */
static bool procfs_meets(const char *tree, const char *root, const char *point)
{
	if (wire_path_within(point, tree))
		return procfs_process(root);
	if (!root[0])
		return wire_path_within(tree, point);
	if (!wire_path_within(tree, point))
		return false;
	return procfs_process(strcmp(root, "/") == 0 ? tree + strlen(point) : root);
}

const char *procfs_shown(const struct procfs *procfs, int fd)
{
	char link[32], tree[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, tree, sizeof(tree) - 1);
	tree[len > 0 ? len : 0] = 0;
	if (tree[0] != '/')
		return "/";
	for (size_t at = 0; at < procfs->len;) {
		const char *root = procfs->pairs + at, *point = root + strlen(root) + 1;

		if (procfs_meets(tree, root, point))
			return point;
		at += strlen(root) + strlen(point) + 2;
	}
	return NULL;
}

/* SPDX-License-Identifier: MIT
 *
 * Cgroup v2 leaves. The base is the caller's own group in the v2 tree (mountinfo names the mount,
 * /proc/self/cgroup the group), if new groups can be made in it; each run gets a leaf below. On a
 * hybrid layout the v2 tree may hold no controller, and still places and kills.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"

#define CGROUP_REMOVE_TRIES 200

static ssize_t cgroup_slurp(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = 0, total = 0;

	if (fd < 0)
		return -1;
	while ((size_t)total < size - 1 &&
		(len = read(fd, text + total, size - 1 - (size_t)total)) > 0)
		total += len;
	close(fd);
	text[total] = 0;
	return len < 0 ? -1 : total;
}

/* Fields of a mountinfo line: id parent major:minor root point options... - type source super
 * (proc(5)). True if it is a cgroup2 mount. */
static bool cgroup_mount(char *line, char **ret_root, char **ret_point)
{
	char *type = strstr(line, " - ");
	char *save, *field = NULL;

	if (!type || strncmp(type + 3, "cgroup2 ", 8) != 0)
		return false;
	*type = 0;
	for (int i = 0; i < 5; i++) {
		field = strtok_r(i ? NULL : line, " ", &save);
		if (!field)
			return false;
		if (i == 3)
			*ret_root = field;
	}
	*ret_point = field;
	return true;
}

/* The caller's group as a path below the mount; the mount may show a subtree only. */
static bool cgroup_join(const char *group, const char *root, const char *point, char *path,
	size_t size)
{
	size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(group, root, len) != 0 || (len && group[len] != '/' && group[len] != 0))
		return false;
	group += len;
	return (size_t)snprintf(path, size, "%s%s", point, strcmp(group, "/") == 0 ? "" : group) <
		size;
}

/* `top` is where the mount's own path ends. */
static bool cgroup_path(char *path, size_t size, size_t *ret_top)
{
	char *mounts = malloc(262144), group[4096], *save = NULL, *line, *end;
	bool found = false;

	if (!mounts || cgroup_slurp("/proc/self/cgroup", group, sizeof(group)) < 0 ||
		cgroup_slurp("/proc/self/mountinfo", mounts, 262144) < 0) {
		free(mounts);
		return false;
	}
	line = strncmp(group, "0::", 3) == 0 ? group : strstr(group, "\n0::");
	if (line) {
		line = strstr(line, "0::") + 3;
		end = strchr(line, '\n');
		if (end)
			*end = 0;
		for (char *mount = strtok_r(mounts, "\n", &save); mount && !found;
			mount = strtok_r(NULL, "\n", &save)) {
			char *root = NULL, *point = NULL;

			found = cgroup_mount(mount, &root, &point) &&
				cgroup_join(line, root, point, path, size);
			*ret_top = found ? strlen(point) : 0;
		}
	}
	free(mounts);
	return found;
}

static int cgroup_read_at(int group, const char *file, char *text, size_t size)
{
	int fd = openat(group, file, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = 0;
	return len < 0 ? -1 : 0;
}

static bool cgroup_write_at(int group, const char *file, const char *text)
{
	int fd = openat(group, file, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int errnum = errno;

	if (fd >= 0)
		close(fd);
	errno = errnum;
	return ok;
}

/* A word of a blank-separated list. */
static bool cgroup_lists(int group, const char *file, const char *word)
{
	char text[512], *save = NULL;

	if (cgroup_read_at(group, file, text, sizeof(text)))
		return false;
	for (char *at = strtok_r(text, " \n", &save); at; at = strtok_r(NULL, " \n", &save))
		if (strcmp(at, word) == 0)
			return true;
	return false;
}

bool cgroup_controls(int base, const char *controller)
{
	return cgroup_lists(base, "cgroup.subtree_control", controller);
}

static int cgroup_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 &&
		(faccessat(fd, ".", W_OK, AT_EACCESS) ||
			faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Hands the controllers on to the groups below, in a group that is ours to arrange: it holds no
 * process itself (the no-internal-processes rule), has the controllers, and nobody chose yet. */
static bool cgroup_enable(int group)
{
	char text[16];

	return cgroup_lists(group, "cgroup.controllers", "memory") &&
		cgroup_lists(group, "cgroup.controllers", "pids") &&
		cgroup_read_at(group, "cgroup.procs", text, sizeof(text)) == 0 && text[0] == 0 &&
		cgroup_write_at(group, "cgroup.subtree_control", "+memory +pids");
}

/* From the caller's own group upwards as far as it may make groups: the first whose children have
 * limits, or could be given them; else its own, which can hold and kill a tree. */
static int cgroup_climb(char *path, size_t top)
{
	size_t own = strlen(path), len = own;
	int base = cgroup_open(path), group = base;

	while (group >= 0) {
		if (cgroup_controls(group, "memory") || (len != own && cgroup_enable(group))) {
			if (group != base)
				close(base);
			path[len] = 0;
			return group;
		}
		if (group != base)
			close(group);
		while (len > top && path[len - 1] != '/')
			len--;
		if (len <= top)
			break;
		path[--len] = 0;
		group = cgroup_open(path);
		path[len] = '/';
	}
	path[own] = 0;
	return base;
}

int cgroup_base(char *path, size_t size, const char **ret_why)
{
	size_t top;
	int base;

	if (hooks_without("cgroup")) {
		*ret_why = "taken away by the test";
		return -1;
	}
	if (!cgroup_path(path, size, &top)) {
		*ret_why = "no cgroup v2 is mounted that holds this process";
		return -1;
	}
	base = cgroup_climb(path, top);
	if (base < 0)
		*ret_why = "the caller's cgroup is not delegated to it";
	return base;
}

/* The kernel keeps whole pages of what it counts in bytes. */
bool cgroup_leaf_limit(int leaf, const char *file, uint64_t limit)
{
	bool bytes = strcmp(file, "memory.max") == 0 || strcmp(file, "memory.swap.max") == 0;
	uint64_t page = bytes ? (uint64_t)sysconf(_SC_PAGESIZE) : 1;
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)limit);
	if (!cgroup_write_at(leaf, file, text) || cgroup_read_at(leaf, file, text, sizeof(text)))
		return false;
	errno = ENOTRECOVERABLE;
	return strtoull(text, NULL, 10) == limit / page * page;
}

int cgroup_leaf_make(int base, const char *name)
{
	int leaf;

	if (mkdirat(base, name, 0755))
		return -1;
	leaf = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (leaf < 0)
		unlinkat(base, name, AT_REMOVEDIR);
	return leaf;
}

/* Before cgroup.kill (Linux 5.14). Whoever forks meanwhile is met the next time. */
static void cgroup_kill_each(int leaf)
{
	char text[4096], *at = text, *end;

	cgroup_read_at(leaf, "cgroup.procs", text, sizeof(text));
	end = strrchr(text, '\n'); /* what comes after it was cut short */
	*(end ? end : text) = 0;
	for (long pid; (pid = strtol(at, &end, 10)) > 0; at = end)
		kill((pid_t)pid, SIGKILL);
}

/* A group can be removed a moment after its last task is gone, not at once. */
bool cgroup_leaf_remove(int base, const char *name, int leaf)
{
	for (int i = 0; i < CGROUP_REMOVE_TRIES; i++) {
		if (unlinkat(base, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return true;
		if (errno != EBUSY)
			return false;
		/* Only if the launcher died: it empties the leaf otherwise. */
		if (!cgroup_write_at(leaf, "cgroup.kill", "1"))
			cgroup_kill_each(leaf);
		poll(NULL, 0, 5);
	}
	return false;
}

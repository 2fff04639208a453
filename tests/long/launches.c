/* SPDX-License-Identifier: MIT
 *
 * Thousands of launches leave nothing behind: no mount, namespace, cgroup, process, descriptor,
 * directory, and no memory. Each has a view, a temporary root and an output; what is counted before
 * and after is the host's: /proc, /sys/fs/cgroup and the directory that outputs are kept in.
 *
 *     long-launches LAUNCHER LEAVE [N [host]]
 *
 * A namespace that nothing can be seen in any more would still count against the limits of the
 * user namespace it was made in (namespaces(7)). So all is done in one whose limits are a few dozen
 * of each kind: the kernel itself would refuse soon. With `host` it is done outside of any, as root
 * does it; then a namespace is looked for by the processes in it only.
 *
 * Status: 0, 1 if something grew, 2 if that could not be found out, 77 if the machine has no view.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "long.h"

#define WARM 50 /* launches before the first count: pools and buffers have their size then */
#define NAMESPACES_LIMIT "48"
#define NAMESPACES_MAX 256
#define PROCESSES_MAX 64
#define HIDDEN (-1) /* from who is not root: a launcher cannot be looked into */

enum count {
	COUNT_PROCESSES,
	COUNT_NAMESPACES,
	COUNT_MOUNTS,
	COUNT_LAUNCHER_MOUNTS,
	COUNT_CGROUPS,
	COUNT_DESCRIPTORS,
	COUNT_LAUNCHER_DESCRIPTORS,
	COUNT_FILES,
	COUNT_MEMORY,
	COUNT_LAUNCHER_MEMORY,
	COUNT_COUNT,
};

/* By how much it may grow: a heap has its ups and downs, a byte a launch has not. */
static const struct {
	const char *name;
	long slack;
} counted[COUNT_COUNT] = {
	[COUNT_PROCESSES] = {"processes below this one", 0},
	[COUNT_NAMESPACES] = {"namespaces they are in", 0},
	[COUNT_MOUNTS] = {"mounts seen from here", 0},
	[COUNT_LAUNCHER_MOUNTS] = {"mounts seen from a launcher", 0},
	[COUNT_CGROUPS] = {"cgroups of this process's runs", 0},
	[COUNT_DESCRIPTORS] = {"descriptors", 0},
	[COUNT_LAUNCHER_DESCRIPTORS] = {"descriptors of launchers", 0},
	[COUNT_FILES] = {"files and directories kept", 0},
	[COUNT_MEMORY] = {"resident memory, KiB", 256},
	[COUNT_LAUNCHER_MEMORY] = {"resident memory of launchers, KiB", 64},
};

static long lines(const char *path)
{
	FILE *file = fopen(path, "re");
	long count = 0;
	int c;

	if (!file)
		return HIDDEN;
	while ((c = getc(file)) != EOF)
		count += c == '\n';
	fclose(file);
	return count ? count : HIDDEN;
}

static long entries(const char *path)
{
	DIR *dir = opendir(path);
	long count = 0;

	if (!dir)
		return HIDDEN;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static long resident(pid_t pid)
{
	char path[64];
	long pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%*d %ld", &pages) != 1)
		long_die(path, NULL);
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static pid_t parent(pid_t pid)
{
	char path[64], line[256];
	int found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		if (strncmp(line, "PPid:", 5) == 0)
			found = (int)strtol(line + 5, NULL, 10);
	if (file)
		fclose(file);
	return found;
}

/* This process and all below it. */
static size_t processes(pid_t pids[PROCESSES_MAX])
{
	struct dirent *entry;
	size_t count = 1;

	pids[0] = getpid();
	for (size_t at = 0; at < count; at++) {
		DIR *proc = opendir("/proc");

		while (proc && (entry = readdir(proc))) {
			pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

			if (pid > 0 && parent(pid) == pids[at] && count < PROCESSES_MAX)
				pids[count++] = pid;
		}
		closedir(proc);
	}
	return count;
}

static long namespaces(const pid_t *pids, size_t count)
{
	static char seen[NAMESPACES_MAX][48];
	long found = 0;

	for (size_t i = 0; i < count; i++) {
		char path[64], link[48];
		struct dirent *entry;
		DIR *dir;

		snprintf(path, sizeof(path), "/proc/%d/ns", (int)pids[i]);
		dir = opendir(path);
		while (dir && (entry = readdir(dir))) {
			ssize_t len = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
			bool new = len > 0;

			link[len > 0 ? len : 0] = 0;
			for (long j = 0; j < found; j++)
				new = new &&strcmp(seen[j], link) != 0;
			if (new &&found < NAMESPACES_MAX)
				memcpy(seen[found++], link, sizeof(link));
		}
		if (dir)
			closedir(dir);
	}
	return found;
}

static long walked;
static char leaf_prefix[32];

static int walk_any(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path, (void)st, (void)type, (void)ftw;
	walked++;
	return 0;
}

static int walk_leaf(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	walked += type == FTW_D && strncmp(path + ftw->base, leaf_prefix, strlen(leaf_prefix)) == 0;
	return 0;
}

static void of_launchers(const pid_t *pids, size_t count, long *counts)
{
	counts[COUNT_LAUNCHER_MOUNTS] = count > 1 ? 0 : HIDDEN;
	counts[COUNT_LAUNCHER_DESCRIPTORS] = counts[COUNT_LAUNCHER_MOUNTS];
	counts[COUNT_LAUNCHER_MEMORY] = 0;
	for (size_t i = 1; i < count; i++) {
		char path[64];
		long mounts, descriptors;

		snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pids[i]);
		mounts = lines(path);
		snprintf(path, sizeof(path), "/proc/%d/fd", (int)pids[i]);
		descriptors = entries(path);
		if (mounts < 0 || descriptors < 0) {
			counts[COUNT_LAUNCHER_MOUNTS] = mounts;
			counts[COUNT_LAUNCHER_DESCRIPTORS] = descriptors;
		} else {
			counts[COUNT_LAUNCHER_MOUNTS] += mounts;
			counts[COUNT_LAUNCHER_DESCRIPTORS] += descriptors;
		}
		counts[COUNT_LAUNCHER_MEMORY] += resident(pids[i]);
	}
}

static void count_all(const struct long_boundary *b, long counts[COUNT_COUNT])
{
	pid_t pids[PROCESSES_MAX];
	size_t count = processes(pids);

	counts[COUNT_PROCESSES] = (long)count;
	counts[COUNT_NAMESPACES] = namespaces(pids, count);
	counts[COUNT_MOUNTS] = lines("/proc/self/mountinfo");
	counts[COUNT_DESCRIPTORS] = entries("/proc/self/fd");
	counts[COUNT_MEMORY] = resident(getpid());
	of_launchers(pids, count, counts);
	walked = 0;
	nftw(b->work, walk_any, 16, FTW_PHYS);
	counts[COUNT_FILES] = walked;
	walked = 0;
	snprintf(leaf_prefix, sizeof(leaf_prefix), "bvisor-%d-", (int)getpid());
	nftw("/sys/fs/cgroup", walk_leaf, 16, FTW_PHYS);
	counts[COUNT_CGROUPS] = walked;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd)) {
		perror(path);
		exit(2);
	}
}

/* The ids of a root are all mapped, which takes one who is root outside. */
static void map_ids(void)
{
	int ends[2], status;
	char text[64], path[64];
	pid_t pid, here = getpid();
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (pipe2(ends, O_CLOEXEC) || (pid = fork()) < 0)
		long_die("fork", NULL);
	if (pid == 0) {
		close(ends[1]);
		if (read(ends[0], text, 1) < 0)
			_exit(2);
		snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)here);
		if (uid)
			put(path, "deny");
		snprintf(text, sizeof(text), uid ? "%u %u 1" : "0 0 4294967295", uid, uid);
		snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)here);
		put(path, text);
		snprintf(text, sizeof(text), uid ? "%u %u 1" : "0 0 4294967295", gid, gid);
		snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)here);
		put(path, text);
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		long_skip("no user namespace to count in can be had");
	}
	close(ends[0]);
	close(ends[1]);
	if (waitpid(pid, &status, 0) != pid || status)
		long_die("ids cannot be mapped", NULL);
}

static void limit_namespaces(void)
{
	static const char *const kinds[] = {"user", "mnt", "net", "pid", "ipc", "uts", "cgroup"};
	char path[64];

	map_ids();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", kinds[i]);
		put(path, NAMESPACES_LIMIT);
	}
	printf("at most %s namespaces of each kind at once\n", NAMESPACES_LIMIT);
}

static void launch(const struct long_boundary *b, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		struct bv_report *report = long_run(b);

		long_discard(b, report, 1);
		bv_report_free(report);
	}
}

static bool compare(const long before[COUNT_COUNT], const long after[COUNT_COUNT])
{
	bool grew = false;

	for (int i = 0; i < COUNT_COUNT; i++) {
		bool more =
			after[i] > before[i] + counted[i].slack || (before[i] >= 0 && after[i] < 0);

		if (before[i] < 0)
			printf("%-36s not to be seen by this user\n", counted[i].name);
		else
			printf("%-36s %8ld %8ld%s\n", counted[i].name, before[i], after[i],
				more ? "  GREW" : "");
		grew = grew || more;
	}
	return grew;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 10) : 10000;
	long before[COUNT_COUNT], after[COUNT_COUNT];
	struct long_boundary b;
	double begun;
	bool grew;

	if (argc < 3 || count == 0)
		long_die("usage: long-launches LAUNCHER LEAVE [N [host]]", NULL);
	if (argc < 5 || strcmp(argv[4], "host") != 0)
		limit_namespaces();
	long_open(&b, argv[1], argv[2], "1", "100");
	launch(&b, WARM);
	count_all(&b, before);
	begun = long_now();
	launch(&b, count);
	printf("%lu launches, %.0f a second; before and after:\n", count,
		(double)count / (long_now() - begun));
	count_all(&b, after);
	grew = compare(before, after);
	return !long_close(&b) || grew;
}

/* SPDX-License-Identifier: MIT
 *
 * Looks at the world that believe nobody but the kernel.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>

#include "oracle.h"

static ssize_t slurp(int dir, const char *path, char *text, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t len, total = 0;

	if (fd < 0)
		return -1;
	while ((size_t)total < size - 1 &&
		(len = read(fd, text + total, size - 1 - (size_t)total)) > 0)
		total += len;
	close(fd);
	text[total] = 0;
	return total;
}

static void join(const struct oracle *o, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s%s%s", *name == '/' ? "" : o->root, *name == '/' ? "" : "/", name);
}

void world_write(const struct oracle *o, const char *name, const char *text)
{
	char path[512];
	int fd;

	join(o, name, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

void world_mkdir(const struct oracle *o, const char *name)
{
	char path[512];

	join(o, name, path, sizeof(path));
	assert_int_equal(mkdir(path, 0755), 0);
}

const char *world_read(const struct oracle *o, const char *name)
{
	static char text[65536];
	char path[512];

	join(o, name, path, sizeof(path));
	if (slurp(AT_FDCWD, path, text, sizeof(text)) < 0)
		text[0] = 0;
	return text;
}

bool world_exists(const struct oracle *o, const char *name)
{
	char path[512];
	struct stat st;

	join(o, name, path, sizeof(path));
	return lstat(path, &st) == 0;
}

void world_same(const struct oracle *o, const char *name, const char *text)
{
	assert_true(world_exists(o, name));
	assert_string_equal(world_read(o, name), text);
}

static bool holds(const char *text, size_t len, const char *marker)
{
	return memmem(text, len, marker, strlen(marker)) != NULL;
}

static bool dead(int dir)
{
	char text[512];
	const char *end;

	if (slurp(dir, "stat", text, sizeof(text)) <= 0)
		return true;
	end = strrchr(text, ')');
	return !end || strchr("ZX", end[2]);
}

static bool marked(int proc, const char *pid, const char *marker)
{
	char text[65536];
	int dir = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ssize_t len;
	bool found;

	if (dir < 0)
		return false;
	len = slurp(dir, "cmdline", text, sizeof(text));
	found = len > 0 && holds(text, (size_t)len, marker);
	len = found ? 0 : slurp(dir, "environ", text, sizeof(text));
	found = found || (len > 0 && holds(text, (size_t)len, marker));
	found = found && !dead(dir);
	close(dir);
	return found;
}

size_t world_processes(const char *marker, pid_t *pids, size_t max)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || pid == getpid() || !marked(dirfd(proc), entry->d_name, marker))
			continue;
		if (count < max)
			pids[count] = pid;
		count++;
	}
	closedir(proc);
	return count;
}

bool world_gone(const char *marker, unsigned int ms)
{
	uint64_t end = world_ms() + ms;

	while (world_processes(marker, NULL, 0)) {
		if (world_ms() >= end)
			return false;
		world_sleep(5);
	}
	return true;
}

bool world_proc(pid_t pid, const char *file, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return slurp(AT_FDCWD, path, text, size) > 0;
}

/* The number after `key` at the start of a line; -1 if there is none. */
long world_number(const char *text, const char *key)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, strlen(key)) == 0)
			return strtol(line + strlen(key), NULL, 0);
	}
	return -1;
}

int world_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

char *world_mounts(void)
{
	char *text = malloc(262144);

	assert_true(text && slurp(AT_FDCWD, "/proc/self/mountinfo", text, 262144) > 0);
	return text;
}

size_t world_leaves(void)
{
	char ours[64];
	DIR *dir = oracle_cgroup() ? opendir(oracle_cgroup()) : NULL;
	struct dirent *entry;
	size_t count = 0;

	if (!dir)
		return 0;
	snprintf(ours, sizeof(ours), "bvisor-%d-", (int)getpid());
	while ((entry = readdir(dir)))
		count += strncmp(entry->d_name, ours, strlen(ours)) == 0;
	closedir(dir);
	return count;
}

size_t world_launchers(pid_t host, pid_t *pids, size_t max)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(proc))) {
		char text[4096];
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || !world_proc(pid, "status", text, sizeof(text)))
			continue;
		if (strncmp(text, "Name:\tbvisor-launcher\n", 22) != 0 ||
			world_number(text, "PPid:\t") != host)
			continue;
		if (count < max)
			pids[count] = pid;
		count++;
	}
	closedir(proc);
	return count;
}

pid_t world_launcher(pid_t host)
{
	pid_t pid = -1;

	world_launchers(host, &pid, 1);
	return pid;
}

long world_zombies(pid_t parent)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	long count = 0;

	while ((entry = readdir(proc))) {
		char text[4096];
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || !world_proc(pid, "status", text, sizeof(text)))
			continue;
		count += strstr(text, "\nState:\tZ") && world_number(text, "PPid:\t") == parent;
	}
	closedir(proc);
	return count;
}

uint64_t world_scale(void)
{
	const char *text = getenv("ORACLE_TIME_SCALE");
	unsigned long scale = text ? strtoul(text, NULL, 10) : 1;

	return scale > 0 && scale <= 100 ? scale : 1;
}

void world_sleep(unsigned int ms)
{
	uint64_t real = ms * world_scale();
	struct timespec left = {(time_t)(real / 1000), (long)(real % 1000) * 1000000};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

uint64_t world_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000) / world_scale();
}

void world_copy(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	char data[65536];
	ssize_t len;

	assert_true(in >= 0 && out >= 0);
	while ((len = read(in, data, sizeof(data))) > 0)
		assert_int_equal(write(out, data, (size_t)len), len);
	assert_int_equal(fchmod(out, mode), 0);
	close(in);
	close(out);
}

static int world_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* What is kept of outputs is closed against changes, and who is not root could not remove it. */
static int world_open_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_D ? chmod(path, 0700) : 0;
}

void world_remove(const char *path)
{
	nftw(path, world_open_one, 16, FTW_PHYS);
	nftw(path, world_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* SPDX-License-Identifier: MIT
 *
 * The run's cgroup leaf, through its directory's descriptor: killing what is in it, and the
 * kernel's own account of what it used (the kernel's admin-guide/cgroup-v2).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/launcher.h"

bool leaf_write(int leaf, const char *name, const char *text)
{
	int fd = openat(leaf, name, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

ssize_t leaf_read(int leaf, const char *name, char *text, size_t size)
{
	int fd = openat(leaf, name, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = 0;
	return len;
}

void leaf_remove(const struct launcher *launcher, const struct run *run)
{
	char link[48], path[PATH_MAX];
	int leaf = run_slot(run, WIRE_ROLE_CGROUP), above;
	ssize_t len;

	if (leaf < 0)
		return;
	snprintf(link, sizeof(link), "self/fd/%d", leaf);
	len = readlinkat(launcher->proc, link, path, sizeof(path) - 1);
	above = openat(leaf, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	path[len > 0 ? len : 0] = 0;
	/* It may be busy for a moment after its last task is gone. */
	for (int i = 0; above >= 0 && strrchr(path, '/') && i < 100; i++) {
		if (unlinkat(above, strrchr(path, '/') + 1, AT_REMOVEDIR) == 0 || errno != EBUSY)
			break;
		poll(NULL, 0, 5);
	}
	if (above >= 0)
		close(above);
}

/* Before cgroup.kill (Linux 5.14): one by one, frozen so that none can fork meanwhile. A signal
 * reaches a frozen task of cgroup v2. */
void leaf_kill_each(int leaf)
{
	static char text[65536];
	char *at = text, *end;

	leaf_write(leaf, "cgroup.freeze", "1");
	leaf_read(leaf, "cgroup.procs", text, sizeof(text));
	end = strrchr(text, '\n'); /* what comes after it was cut short */
	*(end ? end : text) = 0;
	for (long pid; (pid = strtol(at, &end, 10)) > 0; at = end)
		kill((pid_t)pid, SIGKILL);
	leaf_write(leaf, "cgroup.freeze", "0");
}

/* One number of a file, or after `key` of one with keys; false if it cannot be had. */
bool leaf_number(int leaf, const char *name, const char *key, uint64_t *ret)
{
	char text[1024];

	return leaf_read(leaf, name, text, sizeof(text)) > 0 && proc_number(text, key, 10, ret);
}

bool leaf_cpu(int leaf, uint64_t *ret_us)
{
	return leaf_number(leaf, "cpu.stat", "usage_usec", ret_us);
}

/* Before the leaf is removed. The peaks came with Linux 5.19 (memory) and 6.1 (pids). */
void leaf_account(struct run *run)
{
	struct wire_done *done = &run->done;
	int leaf = run_slot(run, WIRE_ROLE_CGROUP);
	uint64_t cpu_us;

	if (leaf < 0)
		return;
	leaf_number(leaf, "memory.peak", "", &done->leaf_memory_bytes);
	leaf_number(leaf, "pids.peak", "", &done->leaf_tasks_count);
	leaf_number(leaf, "memory.events", "oom_kill", &done->oom_kills);
	if (leaf_cpu(leaf, &cpu_us) && cpu_us > done->cpu_us)
		done->cpu_us = cpu_us;
}

/* SPDX-License-Identifier: MIT
 *
 * Small reads of /proc, relative to the directory opened at start, so that nothing mounted over
 * it later is read instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/launcher.h"

ssize_t proc_read(int proc, pid_t pid, const char *name, char *buffer, size_t size)
{
	char path[64];
	ssize_t len, total = 0;
	int fd;

	snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((size_t)total < size - 1) {
		len = read(fd, buffer + total, size - 1 - (size_t)total);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			total = -1;
		if (len <= 0)
			break;
		total += len;
	}
	close(fd);
	if (total >= 0)
		buffer[total] = 0;
	return total;
}

/* The process behind a pidfd, as this /proc numbers it: the launcher may live in a pid namespace
 * that /proc was not mounted in. -1 if it is gone. */
pid_t proc_pid(int proc, int pidfd)
{
	char path[48], text[512];
	uint64_t pid;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "self/fdinfo/%d", pidfd);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -1;
	text[len] = 0;
	return proc_number(text, "Pid:", 10, &pid) && pid <= INT32_MAX ? (pid_t)pid : -1;
}

/* The number after `key` at the start of a line. */
bool proc_number(const char *text, const char *key, int base, uint64_t *ret)
{
	size_t len = strlen(key);
	char *end;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		uint64_t value;

		line += *line == '\n';
		if (strncmp(line, key, len) != 0)
			continue;
		errno = 0;
		value = strtoull(line + len, &end, base);
		if (errno || end == line + len)
			return false;
		*ret = value;
		return true;
	}
	return false;
}

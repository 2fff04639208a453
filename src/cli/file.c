/* SPDX-License-Identifier: MIT
 *
 * Reading does not trust a file's size: it may be a pipe, or grow.
 */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/say.h"

#define READ_FIRST 65536

int cli_file_drain(int fd, char *buffer, size_t max, size_t *ret_len)
{
	size_t used = 0;

	for (;;) {
		char spare;
		ssize_t n;

		if (used < max)
			n = read(fd, buffer + used, max - used);
		else
			n = read(fd, &spare, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			break;
		if (used == max)
			return EFBIG;
		used += (size_t)n;
	}
	*ret_len = used;
	return 0;
}

/* Grows as the file does, up to one byte more than `max`, which says that it is too large. */
static int read_growing(int fd, size_t max, char **ret_buffer, size_t *ret_len)
{
	char *buffer = NULL;
	size_t capacity = 0;
	size_t used = 0;

	for (;;) {
		ssize_t n;

		if (used == capacity) {
			size_t wanted = capacity ? 2 * capacity : READ_FIRST;
			char *grown;

			if (used > max)
				return EFBIG;
			capacity = wanted < max + 1 ? wanted : max + 1;
			grown = realloc(buffer, capacity);
			if (!grown)
				return ENOMEM;
			buffer = *ret_buffer = grown;
		}
		n = read(fd, buffer + used, capacity - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	*ret_len = used;
	return used > max ? EFBIG : 0;
}

static char *read_whole(struct cli_request *request, int fd, size_t max, size_t *ret_len,
	int *ret_errnum)
{
	char *buffer = NULL;
	struct bv_error ignored;
	size_t len = 0;
	char *kept = NULL;

	*ret_errnum = read_growing(fd, max, &buffer, &len);
	if (*ret_errnum == 0) {
		kept = cli_keep_text(request, buffer, len, &ignored);
		*ret_errnum = kept ? 0 : ENOMEM;
		*ret_len = len;
	}
	free(buffer);
	return kept;
}

/* A pipe would be waited for, without end. */
char *cli_file_read_regular(struct cli_request *request, const char *path, size_t max,
	size_t *ret_len, struct bv_error *err)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		(void)cli_fail(err, BV_E_TYPE, path, "is not a regular file");
		return NULL;
	}
	return cli_file_read(request, path, max, ret_len, err);
}

char *cli_file_read(struct cli_request *request, const char *path, size_t max, size_t *ret_len,
	struct bv_error *err)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int errnum = 0;
	char *kept;

	if (fd < 0) {
		(void)cli_fail_os(err, errno, path, "cannot be opened");
		return NULL;
	}
	kept = read_whole(request, fd, max, ret_len, &errnum);
	if (!standard)
		(void)close(fd);
	if (errnum == EFBIG)
		(void)cli_fail(err, BV_E_LIMIT, path, "is larger than %zu bytes", max);
	else if (errnum)
		(void)cli_fail_os(err, errnum, path, "cannot be read");
	return kept;
}

/* A descriptor we share may have been made non-blocking by someone else. */
static void wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	(void)poll(&p, 1, -1);
}

int cli_file_write(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EAGAIN)
			wait_writable(fd);
		else if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

char *cli_file_line(char **cursor)
{
	char *line = *cursor;
	size_t len;

	if (!line || !*line)
		return NULL;
	len = strcspn(line, "\n");
	*cursor = line[len] ? line + len + 1 : NULL;
	line[len] = '\0';
	return line;
}

/* SPDX-License-Identifier: MIT
 *
 * An O_TMPFILE has no name until linkat(2) gives it one, so a crash leaves nothing; linkat cannot
 * replace a file, hence the name beside the place and the rename. Where O_TMPFILE is missing the
 * file has that name from the start.
 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/say.h"

/* Renaming over a device or a pipe would replace it: those are written to as they are. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* The file itself if `path` is a link to one, so that the link stays. */
static int find_place(struct cli_output *output, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return realpath(path, output->place) ? 0 : errno;
	if (strlen(path) >= sizeof(output->place))
		return ENAMETOOLONG;
	strcpy(output->place, path);
	return 0;
}

static const char *option_of(const struct cli_output *output)
{
	return output->record ? "--record" : "--report";
}

/* The directory of the place into out. */
static void directory_of(const char *place, char out[PATH_MAX])
{
	const char *slash = strrchr(place, '/');
	size_t len = slash ? (size_t)(slash - place) + 1 : 0;

	memcpy(out, place, len);
	strcpy(out + len, len ? "." : "./");
}

static int name_temporary(struct cli_output *output)
{
	const char *slash = strrchr(output->place, '/');
	int len = slash ? (int)(slash - output->place) + 1 : 0;
	unsigned int nonce[2];
	int n;

	if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
		return errno;
	n = snprintf(output->temporary, sizeof(output->temporary), "%.*s.bvisor-%08x%08x.tmp", len,
		output->place, nonce[0], nonce[1]);
	return n < (int)sizeof(output->temporary) ? 0 : ENAMETOOLONG;
}

static int open_beside(struct cli_output *output)
{
	char directory[PATH_MAX];
	int errnum = name_temporary(output);

	if (errnum)
		return errnum;
	directory_of(output->place, directory);
	output->fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	if (output->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return errno;
	output->fd =
		open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (output->fd < 0)
		return errno;
	output->named = true;
	return 0;
}

int cli_output_open(struct cli_output *output, const char *path, struct bv_error *err)
{
	int errnum;

	if (!path)
		return 0;
	output->direct = strcmp(path, "-") == 0 || is_special(path);
	if (strcmp(path, "-") == 0) {
		output->fd = STDOUT_FILENO;
		return 0;
	}
	errnum = find_place(output, path);
	if (!errnum && output->direct) {
		output->fd = open(output->place, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		errnum = output->fd < 0 ? errno : 0;
	} else if (!errnum) {
		errnum = open_beside(output);
	}
	if (errnum)
		return cli_fail_os(err, errnum, option_of(output), "%s cannot be written", path);
	return 0;
}

static int give_name(struct cli_output *output)
{
	char self[64];

	if (output->named)
		return 0;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", output->fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, output->temporary, AT_SYMLINK_FOLLOW) < 0)
		return errno;
	output->named = true;
	return 0;
}

static int flush_directory(const struct cli_output *output)
{
	char directory[PATH_MAX];
	int errnum = 0;
	int fd;

	directory_of(output->place, directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (fsync(fd) < 0 && errno != EINVAL)
		errnum = errno;
	(void)close(fd);
	return errnum;
}

static int put_in_place(struct cli_output *output)
{
	int errnum;

	if (fsync(output->fd) < 0)
		return errno;
	errnum = give_name(output);
	if (errnum)
		return errnum;
	if (rename(output->temporary, output->place) < 0)
		return errno;
	output->named = false;
	return flush_directory(output);
}

int cli_output_commit(struct cli_output *output, const void *bytes, size_t len,
	struct bv_error *err)
{
	int errnum;

	if (output->fd < 0)
		return 0;
	errnum = cli_file_write(output->fd, bytes, len);
	if (!errnum && !output->direct)
		errnum = put_in_place(output);
	if (errnum)
		return cli_fail_os(err, errnum, option_of(output), "the %s cannot be written",
			option_of(output) + 2);
	return 0;
}

void cli_output_close(struct cli_output *output)
{
	if (output->named)
		(void)unlink(output->temporary);
	if (output->fd > STDERR_FILENO)
		(void)close(output->fd);
	output->fd = -1;
	output->named = false;
}

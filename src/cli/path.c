/* SPDX-License-Identifier: MIT
 *
 * A search of PATH skips empty and relative entries: they would make the current directory,
 * which others may write to, choose the program.
 */
#include "cli/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/say.h"

#define PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin"

int cli_path_here(struct cli_request *request, const char **ret, struct bv_error *err)
{
	char here[PATH_MAX];

	if (!getcwd(here, sizeof(here)) || here[0] != '/')
		return cli_fail_os(err, errno ? errno : ENOENT, "the current directory",
			"has no path; give --cwd");
	*ret = cli_keep_text(request, here, strlen(here), err);
	return *ret ? 0 : err->code;
}

static bool has_dot_dot(const char *path)
{
	const char *p;

	for (p = strstr(path, ".."); p; p = strstr(p + 1, "..")) {
		if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	}
	return false;
}

/* Drops empty and "." components in place; the path begins with a slash. */
static void tidy(char *path)
{
	const char *from = path;
	char *to = path;

	while (*from) {
		size_t len;

		from += strspn(from, "/");
		len = strcspn(from, "/");
		if (len > 0 && !(len == 1 && from[0] == '.')) {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

/* "DIRECTORY/name" with the directory resolved, for a name that need not exist yet. */
static int resolve_parent(const char *place, char *path, char out[PATH_MAX], struct bv_error *err)
{
	char *slash = strrchr(path, '/');
	const char *name = slash + 1;
	char directory[PATH_MAX];
	size_t len;

	*slash = '\0';
	if (!realpath(path[0] ? path : "/", directory)) {
		int errnum = errno;

		*slash = '/';
		return cli_fail_os(err, errnum, place, "%s", path);
	}
	*slash = '/';
	len = strcmp(directory, "/") == 0 ? 0 : strlen(directory);
	if (len + 1 + strlen(name) >= PATH_MAX)
		return cli_fail_os(err, ENAMETOOLONG, place, "%s", path);
	memcpy(out, directory, len);
	out[len] = '/';
	strcpy(out + len + 1, name);
	return 0;
}

static int resolve(struct cli_request *request, const char *place, char *path, const char **ret,
	struct bv_error *err)
{
	char real[PATH_MAX];
	int code;

	if (!realpath(path, real)) {
		if (errno != ENOENT)
			return cli_fail_os(err, errno, place, "%s", path);
		code = resolve_parent(place, path, real, err);
		if (code)
			return code;
		if (has_dot_dot(real))
			return cli_fail_os(err, ENOENT, place, "%s", path);
	}
	*ret = cli_keep_text(request, real, strlen(real), err);
	return *ret ? 0 : err->code;
}

int cli_path_absolute(struct cli_request *request, const char *place, const char *path,
	const char **ret, struct bv_error *err)
{
	const char *here = "";
	size_t here_len;
	char *whole;
	int code = 0;

	if (!path[0])
		return cli_fail(err, BV_E_INVALID, place, "the path is empty");
	if (path[0] != '/')
		code = cli_path_here(request, &here, err);
	if (code)
		return code;
	here_len = strlen(here);
	whole = cli_keep(request, here_len + 1 + strlen(path), err);
	if (!whole)
		return err->code;
	memcpy(whole, here, here_len);
	whole[here_len] = '/';
	strcpy(whole + here_len + 1, path);
	tidy(whole);
	if (has_dot_dot(whole))
		return resolve(request, place, whole, ret, err);
	*ret = whole;
	return 0;
}

bool cli_path_is_module(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t len = fd < 0 ? -1 : read(fd, magic, sizeof(magic));

	if (fd >= 0)
		(void)close(fd);
	return len == (ssize_t)sizeof(magic) && memcmp(magic, "\0asm", 4) == 0;
}

/* 0 if the path is a file we may execute, else an errno value. A module need only be read. */
static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 || cli_path_is_module(path))
		return 0;
	return EACCES;
}

static int program_at(struct cli_request *request, const char *name, const char **ret,
	struct bv_error *err)
{
	const char *path = NULL;
	int code = cli_path_absolute(request, name, name, &path, err);
	int errnum;

	if (code == BV_E_OS && err->errnum == ENOENT)
		return cli_fail(err, BV_E_NOT_FOUND, name, "no such program");
	if (code)
		return code;
	errnum = executable(path);
	if (errnum == ENOENT || errnum == ENOTDIR)
		return cli_fail(err, BV_E_NOT_FOUND, name, "no such program");
	if (errnum)
		return cli_fail(err, BV_E_NOT_EXECUTABLE, name, "cannot be executed: %s",
			cli_errno_text(errnum));
	*ret = path;
	return 0;
}

/* "ENTRY/name" into path; false if the entry is not to be used or the result is too long. */
static bool join(char path[PATH_MAX], const char *entry, size_t len, const char *name)
{
	if (entry[0] != '/' || len + 1 + strlen(name) >= PATH_MAX)
		return false;
	memcpy(path, entry, len);
	path[len] = '/';
	strcpy(path + len + 1, name);
	return true;
}

static int search(struct cli_request *request, const char *name, const char **ret,
	struct bv_error *err)
{
	const char *entry = getenv("PATH");
	char path[PATH_MAX];
	int denied = 0;

	if (!entry)
		entry = PATH_DEFAULT;
	while (*entry) {
		size_t len = strcspn(entry, ":");
		int errnum = ENOENT;

		if (join(path, entry, len, name))
			errnum = executable(path);
		if (errnum == 0)
			return cli_path_absolute(request, name, path, ret, err);
		if (errnum == EACCES)
			denied = errnum;
		entry += len + (entry[len] == ':');
	}
	if (denied)
		return cli_fail(err, BV_E_NOT_EXECUTABLE, name,
			"is in PATH but cannot be executed");
	return cli_fail(err, BV_E_NOT_FOUND, name, "no such program in PATH");
}

/* A module in the current directory is meant by its name: modules are not looked for in PATH. */
bool cli_path_names_module(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".wasm") == 0;
}

int cli_path_program(struct cli_request *request, const char *name, const char **ret,
	struct bv_error *err)
{
	if (!name[0])
		return cli_fail(err, BV_E_NOT_FOUND, NULL, "the program has an empty name");
	if (strchr(name, '/') || (cli_path_names_module(name) && cli_path_is_module(name)))
		return program_at(request, name, ret, err);
	return search(request, name, ret, err);
}

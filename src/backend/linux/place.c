/* SPDX-License-Identifier: MIT
 *
 * Where the boundary keeps what is its own on the host, and what the spec grants there. Landlock's
 * rights add up on the way to the root, and a view shows what lies beneath what it shows: a place
 * beneath a grant is the workload's as far as that grant goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "place.h"
#include "sys/fd.h"
#include "wire/mount.h"

bool place_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* The path of a grant or an exposure by its number, NULL if it does not give the access; beyond all
 * of them *ret_end. What is written to an overlay stays in it. */
static const char *place_path(const struct bv_spec *spec, size_t index, uint32_t access,
	bool *ret_end)
{
	const struct bv_exposure *exposure = NULL;

	if (index < spec->grant_count)
		return spec->grants[index].access & access ? spec->grants[index].path : NULL;
	index -= spec->grant_count;
	*ret_end = index >= spec->exposure_count;
	if (!*ret_end)
		exposure = &spec->exposures[index];
	return exposure && !exposure->overlay && (exposure->access & access) ? exposure->source
									     : NULL;
}

static const char *place_granted(const struct bv_spec *spec, uint32_t access,
	const struct stat *there)
{
	bool end = false;
	struct stat st;

	for (size_t i = 0; !end; i++) {
		const char *path = place_path(spec, i, access, &end);

		if (path && !stat(path, &st) && place_same(&st, there))
			return path;
	}
	return NULL;
}

int place_above(const struct bv_spec *spec, uint32_t access, int fd, const char **ret)
{
	CLEANUP_FD int at = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct stat st, above;

	*ret = NULL;
	for (int i = 0; i < PATH_MAX && at >= 0 && !fstat(at, &st); i++) {
		CLEANUP_FD int up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		*ret = place_granted(spec, access, &st);
		if (*ret)
			return 0;
		if (up < 0 || fstat(up, &above))
			break;
		if (place_same(&st, &above))
			return 0;
		close(at);
		at = fd_take(&up);
	}
	return errno ? errno : ELOOP;
}

/* What is granted beneath the directory; NULL: nothing, or where that is cannot be seen. */
static const char *place_beneath(const struct bv_spec *spec, uint32_t access, int fd)
{
	char link[32], there[PATH_MAX];
	ssize_t len;
	bool end = false;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, there, sizeof(there) - 1);
	there[len > 0 ? len : 0] = 0;
	for (size_t i = 0; there[0] == '/' && !end; i++) {
		const char *path = place_path(spec, i, access, &end);
		char *real = path ? realpath(path, NULL) : NULL;
		bool within = real && wire_path_within(real, there);

		free(real);
		if (within)
			return path;
	}
	return NULL;
}

/* A workload could replace what it left, or remove what another left. */
int place_check_staging(const struct bv_spec *spec, int root, struct bv_error *err)
{
	const char *path = NULL;
	int errnum;

	if (!spec || !spec->output_count || root < 0)
		return 0;
	errnum = place_above(spec, BV_WRITE, root, &path);
	if (errnum)
		return bv_fail_os(err, BV_E_OS, errnum, "controls.outputs",
			"what lies above the staging directory cannot be seen");
	if (!path)
		path = place_beneath(spec, BV_WRITE, root);
	if (!path)
		return 0;
	return bv_fail(err, BV_E_INVALID, "controls.outputs",
		"'%.64s', which is granted to write, reaches into the staging directory", path);
}

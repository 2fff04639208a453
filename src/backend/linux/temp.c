/* SPDX-License-Identifier: MIT
 *
 * The temporary root of a run without a private view: a directory that only its owner may enter,
 * under a name nobody can guess, beneath the supervisor's TMPDIR. Landlock grants it by its own
 * descriptor, it counts with the outputs against the storage budget, and goes with the run.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/staging.h"
#include "artifact/walk.h"
#include "base/fail.h"
#include "run.h"
#include "sys/call.h"

static const char PLACE[] = "controls.temp_root";

/* Where nobody but the owner can rename or remove what is made: like /tmp. */
static int temp_open_parent(struct temp *temp, struct bv_error *err)
{
	const char *path = secure_getenv("TMPDIR");
	struct stat st;

	if (!path || path[0] != '/')
		path = "/tmp";
	temp->parent = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (temp->parent < 0 || fstat(temp->parent, &st))
		return bv_fail_os(err, BV_E_OS, errno, PLACE, "'%s' cannot be opened", path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) ||
		((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX)))
		return bv_fail(err, BV_E_INVALID, PLACE,
			"in '%s' others could replace what is made there; set TMPDIR to a "
			"directory of the caller's own",
			path);
	return 0;
}

static int temp_make(struct temp *temp, struct bv_error *err)
{
	uint64_t number[2];
	struct stat st;

	if (getrandom(number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return bv_fail_os(err, BV_E_OS, errno, PLACE, "no random bytes for a name");
	snprintf(temp->name, sizeof(temp->name), "bvisor-tmp-%016llx%016llx",
		(unsigned long long)number[0], (unsigned long long)number[1]);
	if (mkdirat(temp->parent, temp->name, 0700)) {
		temp->name[0] = 0;
		return bv_fail_os(err, BV_E_OS, errno, PLACE,
			"no temporary directory can be made; set TMPDIR to where one can");
	}
	temp->dir = walk_open(temp->parent, temp->name, O_RDONLY | O_DIRECTORY);
	if (temp->dir < 0 || fchmod(temp->dir, 0700) || fstat(temp->dir, &st))
		return bv_fail_os(err, BV_E_OS, errno, PLACE, "'%s' cannot be opened", temp->name);
	if (st.st_uid != geteuid())
		return bv_fail(err, BV_E_OS, PLACE, "'%s' is not what was made", temp->name);
	return 0;
}

static int temp_place(struct temp *temp, struct bv_error *err)
{
	char link[32], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", temp->dir);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0 || path[0] != '/')
		return bv_fail_os(err, BV_E_OS, errno, PLACE, "'%s' has no path", temp->name);
	path[len] = 0;
	temp->path = strdup(path);
	return temp->path ? 0 : bv_fail(err, BV_E_NO_MEMORY, PLACE, "no memory");
}

int temp_open(struct execution *run, struct bv_error *err)
{
	struct temp *temp = &run->temp;
	int code;

	if (!run->spec->temp_root || run->choice.view)
		return 0;
	code = temp_open_parent(temp, err);
	if (!code)
		code = temp_make(temp, err);
	if (!code)
		code = temp_place(temp, err);
	run->outputs.beside = code ? -1 : temp->dir;
	return code;
}

int temp_grant(struct execution *run, struct bv_error *err)
{
	uint64_t rights = choice_rights(&run->choice, run->spec, BV_READ | BV_WRITE, true);

	if (run->temp.dir < 0)
		return 0;
	if (run->ruleset < 0 || sys_landlock_add_path(run->ruleset, run->temp.dir, rights))
		return bv_fail_os(err, BV_E_OS, errno, PLACE,
			"the temporary directory cannot be granted: Landlock does not take it");
	return 0;
}

void temp_close(struct execution *run)
{
	struct temp *temp = &run->temp;
	struct bv_error err = {0};

	if (temp->name[0] && staging_remove_name(temp->parent, temp->name, &err))
		bv_body_finding(run->body, "temp-root-left",
			"the temporary directory '%s' could not be removed: %s",
			temp->path ? temp->path : temp->name, strerrordesc_np(err.errnum));
	if (temp->dir >= 0)
		close(temp->dir);
	if (temp->parent >= 0)
		close(temp->parent);
	free(temp->path);
	run->outputs.beside = -1;
	*temp = TEMP_NONE;
}

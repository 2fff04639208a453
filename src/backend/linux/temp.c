/* SPDX-License-Identifier: MIT
 *
 * The temporary root of a run without a private view: a directory that only its owner may enter,
 * under a name nobody can guess, beneath the supervisor's TMPDIR. Landlock grants it by its own
 * descriptor, it counts with the outputs against the storage budget, and goes with the run. As long
 * as the run lasts its descriptor holds a lock: what nobody has locked was left by a supervisor
 * that was killed, and goes when the next one is made.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/running.h"
#include "artifact/staging.h"
#include "artifact/walk.h"
#include "base/fail.h"
#include "place.h"
#include "run.h"
#include "sys/call.h"
#include "sys/fd.h"

static const char PLACE[] = "controls.temp_root";

#define TEMP_PREFIX "bvisor-tmp-"
#define TEMP_DIGITS 32
/* A sweep can come between the making of a directory and its lock. */
#define TEMP_TRIES 8
/* A sweep looks at so many names at most. */
#define SWEEP_NAMES_MAX 4096

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

/* With writing from above the workload could put something else at the directory's name; with
 * executing, execute what it wrote. */
static int temp_check_grants(const struct bv_spec *spec, int parent, struct bv_error *err)
{
	const char *path = NULL;
	int errnum = place_above(spec, BV_WRITE | BV_EXECUTE, parent, &path);

	if (errnum)
		return bv_fail_os(err, BV_E_OS, errnum, PLACE,
			"what lies above TMPDIR cannot be seen");
	if (path)
		return bv_fail(err, BV_E_INVALID, PLACE,
			"TMPDIR lies beneath '%.48s', which is granted to write or execute", path);
	return 0;
}

void temp_probe(const struct bv_spec *spec, struct bv_snapshot *snapshot)
{
	struct temp temp = TEMP_NONE;
	struct bv_error err = {0};
	int code = temp_open_parent(&temp, &err);

	if (!code)
		code = temp_check_grants(spec, temp.parent, &err);
	bv_snapshot_set(snapshot, FACT_TEMP, code ? BV_FACT_ABSENT : BV_FACT_PRESENT, 0,
		code ? err.text : "");
	if (temp.parent >= 0)
		close(temp.parent);
}

/* What is open is still what is at the name. */
static bool temp_stands(int parent, const char *name, int dir)
{
	struct stat there, held;

	return !fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) && !fstat(dir, &held) &&
		place_same(&there, &held);
}

static bool temp_name_is_ours(const char *name)
{
	const size_t prefix = sizeof(TEMP_PREFIX) - 1;

	return strncmp(name, TEMP_PREFIX, prefix) == 0 && strlen(name) == prefix + TEMP_DIGITS &&
		strspn(name + prefix, "0123456789abcdef") == TEMP_DIGITS;
}

/* True if the directory was left by a supervisor that is gone, and now is gone itself. */
static bool temp_sweep_one(int parent, const char *name)
{
	CLEANUP_FD int dir = -1;
	struct bv_error err = {0};
	struct stat st;

	if (!temp_name_is_ours(name))
		return false;
	dir = walk_open(parent, name, O_RDONLY | O_DIRECTORY);
	if (dir < 0 || fstat(dir, &st) || st.st_uid != geteuid() || (st.st_mode & 07777) != 0700)
		return false;
	if (flock(dir, LOCK_EX | LOCK_NB) || !temp_stands(parent, name, dir))
		return false;
	return staging_remove_name(parent, name, "", &err) == 0;
}

/* Opens and locks what was made; *ret_held false: a sweep of somebody else's has it. */
static int temp_hold(struct temp *temp, bool *ret_held, struct bv_error *err)
{
	struct stat st;

	temp->dir = walk_open(temp->parent, temp->name, O_RDONLY | O_DIRECTORY);
	*ret_held = false;
	if (temp->dir < 0 && errno == ENOENT)
		return 0;
	if (temp->dir < 0 || fchmod(temp->dir, 0700) || fstat(temp->dir, &st))
		return bv_fail_os(err, BV_E_OS, errno, PLACE, "'%s' cannot be opened", temp->name);
	if (st.st_uid != geteuid())
		return bv_fail(err, BV_E_OS, PLACE, "'%s' is not what was made", temp->name);
	if (!flock(temp->dir, LOCK_EX | LOCK_NB))
		*ret_held = temp_stands(temp->parent, temp->name, temp->dir);
	else if (errno != EWOULDBLOCK)
		return bv_fail_os(err, BV_E_OS, errno, PLACE,
			"the temporary directory cannot be locked; set TMPDIR to where one can");
	return 0;
}

static int temp_make(struct temp *temp, bool *ret_held, struct bv_error *err)
{
	uint64_t number[2];

	if (getrandom(number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return bv_fail_os(err, BV_E_OS, errno, PLACE, "no random bytes for a name");
	snprintf(temp->name, sizeof(temp->name), TEMP_PREFIX "%016llx%016llx",
		(unsigned long long)number[0], (unsigned long long)number[1]);
	if (mkdirat(temp->parent, temp->name, 0700)) {
		temp->name[0] = 0;
		return bv_fail_os(err, BV_E_OS, errno, PLACE,
			"no temporary directory can be made; set TMPDIR to where one can");
	}
	return temp_hold(temp, ret_held, err);
}

static int temp_make_held(struct temp *temp, struct bv_error *err)
{
	bool held = false;

	for (int i = 0; i < TEMP_TRIES; i++) {
		int code = temp_make(temp, &held, err);

		if (code || held)
			return code;
		(void)unlinkat(temp->parent, temp->name, AT_REMOVEDIR);
		if (temp->dir >= 0)
			close(temp->dir);
		temp->dir = -1;
		temp->name[0] = 0;
	}
	return bv_fail(err, BV_E_OS, PLACE, "what is made in TMPDIR is removed or locked at once");
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
		code = temp_check_grants(run->spec, temp->parent, err);
	if (!code) {
		running_sweep_names(temp->parent, SWEEP_NAMES_MAX, temp_sweep_one);
		code = temp_make_held(temp, err);
	}
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

/* By name only what is open: whoever moved it away may have put anything in its place. */
static void temp_remove(struct execution *run)
{
	const struct temp *temp = &run->temp;
	const char *path = temp->path ? temp->path : temp->name;
	struct bv_error err = {0};

	if (temp->dir < 0 || !temp_stands(temp->parent, temp->name, temp->dir))
		bv_body_finding(run->body, "temp-root-left",
			"the temporary directory '%s' is not what is there any more: nothing was "
			"removed",
			path);
	else if (staging_remove_name(temp->parent, temp->name, "", &err))
		bv_body_finding(run->body, "temp-root-left",
			"the temporary directory '%s' could not be removed: %s", path,
			strerrordesc_np(err.errnum));
}

void temp_close(struct execution *run)
{
	struct temp *temp = &run->temp;

	if (temp->name[0])
		temp_remove(run);
	if (temp->dir >= 0)
		close(temp->dir);
	if (temp->parent >= 0)
		close(temp->parent);
	free(temp->path);
	run->outputs.beside = -1;
	*temp = TEMP_NONE;
}

/* SPDX-License-Identifier: MIT
 *
 * Grants become a Landlock ruleset, and the table of a private view. Each root is opened once,
 * here, by the caller's own eyes; the child only ever gets the ruleset's descriptor. Both bind
 * inodes: what is at the path when the run starts is what is granted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "run.h"
#include "sys/call.h"
#include "sys/fd.h"

static int grants_check_shown(const struct execution *run, const char *place, const char *path,
	int root, struct bv_error *err)
{
	const char *shown = NULL;

	if (run->spec->host_processes == BV_ISOLATED)
		shown = procfs_shown(&run->procfs, root);
	if (!shown)
		return 0;
	return bv_fail(err, BV_E_INVALID, place,
		"'%.80s' shows the host's processes, by what is mounted at '%.80s', and they are "
		"to "
		"be hidden; grant less, or say --host-processes ambient",
		path, shown);
}

/* Opens a path and puts it into the ruleset. */
static int grants_root(struct execution *run, const char *place, const char *path, uint32_t access,
	int *ret_root, struct bv_error *err)
{
	CLEANUP_FD int root =
		sys_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, RESOLVE_NO_MAGICLINKS);
	struct stat st;
	uint64_t rights;

	if (root < 0)
		return bv_fail_os(err, errno == ENOENT ? BV_E_NOT_FOUND : BV_E_OS, errno, place,
			"the granted path '%s' cannot be opened", path);
	if (fstat(root, &st))
		return bv_fail_os(err, BV_E_OS, errno, place, "'%s'", path);
	if (grants_check_shown(run, place, path, root, err))
		return (int)err->code;
	rights = choice_rights(&run->choice, run->spec, access, S_ISDIR(st.st_mode));
	if (run->ruleset >= 0 && rights && sys_landlock_add_path(run->ruleset, root, rights))
		return bv_fail_os(err, BV_E_OS, errno, place,
			"'%s' cannot be granted: Landlock does not take it", path);
	*ret_root = fd_take(&root);
	return 0;
}

static int grants_add(struct execution *run, size_t index, struct bv_error *err)
{
	const struct bv_grant *grant = &run->spec->grants[index];
	CLEANUP_FD int root = -1;
	int code =
		grants_root(run, "capabilities.filesystem", grant->path, grant->access, &root, err);

	if (!code && (grant->access & BV_WRITE))
		code = delta_root(run->delta, grant->path, root, err);
	if (code || !run->choice.view)
		return code;
	return view_grant(run, grant->path, grant->access, fd_take(&root), err);
}

/* Without a view an exposure is a grant of where it is: nothing else was admitted. */
static int grants_expose(struct execution *run, size_t index, struct bv_error *err)
{
	const struct bv_exposure *exposure = &run->spec->exposures[index];
	CLEANUP_FD int root = -1;
	/* Of an overlay the source itself gets no right: the child grants what it made of it. */
	int code = grants_root(run, "controls.expose_paths", exposure->source,
		exposure->overlay ? 0 : exposure->access, &root, err);

	if (!code && exposure->overlay)
		code = delta_overlay(run->delta, exposure->destination, root, err);
	else if (!code && (exposure->access & BV_WRITE))
		code = delta_root(run->delta, exposure->source, root, err);
	if (code || !run->choice.view)
		return code;
	return view_expose(run, exposure, fd_take(&root), err);
}

/* The program itself may always be read and executed, and a script read: nothing else is
 * granted by naming it. */
static int grants_add_program(const struct execution *run, struct bv_error *err)
{
	const struct program *program = &run->program;
	bool script = program->script.fd >= 0;
	uint64_t rights = BV_LANDLOCK_FS_READ_FILE | (script ? 0 : BV_LANDLOCK_FS_EXECUTE);

	if (sys_landlock_add_path(run->ruleset, script ? program->script.fd : program->image.fd,
		    rights))
		return bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"'%s' cannot be granted: Landlock does not take it",
			run->spec->workload.program);
	return 0;
}

static int grants_ruleset(struct execution *run, struct bv_error *err)
{
	struct bv_landlock_ruleset_attr attr = {
		.handled_access_fs = run->choice.handled_fs,
		.handled_access_net = run->choice.handled_net,
		.scoped = run->choice.scoped,
	};
	/* An older kernel takes the shorter struct only. */
	size_t size = run->choice.scoped ? sizeof(attr) : run->choice.handled_net ? 16 : 8;

	run->ruleset = sys_landlock_create_ruleset(&attr, size, 0);
	if (run->ruleset < 0)
		return bv_fail_os(err, BV_E_OS, errno, "capabilities.filesystem",
			"no Landlock ruleset");
	return grants_add_program(run, err);
}

int grants_open(struct execution *run, struct bv_error *err)
{
	int code = run->choice.landlock_abi ? grants_ruleset(run, err) : 0;

	if (!code && run->spec->host_processes == BV_ISOLATED)
		code = procfs_read(&run->procfs,
			!choice_has_namespace(&run->choice, WIRE_NAMESPACE_PID), err);
	if (!code && run->choice.view)
		code = view_begin(run, err);
	if (!code)
		code = output_grant(run, err);
	if (!code)
		code = temp_grant(run, err);
	for (size_t i = 0; !code && i < run->spec->grant_count; i++)
		code = grants_add(run, i, err);
	for (size_t i = 0; !code && i < run->spec->exposure_count; i++)
		code = grants_expose(run, i, err);
	return code || !run->choice.view ? code : view_finish(run, err);
}

/* SPDX-License-Identifier: MIT
 *
 * Handing the output directories (artifact/outputs.h) to the workload, by their own descriptors: in
 * Landlock's ruleset and in the view, as far as there are these.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "run.h"
#include "sys/call.h"

static int output_bind(struct execution *run, const char *path, uint32_t access, int fd,
	struct bv_error *err)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own < 0)
		return bv_fail_os(err, BV_E_OS, errno, "controls.outputs", "no descriptor");
	return view_grant(run, path, access, own, err);
}

/* At a path of the spec's own, also one in a granted tree. */
static int output_expose(struct execution *run, const char *path, int fd, struct bv_error *err)
{
	const struct bv_exposure exposure = {.source = run->outputs.place,
		.destination = path,
		.access = BV_READ | BV_WRITE};
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own < 0)
		return bv_fail_os(err, BV_E_OS, errno, "controls.outputs", "no descriptor");
	return view_expose(run, &exposure, own, err);
}

/* In the store, by the name it will be found under there. */
static int output_store(struct execution *run, const char *path, size_t index, struct bv_error *err)
{
	char name[OUTPUTS_STORED_NAME];

	outputs_stored_name(index, name);
	return view_store(run, path, name, 0777, err);
}

/* Into the view: where the spec wants it, or else where it is. With several each is found by its
 * name in one directory. */
static int output_show(struct execution *run, size_t index, struct bv_error *err)
{
	const struct bv_output *output = &run->spec->outputs[index];
	bool stored = run->choice.outputs_stored;
	int code = 0, fd = run->outputs.dirs[index];
	char place[PATH_MAX + BV_OUTPUT_NAME_BYTES_MAX + 2];

	snprintf(place, sizeof(place), "%s/%s", run->outputs.place, output->name);
	if (!output->path || run->spec->output_count > 1)
		code = stored ? output_store(run, place, index, err)
			      : output_bind(run, place, BV_READ | BV_WRITE, fd, err);
	if (code || !output->path)
		return code;
	return stored ? output_store(run, output->path, index, err)
		      : output_expose(run, output->path, fd, err);
}

/* Read and write, by their own descriptors; with several their common directory can be listed. */
int output_grant(struct execution *run, struct bv_error *err)
{
	uint64_t rights = choice_rights(&run->choice, run->spec, BV_READ | BV_WRITE, true);
	uint64_t list = BV_LANDLOCK_FS_READ_DIR & run->choice.handled_fs;
	const struct outputs *outputs = &run->outputs;
	int failed = 0, code = 0;

	if (run->choice.outputs_stored)
		rights = 0; /* of what is not written to */
	for (size_t i = 0; i < outputs->count && rights && !failed; i++)
		failed = sys_landlock_add_path(run->ruleset, outputs->dirs[i], rights);
	if (!failed && outputs->count > 1 && list)
		failed = sys_landlock_add_path(run->ruleset, outputs->attempt, list);
	if (failed)
		return bv_fail_os(err, BV_E_OS, errno, "controls.outputs",
			"an output cannot be granted: Landlock does not take it");
	if (run->choice.view && outputs->count > 1)
		code = output_bind(run, outputs->place, BV_READ, outputs->attempt, err);
	for (size_t i = 0; i < outputs->count && run->choice.view && !code; i++)
		code = output_show(run, i, err);
	return code;
}

char *output_variable(const struct execution *run)
{
	const struct bv_output *first = &run->spec->outputs[0];
	char *value = NULL;

	if (run->spec->output_count > 1)
		return strdup(run->outputs.place);
	if (first->path)
		return strdup(first->path);
	return asprintf(&value, "%s/%s", run->outputs.place, first->name) < 0 ? NULL : value;
}

/* What they may grow to, if anybody cares; where they are in the store the kernel does. */
uint64_t output_limit(const struct execution *run)
{
	const struct bv_budget *storage = &run->spec->budgets[BV_STORAGE];

	if (storage->guarantee == BV_UNSUPPORTED || run->choice.outputs_stored)
		return OUTPUTS_UNLIMITED;
	return run->outputs.beside < 0 ? choice_storage(&run->choice, run->spec) : storage->limit;
}

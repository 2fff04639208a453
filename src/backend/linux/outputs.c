/* SPDX-License-Identifier: MIT
 *
 * Making, watching and closing output directories; see outputs.h. Their sum of blocks is what the
 * storage budget is held against: by looking, so it can be exceeded between two looks, and the
 * report says so.
 */
#include "outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "artifact/staging.h"
#include "artifact/walk.h"
#include "base/fail.h"
#include "run.h"
#include "sys/call.h"

/* Looking may take this part of the time. */
#define WATCH_SHARE 8

static int outputs_place(struct outputs *outputs, struct bv_error *err)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", outputs->attempt);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0 || path[0] != '/')
		return bv_fail_os(err, BV_E_OS, errno, "controls.outputs",
			"the staging directory has no path");
	path[len] = 0;
	outputs->place = strdup(path);
	return outputs->place ? 0 : bv_fail(err, BV_E_NO_MEMORY, "controls.outputs", "no memory");
}

int outputs_open(struct execution *run, struct bv_error *err)
{
	struct outputs *outputs = &run->outputs;
	const struct bv_spec *spec = run->spec;

	if (!spec->output_count)
		return 0;
	if (!run->state->staging)
		return bv_fail(err, BV_E_DRIFT, "controls.outputs",
			"there is no staging directory");
	outputs->root = staging_open(run->state->staging, err);
	if (outputs->root < 0)
		return (int)err->code;
	outputs->attempt = staging_make(outputs->root, bv_body_attempt(run->body), err);
	if (outputs->attempt < 0)
		return (int)err->code;
	for (; outputs->count < spec->output_count; outputs->count++) {
		int fd = staging_make_output(outputs->attempt, spec->outputs[outputs->count].name,
			err);

		if (fd < 0)
			return (int)err->code;
		outputs->dirs[outputs->count] = fd;
	}
	return outputs_place(outputs, err);
}

static int outputs_bind(struct execution *run, const char *path, uint32_t access, int fd,
	struct bv_error *err)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own < 0)
		return bv_fail_os(err, BV_E_OS, errno, "controls.outputs", "no descriptor");
	return view_grant(run, path, access, own, err);
}

/* At a path of the spec's own, also one in a granted tree. */
static int outputs_expose(struct execution *run, const char *path, int fd, struct bv_error *err)
{
	const struct bv_exposure exposure = {.source = run->outputs.place,
		.destination = path,
		.access = BV_READ | BV_WRITE};
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own < 0)
		return bv_fail_os(err, BV_E_OS, errno, "controls.outputs", "no descriptor");
	return view_expose(run, &exposure, own, err);
}

/* Into the view: where the spec wants it, or else where it is. With several each is found by its
 * name in one directory. */
static int outputs_show(struct execution *run, size_t index, struct bv_error *err)
{
	const struct bv_output *output = &run->spec->outputs[index];
	int code = 0, fd = run->outputs.dirs[index];
	char place[PATH_MAX + BV_OUTPUT_NAME_BYTES_MAX + 2];

	snprintf(place, sizeof(place), "%s/%s", run->outputs.place, output->name);
	if (!output->path || run->spec->output_count > 1)
		code = outputs_bind(run, place, BV_READ | BV_WRITE, fd, err);
	if (code || !output->path)
		return code;
	return outputs_expose(run, output->path, fd, err);
}

/* Read and write, by their own descriptors; with several their common directory can be listed. */
int outputs_grant(struct execution *run, struct bv_error *err)
{
	uint64_t rights = choice_rights(&run->choice, run->spec, BV_READ | BV_WRITE, true);
	uint64_t list = BV_LANDLOCK_FS_READ_DIR & run->choice.handled_fs;
	const struct outputs *outputs = &run->outputs;
	int failed = 0, code = 0;

	for (size_t i = 0; i < outputs->count && rights && !failed; i++)
		failed = sys_landlock_add_path(run->ruleset, outputs->dirs[i], rights);
	if (!failed && outputs->count > 1 && list)
		failed = sys_landlock_add_path(run->ruleset, outputs->attempt, list);
	if (failed)
		return bv_fail_os(err, BV_E_OS, errno, "controls.outputs",
			"an output cannot be granted: Landlock does not take it");
	if (run->choice.view && outputs->count > 1)
		code = outputs_bind(run, outputs->place, BV_READ, outputs->attempt, err);
	for (size_t i = 0; i < outputs->count && run->choice.view && !code; i++)
		code = outputs_show(run, i, err);
	return code;
}

char *outputs_variable(const struct execution *run)
{
	const struct bv_output *first = &run->spec->outputs[0];
	char *value = NULL;

	if (run->spec->output_count > 1)
		return strdup(run->outputs.place);
	if (first->path)
		return strdup(first->path);
	return asprintf(&value, "%s/%s", run->outputs.place, first->name) < 0 ? NULL : value;
}

bool outputs_measure(struct execution *run)
{
	struct outputs *outputs = &run->outputs;
	uint64_t bytes = 0;
	bool complete = true;

	for (size_t i = 0; i < outputs->count; i++) {
		struct walk walk = {.root = outputs->dirs[i],
			.names_max = SIZE_MAX,
			.measure = true};

		walk_tree(&walk);
		bytes += walk.bytes;
		complete = complete && walk.complete;
	}
	if (bytes > outputs->bytes)
		outputs->bytes = bytes;
	outputs->measured_count++;
	return complete;
}

static int64_t outputs_now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What cannot be measured (it lies too deep) counts as too much: it would be a way around. */
int outputs_watch(struct execution *run, int64_t now_ms)
{
	const struct bv_budget *storage = &run->spec->budgets[BV_STORAGE];
	struct outputs *outputs = &run->outputs;
	int64_t took;
	bool complete;

	if (!outputs->count || outputs->exceeded || storage->guarantee == BV_UNSUPPORTED)
		return -1;
	if (now_ms < outputs->measure_ms)
		return (int)(outputs->measure_ms - now_ms);
	complete = outputs_measure(run);
	outputs->exceeded = !complete || outputs->bytes > choice_storage(run->spec);
	took = outputs_now_ms() - now_ms;
	outputs->measure_ms = now_ms + OUTPUTS_PERIOD_MS + took * WATCH_SHARE;
	return outputs->exceeded ? -1 : OUTPUTS_PERIOD_MS;
}

void outputs_close(struct execution *run)
{
	struct outputs *outputs = &run->outputs;

	if (outputs->root >= 0 && outputs->attempt >= 0)
		(void)staging_remove_empty(outputs->root, bv_body_attempt(run->body));
	while (outputs->count)
		close(outputs->dirs[--outputs->count]);
	if (outputs->attempt >= 0)
		close(outputs->attempt);
	if (outputs->root >= 0)
		close(outputs->root);
	free(outputs->place);
	*outputs = OUTPUTS_NONE;
}

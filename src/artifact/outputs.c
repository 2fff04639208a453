/* SPDX-License-Identifier: MIT
 *
 * Making, watching and closing output directories; see outputs.h. Their sum of blocks is what the
 * storage budget is held against: by looking, so it can be exceeded between two looks, and the
 * report says so.
 */
#include "artifact/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "artifact/running.h"
#include "artifact/staging.h"
#include "artifact/walk.h"
#include "base/fail.h"

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

int outputs_open(struct outputs *outputs, const char *staging, const struct bv_spec *spec,
	const struct bv_attempt_id *attempt, struct bv_error *err)
{
	if (!spec->output_count)
		return 0;
	if (!staging)
		return bv_fail(err, BV_E_DRIFT, "controls.outputs",
			"there is no staging directory");
	outputs->root = staging_open(staging, err);
	if (outputs->root < 0)
		return (int)err->code;
	running_sweep(outputs->root);
	outputs->attempt = staging_make(outputs->root, attempt, err);
	if (outputs->attempt < 0)
		return (int)err->code;
	outputs->id = *attempt;
	if (running_begin(outputs->attempt, err))
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

static bool outputs_add(int directory, uint64_t *bytes)
{
	struct walk walk = {.root = directory, .names_max = SIZE_MAX, .measure = true};

	walk_tree(&walk);
	*bytes += walk.bytes;
	return walk.complete;
}

bool outputs_measure(struct outputs *outputs)
{
	uint64_t bytes = 0;
	bool complete = outputs->beside < 0 || outputs_add(outputs->beside, &bytes);

	for (size_t i = 0; i < outputs->count; i++)
		complete = outputs_add(outputs->dirs[i], &bytes) && complete;
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
int outputs_watch(struct outputs *outputs, uint64_t limit_bytes, int64_t now_ms)
{
	int64_t took;
	bool complete;

	if ((!outputs->count && outputs->beside < 0) || outputs->exceeded ||
		limit_bytes == OUTPUTS_UNLIMITED)
		return -1;
	if (now_ms < outputs->measure_ms)
		return (int)(outputs->measure_ms - now_ms);
	complete = outputs_measure(outputs);
	outputs->exceeded = !complete || outputs->bytes > limit_bytes;
	took = outputs_now_ms() - now_ms;
	outputs->measure_ms = now_ms + OUTPUTS_PERIOD_MS + took * WATCH_SHARE;
	return outputs->exceeded ? -1 : OUTPUTS_PERIOD_MS;
}

void outputs_close(struct outputs *outputs)
{
	if (outputs->attempt >= 0)
		running_end(outputs->attempt);
	if (outputs->root >= 0 && outputs->attempt >= 0)
		(void)staging_remove_empty(outputs->root, &outputs->id);
	while (outputs->count)
		close(outputs->dirs[--outputs->count]);
	if (outputs->attempt >= 0)
		close(outputs->attempt);
	if (outputs->root >= 0)
		close(outputs->root);
	free(outputs->place);
	*outputs = OUTPUTS_NONE;
}

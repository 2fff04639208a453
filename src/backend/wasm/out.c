/* SPDX-License-Identifier: MIT
 *
 * A guest's outputs. In a worker the linux backend makes, watches and collects them; in this
 * process we do, with the same means (artifact/outputs.h). The guest knows them by names of its
 * own, so that neither the host's layout nor the attempt is anything it could depend on.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/linux/place.h"
#include "base/fail.h"
#include "state.h"

/* Where the linux backend will make them. If it is another place by then the worker finds nothing
 * there, or is not let in. */
static char *out_place_outside(const struct wasm_run *run)
{
	char hex[BV_DIGEST_HEX], *place = NULL;
	char *staging = run->state->staging ? realpath(run->state->staging, NULL) : NULL;

	if (!staging ||
		asprintf(&place, "%s/%s", staging,
			bv_digest_hex(&bv_body_attempt(run->body)->digest, hex)) < 0)
		place = NULL;
	free(staging);
	return place;
}

/* By descriptor, so that what the guest gets is what was made. */
static char *out_link(int fd)
{
	char *link = NULL;

	return asprintf(&link, "/proc/self/fd/%d", fd) < 0 ? NULL : link;
}

static int out_make(struct wasm_run *run, struct bv_error *err)
{
	int code = outputs_open(&run->out.outputs, run->state->staging, run->spec,
		bv_body_attempt(run->body), err);

	return code ? code : place_check_staging(run->spec, run->out.outputs.root, err);
}

static char *out_host(const struct out *out, size_t index, const char *name)
{
	char *host = NULL;

	if (out->outputs.count)
		return out_link(out->outputs.dirs[index]);
	return asprintf(&host, "%s/%s", out->place, name) < 0 ? NULL : host;
}

int out_open(struct wasm_run *run, bool inside, struct bv_error *err)
{
	const struct bv_spec *spec = run->spec;
	struct out *out = &run->out;
	int code = 0;

	if (!spec->output_count)
		return 0;
	if (inside)
		code = out_make(run, err);
	if (code)
		return code;
	out->place = inside ? out_link(out->outputs.attempt) : out_place_outside(run);
	for (size_t i = 0; out->place && i < spec->output_count; i++) {
		snprintf(out->guests[i], sizeof(out->guests[i]), "%s/%s", NEST_OUT,
			spec->outputs[i].name);
		out->hosts[i] = out_host(out, i, spec->outputs[i].name);
		if (!out->hosts[i])
			return bv_fail(err, BV_E_NO_MEMORY, "controls.outputs", "no memory");
	}
	if (!out->place)
		return bv_fail(err, BV_E_DRIFT, "controls.outputs",
			"the staging directory is not there any more");
	return 0;
}

/* With several each is found by its name in one directory, which itself is only read. */
void out_roots(struct wasm_run *run)
{
	const struct bv_spec *spec = run->spec;
	struct out *out = &run->out;
	bool several = spec->output_count > 1;

	if (several)
		order_root(&run->order, NEST_OUT, out->place, BV_READ);
	for (size_t i = 0; i < spec->output_count; i++) {
		const char *path = spec->outputs[i].path;

		if (several)
			order_root(&run->order, out->guests[i], out->hosts[i], BV_READ | BV_WRITE);
		if (path || !several)
			order_root(&run->order, path ? path : NEST_OUT, out->hosts[i],
				BV_READ | BV_WRITE);
	}
}

const char *out_variable(const struct bv_spec *spec)
{
	if (!spec->output_count)
		return NULL;
	return spec->output_count == 1 && spec->outputs[0].path ? spec->outputs[0].path : NEST_OUT;
}

uint64_t out_limit(const struct bv_spec *spec)
{
	const struct bv_budget *storage = &spec->budgets[BV_STORAGE];

	return storage->guarantee == BV_UNSUPPORTED ? OUTPUTS_UNLIMITED : storage->limit;
}

void out_fill(struct wasm_run *run)
{
	struct outputs *outputs = &run->out.outputs;
	struct bv_usage usage = {.known = 1,
		.source = "the boundary owns no writable storage",
		.granularity = "exact"};

	if (outputs->count && !outputs_measure(outputs))
		bv_body_finding(run->body, "storage-unmeasured",
			"some directory of the outputs could not be looked into, so its blocks "
			"are not in what was measured");
	if (outputs->count) {
		usage.measured = outputs->bytes;
		usage.source = "blocks of the named files in the outputs";
		usage.granularity = "sampled as they grew, and after the end";
	}
	bv_body_usage(run->body, BV_STORAGE, &usage);
	/* The guest ran in this thread, and made no other: nothing of it can have outlived it. */
	outputs_collect(outputs, run->spec, true, run->body);
}

void out_close(struct wasm_run *run)
{
	struct out *out = &run->out;

	outputs_close(&out->outputs);
	for (size_t i = 0; i < run->spec->output_count; i++)
		free(out->hosts[i]);
	free(out->place);
}

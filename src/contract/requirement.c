/* SPDX-License-Identifier: MIT
 *
 * From a normalised spec to its requirements. The kinds of one capability stand in the order of
 * its policies, so a policy's kind is the first one's number plus the policy; the assertions
 * below hold the tables to that. Adding in the order of kinds keeps the result sorted.
 */
#include "contract/requirement.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "contract/spec_words.h"

_Static_assert(BV_KIND_NETWORK_DENY_ALL + BV_NETWORK_ALLOW_LIST == BV_KIND_NETWORK_ALLOW_LIST &&
		BV_KIND_NETWORK_DENY_ALL + BV_NETWORK_AMBIENT == BV_KIND_NETWORK_AMBIENT,
	"network kinds follow the policies");
_Static_assert(BV_KIND_SPAWN_DENY_NEW_TASKS + BV_SPAWN_ALLOW_THREADS ==
			BV_KIND_SPAWN_ALLOW_THREADS &&
		BV_KIND_SPAWN_DENY_NEW_TASKS + BV_SPAWN_ALLOW_DESCENDANTS ==
			BV_KIND_SPAWN_ALLOW_DESCENDANTS,
	"spawn kinds follow the policies");
_Static_assert(BV_KIND_HOST_PROCESSES_HIDDEN + BV_AMBIENT == BV_KIND_HOST_PROCESSES_AMBIENT &&
		BV_KIND_IPC_PRIVATE + BV_AMBIENT == BV_KIND_IPC_AMBIENT &&
		BV_KIND_KERNEL_SURFACE_BASELINE + BV_AMBIENT == BV_KIND_KERNEL_SURFACE_AMBIENT,
	"isolation kinds follow the policies");
_Static_assert(BV_KIND_COMMIT_ATOMIC + BV_COMMIT_DURABLE - 1 == BV_KIND_COMMIT_DURABLE &&
		BV_KIND_COMMIT_ATOMIC + BV_COMMIT_BEST_EFFORT - 1 == BV_KIND_COMMIT_BEST_EFFORT,
	"commit kinds follow the policies");
_Static_assert(BV_KIND_KILL_ATOMIC + BV_KILL_BEST_EFFORT == BV_KIND_KILL_BEST_EFFORT,
	"kill kinds follow the policies");

struct list {
	struct bv_requirement *rows;
	size_t count;
};

BV_PRINTF(3, 4)
static void add(struct list *list, int kind, const char *fmt, ...)
{
	struct bv_requirement *row = &list->rows[list->count++];
	va_list args;

	row->kind = (enum bv_kind)kind;
	va_start(args, fmt);
	(void)vsnprintf(row->policy, sizeof(row->policy), fmt, args);
	va_end(args);
}

/* "no paths", "1 path", "3 paths". */
static const char *counted(size_t count, const char *one, char out[48])
{
	if (count)
		(void)snprintf(out, 48, "%zu %s%s", count, one, count == 1 ? "" : "s");
	else
		(void)snprintf(out, 48, "no %ss", one);
	return out;
}

static void filesystem_add(struct list *list, const struct bv_spec *spec)
{
	char text[48];

	add(list, BV_KIND_FILESYSTEM, "%s", counted(spec->grant_count, "path", text));
}

static void network_add(struct list *list, const struct bv_spec *spec)
{
	int kind = (int)BV_KIND_NETWORK_DENY_ALL + (int)spec->network;
	char text[48];

	if (spec->network == BV_NETWORK_ALLOW_LIST)
		add(list, kind, "%s", counted(spec->destination_count, "destination", text));
	else
		add(list, kind, "%s", bv_words_name(&bv_words_network, spec->network));
}

bool bv_spec_tells_temp(const struct bv_spec *spec)
{
	for (size_t i = 0; i < spec->variable_count; i++)
		if (strcmp(spec->variables[i].name, BV_TEMP_VARIABLE) == 0)
			return false;
	return spec->temp_root;
}

/* What the boundary adds to the listed variables. */
static const char *own_variables(const struct bv_spec *spec)
{
	if (bv_spec_tells_temp(spec))
		return spec->output_count ? ", and BVISOR_OUT and TMPDIR" : ", and TMPDIR";
	return spec->output_count ? ", and BVISOR_OUT" : "";
}

static void environment_add(struct list *list, const struct bv_spec *spec)
{
	char variables[48], secrets[48];
	size_t leases = 0;

	for (size_t i = 0; i < spec->variable_count; i++)
		leases += spec->variables[i].secret != NULL;
	(void)counted(spec->variable_count, "variable", variables);
	if (leases)
		add(list, BV_KIND_ENVIRONMENT, "%s, of them %s%s", variables,
			counted(leases, "secret", secrets), own_variables(spec));
	else
		add(list, BV_KIND_ENVIRONMENT, "%s%s", variables, own_variables(spec));
}

static void descriptors_add(struct list *list, const struct bv_spec *spec)
{
	char text[48];

	if (spec->descriptor_count)
		add(list, BV_KIND_DESCRIPTORS_ONLY, "%s",
			counted(spec->descriptor_count, "descriptor", text));
	else
		add(list, BV_KIND_DESCRIPTORS_NONE, "none");
}

static void capabilities_add(struct list *list, const struct bv_spec *spec)
{
	filesystem_add(list, spec);
	network_add(list, spec);
	add(list, (int)BV_KIND_SPAWN_DENY_NEW_TASKS + (int)spec->spawn, "%s",
		bv_words_name(&bv_words_spawn, spec->spawn));
	environment_add(list, spec);
	descriptors_add(list, spec);
	add(list, (int)BV_KIND_HOST_PROCESSES_HIDDEN + (int)spec->host_processes, "%s",
		bv_words_name(&bv_words_host_processes, spec->host_processes));
	add(list, (int)BV_KIND_IPC_PRIVATE + (int)spec->ipc, "%s",
		bv_words_name(&bv_words_ipc, spec->ipc));
	add(list, (int)BV_KIND_KERNEL_SURFACE_BASELINE + (int)spec->kernel_surface, "%s",
		bv_words_name(&bv_words_kernel_surface, spec->kernel_surface));
}

static void capture_add(struct list *list, const struct bv_spec *spec)
{
	const struct bv_stream *out = &spec->streams[1], *err = &spec->streams[2];
	unsigned long long out_bytes = out->limit_bytes, err_bytes = err->limit_bytes;

	if (out->mode == BV_STREAM_CAPTURE && err->mode == BV_STREAM_CAPTURE)
		add(list, BV_KIND_CAPTURE_STREAMS, "stdout %llu bytes, stderr %llu bytes",
			out_bytes, err_bytes);
	else if (out->mode == BV_STREAM_CAPTURE)
		add(list, BV_KIND_CAPTURE_STREAMS, "stdout %llu bytes", out_bytes);
	else if (err->mode == BV_STREAM_CAPTURE)
		add(list, BV_KIND_CAPTURE_STREAMS, "stderr %llu bytes", err_bytes);
}

static void controls_add(struct list *list, const struct bv_spec *spec)
{
	char text[48];

	add(list, BV_KIND_LAUNCH_WORKLOAD, "%s",
		bv_words_name(&bv_words_workload, spec->workload.kind));
	capture_add(list, spec);
	if (spec->temp_root)
		add(list, BV_KIND_TEMP_ROOT, "private");
	if (spec->exposure_count)
		add(list, BV_KIND_EXPOSE_PATH, "%s", counted(spec->exposure_count, "path", text));
	if (spec->commit != BV_COMMIT_NONE)
		add(list, (int)BV_KIND_COMMIT_ATOMIC + (int)spec->commit - 1, "%s",
			bv_words_name(&bv_words_commit, spec->commit));
	if (spec->discard)
		add(list, BV_KIND_DISCARD_ARTIFACT, "discard");
	if (spec->list_outputs)
		add(list, BV_KIND_LIST_OUTPUTS, "%s", counted(spec->output_count, "output", text));
	add(list, (int)BV_KIND_KILL_ATOMIC + (int)spec->kill, "%s",
		bv_words_name(&bv_words_kill, spec->kill));
}

size_t bv_requirements_of(const struct bv_spec *spec, struct bv_requirement ret[BV_KIND_COUNT])
{
	struct list list = {.rows = ret};

	capabilities_add(&list, spec);
	controls_add(&list, spec);
	return list.count;
}

const char *bv_kind_field(enum bv_kind kind)
{
	switch (kind) {
	case BV_KIND_FILESYSTEM:
		return "capabilities.filesystem";
	case BV_KIND_NETWORK_DENY_ALL:
	case BV_KIND_NETWORK_ALLOW_LIST:
	case BV_KIND_NETWORK_AMBIENT:
		return "capabilities.network";
	case BV_KIND_SPAWN_DENY_NEW_TASKS:
	case BV_KIND_SPAWN_ALLOW_THREADS:
	case BV_KIND_SPAWN_ALLOW_DESCENDANTS:
		return "capabilities.spawn";
	case BV_KIND_ENVIRONMENT:
		return "capabilities.environment";
	case BV_KIND_DESCRIPTORS_NONE:
	case BV_KIND_DESCRIPTORS_ONLY:
		return "capabilities.descriptors";
	case BV_KIND_HOST_PROCESSES_HIDDEN:
	case BV_KIND_HOST_PROCESSES_AMBIENT:
		return "capabilities.host_processes";
	case BV_KIND_IPC_PRIVATE:
	case BV_KIND_IPC_AMBIENT:
		return "capabilities.ipc";
	case BV_KIND_KERNEL_SURFACE_BASELINE:
	case BV_KIND_KERNEL_SURFACE_AMBIENT:
		return "capabilities.kernel_surface";
	case BV_KIND_LAUNCH_WORKLOAD:
		return "workload";
	case BV_KIND_CAPTURE_STREAMS:
		return "streams";
	case BV_KIND_TEMP_ROOT:
		return "controls.temp_root";
	case BV_KIND_EXPOSE_PATH:
		return "controls.expose_path";
	case BV_KIND_COMMIT_ATOMIC:
	case BV_KIND_COMMIT_DURABLE:
	case BV_KIND_COMMIT_BEST_EFFORT:
		return "controls.commit_artifact";
	case BV_KIND_DISCARD_ARTIFACT:
		return "controls.discard_artifact";
	case BV_KIND_LIST_OUTPUTS:
		return "controls.list_outputs";
	case BV_KIND_KILL_ATOMIC:
	case BV_KIND_KILL_BEST_EFFORT:
		return "controls.kill";
	}
	return "";
}

/* SPDX-License-Identifier: MIT
 *
 * What the wasm backend answers of each kind. Most of it follows from what a guest can import:
 * what has no function cannot be done. In a worker the linux backend's own answer stands behind.
 */
#include <stdio.h>
#include <string.h>

#include "backend/linux/choice.h"
#include "nest.h"

/* What a kind rests on. `engine` NULL: no guest can be given it, and why. */
struct rest {
	const char *engine;
	const char *missing;
	const char *remedy;
	enum bv_kind outer; /* the worker's own requirement that stands behind it */
};

#define RESTS(engine, outer) \
	{ \
		engine, NULL, NULL, outer \
	}
#define NEVER(missing, remedy) \
	{ \
		NULL, missing, remedy, BV_KIND_LAUNCH_WORKLOAD \
	}

static const struct rest rests[BV_KIND_COUNT] = {
	[BV_KIND_FILESYSTEM] = RESTS("WASI rights, openat2 beneath each root", BV_KIND_FILESYSTEM),
	[BV_KIND_NETWORK_DENY_ALL] =
		RESTS("no import connects or listens", BV_KIND_NETWORK_DENY_ALL),
	[BV_KIND_NETWORK_ALLOW_LIST] =
		NEVER("WASI preview1 has no function that connects", "--net deny"),
	[BV_KIND_NETWORK_AMBIENT] =
		NEVER("WASI preview1 has no function that connects", "--net deny"),
	[BV_KIND_SPAWN_DENY_NEW_TASKS] =
		RESTS("no import makes a task", BV_KIND_SPAWN_DENY_NEW_TASKS),
	[BV_KIND_SPAWN_ALLOW_THREADS] =
		NEVER("the engine runs one task and makes no other", "--spawn deny"),
	[BV_KIND_SPAWN_ALLOW_DESCENDANTS] =
		NEVER("the engine runs one task and makes no other", "--spawn deny"),
	[BV_KIND_ENVIRONMENT] = RESTS("exactly the listed entries", BV_KIND_ENVIRONMENT),
	[BV_KIND_DESCRIPTORS_NONE] =
		RESTS("numbers of the guest's own table", BV_KIND_DESCRIPTORS_ONLY),
	[BV_KIND_DESCRIPTORS_ONLY] =
		NEVER("a guest of WASI has streams and directories, and no other descriptor",
			"drop --fd; grant directories with --ro or --rw"),
	[BV_KIND_HOST_PROCESSES_HIDDEN] =
		RESTS("no import names a process", BV_KIND_HOST_PROCESSES_HIDDEN),
	[BV_KIND_HOST_PROCESSES_AMBIENT] =
		NEVER("no function of WASI names a process", "--host-processes hidden"),
	[BV_KIND_IPC_PRIVATE] = RESTS("no import opens a channel", BV_KIND_IPC_PRIVATE),
	[BV_KIND_IPC_AMBIENT] = NEVER("no function of WASI opens a channel", "--ipc private"),
	[BV_KIND_KERNEL_SURFACE_BASELINE] =
		RESTS("46 functions of WASI, no system call", BV_KIND_KERNEL_SURFACE_BASELINE),
	[BV_KIND_KERNEL_SURFACE_AMBIENT] =
		NEVER("a module makes no system call", "--kernel baseline"),
	[BV_KIND_LAUNCH_WORKLOAD] = RESTS("module from a descriptor opened once, validated whole",
		BV_KIND_LAUNCH_WORKLOAD),
	[BV_KIND_CAPTURE_STREAMS] = RESTS("", BV_KIND_CAPTURE_STREAMS),
	[BV_KIND_TEMP_ROOT] = RESTS("", BV_KIND_TEMP_ROOT),
	[BV_KIND_EXPOSE_PATH] =
		RESTS("the source's descriptor, named as the destination", BV_KIND_FILESYSTEM),
	[BV_KIND_COMMIT_ATOMIC] = RESTS("", BV_KIND_COMMIT_ATOMIC),
	[BV_KIND_COMMIT_DURABLE] = RESTS("", BV_KIND_COMMIT_DURABLE),
	[BV_KIND_COMMIT_BEST_EFFORT] = RESTS("", BV_KIND_COMMIT_BEST_EFFORT),
	[BV_KIND_DISCARD_ARTIFACT] = RESTS("", BV_KIND_DISCARD_ARTIFACT),
	[BV_KIND_LIST_OUTPUTS] = RESTS("", BV_KIND_LIST_OUTPUTS),
	[BV_KIND_KILL_ATOMIC] = RESTS("", BV_KIND_KILL_ATOMIC),
	[BV_KIND_KILL_BEST_EFFORT] = RESTS("", BV_KIND_KILL_BEST_EFFORT),
};

static void answer_lacks(struct bv_answer *ret, const char *missing, const char *remedy)
{
	snprintf(ret->missing, sizeof(ret->missing), "%s", missing);
	snprintf(ret->remedy, sizeof(ret->remedy), "%s", remedy);
}

static bool answer_overlays(const struct bv_spec *spec)
{
	for (size_t i = 0; spec && i < spec->exposure_count; i++)
		if (spec->exposures[i].overlay)
			return true;
	return false;
}

/* What only a worker can be given: directories that the boundary owns. */
static bool answer_needs_worker(const struct bv_spec *spec, enum bv_kind kind)
{
	switch (kind) {
	case BV_KIND_TEMP_ROOT:
		return true;
	case BV_KIND_EXPOSE_PATH:
		return answer_overlays(spec);
	default:
		return false;
	}
}

static bool answer_within(const char *root, const char *path)
{
	size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);

	return strncmp(root, path, len) == 0 && (path[len] == '/' || path[len] == 0);
}

/* A guest that goes through the granted root sees what is there, and not what was put over it. */
static bool answer_unmasked(const struct bv_spec *spec)
{
	for (size_t i = 0; i < spec->exposure_count; i++)
		for (size_t g = 0; g < spec->grant_count; g++)
			if (!spec->exposures[i].overlay &&
				answer_within(spec->grants[g].path, spec->exposures[i].destination))
				return true;
	return false;
}

/* Likewise an output within a granted path: by the root above it the guest would find another
 * directory of that name. */
static bool answer_outputs_masked(const struct bv_spec *spec)
{
	for (size_t i = 0; i < spec->output_count; i++)
		for (size_t g = 0; g < spec->grant_count && spec->outputs[i].path; g++)
			if (answer_within(spec->grants[g].path, spec->outputs[i].path))
				return true;
	return false;
}

/* The name that the outputs have for the guest is some other root's, or above one. */
static bool answer_outputs_taken(const struct bv_spec *spec)
{
	bool taken = spec->temp_root && answer_within(NEST_OUT, spec->temp_path);

	for (size_t i = 0; i < spec->grant_count; i++)
		taken = taken || answer_within(NEST_OUT, spec->grants[i].path);
	for (size_t i = 0; i < spec->exposure_count; i++)
		taken = taken || answer_within(NEST_OUT, spec->exposures[i].destination);
	for (size_t i = 0; i < spec->output_count; i++)
		taken = taken ||
			(spec->outputs[i].path && answer_within(NEST_OUT, spec->outputs[i].path));
	return taken;
}

/* What is kept, listed, taken out and dropped is so by the linux backend's means, whoever ran the
 * guest. */
static void answer_artifacts(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	struct nest nest;

	if (kind == BV_KIND_LIST_OUTPUTS && spec && answer_outputs_masked(spec)) {
		answer_lacks(ret, "an output lies within a granted path, which would still show",
			"leave its path out (--out NAME=), and look into BVISOR_OUT");
		return;
	}
	if (kind == BV_KIND_LIST_OUTPUTS && spec && spec->output_count &&
		answer_outputs_taken(spec)) {
		answer_lacks(ret, NEST_OUT " is a guest's name for its outputs",
			"another name for what has this one: --bind PATH:ELSEWHERE");
		return;
	}
	if (spec)
		nest_make(spec, nest_fuel(snapshot), &nest);
	linux_classify(snapshot, spec ? &nest.spec : NULL, kind, ret);
}

/* The engine's part and the worker's, in one line. */
static void answer_in_worker(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	const struct rest *rest, struct bv_answer *ret)
{
	bool overlay = rest == &rests[BV_KIND_EXPOSE_PATH] && answer_overlays(spec);
	enum bv_kind kind = overlay ? BV_KIND_EXPOSE_PATH : rest->outer;
	struct bv_answer outer = {0};
	struct nest nest;

	if (spec) {
		nest_make(spec, nest_fuel(snapshot), &nest);
		linux_classify(snapshot, &nest.spec, kind, &outer);
	} else {
		linux_profile(snapshot, kind, &outer);
	}
	ret->verdict = outer.verdict;
	snprintf(ret->mechanism, sizeof(ret->mechanism), "%s%sworker: %.112s", rest->engine,
		rest->engine[0] ? "; " : "", outer.mechanism);
	answer_lacks(ret, outer.missing, outer.remedy);
}

static const char *answer_inside(enum bv_kind kind, const struct rest *rest)
{
	if (kind == BV_KIND_CAPTURE_STREAMS)
		return "taken by the engine's host as they are written";
	if (kind == BV_KIND_KILL_ATOMIC || kind == BV_KIND_KILL_BEST_EFFORT)
		return "the engine stops at its next loop turn, call or wait";
	return rest->engine;
}

static void answer_in_process(enum bv_kind kind, const struct rest *rest, struct bv_answer *ret)
{
	ret->verdict.enforcement = BV_ENFORCED;
	ret->verdict.evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_TERMINAL_OUTCOME);
	if (kind == BV_KIND_CAPTURE_STREAMS)
		ret->verdict.evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_CAPTURED_STREAMS);
	snprintf(ret->mechanism, sizeof(ret->mechanism), "%s; in this process",
		answer_inside(kind, rest));
}

/* Without the worker that was wished for: refused, or said. */
static void answer_launch(const struct bv_snapshot *snapshot, const struct bv_answer *lack,
	struct bv_answer *ret)
{
	switch (nest_wish(snapshot)) {
	case BV_WASM_WORKER_REQUIRED:
		*ret = *lack;
		return;
	case BV_WASM_WORKER_PREFERRED:
		ret->verdict.enforcement = BV_MEDIATED;
		answer_lacks(ret, lack->missing, lack->remedy);
		return;
	case BV_WASM_WORKER_NONE:
		return;
	}
}

/* What a spec asks for that no guest can be given by this kind's road. */
static bool answer_unfit(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	const struct bv_fact *roots = bv_snapshot_find(snapshot, FACT_WASM_ROOTS);
	const struct bv_fact *paths = bv_snapshot_find(snapshot, FACT_WASM_PATHS);

	if (kind == BV_KIND_LAUNCH_WORKLOAD && spec && spec->workload.kind != BV_WORKLOAD_WASM) {
		answer_lacks(ret, "the wasm backend runs WebAssembly modules",
			"the linux backend (--backend linux) for a native program");
		return true;
	}
	if (kind == BV_KIND_EXPOSE_PATH && spec && answer_unmasked(spec)) {
		answer_lacks(ret,
			"a destination lies within a granted path, which would still show",
			"grant what is around it, and not above it");
		return true;
	}
	if (kind != BV_KIND_FILESYSTEM)
		return false;
	if (paths && paths->state != BV_FACT_PRESENT) {
		answer_lacks(ret, paths->detail,
			"Linux 5.6, and a filter that lets openat2 through");
		return true;
	}
	if (spec && roots && roots->state == BV_FACT_ABSENT) {
		answer_lacks(ret, roots->detail, "grant the directory that holds it");
		return true;
	}
	return false;
}

static bool answer_of_artifacts(enum bv_kind kind)
{
	return kind == BV_KIND_LIST_OUTPUTS || kind == BV_KIND_DISCARD_ARTIFACT ||
		kind == BV_KIND_COMMIT_ATOMIC || kind == BV_KIND_COMMIT_DURABLE ||
		kind == BV_KIND_COMMIT_BEST_EFFORT;
}

static void answer_make(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	const struct rest *rest = &rests[kind];
	struct bv_answer lack = {0};

	if (rest->missing) {
		answer_lacks(ret, rest->missing, rest->remedy);
		return;
	}
	if (answer_unfit(snapshot, spec, kind, ret))
		return;
	if (answer_of_artifacts(kind)) {
		answer_artifacts(snapshot, spec, kind, ret);
		return;
	}
	if (nest_stands(snapshot, spec, &lack)) {
		answer_in_worker(snapshot, spec, rest, ret);
		return;
	}
	if (answer_needs_worker(spec, kind)) {
		answer_lacks(ret, "a guest in this process has no directory of its own",
			"a worker (--worker required), or grant a directory (--rw)");
		return;
	}
	answer_in_process(kind, rest, ret);
	if (kind == BV_KIND_LAUNCH_WORKLOAD)
		answer_launch(snapshot, &lack, ret);
}

struct bv_verdict wasm_support(enum bv_kind kind)
{
	if (!rests[kind].engine)
		return (struct bv_verdict){BV_UNSUPPORTED, 0};
	return (struct bv_verdict){BV_ENFORCED, BV_EVIDENCE_ALL};
}

void wasm_profile(const struct bv_snapshot *snapshot, enum bv_kind kind, struct bv_answer *ret)
{
	answer_make(snapshot, NULL, kind, ret);
}

void wasm_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	answer_make(snapshot, spec, kind, ret);
}

/* SPDX-License-Identifier: MIT
 *
 * The worker's spec, and whether the second boundary stands; see nest.h.
 */
#include "nest.h"

#include <stdio.h>
#include <string.h>

#include "backend/linux/choice.h"

#define LIMIT_ANY ((UINT64_C(1) << 53) - 1)

/* Nothing is executed, whatever is granted: the worker has no use for it. */
static void nest_grants(const struct bv_spec *guest, struct nest *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < guest->grant_count; i++)
		if (guest->grants[i].access & (BV_READ | BV_WRITE))
			ret->grants[count++] = (struct bv_grant){guest->grants[i].path,
				guest->grants[i].access & (BV_READ | BV_WRITE)};
	for (size_t i = 0; i < guest->exposure_count; i++)
		if (!guest->exposures[i].overlay &&
			(guest->exposures[i].access & (BV_READ | BV_WRITE)))
			ret->grants[count++] = (struct bv_grant){guest->exposures[i].source,
				guest->exposures[i].access & (BV_READ | BV_WRITE)};
	ret->spec.grants = ret->grants;
	ret->spec.grant_count = count;
}

/* A guest's names are its own, so that what is merely shown elsewhere is a grant of the source to
 * the worker. An overlay it needs itself. */
static void nest_exposures(const struct bv_spec *guest, struct nest *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < guest->exposure_count; i++) {
		if (!guest->exposures[i].overlay)
			continue;
		ret->exposures[count] = guest->exposures[i];
		ret->exposures[count++].access &= BV_READ | BV_WRITE;
	}
	ret->spec.exposures = ret->exposures;
	ret->spec.exposure_count = count;
}

/* Kept by the linux backend, and found by the worker where they are: a path is the guest's name. */
static void nest_outputs(const struct bv_spec *guest, struct nest *ret)
{
	for (size_t i = 0; i < guest->output_count; i++)
		ret->outputs[i] = (struct bv_output){.name = guest->outputs[i].name};
	ret->spec.outputs = ret->outputs;
	ret->spec.output_count = guest->output_count;
	ret->spec.list_outputs = guest->list_outputs;
	ret->spec.commit = guest->commit;
	ret->spec.discard = guest->discard;
}

/* With fuel the worker's own time is a stop behind the guest's, for one that broke the engine: far
 * enough that a guest which keeps to its fuel never meets it. What fuel does not count comes on
 * top: the start, reading the largest module, and the first touch of each page of memory. */
static uint64_t nest_cpu(const struct bv_spec *guest)
{
	const struct bv_budget *memory = &guest->budgets[BV_MEMORY];
	uint64_t fuel = guest->budgets[BV_CPU].limit;
	uint64_t bytes = memory->guarantee == BV_UNSUPPORTED ? NEST_MEMORY_MAX : memory->limit;
	uint64_t fixed;

	bytes = bytes < NEST_MEMORY_MAX ? bytes : NEST_MEMORY_MAX;
	fixed = NEST_CPU_FLOOR_US + bytes / NEST_MEMORY_PER_US;
	if (fuel > (LIMIT_ANY - fixed) / NEST_CPU_PER_FUEL)
		return LIMIT_ANY;
	return fuel * NEST_CPU_PER_FUEL + fixed;
}

static void nest_budgets(const struct bv_spec *guest, bool fuel, struct bv_spec *ret)
{
	memcpy(ret->budgets, guest->budgets, sizeof(ret->budgets));
	ret->budgets[BV_TASKS] = (struct bv_budget){.limit = 1, .guarantee = BV_ENFORCED};
	ret->budgets[BV_NETWORK] = (struct bv_budget){.limit = 0, .guarantee = BV_ENFORCED};
	ret->budgets[BV_HANDLES].limit += NEST_HANDLES;
	if (fuel)
		ret->budgets[BV_CPU].limit = nest_cpu(guest);
	for (size_t i = 0; i < BV_DIMENSION_COUNT; i++)
		ret->budgets[i].evidence = 0;
}

void nest_make(const struct bv_spec *guest, bool fuel, struct nest *ret)
{
	memset(&ret->spec, 0, sizeof(ret->spec));
	ret->spec.workload.program = "/bvisor-wasm";
	ret->spec.workload.name = "bvisor-wasm";
	ret->spec.workload.directory = "/";
	nest_grants(guest, ret);
	nest_exposures(guest, ret);
	nest_outputs(guest, ret);
	ret->spec.temp_root = guest->temp_root;
	ret->spec.temp_path = guest->temp_path;
	for (uint32_t i = 0; i < WIRE_GUEST_FDS; i++)
		ret->descriptors[i] =
			(struct bv_descriptor){WIRE_GUEST_FD_ORDER + i, WIRE_GUEST_FD_ORDER + i};
	ret->spec.descriptors = ret->descriptors;
	ret->spec.descriptor_count = WIRE_GUEST_FDS;
	memcpy(ret->spec.streams, guest->streams, sizeof(ret->spec.streams));
	ret->spec.kill = guest->kill;
	nest_budgets(guest, fuel, &ret->spec);
}

enum bv_wasm_worker nest_wish(const struct bv_snapshot *snapshot)
{
	const struct bv_fact *fact = bv_snapshot_find(snapshot, FACT_WASM_WORKER);

	return fact ? (enum bv_wasm_worker)fact->value : BV_WASM_WORKER_REQUIRED;
}

bool nest_fuel(const struct bv_snapshot *snapshot)
{
	return bv_snapshot_value(snapshot, FACT_WASM_CPU) != 0;
}

/* Everything that the worker must be kept from. */
static const enum bv_kind walls[] = {BV_KIND_FILESYSTEM, BV_KIND_NETWORK_DENY_ALL,
	BV_KIND_SPAWN_DENY_NEW_TASKS, BV_KIND_ENVIRONMENT, BV_KIND_DESCRIPTORS_ONLY,
	BV_KIND_HOST_PROCESSES_HIDDEN, BV_KIND_IPC_PRIVATE, BV_KIND_KERNEL_SURFACE_BASELINE};

static bool nest_walled(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_answer *lack)
{
	for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++) {
		struct bv_answer answer = {0};

		if (spec)
			linux_classify(snapshot, spec, walls[i], &answer);
		else
			linux_profile(snapshot, walls[i], &answer);
		if (answer.verdict.enforcement == BV_ENFORCED)
			continue;
		snprintf(lack->missing, sizeof(lack->missing), "no second boundary: %.160s",
			answer.missing);
		memcpy(lack->remedy, answer.remedy, sizeof(lack->remedy));
		return false;
	}
	return true;
}

bool nest_stands(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_answer *ret_lack)
{
	const struct bv_fact *fact = bv_snapshot_find(snapshot, FACT_WASM_WORKER);
	struct bv_answer ignored = {0}, *lack = ret_lack ? ret_lack : &ignored;
	struct nest nest;

	if (fact && fact->state == BV_FACT_PRESENT) {
		if (!spec)
			return nest_walled(snapshot, NULL, lack);
		nest_make(spec, nest_fuel(snapshot), &nest);
		return nest_walled(snapshot, &nest.spec, lack);
	}
	if (!fact || fact->value != BV_WASM_WORKER_NONE) {
		snprintf(lack->missing, sizeof(lack->missing), "no second boundary: %s",
			fact ? fact->detail : "the worker was not looked for");
		snprintf(lack->remedy, sizeof(lack->remedy),
			"install bvisor-wasm beside bvisor-launcher, or name its path");
	}
	return false;
}

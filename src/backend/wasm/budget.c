/* SPDX-License-Identifier: MIT
 *
 * What holds each budget: the engine, and in a worker also the linux backend.
 */
#include <stdio.h>
#include <string.h>

#include "backend/linux/choice.h"
#include "nest.h"
#include "wasi/wasi.h"

#define WORKER_BYTES (UINT64_C(4) << 20)
#define ENGINE_BYTES (UINT64_C(2) << 20)
#define LIMIT_ANY ((UINT64_C(1) << 53) - 1)

static void held(struct bv_availability *ret, uint64_t capacity, const char *mechanism,
	const char *granularity)
{
	ret->enforcement = BV_ENFORCED;
	ret->capacity = capacity;
	ret->evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_RESOURCE_USAGE) |
		BV_EVIDENCE_BIT(BV_EVIDENCE_TERMINAL_OUTCOME);
	snprintf(ret->mechanism, sizeof(ret->mechanism), "%s", mechanism);
	snprintf(ret->granularity, sizeof(ret->granularity), "%s", granularity);
}

static void lacks(struct bv_availability *ret, const char *missing, const char *remedy)
{
	snprintf(ret->missing, sizeof(ret->missing), "%s", missing);
	snprintf(ret->remedy, sizeof(ret->remedy), "%s", remedy);
}

static void budget_storage(const struct bv_spec *spec, struct bv_availability *ret)
{
	if (!spec || !spec->output_count) {
		held(ret, LIMIT_ANY, "the boundary owns no writable storage", "exact");
		return;
	}
	held(ret, LIMIT_ANY,
		"blocks of the outputs, added up behind the guest's own calls, then the stop",
		"every 50 ms, and before the rest could be full");
	ret->enforcement = BV_MEDIATED;
	lacks(ret, "no kernel limit on the size of a directory is used here",
		"accept mediated, or leave the outputs out");
}

static void budget_in_process(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	switch (dimension) {
	case BV_WALL:
		held(ret, LIMIT_ANY, "a watcher's timer stops the engine", "1 ms");
		return;
	case BV_CPU:
		if (!bv_snapshot_has(snapshot, FACT_WASM_CLOCK)) {
			lacks(ret, "/proc/thread-self/schedstat is not there",
				"a kernel with CONFIG_SCHED_INFO, or count by fuel (--fuel)");
			return;
		}
		held(ret, LIMIT_ANY, "the thread's clock, read by a watcher that stops the engine",
			"10 ms");
		return;
	case BV_MEMORY:
		held(ret, LIMIT_ANY, "linear memory, counted by the engine", "1 page of 64 KiB");
		/* The module and its translation have a bound of their own, and come on top. */
		ret->enforcement = BV_MEDIATED;
		lacks(ret, "the module and the engine's own are not in the count",
			"a worker (--worker required)");
		return;
	case BV_STORAGE:
		budget_storage(spec, ret);
		return;
	case BV_TASKS:
	case BV_HANDLES:
	case BV_NETWORK:
		return;
	}
}

/* The linux backend's answer about the worker, with the engine's part in front. */
static void budget_in_worker(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	char outer[BV_MECHANISM_MAX];
	struct nest nest;

	if (spec)
		nest_make(spec, nest_fuel(snapshot), &nest);
	linux_budgets(snapshot, spec ? &nest.spec : NULL, dimension, ret);
	if (dimension != BV_MEMORY || ret->enforcement == BV_UNSUPPORTED)
		return;
	memcpy(outer, ret->mechanism, sizeof(outer));
	snprintf(ret->mechanism, sizeof(ret->mechanism), "linear memory; worker: %.120s", outer);
}

/* What engine and worker take before a guest has a byte. */
static void budget_too_small(const struct bv_spec *spec, bool worker, struct bv_availability *ret)
{
	const struct bv_budget *memory = spec ? &spec->budgets[BV_MEMORY] : NULL;

	if (!memory || memory->guarantee == BV_UNSUPPORTED ||
		memory->limit >= (worker ? WORKER_BYTES : ENGINE_BYTES))
		return;
	*ret = (struct bv_availability){.enforcement = BV_UNSUPPORTED};
	lacks(ret, worker ? "the engine and its worker take 4 MiB" : "the engine takes 2 MiB",
		worker ? "--memory 4M or more" : "--memory 2M or more");
}

void wasm_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	if (dimension == BV_TASKS)
		held(ret, LIMIT_ANY, "one task: the engine makes no other", "exact");
	else if (dimension == BV_NETWORK)
		held(ret, LIMIT_ANY, "no traffic is possible (network-deny-all)", "exact");
	else if (dimension == BV_HANDLES)
		held(ret, BV_WASI_HANDLES_MAX, "the guest's own table of descriptors", "exact");
	else if (dimension == BV_CPU && nest_fuel(snapshot))
		held(ret, LIMIT_ANY / NEST_FUEL_PER_US,
			"fuel, counted by the engine: 1000 units a microsecond",
			"exact: the same instruction every time");
	else if (nest_stands(snapshot, spec, NULL))
		budget_in_worker(snapshot, spec, dimension, ret);
	else
		budget_in_process(snapshot, spec, dimension, ret);
	if (dimension == BV_MEMORY)
		budget_too_small(spec, nest_stands(snapshot, spec, NULL), ret);
}

/* SPDX-License-Identifier: MIT
 *
 * The derived minimums are lower bounds that hold on any machine: a limit under one of them
 * contradicts the spec it stands in, and would only make the run fail later, and less clearly.
 */
#include "contract/budget.h"

#define WALL_US_MIN 1000
#define CPU_US_MIN 1000
/* The stack, page tables and first pages of any native program; for a module, one page of
 * linear memory. */
#define PROCESS_BYTES_MIN 1048576
#define WASM_BYTES_MIN 65536
/* One page: no file system in memory is smaller. */
#define TEMP_ROOT_BYTES_MIN 4096
#define OUTPUT_BYTES_MIN 4096
#define OVERLAY_BYTES_MIN 4096

static struct bv_minimum memory_minimum(const struct bv_spec *spec)
{
	if (spec->workload.kind == BV_WORKLOAD_WASM)
		return (struct bv_minimum){WASM_BYTES_MIN, "one page of linear memory"};
	return (struct bv_minimum){PROCESS_BYTES_MIN, "the least a process occupies"};
}

static struct bv_minimum handles_minimum(const struct bv_spec *spec)
{
	return (struct bv_minimum){3 + (uint64_t)spec->descriptor_count,
		spec->descriptor_count ? "the standard streams and the declared descriptors"
				       : "the standard streams"};
}

static struct bv_minimum storage_minimum(const struct bv_spec *spec)
{
	if (spec->temp_root)
		return (struct bv_minimum){TEMP_ROOT_BYTES_MIN, "one page of the temporary root"};
	if (spec->output_count)
		return (struct bv_minimum){OUTPUT_BYTES_MIN, "one page of output"};
	for (size_t i = 0; i < spec->exposure_count; i++) {
		if (spec->exposures[i].overlay)
			return (struct bv_minimum){OVERLAY_BYTES_MIN, "one page of an overlay"};
	}
	return (struct bv_minimum){0, "nothing is stored"};
}

static struct bv_minimum network_minimum(const struct bv_spec *spec)
{
	if (spec->network == BV_NETWORK_DENY_ALL)
		return (struct bv_minimum){0, "there is no network"};
	return (struct bv_minimum){1, "a network that carries no byte is deny-all"};
}

struct bv_minimum bv_budget_minimum(const struct bv_spec *spec, enum bv_dimension dimension)
{
	switch (dimension) {
	case BV_WALL:
		return (struct bv_minimum){WALL_US_MIN, "the least time a launch takes"};
	case BV_CPU:
		return (struct bv_minimum){CPU_US_MIN, "the least processor time a launch takes"};
	case BV_MEMORY:
		return memory_minimum(spec);
	case BV_TASKS:
		return (struct bv_minimum){1, "the workload itself is a task"};
	case BV_HANDLES:
		return handles_minimum(spec);
	case BV_STORAGE:
		return storage_minimum(spec);
	case BV_NETWORK:
		return network_minimum(spec);
	}
	return (struct bv_minimum){UINT64_MAX, "there is no such dimension"};
}

enum bv_budget_failure bv_budget_adjudicate(const struct bv_budget *asked, uint64_t minimum,
	const struct bv_availability *available)
{
	int waived = asked->guarantee == BV_UNSUPPORTED;

	if (asked->limit < minimum)
		return BV_BUDGET_BELOW_MINIMUM;
	if (!waived && asked->limit > available->capacity)
		return BV_BUDGET_CAPACITY;
	if (!waived && available->enforcement < asked->guarantee)
		return BV_BUDGET_GUARANTEE;
	if (asked->evidence & ~available->evidence)
		return BV_BUDGET_EVIDENCE;
	return BV_BUDGET_OK;
}

const char *bv_budget_failure_name(enum bv_budget_failure failure)
{
	switch (failure) {
	case BV_BUDGET_OK:
		return NULL;
	case BV_BUDGET_BELOW_MINIMUM:
		return "below-minimum";
	case BV_BUDGET_CAPACITY:
		return "capacity";
	case BV_BUDGET_GUARANTEE:
		return "guarantee";
	case BV_BUDGET_EVIDENCE:
		return "evidence";
	}
	return NULL;
}

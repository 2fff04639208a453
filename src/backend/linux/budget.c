/* SPDX-License-Identifier: MIT
 *
 * What holds each budget here, for this spec. With one process as the tree a per-process limit
 * is a tree limit; with descendants only a sample of the whole tree is, which is mediated.
 */
#include <stdarg.h>
#include <stdio.h>

#include "choice.h"

#define LIMIT_ANY ((UINT64_C(1) << 53) - 1)
#define HANDLES_MAX 1048576 /* fs.nr_open's default: setrlimit refuses more */

static const uint32_t MEASURED =
	BV_EVIDENCE_BIT(BV_EVIDENCE_RESOURCE_USAGE) | BV_EVIDENCE_BIT(BV_EVIDENCE_TERMINAL_OUTCOME);

static void held(struct bv_availability *ret, enum bv_enforcement enforcement, uint64_t capacity,
	const char *mechanism, const char *granularity)
{
	ret->enforcement = enforcement;
	ret->capacity = capacity;
	ret->evidence = MEASURED;
	snprintf(ret->mechanism, sizeof(ret->mechanism), "%s", mechanism);
	snprintf(ret->granularity, sizeof(ret->granularity), "%s", granularity);
}

static void lacks(struct bv_availability *ret, const char *missing, const char *remedy)
{
	snprintf(ret->missing, sizeof(ret->missing), "%s", missing);
	snprintf(ret->remedy, sizeof(ret->remedy), "%s", remedy);
}

static const char SAMPLED[] = "sampled every 10 ms";
static const char NO_TREE_LIMIT[] = "no kernel limit over a tree of processes is used here";
static const char NO_TREE_REMEDY[] =
	"--spawn deny or threads, where one process is the tree; or accept mediated";

static const char LEAF_REMEDY[] =
	"a delegated cgroup v2 whose controllers are handed on; --spawn deny or threads, where one "
	"process is the tree; or accept mediated";

static bool watchable(const struct bv_snapshot *snapshot, struct bv_availability *ret)
{
	if (bv_snapshot_has(snapshot, FACT_CHILDREN))
		return true;
	lacks(ret, "/proc/<pid>/task/<tid>/children is not there, so a tree cannot be sampled",
		"a kernel with CONFIG_PROC_CHILDREN, or --spawn deny or threads");
	return false;
}

static void budget_wall(const struct choice *choice, struct bv_availability *ret)
{
	if (choice->containment == WIRE_CONTAIN_SUBREAPER) {
		held(ret, BV_MEDIATED, LIMIT_ANY, "launcher's timer, then the kill", "1 ms");
		lacks(ret, "the tree cannot be killed in one step",
			"a delegated cgroup v2 or user namespaces");
	} else {
		held(ret, BV_ENFORCED, LIMIT_ANY, "launcher's timer, then the kill", "1 ms");
	}
}

static void budget_cpu(const struct bv_snapshot *snapshot, const struct choice *choice, bool single,
	struct bv_availability *ret)
{
	if (choice->containment == WIRE_CONTAIN_CGROUP && !single &&
		bv_snapshot_has(snapshot, FACT_CGROUP_CPU)) {
		held(ret, BV_ENFORCED, LIMIT_ANY, "the leaf's cpu.stat, then cgroup.kill", "1 ms");
	} else if (single) {
		held(ret, BV_ENFORCED, LIMIT_ANY, "the process's clock, RLIMIT_CPU behind it",
			"1 ms; the kernel's own limit 2 s later");
	} else if (watchable(snapshot, ret)) {
		held(ret, BV_MEDIATED, LIMIT_ANY, "the tree's processor time in /proc", SAMPLED);
		lacks(ret, NO_TREE_LIMIT, LEAF_REMEDY);
	}
}

static void budget_memory(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum memory_hold hold, struct bv_availability *ret)
{
	if (hold == MEMORY_CGROUP || (!spec && bv_snapshot_has(snapshot, FACT_CGROUP_MEMORY))) {
		held(ret, BV_ENFORCED, LIMIT_ANY,
			"cgroup memory.max, no swap, the leaf dies as one", "1 page");
	} else if (!spec || hold == MEMORY_ADDRESS_SPACE) {
		held(ret, BV_ENFORCED, LIMIT_ANY,
			"RLIMIT_AS (all that could become resident), no memfd", "1 page");
	} else if (hold == MEMORY_DATA) {
		held(ret, BV_MEDIATED, LIMIT_ANY,
			"RLIMIT_DATA and RLIMIT_STACK, no memfd; the resident set watched",
			SAMPLED);
		lacks(ret, "pages of mapped files are only watched",
			"--memory LIMIT,enforced bounds the whole address space");
	} else if (choice_single(spec) || watchable(snapshot, ret)) {
		held(ret, BV_MEDIATED, LIMIT_ANY, "the tree's resident size in /proc", SAMPLED);
		lacks(ret, NO_TREE_LIMIT, LEAF_REMEDY);
	}
}

static void budget_tasks(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	const struct choice *choice, struct bv_availability *ret)
{
	if (choice->pids || (!spec && bv_snapshot_has(snapshot, FACT_CGROUP_PIDS))) {
		held(ret, BV_ENFORCED, LIMIT_ANY, "cgroup pids.max", "exact");
	} else if (!spec || spec->spawn == BV_SPAWN_DENY_NEW_TASKS) {
		held(ret, BV_ENFORCED, LIMIT_ANY, "one task, by seccomp", "exact");
	} else if (choice_single(spec) || watchable(snapshot, ret)) {
		held(ret, BV_MEDIATED, LIMIT_ANY, "tasks counted in /proc, then the kill", SAMPLED);
		lacks(ret, "no kernel limit on tasks is used here",
			"a delegated cgroup v2 whose controllers are handed on; --spawn deny; or "
			"accept mediated");
	}
}

static void budget_handles(const struct bv_snapshot *snapshot, bool single,
	struct bv_availability *ret)
{
	if (single) {
		held(ret, BV_ENFORCED, HANDLES_MAX, "RLIMIT_NOFILE", "exact");
	} else if (watchable(snapshot, ret)) {
		held(ret, BV_MEDIATED, HANDLES_MAX,
			"RLIMIT_NOFILE each, the tree's descriptors in /proc", SAMPLED);
		lacks(ret, NO_TREE_LIMIT, NO_TREE_REMEDY);
	}
}

static void budget_storage(const struct bv_spec *spec, const struct choice *choice,
	struct bv_availability *ret)
{
	bool directory = spec && spec->temp_root && !choice->view;

	if (directory) {
		held(ret, BV_MEDIATED, LIMIT_ANY,
			"blocks of the temporary directory and of outputs added up, then the kill",
			"sampled every 50 ms");
		lacks(ret, "no kernel limit on the size of a directory is used here",
			"accept mediated, or what a view needs: root, or user namespaces");
	} else if (spec && spec->output_count && !choice->outputs_stored) {
		held(ret, BV_MEDIATED, LIMIT_ANY,
			choice->store ? "half is the size of a tmpfs, half for the blocks of the "
					"outputs, added up, then the kill"
				      : "blocks of the outputs added up, then the kill",
			"sampled every 50 ms");
		lacks(ret, "no kernel limit on the size of a directory on disk is used here",
			choice->view ? "--storage LIMIT,enforced keeps the outputs in memory until "
				       "the end, in a tmpfs of that size"
				     : "a view (root, or user namespaces), and --storage "
				       "LIMIT,enforced; or accept mediated");
	} else if (choice->store) {
		held(ret, BV_ENFORCED, LIMIT_ANY,
			choice->outputs_stored
				? "the size of the tmpfs that all of it is in, outputs as well"
				: "the size of the tmpfs that all of it is in",
			"1 page");
	} else {
		held(ret, BV_ENFORCED, LIMIT_ANY, "the boundary owns no writable storage", "exact");
	}
}

static void budget_network(const struct bv_spec *spec, struct bv_availability *ret)
{
	if (!spec || spec->network == BV_NETWORK_DENY_ALL)
		held(ret, BV_ENFORCED, LIMIT_ANY, "no traffic is possible (network-deny-all)",
			"exact");
	else
		lacks(ret, "traffic is not counted",
			"--net deny, or waive it by name: --net-bytes 0,none");
}

void linux_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	struct choice choice = choice_make(snapshot, spec);
	bool single = !spec || choice_single(spec);

	switch (dimension) {
	case BV_WALL:
		budget_wall(&choice, ret);
		return;
	case BV_CPU:
		budget_cpu(snapshot, &choice, single, ret);
		return;
	case BV_MEMORY:
		budget_memory(snapshot, spec, choice.memory, ret);
		return;
	case BV_TASKS:
		budget_tasks(snapshot, spec, &choice, ret);
		return;
	case BV_HANDLES:
		budget_handles(snapshot, single, ret);
		return;
	case BV_STORAGE:
		budget_storage(spec, &choice, ret);
		return;
	case BV_NETWORK:
		budget_network(spec, ret);
		return;
	}
}

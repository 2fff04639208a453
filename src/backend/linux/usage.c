/* SPDX-License-Identifier: MIT
 *
 * What a run used of each budget: the measured peak or total, who measured it and how finely.
 * What was only sampled says so, and so does what is known of the start alone.
 */
#include "run.h"

static void usage_set(struct execution *run, enum bv_dimension dimension, uint64_t measured,
	const char *source, const char *granularity)
{
	struct bv_usage usage = {.known = 1,
		.measured = measured,
		.source = source,
		.granularity = granularity};

	bv_body_usage(run->body, dimension, &usage);
}

static const char sampled[] = "sampled every 10 ms";

/* The kernel counts pages for each processor apart since Linux 6.2, and adds them up in batches.
 * A sample may have come too late for a process that wait4 still tells of. */
static void usage_memory(struct execution *run)
{
	const struct wire_done *done = &run->result;
	uint64_t sampled_bytes = done->sampled_memory_bytes > done->memory_bytes
		? done->sampled_memory_bytes
		: done->memory_bytes;

	if (done->leaf_memory_bytes)
		usage_set(run, BV_MEMORY, done->leaf_memory_bytes, "cgroup memory.peak", "exact");
	else if (choice_single(run->spec))
		usage_set(run, BV_MEMORY, done->memory_bytes, "wait4 (largest resident set)",
			"some pages for each processor");
	else if (done->samples)
		usage_set(run, BV_MEMORY, sampled_bytes, "/proc of the tree, wait4", sampled);
	else
		usage_set(run, BV_MEMORY, done->memory_bytes, "wait4 (largest resident set)",
			"of one process; the run was too short to sample the tree");
}

static void usage_tasks(struct execution *run)
{
	const struct wire_done *done = &run->result;

	if (run->spec->spawn == BV_SPAWN_DENY_NEW_TASKS)
		usage_set(run, BV_TASKS, 1, "seccomp: no second task", "exact");
	else if (done->leaf_tasks_count)
		usage_set(run, BV_TASKS, done->leaf_tasks_count, "cgroup pids.peak", "exact");
	else if (done->sampled_tasks_count)
		usage_set(run, BV_TASKS, done->sampled_tasks_count, "/proc of the tree", sampled);
	else
		usage_set(run, BV_TASKS, 1, "the first task",
			"at least; the run was too short to sample");
}

static bool usage_sampled_handles(const struct execution *run)
{
	return run->result.sampled_handles_count > 0;
}

static void usage_handles(struct execution *run)
{
	if (usage_sampled_handles(run))
		usage_set(run, BV_HANDLES, run->result.sampled_handles_count, "/proc of the tree",
			sampled);
	else
		usage_set(run, BV_HANDLES, run->attestation.descriptor_count,
			"/proc, before the program started", "at the start only");
}

/* Without a leaf a tree's is only sampled: what a namespace's init reaped goes with it, and of a
 * child whose parent ignores its end (SA_NOCLDWAIT, wait(2)) the kernel tells nobody. */
static void usage_cpu(struct execution *run)
{
	uint64_t used_us = run->result.cpu_us;

	if (run->leaf >= 0)
		usage_set(run, BV_CPU, used_us, "cgroup cpu.stat", "1 us");
	else if (!choice_single(run->spec))
		usage_set(run, BV_CPU, used_us, "wait4 and /proc of the tree",
			"at least: sampled every 10 ms, in ticks; not what no parent waits for");
	else
		usage_set(run, BV_CPU, used_us, "wait4 of the one process", "1 us");
}

/* What of the use was only sampled: peaks between two samples are missed. */
static const char *usage_missed(const struct execution *run)
{
	bool memory = choice_single(run->spec) || run->result.leaf_memory_bytes;
	bool tasks = run->spec->spawn == BV_SPAWN_DENY_NEW_TASKS || run->result.leaf_tasks_count;

	if (!choice_single(run->spec) && run->leaf < 0)
		return "peaks between two samples, and the time of processes that no parent waits "
		       "for";
	if (!memory || !tasks)
		return "peaks between two samples";
	return usage_sampled_handles(run) ? "open handles between two samples"
					  : "open handles after the start";
}

static void usage_cover(struct execution *run)
{
	bv_body_cover(run->body, BV_EVIDENCE_RESOURCE_USAGE,
		run->done ? BV_COVERAGE_PARTIAL : BV_COVERAGE_NONE,
		run->leaf >= 0 ? "launcher (wait4, cgroup, /proc)" : "launcher (wait4, /proc)",
		run->done ? usage_missed(run) : "the launcher died");
}

/* Of both, what each had at its most: together no less than there ever was. */
static void usage_outputs(struct execution *run)
{
	bool directory = run->outputs.beside >= 0;

	if (!outputs_measure(&run->outputs))
		bv_body_finding(run->body, "storage-unmeasured",
			"some directory of the boundary's storage could not be looked into, so its "
			"blocks are not in what was measured");
	if (directory)
		usage_set(run, BV_STORAGE, run->outputs.bytes,
			"blocks of the named files in the temporary directory and in outputs",
			"sampled every 50 ms, and after the end");
	else if (!run->choice.store)
		usage_set(run, BV_STORAGE, run->outputs.bytes,
			"blocks of the named files in the outputs",
			"sampled every 50 ms, and after the end");
	else if (run->result.storage_known)
		usage_set(run, BV_STORAGE, run->outputs.bytes + run->result.storage_bytes,
			"statfs of the boundary's tmpfs, and blocks of the named files in the "
			"outputs",
			"sampled every 50 ms, and at the end");
}

void usage_fill(struct execution *run)
{
	usage_cover(run);
	if (!run->done)
		return;
	usage_set(run, BV_WALL, run->waited_us + run->result.wall_us,
		"monotonic clock, from opening the streams on", "1 us");
	usage_cpu(run);
	if (!run->started)
		return;
	usage_memory(run);
	usage_tasks(run);
	usage_handles(run);
	if ((run->outputs.count && !run->choice.outputs_stored) || run->outputs.beside >= 0)
		usage_outputs(run);
	else if (run->result.storage_known)
		usage_set(run, BV_STORAGE, run->result.storage_bytes,
			"statfs of the boundary's tmpfs", "the end, and sampled every 10 ms");
	else if (!run->choice.store)
		usage_set(run, BV_STORAGE, 0, "the boundary owns no writable storage", "exact");
	if (run->spec->network == BV_NETWORK_DENY_ALL)
		usage_set(run, BV_NETWORK, 0, "no traffic is possible", "exact");
}

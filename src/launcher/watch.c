/* SPDX-License-Identifier: MIT
 *
 * Watching budgets. Wall time is a deadline. Processor time of one process is read from its
 * clock, and next looked at when it could be used up at the earliest: the rest, spread over all
 * processors. What has no such clock is sampled. The watch is what `mediated` means; where the
 * kernel holds a limit itself, the watch only measures or is not on at all.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "launcher/launcher.h"

#define WATCH_SAMPLE_US 10000
#define WATCH_CPU_MIN_US 1000

/* Whether the kernel keeps the tree's processor time in one place. */
static bool watch_has_clock(const struct wire_frame *frame)
{
	return frame->containment == WIRE_CONTAIN_PROCESS ||
		frame->containment == WIRE_CONTAIN_CGROUP;
}

static uint64_t watch_after(uint64_t from, uint64_t us)
{
	return us > UINT64_MAX - from ? UINT64_MAX : from + us;
}

void watch_begin(struct run *run, unsigned int cpus)
{
	const struct wire_frame *frame = &run->frame;

	run->next_cpu_us = UINT64_MAX;
	run->next_sample_us = run->begun_us + WATCH_SAMPLE_US;
	if (frame->cpu_us != UINT64_MAX && watch_has_clock(frame))
		run->next_cpu_us = watch_after(run->begun_us, frame->cpu_us / cpus);
}

uint64_t watch_next(const struct run *run)
{
	uint64_t next = watch_after(run->begun_us, run->frame.wall_us);

	if (run->next_cpu_us < next)
		next = run->next_cpu_us;
	return run->next_sample_us < next ? run->next_sample_us : next;
}

static bool watch_ended(struct run *run, enum wire_ended ended)
{
	run->done.ended = ended;
	return true;
}

/* A leaf's own account, or a process's clock by its pid (clock_getcpuclockid(3)). False if it has
 * ended: its exit is the next event. */
static bool watch_clock(const struct run *run, uint64_t *ret_us)
{
	clockid_t clock = (clockid_t)((~(unsigned int)run->pid << 3) | 2);
	struct timespec used;

	if (run->frame.containment == WIRE_CONTAIN_CGROUP)
		return leaf_cpu(run_slot(run, WIRE_ROLE_CGROUP), ret_us);
	if (clock_gettime(clock, &used))
		return false;
	*ret_us = (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
	return true;
}

static bool watch_cpu(const struct launcher *launcher, struct run *run, uint64_t now)
{
	uint64_t used_us, wait_us;

	run->next_cpu_us = watch_after(now, WATCH_CPU_MIN_US);
	if (!watch_clock(run, &used_us))
		return false;
	if (used_us >= run->frame.cpu_us)
		return watch_ended(run, WIRE_ENDED_CPU);
	wait_us = (run->frame.cpu_us - used_us) / launcher->cpus;
	run->next_cpu_us =
		watch_after(now, wait_us > WATCH_CPU_MIN_US ? wait_us : WATCH_CPU_MIN_US);
	return false;
}

static void watch_peak(uint64_t *peak, uint64_t value)
{
	if (value > *peak)
		*peak = value;
}

static bool watch_sample(const struct launcher *launcher, struct run *run, uint64_t now)
{
	const struct wire_frame *frame = &run->frame;
	struct tree_totals totals;

	storage_look(run);
	census_look(launcher, run);
	tree_reap_orphans(launcher, run);
	tree_measure(launcher, run, false, &totals);
	run->next_sample_us = now + WATCH_SAMPLE_US;
	run->done.samples++;
	watch_peak(&run->sampled_cpu_us, totals.cpu_us);
	watch_peak(&run->done.sampled_memory_bytes, totals.memory_bytes);
	watch_peak(&run->done.sampled_tasks_count, totals.tasks_count);
	watch_peak(&run->done.sampled_handles_count, totals.handles_count);
	if (totals.blind)
		return watch_ended(run, WIRE_ENDED_BLIND);
	if (totals.cpu_us >= frame->cpu_us)
		return watch_ended(run, WIRE_ENDED_CPU);
	if (totals.tasks_count > frame->tasks_count)
		return watch_ended(run, WIRE_ENDED_TASKS);
	if (totals.handles_count > frame->handles_count)
		return watch_ended(run, WIRE_ENDED_HANDLES);
	if (totals.memory_bytes <= frame->memory_bytes)
		return false;
	/* Pages shared after a fork were counted for each process: ask for the true share. */
	tree_measure(launcher, run, true, &totals);
	return totals.proportional_bytes > frame->memory_bytes &&
		watch_ended(run, WIRE_ENDED_MEMORY);
}

bool watch_look(const struct launcher *launcher, struct run *run)
{
	uint64_t now = clock_us();

	if (now >= watch_after(run->begun_us, run->frame.wall_us))
		return watch_ended(run, WIRE_ENDED_WALL);
	if (now >= run->next_cpu_us && watch_cpu(launcher, run, now))
		return true;
	if (now < run->next_sample_us)
		return false;
	if (launcher->state == STATE_RUNNING)
		return watch_sample(launcher, run, now);
	/* Nothing to measure yet, and the child is not to be looked into during its set-up. */
	run->next_sample_us = now + WATCH_SAMPLE_US;
	return false;
}

/* SPDX-License-Identifier: MIT
 *
 * The census: every process of the run that was seen, when it was first seen or began, and when it
 * was seen to be gone. A look lists the tree in /proc; an orphan that comes to the launcher and
 * has ended stays there to be seen until a look, after which it is reaped. What begins and ends
 * between two looks and is reaped by a parent of its own is not seen.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "launcher/launcher.h"

static uint64_t census_boot_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void census_begin(struct run *run)
{
	struct census *census = &run->census;

	census->count = 0;
	census->missed = 0;
	census->begun_boot_us = census_boot_us();
	census->wanted = run->frame.flags & WIRE_FLAG_PROCESSES;
}

/* A number is used again; with the time at which it began it is one process. */
static struct census_row *census_find(struct census *census, pid_t pid, uint64_t ticks)
{
	for (uint32_t i = 0; i < census->count; i++)
		if (census->rows[i].process.pid == (uint32_t)pid && census->rows[i].ticks == ticks)
			return &census->rows[i];
	return NULL;
}

/* Ticks are coarse: never before the run, nor after now. */
static uint64_t census_began(const struct run *run, uint64_t ticks, uint64_t now)
{
	uint64_t tick_us = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t boot_us = ticks * tick_us, seen_us = now - run->begun_us;

	if (boot_us <= run->census.begun_boot_us)
		return 0;
	boot_us -= run->census.begun_boot_us;
	return boot_us < seen_us ? boot_us : seen_us;
}

static void census_note(const struct launcher *launcher, struct run *run, pid_t pid, uint64_t now)
{
	struct census *census = &run->census;
	struct census_row *row;
	struct tree_stat stat;

	if (!tree_stat(launcher->proc, pid, &stat) || (run->init && pid == run->proc_init))
		return;
	row = census_find(census, pid, stat.began_ticks);
	if (!row) {
		if (census->count == CENSUS_MAX) {
			census->missed++;
			return;
		}
		row = &census->rows[census->count++];
		*row = (struct census_row){.ticks = stat.began_ticks};
		row->process.pid = (uint32_t)pid;
		row->process.began_us = census_began(run, stat.began_ticks, now);
		row->process.parent = (uint32_t)stat.parent;
	}
	/* It may have executed another program since, and its end may be seen before it is reaped.
	 */
	memcpy(row->process.name, stat.name, sizeof(row->process.name));
	row->looked_us = now;
	if (stat.state == 'Z' && !row->process.ended) {
		row->process.ended = 1;
		row->process.ended_us = now - run->begun_us;
	}
}

void census_look(const struct launcher *launcher, struct run *run)
{
	struct census *census = &run->census;
	uint64_t now = clock_us();
	const pid_t *pids;
	bool full;
	size_t count;

	if (!census->wanted || !run->pid)
		return;
	count = tree_pids(launcher, run, &pids, &full);
	census->missed += full;
	for (size_t i = 0; i < count; i++)
		census_note(launcher, run, pids[i], now);
	for (uint32_t i = 0; i < census->count; i++) {
		struct census_row *row = &census->rows[i];

		if (row->looked_us == now || row->process.ended)
			continue;
		row->process.ended = 1;
		row->process.ended_us = now - run->begun_us;
	}
}

void census_see(const struct launcher *launcher, struct run *run, pid_t pid)
{
	if (run->census.wanted)
		census_note(launcher, run, pid, clock_us());
}

/* The first process, whose end is an event of its own. */
static void census_first(struct run *run)
{
	for (uint32_t i = 0; i < run->census.count; i++) {
		struct wire_process *process = &run->census.rows[i].process;

		if (process->pid != (uint32_t)run->proc_pid || run->done.ended != WIRE_ENDED_SELF)
			continue;
		process->ended = run->done.reaped;
		process->ended_us = run->done.reaped ? run->done.wall_us : 0;
		return;
	}
}

bool census_send(int host, struct run *run)
{
	struct census *census = &run->census;
	struct wire_message message = {.type = WIRE_PROCESSES};
	struct wire_census *part = &message.body.census;

	if (!census->wanted)
		return true;
	census_first(run);
	for (uint32_t at = 0; at < census->count || at == 0; at += WIRE_PROCESSES_MAX) {
		part->count = census->count - at < WIRE_PROCESSES_MAX ? census->count - at
								      : WIRE_PROCESSES_MAX;
		part->missed = at ? 0 : census->missed;
		for (uint32_t i = 0; i < part->count; i++)
			part->processes[i] = census->rows[at + i].process;
		if (!channel_send(host, &message, -1))
			return false;
	}
	return true;
}

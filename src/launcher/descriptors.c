/* SPDX-License-Identifier: MIT
 *
 * The child's descriptors: the three streams and the declared ones at their numbers, and nothing
 * else. What set-up itself still needs is moved above all of them, close-on-exec, and is gone
 * when the program starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "launcher/launcher.h"

#define PRIVATE_MAX 4 /* program, ruleset, report, go */

int run_slot(const struct run *run, enum wire_role role)
{
	for (size_t i = 0; i < run->fd_count; i++)
		if (run->frame.slots[i].role == role)
			return run->fds[i];
	errno = EBADF;
	return -1;
}

static bool descriptors_kept(enum wire_role role)
{
	return role == WIRE_ROLE_STREAM || role == WIRE_ROLE_INHERITED;
}

/* The first number above everything that is open or wanted. */
static int descriptors_floor(const struct run *run)
{
	int floor = run->report > run->go ? run->report : run->go;

	for (size_t i = 0; i < run->fd_count; i++) {
		int target = (int)run->frame.slots[i].target;

		if (run->fds[i] > floor)
			floor = run->fds[i];
		if (descriptors_kept(run->frame.slots[i].role) && target > floor)
			floor = target;
	}
	return floor + 1;
}

static int descriptors_order(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Closes the complement of the sorted list. */
static int descriptors_close_others(int *keep, size_t count)
{
	unsigned int from = 0;

	for (size_t i = 0; i < count; i++) {
		if ((unsigned int)keep[i] > from && close_range(from, (unsigned int)keep[i] - 1, 0))
			return -1;
		from = (unsigned int)keep[i] + 1;
	}
	return close_range(from, ~0U, 0);
}

static int descriptors_lift(int *fd, int floor)
{
	int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, floor);

	if (lifted < 0)
		return -1;
	*fd = lifted;
	return lifted;
}

/* Writes to its copy of the run: this process's own memory, after the clone. */
int child_descriptors(const struct run *const_run)
{
	struct run *run = (struct run *)(uintptr_t)const_run;
	int keep[WIRE_SLOTS_MAX + PRIVATE_MAX];
	int floor = descriptors_floor(run);
	size_t kept = 0;

	/* Lift everything first, so that no target overwrites a source. */
	for (size_t i = 0; i < run->fd_count; i++)
		if (descriptors_lift(&run->fds[i], floor) < 0)
			return -1;
	if (descriptors_lift(&run->report, floor) < 0 || descriptors_lift(&run->go, floor) < 0)
		return -1;
	keep[kept++] = run->report;
	keep[kept++] = run->go;
	for (size_t i = 0; i < run->fd_count; i++) {
		const struct wire_slot *slot = &run->frame.slots[i];

		if (slot->role == WIRE_ROLE_PROGRAM || slot->role == WIRE_ROLE_RULESET)
			keep[kept++] = run->fds[i];
		if (!descriptors_kept(slot->role))
			continue;
		if (dup2(run->fds[i], (int)slot->target) < 0)
			return -1;
		keep[kept++] = (int)slot->target;
	}
	qsort(keep, kept, sizeof(keep[0]), descriptors_order);
	return descriptors_close_others(keep, kept);
}

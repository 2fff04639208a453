/* SPDX-License-Identifier: MIT
 *
 * The child's descriptors: the three streams and the declared ones at their numbers, and nothing
 * else. What set-up itself still needs is moved above all of them, close-on-exec, and is gone
 * when the program starts.
 */
#include <errno.h>
#include <fcntl.h>

#include "launcher/launcher.h"
#include "sys/raw.h"

#define PRIVATE_MAX 2 /* the channel and the host's root; the rest are slots */

static bool descriptors_kept(enum wire_role role)
{
	return role == WIRE_ROLE_STREAM || role == WIRE_ROLE_INHERITED;
}

/* The first number above everything that is open or wanted. */
static int descriptors_floor(const struct child *child)
{
	int floor = child->channel > child->host ? child->channel : child->host;

	for (size_t i = 0; i < child->run->fd_count; i++) {
		const struct wire_slot *slot = &child->run->frame.slots[i];

		if (child->fds[i] > floor)
			floor = child->fds[i];
		if (descriptors_kept(slot->role) && (int)slot->target > floor)
			floor = (int)slot->target;
	}
	return floor + 1;
}

static void descriptors_insert(int *keep, size_t *count, int fd)
{
	size_t at = (*count)++;

	for (; at > 0 && keep[at - 1] > fd; at--)
		keep[at] = keep[at - 1];
	keep[at] = fd;
}

/* Closes the complement of the sorted list. */
static long descriptors_close_others(const int *keep, size_t count)
{
	unsigned int from = 0;
	long code = 0;

	for (size_t i = 0; code >= 0 && i < count; i++) {
		if ((unsigned int)keep[i] > from)
			code = raw_call3(SYS_close_range, from, keep[i] - 1, 0);
		from = (unsigned int)keep[i] + 1;
	}
	return code < 0 ? code : raw_call3(SYS_close_range, from, ~0U, 0);
}

static long descriptors_lift(int *fd, int floor)
{
	long lifted = raw_call3(SYS_fcntl, *fd, F_DUPFD_CLOEXEC, floor);

	if (lifted >= 0)
		*fd = (int)lifted;
	return lifted;
}

long child_descriptors(struct child *child)
{
	const struct run *run = child->run;
	int keep[WIRE_SLOTS_MAX + PRIVATE_MAX];
	int floor = descriptors_floor(child);
	size_t kept = 0;
	bool host = run->frame.canary.len;
	long code = descriptors_lift(&child->channel, floor);

	if (code >= 0 && host)
		code = descriptors_lift(&child->host, floor);
	/* Lift everything first, so that no target overwrites a source. */
	for (size_t i = 0; code >= 0 && i < run->fd_count; i++)
		code = descriptors_lift(&child->fds[i], floor);
	if (code < 0)
		return code;
	descriptors_insert(keep, &kept, child->channel);
	if (host)
		descriptors_insert(keep, &kept, child->host);
	for (size_t i = 0; i < run->fd_count; i++) {
		const struct wire_slot *slot = &run->frame.slots[i];

		if (slot->role == WIRE_ROLE_PROGRAM || slot->role == WIRE_ROLE_RULESET ||
			slot->role == WIRE_ROLE_USERNS)
			descriptors_insert(keep, &kept, child->fds[i]);
		if (!descriptors_kept(slot->role))
			continue;
		code = raw_call3(SYS_dup3, child->fds[i], slot->target, 0);
		if (code < 0)
			return code;
		descriptors_insert(keep, &kept, (int)slot->target);
	}
	return descriptors_close_others(keep, kept);
}

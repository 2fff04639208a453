/* SPDX-License-Identifier: MIT
 *
 * The read-back of a private view: what the kernel lists of the child's mounts
 * (/proc/<pid>/mountinfo, see proc(5)) against the frame's table. Every planned mount is there
 * once, every other one lies in a tree that was bound, and each is at least as restricted as the
 * plan says; so nothing of the host's tree is left but what was planned.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "launcher/launcher.h"

#define ATTEST_VIEW_BYTES 524288

/* Spaces, tabs, newlines and backslashes of a path are written as three octal digits. */
static void attest_unescape(char *path)
{
	char *to = path;

	for (const char *at = path; *at; to++) {
		if (at[0] == '\\' && at[1] && at[2] && at[3]) {
			*to = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
			at += 4;
		} else {
			*to = *at++;
		}
	}
	*to = 0;
}

static bool attest_option(const char *options, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, len) == 0 && (at[len] == 0 || at[len] == ','))
			return true;
	}
	return false;
}

static bool attest_restricted(const char *options, uint32_t flags)
{
	return attest_option(options, "nosuid") &&
		(!(flags & WIRE_MOUNT_READ_ONLY) || attest_option(options, "ro")) &&
		(!(flags & WIRE_MOUNT_NO_EXEC) || attest_option(options, "noexec")) &&
		(!(flags & WIRE_MOUNT_NO_DEV) || attest_option(options, "nodev")) &&
		(!(flags & WIRE_MOUNT_MAPPED) || attest_option(options, "idmapped"));
}

struct attest_mount {
	char *point;
	const char *options; /* the mount's own */
	const char *type;
};

/* Fields 5 and 6 of a line, and the one behind the hyphen. */
static bool attest_line(char *line, struct attest_mount *ret)
{
	char *save = NULL, *field = strtok_r(line, " ", &save);

	for (int i = 0; field && i < 4; i++)
		field = strtok_r(NULL, " ", &save);
	ret->point = field;
	ret->options = field = field ? strtok_r(NULL, " ", &save) : NULL;
	while (field && strcmp(field, "-") != 0)
		field = strtok_r(NULL, " ", &save);
	ret->type = field ? strtok_r(NULL, " ", &save) : NULL;
	if (!ret->type)
		return false;
	attest_unescape(ret->point);
	return true;
}

/* What is written is kept from the host by what it is written to. */
static bool attest_type(const char *type, const struct wire_mount *mount)
{
	switch (mount->kind) {
	case WIRE_MOUNT_OVERLAY:
		return strcmp(type, "overlay") == 0;
	case WIRE_MOUNT_TMPFS:
	case WIRE_MOUNT_STORED:
		return strcmp(type, "tmpfs") == 0;
	case WIRE_MOUNT_PROC:
		return strcmp(type, "proc") == 0;
	case WIRE_MOUNT_BIND:
	case WIRE_MOUNT_SYMLINK:
	case WIRE_MOUNT_DIRECTORY:
	case WIRE_MOUNT_STORE:
		return true;
	}
	return false;
}

static bool attest_is_mount(const struct wire_mount *mount)
{
	return mount->kind != WIRE_MOUNT_SYMLINK && mount->kind != WIRE_MOUNT_DIRECTORY &&
		mount->kind != WIRE_MOUNT_STORE;
}

/* What was mounted in a tree came along with it when it was bound, and is restricted like it: such
 * a mount lies beneath the point of a bind, the innermost that holds it. The table is in the order
 * of its paths, so the last that does is it, of those that were seen before it: the kernel lists
 * mounts in the order in which they were made, and what came along was there before a later one
 * covered it. Where that has the same point there are two there, and one of them is this one. */
static bool attest_came_along(struct bv_bytes table, uint32_t seen, const char *point,
	uint32_t *ret_flags)
{
	struct wire_reader reader = wire_reader(table);
	bool beneath = false;
	struct wire_mount mount;

	while (seen && wire_mount_next(&reader, &mount)) {
		if (!attest_is_mount(&mount))
			continue;
		seen--;
		if (!wire_path_within(point, mount.destination))
			continue;
		*ret_flags = mount.flags;
		if (strcmp(point, mount.destination) != 0)
			beneath = mount.kind == WIRE_MOUNT_BIND;
	}
	return beneath;
}

/* The planned mount that is seen, or false. Both lists are nearly in the same order, so the search
 * goes on where the last one ended. */
static bool attest_next(struct wire_reader *reader, const struct attest_mount *seen)
{
	struct wire_reader ahead = *reader;
	struct wire_mount mount;

	while (wire_mount_next(&ahead, &mount)) {
		if (!attest_is_mount(&mount))
			continue;
		if (strcmp(mount.destination, seen->point) != 0 ||
			!attest_type(seen->type, &mount) ||
			!attest_restricted(seen->options, mount.flags))
			return false;
		*reader = ahead;
		return true;
	}
	return false;
}

static bool attest_mounts(char *text, struct bv_bytes table, uint32_t *ret_seen)
{
	struct wire_reader reader = wire_reader(table);
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct attest_mount seen;
		uint32_t flags = 0;

		if (!attest_line(line, &seen))
			return false;
		if (attest_next(&reader, &seen))
			(*ret_seen)++;
		else if (!attest_came_along(table, *ret_seen, seen.point, &flags) ||
			!attest_restricted(seen.options, flags))
			return false;
	}
	return true;
}

static uint32_t attest_planned_mounts(struct bv_bytes table)
{
	struct wire_reader reader = wire_reader(table);
	struct wire_mount mount;
	uint32_t count = 0;

	while (wire_mount_next(&reader, &mount))
		count += attest_is_mount(&mount);
	return count;
}

bool attest_view(int proc, const struct run *run, uint32_t *ret_count)
{
	static char text[ATTEST_VIEW_BYTES];
	uint32_t seen = 0;
	ssize_t len = proc_read(proc, run->proc_pid, "mountinfo", text, sizeof(text));

	errno = 0;
	if (len <= 0 || len == (ssize_t)sizeof(text) - 1 ||
		!attest_mounts(text, run->frame.mounts, &seen) ||
		seen != attest_planned_mounts(run->frame.mounts))
		return false;
	*ret_count = seen;
	return true;
}

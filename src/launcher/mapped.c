/* SPDX-License-Identifier: MIT
 *
 * Another user than root for what root runs. A user namespace says who: its user 0 is a host user
 * that nobody is (WIRE_HOST_ID), and everyone else is himself. The mounts of the view that show the
 * host's files are mapped by the same namespace (mount_setattr(2), MOUNT_ATTR_IDMAP), so that what
 * is root's on the disk is the workload's in the view, and what the workload makes there is root's
 * on the disk. Everywhere else it is a stranger: no file, process or object of root's is its own.
 *
 * The namespace is made once for a handle on the backend, and holds nothing but the map: all other
 * namespaces of the run are the launcher's, and the workload has no capability in either.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "launcher/launcher.h"
#include "sys/call.h"
#include "sys/raw.h"

bool mapped_wanted(const struct wire_frame *frame)
{
	return frame->namespaces & WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_USER);
}

/* Entering a user namespace gives every capability in it, a full bounding set and root's way of
 * executing (user_namespaces(7)): off with them again, and with the rest in child_identity. What
 * changes its user loses its parent-death signal, and may be looked into as fs.suid_dumpable says;
 * the memory is still the launcher's. */
long mapped_enter(struct child *child)
{
	int userns = child_slot(child, WIRE_ROLE_USERNS);
	long code = raw_call2(SYS_setns, userns, CLONE_NEWUSER);

	if (code >= 0)
		code = raw_call1(SYS_close, userns);
	if (code >= 0)
		code = raw_call3(SYS_setresgid, 0, 0, 0);
	if (code >= 0)
		code = raw_call3(SYS_setresuid, 0, 0, 0);
	if (code >= 0)
		code = identity_drop_bounding();
	if (code >= 0)
		code = raw_prctl(PR_SET_DUMPABLE, 0);
	return code < 0 ? code : child_die_along(child);
}

static int mapped_write(int proc, pid_t pid, const char *name, const char *text)
{
	char path[48];
	int fd, code = 0;

	snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
	fd = openat(proc, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		code = errno ? errno : EIO;
	close(fd);
	return code;
}

/* A child that has ended keeps its user namespace until it is reaped: long enough to say who is who
 * in it, and to hold it by a descriptor. */
int mapped_namespace(int proc, pid_t pid, int *ret_fd)
{
	char text[96], path[48];
	int code;

	snprintf(text, sizeof(text), "0 %u 1\n1 1 %u\n", WIRE_HOST_ID, WIRE_HOST_ID - 1);
	code = mapped_write(proc, pid, "uid_map", text);
	if (!code)
		code = mapped_write(proc, pid, "gid_map", text);
	if (code)
		return code;
	snprintf(path, sizeof(path), "%d/ns/user", (int)pid);
	*ret_fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? errno : 0;
}

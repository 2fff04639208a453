/* SPDX-License-Identifier: MIT
 *
 * A user namespace in which the caller is itself and holds every capability over what the
 * namespace owns, which is how a user gets the other namespaces.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launcher/launcher.h"

static int userns_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int code = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		code = errno ? errno : EIO;
	close(fd);
	return code;
}

int userns_enter(bool *ret_entered)
{
	char map[48];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int code;

	*ret_entered = false;
	if (unshare(CLONE_NEWUSER))
		return errno;
	*ret_entered = true;
	/* user_namespaces(7): without privilege, setgroups must be off before gid_map. */
	code = userns_write("/proc/self/setgroups", "deny");
	if (code)
		return code;
	snprintf(map, sizeof(map), "%u %u 1\n", (unsigned int)uid, (unsigned int)uid);
	code = userns_write("/proc/self/uid_map", map);
	if (code)
		return code;
	snprintf(map, sizeof(map), "%u %u 1\n", (unsigned int)gid, (unsigned int)gid);
	return userns_write("/proc/self/gid_map", map);
}

/* SPDX-License-Identifier: MIT
 *
 * What can be the source of an overlay: one directory tree of one file system. What is mounted
 * beneath it would not be in the overlay, and its mount point would look like an empty directory;
 * so it is refused, before anything runs.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "run.h"

/* Field 5, whose odd characters are written as octal digits, compared with a path. */
static bool overlay_beneath(const char *point, const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*point++;

		if (c == '\\' && point[0] && point[1] && point[2]) {
			c = (unsigned char)((point[0] - '0') * 64 + (point[1] - '0') * 8 +
				(point[2] - '0'));
			point += 3;
		}
		if (c != (unsigned char)*path)
			return false;
	}
	return *point == '/';
}

/* The first mount point beneath, "" if there is none. */
static int overlay_mounted(const char *path, char ret[PATH_MAX], struct bv_error *err)
{
	char line[2 * PATH_MAX + 512], point[PATH_MAX];
	FILE *mounts = fopen("/proc/self/mountinfo", "re");

	ret[0] = 0;
	if (!mounts)
		return bv_fail_os(err, BV_E_OS, errno, "controls.expose_paths",
			"the mounts cannot be listed");
	while (!ret[0] && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*d %*d %*s %*s %4095s", point) == 1 &&
			overlay_beneath(point, path))
			snprintf(ret, PATH_MAX, "%s", point);
	fclose(mounts);
	return 0;
}

int overlay_check(const struct bv_exposure *exposure, const struct wire_mount *mount,
	struct bv_error *err)
{
	char point[PATH_MAX];
	int code;

	if (mount->type != S_IFDIR)
		return bv_fail(err, BV_E_INVALID, "controls.expose_paths",
			"'%s' is not a directory, and only those can be overlaid",
			exposure->source);
	code = overlay_mounted(mount->source, point, err);
	if (code || !point[0])
		return code;
	return bv_fail(err, BV_E_INVALID, "controls.expose_paths",
		"'%.40s' cannot be overlaid, because something is mounted at '%.40s'; overlay "
		"what lies beneath, one by one",
		exposure->source, point);
}

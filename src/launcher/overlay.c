/* SPDX-License-Identifier: MIT
 *
 * An overlay: a source of the host's that may be written, and yet is not. It is the lower layer of
 * an overlayfs; the upper one, which takes what is written, is in the store.
 *
 * Layers have no descriptors in the mount interface before Linux 6.13, so each is named, by one
 * word relative to the store: nobody but this code knows of it yet. The source is bound there
 * first, by the very code that binds grants, which sees to it that it is what the host has open.
 *
 * Who is not root of the machine marks what is hidden with user.* attributes (Linux 5.11), which a
 * tmpfs takes since 6.6. Which ones work here is found by setting one. Nothing is followed that a
 * layer says of another place, and every change has all of its data in the upper layer, so that it
 * can be told from there.
 *
 * Raw calls only; see child.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>

#include "launcher/launcher.h"
#include "sys/raw.h"

#define OVERLAY_MODE 01777

struct overlay {
	int store;
	char lower[WIRE_LAYER_NAME_MAX];
	char upper[WIRE_LAYER_NAME_MAX];
	char work[WIRE_LAYER_NAME_MAX];
};

/* The root of what is seen is the upper one's. An owner who does not exist in our user namespace
 * cannot be given it: then it is ours. */
static long overlay_directories(const struct overlay *overlay, const struct statx *source)
{
	long code = raw_call3(SYS_mkdirat, overlay->store, overlay->lower, 0700);

	if (code >= 0)
		code = raw_call3(SYS_mkdirat, overlay->store, overlay->work, 0700);
	if (code >= 0)
		code = raw_call3(SYS_mkdirat, overlay->store, overlay->upper,
			source->stx_mode & OVERLAY_MODE);
	if (code >= 0)
		code = raw_call5(SYS_fchownat, overlay->store, overlay->upper, source->stx_uid,
			source->stx_gid, AT_SYMLINK_NOFOLLOW);
	return code == -EINVAL || code == -EPERM ? 0 : code;
}

static bool overlay_is_roots(const struct overlay *overlay)
{
	static const char name[] = "trusted.overlay.opaque";
	long code = raw_call5(SYS_setxattr, overlay->work, name, "n", 1, 0);

	if (code >= 0)
		code = raw_call2(SYS_removexattr, overlay->work, name);
	return code >= 0;
}

static long overlay_mount(const struct overlay *overlay, uint32_t flags)
{
	const struct view_option options[] = {{"lowerdir", overlay->lower},
		{"upperdir", overlay->upper}, {"workdir", overlay->work},
		{"redirect_dir", "nofollow"}, {"metacopy", "off"}, {"index", "off"},
		{overlay_is_roots(overlay) ? NULL : "userxattr", NULL}, {NULL, NULL}};

	return view_new("overlay", options, flags);
}

long overlay_make(int store, const struct wire_mount *mount)
{
	struct overlay overlay = {.store = store};
	struct statx st;
	long lower = view_bind(mount, -1), code;

	if (lower < 0)
		return lower;
	wire_layer_name('l', mount->layer, overlay.lower);
	wire_layer_name('u', mount->layer, overlay.upper);
	wire_layer_name('w', mount->layer, overlay.work);
	code = raw_call5(SYS_statx, lower, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st);
	if (code >= 0)
		code = overlay_directories(&overlay, &st);
	if (code >= 0)
		code = raw_call5(SYS_move_mount, lower, "", store, overlay.lower,
			MOVE_MOUNT_F_EMPTY_PATH);
	raw_call1(SYS_close, lower);
	/* The layer is found by its name, where something else could lie on top. */
	if (code >= 0)
		code = raw_call5(SYS_statx, store, overlay.lower,
			AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO, &st);
	if (code >= 0 && !view_is(mount, &st))
		code = -ESTALE;
	if (code >= 0)
		code = raw_call1(SYS_fchdir, store);
	return code < 0 ? code : overlay_mount(&overlay, mount->flags);
}

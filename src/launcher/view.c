/* SPDX-License-Identifier: MIT
 *
 * The private view: the child, in a mount namespace of its own, makes the root the frame's table
 * describes, turns to it, and lets the host's tree go. Nothing the table does not name exists
 * afterwards, and what it names can do no more than it says.
 *
 * Until the end the child's root is the host's, as copied with the namespace: sources are found
 * there, by paths that hold no links, and each must be the very object the host has open. The new
 * root is worked on through its descriptor. Mount points are made in its own tmpfs only; where one
 * lies in a tree that was bound before, it must be there, and is found without following a link.
 *
 * Raw calls only; see child.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>
#include <string.h>

#include "launcher/launcher.h"
#include "sys/raw.h"
#include "sys/uapi.h"

#define VIEW_NAME "bvisor" /* of the host, as the workload sees it */

#define VIEW_TYPE UINT32_C(0170000) /* S_IFMT */
#define VIEW_DIRECTORY UINT32_C(0040000)

struct view {
	int root;
	int store; /* -1: there is none */
	int ruleset;
	int userns;
	/* The last mount point made, whose parents exist. */
	char made[WIRE_MOUNT_PATH_MAX + 1];
};

static uint64_t view_attributes(uint32_t flags)
{
	uint64_t attributes = MOUNT_ATTR_NOSUID;

	if (flags & WIRE_MOUNT_READ_ONLY)
		attributes |= MOUNT_ATTR_RDONLY;
	if (flags & WIRE_MOUNT_NO_EXEC)
		attributes |= MOUNT_ATTR_NOEXEC;
	if (flags & WIRE_MOUNT_NO_DEV)
		attributes |= MOUNT_ATTR_NODEV;
	return attributes;
}

static long view_change(int tree, struct mount_attr *attr, int recursive)
{
	return raw_call5(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | recursive, attr,
		sizeof(*attr));
}

long view_restrict(int tree, uint32_t flags, int recursive)
{
	struct mount_attr attr = {.attr_set = view_attributes(flags)};

	return view_change(tree, &attr, recursive);
}

/* In one call: restricted, and mapped if it is to be. */
static long view_restrict_bind(int tree, uint32_t flags, int userns)
{
	struct mount_attr attr = {.attr_set = view_attributes(flags)};

	if (flags & WIRE_MOUNT_MAPPED) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (unsigned int)userns;
	}
	return view_change(tree, &attr, AT_RECURSIVE);
}

bool view_is(const struct wire_mount *mount, const struct statx *st)
{
	return st->stx_dev_major == mount->device_major &&
		st->stx_dev_minor == mount->device_minor && st->stx_ino == mount->inode &&
		(st->stx_mode & VIEW_TYPE) == mount->type;
}

/* A copy of the source's tree, with what is mounted in it: as restricted from the start. */
long view_bind(const struct wire_mount *mount, int userns)
{
	struct statx st;
	long tree = raw_call3(SYS_open_tree, AT_FDCWD, mount->source,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW |
			AT_NO_AUTOMOUNT);
	long code;

	if (tree < 0)
		return tree;
	code = raw_call5(SYS_statx, tree, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &st);
	if (code >= 0 && !view_is(mount, &st))
		code = -ESTALE;
	if (code >= 0)
		code = view_restrict_bind((int)tree, mount->flags, userns);
	if (code >= 0)
		return tree;
	raw_call1(SYS_close, tree);
	return code;
}

void view_number(uint64_t value, unsigned int base, char ret[24])
{
	char digits[24];
	size_t count = 0;

	do
		digits[count++] = (char)('0' + value % base);
	while ((value /= base));
	while (count)
		*ret++ = digits[--count];
	*ret = 0;
}

long view_new(const char *type, const struct view_option *options, uint32_t flags)
{
	long fs = raw_call2(SYS_fsopen, type, FSOPEN_CLOEXEC);
	long code = fs;

	for (; code >= 0 && options->key; options++)
		code = raw_call5(SYS_fsconfig, fs,
			options->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, options->key,
			options->value, 0);
	if (code >= 0)
		code = raw_call5(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (code >= 0)
		code = raw_call3(SYS_fsmount, fs, FSMOUNT_CLOEXEC, view_attributes(flags));
	if (fs >= 0)
		raw_call1(SYS_close, fs);
	return code;
}

/* An entry of its own costs a page or so, a mount point and its name as well; in a store also what
 * is empty. */
long view_new_tmpfs(const struct wire_mount *mount, uint32_t flags)
{
	char size[24], mode[24], inodes[24], owner[24];
	bool owned = mount->flags & WIRE_MOUNT_OWNED;
	const struct view_option options[] = {{"size", size}, {"mode", mode}, {"nr_inodes", inodes},
		{owned ? "uid" : NULL, owner}, {"gid", owner}, {NULL, NULL}};

	view_number(mount->size_bytes, 10, size);
	view_number(mount->mode, 8, mode);
	view_number(WIRE_HOST_ID, 10, owner);
	view_number(mount->size_bytes / 4096 + (mount->kind == WIRE_MOUNT_STORE ? 1024 : 16), 10,
		inodes);
	return view_new("tmpfs", options, flags);
}

/* Of the child's own pid namespace, and of that only the processes the workload could trace:
 * nothing of the machine, and not the init, which is still in the host's other namespaces and
 * would show their network and mounts. hidepid=2 is not enough, for it exempts the mount's group,
 * which is 0 (proc(5); 4 is Linux 5.8). */
long view_new_proc(void)
{
	static const struct view_option options[] = {{"hidepid", "4"}, {"subset", "pid"},
		{NULL, NULL}};

	return view_new("proc", options, WIRE_MOUNT_RESTRICTIONS);
}

/* The directories above a mount point. Those it shares with the last one are there. */
static long view_parents(struct view *view, const char *path)
{
	size_t same = 0, at = 1;
	long code = 0;

	while (path[same] && path[same] == view->made[same])
		same++;
	memcpy(view->made, path, strlen(path) + 1);
	for (; code >= 0 && view->made[at]; at++) {
		if (view->made[at] != '/' || at < same)
			continue;
		view->made[at] = 0;
		code = raw_call3(SYS_mkdirat, view->root, view->made + 1, 0755);
		view->made[at] = '/';
		if (code == -EEXIST)
			code = 0;
	}
	return code;
}

static long view_directory(struct view *view, const struct wire_mount *mount)
{
	long code = view_parents(view, mount->destination);

	if (code >= 0)
		code = raw_call3(SYS_mkdirat, view->root, mount->destination + 1, 0755);
	return code == -EEXIST ? 0 : code;
}

static long view_symlink(struct view *view, const struct wire_mount *mount)
{
	long code = view_parents(view, mount->destination);

	return code < 0
		? code
		: raw_call3(SYS_symlinkat, mount->source, view->root, mount->destination + 1);
}

static long view_place_nested(const struct view *view, const struct wire_mount *mount, long tree)
{
	struct raw_open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve =
			RAW_RESOLVE_IN_ROOT | RAW_RESOLVE_NO_SYMLINKS | RAW_RESOLVE_NO_MAGICLINKS};
	long point = raw_call4(SYS_openat2, view->root, mount->destination, &how, sizeof(how));
	long code;

	if (point < 0)
		return point;
	code = raw_call5(SYS_move_mount, tree, "", point, "",
		MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	raw_call1(SYS_close, point);
	return code;
}

static long view_place(struct view *view, const struct wire_mount *mount, long tree)
{
	bool directory = mount->kind != WIRE_MOUNT_BIND || mount->type == VIEW_DIRECTORY;
	const char *point = mount->destination + 1;
	long code;

	if (mount->flags & WIRE_MOUNT_NESTED)
		return view_place_nested(view, mount, tree);
	code = view_parents(view, mount->destination);
	if (code >= 0)
		code = directory ? raw_call3(SYS_mkdirat, view->root, point, 0755)
				 : raw_call4(SYS_mknodat, view->root, point, 0100644, 0);
	if (code < 0 && !(code == -EEXIST && directory))
		return code;
	return raw_call5(SYS_move_mount, tree, "", view->root, point, MOVE_MOUNT_F_EMPTY_PATH);
}

/* The host made the ruleset; what only exists here is granted here. */
static long view_grant(const struct view *view, const struct wire_mount *mount, long tree)
{
	struct landlock_path_beneath_attr attr = {.allowed_access = mount->rights,
		.parent_fd = (int)tree};

	if (!mount->rights || view->ruleset < 0)
		return 0;
	return raw_call4(SYS_landlock_add_rule, view->ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr,
		0);
}

static long view_tree(const struct view *view, const struct wire_mount *mount)
{
	switch (mount->kind) {
	case WIRE_MOUNT_BIND:
		return view_bind(mount, view->userns);
	case WIRE_MOUNT_TMPFS:
		return view_new_tmpfs(mount, mount->flags);
	case WIRE_MOUNT_PROC:
		return view_new_proc();
	case WIRE_MOUNT_STORED:
		return store_bind(view->store, mount);
	case WIRE_MOUNT_OVERLAY:
		return overlay_make(view->store, mount);
	case WIRE_MOUNT_STORE:
	case WIRE_MOUNT_SYMLINK:
	case WIRE_MOUNT_DIRECTORY:
		break;
	}
	return -EINVAL;
}

static long view_entry(struct view *view, const struct wire_mount *mount)
{
	long tree, code;

	if (mount->kind == WIRE_MOUNT_DIRECTORY)
		return view_directory(view, mount);
	if (mount->kind == WIRE_MOUNT_SYMLINK)
		return view_symlink(view, mount);
	if (mount->kind == WIRE_MOUNT_STORE)
		return 0; /* before the root, see view_begin() */
	tree = view_tree(view, mount);
	if (tree < 0)
		return tree;
	code = view_grant(view, mount, tree);
	if (code >= 0)
		code = view_place(view, mount, tree);
	raw_call1(SYS_close, tree);
	return code;
}

/* Nothing done here may be seen by the host, so nothing is shared with it. The store and the root
 * of the view are mounted over the old one, which paths go on to start below; a copy of the old one
 * is made before, or they would be in it. A tmpfs must be written to until all is made. */
static long view_begin(struct view *view, const struct wire_mount *mount,
	const struct wire_reader *next)
{
	long code = raw_call5(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);

	if (code < 0)
		return code;
	code = mount->kind == WIRE_MOUNT_TMPFS
		? view_new_tmpfs(mount, mount->flags & ~WIRE_MOUNT_READ_ONLY)
		: view_tree(view, mount);
	if (code < 0)
		return code;
	view->root = (int)code;
	code = view_grant(view, mount, view->root);
	if (code < 0)
		return code;
	code = store_make(next);
	if (code < 0 && code != -ENOENT)
		return code;
	view->store = code < 0 ? -1 : (int)code;
	return raw_call5(SYS_move_mount, view->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
}

/* pivot_root(2): with "." for both, the old root comes to lie over the new one, and is let go; with
 * a store that lies over the old root, and so is the topmost and has to go first. */
static long view_turn(const struct view *view, const struct wire_mount *root)
{
	long code = view_restrict(view->root, root->flags, 0);

	if (code >= 0)
		code = raw_call1(SYS_fchdir, view->root);
	if (code >= 0)
		code = raw_call2(SYS_pivot_root, ".", ".");
	if (code >= 0 && view->store >= 0)
		code = raw_call2(SYS_umount2, ".", 2 /* MNT_DETACH */);
	if (code >= 0)
		code = raw_call2(SYS_umount2, ".", 2 /* MNT_DETACH */);
	if (code >= 0)
		code = raw_call1(SYS_chdir, "/");
	return code < 0 ? code : raw_call1(SYS_close, view->root);
}

long view_build(struct bv_bytes mounts, const struct view_with *with, uint32_t *ret_item,
	int *ret_store)
{
	struct view view = {.root = -1,
		.store = -1,
		.ruleset = with->ruleset,
		.userns = with->userns};
	struct wire_reader reader = wire_reader(mounts);
	struct wire_mount root, mount;
	long mask = raw_call1(SYS_umask, 0);
	long code = wire_mount_next(&reader, &root) ? view_begin(&view, &root, &reader) : -EINVAL;

	for (*ret_item = 0; code >= 0 && wire_mount_next(&reader, &mount);) {
		++*ret_item;
		code = view_entry(&view, &mount);
	}
	if (code >= 0)
		code = view_turn(&view, &root);
	raw_call1(SYS_umask, mask);
	*ret_store = view.store;
	return code;
}

/* Of a uts namespace of its own. */
long view_set_name(void)
{
	return raw_call2(SYS_sethostname, VIEW_NAME, sizeof(VIEW_NAME) - 1);
}

long view_make(struct child *child)
{
	const struct wire_frame *frame = &child->run->frame;
	const struct view_with with = {.ruleset = child_slot(child, WIRE_ROLE_RULESET),
		.userns = child_slot(child, WIRE_ROLE_USERNS)};
	int store = -1;
	long code = 0;

	if (frame->namespaces & WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_UTS))
		code = view_set_name();
	if (code >= 0)
		code = view_build(frame->mounts, &with, &child->item, &store);
	return code < 0 || store < 0 ? code : store_hand_over(child, store);
}

/* A directory of the view: an empty one that was made there, or the very one the host has open. */
long view_enter_directory(struct child *child)
{
	const struct wire_frame *frame = &child->run->frame;
	bool own = frame->flags & WIRE_FLAG_OWN_DIRECTORY;
	struct statx here, there;
	long fd = raw_call3(SYS_openat, AT_FDCWD, frame->directory.data,
		O_PATH | O_DIRECTORY | O_CLOEXEC);
	int theirs = child_slot(child, WIRE_ROLE_DIRECTORY);
	long code = fd;

	if (code >= 0 && !own)
		code = raw_call5(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_INO, &here);
	if (code >= 0 && !own)
		code = raw_call5(SYS_statx, theirs, "", AT_EMPTY_PATH, STATX_INO, &there);
	if (code >= 0 && !own &&
		(here.stx_dev_major != there.stx_dev_major ||
			here.stx_dev_minor != there.stx_dev_minor || here.stx_ino != there.stx_ino))
		code = -ESTALE;
	if (code >= 0)
		code = raw_call1(SYS_fchdir, fd);
	if (fd >= 0)
		raw_call1(SYS_close, fd);
	return code;
}

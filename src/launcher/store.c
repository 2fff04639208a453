/* SPDX-License-Identifier: MIT
 *
 * The store: one sized tmpfs that holds everything the boundary owns and may be written, so that
 * its size, which the kernel holds (tmpfs(5)), is the limit of their sum. It is mounted where the
 * host's tree is, over it and beneath the view's root, and so goes with that tree: in the end only
 * directories of it can be seen. The launcher gets a descriptor of it while nothing but this code
 * runs, to measure it, and for the host to look into it afterwards.
 *
 * Raw calls only; see child.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/socket.h>

#include "launcher/launcher.h"
#include "sys/raw.h"

/* Of a table that has one, whose next entry the reader stands before. */
long store_make(const struct wire_reader *reader)
{
	struct wire_reader ahead = *reader;
	struct wire_mount mount;
	long store, code;

	if (!wire_mount_next(&ahead, &mount) || mount.kind != WIRE_MOUNT_STORE)
		return -ENOENT;
	store = view_new_tmpfs(&mount, mount.flags);
	if (store < 0)
		return store;
	code = raw_call5(SYS_move_mount, store, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	if (code >= 0)
		return store;
	raw_call1(SYS_close, store);
	return code;
}

/* A directory in it, to be mounted elsewhere. With two places it is made for the first. */
long store_bind(int store, const struct wire_mount *mount)
{
	long code = raw_call3(SYS_mkdirat, store, mount->source, mount->mode), tree;

	if (code >= 0 && (mount->flags & WIRE_MOUNT_OWNED))
		code = raw_call5(SYS_fchownat, store, mount->source, WIRE_HOST_ID, WIRE_HOST_ID,
			AT_SYMLINK_NOFOLLOW);
	if (code < 0 && code != -EEXIST)
		return code;
	tree = raw_call3(SYS_open_tree, store, mount->source,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (tree < 0)
		return tree;
	code = view_restrict((int)tree, mount->flags, 0);
	if (code >= 0)
		return tree;
	raw_call1(SYS_close, tree);
	return code;
}

long store_hand_over(const struct child *child, int store)
{
	struct child_record record = {.step = CHILD_STORE};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec vector = {&record, sizeof(record)};
	struct msghdr header = {.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *rights = (struct cmsghdr *)control;
	long sent;

	*rights = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(rights), &store, sizeof(int));
	do
		sent = raw_call3(SYS_sendmsg, child->channel, &header, 0);
	while (sent == -EINTR);
	return sent < 0 ? sent : raw_call1(SYS_close, store);
}

/* SPDX-License-Identifier: MIT
 *
 * What is handed in, where the workload may change modes, owners and times: that is only so in a
 * private view, in which whatever it can name and may not write is mounted read-only. The program
 * and the streams come by descriptors, of the host's own mounts. So the program is executed from
 * where the view shows it, and each stream that is not a pipe's end or a socket is opened anew on a
 * read-only copy of its mount. Devices and pipes are read and written there as anywhere else
 * (mount(2), MS_RDONLY), and what would change them says EROFS, by every name that /proc has.
 *
 * A descriptor of one mount namespace cannot be copied in another, so the copy is found by the path
 * that the kernel says, and must be the very object; before the view, while the child still has the
 * host's tree. What cannot be opened anew fails the set-up.
 *
 * Raw calls only; see child.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

#include "launcher/launcher.h"
#include "sys/raw.h"

#define TYPE UINT32_C(0170000) /* S_IFMT */
#define TYPE_REGULAR UINT32_C(0100000)
#define TYPE_DIRECTORY UINT32_C(0040000)
#define TYPE_DEVICE UINT32_C(0020000)
#define TYPE_NONE UINT32_C(0) /* an anonymous inode: nothing that has a place */
#define READ_ONLY 1           /* ST_RDONLY */
#define LINK_MAX 48

static void handed_link(int fd, char ret[LINK_MAX])
{
	static const char directory[] = "/proc/self/fd/";

	memcpy(ret, directory, sizeof(directory));
	view_number((uint64_t)fd, 10, ret + sizeof(directory) - 1);
}

static long handed_look(int fd, struct statx *ret)
{
	return raw_call5(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, ret);
}

static bool handed_same(const struct statx *a, const struct statx *b)
{
	return a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor &&
		a->stx_ino == b->stx_ino && (a->stx_mode & TYPE) == (b->stx_mode & TYPE);
}

long handed_program(struct child *child)
{
	const struct wire_frame *frame = &child->run->frame;
	size_t at = 0;
	struct statx here, there;
	long fd, code;

	while (at < frame->slot_count && frame->slots[at].role != WIRE_ROLE_PROGRAM)
		at++;
	if (at == frame->slot_count)
		return -EBADF;
	fd = raw_call4(SYS_openat, AT_FDCWD, frame->program.data, O_PATH | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	code = handed_look((int)fd, &here);
	if (code >= 0)
		code = handed_look(child->fds[at], &there);
	if (code >= 0 && !handed_same(&here, &there))
		code = -ESTALE;
	if (code < 0)
		return code;
	raw_call1(SYS_close, child->fds[at]);
	child->fds[at] = (int)fd;
	return 0;
}

/* Nobody but who holds it can ever see what becomes of it: a pipe's end, a socket, an anonymous
 * inode, or a file that has lost its last name, as a shell's here-document has. */
static bool handed_nowhere(int fd, const struct statx *st)
{
	struct statfs fs = {0};

	if ((st->stx_mode & TYPE) == TYPE_NONE)
		return true;
	if ((st->stx_mode & TYPE) == TYPE_REGULAR && st->stx_nlink == 0)
		return true;
	return raw_call2(SYS_fstatfs, fd, &fs) >= 0 &&
		(fs.f_type == PIPEFS_MAGIC || fs.f_type == SOCKFS_MAGIC);
}

/* It belongs to somebody else and may not be written: nothing of it can be changed by the holder of
 * a descriptor (chmod(2), utimensat(2), setxattr(2)). So a terminal of another user's, from su(1).
 */
static bool handed_powerless(int fd, const struct statx *st)
{
	return (long)st->stx_uid != raw_call0(SYS_geteuid) &&
		raw_call4(SYS_faccessat2, fd, "", 2 /* W_OK */, AT_EMPTY_PATH | AT_EACCESS) < 0;
}

/* Whether opening it again gives the same thing: memory devices and terminals; not /dev/tty, nor a
 * master, whose opening makes a new one. */
static bool handed_again(int fd, const struct statx *st)
{
	uint64_t termios[32];

	if ((st->stx_mode & TYPE) == TYPE_DIRECTORY)
		return false;
	if ((st->stx_mode & TYPE) != TYPE_DEVICE || st->stx_rdev_major == 1)
		return true;
	if (st->stx_rdev_major == 5 && (st->stx_rdev_minor == 0 || st->stx_rdev_minor == 2))
		return false;
	return raw_call3(SYS_ioctl, fd, TCGETS, termios) >= 0;
}

/* The descriptor of a copy of its mount with nothing else in it. */
static long handed_tree(int fd, const struct statx *st)
{
	char link[LINK_MAX], path[WIRE_MOUNT_PATH_MAX + 1];
	const struct wire_mount mount = {.kind = WIRE_MOUNT_BIND,
		.flags = WIRE_MOUNT_READ_ONLY | WIRE_MOUNT_NO_EXEC,
		.device_major = st->stx_dev_major,
		.device_minor = st->stx_dev_minor,
		.inode = st->stx_ino,
		.type = st->stx_mode & TYPE,
		.source = path};
	long len;

	handed_link(fd, link);
	len = raw_call4(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
	if (len < 0)
		return len;
	path[len] = 0;
	return path[0] == '/' ? view_bind(&mount, -1) : -ENOENT;
}

/* With the place it is read at, which from here on is its own. */
static long handed_settle(int fd, int reopened, const struct statx *st)
{
	struct statfs fs = {0};
	struct statx now;
	long code = handed_look(reopened, &now);

	if (code >= 0)
		code = raw_call2(SYS_fstatfs, reopened, &fs);
	if (code >= 0 && (!handed_same(&now, st) || !(fs.f_flags & READ_ONLY)))
		code = -ESTALE;
	if (code >= 0 && (st->stx_mode & TYPE) == TYPE_REGULAR) {
		code = raw_call3(SYS_lseek, fd, 0, 1 /* SEEK_CUR */);
		if (code >= 0)
			code = raw_call3(SYS_lseek, reopened, code, 0 /* SEEK_SET */);
	}
	/* Nothing waited for the other end of a pipe that has a name. */
	return code < 0 ? code : raw_call3(SYS_fcntl, reopened, F_SETFL, 0);
}

static long handed_reopen(int *fd, const struct statx *st)
{
	long flags = raw_call2(SYS_fcntl, *fd, F_GETFL), tree, reopened, code;
	char link[LINK_MAX];

	if (flags < 0 || flags & O_PATH || !handed_again(*fd, st))
		return flags < 0 ? flags : flags & O_PATH ? -EBADF : -ENODEV;
	tree = handed_tree(*fd, st);
	if (tree < 0)
		return tree;
	/* Writing to the file would need the mount that it is not on any more. */
	flags = (st->stx_mode & TYPE) == TYPE_REGULAR ? O_RDONLY : flags & O_ACCMODE;
	handed_link((int)tree, link);
	reopened =
		raw_call4(SYS_openat, AT_FDCWD, link, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	raw_call1(SYS_close, tree);
	if (reopened < 0)
		return reopened;
	code = handed_settle(*fd, (int)reopened, st);
	raw_call1(SYS_close, code < 0 ? (int)reopened : *fd);
	if (code >= 0)
		*fd = (int)reopened;
	return code;
}

static long handed_stream(int *fd)
{
	struct statx st;
	long code = handed_look(*fd, &st);

	if (code < 0)
		return code;
	/* Whoever has a directory has what is beneath it and above. */
	if ((st.stx_mode & TYPE) == TYPE_DIRECTORY)
		return -EISDIR;
	if (handed_nowhere(*fd, &st))
		return 0;
	code = handed_reopen(fd, &st);
	return code < 0 && handed_powerless(*fd, &st) ? 0 : code;
}

long child_streams(struct child *child)
{
	const struct wire_frame *frame = &child->run->frame;
	long code = 0;

	for (size_t i = 0; code >= 0 && i < frame->slot_count; i++) {
		if (frame->slots[i].role != WIRE_ROLE_STREAM &&
			frame->slots[i].role != WIRE_ROLE_INHERITED)
			continue;
		child->item = frame->slots[i].target;
		code = handed_stream(&child->fds[i]);
	}
	return code;
}

/* SPDX-License-Identifier: MIT
 *
 * Attempts on what Landlock leaves open: modes, owners, times, attributes, watches, devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "guest.h"

/* On a descriptor that is open for reading only. */
static int metadata_on(const char *path, int (*act)(int fd))
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int code;

	if (fd < 0)
		return errno;
	code = guest_result(act(fd));
	close(fd);
	return code;
}

int metadata_chmod(char **args)
{
	return guest_result(chmod(args[0], 0777));
}

static int metadata_do_fchmod(int fd)
{
	return fchmod(fd, 0777);
}

int metadata_fd_chmod(char **args)
{
	return guest_result(fchmod((int)guest_number(args[0]), 0777));
}

int metadata_fd_times(char **args)
{
	return guest_result(futimens((int)guest_number(args[0]), NULL));
}

int metadata_fchmod(char **args)
{
	return metadata_on(args[0], metadata_do_fchmod);
}

/* fchmodat2, Linux 6.6. */
int metadata_fchmodat2(char **args)
{
	return guest_result(syscall(452, AT_FDCWD, args[0], 0777, 0));
}

/* OK as soon as one call gave a bit away; the calls are made as they are, without libc's ways out.
 */
int metadata_set_id(char **args)
{
	int dir = open(args[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC), worst = EPERM;
	int file = openat(dir, "file", O_RDONLY | O_CLOEXEC);

	if (dir < 0 || file < 0)
		return ENOENT;
	for (mode_t mode = 0755 | S_ISGID; mode <= (0755 | S_ISUID); mode += S_ISGID) {
		const struct open_how how = {.flags = O_CREAT | O_WRONLY, .mode = mode};
		const int codes[] = {
			guest_result(syscall(SYS_fchmod, file, mode)),
			guest_result(syscall(SYS_fchmodat, dir, "file", mode)),
			guest_result(syscall(452, dir, "file", mode, 0)),
			guest_close((int)syscall(SYS_openat, dir, "a", O_CREAT | O_WRONLY, mode)),
			guest_close((int)syscall(SYS_openat, dir, ".", O_TMPFILE | O_RDWR, mode)),
			guest_close((int)syscall(SYS_openat2, dir, "b", &how, sizeof(how))),
			guest_result(syscall(SYS_mknodat, dir, "c", S_IFREG | mode, 0)),
			guest_result(syscall(SYS_mknodat, dir, "d", S_IFIFO | mode, 0)),
		};

		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
			if (codes[i] != EPERM && codes[i] != ENOSYS)
				worst = codes[i];
	}
	close(file);
	close(dir);
	return worst;
}

int metadata_chown(char **args)
{
	return guest_result(chown(args[0], getuid(), getgid()));
}

int metadata_utimes(char **args)
{
	const struct timeval times[2] = {{1, 0}, {1, 0}};

	return guest_result(utimes(args[0], times));
}

static int metadata_do_futimens(int fd)
{
	return futimens(fd, NULL);
}

int metadata_futimens(char **args)
{
	return metadata_on(args[0], metadata_do_futimens);
}

int metadata_setxattr(char **args)
{
	return guest_result(setxattr(args[0], "user.oracle", "x", 1, 0));
}

int metadata_capability(char **args)
{
	const struct vfs_cap_data all = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = {{~0U, 0}, {~0U, 0}}};

	return guest_result(setxattr(args[0], "security.capability", &all, sizeof(all), 0));
}

int metadata_opaque(char **args)
{
	return guest_result(setxattr(args[0], "user.overlay.opaque", "y", 1, 0));
}

int metadata_removexattr(char **args)
{
	return guest_result(removexattr(args[0], "user.oracle"));
}

static int metadata_do_setflags(int fd)
{
	int flags = FS_NOATIME_FL;

	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

int metadata_setflags(char **args)
{
	return metadata_on(args[0], metadata_do_setflags);
}

int metadata_inotify(char **args)
{
	int fd = inotify_init1(IN_CLOEXEC);

	return fd < 0 ? errno : guest_result(inotify_add_watch(fd, args[0], IN_ALL_EVENTS));
}

int metadata_fanotify(char **args)
{
	(void)args;
	return guest_close(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY));
}

static int metadata_do_notify(int fd)
{
	return fcntl(fd, F_NOTIFY, DN_CREATE);
}

int metadata_notify(char **args)
{
	return metadata_on(args[0], metadata_do_notify);
}

static int metadata_do_lease(int fd)
{
	return fcntl(fd, F_SETLEASE, F_RDLCK);
}

int metadata_lease(char **args)
{
	return metadata_on(args[0], metadata_do_lease);
}

/* Only devices know it; the number of bytes to read is asked of files too, and judged by no one. */
static int metadata_do_device_ioctl(int fd)
{
	int value = 0;

	return ioctl(fd, TIOCGPTN, &value);
}

int metadata_device_ioctl(char **args)
{
	return metadata_on(args[0], metadata_do_device_ioctl);
}

/* SPDX-License-Identifier: MIT
 *
 * The canary of overlays: a child makes one, with the code that makes the real ones, over a source
 * in the same tmpfs, and changes it in all ways: a file is written, one is removed, and with it its
 * directory, which then is made anew. What it sees must be the changes, and the source must be what
 * it was. In our memory, like the child of a run, and so by raw calls only.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "launcher/launcher.h"
#include "sys/raw.h"

#define CANARY_STORE_BYTES (UINT64_C(1) << 20)

static long canary_put(const char *path, int flags)
{
	long fd = raw_call4(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC | flags, 0644);
	long code = fd < 0 ? fd : raw_call3(SYS_write, fd, "x", 1);

	if (fd >= 0)
		raw_call1(SYS_close, fd);
	return code;
}

static long canary_look(const char *path, struct statx *ret)
{
	return raw_call5(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, ret);
}

static long canary_source(void)
{
	long code = raw_call3(SYS_mkdirat, AT_FDCWD, "s", 0755);

	if (code >= 0)
		code = raw_call3(SYS_mkdirat, AT_FDCWD, "s/dir", 0755);
	if (code >= 0)
		code = canary_put("s/dir/file", O_CREAT | O_EXCL);
	if (code >= 0)
		code = canary_put("s/file", O_CREAT | O_EXCL);
	return code < 0 ? code : raw_call3(SYS_mkdirat, AT_FDCWD, "m", 0755);
}

static long canary_mount(int store)
{
	struct wire_mount mount = {.kind = WIRE_MOUNT_OVERLAY,
		.flags = WIRE_MOUNT_NO_DEV | WIRE_MOUNT_NO_EXEC,
		.source = "s"};
	struct statx st;
	long code = canary_look(mount.source, &st), tree;

	if (code < 0)
		return code;
	mount.device_major = st.stx_dev_major;
	mount.device_minor = st.stx_dev_minor;
	mount.inode = st.stx_ino;
	mount.type = st.stx_mode & S_IFMT;
	tree = overlay_make(store, &mount);
	if (tree < 0)
		return tree;
	return raw_call5(SYS_move_mount, tree, "", AT_FDCWD, "m", MOVE_MOUNT_F_EMPTY_PATH);
}

static long canary_change(void)
{
	long code = canary_put("m/file", O_APPEND);

	if (code >= 0)
		code = raw_call3(SYS_unlinkat, AT_FDCWD, "m/dir/file", 0);
	if (code >= 0)
		code = raw_call3(SYS_unlinkat, AT_FDCWD, "m/dir", AT_REMOVEDIR);
	return code < 0 ? code : raw_call3(SYS_mkdirat, AT_FDCWD, "m/dir", 0755);
}

static bool canary_bites(void)
{
	struct statx file, source, gone;

	return canary_look("m/file", &file) >= 0 && canary_look("s/file", &source) >= 0 &&
		file.stx_size == 2 && source.stx_size == 1 &&
		canary_look("m/dir/file", &gone) == -ENOENT &&
		canary_look("s/dir/file", &gone) >= 0;
}

static long canary_attempt(void)
{
	struct wire_mount size = {.kind = WIRE_MOUNT_STORE,
		.mode = 0755,
		.size_bytes = CANARY_STORE_BYTES};
	long code = raw_call5(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), store;

	if (code < 0)
		return code;
	store = view_new_tmpfs(&size, WIRE_MOUNT_NO_DEV | WIRE_MOUNT_NO_EXEC);
	if (store < 0)
		return store;
	code = raw_call5(SYS_move_mount, store, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	if (code >= 0)
		code = raw_call1(SYS_fchdir, store);
	if (code >= 0)
		code = canary_source();
	if (code >= 0)
		code = canary_mount((int)store);
	if (code >= 0)
		code = canary_change();
	if (code < 0)
		return code;
	return canary_bites() ? 0 : -CANARY_TOOTHLESS;
}

static void canary_child(void *argument)
{
	*(int *)argument = (int)-canary_attempt();
	raw_exit(0);
}

int canary_overlay(void)
{
	static _Alignas(64) uint8_t stack[LAUNCHER_STACK_BYTES];
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_NEWNS,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	int status, code = CANARY_TOOTHLESS;
	long pid = raw_clone(&args, canary_child, &code);

	if (pid < 0)
		return (int)-pid;
	while (waitpid((pid_t)pid, &status, 0) < 0 && errno == EINTR)
		;
	return code;
}

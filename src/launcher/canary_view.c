/* SPDX-License-Identifier: MIT
 *
 * The canary of the private view: a child makes a small one, with the code that makes the real
 * ones, and tries what must fail in it. On the way it finds out whether it may have a /proc of its
 * own, and a network, and whether another host user can be made of root. In our memory, like the
 * child of a run, and so by raw calls only.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/launcher.h"
#include "sys/raw.h"

struct canary_view {
	uint32_t wanted;
	struct bv_bytes mounts;
	int *codes; /* by canary */
};

/* A device that is one, the same without devices, and nothing else. */
static bool canary_table(uint8_t *block, size_t size, struct bv_bytes *ret)
{
	struct wire_writer w = wire_writer(block, size);
	struct wire_mount root = {.kind = WIRE_MOUNT_TMPFS,
		.flags = WIRE_MOUNT_READ_ONLY | WIRE_MOUNT_NO_DEV | WIRE_MOUNT_NO_EXEC,
		.mode = 0755,
		.size_bytes = 1 << 20,
		.destination = "/",
		.source = ""};
	struct wire_mount device = {.flags = WIRE_MOUNT_READ_ONLY | WIRE_MOUNT_NO_EXEC,
		.destination = "/device",
		.source = "/dev/null"};
	struct stat st;

	if (stat(device.source, &st))
		return false;
	device.device_major = major(st.st_dev);
	device.device_minor = minor(st.st_dev);
	device.inode = st.st_ino;
	device.type = st.st_mode & S_IFMT;
	wire_mount_put(&w, &root);
	wire_mount_put(&w, &device);
	device.flags |= WIRE_MOUNT_NO_DEV;
	device.destination = "/nodev";
	wire_mount_put(&w, &device);
	*ret = bv_bytes(block, w.at);
	return w.ok;
}

static long canary_open(const char *path)
{
	long fd = raw_call4(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);

	if (fd >= 0)
		raw_call1(SYS_close, fd);
	return fd;
}

static int canary_make_view(struct bv_bytes mounts)
{
	const struct view_with with = {.ruleset = -1, .userns = -1};
	uint32_t item;
	int store;
	/* Podman's profile lets all of it through but the name. */
	long code = view_set_name();

	if (code >= 0)
		code = view_build(mounts, &with, &item, &store);
	if (code < 0)
		return (int)-code;
	if (raw_call0(SYS_getpid) != 1 || canary_open("/device") < 0 ||
		canary_open("/nodev") != -EACCES || canary_open("/dev/null") != -ENOENT ||
		canary_open("/../proc/self") != -ENOENT ||
		raw_call3(SYS_mkdirat, AT_FDCWD, "/new", 0700) != -EROFS)
		return ENOTRECOVERABLE;
	return 0;
}

/* The loopback is there, and down: not even this host is in reach. */
static int canary_make_network(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	long code = raw_call1(SYS_unshare, CLONE_NEWNET), fd;

	if (code < 0)
		return (int)-code;
	fd = raw_call3(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fd == -EAFNOSUPPORT ? 0 : (int)-fd;
	code = raw_call3(SYS_connect, fd, &here, sizeof(here));
	return code == -ENETUNREACH ? 0 : ENOTRECOVERABLE;
}

static int canary_make_user(void)
{
	long code = raw_call1(SYS_unshare, CLONE_NEWUSER);

	return code < 0 ? (int)-code : 0;
}

static void canary_view_child(void *argument)
{
	struct canary_view *canary = argument;
	long proc;

	if (canary->wanted & WIRE_CANARY_BIT(WIRE_CANARY_PROC)) {
		proc = view_new_proc();
		canary->codes[WIRE_CANARY_PROC] = proc < 0 ? (int)-proc : 0;
	}
	canary->codes[WIRE_CANARY_VIEW] = canary_make_view(canary->mounts);
	if (canary->wanted & WIRE_CANARY_BIT(WIRE_CANARY_NETWORK))
		canary->codes[WIRE_CANARY_NETWORK] = canary_make_network();
	/* Last: whoever is in a new one has no power over what is around it. */
	if (canary->wanted & WIRE_CANARY_BIT(WIRE_CANARY_MAPPED))
		canary->codes[WIRE_CANARY_MAPPED] = canary_make_user();
	raw_exit(0);
}

static void canary_answer(int codes[WIRE_CANARY_COUNT], int errnum)
{
	codes[WIRE_CANARY_VIEW] = codes[WIRE_CANARY_PROC] = codes[WIRE_CANARY_NETWORK] =
		codes[WIRE_CANARY_MAPPED] = errnum;
}

void canary_view(uint32_t wanted, int proc, int codes[WIRE_CANARY_COUNT], int *ret_userns)
{
	static _Alignas(64) uint8_t stack[LAUNCHER_STACK_BYTES], block[512];
	struct canary_view canary = {.wanted = wanted, .codes = codes};
	int status, pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWUTS |
			CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWCGROUP,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	long pid;

	/* What a child that dies on the way does not answer is answered for it. */
	canary_answer(codes, ENOTRECOVERABLE);
	if (!canary_table(block, sizeof(block), &canary.mounts)) {
		canary_answer(codes, errno);
		return;
	}
	pid = raw_clone(&args, canary_view_child, &canary);
	if (pid <= 0) {
		canary_answer(codes, (int)-pid);
		return;
	}
	if ((wanted & WIRE_CANARY_BIT(WIRE_CANARY_MAPPED)) && !codes[WIRE_CANARY_MAPPED])
		codes[WIRE_CANARY_MAPPED] =
			mapped_namespace(proc, proc_pid(proc, pidfd), ret_userns);
	while (waitpid((pid_t)pid, &status, 0) < 0 && errno == EINTR)
		;
	close(pidfd);
}

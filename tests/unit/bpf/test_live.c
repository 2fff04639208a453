/* SPDX-License-Identifier: MIT
 *
 * What a process sees under each flag. Where a rule closes a hole that is not obvious, the test
 * first shows the hole.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <netinet/in.h>

#include "live.h"

#define POLICY(bits, how) \
	(struct bv_filter_policy) \
	{ \
		.flags = (bits), .spawn = (how) \
	}
#define DENY BV_FILTER_SPAWN_DENY
#define THREADS BV_FILTER_SPAWN_THREADS
#define DESCENDANTS BV_FILTER_SPAWN_DESCENDANTS

static void claim(uint32_t flags, enum bv_filter_spawn spawn, int (*body)(void *), void *arg)
{
	const struct bv_filter_policy policy = POLICY(flags, spawn);

	live_claim(&policy, body, arg);
}

/* A file with six bytes in it; the caller unlinks and frees. */
static char *file_make(void)
{
	char *path = strdup("/tmp/bv-filter-XXXXXX");
	int fd = path ? mkostemp(path, O_CLOEXEC) : -1;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "filled", 6), 6);
	(void)close(fd);
	return path;
}

static long file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (long)st.st_size;
}

static void *thread_body(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static int thread_make(void)
{
	pthread_t thread;
	int ran = 0;
	int code = pthread_create(&thread, NULL, thread_body, &ran);

	if (code)
		return code;
	return pthread_join(thread, NULL) || !ran ? -1 : 0;
}

static int deny_body(void *arg)
{
	(void)arg;
	LIVE(thread_make() == EPERM);
	LIVE_FAILS(fork(), EPERM);
	LIVE_FAILS(vfork(), EPERM);
	LIVE_FAILS(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
	LIVE_FAILS(syscall(SYS_clone3, NULL, 0), ENOSYS);
	return 0;
}

static int threads_body(void *arg)
{
	(void)arg;
	LIVE(thread_make() == 0);
	LIVE_FAILS(fork(), EPERM);
	LIVE_FAILS(vfork(), EPERM);
	LIVE_FAILS(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
	LIVE(system("true") != 0);
	LIVE_FAILS(syscall(SYS_clone, CLONE_NEWUSER | CLONE_THREAD, 0, 0, 0, 0), EPERM);
	return 0;
}

static int descendants_body(void *arg)
{
	int status = 0;
	pid_t pid = fork();

	(void)arg;
	if (!pid)
		_exit(7);
	LIVE(pid > 0 && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
	LIVE(thread_make() == 0);
	LIVE(system("exit 3") == 3 << 8);
	LIVE_FAILS(syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0, 0, 0, 0), EPERM);
	LIVE_FAILS(syscall(SYS_clone, SIGCHLD | CLONE_PARENT, 0, 0, 0, 0), EPERM);
	return 0;
}

static void spawning_is_what_the_policy_says(void **state)
{
	(void)state;
	claim(0, DENY, deny_body, NULL);
	claim(BV_FILTER_BASELINE, DENY, deny_body, NULL);
	claim(0, THREADS, threads_body, NULL);
	claim(BV_FILTER_BASELINE, THREADS, threads_body, NULL);
	claim(0, DESCENDANTS, descendants_body, NULL);
	claim(BV_FILTER_BASELINE, DESCENDANTS, descendants_body, NULL);
}

static int baseline_body(void *arg)
{
	(void)arg;
	LIVE_FAILS(unshare(CLONE_NEWUSER), EPERM);
	LIVE_FAILS(unshare(CLONE_NEWTIME), EPERM);
	LIVE(unshare(CLONE_FS | CLONE_FILES) == 0);
	LIVE_FAILS(syscall(SYS_mount, 0, 0, 0, 0, 0), EPERM);
	LIVE_FAILS(syscall(SYS_io_uring_setup, 1, NULL), EPERM);
	LIVE_FAILS(syscall(SYS_bpf, 0, NULL, 0), EPERM);
	LIVE_FAILS(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
	LIVE_FAILS(syscall(1000), ENOSYS);
	LIVE_FAILS(syscall(-1), ENOSYS);
	LIVE_FAILS(prctl(PR_SET_MM, PR_SET_MM_BRK, 0, 0, 0), EINVAL);
	LIVE(prctl(PR_SET_NAME, "claim", 0, 0, 0) == 0);
	LIVE_FAILS(personality(ADDR_NO_RANDOMIZE), EPERM);
	LIVE(personality(0xffffffff) >= 0);
	LIVE_FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			   NULL),
		EPERM);
	LIVE_FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL), EFAULT);
	return 0;
}

static int baseline_socket_body(void *arg)
{
	(void)arg;
	LIVE(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	LIVE(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) >= 0);
	LIVE(socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
	LIVE(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) >= 0);
	LIVE_FAILS(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT), EPROTONOSUPPORT);
	LIVE_FAILS(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM);
	LIVE_FAILS(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), EPROTONOSUPPORT);
	LIVE_FAILS(socket(AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT);
	LIVE_FAILS(socket(AF_ALG, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
	LIVE_FAILS(socket(AF_VSOCK, SOCK_STREAM, 0), EAFNOSUPPORT);
	LIVE_FAILS(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
	return 0;
}

static void the_baseline_leaves_an_ordinary_surface(void **state)
{
	(void)state;
	claim(BV_FILTER_BASELINE, DESCENDANTS, baseline_body, NULL);
	claim(BV_FILTER_BASELINE, DENY, baseline_socket_body, NULL);
}

static int terminal_body(void *arg)
{
	int fd = *(int *)arg;
	struct winsize size;

	LIVE(ioctl(fd, TIOCGWINSZ, &size) == 0);
	LIVE_FAILS(ioctl(fd, TIOCSTI, "x"), EPERM);
	/* The kernel drops the upper half, and so must the filter. */
	LIVE_FAILS(syscall(SYS_ioctl, fd, UINT64_C(0xbadc0de00000000) | TIOCSTI, "x"), EPERM);
	LIVE_FAILS(syscall(SYS_ioctl, fd, UINT64_C(0xbadc0de00000000) | TIOCLINUX, "x"), EPERM);
	LIVE_FAILS(ioctl(fd, TIOCSETD, &(int){0}), EPERM);
	return 0;
}

static void nothing_is_typed_into_the_terminal(void **state)
{
	int leader = -1;
	int follower = -1;

	(void)state;
	assert_int_equal(openpty(&leader, &follower, NULL, NULL, NULL), 0);
	claim(BV_FILTER_BASELINE, DENY, terminal_body, &follower);
	claim(BV_FILTER_IOCTL_DEV, DENY, terminal_body, &follower);
	(void)close(leader);
	(void)close(follower);
}

static int network_body(void *arg)
{
	int pair[2];

	(void)arg;
	LIVE_FAILS(socket(AF_INET, SOCK_STREAM, 0), EACCES);
	LIVE_FAILS(socket(AF_INET6, SOCK_DGRAM, 0), EACCES);
	LIVE_FAILS(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), EACCES);
	LIVE_FAILS(socket(AF_VSOCK, SOCK_STREAM, 0), EACCES);
	LIVE_FAILS(syscall(SYS_io_uring_setup, 1, NULL), EPERM);
	LIVE(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	LIVE(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	return 0;
}

static void denied_network_leaves_unix_sockets(void **state)
{
	(void)state;
	claim(BV_FILTER_NO_NETWORK, DENY, network_body, NULL);
	claim(BV_FILTER_NO_NETWORK | BV_FILTER_BASELINE, DENY, network_body, NULL);
}

/* An abstract datagram socket of "the host". */
static int server_open(struct sockaddr_un *ret_address, socklen_t *ret_len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	*ret_len = sizeof(sa_family_t);
	assert_true(fd >= 0);
	/* Without a name the kernel picks an abstract one. */
	assert_int_equal(bind(fd, (struct sockaddr *)ret_address, *ret_len), 0);
	*ret_len = sizeof(*ret_address);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret_address, ret_len), 0);
	return fd;
}

struct server {
	struct sockaddr_un address;
	socklen_t len;
};

/* The hole: an end of a datagram pair connects anew. */
static int pair_escape_body(void *arg)
{
	struct server *server = arg;
	int pair[2];

	LIVE(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	LIVE(connect(pair[0], (struct sockaddr *)&server->address, server->len) == 0);
	LIVE(send(pair[0], "out", 3, 0) == 3);
	return 0;
}

static int pair_closed_body(void *arg)
{
	static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
	struct server *server = arg;
	struct sockaddr *to = (struct sockaddr *)&server->address;
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	int pair[2];

	LIVE_FAILS(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), EACCES);
	LIVE_FAILS(socketpair(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC, 0, pair), EACCES);
	LIVE_FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EACCES);
	for (size_t i = 0; i < 2; i++) {
		LIVE(socketpair(AF_UNIX, types[i] | SOCK_NONBLOCK, 0, pair) == 0);
		LIVE(connect(pair[0], to, server->len) == -1);
		(void)connect(pair[0], &nowhere, sizeof(nowhere));
		LIVE(connect(pair[0], to, server->len) == -1);
		(void)sendto(pair[0], "out", 3, 0, to, server->len);
		(void)close(pair[1]);
		LIVE(connect(pair[0], to, server->len) == -1);
		LIVE(listen(pair[0], 1) == -1);
	}
	return 0;
}

static void a_pair_reaches_no_socket_of_the_host(void **state)
{
	struct server server;
	int fd = server_open(&server.address, &server.len);
	char text[8];

	(void)state;
	claim(BV_FILTER_NO_NETWORK, DENY, pair_escape_body, &server);
	assert_int_equal(recv(fd, text, sizeof(text), 0), 3);
	claim(BV_FILTER_IPC_PRIVATE, DENY, pair_closed_body, &server);
	assert_int_equal(recv(fd, text, sizeof(text), 0), -1);
	assert_int_equal(errno, EAGAIN);
	(void)close(fd);
}

static int ipc_body(void *arg)
{
	(void)arg;
	LIVE_FAILS(shmget(IPC_PRIVATE, 4096, 0600), EPERM);
	LIVE_FAILS(syscall(SYS_semget, 1, 1, 0), EPERM);
	LIVE_FAILS(syscall(SYS_msgget, 1, 0), EPERM);
	LIVE_FAILS(syscall(SYS_mq_open, "q", 0, 0, 0), EPERM);
	LIVE_FAILS(syscall(SYS_add_key, 0, 0, 0, 0, 0), EPERM);
	LIVE(socket(AF_INET, SOCK_STREAM, 0) >= 0);
	return 0;
}

static void private_ipc_refuses_all_queues(void **state)
{
	(void)state;
	claim(BV_FILTER_IPC_PRIVATE, DENY, ipc_body, NULL);
}

static int hidden_body(void *arg)
{
	pid_t other = *(pid_t *)arg;
	struct rlimit limit;
	cpu_set_t set;

	LIVE_FAILS(ptrace(PTRACE_SEIZE, other, 0, 0), EPERM);
	LIVE_FAILS(syscall(SYS_pidfd_open, other, 0), EPERM);
	LIVE_FAILS(syscall(SYS_kcmp, other, other, 0, 0, 0), EPERM);
	LIVE_FAILS(prlimit(other, RLIMIT_NOFILE, NULL, &limit), EPERM);
	LIVE_FAILS(setpriority(PRIO_PROCESS, (id_t)other, 10), EPERM);
	LIVE_FAILS(setpriority(PRIO_USER, 0, 10), EPERM);
	LIVE_FAILS(setpriority(PRIO_PGRP, 0, 10), EPERM);
	LIVE(prlimit(0, RLIMIT_NOFILE, NULL, &limit) == 0);
	LIVE(prlimit(getpid(), RLIMIT_NOFILE, NULL, &limit) == 0);
	LIVE(setpriority(PRIO_PROCESS, 0, 10) == 0);
	LIVE(sched_getaffinity(0, sizeof(set), &set) == 0);
	LIVE(sched_setaffinity(0, sizeof(set), &set) == 0);
	LIVE_FAILS(sched_setaffinity(other, sizeof(set), &set), EPERM);
	return 0;
}

static void other_processes_are_out_of_reach(void **state)
{
	pid_t self = getpid();

	(void)state;
	claim(BV_FILTER_HIDE_PROCESSES, DENY, hidden_body, &self);
	claim(BV_FILTER_HIDE_PROCESSES | BV_FILTER_BASELINE, THREADS, hidden_body, &self);
}

static int metadata_body(void *arg)
{
	const char *path = arg;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned long flags = 0;

	LIVE(fd >= 0);
	LIVE_FAILS(inotify_init1(0), EPERM);
	LIVE_FAILS(fcntl(fd, F_NOTIFY, DN_MODIFY), EPERM);
	LIVE_FAILS(fcntl(fd, F_SETLEASE, F_RDLCK), EPERM);
	LIVE_FAILS(ioctl(fd, _IOW('f', 2, long), &flags), EPERM);
	LIVE_FAILS(mknod("/tmp/bv-device", S_IFCHR | 0600, 0), EPERM);
	/* The kernel reads 16 bits of a mode. */
	LIVE_FAILS(syscall(SYS_mknod, "/tmp/bv-device", 0xbeef0000 | S_IFBLK, 0), EPERM);
	LIVE(flock(fd, LOCK_SH) == 0);
	LIVE(fchmod(fd, 0600) == 0);
	return 0;
}

static int modes_body(void *arg)
{
	const char *path = arg;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	LIVE(fd >= 0);
	LIVE_FAILS(chmod(path, 0600), EPERM);
	LIVE_FAILS(fchmod(fd, 0600), EPERM);
	LIVE_FAILS(chown(path, 0, 0), EPERM);
	LIVE_FAILS(syscall(SYS_setxattr, path, "user.x", "", 0, 0), EPERM);
	LIVE(futimens(fd, NULL) == 0);
	return 0;
}

/* By every call that can give one, and what they do without stays theirs. */
static int set_id_body(void *arg)
{
	const char *path = arg;
	char other[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	LIVE(fd >= 0);
	(void)snprintf(other, sizeof(other), "%s-new", path);
	for (unsigned int bits = S_ISGID; bits <= S_ISUID; bits <<= 1) {
		LIVE_FAILS(syscall(SYS_chmod, path, 0700 | bits), EPERM);
		LIVE_FAILS(syscall(SYS_fchmod, fd, 0700 | bits), EPERM);
		LIVE_FAILS(syscall(SYS_fchmodat, AT_FDCWD, path, 0700 | bits), EPERM);
		LIVE_FAILS(syscall(452 /* fchmodat2 */, AT_FDCWD, path, 0700 | bits, 0), EPERM);
		LIVE_FAILS(syscall(SYS_creat, other, 0700 | bits), EPERM);
		LIVE_FAILS(syscall(SYS_open, other, O_CREAT | O_WRONLY, 0700 | bits), EPERM);
		LIVE_FAILS(syscall(SYS_openat, AT_FDCWD, other, O_CREAT, 0700 | bits), EPERM);
		LIVE_FAILS(syscall(SYS_openat, AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR, 0700 | bits),
			EPERM);
		LIVE_FAILS(syscall(SYS_mknod, other, S_IFREG | 0700 | bits, 0), EPERM);
		LIVE_FAILS(syscall(SYS_mknodat, AT_FDCWD, other, S_IFIFO | 0700 | bits, 0), EPERM);
		/* The kernel reads 16 bits of a mode, and none where nothing is made. */
		LIVE_FAILS(syscall(SYS_chmod, path, 0xbeef0000 | bits), EPERM);
		LIVE(syscall(SYS_open, path, O_RDONLY, 0700 | bits) >= 0);
	}
	LIVE_FAILS(access(other, F_OK), ENOENT);
	LIVE(chmod(path, 01700) == 0);
	return chmod(path, 0600) ? __LINE__ : 0;
}

static int opening_body(void *arg)
{
	LIVE_FAILS(syscall(SYS_openat2, AT_FDCWD, arg, NULL, 0), ENOSYS);
	return 0;
}

static int times_body(void *arg)
{
	const char *path = arg;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	LIVE(fd >= 0);
	LIVE_FAILS(utimes(path, NULL), EPERM);
	LIVE_FAILS(futimens(fd, NULL), EPERM);
	LIVE_FAILS(utimensat(AT_FDCWD, path, NULL, 0), EPERM);
	LIVE(fchmod(fd, 0600) == 0);
	return 0;
}

static int truncate_body(void *arg)
{
	const char *path = arg;

	LIVE_FAILS(truncate(path, 0), EPERM);
	LIVE_FAILS(open(path, O_RDONLY | O_TRUNC), EPERM);
	LIVE_FAILS(open(path, O_ACCMODE | O_TRUNC), EPERM);
	LIVE_FAILS(syscall(SYS_open, path, O_RDONLY | O_TRUNC), EPERM);
	LIVE_FAILS(syscall(SYS_openat2, AT_FDCWD, path, NULL, 0), ENOSYS);
	LIVE(open(path, O_WRONLY) >= 0);
	return 0;
}

static void files_keep_their_metadata_and_length(void **state)
{
	char *path = file_make();

	(void)state;
	claim(BV_FILTER_METADATA, DENY, metadata_body, path);
	claim(BV_FILTER_MODES, DENY, modes_body, path);
	claim(BV_FILTER_SET_ID, DENY, set_id_body, path);
	claim(BV_FILTER_OPENAT2, DENY, opening_body, path);
	claim(BV_FILTER_TIMES, DENY, times_body, path);
	claim(BV_FILTER_TRUNCATE, DENY, truncate_body, path);
	assert_int_equal(file_size(path), 6);
	/* The hole: neither for reading nor for writing, and empty all the same. */
	assert_true(open(path, O_ACCMODE | O_TRUNC | O_CLOEXEC) >= 0);
	assert_int_equal(file_size(path), 0);
	(void)unlink(path);
	free(path);
}

static int memory_body(void *arg)
{
	(void)arg;
	LIVE_FAILS(memfd_create("x", 0), EPERM);
	LIVE_FAILS(mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0), EPERM);
	LIVE_FAILS(shmget(IPC_PRIVATE, 4096, 0600), EPERM);
	LIVE(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	return 0;
}

static int exec_body(void *arg)
{
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	LIVE(page != MAP_FAILED);
	LIVE_FAILS(mprotect(page, 4096, PROT_READ | PROT_EXEC), EPERM);
	LIVE_FAILS(syscall(SYS_pkey_mprotect, page, 4096, PROT_EXEC, -1), EPERM);
	LIVE_FAILS(mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EPERM);
	LIVE_FAILS(personality(READ_IMPLIES_EXEC), EPERM);
	LIVE_FAILS(shmat(0, NULL, SHM_EXEC), EPERM);
	LIVE(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
	return 0;
}

static void memory_is_counted_and_not_executable(void **state)
{
	(void)state;
	claim(BV_FILTER_NO_MEMFD, DENY, memory_body, NULL);
	claim(BV_FILTER_NO_WRITE_EXEC, THREADS, exec_body, NULL);
	claim(BV_FILTER_NO_WRITE_EXEC | BV_FILTER_BASELINE, THREADS, exec_body, NULL);
}

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
	signalled = number;
}

static int signals_body(void *arg)
{
	pid_t other = *(pid_t *)arg;
	struct rlimit limit;
	int pair[2];

	LIVE(signal(SIGUSR1, on_signal) != SIG_ERR);
	LIVE_FAILS(kill(other, SIGUSR1), EPERM);
	LIVE_FAILS(kill(other, 0), EPERM);
	LIVE_FAILS(kill(-1, 0), EPERM);
	LIVE_FAILS(kill(-other, 0), EPERM);
	LIVE_FAILS(syscall(SYS_tgkill, other, other, SIGUSR1), EPERM);
	LIVE_FAILS(syscall(SYS_tkill, other, SIGUSR1), EPERM);
	LIVE_FAILS(sigqueue(other, SIGUSR1, (union sigval){0}), EPERM);
	LIVE_FAILS(ptrace(PTRACE_ATTACH, other, 0, 0), EPERM);
	LIVE_FAILS(prlimit(other, RLIMIT_CPU, NULL, &limit), EPERM);
	LIVE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	LIVE_FAILS(fcntl(pair[0], F_SETOWN, other), EPERM);
	LIVE_FAILS(ioctl(pair[0], FIOSETOWN, &other), EPERM);
	LIVE(raise(SIGUSR1) == 0 && signalled == SIGUSR1);
	signalled = 0;
	LIVE(kill(0, SIGUSR1) == 0 && signalled == SIGUSR1);
	signalled = 0;
	LIVE(kill(getpid(), SIGUSR1) == 0 && signalled == SIGUSR1);
	signalled = 0;
	LIVE(pthread_kill(pthread_self(), SIGUSR1) == 0 && signalled == SIGUSR1);
	return 0;
}

static int abort_body(void *arg)
{
	(void)arg;
	abort();
}

static void signals_reach_only_the_own_process(void **state)
{
	const struct bv_filter_policy policy = POLICY(BV_FILTER_NO_SIGNALS, THREADS);
	pid_t self = getpid();
	int status = 0;

	(void)state;
	assert_true(signal(SIGUSR1, on_signal) != SIG_ERR);
	signalled = 0;
	claim(BV_FILTER_NO_SIGNALS, THREADS, signals_body, &self);
	claim(BV_FILTER_NO_SIGNALS | BV_FILTER_BASELINE, DENY, signals_body, &self);
	assert_int_equal(signalled, 0);
	status = live_child(&policy, abort_body, NULL);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static int x32_body(void *arg)
{
	(void)arg;
	(void)syscall(SYS_getpid | 0x40000000);
	return __LINE__;
}

static int i386_body(void *arg)
{
	long answer = 20; /* i386's getpid */

	(void)arg;
	__asm__ volatile("int $0x80" : "+a"(answer) : : "memory");
	return __LINE__;
}

static void an_x32_number_kills(void **state)
{
	const struct bv_filter_policy none = POLICY(0, DESCENDANTS);
	const struct bv_filter_policy baseline = POLICY(BV_FILTER_BASELINE, DENY);
	int status = live_child(&none, x32_body, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	status = live_child(&baseline, x32_body, NULL);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static void a_32_bit_entry_kills(void **state)
{
	const struct bv_filter_policy baseline = POLICY(BV_FILTER_BASELINE, DENY);
	int status = live_child(&baseline, i386_body, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status));
	if (WTERMSIG(status) == SIGSEGV) {
		print_message("SKIP: this kernel has no 32-bit entry to kill for\n");
		skip();
	}
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spawning_is_what_the_policy_says),
		cmocka_unit_test(the_baseline_leaves_an_ordinary_surface),
		cmocka_unit_test(nothing_is_typed_into_the_terminal),
		cmocka_unit_test(denied_network_leaves_unix_sockets),
		cmocka_unit_test(a_pair_reaches_no_socket_of_the_host),
		cmocka_unit_test(private_ipc_refuses_all_queues),
		cmocka_unit_test(other_processes_are_out_of_reach),
		cmocka_unit_test(files_keep_their_metadata_and_length),
		cmocka_unit_test(memory_is_counted_and_not_executable),
		cmocka_unit_test(signals_reach_only_the_own_process),
		cmocka_unit_test(an_x32_number_kills),
		cmocka_unit_test(a_32_bit_entry_kills),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}

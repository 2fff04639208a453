/* SPDX-License-Identifier: MIT
 *
 * The pool of launchers. One is started with an empty environment and no descriptor but its socket
 * and the null device; it ends when its socket does, and is waited for by its pidfd only. It is a
 * child like any other, though: execve(2) resets the exit signal, so the host sees SIGCHLD, and a
 * host that waits for any child may be handed it, which does no harm here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "state.h"
#include "sys/call.h"

#define POOL_HELLO_MS 10000
#define POOL_STACK_BYTES 65536
#define POOL_SOCKET 3

struct pool_start {
	const char *path;
	int socket;
	bool namespace;
	int errnum;
};

/* Runs in the caller's memory, on a stack of its own, while the caller waits for the execve. */
static int SYS_ON_A_LENT_STACK pool_child(void *argument)
{
	struct pool_start *start = argument;
	char *argv[] = {(char *)(uintptr_t) "bvisor-launcher",
		start->namespace ? (char *)(uintptr_t) "--namespace" : NULL, NULL};
	char *envp[] = {NULL};
	/* Out of the way of 0 to 3 first. */
	int socket = fcntl(start->socket, F_DUPFD_CLOEXEC, POOL_SOCKET + 1);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	if (socket >= 0 && dup2(socket, POOL_SOCKET) >= 0)
		execve(start->path, argv, envp);
	start->errnum = errno;
	_exit(127);
}

static int pool_spawn(struct pool_start *start, int *ret_pidfd, struct bv_error *err)
{
	void *stack = mmap(NULL, POOL_STACK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	sigset_t all, before;
	int pid, pidfd = -1, code = 0;

	if (stack == MAP_FAILED)
		return bv_fail_os(err, BV_E_NO_MEMORY, errno, "launcher", "no stack for its start");
	/* A handler of the host's must not run in the child, which shares its memory. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = clone(pool_child, (char *)stack + POOL_STACK_BYTES,
		CLONE_VM | CLONE_VFORK | CLONE_PIDFD, start, &pidfd);
	if (pid < 0)
		code = bv_fail_os(err, BV_E_LAUNCHER, errno, "launcher",
			"no process for the launcher");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	munmap(stack, POOL_STACK_BYTES);
	if (!code && start->errnum) {
		waitid(P_PIDFD, (id_t)pidfd, &(siginfo_t){0}, WEXITED | __WALL);
		close(pidfd);
		code = bv_fail_os(err, BV_E_LAUNCHER, start->errnum, "launcher",
			"'%s' could not be started; install bvisor, or name its launcher",
			start->path);
	}
	if (!code)
		*ret_pidfd = pidfd;
	return code;
}

static void pool_forget(struct linux_state *state, const struct linux_launcher *launcher)
{
	struct linux_launcher **link = &state->known;

	pthread_mutex_lock(&state->lock);
	while (*link && *link != launcher)
		link = &(*link)->next_known;
	if (*link)
		*link = launcher->next_known;
	pthread_mutex_unlock(&state->lock);
}

bool pool_owns(struct linux_state *state, int fd)
{
	bool owned = false;

	pthread_mutex_lock(&state->lock);
	for (const struct linux_launcher *l = state->known; l && !owned; l = l->next_known)
		owned = fd == l->socket || fd == l->pidfd;
	pthread_mutex_unlock(&state->lock);
	return owned;
}

static void pool_end(struct linux_state *state, struct linux_launcher *launcher)
{
	struct pollfd gone = {.fd = launcher->pidfd, .events = POLLIN};

	pool_forget(state, launcher);
	/* The end of its socket is its order to leave; it kills what it runs. Shut down, because a
	 * process that the host forked may hold a copy. */
	shutdown(launcher->socket, SHUT_RDWR);
	close(launcher->socket);
	if (poll(&gone, 1, POOL_HELLO_MS) != 1)
		sys_pidfd_send_signal(launcher->pidfd, SIGKILL);
	while (waitid(P_PIDFD, (id_t)launcher->pidfd, &(siginfo_t){0}, WEXITED | __WALL) < 0 &&
		errno == EINTR)
		;
	close(launcher->pidfd);
	free(launcher);
}

static int pool_greet(struct linux_launcher *launcher, const char *path, struct bv_error *err)
{
	struct wire_message hello;

	if (host_receive(launcher->socket, POOL_HELLO_MS, &hello, NULL) != 1 ||
		hello.type != WIRE_HELLO)
		return bv_fail(err, BV_E_LAUNCHER, "launcher", "'%s' is not a bvisor launcher",
			path);
	if (hello.body.hello.protocol & 0x80000000U)
		return bv_fail_os(err, BV_E_LAUNCHER,
			(int)(hello.body.hello.protocol & 0x7fffffffU), "launcher",
			"the launcher could not set itself up");
	if (hello.body.hello.protocol != WIRE_PROTOCOL)
		return bv_fail(err, BV_E_VERSION, "launcher",
			"'%s' speaks protocol %u and this library %u; install both from one "
			"release",
			path, hello.body.hello.protocol, WIRE_PROTOCOL);
	launcher->namespace_errnum = (int)hello.body.hello.namespace_errnum;
	launcher->namespace = launcher->namespace && !launcher->namespace_errnum;
	return 0;
}

/* A host may have closed its streams: what it then prints must not go to a launcher, nor what it
 * hands on as its stdin be one. */
static int pool_above_streams(int fd)
{
	int above = fd >= 0 && fd < 3 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd;

	if (above != fd)
		close(fd);
	return above;
}

static int pool_start(struct linux_state *state, bool namespace, struct linux_launcher **ret,
	struct bv_error *err)
{
	struct pool_start start = {.path = state->launcher_path, .namespace = namespace};
	struct linux_launcher *launcher = calloc(1, sizeof(*launcher));
	int ends[2], code;

	if (!launcher)
		return bv_fail(err, BV_E_NO_MEMORY, "launcher", "no memory for a launcher");
	launcher->namespace = namespace;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		free(launcher);
		return bv_fail_os(err, BV_E_OS, errno, "launcher", "no socket for the launcher");
	}
	launcher->socket = pool_above_streams(ends[0]);
	start.socket = ends[1];
	code = pool_spawn(&start, &launcher->pidfd, err);
	close(ends[1]);
	if (code) {
		close(launcher->socket);
		free(launcher);
		return code;
	}
	launcher->pidfd = pool_above_streams(launcher->pidfd);
	code = pool_greet(launcher, state->launcher_path, err);
	if (code) {
		pool_end(state, launcher);
		return code;
	}
	pthread_mutex_lock(&state->lock);
	launcher->next_known = state->known;
	state->known = launcher;
	pthread_mutex_unlock(&state->lock);
	*ret = launcher;
	return 0;
}

static struct linux_launcher *pool_take_idle(struct linux_state *state, bool namespace)
{
	struct linux_launcher **link = &state->idle;

	while (*link && (*link)->namespace != namespace)
		link = &(*link)->next;
	if (!*link)
		return NULL;
	struct linux_launcher *launcher = *link;

	*link = launcher->next;
	return launcher;
}

/* Someone may have killed it while it was idle. */
static bool pool_alive(const struct linux_launcher *launcher)
{
	struct pollfd gone = {.fd = launcher->pidfd, .events = POLLIN};

	return poll(&gone, 1, 0) == 0;
}

int pool_take(struct linux_state *state, bool namespace, struct linux_launcher **ret,
	struct bv_error *err)
{
	struct linux_launcher *launcher;
	bool full;
	int code;

	for (;;) {
		pthread_mutex_lock(&state->lock);
		launcher = pool_take_idle(state, namespace);
		pthread_mutex_unlock(&state->lock);
		if (!launcher || pool_alive(launcher))
			break;
		pool_give(state, launcher, false);
	}
	if (launcher) {
		*ret = launcher;
		return 0;
	}
	pthread_mutex_lock(&state->lock);
	full = state->launchers >= state->launchers_max;
	state->launchers += !full;
	pthread_mutex_unlock(&state->lock);
	if (full)
		return bv_fail(err, BV_E_LIMIT, "launcher",
			"all %u launchers of this handle are busy", state->launchers_max);
	code = pool_start(state, namespace, ret, err);
	if (!code)
		return 0;
	pthread_mutex_lock(&state->lock);
	state->launchers--;
	pthread_mutex_unlock(&state->lock);
	return code;
}

void pool_give(struct linux_state *state, struct linux_launcher *launcher, bool healthy)
{
	if (!healthy)
		pool_end(state, launcher);
	pthread_mutex_lock(&state->lock);
	if (healthy) {
		launcher->next = state->idle;
		state->idle = launcher;
	} else {
		state->launchers--;
	}
	pthread_mutex_unlock(&state->lock);
}

void pool_close(struct linux_state *state)
{
	while (state->idle) {
		struct linux_launcher *launcher = state->idle;

		state->idle = launcher->next;
		pool_end(state, launcher);
	}
}

/* SPDX-License-Identifier: MIT
 *
 * Attempts to make tasks, and tasks that try to outlive the run.
 */
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static int spawn_wait(pid_t pid)
{
	int status;

	if (pid < 0)
		return errno;
	if (waitpid(pid, &status, __WALL) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

/* The call itself: libc's fork is a clone. */
int spawn_fork(char **args)
{
	long pid;

	(void)args;
#ifdef SYS_fork
	pid = syscall(SYS_fork);
#else
	pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
#endif
	if (pid == 0)
		_exit(0);
	return spawn_wait((pid_t)pid);
}

int spawn_vfork(char **args)
{
	pid_t pid;

	(void)args;
	pid = vfork();
	if (pid == 0)
		_exit(0);
	return spawn_wait(pid);
}

static int spawn_flags(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return spawn_wait((pid_t)pid);
}

int spawn_clone(char **args)
{
	(void)args;
	return spawn_flags(SIGCHLD);
}

/* A sibling: nothing of ours can wait for it, so its start is all that is asked. */
int spawn_clone_parent(char **args)
{
	long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);

	(void)args;
	if (pid == 0)
		_exit(0);
	return guest_result(pid);
}

int spawn_clone_namespace(char **args)
{
	(void)args;
	return spawn_flags(CLONE_NEWUSER | SIGCHLD);
}

int spawn_clone3(char **args)
{
	struct clone_args how = {.exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &how, sizeof(how));

	(void)args;
	if (pid == 0)
		_exit(0);
	return spawn_wait((pid_t)pid);
}

int spawn_posix_spawn(char **args)
{
	char *argv[] = {args[0], NULL};
	pid_t pid;
	int code = posix_spawn(&pid, args[0], NULL, NULL, argv, environ);

	return code ? code : spawn_wait(pid);
}

static void *spawn_nothing(void *argument)
{
	return argument;
}

int spawn_thread(char **args)
{
	pthread_t thread;
	void *got = NULL;
	int code = pthread_create(&thread, NULL, spawn_nothing, args);

	if (code)
		return code;
	pthread_join(thread, &got);
	return got == args ? 0 : EBADMSG;
}

static void *spawn_sleeper(void *argument)
{
	usleep((useconds_t)guest_number(argument) * 1000);
	return NULL;
}

/* As many as asked for at the same time; the errno of the first that could not be made. */
int spawn_threads(char **args)
{
	unsigned long count = guest_number(args[0]);
	pthread_attr_t attributes;
	pthread_t thread;
	int code = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	for (unsigned long i = 0; i < count && !code; i++)
		code = pthread_create(&thread, &attributes, spawn_sleeper, args[1]);
	usleep((useconds_t)guest_number(args[1]) * 1000);
	return code;
}

int spawn_forks(char **args)
{
	unsigned long count = guest_number(args[0]);

	for (unsigned long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return errno;
		if (pid == 0) {
			spawn_sleeper(args[1]);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}

/* Children that make children, never more than the number asked for in all: the machine is not
 * ours alone. */
int spawn_bomb(char **args)
{
	unsigned long depth = guest_number(args[0]);

	for (unsigned long i = 0; i < depth; i++)
		if (fork() < 0)
			return errno;
	for (;;)
		pause();
}

int spawn_orphans(char **args)
{
	unsigned long count = guest_number(args[0]);

	for (unsigned long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return errno;
		if (pid == 0)
			_exit(fork() < 0 ? 1 : 0);
		if (spawn_wait(pid))
			return ECHILD;
	}
	return 0;
}

static int spawn_daemonize(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return errno;
	if (pid > 0)
		return spawn_wait(pid) ? ECHILD : GUEST_SAID;
	if (setsid() < 0)
		_exit(1);
	pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	return 0;
}

int spawn_daemon(char **args)
{
	int code = spawn_daemonize();

	if (code)
		return code == GUEST_SAID ? 0 : code;
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	spawn_sleeper(args[0]);
	_exit(0);
}

int spawn_daemon_writer(char **args)
{
	int code = spawn_daemonize();

	(void)args;
	if (code)
		return code == GUEST_SAID ? 0 : code;
	signal(SIGPIPE, SIG_DFL);
	for (;;)
		guest_say("still here\n");
}

static void *spawn_execute(void *argument)
{
	char **args = argument;
	char *argv[] = {args[0], args[1], NULL};

	execve(args[0], argv, environ);
	return NULL;
}

int spawn_thread_exec(char **args)
{
	pthread_t thread;
	int code = pthread_create(&thread, NULL, spawn_execute, args);

	if (code)
		return code;
	pthread_join(thread, NULL);
	return ENOEXEC;
}

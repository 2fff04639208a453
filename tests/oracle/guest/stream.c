/* SPDX-License-Identifier: MIT
 *
 * Output, and the use of what budgets bound.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

int stream_say(char **args)
{
	guest_say("%s\n", args[0]);
	return GUEST_SAID;
}

/* Byte i is i modulo 251, which no power of two divides: a lost or doubled piece shows. */
int stream_spew(char **args)
{
	static unsigned char data[251 * 64];
	int fd = (int)guest_number(args[0]);
	unsigned long left = guest_number(args[1]);
	bool endless = left == 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i % 251);
	while (endless || left) {
		size_t want = endless || left > sizeof(data) ? sizeof(data) : left;

		for (size_t at = 0; at < want;) {
			ssize_t len = write(fd, data + at, want - at);

			if (len < 0)
				return errno;
			at += (size_t)len;
		}
		left -= endless ? 0 : want;
	}
	return GUEST_SAID;
}

int stream_close(char **args)
{
	close((int)guest_number(args[0]));
	return GUEST_SAID;
}

int stream_exit(char **args)
{
	_exit((int)guest_number(args[0]));
}

int stream_signal(char **args)
{
	raise((int)guest_number(args[0]));
	return 0;
}

int stream_sleep(char **args)
{
	unsigned long ms = guest_number(args[0]);
	struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
	return 0;
}

int stream_wait_input(char **args)
{
	char text[256];
	ssize_t len;

	(void)args;
	while ((len = read(0, text, sizeof(text))) > 0)
		;
	return guest_result(len);
}

int stream_environment(char **args)
{
	(void)args;
	for (char **variable = environ; *variable; variable++)
		guest_say("[%s]\n", *variable);
	return 0;
}

/* The guest's own name, from the kernel's copy: main's argv is not ours to see. */
int stream_arguments(char **args)
{
	guest_say("argv0=%s\n", args[-2]);
	return GUEST_SAID;
}

int stream_descriptors(char **args)
{
	char text[2048] = "descriptors=";
	size_t len = strlen(text);

	(void)args;
	for (int fd = 0; fd < 65536 && len < sizeof(text) - 16; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%d,", fd);
	guest_say("%s\n", text);
	return GUEST_SAID;
}

int stream_take(char **args)
{
	char text[256];
	ssize_t len = read((int)guest_number(args[0]), text, sizeof(text) - 1);

	if (len < 0)
		return errno;
	text[len] = 0;
	guest_say("take-%s=%s\n", args[0], text);
	return GUEST_SAID;
}

int stream_directory(char **args)
{
	char text[4096];

	(void)args;
	if (!getcwd(text, sizeof(text)))
		return errno;
	guest_say("directory=%s\n", text);
	return GUEST_SAID;
}

int stream_burn(char **args)
{
	unsigned long ms = guest_number(args[0]);
	struct timespec used;

	for (;;) {
		for (volatile unsigned int i = 0; i < 100000; i++)
			;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
		if (ms &&
			(unsigned long)used.tv_sec * 1000 + (unsigned long)used.tv_nsec / 1000000 >=
				ms)
			return 0;
	}
}

int stream_burn_tree(char **args)
{
	char zero[] = "0", *burn[] = {zero};

	for (unsigned long i = guest_number(args[0]); i > 1; i--) {
		pid_t pid = fork();

		if (pid < 0)
			return errno;
		if (pid == 0)
			break;
	}
	return stream_burn(burn);
}

static int stream_touch(size_t bytes, int flags)
{
	size_t page = 4096;
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return errno;
	for (size_t i = 0; i < bytes; i += page)
		((volatile char *)at)[i] = 1;
	return 0;
}

int stream_memory(char **args)
{
	int code = 0;

	/* A MiB at a time, as a heap grows. */
	for (unsigned long i = guest_number(args[0]); i && !code; i--)
		code = stream_touch((size_t)1 << 20, MAP_PRIVATE);
	return code;
}

int stream_memory_shared(char **args)
{
	return stream_touch(guest_number(args[0]) << 20, MAP_SHARED);
}

int stream_memory_tree(char **args)
{
	int code = 0;

	for (unsigned long i = guest_number(args[0]); i; i--) {
		pid_t pid = fork();

		if (pid < 0)
			return errno;
		if (pid == 0) {
			code = stream_touch(guest_number(args[1]) << 20, MAP_PRIVATE);
			usleep(1000000);
			_exit(code);
		}
	}
	while (wait(NULL) > 0)
		;
	return code;
}

static int stream_recurse(unsigned long depth)
{
	volatile char frame[65536];

	frame[0] = (char)depth;
	frame[sizeof(frame) - 1] = (char)depth;
	return depth ? stream_recurse(depth - 1) + frame[0] : frame[sizeof(frame) - 1];
}

/* Past its limit this is a crash. */
int stream_memory_stack(char **args)
{
	guest_say("stack=%d\n", stream_recurse(guest_number(args[0]) * 16) != 0);
	return GUEST_SAID;
}

int stream_handles(char **args)
{
	for (unsigned long i = guest_number(args[0]); i; i--)
		if (dup(1) < 0)
			return errno;
	return 0;
}

int stream_handles_tree(char **args)
{
	for (unsigned long i = guest_number(args[0]); i; i--) {
		pid_t pid = fork();

		if (pid < 0)
			return errno;
		if (pid == 0) {
			int code = stream_handles(args + 1);

			usleep(500000);
			_exit(code);
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}

int stream_exec(char **args)
{
	char *argv[] = {args[0], args[1], NULL};

	execve(args[0], argv, environ);
	return errno;
}

/* SPDX-License-Identifier: MIT
 *
 * The guest of the wasm backend's oracles, compiled for wasm32-wasi: does what its arguments say,
 * one after the other, and says what came of each.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *error(void)
{
	static char text[16];

	switch (errno) {
	case ENOTCAPABLE:
		return "ENOTCAPABLE";
	case EACCES:
		return "EACCES";
	case EROFS:
		return "EROFS";
	case ENOENT:
		return "ENOENT";
	case ENFILE:
		return "ENFILE";
	default:
		snprintf(text, sizeof(text), "%d", errno);
		return text;
	}
}

static void do_read(char **words)
{
	char text[256];
	int fd = open(words[0], O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (len < 0)
		printf("read %s\n", error());
	else
		printf("read %.*s\n", (int)len, text);
	if (fd >= 0)
		close(fd);
}

static void do_write(char **words)
{
	int fd = open(words[0], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	size_t len = strlen(words[1]);

	if (fd < 0 || write(fd, words[1], len) != (ssize_t)len)
		printf("write %s\n", error());
	else
		puts("written");
	if (fd >= 0)
		close(fd);
}

static void do_link(char **words)
{
	printf("link %s\n", symlink(words[0], words[1]) ? error() : "made");
}

static void do_unlink(char **words)
{
	printf("unlink %s\n", unlink(words[0]) ? error() : "done");
}

/* Until somebody lets it go on. */
static void do_hold(char **words)
{
	char byte;

	(void)words;
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	puts("released");
}

static void do_loop(char **words)
{
	(void)words;
	puts("ready");
	fflush(stdout);
	for (;;)
		__asm__ volatile("");
}

static void do_sleep(char **words)
{
	const struct timespec hour = {.tv_sec = 3600};

	(void)words;
	puts("ready");
	fflush(stdout);
	nanosleep(&hour, NULL);
	puts("woke");
}

/* Page by page, each written to, up to so many. */
static void do_grow(char **words)
{
	long most = strtol(words[0], NULL, 10), pages = 0;
	size_t old;

	while (pages < most && (old = __builtin_wasm_memory_grow(0, 1)) != SIZE_MAX) {
		memset((char *)(old * 65536), 0x5a, 65536);
		pages++;
	}
	printf("grown %ld\n", pages);
}

/* The same, and nothing is written. */
static void do_room(char **words)
{
	long most = strtol(words[0], NULL, 10), pages = 0;

	while (pages < most && __builtin_wasm_memory_grow(0, 1) != SIZE_MAX)
		pages++;
	printf("room %ld\n", pages);
}

static void do_open(char **words)
{
	int count = 0;

	while (count < 100000 && open(words[0], O_RDONLY) >= 0)
		count++;
	printf("opened %d then %s\n", count, error());
}

/* Everywhere that a guest has: the heap, the stack, and what libc keeps. */
static void do_secret(char **words)
{
	const char *value = getenv(words[0]);
	char stack[128] = "";
	char *heap = value ? strdup(value) : NULL;

	snprintf(stack, sizeof(stack), "%s", value ? value : "");
	printf("secret of %zu bytes\n", heap ? strlen(heap) + strlen(stack) : 0);
}

static void do_out(char **words)
{
	(void)words;
	puts(getenv("BVISOR_OUT") ? getenv("BVISOR_OUT") : "nowhere");
}

static void do_trap(char **words)
{
	(void)words;
	fflush(stdout);
	__builtin_trap();
}

static const struct deed {
	const char *name;
	int words;
	void (*run)(char **words);
} deeds[] = {
	{"read", 1, do_read},
	{"write", 2, do_write},
	{"link", 2, do_link},
	{"unlink", 1, do_unlink},
	{"hold", 0, do_hold},
	{"loop", 0, do_loop},
	{"sleep", 0, do_sleep},
	{"grow", 1, do_grow},
	{"room", 1, do_room},
	{"open", 1, do_open},
	{"secret", 1, do_secret},
	{"out", 0, do_out},
	{"trap", 0, do_trap},
};

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const struct deed *deed = deeds;
		const struct deed *end = deeds + sizeof(deeds) / sizeof(deeds[0]);

		while (deed < end && strcmp(deed->name, argv[i]) != 0)
			deed++;
		if (deed == end || i + deed->words >= argc) {
			printf("no such deed: %s\n", argv[i]);
			return 2;
		}
		deed->run(argv + i + 1);
		i += deed->words;
	}
	return 0;
}

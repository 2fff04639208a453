/* SPDX-License-Identifier: MIT
 *
 * oracle-guest ATTEMPT [ARGUMENT...] [ATTEMPT [ARGUMENT...]]...: makes the attempts in turn.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

struct attempt {
	const char *name;
	int (*function)(char **args);
	int arguments;
};

static const struct attempt attempts[] = {
#define ATTEMPT(name, function, arguments) {name, function, arguments},
#include "attempts.def"
#undef ATTEMPT
};

int guest_result(long value)
{
	return value < 0 ? errno : 0;
}

int guest_close(int fd)
{
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

void guest_say(const char *fmt, ...)
{
	char text[4096];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len > 0 && write(1, text, (size_t)len) != len)
		_exit(98);
}

unsigned long guest_number(const char *text)
{
	return strtoul(text, NULL, 0);
}

static const struct attempt *find(const char *name)
{
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (strcmp(attempts[i].name, name) == 0)
			return &attempts[i];
	return NULL;
}

static void report(const char *name, int errnum)
{
	const char *text = errnum ? strerrorname_np(errnum) : "OK";

	if (errnum != GUEST_SAID)
		guest_say("%s=%s\n", name, text ? text : "E?");
}

int main(int argc, char **argv)
{
	int at = 1;

	while (at < argc) {
		const struct attempt *attempt = find(argv[at]);

		if (!attempt || argc - at - 1 < attempt->arguments) {
			guest_say("%s=UNKNOWN\n", argv[at]);
			return 99;
		}
		report(attempt->name, attempt->function(argv + at + 1));
		at += 1 + attempt->arguments;
	}
	return 0;
}

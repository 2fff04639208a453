/* SPDX-License-Identifier: MIT
 *
 * A line is built in one buffer and leaves in one write, so that the lines of several commands
 * on one terminal do not mix. Text is cut rather than refused: a message is not a document.
 */
#include "cli/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/request.h"

#define SAY_MAX 1024

/* The length of the UTF-8 sequence at s if it is well-formed and harmless, else 0. */
static size_t harmless(const unsigned char *s)
{
	uint32_t rune;
	size_t len;
	size_t i;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	rune = s[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		rune = rune << 6 | (s[i] & 0x3fu);
	}
	if (rune < 0xa0 || (len == 3 && rune < 0x800) || (len == 4 && rune < 0x10000))
		return 0;
	if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
		return 0;
	/* Marks, embeddings, overrides and isolates of writing direction; line separators. */
	if ((rune >= 0x200e && rune <= 0x200f) || (rune >= 0x2028 && rune <= 0x202e) ||
		(rune >= 0x2066 && rune <= 0x2069) || rune == 0x61c || rune == 0xfeff)
		return 0;
	return len;
}

char *cli_neutral(char *dst, size_t capacity, const char *text)
{
	size_t used = 0;

	while (*text && used + 1 < capacity) {
		size_t len = harmless((const unsigned char *)text);

		if (len == 0) {
			dst[used++] = '?';
			text++;
			continue;
		}
		if (used + len >= capacity)
			break;
		memcpy(dst + used, text, len);
		used += len;
		text += len;
	}
	dst[used] = '\0';
	return dst;
}

static void put_line(const char *line, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, line, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return; /* nobody listens; there is nowhere left to say so */
		line += n;
		len -= (size_t)n;
	}
}

void cli_say(const char *fmt, ...)
{
	static const char prefix[] = "bvisor: ";
	char text[SAY_MAX];
	char line[sizeof(prefix) + SAY_MAX];
	size_t len;
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	memcpy(line, prefix, sizeof(prefix) - 1);
	cli_neutral(line + sizeof(prefix) - 1, SAY_MAX, text);
	len = strlen(line);
	line[len] = '\n';
	put_line(line, len + 1);
}

void cli_say_error(const struct bv_error *err)
{
	if (err->place[0])
		cli_say("%s: %s", err->place, err->text);
	else
		cli_say("%s", err->text);
}

static void BV_PRINTF(4, 0)
	fill(struct bv_error *err, int code, const char *place, const char *fmt, va_list args)
{
	err->code = code;
	err->errnum = 0;
	err->offset = 0;
	(void)snprintf(err->place, sizeof(err->place), "%s", place ? place : "");
	if (vsnprintf(err->text, sizeof(err->text), fmt, args) < 0)
		err->text[0] = '\0';
}

int cli_fail(struct bv_error *err, int code, const char *place, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(err, code, place, fmt, args);
	va_end(args);
	return code;
}

int cli_fail_os(struct bv_error *err, int errnum, const char *place, const char *fmt, ...)
{
	va_list args;
	size_t len;

	va_start(args, fmt);
	fill(err, BV_E_OS, place, fmt, args);
	va_end(args);
	err->errnum = errnum;
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", cli_errno_text(errnum));
	return BV_E_OS;
}

const char *cli_errno_text(int errnum)
{
	const char *text = strerrordesc_np(errnum);

	return text ? text : "unknown error";
}

int cli_exit_of(const struct bv_error *err)
{
	if (err->code == BV_E_NOT_FOUND)
		return CLI_EXIT_NOT_FOUND;
	if (err->code == BV_E_NOT_EXECUTABLE)
		return CLI_EXIT_NOT_EXECUTABLE;
	return CLI_EXIT_FAILED;
}

/* SPDX-License-Identifier: MIT
 *
 * Filling a struct bv_error. It never allocates and never fails itself. The caller's struct is
 * assigned once, at the end, because the arguments may be pointers into it.
 */
#include "base/fail.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* Makes `s` one line of valid UTF-8, in place. */
static void line_clean(char *s)
{
	size_t left = strlen(s);

	while (left) {
		uint32_t scalar = 0;
		size_t n = bv_utf8_next(bv_bytes(s, left), &scalar);

		if (!n || bv_utf8_control(scalar)) {
			/* A control past U+007F has two bytes: both go. */
			n = n ? n : 1;
			memset(s, '?', n);
		}
		s += n;
		left -= n;
	}
}

/* Puts "..." at the end of a text that was cut, without leaving half a character before it. */
static void line_mark_cut(char *s, size_t size)
{
	size_t end = size - 1 - strlen("...");

	while (end > 0 && ((unsigned char)s[end] & 0xc0) == 0x80)
		end--;
	memcpy(s + end, "...", sizeof("..."));
}

static void place_set(char *out, size_t size, const char *place)
{
	int n = snprintf(out, size, "%s", place ? place : "");

	if (n < 0)
		out[0] = '\0';
	else if ((size_t)n >= size)
		line_mark_cut(out, size);
	line_clean(out);
}

BV_PRINTF(4, 0)
static void text_set(char *out, size_t size, const char *suffix, const char *fmt, va_list args)
{
	size_t tail = suffix ? strlen(": ") + strlen(suffix) : 0;
	size_t room = tail < size / 2 ? size - tail : size;
	int n = vsnprintf(out, room, fmt, args);

	if (n < 0)
		out[0] = '\0';
	else if ((size_t)n >= room)
		line_mark_cut(out, room);
	if (suffix && room < size)
		(void)snprintf(out + strlen(out), size - strlen(out), ": %s", suffix);
	line_clean(out);
}

int bv_fail_fill(struct bv_error *err, const struct bv_error *like, const char *place,
	const char *suffix, const char *fmt, va_list args)
{
	struct bv_error local = {
		/* An error without a code would read as success. */
		.code = like->code ? like->code : BV_E_FAULT,
		.errnum = like->errnum,
		.offset = like->offset,
	};
	int code = local.code;

	if (!err)
		return code;
	place_set(local.place, sizeof(local.place), place);
	text_set(local.text, sizeof(local.text), suffix, fmt, args);
	*err = local;
	return code;
}

int bv_fail(struct bv_error *err, int code, const char *place, const char *fmt, ...)
{
	struct bv_error like = {.code = code};
	va_list args;

	va_start(args, fmt);
	code = bv_fail_fill(err, &like, place, NULL, fmt, args);
	va_end(args);
	return code;
}

int bv_fail_at(struct bv_error *err, int code, uint64_t offset, const char *place, const char *fmt,
	...)
{
	struct bv_error like = {.code = code, .offset = offset};
	va_list args;

	va_start(args, fmt);
	code = bv_fail_fill(err, &like, place, NULL, fmt, args);
	va_end(args);
	return code;
}

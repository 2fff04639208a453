/* SPDX-License-Identifier: MIT
 *
 * Escaping walks the text once. Whole characters and whole escapes are written while they fit;
 * the last place where "..." still fits after them is remembered for the cut.
 */
#include "contract/text.h"

#include "base/hex.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

#define DOTS "..."

struct piece {
	char bytes[4];
	size_t len;  /* of bytes */
	size_t used; /* of the text */
};

static struct piece piece_next(struct bv_bytes text)
{
	struct piece piece = {.bytes = "\\x", .len = 4, .used = 1};
	uint32_t scalar = 0;
	size_t len = bv_utf8_next(text, &scalar);

	if (len && scalar) {
		piece.len = piece.used = len;
		memcpy(piece.bytes, text.data, len);
	} else {
		bv_hex(bv_bytes(text.data, 1), piece.bytes + 2);
	}
	return piece;
}

static void text_end(char *out, size_t size, size_t need, size_t cut)
{
	if (!size)
		return;
	if (need < size) {
		out[need] = '\0';
		return;
	}
	if (size > strlen(DOTS))
		memcpy(out + cut, DOTS, sizeof(DOTS));
	else
		out[0] = '\0';
}

size_t bv_text_escape(struct bv_bytes text, char *out, size_t size)
{
	size_t need = 0, cut = 0;

	while (text.len) {
		struct piece piece = piece_next(text);

		if (need + piece.len < size)
			memcpy(out + need, piece.bytes, piece.len);
		need += piece.len;
		if (need + sizeof(DOTS) <= size)
			cut = need;
		text = bv_bytes(text.data + piece.used, text.len - piece.used);
	}
	text_end(out, size, need, cut);
	return need;
}

char *bv_text_copy(struct bv_arena *arena, struct bv_bytes text, size_t max)
{
	size_t need = bv_text_escape(text, NULL, 0);
	size_t size = (need < max ? need : max) + 1;
	char *copy = bv_arena_alloc(arena, size);

	if (copy)
		bv_text_escape(text, copy, size);
	return copy;
}

char *bv_text_format(struct bv_arena *arena, size_t max, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return bv_text_copy(arena, bv_bytes(text, len < 0 ? 0 : strlen(text)), max);
}

struct bv_bytes bv_text_bounded(const char *array, size_t size)
{
	const char *end = memchr(array, '\0', size);

	return bv_bytes(array, end ? (size_t)(end - array) : size);
}

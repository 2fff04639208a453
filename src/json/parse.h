/* SPDX-License-Identifier: MIT
 *
 * What the parts of the JSON reader share: a cursor over the text. A part that succeeds leaves
 * the cursor behind what it read; one that fails has filled the error.
 */
#ifndef JSON_PARSE_H
#define JSON_PARSE_H

#include "json/tree.h"

struct bv_cursor {
	struct bv_bytes text;
	size_t at;
	struct bv_arena *arena;
	struct bv_error *err;
	size_t values; /* read so far */
	int depth;
};

/* Fails at an offset; the message is a constant. */
int bv_reading_fail(const struct bv_cursor *cursor, int code, size_t offset, const char *message);
/* The same at the cursor, for a byte that does not fit or a text that ends there. */
int bv_cursor_unexpected(const struct bv_cursor *cursor, const char *wanted);

/* A string whose opening quote is at the cursor. */
BV_MUST_CHECK int bv_parse_string(struct bv_cursor *cursor, struct bv_bytes *ret);
/* A number that begins at the cursor. */
BV_MUST_CHECK int bv_parse_integer(struct bv_cursor *cursor, int64_t *ret);

#endif

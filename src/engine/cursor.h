/* SPDX-License-Identifier: MIT
 *
 * A cursor over the module's bytes, and the variable-length integers (LEB128) of the binary
 * format. Every read is checked against the end. A failed read stores the error, with the offset
 * of the first bad byte, and returns false; the cursor is then not used again.
 */
#ifndef ENGINE_CURSOR_H
#define ENGINE_CURSOR_H

#include "base/bytes.h"
#include "base/fail.h"

struct bv_cursor {
	const uint8_t *at;
	const uint8_t *end;
	const uint8_t *base; /* byte 0 of the module, for offsets */
	struct bv_error *err;
	int code; /* of the error, once a read has failed */
};

static inline uint64_t bv_cursor_offset(const struct bv_cursor *cursor)
{
	return (uint64_t)(cursor->at - cursor->base);
}

static inline size_t bv_cursor_left(const struct bv_cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

/* Raises an error at the cursor's place; always false. */
bool bv_cursor_fail(struct bv_cursor *cursor, int code, const char *text);
bool bv_cursor_fail_at(struct bv_cursor *cursor, uint64_t offset, int code, const char *text);
/* Refuses a proposal that this engine lacks; always false. */
bool bv_cursor_feature(struct bv_cursor *cursor, uint64_t offset, const char *feature);

bool bv_cursor_u32_long(struct bv_cursor *cursor, uint32_t *ret);
bool bv_cursor_signed(struct bv_cursor *cursor, unsigned int bits, int64_t *ret);
bool bv_cursor_bytes(struct bv_cursor *cursor, size_t len, struct bv_bytes *ret);
/* A length and that many bytes of UTF-8. */
bool bv_cursor_name(struct bv_cursor *cursor, struct bv_bytes *ret);
/* A count of things that take at least `least` bytes each, and are at most `max`. */
bool bv_cursor_count(struct bv_cursor *cursor, size_t least, uint32_t max, const char *what,
	uint32_t *ret);

static inline bool bv_cursor_byte(struct bv_cursor *cursor, uint8_t *ret)
{
	if (cursor->at == cursor->end)
		return bv_cursor_fail(cursor, BV_E_TRUNCATED, "unexpected end");
	*ret = *cursor->at++;
	return true;
}

static inline bool bv_cursor_u32(struct bv_cursor *cursor, uint32_t *ret)
{
	if (cursor->at != cursor->end && !(*cursor->at & 0x80)) {
		*ret = *cursor->at++;
		return true;
	}
	return bv_cursor_u32_long(cursor, ret);
}

static inline bool bv_cursor_s32(struct bv_cursor *cursor, int32_t *ret)
{
	int64_t wide = 0;

	if (cursor->at != cursor->end && !(*cursor->at & 0x80)) {
		*ret = (int32_t)((*cursor->at & 0x3f) - (*cursor->at & 0x40));
		cursor->at++;
		return true;
	}
	if (!bv_cursor_signed(cursor, 32, &wide))
		return false;
	*ret = (int32_t)wide;
	return true;
}

#endif

/* SPDX-License-Identifier: MIT
 *
 * Reading LEB128 (core specification 5.2.2): at most ceil(bits / 7) bytes, and the unused bits of
 * the last one are zero, or copies of the sign.
 */
#include "engine/cursor.h"

#include "base/utf8.h"

bool bv_cursor_fail_at(struct bv_cursor *cursor, uint64_t offset, int code, const char *text)
{
	cursor->code = bv_fail_at(cursor->err, code, offset, "module", "%s", text);
	return false;
}

bool bv_cursor_fail(struct bv_cursor *cursor, int code, const char *text)
{
	return bv_cursor_fail_at(cursor, bv_cursor_offset(cursor), code, text);
}

bool bv_cursor_feature(struct bv_cursor *cursor, uint64_t offset, const char *feature)
{
	char place[sizeof(cursor->err->place)] = "feature.";
	size_t n = strlen(place);

	for (const char *s = feature; *s && n + 1 < sizeof(place); s++)
		place[n++] = *s;
	place[n] = '\0';
	cursor->code = bv_fail_at(cursor->err, BV_E_VERSION, offset, place,
		"the module needs the \"%s\" proposal, which this engine lacks; build it without",
		feature);
	return false;
}

bool bv_cursor_u32_long(struct bv_cursor *cursor, uint32_t *ret)
{
	uint32_t value = 0;

	for (unsigned int shift = 0;; shift += 7) {
		uint8_t byte = 0;

		if (!bv_cursor_byte(cursor, &byte))
			return false;
		if (shift == 28 && (byte & 0x80))
			return bv_cursor_fail_at(cursor, bv_cursor_offset(cursor) - 1, BV_E_SYNTAX,
				"integer representation too long");
		if (shift == 28 && byte > 0x0f)
			return bv_cursor_fail_at(cursor, bv_cursor_offset(cursor) - 1, BV_E_SYNTAX,
				"integer too large");
		value |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	*ret = value;
	return true;
}

/* The last byte of a signed integer carries `used` bits; the others must repeat the sign. */
static bool cursor_sign_ok(uint8_t byte, unsigned int used)
{
	uint8_t high = (uint8_t)((byte & 0x7f) >> (used - 1));

	return high == 0 || high == (0x7f >> (used - 1));
}

bool bv_cursor_signed(struct bv_cursor *cursor, unsigned int bits, int64_t *ret)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte = 0;

	do {
		if (!bv_cursor_byte(cursor, &byte))
			return false;
		if (bits - shift < 7 && (byte & 0x80))
			return bv_cursor_fail_at(cursor, bv_cursor_offset(cursor) - 1, BV_E_SYNTAX,
				"integer representation too long");
		if (bits - shift < 7 && !cursor_sign_ok(byte, bits - shift))
			return bv_cursor_fail_at(cursor, bv_cursor_offset(cursor) - 1, BV_E_SYNTAX,
				"integer too large");
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		value |= UINT64_MAX << shift;
	*ret = (int64_t)value;
	return true;
}

bool bv_cursor_bytes(struct bv_cursor *cursor, size_t len, struct bv_bytes *ret)
{
	if (len > bv_cursor_left(cursor))
		return bv_cursor_fail(cursor, BV_E_TRUNCATED, "length out of bounds");
	*ret = bv_bytes(cursor->at, len);
	cursor->at += len;
	return true;
}

bool bv_cursor_name(struct bv_cursor *cursor, struct bv_bytes *ret)
{
	uint64_t at = bv_cursor_offset(cursor);
	struct bv_bytes name = {0};
	uint32_t len = 0;

	if (!bv_cursor_u32(cursor, &len) || !bv_cursor_bytes(cursor, len, &name))
		return false;
	if (!bv_utf8_valid(name))
		return bv_cursor_fail_at(cursor, at, BV_E_ENCODING, "malformed UTF-8 encoding");
	*ret = name;
	return true;
}

bool bv_cursor_count(struct bv_cursor *cursor, size_t least, uint32_t max, const char *what,
	uint32_t *ret)
{
	uint64_t at = bv_cursor_offset(cursor);
	uint32_t count = 0;

	if (!bv_cursor_u32(cursor, &count))
		return false;
	if (count > bv_cursor_left(cursor) / least)
		return bv_cursor_fail_at(cursor, at, BV_E_TRUNCATED, "length out of bounds");
	if (count > max) {
		cursor->code = bv_fail_at(cursor->err, BV_E_LIMIT, at, "module",
			"the module has %u %s; at most %u are accepted", count, what, max);
		return false;
	}
	*ret = count;
	return true;
}

/* SPDX-License-Identifier: MIT
 *
 * Strings and integers. That the whole text is valid UTF-8 without NUL has been checked before,
 * so only escapes can bring anything else in.
 */
#include "json/parse.h"

#include "base/json.h"

/* Where the closing quote stands, or the text's end. */
static size_t string_end(const struct bv_cursor *cursor)
{
	size_t at = cursor->at + 1;

	while (at < cursor->text.len && cursor->text.data[at] != '"') {
		if (cursor->text.data[at] == '\\')
			at++;
		at++;
	}
	return at;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits of \uXXXX, whose backslash is at `at`; -1 if they are not that. */
static int32_t unit_at(const struct bv_cursor *cursor, size_t at)
{
	int32_t value = 0;

	if (cursor->text.len - at < 6 || cursor->text.data[at] != '\\' ||
		cursor->text.data[at + 1] != 'u')
		return -1;
	for (size_t i = at + 2; i < at + 6; i++) {
		int digit = hex_value(cursor->text.data[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static size_t utf8_put(char *out, uint32_t scalar)
{
	if (scalar < 0x80) {
		out[0] = (char)scalar;
		return 1;
	}
	if (scalar < 0x800) {
		out[0] = (char)(0xc0 | scalar >> 6);
		out[1] = (char)(0x80 | (scalar & 0x3f));
		return 2;
	}
	if (scalar < 0x10000) {
		out[0] = (char)(0xe0 | scalar >> 12);
		out[1] = (char)(0x80 | (scalar >> 6 & 0x3f));
		out[2] = (char)(0x80 | (scalar & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | scalar >> 18);
	out[1] = (char)(0x80 | (scalar >> 12 & 0x3f));
	out[2] = (char)(0x80 | (scalar >> 6 & 0x3f));
	out[3] = (char)(0x80 | (scalar & 0x3f));
	return 4;
}

/* \uXXXX at the cursor, or two of them that make a pair. */
static int unicode_escape(struct bv_cursor *cursor, char *out, size_t *len)
{
	int32_t high = unit_at(cursor, cursor->at);
	int32_t low = -1;
	uint32_t scalar = (uint32_t)high;

	if (high < 0)
		return bv_reading_fail(cursor, BV_E_SYNTAX, cursor->at,
			"\\u is followed by four hexadecimal digits");
	if (high == 0)
		return bv_reading_fail(cursor, BV_E_ENCODING, cursor->at, "\\u0000 is not allowed");
	if (high >= 0xd800 && high <= 0xdbff) {
		low = unit_at(cursor, cursor->at + 6);
		if (low >= 0xdc00 && low <= 0xdfff)
			scalar = 0x10000 + ((scalar - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
	}
	if (scalar >= 0xd800 && scalar <= 0xdfff)
		return bv_reading_fail(cursor, BV_E_ENCODING, cursor->at, "half a surrogate pair");
	*len += utf8_put(out + *len, scalar);
	cursor->at += scalar >= 0x10000 ? 12 : 6;
	return BV_OK;
}

/* The escape at the cursor, which stands before the string's end. */
static int escape(struct bv_cursor *cursor, char *out, size_t *len)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char bytes[] = "\"\\/\b\f\n\r\t";
	uint8_t letter = cursor->text.data[cursor->at + 1];
	const char *found = memchr(letters, letter, sizeof(letters) - 1);

	if (letter == 'u')
		return unicode_escape(cursor, out, len);
	if (!found)
		return bv_reading_fail(cursor, BV_E_SYNTAX, cursor->at,
			"an unknown escape; there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
			"\\uXXXX");
	out[(*len)++] = bytes[found - letters];
	cursor->at += 2;
	return BV_OK;
}

/* Fills `out`, which has room: no escape is shorter than what it stands for. */
static int string_fill(struct bv_cursor *cursor, size_t end, char *out, size_t *len)
{
	cursor->at++;
	while (cursor->at < end) {
		uint8_t byte = cursor->text.data[cursor->at];
		int code = BV_OK;

		if (byte < 0x20)
			return bv_reading_fail(cursor, BV_E_SYNTAX, cursor->at,
				"a control character in a string must be escaped");
		if (byte == '\\') {
			code = escape(cursor, out, len);
		} else {
			out[(*len)++] = (char)byte;
			cursor->at++;
		}
		if (code)
			return code;
	}
	cursor->at++;
	return BV_OK;
}

int bv_parse_string(struct bv_cursor *cursor, struct bv_bytes *ret)
{
	size_t end = string_end(cursor);
	size_t len = 0;
	char *out;
	int code;

	if (end >= cursor->text.len)
		return bv_reading_fail(cursor, BV_E_TRUNCATED, cursor->text.len,
			"the text ends inside a string");
	out = bv_arena_alloc(cursor->arena, end - cursor->at);
	if (!out)
		return bv_reading_fail(cursor, BV_E_NO_MEMORY, cursor->at,
			"no memory for the text");
	code = string_fill(cursor, end, out, &len);
	if (code)
		return code;
	*ret = bv_bytes(out, len);
	return BV_OK;
}

static bool digit_at(const struct bv_cursor *cursor, size_t at)
{
	return at < cursor->text.len && cursor->text.data[at] >= '0' &&
		cursor->text.data[at] <= '9';
}

/* A fraction or an exponent behind the digits. */
static bool real_at(const struct bv_cursor *cursor, size_t at)
{
	return at < cursor->text.len && memchr(".eE", cursor->text.data[at], 3) != NULL;
}

int bv_parse_integer(struct bv_cursor *cursor, int64_t *ret)
{
	size_t start = cursor->at;
	bool negative = cursor->text.data[start] == '-';
	size_t at = start + negative;
	int64_t value = 0;

	if (!digit_at(cursor, at)) {
		cursor->at = at;
		return bv_cursor_unexpected(cursor, "a digit");
	}
	if (cursor->text.data[at] == '0' && digit_at(cursor, at + 1))
		return bv_reading_fail(cursor, BV_E_SYNTAX, start, "a number has no leading zeros");
	for (; digit_at(cursor, at); at++) {
		value = value * 10 + (cursor->text.data[at] - '0');
		if (value > BV_JSON_INTEGER_MAX)
			return bv_reading_fail(cursor, BV_E_LIMIT, start,
				"a number past 9007199254740991, the largest that every reader "
				"holds");
	}
	if (real_at(cursor, at))
		return bv_reading_fail(cursor, BV_E_TYPE, start,
			"only integers are allowed, without fraction or exponent");
	cursor->at = at;
	*ret = negative ? -value : value;
	return BV_OK;
}

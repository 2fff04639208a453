/* SPDX-License-Identifier: MIT
 *
 * The decoder against an oracle that works the other way round: a sequence is valid if the
 * scalar it would mean by plain arithmetic is a Unicode scalar whose one encoding is that very
 * sequence. Every sequence of up to three bytes is tried, and of four all that can matter.
 */
#include "unit.h"

#include "base/utf8.h"

static size_t encode(uint32_t scalar, uint8_t out[4])
{
	if (scalar < 0x80) {
		out[0] = (uint8_t)scalar;
		return 1;
	}
	if (scalar < 0x800) {
		out[0] = (uint8_t)(0xc0 | scalar >> 6);
		out[1] = (uint8_t)(0x80 | (scalar & 0x3f));
		return 2;
	}
	if (scalar < 0x10000) {
		out[0] = (uint8_t)(0xe0 | scalar >> 12);
		out[1] = (uint8_t)(0x80 | (scalar >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (scalar & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | scalar >> 18);
	out[1] = (uint8_t)(0x80 | (scalar >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (scalar >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (scalar & 0x3f));
	return 4;
}

static bool is_scalar(uint32_t value)
{
	return value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff);
}

/* The oracle: length of the valid sequence at the start, or 0. */
static size_t expect(const uint8_t *p, size_t len)
{
	static const uint8_t mask[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint8_t again[4];
	uint32_t value;

	if (!n || n > len || p[0] >= 0xf8)
		return 0;
	value = p[0] & mask[n];
	for (size_t i = 1; i < n; i++)
		value = value << 6 | (p[i] & 0x3f);
	if (!is_scalar(value) || encode(value, again) != n || memcmp(again, p, n) != 0)
		return 0;
	return n;
}

static void check(const struct edge *edge, const uint8_t *bytes, size_t len)
{
	const uint8_t *p = edge_put(edge, bytes, len);
	uint32_t scalar = 0xdeadbeef;
	size_t n = bv_utf8_next(bv_bytes(p, len), &scalar);

	/* assert_* cost too much for tens of millions of calls. */
	if (n != expect(p, len) || (!n && scalar != 0xdeadbeef))
		fail_msg("%zu bytes %02x %02x %02x %02x", len, bytes[0], bytes[1], bytes[2],
			bytes[3]);
}

static void every_scalar_decodes_to_itself(void **state)
{
	struct edge edge = edge_open();

	(void)state;
	for (uint32_t value = 0; value <= 0x110000; value++) {
		uint8_t bytes[4] = {0};
		size_t len = encode(value, bytes);
		uint32_t scalar = 0xdeadbeef;
		size_t n = bv_utf8_next(bv_bytes(edge_put(&edge, bytes, len), len), &scalar);

		assert_int_equal(n, is_scalar(value) ? len : 0);
		assert_int_equal(scalar, is_scalar(value) ? value : 0xdeadbeef);
	}
	edge_close(&edge);
}

static void short_sequences_agree_with_the_oracle(void **state)
{
	struct edge edge = edge_open();

	(void)state;
	for (uint32_t x = 0; x < 1u << 24; x++) {
		uint8_t bytes[4] = {(uint8_t)(x >> 16), (uint8_t)(x >> 8), (uint8_t)x, 0};

		if (!bytes[1] && !bytes[2])
			check(&edge, bytes, 1);
		if (!bytes[2])
			check(&edge, bytes, 2);
		if (bytes[0] >= 0xc0)
			check(&edge, bytes, 3);
	}
	edge_close(&edge);
}

static void long_sequences_agree_with_the_oracle(void **state)
{
	static const uint8_t third[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
	struct edge edge = edge_open();

	(void)state;
	for (uint32_t x = 0xf000; x < 0x10000; x++) {
		for (size_t i = 0; i < sizeof(third); i++) {
			for (uint32_t fourth = 0; fourth < 256; fourth++) {
				uint8_t bytes[4] = {(uint8_t)(x >> 8), (uint8_t)x, third[i],
					(uint8_t)fourth};

				check(&edge, bytes, 4);
			}
		}
	}
	edge_close(&edge);
}

static void a_text_is_valid_if_all_of_it_is(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool valid, text_ok, line;
	} rows[] = {
		{"", 0, true, true, true},
		{"plain", 5, true, true, true},
		{"pi\xc3\xb1ol", 6, true, true, true},
		{"\xf0\x9f\xa6\x86", 4, true, true, true},
		{"a\0b", 3, true, false, false},
		{"a\nb", 3, true, true, false},
		{"a\x1b[0m", 5, true, true, false},
		{"a\x7f", 2, true, true, false},
		{"a\xc2\x80", 3, true, true, false},
		{"a\xc2\x9f", 3, true, true, false},
		{"a\xc2\xa0", 3, true, true, true},
		{"a\xc3", 2, false, false, false},
		{"\xc0\x80", 2, false, false, false},
		{"\xed\xa0\x80", 3, false, false, false},
		{"\xf4\x90\x80\x80", 4, false, false, false},
		{"\xff", 1, false, false, false},
	};
	struct edge edge = edge_open();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bv_bytes text =
			bv_bytes(edge_put(&edge, rows[i].text, rows[i].len), rows[i].len);

		assert_int_equal(bv_utf8_valid(text), rows[i].valid);
		assert_int_equal(bv_utf8_text(text), rows[i].text_ok);
		assert_int_equal(bv_utf8_line(text), rows[i].line);
	}
	assert_true(bv_utf8_valid(bv_bytes(NULL, 0)));
	edge_close(&edge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scalar_decodes_to_itself),
		cmocka_unit_test(short_sequences_agree_with_the_oracle),
		cmocka_unit_test(long_sequences_agree_with_the_oracle),
		cmocka_unit_test(a_text_is_valid_if_all_of_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

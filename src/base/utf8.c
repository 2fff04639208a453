/* SPDX-License-Identifier: MIT
 *
 * The decoder follows table 3-7 of the Unicode standard: the leading byte decides the length and
 * the range of the second byte, and that range alone excludes overlong forms, surrogates and
 * values past U+10FFFF. The bytes after it are plain continuation bytes.
 */
#include "base/utf8.h"

struct lead {
	uint8_t first, last;            /* range of leading bytes */
	uint8_t len;                    /* bytes in the sequence */
	uint8_t second_min, second_max; /* range of the second byte */
};

static const struct lead leads[] = {
	{0xc2, 0xdf, 2, 0x80, 0xbf},
	{0xe0, 0xe0, 3, 0xa0, 0xbf},
	{0xe1, 0xec, 3, 0x80, 0xbf},
	{0xed, 0xed, 3, 0x80, 0x9f},
	{0xee, 0xef, 3, 0x80, 0xbf},
	{0xf0, 0xf0, 4, 0x90, 0xbf},
	{0xf1, 0xf3, 4, 0x80, 0xbf},
	{0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *lead_find(uint8_t byte)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		if (byte >= leads[i].first && byte <= leads[i].last)
			return &leads[i];
	}
	return NULL;
}

size_t bv_utf8_next(struct bv_bytes text, uint32_t *ret)
{
	const struct lead *lead;
	uint32_t scalar;

	if (!text.len)
		return 0;
	if (text.data[0] < 0x80) {
		*ret = text.data[0];
		return 1;
	}
	lead = lead_find(text.data[0]);
	if (!lead || text.len < lead->len)
		return 0;
	if (text.data[1] < lead->second_min || text.data[1] > lead->second_max)
		return 0;
	scalar = text.data[0] & (0x7fu >> lead->len);
	for (size_t i = 1; i < lead->len; i++) {
		if ((text.data[i] & 0xc0) != 0x80)
			return 0;
		scalar = scalar << 6 | (text.data[i] & 0x3fu);
	}
	*ret = scalar;
	return lead->len;
}

bool bv_utf8_control(uint32_t scalar)
{
	return scalar < 0x20 || (scalar >= 0x7f && scalar <= 0x9f);
}

static bool any_scalar(uint32_t scalar)
{
	(void)scalar;
	return true;
}

static bool not_nul(uint32_t scalar)
{
	return scalar != 0;
}

static bool not_control(uint32_t scalar)
{
	return !bv_utf8_control(scalar);
}

static bool all(struct bv_bytes text, bool (*allowed)(uint32_t scalar))
{
	while (text.len) {
		uint32_t scalar;
		size_t len = bv_utf8_next(text, &scalar);

		if (!len || !allowed(scalar))
			return false;
		text = bv_bytes(text.data + len, text.len - len);
	}
	return true;
}

bool bv_utf8_valid(struct bv_bytes text)
{
	return all(text, any_scalar);
}

bool bv_utf8_text(struct bv_bytes text)
{
	return all(text, not_nul);
}

bool bv_utf8_line(struct bv_bytes text)
{
	return all(text, not_control);
}

/* SPDX-License-Identifier: MIT
 *
 * Lower-case hexadecimal, the only form our formats write.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/bytes.h"

/* Writes exactly 2 * bytes.len characters, and no NUL. */
static inline void bv_hex(struct bv_bytes bytes, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = digit[bytes.data[i] >> 4];
		out[2 * i + 1] = digit[bytes.data[i] & 15];
	}
}

#endif

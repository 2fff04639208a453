/* SPDX-License-Identifier: MIT
 *
 * Strict UTF-8 (RFC 3629): no overlong form, no surrogate, nothing past U+10FFFF. One strict
 * reading for the whole project, so that no two places disagree on what a name means.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Decodes the scalar at the start of `text`. Returns its length in bytes (1 to 4), or 0 when the
 * text is empty, truncated or malformed; *ret is then untouched. */
size_t bv_utf8_next(struct bv_bytes text, uint32_t *ret);

bool bv_utf8_valid(struct bv_bytes text);
/* Valid and without NUL: what a C string and our formats can hold. */
bool bv_utf8_text(struct bv_bytes text);
/* Valid and without control characters (U+0000-001F, U+007F-009F): one line on a terminal. */
bool bv_utf8_line(struct bv_bytes text);
/* True for the control characters that bv_utf8_line() refuses. */
bool bv_utf8_control(uint32_t scalar);

#endif

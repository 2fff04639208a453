/* SPDX-License-Identifier: MIT
 *
 * Raising an error is one expression: `return bv_fail(err, BV_E_TYPE, "field", "text %s", x);`
 * fills the caller's struct (if there is one) and yields the code.
 *
 * The text often quotes hostile input and ends on a terminal or in JSON. So whatever goes in,
 * place and text come out as one line of valid UTF-8: control characters and stray bytes become
 * '?', and a text that had to be cut ends in "...". The arguments may point into *err itself.
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include <stdarg.h>

#include <bvisor/error.h>

int bv_fail(struct bv_error *err, int code, const char *place, const char *fmt, ...)
	BV_PRINTF(4, 5);
/* The same with an errno value (positive); its text is appended. */
int bv_fail_os(struct bv_error *err, int code, int errnum, const char *place, const char *fmt, ...)
	BV_PRINTF(5, 6);
/* The same with an offset or index into the input. */
int bv_fail_at(struct bv_error *err, int code, uint64_t offset, const char *place, const char *fmt,
	...) BV_PRINTF(5, 6);

/* What the three share, for those who take a va_list: `like` gives code, errnum and offset;
 * `suffix`, if not NULL, follows the text after ": ", and is what stays when space is short. */
int bv_fail_fill(struct bv_error *err, const struct bv_error *like, const char *place,
	const char *suffix, const char *fmt, va_list args) BV_PRINTF(5, 0);

#endif

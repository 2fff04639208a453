/* SPDX-License-Identifier: MIT
 *
 * Raising an error is one expression: `return bv_fail(err, BV_E_TYPE, "field", "text %s", x);`
 * fills the caller's struct (if there is one) and yields the code.
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include <bvisor/error.h>

int bv_fail(struct bv_error *err, int code, const char *place, const char *fmt, ...) BV_PRINTF(4, 5);
/* The same with an errno value (positive); its text is appended. */
int bv_fail_os(struct bv_error *err, int code, int errnum, const char *place, const char *fmt, ...)
	BV_PRINTF(5, 6);
/* The same with an offset or index into the input. */
int bv_fail_at(struct bv_error *err, int code, uint64_t offset, const char *place, const char *fmt, ...)
	BV_PRINTF(5, 6);

#endif

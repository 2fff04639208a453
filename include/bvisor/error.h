/* SPDX-License-Identifier: MIT
 *
 * Errors: what went wrong, where, and what the system said.
 *
 * A fallible function returns an `int`: 0, or one of `enum bv_code`. Its last parameter is a
 * `struct bv_error *` that the caller owns, of fixed size, which may be NULL. It is filled on
 * failure only; on success it is untouched, and on failure every other output is untouched.
 * A refusal ("this machine cannot enforce that") is not an error: see plan.h.
 */
#ifndef BVISOR_ERROR_H
#define BVISOR_ERROR_H

#include <bvisor/api.h>

enum bv_code {
	BV_OK = 0,
#define BV_ERROR(name, number, text, class, meaning) name = number,
#include <bvisor/errors.def>
#undef BV_ERROR
};

#define BV_ERROR_TEXT_MAX 256

struct bv_error {
	int code;                     /* enum bv_code */
	int errnum;                   /* errno of the call that failed, or 0 */
	uint64_t offset;              /* byte offset or index in the input, or 0 */
	char place[96];               /* path of the field ("capabilities.network"), or stage */
	char text[BV_ERROR_TEXT_MAX]; /* one line: what was asked, what is missing */
};

BV_BEGIN_DECLS
/* The stable name of a code ("unknown-key"), "ok" for 0, "unknown" for any other number. */
BV_API const char *bv_code_name(int code);
/* One sentence on what a code means. Static storage, never NULL. */
BV_API const char *bv_code_meaning(int code);
BV_END_DECLS

#endif

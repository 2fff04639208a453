/* SPDX-License-Identifier: MIT
 *
 * The names and meanings of error codes, generated from errors.def. A number used twice there is
 * a duplicate case here, and does not compile.
 */
#include <bvisor/error.h>

const char *bv_code_name(int code)
{
	switch (code) {
	case BV_OK:
		return "ok";
#define BV_ERROR(name, number, text, class, meaning) \
	case number: \
		return text;
#include <bvisor/errors.def>
#undef BV_ERROR
	default:
		return "unknown";
	}
}

const char *bv_code_meaning(int code)
{
	switch (code) {
	case BV_OK:
		return "the call succeeded";
#define BV_ERROR(name, number, text, class, meaning) \
	case number: \
		return meaning;
#include <bvisor/errors.def>
#undef BV_ERROR
	default:
		return "the code is not one of this version's";
	}
}

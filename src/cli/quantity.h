/* SPDX-License-Identifier: MIT
 *
 * Sizes, times and counts as people type and read them. Reading is strict: digits, then one unit
 * or nothing; a sign, a space, junk or an overflow is an error, and *ret is untouched.
 */
#ifndef CLI_QUANTITY_H
#define CLI_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

#include <bvisor/vocabulary.h>

/* The largest number that every JSON reader keeps exact: 2^53 - 1. */
#define CLI_QUANTITY_MAX UINT64_C(9007199254740991)

enum cli_unit {
	CLI_UNIT_COUNT, /* no unit */
	CLI_UNIT_BYTES, /* none: bytes; K M G T, KiB MiB GiB TiB: 1024; kB MB GB TB: 1000 */
	CLI_UNIT_TIME,  /* none or s: seconds; us ms m h */
};

enum cli_unit cli_unit_of(enum bv_dimension dimension);
/* What to type, for error messages. */
const char *cli_unit_hint(enum cli_unit unit);
/* Reads the `len` bytes at text; times come back in microseconds. 0, or -1. */
int cli_quantity_parse(const char *text, size_t len, enum cli_unit unit, uint64_t *ret);
/* Writes it in the largest unit that keeps it whole: "512 MiB", "1500 ms"; returns out. */
char *cli_quantity_format(uint64_t value, enum cli_unit unit, char out[32]);

#endif

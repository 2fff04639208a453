/* SPDX-License-Identifier: MIT
 *
 * cmocka with what it needs first, and bytes that end where an unmapped page begins, so that one
 * byte read too far is a crash.
 */
#ifndef UNIT_WIRE_UNIT_H
#define UNIT_WIRE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define EDGE_BYTES ((size_t)65536)

static inline uint8_t *edge_open(void)
{
	uint8_t *map = mmap(NULL, EDGE_BYTES + 65536, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + EDGE_BYTES, 65536, PROT_NONE), 0);
	return map;
}

static inline uint8_t *edge_put(uint8_t *map, const void *data, size_t len)
{
	assert_true(len <= EDGE_BYTES);
	return memcpy(map + EDGE_BYTES - len, data, len);
}

static inline void edge_close(uint8_t *map)
{
	munmap(map, EDGE_BYTES + 65536);
}

#endif

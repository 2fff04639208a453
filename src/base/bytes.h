/* SPDX-License-Identifier: MIT
 *
 * A byte view: a pointer and a length, borrowed from whoever owns the memory. Views replace
 * NUL-terminated strings everywhere but at the system's edge. All helpers are total.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bv_bytes {
	const uint8_t *data;
	size_t len;
};

static inline struct bv_bytes bv_bytes(const void *data, size_t len)
{
	return (struct bv_bytes){.data = data, .len = len};
}

static inline struct bv_bytes bv_bytes_str(const char *s)
{
	return bv_bytes(s, s ? strlen(s) : 0);
}

/* Bytewise order, shorter first on a common prefix; <0, 0, >0. */
static inline int bv_bytes_cmp(struct bv_bytes a, struct bv_bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.data, b.data, n) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

static inline bool bv_bytes_eq(struct bv_bytes a, struct bv_bytes b)
{
	return a.len == b.len && bv_bytes_cmp(a, b) == 0;
}

/* Zeroes what is about to be freed: the compiler, which sees that nobody reads it, does so all the
 * same. explicit_bzero(3) is not everywhere that this is. */
static inline void bv_wipe(void *data, size_t len)
{
	memset(data, 0, len);
	__asm__ volatile("" : : "r"(data) : "memory");
}

#endif

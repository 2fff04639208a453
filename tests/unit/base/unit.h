/* SPDX-License-Identifier: MIT
 *
 * What the tests of this folder share: cmocka with what it needs first, and a place at the very
 * end of a page before an unmapped one, where one byte read too far is a crash.
 */
#ifndef UNIT_BASE_UNIT_H
#define UNIT_BASE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct edge {
	uint8_t *map;
	size_t page;
};

static inline struct edge edge_open(void)
{
	struct edge edge = {.page = (size_t)sysconf(_SC_PAGESIZE)};
	void *map = mmap(NULL, 2 * edge.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);

	assert_true(map != MAP_FAILED);
	edge.map = map;
	assert_int_equal(mprotect(edge.map + edge.page, edge.page, PROT_NONE), 0);
	return edge;
}

static inline void edge_close(struct edge *edge)
{
	munmap(edge->map, 2 * edge->page);
}

/* Copies at most a page so that it ends where the unmapped page begins. */
static inline uint8_t *edge_put(const struct edge *edge, const void *data, size_t len)
{
	uint8_t *at = edge->map + edge->page - len;

	assert_true(len <= edge->page);
	if (len)
		memcpy(at, data, len);
	return at;
}

#endif

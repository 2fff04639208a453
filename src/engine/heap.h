/* SPDX-License-Identifier: MIT
 *
 * A heap with a maximum. Everything the engine allocates for one module or one store comes from
 * one such heap, so that a hostile module meets its limit and not the host's. The heap knows its
 * blocks: forgetting it frees them all. Memory is zeroed.
 */
#ifndef ENGINE_HEAP_H
#define ENGINE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bv_heap_block;

struct bv_heap {
	struct bv_heap_block *first;
	uint64_t used_bytes;
	uint64_t max_bytes;
	bool wiped; /* blocks are, before they are freed, but for those that were not zeroed */
};

/* NULL past the maximum, on overflow, or when the host has no memory. */
void *bv_heap_alloc(struct bv_heap *heap, size_t size);
/* The same, not zeroed. */
void *bv_heap_alloc_dirty(struct bv_heap *heap, size_t size);
void *bv_heap_array(struct bv_heap *heap, size_t count, size_t size);
void bv_heap_free(struct bv_heap *heap, void *p); /* NULL is fine */
void bv_heap_clear(struct bv_heap *heap);

/* A growable array: makes room for `need` items of `size` bytes at *items, keeping what is there.
 * False leaves both as they were. */
bool bv_heap_reserve(struct bv_heap *heap, void **items, size_t *capacity, size_t need,
	size_t size);

#endif

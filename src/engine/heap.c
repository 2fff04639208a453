/* SPDX-License-Identifier: MIT
 *
 * The bounded heap. A block is a header and the caller's bytes; headers form a doubly linked list.
 */
#include "engine/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

struct bv_heap_block {
	struct bv_heap_block *next;
	struct bv_heap_block *previous;
	size_t total;
	size_t zeroed; /* it was; as wide as a size, so that what follows is aligned to 16 bytes */
};

_Static_assert(sizeof(struct bv_heap_block) % 16 == 0, "blocks keep malloc's alignment");

static void *heap_alloc(struct bv_heap *heap, size_t size, bool zeroed)
{
	struct bv_heap_block *block;
	size_t total;

	if (!bv_size_add(size, sizeof(*block), &total))
		return NULL;
	if (total > heap->max_bytes - heap->used_bytes)
		return NULL;
	block = zeroed ? calloc(1, total) : malloc(total);
	if (!block)
		return NULL;
	block->previous = NULL;
	block->total = total;
	block->zeroed = zeroed;
	block->next = heap->first;
	if (heap->first)
		heap->first->previous = block;
	heap->first = block;
	heap->used_bytes += total;
	return block + 1;
}

void *bv_heap_alloc(struct bv_heap *heap, size_t size)
{
	return heap_alloc(heap, size, true);
}

void *bv_heap_alloc_dirty(struct bv_heap *heap, size_t size)
{
	return heap_alloc(heap, size, false);
}

void *bv_heap_array(struct bv_heap *heap, size_t count, size_t size)
{
	size_t total;

	if (!bv_size_mul(count, size, &total))
		return NULL;
	return bv_heap_alloc(heap, total);
}

void bv_heap_free(struct bv_heap *heap, void *p)
{
	struct bv_heap_block *block = p;

	if (!block)
		return;
	block--;
	if (block->previous)
		block->previous->next = block->next;
	else
		heap->first = block->next;
	if (block->next)
		block->next->previous = block->previous;
	heap->used_bytes -= block->total;
	if (heap->wiped && block->zeroed)
		bv_wipe(block + 1, block->total - sizeof(*block));
	free(block);
}

void bv_heap_clear(struct bv_heap *heap)
{
	while (heap->first)
		bv_heap_free(heap, heap->first + 1);
}

bool bv_heap_reserve(struct bv_heap *heap, void **items, size_t *capacity, size_t need, size_t size)
{
	size_t count = *capacity;
	void *grown;

	if (need <= count)
		return true;
	count = count ? count : 16;
	while (count < need) {
		if (!bv_size_mul(count, 2, &count))
			return false;
	}
	grown = bv_heap_array(heap, count, size);
	if (!grown)
		return false;
	if (*items)
		memcpy(grown, *items, *capacity * size);
	bv_heap_free(heap, *items);
	*items = grown;
	*capacity = count;
	return true;
}

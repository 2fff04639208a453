/* SPDX-License-Identifier: MIT
 *
 * The arena is a list of chunks, newest first; allocations are carved off the newest. A request
 * that does not fit there gets a new chunk, and what was left of the old one is given up.
 * Invariant: used <= max, and no chunk is larger than what the maximum still allowed when it was
 * made, so a small maximum also means little memory.
 */
#include "base/arena.h"
#include "base/checked.h"

#include <stdlib.h>

#define ALIGNMENT _Alignof(max_align_t)
#define CHUNK_MIN 4096

struct chunk {
	struct chunk *older;
	size_t used;
	size_t capacity;
	_Alignas(max_align_t) uint8_t data[];
};

struct bv_arena {
	struct chunk *newest;
	size_t used;
	size_t max;
};

struct bv_arena *bv_arena_new(size_t bytes_max)
{
	struct bv_arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->max = bytes_max;
	return arena;
}

struct bv_arena *bv_arena_free(struct bv_arena *arena)
{
	struct chunk *older;

	if (!arena)
		return NULL;
	for (struct chunk *chunk = arena->newest; chunk; chunk = older) {
		older = chunk->older;
		free(chunk);
	}
	free(arena);
	return NULL;
}

/* The size rounded up to the alignment; at least one unit. */
static bool round_up(size_t size, size_t *ret)
{
	size_t padded;

	if (!bv_size_add(size ? size : 1, ALIGNMENT - 1, &padded))
		return false;
	*ret = padded - padded % ALIGNMENT;
	return true;
}

/* A chunk for `size` bytes that leaves room for more: twice the last one, within the maximum. */
static bool chunk_add(struct bv_arena *arena, size_t size)
{
	size_t left = arena->max - arena->used;
	size_t capacity = CHUNK_MIN, memory;
	struct chunk *chunk;

	if (arena->newest && !bv_size_mul(arena->newest->capacity, 2, &capacity))
		return false;
	if (capacity > left)
		capacity = left;
	if (capacity < size)
		capacity = size;
	if (!bv_size_add(sizeof(*chunk), capacity, &memory))
		return false;
	chunk = calloc(1, memory);
	if (!chunk)
		return false;
	chunk->capacity = capacity;
	chunk->older = arena->newest;
	arena->newest = chunk;
	return true;
}

void *bv_arena_alloc(struct bv_arena *arena, size_t size)
{
	struct chunk *chunk;
	void *data;

	if (!round_up(size, &size) || size > arena->max - arena->used)
		return NULL;
	chunk = arena->newest;
	if (!chunk || size > chunk->capacity - chunk->used) {
		if (!chunk_add(arena, size))
			return NULL;
		chunk = arena->newest;
	}
	data = chunk->data + chunk->used;
	chunk->used += size;
	arena->used += size;
	return data;
}

void *bv_arena_array(struct bv_arena *arena, size_t count, size_t size)
{
	size_t total;

	if (!bv_size_mul(count, size, &total))
		return NULL;
	return bv_arena_alloc(arena, total);
}

char *bv_arena_bytes(struct bv_arena *arena, struct bv_bytes bytes)
{
	size_t size;
	char *copy;

	if (!bv_size_add(bytes.len, 1, &size))
		return NULL;
	copy = bv_arena_alloc(arena, size);
	if (copy && bytes.len)
		memcpy(copy, bytes.data, bytes.len);
	return copy;
}

char *bv_arena_str(struct bv_arena *arena, const char *s)
{
	return s ? bv_arena_bytes(arena, bv_bytes_str(s)) : NULL;
}

size_t bv_arena_used(const struct bv_arena *arena)
{
	return arena->used;
}

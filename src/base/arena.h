/* SPDX-License-Identifier: MIT
 *
 * An arena: many allocations, one free. Every arena has a maximum, given when it is made; an
 * allocation past it yields NULL and leaves the arena as it was. Memory is zeroed and aligned for
 * any type. An allocation of nothing is a valid pointer, so that NULL always means failure.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/bytes.h"

struct bv_arena;

struct bv_arena *bv_arena_new(size_t bytes_max);
struct bv_arena *bv_arena_free(struct bv_arena *arena); /* NULL is fine; returns NULL */
void *bv_arena_alloc(struct bv_arena *arena, size_t size);
void *bv_arena_array(struct bv_arena *arena, size_t count, size_t size); /* NULL on overflow */
/* A NUL-terminated copy; NULL if it does not fit, or if `s` is NULL. */
char *bv_arena_str(struct bv_arena *arena, const char *s);
char *bv_arena_bytes(struct bv_arena *arena, struct bv_bytes bytes);
/* Bytes counted against the maximum: each allocation rounded up to the alignment. */
size_t bv_arena_used(const struct bv_arena *arena);

static inline void bv_arena_freep(struct bv_arena **arena)
{
	*arena = bv_arena_free(*arena);
}

#define BV_CLEANUP_ARENA __attribute__((cleanup(bv_arena_freep)))

#endif

/* SPDX-License-Identifier: MIT
 *
 * Linear memories. Where the bytes come from is the embedder's choice; how many there may be is
 * checked here, before anything is asked of the embedder.
 */
#include "base/fail.h"
#include "engine/runtime.h"

#include <stdlib.h>

static uint8_t *memory_malloc_reserve(void *user, const struct bv_wasm_module *module,
	uint64_t bytes, uint64_t bytes_max, bool *ret_image)
{
	(void)user, (void)module, (void)bytes_max, (void)ret_image;
	return bytes < SIZE_MAX ? calloc(1, (size_t)bytes + 1) : NULL;
}

static uint8_t *memory_malloc_grow(void *user, uint8_t *base, uint64_t bytes_old,
	uint64_t bytes_new, uint64_t bytes_max)
{
	uint8_t *grown;

	(void)user, (void)bytes_max;
	if (bytes_new >= SIZE_MAX)
		return NULL;
	grown = realloc(base, (size_t)bytes_new + 1);
	if (grown)
		memset(grown + bytes_old, 0, (size_t)(bytes_new - bytes_old) + 1);
	return grown;
}

static void memory_malloc_release(void *user, uint8_t *base, uint64_t bytes, uint64_t bytes_max)
{
	(void)user, (void)bytes, (void)bytes_max;
	free(base);
}

const struct bv_wasm_memory_ops bv_memory_malloc = {
	.reserve = memory_malloc_reserve,
	.grow = memory_malloc_grow,
	.release = memory_malloc_release,
};

static uint64_t memory_max(const struct bv_wasm_store *store, const struct bv_module_limits *limits)
{
	uint64_t pages = limits->max < BV_MODULE_PAGES_MAX ? limits->max : BV_MODULE_PAGES_MAX;
	uint64_t bytes = pages * BV_PAGE_BYTES;

	return bytes < store->memory_bytes_max ? bytes : store->memory_bytes_max;
}

int bv_memory_new(struct bv_wasm_store *store, const struct bv_wasm_module *module,
	struct bv_memory **ret, bool *ret_image, struct bv_error *err)
{
	uint64_t bytes = (uint64_t)module->memory.min * BV_PAGE_BYTES;
	struct bv_memory *memory;

	if (bytes > store->memory_bytes_max - store->memory_bytes)
		return bv_fail(err, BV_E_LIMIT, "memory",
			"the module wants %llu bytes of memory; memory_bytes leaves %llu",
			(unsigned long long)bytes,
			(unsigned long long)(store->memory_bytes_max - store->memory_bytes));
	memory = bv_heap_alloc(&store->heap, sizeof(*memory));
	if (!memory)
		return bv_fail(err, BV_E_NO_MEMORY, "memory", "engine_bytes is used up");
	memory->store = store;
	memory->limits = module->memory;
	memory->bytes = bytes;
	memory->bytes_max = memory_max(store, &module->memory);
	memory->base = store->memory_ops.reserve(store->memory_ops.user, module, bytes,
		memory->bytes_max, ret_image);
	if (!memory->base) {
		bv_heap_free(&store->heap, memory);
		return bv_fail(err, BV_E_NO_MEMORY, "memory",
			"the host has no %llu bytes of memory", (unsigned long long)bytes);
	}
	store->memory_bytes += bytes;
	memory->next = store->memories;
	store->memories = memory;
	*ret = memory;
	return BV_OK;
}

bool bv_memory_has_room(const struct bv_memory *memory, uint32_t pages)
{
	const struct bv_wasm_store *store = memory->store;
	uint64_t more = (uint64_t)pages * BV_PAGE_BYTES;

	return more <= memory->bytes_max - memory->bytes &&
		more <= store->memory_bytes_max - store->memory_bytes;
}

uint32_t bv_memory_grow(struct bv_memory *memory, uint32_t pages)
{
	struct bv_wasm_store *store = memory->store;
	uint64_t more = (uint64_t)pages * BV_PAGE_BYTES;
	uint64_t bytes = memory->bytes;
	uint8_t *base;

	if (!bv_memory_has_room(memory, pages))
		return UINT32_MAX;
	if (more) {
		base = store->memory_ops.grow(store->memory_ops.user, memory->base, bytes,
			bytes + more, memory->bytes_max);
		if (!base)
			return UINT32_MAX;
		memory->base = base;
		memory->bytes += more;
		/* What an importer may ask of this memory's minimum is its size now. */
		memory->limits.min = (uint32_t)(memory->bytes / BV_PAGE_BYTES);
		store->memory_bytes += more;
	}
	return (uint32_t)(bytes / BV_PAGE_BYTES);
}

void bv_memory_free_all(struct bv_wasm_store *store)
{
	for (struct bv_memory *memory = store->memories; memory; memory = memory->next)
		store->memory_ops.release(store->memory_ops.user, memory->base, memory->bytes,
			memory->bytes_max);
	store->memories = NULL;
}

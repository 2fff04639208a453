/* SPDX-License-Identifier: MIT
 *
 * Tables: arrays of references, each the address of a function or a number of the embedder's.
 */
#include "engine/runtime.h"

struct bv_table *bv_table_new(struct bv_wasm_store *store, const struct bv_module_table *type)
{
	struct bv_table *table;

	if (type->limits.min > store->table_max)
		return NULL;
	table = bv_heap_alloc(&store->heap, sizeof(*table));
	if (!table)
		return NULL;
	table->items = bv_heap_array(&store->heap, type->limits.min, sizeof(*table->items));
	if (!table->items)
		return NULL;
	table->count = type->limits.min;
	table->capacity = table->count;
	table->type = type->type;
	table->limits = type->limits;
	return table;
}

bool bv_table_has_room(const struct bv_wasm_store *store, const struct bv_table *table,
	uint32_t more)
{
	uint64_t count = (uint64_t)table->count + more;

	return count <= store->table_max && count <= table->limits.max;
}

uint32_t bv_table_moved(const struct bv_table *table, uint32_t more)
{
	return more > table->capacity - table->count ? table->count : 0;
}

/* As far as it may ever grow, and half as much again as there was: what growing moves is then no
 * more than a few times what it adds. Where engine_bytes has no room for that, as much as is asked
 * for. */
static uint64_t *table_move(struct bv_wasm_store *store, const struct bv_table *table,
	uint32_t count, uint32_t *ret_capacity)
{
	uint64_t most = store->table_max < table->limits.max ? store->table_max : table->limits.max;
	uint64_t ample = (uint64_t)table->capacity + table->capacity / 2;
	uint64_t capacity = ample < most ? ample : most;
	uint64_t *items = NULL;

	if (capacity > count)
		items = bv_heap_array(&store->heap, (size_t)capacity, sizeof(*items));
	if (!items) {
		capacity = count;
		items = bv_heap_array(&store->heap, count, sizeof(*items));
	}
	if (items && table->count)
		memcpy(items, table->items, table->count * sizeof(*items));
	*ret_capacity = (uint32_t)capacity;
	return items;
}

uint32_t bv_table_grow(struct bv_wasm_store *store, struct bv_table *table, uint32_t more,
	uint64_t item)
{
	uint32_t old = table->count, capacity = table->capacity;
	uint64_t *items = table->items;

	if (!bv_table_has_room(store, table, more))
		return UINT32_MAX;
	if (more > capacity - old) {
		items = table_move(store, table, old + more, &capacity);
		if (!items)
			return UINT32_MAX;
		bv_heap_free(&store->heap, table->items);
		table->items = items;
		table->capacity = capacity;
	}
	for (uint32_t i = 0; i < more; i++)
		items[old + i] = item;
	table->count = old + more;
	table->limits.min = table->count;
	return old;
}

bool bv_table_init(struct bv_table *table, const struct bv_elem_items *elem, uint64_t to,
	uint64_t from, uint64_t count)
{
	if (from + count > elem->count || to + count > table->count)
		return false;
	if (count)
		memcpy(table->items + to, elem->items + from, count * sizeof(*table->items));
	return true;
}

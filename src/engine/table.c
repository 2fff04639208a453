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

uint32_t bv_table_grow(struct bv_wasm_store *store, struct bv_table *table, uint32_t more,
	uint64_t item)
{
	uint64_t count = (uint64_t)table->count + more;
	uint32_t old = table->count;
	uint64_t *items;

	if (!bv_table_has_room(store, table, more))
		return UINT32_MAX;
	if (!more)
		return old;
	items = bv_heap_array(&store->heap, (size_t)count, sizeof(*items));
	if (!items)
		return UINT32_MAX;
	if (old)
		memcpy(items, table->items, old * sizeof(*items));
	for (uint32_t i = old; i < count; i++)
		items[i] = item;
	bv_heap_free(&store->heap, table->items);
	table->items = items;
	table->count = (uint32_t)count;
	table->limits.min = (uint32_t)count;
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

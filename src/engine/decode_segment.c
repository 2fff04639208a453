/* SPDX-License-Identifier: MIT
 *
 * Globals, element segments and data segments: the sections whose entries hold constant
 * expressions.
 */
#include "engine/decode.h"

#include "engine/constexpr.h"
#include "engine/opcode.h"

static bool decode_global(struct bv_cursor *cursor, struct bv_wasm_module *module,
	struct bv_module_global *ret)
{
	struct bv_module_global global = {0};

	if (!bv_decode_global_type(cursor, &global))
		return false;
	if (!bv_constexpr_validate(cursor, module, module->global_count, global.type, &global.init))
		return false;
	*ret = global;
	return true;
}

bool bv_decode_globals(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t count = 0;

	if (!bv_cursor_count(cursor, 3, BV_MODULE_GLOBALS_MAX, "globals", &count))
		return false;
	if (!bv_decode_room(cursor, module, (void **)&module->globals, module->global_count, count,
		    sizeof(*module->globals)))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (bv_module_interrupted(module, cursor) ||
			!decode_global(cursor, module, &module->globals[module->global_count]))
			return false;
		module->global_count++;
	}
	return true;
}

/* Bit 0: not active; bit 1: explicit table, or declared; bit 2: expressions. */
static bool elem_head(struct bv_cursor *cursor, struct bv_wasm_module *module, uint32_t flags,
	struct bv_module_elem *elem)
{
	uint64_t at = bv_cursor_offset(cursor);

	if (flags & 1) {
		elem->mode = flags & 2 ? BV_SEGMENT_DECLARED : BV_SEGMENT_PASSIVE;
		return true;
	}
	elem->mode = BV_SEGMENT_ACTIVE;
	if ((flags & 2) && !bv_cursor_u32(cursor, &elem->table))
		return false;
	if (elem->table >= module->table_count)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID, "unknown table");
	return bv_constexpr_validate(cursor, module, module->global_count, BV_WASM_I32,
		&elem->offset);
}

static bool elem_type(struct bv_cursor *cursor, uint32_t flags, struct bv_module_elem *elem)
{
	uint8_t kind = 0;

	elem->type = BV_WASM_FUNCREF;
	if (!(flags & 3))
		return true;
	if (elem->exprs)
		return bv_op_reftype(cursor, &elem->type);
	if (!bv_cursor_byte(cursor, &kind))
		return false;
	if (kind)
		return bv_cursor_fail_at(cursor, bv_cursor_offset(cursor) - 1, BV_E_SYNTAX,
			"malformed element kind");
	return true;
}

static bool elem_item(struct bv_cursor *cursor, struct bv_wasm_module *module,
	const struct bv_module_elem *elem)
{
	uint64_t at = bv_cursor_offset(cursor);
	struct bv_constexpr expr = {0};
	uint32_t func = 0;

	if (elem->exprs)
		return bv_constexpr_validate(cursor, module, module->global_count, elem->type,
			&expr);
	if (!bv_cursor_u32(cursor, &func))
		return false;
	if (func >= module->func_count)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID, "unknown function");
	bv_module_declare(module, func);
	return true;
}

static bool decode_elem(struct bv_cursor *cursor, struct bv_wasm_module *module,
	struct bv_module_elem *ret)
{
	uint64_t at = bv_cursor_offset(cursor);
	struct bv_module_elem elem = {0};
	uint32_t flags = 0;

	if (!bv_cursor_u32(cursor, &flags))
		return false;
	if (flags > 7)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX,
			"malformed elements segment kind");
	elem.exprs = flags & 4;
	if (!elem_head(cursor, module, flags, &elem) || !elem_type(cursor, flags, &elem))
		return false;
	if (elem.mode == BV_SEGMENT_ACTIVE && module->tables[elem.table].type != elem.type)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID, "type mismatch");
	if (!bv_cursor_count(cursor, 1, BV_MODULE_ITEMS_MAX, "items in one element segment",
		    &elem.count))
		return false;
	elem.items_at = (uint32_t)bv_cursor_offset(cursor);
	for (uint32_t i = 0; i < elem.count; i++) {
		if (bv_module_interrupted(module, cursor) || !elem_item(cursor, module, &elem))
			return false;
	}
	*ret = elem;
	return true;
}

bool bv_decode_elems(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t count = 0;

	if (!bv_cursor_count(cursor, 2, BV_MODULE_SEGMENTS_MAX, "element segments", &count))
		return false;
	module->elems = bv_heap_array(&module->heap, count, sizeof(*module->elems));
	if (!module->elems)
		return bv_decode_no_memory(cursor);
	for (uint32_t i = 0; i < count; i++) {
		if (bv_module_interrupted(module, cursor) ||
			!decode_elem(cursor, module, &module->elems[i]))
			return false;
		module->elem_count = i + 1;
	}
	return true;
}

static bool data_head(struct bv_cursor *cursor, struct bv_wasm_module *module, uint32_t flags,
	struct bv_module_data *data)
{
	uint64_t at = bv_cursor_offset(cursor);
	uint32_t memory = 0;

	if (flags == 1) {
		data->mode = BV_SEGMENT_PASSIVE;
		return true;
	}
	data->mode = BV_SEGMENT_ACTIVE;
	if (flags == 2 && !bv_cursor_u32(cursor, &memory))
		return false;
	if (memory >= module->memory_count)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID, "unknown memory");
	return bv_constexpr_validate(cursor, module, module->global_count, BV_WASM_I32,
		&data->offset);
}

static bool decode_data(struct bv_cursor *cursor, struct bv_wasm_module *module,
	struct bv_module_data *ret)
{
	uint64_t at = bv_cursor_offset(cursor);
	struct bv_module_data data = {0};
	uint32_t flags = 0;
	uint32_t len = 0;

	if (!bv_cursor_u32(cursor, &flags))
		return false;
	if (flags > 2)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX, "malformed data segment kind");
	if (!data_head(cursor, module, flags, &data))
		return false;
	if (!bv_cursor_u32(cursor, &len) || !bv_cursor_bytes(cursor, len, &data.bytes))
		return false;
	*ret = data;
	return true;
}

bool bv_decode_datas(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t count = 0;

	if (!bv_cursor_count(cursor, 2, BV_MODULE_SEGMENTS_MAX, "data segments", &count))
		return false;
	module->datas = bv_heap_array(&module->heap, count, sizeof(*module->datas));
	if (!module->datas)
		return bv_decode_no_memory(cursor);
	for (uint32_t i = 0; i < count; i++) {
		if (bv_module_interrupted(module, cursor) ||
			!decode_data(cursor, module, &module->datas[i]))
			return false;
		module->data_count = i + 1;
	}
	return true;
}

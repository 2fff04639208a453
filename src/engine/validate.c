/* SPDX-License-Identifier: MIT
 *
 * Validation of function bodies. State: a stack of operand types and a stack of control frames.
 * Behind an unconditional branch the frame is unreachable, and its part of the operand stack
 * yields values of unknown type without end.
 *
 * Invariants: height never falls below the innermost frame's; both stacks are bounded before
 * every push; nothing here trusts a count that the module states.
 */
#include "engine/validate.h"

#include "engine/opcode.h"

#define BV_TYPE_UNKNOWN 0

struct validate_frame {
	uint16_t code; /* what opened it: block, loop, if, else; end for the function itself */
	bool unreachable;
	uint32_t height;
	uint32_t param_count;
	uint32_t result_count;
	const uint8_t *params;
	const uint8_t *results;
};

struct validate {
	struct bv_cursor cursor;
	struct bv_wasm_module *module;
	const struct bv_functype *type;
	struct bv_op op;
	uint8_t *stack; /* BV_MODULE_FRAME_MAX types */
	uint32_t height;
	uint32_t height_max;
	uint8_t *locals;
	uint32_t local_count;
	struct validate_frame *frames;
	size_t frame_capacity;
	uint32_t depth;
};

/* How many instructions may pass between two looks at the interrupt flag. */
#define VALIDATE_TURNS 4096u

static const uint8_t validate_letter[128] =
	{['i'] = BV_WASM_I32, ['I'] = BV_WASM_I64, ['f'] = BV_WASM_F32, ['F'] = BV_WASM_F64};

static bool validate_fail(struct validate *v, const char *text)
{
	return bv_cursor_fail_at(&v->cursor, v->op.offset, BV_E_INVALID, text);
}

static struct validate_frame *validate_top(struct validate *v)
{
	return &v->frames[v->depth - 1];
}

/* ---- operands ---- */

static bool validate_push(struct validate *v, uint8_t type)
{
	if (v->height == BV_MODULE_FRAME_MAX)
		return bv_cursor_fail_at(&v->cursor, v->op.offset, BV_E_LIMIT,
			"a function needs more than 60000 operands");
	v->stack[v->height++] = type;
	if (v->height > v->height_max)
		v->height_max = v->height;
	return true;
}

static bool validate_pop_any(struct validate *v, uint8_t *ret)
{
	const struct validate_frame *frame = validate_top(v);

	if (v->height > frame->height) {
		*ret = v->stack[--v->height];
		return true;
	}
	if (!frame->unreachable)
		return validate_fail(v, "type mismatch: the operand stack is empty");
	*ret = BV_TYPE_UNKNOWN;
	return true;
}

static bool validate_pop(struct validate *v, uint8_t type)
{
	uint8_t got = BV_TYPE_UNKNOWN;

	if (!validate_pop_any(v, &got))
		return false;
	if (got != type && got != BV_TYPE_UNKNOWN && type != BV_TYPE_UNKNOWN)
		return validate_fail(v, "type mismatch");
	return true;
}

static bool validate_push_all(struct validate *v, const uint8_t *types, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!validate_push(v, types[i]))
			return false;
	}
	return true;
}

static bool validate_pop_all(struct validate *v, const uint8_t *types, uint32_t count)
{
	while (count) {
		if (!validate_pop(v, types[--count]))
			return false;
	}
	return true;
}

/* ---- control ---- */

static bool validate_enter(struct validate *v, uint16_t code, const struct bv_functype *type)
{
	if (v->depth == BV_MODULE_NESTING_MAX)
		return bv_cursor_fail_at(&v->cursor, v->op.offset, BV_E_LIMIT,
			"blocks nest deeper than 100000");
	if (!bv_heap_reserve(&v->module->heap, (void **)&v->frames, &v->frame_capacity,
		    (size_t)v->depth + 1, sizeof(*v->frames)))
		return bv_cursor_fail_at(&v->cursor, v->op.offset, BV_E_NO_MEMORY,
			"no memory for nested blocks within engine_bytes");
	v->frames[v->depth++] = (struct validate_frame){.code = code,
		.height = v->height,
		.params = type->params,
		.param_count = type->param_count,
		.results = type->results,
		.result_count = type->result_count};
	return validate_push_all(v, type->params, type->param_count);
}

/* Checks and takes off the results of the innermost frame. */
static bool validate_finish(struct validate *v)
{
	const struct validate_frame *frame = validate_top(v);

	if (!validate_pop_all(v, frame->results, frame->result_count))
		return false;
	if (v->height != frame->height)
		return validate_fail(v, "type mismatch: values remain at the end of a block");
	return true;
}

static void validate_unreachable(struct validate *v)
{
	struct validate_frame *frame = validate_top(v);

	v->height = frame->height;
	frame->unreachable = true;
}

/* What the immediate of block, loop and if says. A single result's type is the byte itself. */
static bool validate_block_type(struct validate *v, struct bv_functype *ret)
{
	if (v->op.type == 0x40) {
		*ret = (struct bv_functype){0};
		return true;
	}
	if (v->op.type) {
		*ret = (struct bv_functype){.results = v->cursor.at - 1, .result_count = 1};
		return true;
	}
	if (v->op.index >= v->module->type_count)
		return validate_fail(v, "unknown type");
	*ret = v->module->types[v->op.index];
	return true;
}

static bool validate_block(struct validate *v)
{
	struct bv_functype type = {0};

	if (!validate_block_type(v, &type))
		return false;
	if (v->op.code == BV_OP_IF && !validate_pop(v, BV_WASM_I32))
		return false;
	if (!validate_pop_all(v, type.params, type.param_count))
		return false;
	return validate_enter(v, v->op.code, &type);
}

static bool validate_else(struct validate *v)
{
	struct validate_frame *frame = validate_top(v);

	if (frame->code != BV_OP_IF)
		return bv_cursor_fail_at(&v->cursor, v->op.offset, BV_E_SYNTAX,
			"END opcode expected: else without if");
	if (!validate_finish(v))
		return false;
	frame->code = BV_OP_ELSE;
	frame->unreachable = false;
	return validate_push_all(v, frame->params, frame->param_count);
}

static bool validate_end(struct validate *v)
{
	struct validate_frame frame = *validate_top(v);

	if (!validate_finish(v))
		return false;
	/* An if without else passes its parameters on. */
	if (frame.code == BV_OP_IF &&
		(frame.param_count != frame.result_count ||
			(frame.param_count &&
				memcmp(frame.params, frame.results, frame.param_count) != 0)))
		return validate_fail(v, "type mismatch: if without else");
	v->depth--;
	return validate_push_all(v, frame.results, frame.result_count);
}

static bool validate_label(struct validate *v, uint32_t label, struct bv_functype *ret)
{
	const struct validate_frame *frame;

	if (label >= v->depth)
		return validate_fail(v, "unknown label");
	frame = &v->frames[v->depth - 1 - label];
	if (frame->code == BV_OP_LOOP)
		*ret = (struct bv_functype){.results = frame->params,
			.result_count = frame->param_count};
	else
		*ret = (struct bv_functype){.results = frame->results,
			.result_count = frame->result_count};
	return true;
}

static bool validate_br(struct validate *v)
{
	struct bv_functype label = {0};

	if (v->op.code == BV_OP_BR_IF && !validate_pop(v, BV_WASM_I32))
		return false;
	if (!validate_label(v, v->op.index, &label))
		return false;
	if (!validate_pop_all(v, label.results, label.result_count))
		return false;
	if (v->op.code == BV_OP_BR_IF)
		return validate_push_all(v, label.results, label.result_count);
	validate_unreachable(v);
	return true;
}

/* The operands must fit each label, and stay as they are for the next one. */
static bool validate_peek_all(struct validate *v, const uint8_t *types, uint32_t count)
{
	const struct validate_frame *frame = validate_top(v);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t depth = count - i; /* of operand i below the top */
		uint8_t got = BV_TYPE_UNKNOWN;

		if (v->height - frame->height >= depth)
			got = v->stack[v->height - depth];
		else if (!frame->unreachable)
			return validate_fail(v, "type mismatch: the operand stack is empty");
		if (got != types[i] && got != BV_TYPE_UNKNOWN)
			return validate_fail(v, "type mismatch");
	}
	return true;
}

static bool validate_br_table(struct validate *v)
{
	struct bv_functype label = {0};
	uint32_t arity = 0;

	if (!validate_pop(v, BV_WASM_I32))
		return false;
	for (uint32_t i = 0; i <= v->op.index; i++) {
		uint32_t index = 0;

		if (bv_module_interrupted(v->module, &v->cursor) ||
			!bv_cursor_u32(&v->cursor, &index) || !validate_label(v, index, &label))
			return false;
		if (i && label.result_count != arity)
			return validate_fail(v, "type mismatch: labels differ in arity");
		arity = label.result_count;
		if (!validate_peek_all(v, label.results, label.result_count))
			return false;
	}
	validate_unreachable(v);
	return true;
}

static bool validate_return(struct validate *v)
{
	if (!validate_pop_all(v, v->type->results, v->type->result_count))
		return false;
	validate_unreachable(v);
	return true;
}

/* ---- calls ---- */

static bool validate_call_type(struct validate *v, const struct bv_functype *type, bool tail)
{
	if (!validate_pop_all(v, type->params, type->param_count))
		return false;
	if (!tail)
		return validate_push_all(v, type->results, type->result_count);
	if (v->module->edition == 20)
		return bv_cursor_fail_at(&v->cursor, v->op.offset, BV_E_SYNTAX,
			"illegal opcode: tail calls are newer than 2.0");
	if (type->result_count != v->type->result_count ||
		(type->result_count &&
			memcmp(type->results, v->type->results, type->result_count) != 0))
		return validate_fail(v, "type mismatch: a tail call with other results");
	validate_unreachable(v);
	return true;
}

static bool validate_call(struct validate *v)
{
	if (v->op.index >= v->module->func_count)
		return validate_fail(v, "unknown function");
	return validate_call_type(v, bv_module_func_type(v->module, v->op.index),
		v->op.code == BV_OP_RETURN_CALL);
}

static bool validate_call_indirect(struct validate *v)
{
	if (v->op.index2 >= v->module->table_count)
		return validate_fail(v, "unknown table");
	if (v->module->tables[v->op.index2].type != BV_WASM_FUNCREF)
		return validate_fail(v, "type mismatch: the table does not hold functions");
	if (v->op.index >= v->module->type_count)
		return validate_fail(v, "unknown type");
	if (!validate_pop(v, BV_WASM_I32))
		return false;
	return validate_call_type(v, &v->module->types[v->op.index],
		v->op.code == BV_OP_RETURN_CALL_INDIRECT);
}

/* ---- parametric, variables ---- */

static bool validate_select(struct validate *v)
{
	uint8_t a = 0;
	uint8_t b = 0;

	if (!validate_pop(v, BV_WASM_I32) || !validate_pop_any(v, &b) || !validate_pop_any(v, &a))
		return false;
	if (bv_op_is_reftype(a) || bv_op_is_reftype(b))
		return validate_fail(v, "type mismatch: select of references needs a type");
	if (a != b && a != BV_TYPE_UNKNOWN && b != BV_TYPE_UNKNOWN)
		return validate_fail(v, "type mismatch");
	return validate_push(v, a == BV_TYPE_UNKNOWN ? b : a);
}

static bool validate_select_typed(struct validate *v)
{
	return validate_pop(v, BV_WASM_I32) && validate_pop(v, v->op.type) &&
		validate_pop(v, v->op.type) && validate_push(v, v->op.type);
}

static bool validate_local(struct validate *v)
{
	uint8_t type;

	if (v->op.index >= v->local_count)
		return validate_fail(v, "unknown local");
	type = v->locals[v->op.index];
	if (v->op.code != BV_OP_LOCAL_GET && !validate_pop(v, type))
		return false;
	return v->op.code == BV_OP_LOCAL_SET || validate_push(v, type);
}

static bool validate_global(struct validate *v)
{
	const struct bv_module_global *global;

	if (v->op.index >= v->module->global_count)
		return validate_fail(v, "unknown global");
	global = &v->module->globals[v->op.index];
	if (v->op.code == BV_OP_GLOBAL_GET)
		return validate_push(v, global->type);
	if (!global->is_mutable)
		return validate_fail(v, "global is immutable");
	return validate_pop(v, global->type);
}

/* ---- tables ---- */

static bool validate_table_type(struct validate *v, uint32_t table, uint8_t *ret)
{
	if (table >= v->module->table_count)
		return validate_fail(v, "unknown table");
	*ret = v->module->tables[table].type;
	return true;
}

static bool validate_elem_index(struct validate *v, uint32_t elem)
{
	return elem < v->module->elem_count || validate_fail(v, "unknown elem segment");
}

static bool validate_pop_i32s(struct validate *v, uint32_t count)
{
	static const uint8_t types[] = {BV_WASM_I32, BV_WASM_I32, BV_WASM_I32};

	return validate_pop_all(v, types, count);
}

static bool validate_table_init(struct validate *v)
{
	uint8_t type = 0;

	if (!validate_table_type(v, v->op.index2, &type) || !validate_elem_index(v, v->op.index))
		return false;
	if (v->module->elems[v->op.index].type != type)
		return validate_fail(v, "type mismatch");
	return validate_pop_i32s(v, 3);
}

static bool validate_table_copy(struct validate *v)
{
	uint8_t to = 0;
	uint8_t from = 0;

	if (!validate_table_type(v, v->op.index, &to) ||
		!validate_table_type(v, v->op.index2, &from))
		return false;
	if (to != from)
		return validate_fail(v, "type mismatch");
	return validate_pop_i32s(v, 3);
}

static bool validate_table_op(struct validate *v)
{
	uint8_t type = 0;

	if (!validate_table_type(v, v->op.index, &type))
		return false;
	switch (v->op.code) {
	case BV_OP_TABLE_GET:
		return validate_pop(v, BV_WASM_I32) && validate_push(v, type);
	case BV_OP_TABLE_SET:
		return validate_pop(v, type) && validate_pop(v, BV_WASM_I32);
	case BV_OP_TABLE_SIZE:
		return validate_push(v, BV_WASM_I32);
	case BV_OP_TABLE_GROW:
		return validate_pop(v, BV_WASM_I32) && validate_pop(v, type) &&
			validate_push(v, BV_WASM_I32);
	default: /* table.fill */
		return validate_pop(v, BV_WASM_I32) && validate_pop(v, type) &&
			validate_pop(v, BV_WASM_I32);
	}
}

/* ---- memory ---- */

static bool validate_memory(struct validate *v)
{
	return v->module->memory_count || validate_fail(v, "unknown memory 0");
}

static bool validate_data_index(struct validate *v)
{
	if (!v->module->has_data_count)
		return bv_cursor_fail_at(&v->cursor, v->op.offset, BV_E_SYNTAX,
			"data count section required");
	return v->op.index < v->module->data_count || validate_fail(v, "unknown data segment");
}

static bool validate_memory_op(struct validate *v)
{
	if (v->op.code == BV_OP_MEMORY_INIT && !validate_data_index(v))
		return false;
	if (!validate_memory(v))
		return false;
	switch (v->op.code) {
	case BV_OP_MEMORY_SIZE:
		return validate_push(v, BV_WASM_I32);
	case BV_OP_MEMORY_GROW:
		return validate_pop(v, BV_WASM_I32) && validate_push(v, BV_WASM_I32);
	default: /* memory.init, copy and fill */
		return validate_pop_i32s(v, 3);
	}
}

/* ---- references ---- */

static bool validate_ref_func(struct validate *v)
{
	if (v->op.index >= v->module->func_count)
		return validate_fail(v, "unknown function");
	if (!bv_module_is_declared(v->module, v->op.index))
		return validate_fail(v, "undeclared function reference");
	return validate_push(v, BV_WASM_FUNCREF);
}

static bool validate_ref_is_null(struct validate *v)
{
	uint8_t type = 0;

	if (!validate_pop_any(v, &type))
		return false;
	if (type != BV_TYPE_UNKNOWN && !bv_op_is_reftype(type))
		return validate_fail(v, "type mismatch");
	return validate_push(v, BV_WASM_I32);
}

/* ---- all instructions ---- */

/* Takes an operand whose type is on top, which is nearly always so. */
static inline bool validate_pop_letter(struct validate *v, char letter)
{
	uint8_t type = validate_letter[(uint8_t)letter & 0x7f];

	if (v->height > validate_top(v)->height && v->stack[v->height - 1] == type) {
		v->height--;
		return true;
	}
	return validate_pop(v, type);
}

static inline bool validate_push_letter(struct validate *v, char letter)
{
	return validate_push(v, validate_letter[(uint8_t)letter & 0x7f]);
}

/* Instructions whose whole rule is their signature: at most two operands and one result. */
static bool validate_signature(struct validate *v, const char *signature)
{
	const char *colon = signature;

	if (signature[0] != ':' && signature[1] != ':') {
		if (!validate_pop_letter(v, signature[1]))
			return false;
		colon++;
	}
	if (signature[0] != ':') {
		if (!validate_pop_letter(v, signature[0]))
			return false;
		colon++;
	}
	return !colon[1] || validate_push_letter(v, colon[1]);
}

static bool validate_simple(struct validate *v)
{
	const struct bv_op_info *info = &bv_op_infos[v->op.code];

	if (info->imm >= BV_IMM_MEMARG1 && info->imm <= BV_IMM_MEMARG8) {
		if (!validate_memory(v))
			return false;
		if (v->op.index > (uint32_t)(info->imm - BV_IMM_MEMARG1))
			return validate_fail(v, "alignment must not be larger than natural");
	}
	return validate_signature(v, info->signature);
}

static bool validate_special(struct validate *v)
{
	uint8_t any = 0;

	switch (v->op.code) {
	case BV_OP_UNREACHABLE:
		validate_unreachable(v);
		return true;
	case BV_OP_NOP:
		return true;
	case BV_OP_BLOCK:
	case BV_OP_LOOP:
	case BV_OP_IF:
		return validate_block(v);
	case BV_OP_ELSE:
		return validate_else(v);
	case BV_OP_END:
		return validate_end(v);
	case BV_OP_BR:
	case BV_OP_BR_IF:
		return validate_br(v);
	case BV_OP_BR_TABLE:
		return validate_br_table(v);
	case BV_OP_RETURN:
		return validate_return(v);
	case BV_OP_CALL:
	case BV_OP_RETURN_CALL:
		return validate_call(v);
	case BV_OP_CALL_INDIRECT:
	case BV_OP_RETURN_CALL_INDIRECT:
		return validate_call_indirect(v);
	case BV_OP_DROP:
		return validate_pop_any(v, &any);
	case BV_OP_SELECT:
		return validate_select(v);
	case BV_OP_SELECT_T:
		return validate_select_typed(v);
	case BV_OP_GLOBAL_GET:
	case BV_OP_GLOBAL_SET:
		return validate_global(v);
	case BV_OP_TABLE_GET:
	case BV_OP_TABLE_SET:
	case BV_OP_TABLE_GROW:
	case BV_OP_TABLE_SIZE:
	case BV_OP_TABLE_FILL:
		return validate_table_op(v);
	case BV_OP_TABLE_INIT:
		return validate_table_init(v);
	case BV_OP_TABLE_COPY:
		return validate_table_copy(v);
	case BV_OP_ELEM_DROP:
		return validate_elem_index(v, v->op.index);
	case BV_OP_MEMORY_SIZE:
	case BV_OP_MEMORY_GROW:
	case BV_OP_MEMORY_INIT:
	case BV_OP_MEMORY_COPY:
	case BV_OP_MEMORY_FILL:
		return validate_memory_op(v);
	case BV_OP_DATA_DROP:
		return validate_data_index(v);
	case BV_OP_REF_NULL:
		return validate_push(v, v->op.type);
	case BV_OP_REF_IS_NULL:
		return validate_ref_is_null(v);
	case BV_OP_REF_FUNC:
		return validate_ref_func(v);
	default:
		return bv_cursor_fail_at(&v->cursor, v->op.offset, BV_E_FAULT,
			"an instruction has no validation rule");
	}
}

static bool validate_op(struct validate *v)
{
	uint16_t code = v->op.code;

	if (code >= BV_OP_LOCAL_GET && code <= BV_OP_LOCAL_TEE)
		return validate_local(v);
	if (bv_op_infos[code].signature[0] == '*')
		return validate_special(v);
	return validate_simple(v);
}

bool bv_validate_locals(struct bv_cursor *cursor, const struct bv_functype *type, uint8_t *types,
	uint32_t *ret_count)
{
	uint64_t at = bv_cursor_offset(cursor);
	uint32_t count = type->param_count;
	uint64_t total = 0;
	uint32_t groups = 0;

	if (count)
		memcpy(types, type->params, count);
	if (!bv_cursor_count(cursor, 2, UINT32_MAX, "groups of locals", &groups))
		return false;
	for (uint32_t i = 0; i < groups; i++) {
		uint32_t n = 0;
		uint8_t local = 0;

		if (!bv_cursor_u32(cursor, &n) || !bv_op_valtype(cursor, &local))
			return false;
		total += n;
		if (total > UINT32_MAX)
			return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX, "too many locals");
		if (total > BV_MODULE_LOCALS_MAX)
			continue;
		memset(types + count, local, n);
		count += n;
	}
	if (total > BV_MODULE_LOCALS_MAX)
		return bv_cursor_fail_at(cursor, at, BV_E_LIMIT,
			"a function has more than 50000 locals");
	*ret_count = count;
	return true;
}

static bool validate_instructions(struct validate *v)
{
	for (uint32_t turn = 0; v->depth; turn++) {
		if (turn % VALIDATE_TURNS == 0 && bv_module_interrupted(v->module, &v->cursor))
			return false;
		if (v->cursor.at == v->cursor.end)
			return bv_cursor_fail(&v->cursor, BV_E_TRUNCATED,
				"unexpected end of section or function");
		if (!bv_op_read(&v->cursor, &v->op) || !validate_op(v))
			return false;
	}
	if (v->cursor.at != v->cursor.end)
		return bv_cursor_fail(&v->cursor, BV_E_SYNTAX,
			"END opcode expected: code behind the function's end");
	return true;
}

static bool validate_body(struct validate *v, struct bv_module_func *func)
{
	struct bv_functype block;

	v->type = &v->module->types[func->type];
	v->cursor.at = v->cursor.base + func->code_at;
	v->cursor.end = v->cursor.base + func->code_end;
	v->height = 0;
	v->height_max = 0;
	v->depth = 0;
	if (!bv_validate_locals(&v->cursor, v->type, v->locals, &v->local_count))
		return false;
	/* As a block, a function has results only: its parameters are locals. */
	block = (struct bv_functype){.results = v->type->results,
		.result_count = v->type->result_count};
	if (!validate_enter(v, BV_OP_END, &block) || !validate_instructions(v))
		return false;
	if (v->local_count + v->height_max + 1 > BV_MODULE_FRAME_MAX)
		return bv_cursor_fail_at(&v->cursor, func->code_at, BV_E_LIMIT,
			"a function needs more than 60000 locals and operands");
	func->local_count = v->local_count - v->type->param_count;
	func->height_max = v->height_max;
	return true;
}

int bv_validate_bodies(struct bv_wasm_module *module, struct bv_error *err)
{
	struct bv_heap *heap = &module->heap;
	struct validate v = {.module = module};
	bool ok;

	v.cursor = (struct bv_cursor){.at = module->bytes.data,
		.end = module->bytes.data + module->bytes.len,
		.base = module->bytes.data,
		.err = err};
	v.stack = bv_heap_alloc_dirty(heap, BV_MODULE_FRAME_MAX);
	v.locals = bv_heap_alloc_dirty(heap, BV_MODULE_PARAMS_MAX + BV_MODULE_LOCALS_MAX);
	ok = (v.stack && v.locals) ||
		bv_cursor_fail(&v.cursor, BV_E_NO_MEMORY,
			"no memory for the validator within engine_bytes");
	for (uint32_t i = module->import_func_count; ok && i < module->func_count; i++)
		ok = validate_body(&v, &module->funcs[i]);
	bv_heap_free(heap, v.frames);
	bv_heap_free(heap, v.locals);
	bv_heap_free(heap, v.stack);
	return ok ? BV_OK : v.cursor.code;
}

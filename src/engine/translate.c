/* SPDX-License-Identifier: MIT
 *
 * The translator's main loop: one function, from the bytes the validator accepted to cells.
 */
#include "engine/translate.h"

#include "engine/validate.h"

/* Skips what cannot be reached, up to the end or else of the current block. The instruction read
 * last is left in t->op. */
static void translate_skip(struct bv_translate *t)
{
	uint32_t nested = 0;
	uint32_t label = 0;

	while (bv_op_read(&t->cursor, &t->op)) {
		switch (t->op.code) {
		case BV_OP_BLOCK:
		case BV_OP_LOOP:
		case BV_OP_IF:
			nested++;
			break;
		case BV_OP_BR_TABLE:
			for (uint32_t i = 0; i <= t->op.index; i++)
				(void)bv_cursor_u32(&t->cursor, &label);
			break;
		case BV_OP_ELSE:
			if (!nested)
				return;
			break;
		case BV_OP_END:
			if (!nested)
				return;
			nested--;
			break;
		default:
			break;
		}
	}
}

static void translate_memory_op(struct bv_translate *t)
{
	struct bv_operand pages;
	struct bv_insn *insn;

	if (t->op.code == BV_OP_MEMORY_SIZE) {
		bv_tr_value(t, BV_IR_MEMORY_SIZE, 0, BV_WASM_I32);
		return;
	}
	if (t->stack[t->height - 1].kind == BV_VAL_CONST)
		bv_tr_materialize(t, t->height - 1);
	pages = bv_tr_pop(t);
	insn = bv_tr_value(t, BV_IR_MEMORY_GROW, pages.form == 'A' ? BV_FORM_A_ : BV_FORM_S_,
		BV_WASM_I32);
	insn->a = (uint16_t)pages.slot;
}

static void translate_reference(struct bv_translate *t)
{
	struct bv_insn *insn;

	switch (t->op.code) {
	case BV_OP_REF_NULL:
		bv_tr_push_const(t, t->op.type, 0);
		return;
	case BV_OP_REF_FUNC:
		insn = bv_tr_value(t, BV_IR_REF_FUNC, 0, BV_WASM_FUNCREF);
		insn->has_imm = true;
		insn->imm = t->op.index;
		return;
	default: /* ref.is_null: null is the only reference that is 0 */
		t->op.code = BV_OP_I64_EQZ;
		bv_tr_numeric(t);
		return;
	}
}

/* Control flow; false if it is something else. */
static bool translate_flow(struct bv_translate *t)
{
	switch (t->op.code) {
	case BV_OP_UNREACHABLE:
		bv_tr_emit(t, BV_IR_UNREACHABLE, 0, BV_INSN_PLAIN);
		t->dead = true;
		return true;
	case BV_OP_NOP:
		return true;
	case BV_OP_BLOCK:
	case BV_OP_LOOP:
	case BV_OP_IF:
		bv_tr_block(t);
		return true;
	case BV_OP_ELSE:
		bv_tr_else(t);
		return true;
	case BV_OP_END:
		bv_tr_end(t);
		return true;
	case BV_OP_BR:
		bv_tr_br(t, t->op.index);
		return true;
	case BV_OP_BR_IF:
		bv_tr_br_if(t);
		return true;
	case BV_OP_BR_TABLE:
		bv_tr_br_table(t);
		return true;
	case BV_OP_RETURN:
		bv_tr_return(t);
		return true;
	default:
		return false;
	}
}

static bool translate_calls(struct bv_translate *t)
{
	switch (t->op.code) {
	case BV_OP_CALL:
		bv_tr_call(t);
		return true;
	case BV_OP_CALL_INDIRECT:
		bv_tr_call_indirect(t);
		return true;
	case BV_OP_RETURN_CALL:
		bv_tr_tail_call(t);
		return true;
	case BV_OP_RETURN_CALL_INDIRECT:
		bv_tr_tail_indirect(t);
		return true;
	default:
		return false;
	}
}

static void translate_special(struct bv_translate *t)
{
	if (translate_flow(t) || translate_calls(t))
		return;
	switch (t->op.code) {
	case BV_OP_DROP:
		bv_tr_drop(t);
		return;
	case BV_OP_SELECT:
	case BV_OP_SELECT_T:
		bv_tr_select(t);
		return;
	case BV_OP_LOCAL_GET:
		bv_tr_local_get(t, t->op.index);
		return;
	case BV_OP_LOCAL_SET:
	case BV_OP_LOCAL_TEE:
		bv_tr_local_set(t, t->op.index, t->op.code == BV_OP_LOCAL_TEE);
		return;
	case BV_OP_GLOBAL_GET:
		bv_tr_global_get(t);
		return;
	case BV_OP_GLOBAL_SET:
		bv_tr_global_set(t);
		return;
	case BV_OP_MEMORY_SIZE:
	case BV_OP_MEMORY_GROW:
		translate_memory_op(t);
		return;
	case BV_OP_REF_NULL:
	case BV_OP_REF_IS_NULL:
	case BV_OP_REF_FUNC:
		translate_reference(t);
		return;
	default:
		bv_tr_bulk(t);
		return;
	}
}

/* One charge a basic block, made on its first instruction and grown by the others. */
static void translate_fuel(struct bv_translate *t)
{
	struct bv_insn *insn;

	if (!t->fuel)
		return;
	if (t->fuel_insn == BV_NONE) {
		insn = bv_tr_emit(t, BV_IR_FUEL, 0, BV_INSN_PLAIN);
		insn->has_imm = true;
		t->fuel_insn = t->count - 1;
	}
	if (!t->failed)
		t->insns[t->fuel_insn].imm++;
}

static bool translate_starts_block(uint16_t code)
{
	return code == BV_OP_BR_IF || code == BV_OP_IF || code == BV_OP_CALL ||
		code == BV_OP_CALL_INDIRECT;
}

static void translate_op(struct bv_translate *t)
{
	uint16_t code = t->op.code;

	if (code != BV_OP_END && code != BV_OP_ELSE)
		translate_fuel(t);
	if (code >= BV_OP_I32_LOAD && code <= BV_OP_I64_LOAD32_U)
		bv_tr_load(t);
	else if (code >= BV_OP_I32_STORE && code <= BV_OP_I64_STORE32)
		bv_tr_store(t);
	else if (bv_op_infos[code].signature[0] != '*')
		bv_tr_numeric(t);
	else
		translate_special(t);
	/* What follows a conditional branch or a call is charged when it is reached. */
	if (translate_starts_block(code))
		t->fuel_insn = BV_NONE;
}

static void translate_body(struct bv_translate *t)
{
	while (t->depth && !t->failed && !*t->interrupt) {
		if (t->dead) {
			translate_skip(t);
			translate_special(t);
			continue;
		}
		if (!bv_op_read(&t->cursor, &t->op))
			return;
		translate_op(t);
	}
}

/* Locals begin as zero; parameters come from the caller. */
static void translate_prologue(struct bv_translate *t)
{
	uint32_t params = t->type->param_count;
	struct bv_insn *insn;

	if (t->local_count == params)
		return;
	insn = bv_tr_emit(t, BV_IR_ZERO, 0, BV_INSN_PLAIN);
	insn->a = (uint16_t)(t->return_slot + 2);
	insn->has_imm = true;
	insn->imm = t->local_count - params;
}

static bool translate_setup(struct bv_translate *t)
{
	const struct bv_module_func *func = &t->module->funcs[t->index];
	struct bv_block outer = {.code = BV_OP_END,
		.refs = BV_NONE,
		.else_ref = BV_NONE,
		.results = t->type->results,
		.result_count = t->type->result_count};

	t->return_slot = t->type->param_count;
	t->temp_base = t->type->param_count + 2 + func->local_count;
	t->local_types = bv_heap_alloc(t->heap, t->temp_base);
	t->local_pending = bv_heap_array(t->heap, t->temp_base, sizeof(*t->local_pending));
	t->local_used = bv_heap_array(t->heap, t->temp_base, sizeof(*t->local_used));
	t->stack = bv_heap_array(t->heap, (size_t)func->height_max + 1, sizeof(*t->stack));
	t->blocks = bv_heap_array(t->heap, 16, sizeof(*t->blocks));
	if (!t->local_types || !t->local_pending || !t->local_used || !t->stack || !t->blocks)
		return false;
	t->block_capacity = 16;
	t->blocks[t->depth++] = outer;
	t->cursor = (struct bv_cursor){.at = t->module->bytes.data + func->code_at,
		.end = t->module->bytes.data + func->code_end,
		.base = t->module->bytes.data};
	return bv_validate_locals(&t->cursor, t->type, t->local_types, &t->local_count);
}

struct bv_translation *bv_translate(const struct bv_wasm_module *module, bool fuel, uint32_t index,
	const volatile uint32_t *interrupt, struct bv_heap *heap)
{
	struct bv_translate t = {.module = module,
		.fuel = fuel,
		.index = index,
		.type = bv_module_func_type(module, index),
		.interrupt = interrupt,
		.heap = heap};

	if (!translate_setup(&t))
		return NULL;
	bv_tr_label(&t);
	translate_prologue(&t);
	translate_body(&t);
	return t.failed || t.depth ? NULL : bv_emit(&t);
}

/* SPDX-License-Identifier: MIT
 *
 * Translation of calls. Arguments are the topmost operands, each in the slot of its height: there
 * the callee's frame begins, so a call moves nothing.
 */
#include "engine/translate.h"

/* Puts the arguments in their slots and takes them off; returns the callee's first slot. A callee
 * uses the accumulators: what is only there must be stored. */
static uint32_t call_arguments(struct bv_translate *t, const struct bv_functype *type)
{
	bv_tr_materialize_top(t, type->param_count);
	bv_tr_cut(t, t->height - type->param_count);
	for (int which = 0; which < BV_CLASS_COUNT; which++) {
		if (t->acc[which].owner != BV_NONE)
			bv_tr_materialize(t, t->acc[which].owner);
	}
	return bv_tr_slot(t, t->height);
}

static void call_results(struct bv_translate *t, const struct bv_functype *type)
{
	for (int which = 0; which < BV_CLASS_COUNT; which++)
		t->acc[which].slot = BV_NONE;
	for (uint32_t i = 0; i < type->result_count; i++)
		bv_tr_push_temp(t, type->results[i]);
	/* A single result is also in its accumulator. */
	if (type->result_count == 1)
		t->acc[bv_tr_class(type->results[0])].slot = bv_tr_slot(t, t->height - 1);
}

/* The cell that brings back this instance; see exec_control.c. */
static void call_reload(struct bv_translate *t, uint32_t base)
{
	struct bv_insn *insn = bv_tr_emit(t, BV_IR_RELOAD, 0, BV_INSN_PLAIN);

	insn->d = (uint16_t)base;
	insn->a = (uint16_t)(t->return_slot + 1);
}

static void call_emit(struct bv_translate *t, uint32_t index, uint32_t base)
{
	struct bv_insn *insn;

	if (index < t->module->import_func_count) {
		insn = bv_tr_emit(t, BV_IR_CALL_IMPORT, 0, BV_INSN_DATA);
		insn->imm = index;
	} else {
		insn = bv_tr_emit(t, BV_IR_CALL, 0, BV_INSN_CALL);
		insn->imm = bv_module_frame(t->module, index);
		insn->extra = index;
	}
	insn->has_imm = true;
	insn->d = (uint16_t)base;
	insn->a = (uint16_t)bv_module_func_type(t->module, index)->param_count;
	insn->more = (uint16_t)base;
	if (index < t->module->import_func_count)
		call_reload(t, base);
}

void bv_tr_call(struct bv_translate *t)
{
	const struct bv_functype *type = bv_module_func_type(t->module, t->op.index);
	uint32_t base = call_arguments(t, type);

	call_emit(t, t->op.index, base);
	call_results(t, type);
}

/* Where a table index is wanted: a slot, or x. */
static struct bv_operand call_index(struct bv_translate *t)
{
	if (t->stack[t->height - 1].kind == BV_VAL_CONST)
		bv_tr_materialize(t, t->height - 1);
	return bv_tr_pop(t);
}

static void call_emit_indirect(struct bv_translate *t, const struct bv_operand *index,
	uint32_t base)
{
	struct bv_insn *insn =
		bv_tr_emit(t, BV_IR_CALL_INDIRECT, index->form == 'A' ? 1 : 0, BV_INSN_DATA);

	insn->d = (uint16_t)base;
	insn->a = (uint16_t)index->slot;
	insn->b = (uint16_t)t->op.index2;
	insn->c = (uint16_t)t->module->types[t->op.index].param_count;
	insn->more = (uint16_t)base;
	insn->target = t->op.index;
	call_reload(t, base);
}

void bv_tr_call_indirect(struct bv_translate *t)
{
	const struct bv_functype *type = &t->module->types[t->op.index];
	struct bv_operand index = call_index(t);
	uint32_t base = call_arguments(t, type);

	call_emit_indirect(t, &index, base);
	call_results(t, type);
}

/* A call and a return: what a tail call to another instance, or to the host, is made of. */
static void call_then_return(struct bv_translate *t, const struct bv_functype *type)
{
	call_results(t, type);
	bv_tr_return(t);
}

void bv_tr_tail_call(struct bv_translate *t)
{
	const struct bv_functype *type = bv_module_func_type(t->module, t->op.index);
	uint32_t base = call_arguments(t, type);
	struct bv_insn *insn;

	if (t->op.index < t->module->import_func_count) {
		call_emit(t, t->op.index, base);
		call_then_return(t, type);
		return;
	}
	insn = bv_tr_emit(t, BV_IR_TAIL_CALL, 0, BV_INSN_DATA);
	insn->d = (uint16_t)base;
	insn->a = (uint16_t)t->return_slot;
	insn->more = (uint16_t)type->param_count;
	insn->target = t->op.index;
	t->dead = true;
}

void bv_tr_tail_indirect(struct bv_translate *t)
{
	const struct bv_functype *type = &t->module->types[t->op.index];
	struct bv_operand index = call_index(t);
	uint32_t base = call_arguments(t, type);
	struct bv_insn *insn;

	insn = bv_tr_emit(t, BV_IR_TAIL_INDIRECT, index.form == 'A' ? 1 : 0, BV_INSN_DATA);
	insn->d = (uint16_t)base;
	insn->a = (uint16_t)index.slot;
	insn->b = (uint16_t)t->op.index2;
	insn->c = (uint16_t)t->return_slot;
	insn->more = (uint16_t)type->param_count;
	insn->target = t->op.index;
	call_emit_indirect(t, &index, base);
	call_then_return(t, type);
}

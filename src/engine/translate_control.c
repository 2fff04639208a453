/* SPDX-License-Identifier: MIT
 *
 * Translation of control flow. Every value that crosses a label is in the slot of its height, on
 * every path, so a branch only has to move its label's values down to where the label expects
 * them, and often not even that.
 *
 * Behind an unconditional branch nothing is emitted: translate.c skips to the block's end.
 */
#include "engine/translate.h"

/* ---- branch targets ---- */

static void control_target(struct bv_translate *t, uint32_t index, uint32_t block)
{
	struct bv_block *to = &t->blocks[block];

	if (t->failed)
		return;
	if (to->code == BV_OP_LOOP) {
		t->insns[index].target = to->start;
		return;
	}
	t->insns[index].target = to->refs;
	to->refs = index;
}

/* All chained instructions go to the next one emitted. */
static bool control_patch(struct bv_translate *t, uint32_t refs)
{
	bool any = refs != BV_NONE;

	while (refs != BV_NONE && !t->failed) {
		uint32_t next = t->insns[refs].target;

		t->insns[refs].target = t->count;
		refs = next;
	}
	return any;
}

static uint32_t control_block(const struct bv_translate *t, uint32_t label)
{
	return t->depth - 1 - label;
}

/* How many values a branch to the block carries. */
static uint32_t control_arity(const struct bv_block *block)
{
	return block->code == BV_OP_LOOP ? block->param_count : block->result_count;
}

/* True if the label's values, materialised, are where the label wants them. */
static bool control_in_place(const struct bv_translate *t, const struct bv_block *block)
{
	uint32_t arity = control_arity(block);

	return !arity || t->height - arity == block->height;
}

/* Moves the label's values down. Sources lie at or above their targets: ascending is safe. */
static void control_move(struct bv_translate *t, const struct bv_block *block)
{
	uint32_t arity = control_arity(block);
	uint32_t from = t->height - arity;

	for (uint32_t i = 0; i < arity; i++)
		bv_tr_move(t, from + i, bv_tr_slot(t, block->height + i));
}

static void control_emit_br(struct bv_translate *t, uint32_t block)
{
	bv_tr_emit(t, BV_IR_BR, 0, BV_INSN_BRANCH);
	control_target(t, t->count - 1, block);
}

/* ---- conditions ---- */

static struct bv_insn condition_test(const struct bv_operand *operand, uint16_t zero, bool want)
{
	return (struct bv_insn){.op = (uint16_t)(want ? zero + 1 : zero),
		.form = operand->form == 'A' ? BV_FORM_A_ : BV_FORM_S_,
		.kind = BV_INSN_BRANCH,
		.a = (uint16_t)operand->slot};
}

static bool condition_is_compare(uint16_t op)
{
	return op >= BV_IR_COMPARE_FIRST && op < BV_IR_COMPARE_FIRST + BV_IR_COMPARE_COUNT;
}

/* A comparison as a branch: its second operand moves to d. */
static bool condition_of_compare(const struct bv_insn *compare, bool want, struct bv_insn *ret)
{
	bool is_float = compare->op >= BV_OP_F32_EQ;
	uint16_t op = compare->op;
	uint16_t first = BV_IR_BRC;

	if (compare->has_imm && (int32_t)compare->imm != (int16_t)compare->imm)
		return false;
	if (!want && is_float)
		first = BV_IR_BRN;
	else if (!want)
		op = bv_tr_negated(op);
	*ret = (struct bv_insn){.op = (uint16_t)(first + (op - BV_IR_COMPARE_FIRST)),
		.form = compare->form,
		.kind = BV_INSN_BRANCH,
		.a = compare->a,
		.d = compare->has_imm ? (uint16_t)compare->imm : compare->b};
	return true;
}

/* What the last instruction can become together with the branch. */
static bool condition_fold(const struct bv_insn *last, bool want, struct bv_insn *ret)
{
	struct bv_operand operand = {.form = last->form == BV_FORM_A_ ? 'A' : 'S', .slot = last->a};

	if (last->op == BV_OP_I32_EQZ || last->op == BV_OP_I64_EQZ) {
		*ret = condition_test(&operand,
			last->op == BV_OP_I32_EQZ ? BV_IR_BRZ32 : BV_IR_BRZ64, !want);
		return true;
	}
	if (condition_is_compare(last->op))
		return condition_of_compare(last, want, ret);
	if (last->op != BV_OP_I32_AND || !last->has_imm)
		return false;
	if ((int32_t)last->imm != (int16_t)last->imm)
		return false;
	operand.form = last->form == BV_FORM_AI ? 'A' : 'S';
	*ret = condition_test(&operand, BV_IR_BRAND32, !want);
	ret->d = (uint16_t)last->imm;
	return true;
}

/* eqz of a float comparison: the two instructions before the branch. */
static bool condition_fold_float(struct bv_translate *t, bool want, struct bv_insn *ret)
{
	const struct bv_insn *compare;

	if (t->count < 2 || t->count - 2 < t->line_start)
		return false;
	compare = &t->insns[t->count - 2];
	if (compare->kind != BV_INSN_VALUE || compare->stored || compare->op < BV_OP_F32_EQ ||
		compare->op > BV_OP_F64_GE)
		return false;
	return condition_of_compare(compare, !want, ret);
}

struct bv_condition bv_tr_condition(struct bv_translate *t, bool want)
{
	const struct bv_val *val = &t->stack[t->height - 1];
	const struct bv_insn *last =
		bv_tr_may(t, BV_WASM_FUSE_BRANCH) ? bv_tr_last_made(t, t->height - 1) : NULL;
	struct bv_condition condition = {0};
	struct bv_operand operand;

	if (val->kind == BV_VAL_CONST) {
		condition.constant = true;
		condition.taken = ((uint32_t)val->k != 0) == want;
		bv_tr_drop(t);
		return condition;
	}
	if (last && last->op == BV_OP_I32_EQZ && last->form == BV_FORM_A_ &&
		condition_fold_float(t, want, &condition.insn)) {
		bv_tr_drop(t);
		bv_tr_unemit(t);
		bv_tr_unemit(t);
		return condition;
	}
	if (last && condition_fold(last, want, &condition.insn)) {
		bv_tr_drop(t);
		bv_tr_unemit(t);
		return condition;
	}
	operand = bv_tr_pop(t);
	condition.insn = condition_test(&operand, BV_IR_BRZ32, want);
	return condition;
}

static uint32_t control_emit_condition(struct bv_translate *t, const struct bv_insn *like)
{
	struct bv_insn *insn = bv_tr_emit(t, like->op, like->form, BV_INSN_BRANCH);

	insn->a = like->a;
	insn->d = like->d;
	/* What runs next may not run: a local written earlier would be seen by the other path. */
	bv_tr_barrier(t);
	return t->count - 1;
}

/* The same condition, the other way round. */
static void control_invert(struct bv_insn *insn)
{
	uint16_t compare = (uint16_t)(insn->op - BV_IR_BRC + BV_IR_COMPARE_FIRST);

	if (insn->op >= BV_IR_BRZ32 && insn->op <= BV_IR_BRNAND32)
		insn->op = (uint16_t)(((insn->op - BV_IR_BRZ32) ^ 1) + BV_IR_BRZ32);
	else if (insn->op >= BV_IR_BRN)
		insn->op = (uint16_t)(insn->op - BV_IR_COMPARE_COUNT);
	else if (compare >= BV_OP_F32_EQ)
		insn->op = (uint16_t)(insn->op + BV_IR_COMPARE_COUNT);
	else
		insn->op = (uint16_t)(bv_tr_negated(compare) - BV_IR_COMPARE_FIRST + BV_IR_BRC);
}

/* ---- blocks ---- */

static void control_block_type(const struct bv_translate *t, struct bv_block *block)
{
	const struct bv_functype *type;

	if (t->op.type == 0x40)
		return;
	if (t->op.type) {
		block->results = t->cursor.at - 1;
		block->result_count = 1;
		return;
	}
	type = &t->module->types[t->op.index];
	block->params = type->params;
	block->param_count = type->param_count;
	block->results = type->results;
	block->result_count = type->result_count;
}

static void control_push_block(struct bv_translate *t, const struct bv_block *block)
{
	if (t->failed ||
		!bv_heap_reserve(t->heap, (void **)&t->blocks, &t->block_capacity,
			(size_t)t->depth + 1, sizeof(*t->blocks))) {
		t->failed = true;
		return;
	}
	t->blocks[t->depth++] = *block;
}

/* Everything below a block's inside goes to its slot, and parameters too: a label or another arm
 * finds them there. Constants below stay constants. */
static void control_settle(struct bv_translate *t, uint32_t params)
{
	bv_tr_flush(t);
	bv_tr_materialize_top(t, params);
	for (uint32_t i = t->height - params; i < t->height; i++)
		t->stack[i].insn = BV_NONE;
}

void bv_tr_block(struct bv_translate *t)
{
	struct bv_block block = {.code = t->op.code, .refs = BV_NONE, .else_ref = BV_NONE};
	struct bv_condition condition = {0};

	control_block_type(t, &block);
	if (t->op.code == BV_OP_IF)
		condition = bv_tr_condition(t, false);
	control_settle(t, block.param_count);
	block.height = t->height - block.param_count;
	if (t->op.code == BV_OP_IF && !condition.constant)
		block.else_ref = control_emit_condition(t, &condition.insn);
	if (t->op.code == BV_OP_IF && condition.constant && condition.taken) {
		bv_tr_emit(t, BV_IR_BR, 0, BV_INSN_BRANCH);
		block.else_ref = t->count - 1;
	}
	if (t->op.code == BV_OP_LOOP) {
		bv_tr_label(t);
		block.start = t->count;
	}
	control_push_block(t, &block);
}

static void control_push_values(struct bv_translate *t, const uint8_t *types, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		bv_tr_push_temp(t, types[i]);
}

void bv_tr_else(struct bv_translate *t)
{
	struct bv_block *block = &t->blocks[t->depth - 1];

	if (!t->dead) {
		/* The then arm leaves its results in their slots, and jumps over this one. */
		control_move(t, block);
		control_emit_br(t, t->depth - 1);
	}
	bv_tr_cut(t, block->height);
	control_patch(t, block->else_ref);
	block->else_ref = BV_NONE;
	block->code = BV_OP_ELSE;
	bv_tr_label(t);
	control_push_values(t, block->params, block->param_count);
	t->dead = false;
}

/* Is the end reached by anything but falling through? */
static bool control_end_is_label(const struct bv_block *block)
{
	return block->refs != BV_NONE || block->else_ref != BV_NONE;
}

void bv_tr_end(struct bv_translate *t)
{
	struct bv_block block = t->blocks[t->depth - 1];
	bool label = control_end_is_label(&block);

	if (t->depth == 1) {
		if (!t->dead)
			bv_tr_return(t);
		t->depth = 0;
		return;
	}
	if (!t->dead && label)
		bv_tr_materialize_top(t, block.result_count);
	t->depth--;
	if (!label)
		return; /* nothing joins here: what is known stays known */
	bv_tr_cut(t, block.height);
	control_patch(t, block.refs);
	control_patch(t, block.else_ref);
	bv_tr_label(t);
	control_push_values(t, block.results, block.result_count);
	t->dead = false;
}

/* ---- branches ---- */

void bv_tr_br(struct bv_translate *t, uint32_t label)
{
	uint32_t index = control_block(t, label);

	if (index == 0) {
		bv_tr_return(t);
		return;
	}
	control_move(t, &t->blocks[index]);
	control_emit_br(t, index);
	t->dead = true;
}

/* Values stay on the stack when the branch is not taken: they must be in their slots for both. */
static void control_keep_values(struct bv_translate *t, uint32_t arity)
{
	bv_tr_materialize_top(t, arity);
	for (uint32_t i = t->height - arity; i < t->height; i++)
		t->stack[i].insn = BV_NONE;
}

/* Around a branch that must first move values, or that returns. */
static void control_br_over(struct bv_translate *t, struct bv_insn *condition, uint32_t label)
{
	uint32_t over;

	control_invert(condition);
	over = control_emit_condition(t, condition);
	if (control_block(t, label) == 0) {
		uint32_t height = t->height;

		bv_tr_return(t);
		t->height = height;
	} else {
		control_move(t, &t->blocks[control_block(t, label)]);
		control_emit_br(t, control_block(t, label));
	}
	t->dead = false;
	control_patch(t, over);
	bv_tr_flush(t);
	bv_tr_label(t);
}

void bv_tr_br_if(struct bv_translate *t)
{
	struct bv_condition condition = bv_tr_condition(t, true);
	uint32_t index = control_block(t, t->op.index);
	const struct bv_block *block = &t->blocks[index];

	if (condition.constant) {
		if (condition.taken)
			bv_tr_br(t, t->op.index);
		return;
	}
	control_keep_values(t, control_arity(block));
	if (index == 0 || !control_in_place(t, block)) {
		/* Code behind is reached from two places: settle before they part. */
		bv_tr_flush(t);
		control_br_over(t, &condition.insn, t->op.index);
		return;
	}
	control_target(t, control_emit_condition(t, &condition.insn), index);
}

/* An entry goes to its label at once, or to a stub that moves values first. */
static void control_entry(struct bv_translate *t, uint32_t entry, uint32_t label)
{
	uint32_t index = control_block(t, label);

	if (index && control_in_place(t, &t->blocks[index])) {
		control_target(t, entry, index);
		return;
	}
	if (!t->failed)
		t->insns[entry].target = t->count;
	bv_tr_label(t);
	if (index == 0) {
		uint32_t height = t->height;

		bv_tr_return(t);
		t->height = height;
		return;
	}
	control_move(t, &t->blocks[index]);
	control_emit_br(t, index);
}

/* Labels of one br_table carry equally many values; the cursor stands at the first. */
static uint32_t control_table_arity(const struct bv_translate *t)
{
	struct bv_cursor cursor = t->cursor;
	uint32_t label = 0;

	(void)bv_cursor_u32(&cursor, &label);
	return control_arity(&t->blocks[control_block(t, label)]);
}

void bv_tr_br_table(struct bv_translate *t)
{
	uint32_t count = t->op.index;
	struct bv_operand operand;
	struct bv_insn *insn;
	uint32_t first;
	uint32_t label = 0;

	if (t->stack[t->height - 1].kind == BV_VAL_CONST)
		bv_tr_materialize(t, t->height - 1);
	operand = bv_tr_pop(t);
	/* Constants further below stay what they are: other ways to a label did not store them. */
	bv_tr_flush(t);
	bv_tr_materialize_top(t, control_table_arity(t));
	insn = bv_tr_emit(t, BV_IR_BR_TABLE, operand.form == 'A' ? 1 : 0, BV_INSN_BRANCH);
	insn->a = (uint16_t)operand.slot;
	insn->has_imm = true;
	insn->imm = count;
	first = t->count;
	for (uint32_t i = 0; i <= count; i++)
		bv_tr_emit(t, BV_IR_ENTRY, 0, BV_INSN_ENTRY);
	for (uint32_t i = 0; i <= count && bv_cursor_u32(&t->cursor, &label); i++)
		control_entry(t, first + i, label);
	t->dead = true;
}

void bv_tr_return(struct bv_translate *t)
{
	uint32_t results = t->type->result_count;
	struct bv_operand operand = {0};
	uint32_t form = 0;
	struct bv_insn *insn;
	uint8_t type;

	if (results > 1) {
		bv_tr_materialize_top(t, results);
		form = 6;
	} else if (results) {
		type = t->stack[t->height - 1].type;
		if (t->stack[t->height - 1].kind == BV_VAL_CONST &&
			(bv_tr_class(type) != BV_CLASS_X ||
				(uint64_t)(int64_t)(int32_t)t->stack[t->height - 1].k !=
					t->stack[t->height - 1].k))
			bv_tr_materialize(t, t->height - 1);
		operand = bv_tr_pop(t);
		form = operand.form == 'I' ? 5 : 4;
		if (operand.form == 'A')
			form = 1 + (uint32_t)bv_tr_class(type);
	}
	insn = bv_tr_emit(t, BV_IR_RETURN, form, BV_INSN_PLAIN);
	insn->a = (uint16_t)t->return_slot;
	insn->b = (uint16_t)operand.slot;
	insn->has_imm = form >= 5;
	insn->imm = form == 5 ? (uint32_t)operand.k : results;
	insn->d = (uint16_t)bv_tr_slot(t, t->height - (form == 6 ? results : 0));
	t->dead = true;
}

/* SPDX-License-Identifier: MIT
 *
 * From instructions to cells: handler addresses instead of numbers, distances instead of targets.
 */
#include "engine/translate.h"

static uint32_t emit_size(const struct bv_insn *insn)
{
	switch ((enum bv_insn_kind)insn->kind) {
	case BV_INSN_CALL:
	case BV_INSN_DATA:
	case BV_INSN_WIDE:
		return 2;
	case BV_INSN_PLAIN:
	case BV_INSN_VALUE:
	case BV_INSN_BRANCH:
	case BV_INSN_ENTRY:
		return 1;
	}
	return 1;
}

struct emit {
	struct bv_translate *t;
	struct bv_cell *cells;
	uint32_t *offsets;
	uint32_t *places; /* the first cell of each instruction */
};

/* A br_table polls for the interrupt flag if any entry leads back. */
static bool emit_table_is_backward(const struct emit *e, uint32_t index)
{
	const struct bv_insn *insns = e->t->insns;

	for (uint32_t i = 0; i <= insns[index].imm; i++) {
		if (insns[index + 1 + i].target <= index)
			return true;
	}
	return false;
}

static uint32_t emit_variant(const struct emit *e, uint32_t index)
{
	const struct bv_insn *insn = &e->t->insns[index];
	bool backward;

	if (insn->kind == BV_INSN_VALUE)
		return 2u * insn->form + insn->stored;
	if (insn->kind != BV_INSN_BRANCH)
		return insn->form;
	if (insn->op == BV_IR_BR_TABLE)
		backward = emit_table_is_backward(e, index);
	else
		backward = insn->target <= index;
	return 2u * insn->form + backward;
}

static const struct bv_entry *emit_callee(const struct emit *e, uint32_t index)
{
	const struct bv_wasm_module *module = e->t->module;

	return &module->codes->entries[e->t->fuel][index - module->import_func_count];
}

static void emit_second(const struct emit *e, const struct bv_insn *insn, struct bv_cell *cell)
{
	switch ((enum bv_insn_kind)insn->kind) {
	case BV_INSN_CALL:
		cell->code = bv_code_start(emit_callee(e, (uint32_t)insn->extra));
		cell->d = insn->more;
		break;
	case BV_INSN_DATA:
		cell->raw = insn->extra;
		cell->d = insn->more;
		cell->imm = insn->target;
		break;
	case BV_INSN_WIDE:
		cell->raw = insn->extra;
		break;
	case BV_INSN_PLAIN:
	case BV_INSN_VALUE:
	case BV_INSN_BRANCH:
	case BV_INSN_ENTRY:
		break;
	}
}

static bool emit_insn(const struct emit *e, uint32_t index)
{
	const struct bv_insn *insn = &e->t->insns[index];
	uint32_t place = e->places[index];
	struct bv_cell *cell = &e->cells[place];

	e->offsets[place] = insn->offset;
	if (insn->kind == BV_INSN_ENTRY) {
		cell->code = &e->cells[e->places[insn->target]];
		return true;
	}
	cell->op = bv_exec_handler(insn->op, emit_variant(e, index));
	cell->d = insn->d;
	cell->a = insn->a;
	if (insn->has_imm) {
		cell->imm = insn->imm;
	} else {
		cell->b = insn->b;
		cell->c = insn->c;
	}
	if (insn->kind == BV_INSN_BRANCH && insn->op != BV_IR_BR_TABLE)
		cell->simm = (int32_t)(e->places[insn->target] - place);
	if (emit_size(insn) == 2) {
		e->offsets[place + 1] = insn->offset;
		emit_second(e, insn, cell + 1);
	}
	return cell->op != NULL;
}

static uint32_t emit_places(struct emit *e)
{
	uint32_t cells = 0;

	for (uint32_t i = 0; i < e->t->count; i++) {
		e->places[i] = cells;
		cells += emit_size(&e->t->insns[i]);
	}
	/* A branch to the very end of a function whose end cannot be reached. */
	e->places[e->t->count] = cells;
	return cells;
}

static bool emit_all(struct emit *e, uint32_t cells)
{
	for (uint32_t i = 0; i < e->t->count; i++) {
		if (!emit_insn(e, i))
			return false;
	}
	e->cells[cells].op = bv_exec_handler(BV_IR_UNREACHABLE, 0);
	return true;
}

struct bv_translation *bv_emit(struct bv_translate *t)
{
	struct emit e = {.t = t};
	struct bv_translation *code;
	uint32_t cells;

	e.places = bv_heap_array(t->heap, (size_t)t->count + 1, sizeof(*e.places));
	if (!e.places)
		return NULL;
	cells = emit_places(&e);
	code = bv_code_new(t->module->codes, (size_t)cells + 1);
	if (!code)
		return NULL;
	e.cells = code->cells;
	e.offsets = code->offsets;
	if (emit_all(&e, cells))
		return code;
	bv_code_free(t->module->codes, code);
	return NULL;
}

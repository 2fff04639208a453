/* SPDX-License-Identifier: MIT
 *
 * Translation of instructions that compute: choosing the operand form, and folding an
 * instruction into the one that uses it when that one follows at once. Folding is done only with
 * the last instruction emitted, whose value nobody else can have seen.
 */
#include "engine/translate.h"

static bool op_is_float(uint16_t code)
{
	return (code >= BV_OP_F32_EQ && code <= BV_OP_F64_GE) ||
		(code >= BV_OP_F32_ABS && code <= BV_OP_F64_COPYSIGN);
}

static bool op_fits(uint64_t k, bool is32)
{
	return is32 || (uint64_t)(int64_t)(int32_t)k == k;
}

/* The comparison that holds for (b, a) when `code` holds for (a, b). */
static uint16_t op_swapped(uint16_t code)
{
	static const uint8_t swapped[] = {0, 1, 4, 5, 2, 3, 8, 9, 6, 7};

	if (code > BV_OP_I32_EQZ && code <= BV_OP_I32_GE_U)
		return (uint16_t)(BV_OP_I32_EQ + swapped[code - BV_OP_I32_EQ]);
	if (code > BV_OP_I64_EQZ && code <= BV_OP_I64_GE_U)
		return (uint16_t)(BV_OP_I64_EQ + swapped[code - BV_OP_I64_EQ]);
	return code;
}

/* The integer comparison that holds when `code` does not. */
uint16_t bv_tr_negated(uint16_t code)
{
	static const uint8_t negated[] = {1, 0, 8, 9, 6, 7, 4, 5, 2, 3};

	if (code > BV_OP_I32_EQZ && code <= BV_OP_I32_GE_U)
		return (uint16_t)(BV_OP_I32_EQ + negated[code - BV_OP_I32_EQ]);
	if (code > BV_OP_I64_EQZ && code <= BV_OP_I64_GE_U)
		return (uint16_t)(BV_OP_I64_EQ + negated[code - BV_OP_I64_EQ]);
	return 0;
}

/* Can the operands be exchanged, with op_swapped()? */
static bool op_symmetric(uint16_t code)
{
	switch (code) {
	case BV_OP_I32_ADD:
	case BV_OP_I32_MUL:
	case BV_OP_I32_AND:
	case BV_OP_I32_OR:
	case BV_OP_I32_XOR:
	case BV_OP_I64_ADD:
	case BV_OP_I64_MUL:
	case BV_OP_I64_AND:
	case BV_OP_I64_OR:
	case BV_OP_I64_XOR:
		return true;
	default:
		return op_swapped(code) != code || code == BV_OP_I32_EQ || code == BV_OP_I32_NE ||
			code == BV_OP_I64_EQ || code == BV_OP_I64_NE;
	}
}

/* ---- a op (b shift constant) ---- */

static bool op_shift_kind(uint16_t code, uint32_t *ret)
{
	switch (code) {
	case BV_OP_I32_SHL:
	case BV_OP_I64_SHL:
		*ret = 0;
		return true;
	case BV_OP_I32_SHR_U:
	case BV_OP_I64_SHR_U:
		*ret = 1;
		return true;
	case BV_OP_I32_ROTL:
	case BV_OP_I64_ROTL:
		*ret = 2;
		return true;
	default:
		return false;
	}
}

static uint32_t op_shifted(uint16_t code)
{
	switch (code) {
	case BV_OP_I32_ADD:
		return BV_IR_I32_ADD_SHL;
	case BV_OP_I32_OR:
		return BV_IR_I32_OR_SHL;
	case BV_OP_I32_XOR:
		return BV_IR_I32_XOR_SHL;
	case BV_OP_I64_ADD:
		return BV_IR_I64_ADD_SHL;
	case BV_OP_I64_OR:
		return BV_IR_I64_OR_SHL;
	case BV_OP_I64_XOR:
		return BV_IR_I64_XOR_SHL;
	default:
		return 0;
	}
}

/* The top operand was shifted by a constant just now. */
static bool op_fold_shift(struct bv_translate *t, uint16_t code, uint8_t result)
{
	const struct bv_insn *last = bv_tr_last_made(t, t->height - 1);
	uint32_t base = op_shifted(code);
	struct bv_operand a;
	struct bv_insn shift;
	struct bv_insn *insn;
	uint32_t kind = 0;
	bool x;

	if (!base || !last || !bv_tr_may(t, BV_WASM_FUSE_SHIFT) || !op_shift_kind(last->op, &kind))
		return false;
	if (last->form != BV_FORM_SI && last->form != BV_FORM_AI)
		return false;
	/* The other operand must not be a number, and if the shift read x, must be in a slot. */
	if (t->stack[t->height - 2].kind == BV_VAL_CONST)
		return false;
	shift = *last;
	x = shift.form == BV_FORM_AI;
	bv_tr_drop(t);
	bv_tr_unemit(t);
	if (x)
		a = (struct bv_operand){.form = 'S', .slot = bv_tr_pop_slot(t)};
	else
		a = bv_tr_pop(t);
	insn = bv_tr_value(t, base + kind,
		x                       ? BV_FORM_SA
			: a.form == 'A' ? BV_FORM_AS
					: BV_FORM_SS,
		result);
	insn->a = (uint16_t)a.slot;
	insn->b = shift.a;
	insn->c = (uint16_t)(shift.imm & 63);
	return true;
}

/* ---- two operands ---- */

/* A float constant has no number form, and two numbers need no form: they get slots. */
static void op_place_constants(struct bv_translate *t, bool is_float, bool is32)
{
	struct bv_val *a = &t->stack[t->height - 2];
	struct bv_val *b = &t->stack[t->height - 1];

	if (a->kind == BV_VAL_CONST &&
		(is_float || b->kind == BV_VAL_CONST || !op_fits(a->k, is32)))
		bv_tr_materialize(t, t->height - 2);
	if (b->kind == BV_VAL_CONST && (is_float || !op_fits(b->k, is32)))
		bv_tr_materialize(t, t->height - 1);
}

static enum bv_form op_form(const struct bv_operand *a, const struct bv_operand *b)
{
	if (b->form == 'I')
		return a->form == 'A' ? BV_FORM_AI : BV_FORM_SI;
	if (a->form == 'I')
		return b->form == 'A' ? BV_FORM_IA : BV_FORM_IS;
	if (b->form == 'A')
		return BV_FORM_SA;
	return a->form == 'A' ? BV_FORM_AS : BV_FORM_SS;
}

static void op_emit_binary(struct bv_translate *t, uint16_t code, uint8_t result,
	const struct bv_operand *a, const struct bv_operand *b)
{
	struct bv_insn *insn = bv_tr_value(t, code, op_form(a, b), result);

	insn->a = (uint16_t)a->slot;
	insn->b = (uint16_t)b->slot;
	insn->has_imm = a->form == 'I' || b->form == 'I';
	if (!insn->has_imm)
		return;
	/* The number takes the place of b; the slot is in a. */
	insn->imm = (uint32_t)(a->form == 'I' ? a->k : b->k);
	if (a->form == 'I')
		insn->a = (uint16_t)b->slot;
}

static void op_binary(struct bv_translate *t, uint16_t code, uint8_t operand, uint8_t result)
{
	bool is32 = operand == BV_WASM_I32;
	struct bv_operand a;
	struct bv_operand b;

	if (op_fold_shift(t, code, result))
		return;
	op_place_constants(t, op_is_float(code), is32);
	b = bv_tr_pop(t);
	a = bv_tr_pop(t);
	if (a.form == 'A' && b.form == 'A')
		b.form = 'S'; /* the same local twice */
	if (op_symmetric(code) && (a.form == 'I' || (b.form == 'A' && a.form == 'S'))) {
		struct bv_operand swap = a;

		a = b;
		b = swap;
		code = op_swapped(code);
	}
	op_emit_binary(t, code, result, &a, &b);
}

/* ---- one operand ---- */

/* A comparison just made, now tested for zero: its opposite. */
static bool op_fold_eqz(struct bv_translate *t)
{
	struct bv_insn *last = bv_tr_last_made(t, t->height - 1);
	uint16_t negated = last ? bv_tr_negated(last->op) : 0;

	if (!negated || !bv_tr_may(t, BV_WASM_FUSE_NEGATE))
		return false;
	last->op = negated;
	return true;
}

static void op_unary(struct bv_translate *t, uint16_t code, uint8_t result)
{
	struct bv_operand a;
	struct bv_insn *insn;

	if (code == BV_OP_I32_EQZ && op_fold_eqz(t))
		return;
	if (t->stack[t->height - 1].kind == BV_VAL_CONST)
		bv_tr_materialize(t, t->height - 1);
	a = bv_tr_pop(t);
	insn = bv_tr_value(t, code, a.form == 'A' ? BV_FORM_A_ : BV_FORM_S_, result);
	insn->a = (uint16_t)a.slot;
}

/* An i32 constant is kept sign-extended: short, and its upper bits mean nothing. */
static uint64_t op_signed(uint64_t k)
{
	return (uint64_t)(int64_t)(int32_t)k;
}

/* The same bits under another type: a value of another class must be read from a slot. */
static void op_retype(struct bv_translate *t, uint8_t type)
{
	struct bv_val *val = &t->stack[t->height - 1];

	if (bv_tr_class(val->type) != bv_tr_class(type)) {
		if (val->kind == BV_VAL_ACC)
			bv_tr_materialize(t, t->height - 1);
		val->insn = BV_NONE;
	}
	if (val->kind == BV_VAL_CONST && type == BV_WASM_I32)
		val->k = op_signed(val->k);
	val->type = type;
}

static uint8_t op_letter(char letter)
{
	switch (letter) {
	case 'i':
		return BV_WASM_I32;
	case 'I':
		return BV_WASM_I64;
	case 'f':
		return BV_WASM_F32;
	default:
		return BV_WASM_F64;
	}
}

void bv_tr_numeric(struct bv_translate *t)
{
	const char *signature = bv_op_infos[t->op.code].signature;

	switch (t->op.code) {
	case BV_OP_I32_CONST:
		bv_tr_push_const(t, BV_WASM_I32, op_signed(t->op.value));
		return;
	case BV_OP_I64_CONST:
	case BV_OP_F32_CONST:
	case BV_OP_F64_CONST:
		bv_tr_push_const(t, op_letter(signature[1]), t->op.value);
		return;
	case BV_OP_I32_WRAP_I64:
	case BV_OP_I32_REINTERPRET_F32:
	case BV_OP_I64_REINTERPRET_F64:
	case BV_OP_F32_REINTERPRET_I32:
	case BV_OP_F64_REINTERPRET_I64:
		op_retype(t, op_letter(signature[2]));
		return;
	default:
		break;
	}
	if (signature[1] == ':')
		op_unary(t, t->op.code, op_letter(signature[2]));
	else
		op_binary(t, t->op.code, op_letter(signature[0]), op_letter(signature[3]));
}

/* ---- memory ---- */

static uint32_t op_access_log2(uint16_t code)
{
	return (uint32_t)(bv_op_infos[code].imm - BV_IMM_MEMARG1);
}

/* Folds the addition that made the address at a stack index into the access, if the offset
 * leaves room. Takes the address off the stack. */
static bool op_fold_address(struct bv_translate *t, struct bv_insn *ret)
{
	struct bv_insn *last = bv_tr_last_made(t, t->height - 1);
	uint64_t offset = t->op.value;
	bool small = offset <= UINT16_MAX;
	struct bv_insn add;

	if (!last || !bv_tr_may(t, BV_WASM_FUSE_ADDRESS))
		return false;
	add = *last;
	if (add.op == BV_OP_I32_ADD && add.form == BV_FORM_SS && small)
		*ret = (struct bv_insn){.form = BV_ADDRESS_SS, .a = add.a, .b = add.b};
	else if (add.op == BV_OP_I32_ADD && add.form == BV_FORM_AS)
		*ret = (struct bv_insn){.form = BV_ADDRESS_AS, .a = add.b, .has_imm = true};
	else if (add.op == BV_OP_I32_ADD && add.form == BV_FORM_SI && !offset)
		*ret = (struct bv_insn){.form = BV_ADDRESS_N,
			.a = add.a,
			.has_imm = true,
			.imm = add.imm};
	else if (add.op == BV_IR_I32_ADD_SHL && add.form == BV_FORM_SS && small &&
		add.c == op_access_log2(t->op.code))
		*ret = (struct bv_insn){.form = BV_ADDRESS_K, .a = add.a, .b = add.b};
	else
		return false;
	if (!ret->has_imm)
		ret->c = (uint16_t)offset;
	else if (ret->form != BV_ADDRESS_N)
		ret->imm = (uint32_t)offset;
	bv_tr_drop(t);
	bv_tr_unemit(t);
	return true;
}

static void op_address(struct bv_translate *t, struct bv_insn *ret)
{
	const struct bv_val *val = &t->stack[t->height - 1];
	struct bv_operand operand;

	if (op_fold_address(t, ret))
		return;
	/* A constant address and its offset are one number if they fit in 32 bits. */
	if (val->kind == BV_VAL_CONST && (uint64_t)(uint32_t)val->k + t->op.value > UINT32_MAX)
		bv_tr_materialize(t, t->height - 1);
	operand = bv_tr_pop(t);
	*ret = (struct bv_insn){.has_imm = true,
		.imm = (uint32_t)t->op.value,
		.a = (uint16_t)operand.slot};
	if (operand.form == 'I') {
		ret->form = BV_ADDRESS_I;
		ret->imm += (uint32_t)operand.k;
	} else {
		ret->form = operand.form == 'A' ? BV_ADDRESS_A : BV_ADDRESS_S;
	}
}

static void op_set_address(struct bv_insn *insn, const struct bv_insn *address)
{
	insn->a = address->a;
	insn->b = address->b;
	insn->c = address->c;
	insn->imm = address->imm;
	insn->has_imm = address->has_imm;
}

void bv_tr_load(struct bv_translate *t)
{
	uint8_t type = op_letter(bv_op_infos[t->op.code].signature[2]);
	struct bv_insn address = {0};

	op_address(t, &address);
	op_set_address(bv_tr_value(t, t->op.code, address.form, type), &address);
}

/* How the value at the top can be stored without being in a slot. */
static enum bv_stored op_stored(struct bv_translate *t, uint32_t *ret_field)
{
	const struct bv_val *val = &t->stack[t->height - 1];
	bool is_float = bv_tr_class(val->type) != BV_CLASS_X;
	struct bv_operand operand;

	if (val->kind == BV_VAL_CONST && (is_float || (uint64_t)(int64_t)(int16_t)val->k != val->k))
		bv_tr_materialize(t, t->height - 1);
	operand = bv_tr_pop(t);
	if (operand.form == 'I') {
		*ret_field = (uint16_t)operand.k;
		return BV_STORED_I;
	}
	*ret_field = operand.slot;
	return operand.form == 'A' ? BV_STORED_A : BV_STORED_S;
}

void bv_tr_store(struct bv_translate *t)
{
	struct bv_insn address = {0};
	bool x_value = bv_tr_class(t->stack[t->height - 1].type) == BV_CLASS_X;
	enum bv_stored stored;
	uint32_t field = 0;
	struct bv_insn *insn;

	stored = op_stored(t, &field);
	/* With the value in x, the address cannot be computed there. */
	if (x_value && stored == BV_STORED_A && t->stack[t->height - 1].kind != BV_VAL_CONST)
		address = (struct bv_insn){.form = BV_ADDRESS_S,
			.a = (uint16_t)bv_tr_pop_slot(t),
			.has_imm = true,
			.imm = (uint32_t)t->op.value};
	else
		op_address(t, &address);
	insn = bv_tr_emit(t, t->op.code, address.form * BV_STORED_COUNT + stored, BV_INSN_PLAIN);
	op_set_address(insn, &address);
	insn->d = (uint16_t)field;
}

/* ---- select, globals ---- */

void bv_tr_select(struct bv_translate *t)
{
	uint8_t type = t->stack[t->height - 2].type;
	struct bv_operand condition;
	struct bv_insn *insn;
	uint32_t a;
	uint32_t b;

	if (t->stack[t->height - 1].kind == BV_VAL_CONST)
		bv_tr_materialize(t, t->height - 1);
	/* Numbers get slots; that leaves x, where the condition may be, alone. */
	for (uint32_t i = t->height - 3; i < t->height - 1; i++) {
		if (t->stack[i].kind != BV_VAL_LOCAL)
			bv_tr_materialize(t, i);
	}
	condition = bv_tr_pop(t);
	b = bv_tr_pop_slot(t);
	a = bv_tr_pop_slot(t);
	insn = bv_tr_value(t, BV_IR_SELECT,
		2u * (uint32_t)bv_tr_class(type) + (condition.form == 'A'), type);
	insn->a = (uint16_t)a;
	insn->b = (uint16_t)b;
	insn->c = (uint16_t)condition.slot;
}

/* Globals that the module defines lie in one array; imported ones are reached by pointer. */
static bool op_own_global(const struct bv_translate *t, uint32_t *ret_index)
{
	uint32_t imports = t->module->import_global_count;

	*ret_index = t->op.index;
	if (t->op.index < imports)
		return false;
	*ret_index = t->op.index - imports;
	return true;
}

void bv_tr_global_get(struct bv_translate *t)
{
	uint8_t type = t->module->globals[t->op.index].type;
	uint32_t index = 0;
	bool own = op_own_global(t, &index);
	struct bv_insn *insn =
		bv_tr_value(t, BV_IR_GLOBAL_GET, (uint32_t)bv_tr_class(type) + (own ? 0 : 3), type);

	insn->has_imm = true;
	insn->imm = index;
}

void bv_tr_global_set(struct bv_translate *t)
{
	uint8_t type = t->module->globals[t->op.index].type;
	struct bv_operand operand;
	uint32_t index = 0;
	bool own = op_own_global(t, &index);
	struct bv_insn *insn;

	if (t->stack[t->height - 1].kind == BV_VAL_CONST)
		bv_tr_materialize(t, t->height - 1);
	operand = bv_tr_pop(t);
	insn = bv_tr_emit(t, BV_IR_GLOBAL_SET,
		(operand.form == 'A' ? 1 + (uint32_t)bv_tr_class(type) : 0) + (own ? 0 : 4),
		BV_INSN_PLAIN);
	insn->d = (uint16_t)operand.slot;
	insn->has_imm = true;
	insn->imm = index;
}

/* ---- operands in slots one after the other ---- */

struct op_bulk {
	uint16_t ir;
	uint8_t pops;
	uint8_t pushes; /* 0, or a value type; 1 the table's element type */
};

static struct op_bulk op_bulk_of(uint16_t code)
{
	switch (code) {
	case BV_OP_MEMORY_INIT:
		return (struct op_bulk){BV_IR_MEMORY_INIT, 3, 0};
	case BV_OP_MEMORY_COPY:
		return (struct op_bulk){BV_IR_MEMORY_COPY, 3, 0};
	case BV_OP_MEMORY_FILL:
		return (struct op_bulk){BV_IR_MEMORY_FILL, 3, 0};
	case BV_OP_DATA_DROP:
		return (struct op_bulk){BV_IR_DATA_DROP, 0, 0};
	case BV_OP_TABLE_GET:
		return (struct op_bulk){BV_IR_TABLE_GET, 1, 1};
	case BV_OP_TABLE_SET:
		return (struct op_bulk){BV_IR_TABLE_SET, 2, 0};
	case BV_OP_TABLE_INIT:
		return (struct op_bulk){BV_IR_TABLE_INIT, 3, 0};
	case BV_OP_ELEM_DROP:
		return (struct op_bulk){BV_IR_ELEM_DROP, 0, 0};
	case BV_OP_TABLE_COPY:
		return (struct op_bulk){BV_IR_TABLE_COPY, 3, 0};
	case BV_OP_TABLE_GROW:
		return (struct op_bulk){BV_IR_TABLE_GROW, 2, BV_WASM_I32};
	case BV_OP_TABLE_SIZE:
		return (struct op_bulk){BV_IR_TABLE_SIZE, 0, BV_WASM_I32};
	default:
		return (struct op_bulk){BV_IR_TABLE_FILL, 3, 0};
	}
}

void bv_tr_bulk(struct bv_translate *t)
{
	struct op_bulk bulk = op_bulk_of(t->op.code);
	struct bv_insn *insn;

	bv_tr_materialize_top(t, bulk.pops);
	bv_tr_cut(t, t->height - bulk.pops);
	insn = bv_tr_emit(t, bulk.ir, 0, BV_INSN_PLAIN);
	insn->a = (uint16_t)bv_tr_slot(t, t->height);
	if (bv_op_infos[t->op.code].imm == BV_IMM_INDEX2) {
		insn->b = (uint16_t)t->op.index;
		insn->c = (uint16_t)t->op.index2;
	} else {
		insn->has_imm = true;
		insn->imm = t->op.index;
	}
	if (bulk.pushes == 1)
		bv_tr_push_temp(t, t->module->tables[t->op.index].type);
	else if (bulk.pushes)
		bv_tr_push_temp(t, bulk.pushes);
}

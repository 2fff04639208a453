/* SPDX-License-Identifier: MIT
 *
 * The symbolic operand stack of the translator; see translate.h for its invariants.
 */
#include "engine/translate.h"

enum bv_class bv_tr_class(uint8_t type)
{
	if (type == BV_WASM_F32)
		return BV_CLASS_S;
	return type == BV_WASM_F64 ? BV_CLASS_D : BV_CLASS_X;
}

struct bv_insn *bv_tr_emit(struct bv_translate *t, uint32_t op, uint32_t form,
	enum bv_insn_kind kind)
{
	struct bv_insn *insn = &t->spare;

	if (t->failed ||
		!bv_heap_reserve(t->heap, (void **)&t->insns, &t->insn_capacity,
			(size_t)t->count + 1, sizeof(*t->insns)))
		t->failed = true;
	else
		insn = &t->insns[t->count++];
	*insn = (struct bv_insn){.op = (uint16_t)op,
		.form = (uint8_t)form,
		.kind = (uint8_t)kind,
		.target = BV_NONE,
		.offset = (uint32_t)t->op.offset,
		.x_slot = t->acc[BV_CLASS_X].slot};
	return insn;
}

/* A slot gets a new value: no accumulator equals it any more. */
static void stack_written(struct bv_translate *t, uint32_t slot)
{
	for (int which = 0; which < BV_CLASS_COUNT; which++) {
		if (t->acc[which].slot == slot)
			t->acc[which].slot = BV_NONE;
	}
}

static void stack_touch(struct bv_translate *t, uint32_t slot)
{
	if (slot < t->temp_base)
		t->local_used[slot] = t->count;
}

static void stack_push(struct bv_translate *t, struct bv_val val)
{
	t->stack[t->height++] = val;
}

void bv_tr_push_const(struct bv_translate *t, uint8_t type, uint64_t k)
{
	stack_push(t, (struct bv_val){.kind = BV_VAL_CONST, .type = type, .k = k});
	if (!bv_tr_may(t, BV_WASM_FUSE_NUMBER))
		bv_tr_materialize(t, t->height - 1);
}

void bv_tr_push_temp(struct bv_translate *t, uint8_t type)
{
	stack_written(t, bv_tr_slot(t, t->height));
	stack_push(t, (struct bv_val){.kind = BV_VAL_TEMP, .type = type, .insn = BV_NONE});
}

/* The value that lives in an accumulator alone gets its slot: its maker stores it as well. */
static void stack_spill(struct bv_translate *t, uint32_t index)
{
	struct bv_val *val = &t->stack[index];
	struct bv_insn *maker = &t->insns[val->insn];
	uint32_t slot = bv_tr_slot(t, index);

	maker->stored = true;
	maker->d = (uint16_t)slot;
	val->kind = BV_VAL_TEMP;
	stack_written(t, slot);
	t->acc[bv_tr_class(val->type)] = (struct bv_acc){.owner = BV_NONE, .slot = slot};
}

/* slot = constant, in one instruction that leaves the accumulators alone. */
static void stack_store_const(struct bv_translate *t, uint32_t slot, uint64_t k)
{
	bool narrow = (uint64_t)(int64_t)(int32_t)k == k;
	struct bv_insn *insn = bv_tr_emit(t, narrow ? BV_IR_CONST : BV_IR_CONST64, 0,
		narrow ? BV_INSN_PLAIN : BV_INSN_WIDE);

	insn->d = (uint16_t)slot;
	insn->has_imm = true;
	insn->imm = (uint32_t)k;
	insn->extra = k;
	stack_written(t, slot);
	stack_touch(t, slot);
}

/* The second of two copies in a row joins the first; they are done in order. */
static void stack_emit_copy(struct bv_translate *t, uint32_t to, uint32_t from)
{
	struct bv_insn *insn = t->count > t->line_start ? &t->insns[t->count - 1] : NULL;

	if (insn && insn->op == BV_IR_COPY && bv_tr_may(t, BV_WASM_FUSE_COPY)) {
		insn->op = BV_IR_COPY2;
		insn->b = (uint16_t)to;
		insn->c = (uint16_t)from;
		return;
	}
	insn = bv_tr_emit(t, BV_IR_COPY, 0, BV_INSN_PLAIN);
	insn->d = (uint16_t)to;
	insn->a = (uint16_t)from;
}

static void stack_copy(struct bv_translate *t, uint32_t to, uint32_t from)
{
	if (to == from)
		return;
	stack_emit_copy(t, to, from);
	stack_written(t, to);
	stack_touch(t, to);
	stack_touch(t, from);
	/* The copy equals its source, and so what the source equals; one name is kept. */
}

static void stack_save(struct bv_translate *t, uint32_t slot, enum bv_class which)
{
	struct bv_insn *insn = bv_tr_emit(t, BV_IR_SAVE, which, BV_INSN_PLAIN);

	insn->d = (uint16_t)slot;
	stack_written(t, slot);
	stack_touch(t, slot);
	t->acc[which].slot = slot;
}

void bv_tr_materialize(struct bv_translate *t, uint32_t index)
{
	struct bv_val *val = &t->stack[index];
	uint32_t slot = bv_tr_slot(t, index);

	switch ((enum bv_val_kind)val->kind) {
	case BV_VAL_TEMP:
		return;
	case BV_VAL_ACC:
		if (!t->failed)
			stack_spill(t, index);
		return;
	case BV_VAL_CONST:
		stack_store_const(t, slot, val->k);
		break;
	case BV_VAL_LOCAL:
		stack_copy(t, slot, val->slot);
		t->local_pending[val->slot]--;
		break;
	}
	val->kind = BV_VAL_TEMP;
	val->insn = BV_NONE;
}

void bv_tr_materialize_top(struct bv_translate *t, uint32_t n)
{
	for (uint32_t i = t->height - n; i < t->height; i++)
		bv_tr_materialize(t, i);
}

void bv_tr_flush(struct bv_translate *t)
{
	for (uint32_t i = 0; i < t->height; i++) {
		if (t->stack[i].kind != BV_VAL_CONST)
			bv_tr_materialize(t, i);
	}
}

struct bv_insn *bv_tr_value(struct bv_translate *t, uint32_t op, uint32_t form, uint8_t type)
{
	struct bv_acc *acc = &t->acc[bv_tr_class(type)];
	struct bv_insn *insn;

	if (acc->owner != BV_NONE)
		bv_tr_materialize(t, acc->owner);
	insn = bv_tr_emit(t, op, form, BV_INSN_VALUE);
	acc->owner = t->height;
	acc->slot = BV_NONE;
	stack_push(t, (struct bv_val){.kind = BV_VAL_ACC, .type = type, .insn = t->count - 1});
	if (!bv_tr_may(t, BV_WASM_FUSE_ACCUMULATOR))
		bv_tr_materialize(t, t->height - 1);
	return insn;
}

/* The maker of an operand that was spilled only because nobody knew better: if the accumulator
 * still has it, the store is not needed. */
static void stack_unspill(struct bv_translate *t, const struct bv_val *val, uint32_t slot)
{
	struct bv_insn *maker;

	if (val->insn == BV_NONE || val->insn < t->line_start || t->failed)
		return;
	maker = &t->insns[val->insn];
	if (maker->stored && maker->d == slot) {
		maker->stored = false;
		t->acc[bv_tr_class(val->type)].slot = BV_NONE;
	}
}

static struct bv_operand stack_in_slot(struct bv_translate *t, const struct bv_val *val,
	uint32_t slot)
{
	bool same = t->acc[bv_tr_class(val->type)].slot == slot &&
		bv_tr_may(t, BV_WASM_FUSE_ACCUMULATOR);

	return (struct bv_operand){.form = same ? 'A' : 'S', .slot = slot};
}

struct bv_operand bv_tr_pop(struct bv_translate *t)
{
	struct bv_val *val = &t->stack[--t->height];
	uint32_t slot = bv_tr_slot(t, t->height);
	struct bv_operand operand;

	switch ((enum bv_val_kind)val->kind) {
	case BV_VAL_CONST:
		return (struct bv_operand){.form = 'I', .k = val->k};
	case BV_VAL_LOCAL:
		t->local_pending[val->slot]--;
		/* The instruction about to be emitted reads it. */
		t->local_used[val->slot] = t->count + 1;
		return stack_in_slot(t, val, val->slot);
	case BV_VAL_TEMP:
		operand = stack_in_slot(t, val, slot);
		if (operand.form == 'A')
			stack_unspill(t, val, slot);
		return operand;
	case BV_VAL_ACC:
		t->acc[bv_tr_class(val->type)].owner = BV_NONE;
		return (struct bv_operand){.form = 'A', .slot = slot};
	}
	return (struct bv_operand){.form = 'S', .slot = slot};
}

uint32_t bv_tr_pop_slot(struct bv_translate *t)
{
	uint32_t index = t->height - 1;
	uint32_t slot;

	if (t->stack[index].kind != BV_VAL_LOCAL)
		bv_tr_materialize(t, index);
	slot = t->stack[index].kind == BV_VAL_LOCAL ? t->stack[index].slot : bv_tr_slot(t, index);
	if (slot < t->temp_base)
		t->local_used[slot] = t->count + 1;
	bv_tr_drop(t);
	return slot;
}

/* Forgets the top value; what made it stays, for it may trap. */
void bv_tr_drop(struct bv_translate *t)
{
	struct bv_val *val = &t->stack[--t->height];

	if (val->kind == BV_VAL_LOCAL)
		t->local_pending[val->slot]--;
	if (val->kind == BV_VAL_ACC)
		t->acc[bv_tr_class(val->type)].owner = BV_NONE;
}

void bv_tr_cut(struct bv_translate *t, uint32_t height)
{
	while (t->height > height)
		bv_tr_drop(t);
}

static uint32_t stack_local_slot(const struct bv_translate *t, uint32_t index)
{
	/* The return address and the instance stand between parameters and other locals. */
	return index < t->return_slot ? index : index + 2;
}

void bv_tr_local_get(struct bv_translate *t, uint32_t index)
{
	uint32_t slot = stack_local_slot(t, index);

	t->local_pending[slot]++;
	stack_push(t,
		(struct bv_val){.kind = BV_VAL_LOCAL, .type = t->local_types[index], .slot = slot});
	if (!bv_tr_may(t, BV_WASM_FUSE_LOCAL_GET))
		bv_tr_materialize(t, t->height - 1);
}

struct bv_insn *bv_tr_last_made(struct bv_translate *t, uint32_t index)
{
	const struct bv_val *val = &t->stack[index];

	if (t->failed || val->kind != BV_VAL_ACC || val->insn + 1 != t->count)
		return NULL;
	if (val->insn < t->line_start || t->insns[val->insn].kind != BV_INSN_VALUE)
		return NULL;
	return &t->insns[val->insn];
}

void bv_tr_unemit(struct bv_translate *t)
{
	t->count--;
	t->acc[BV_CLASS_X] = (struct bv_acc){.owner = BV_NONE, .slot = t->insns[t->count].x_slot};
}

/* Descriptions that mean the local's old value get a copy of it, before the instruction that
 * made the new one if that is the last. */
static void stack_save_old(struct bv_translate *t, uint32_t slot)
{
	uint32_t top = t->height - 1;
	struct bv_insn *last = bv_tr_last_made(t, top);
	struct bv_insn maker = {0};

	if (last) {
		maker = *last;
		t->count--;
	}
	for (uint32_t i = 0; i < top; i++) {
		if (t->stack[i].kind == BV_VAL_LOCAL && t->stack[i].slot == slot)
			bv_tr_materialize(t, i);
	}
	if (last && !t->failed) {
		*bv_tr_emit(t, maker.op, maker.form, BV_INSN_VALUE) = maker;
		t->stack[top].insn = t->count - 1;
	}
}

/* Makes the top value's maker store into the local. */
static bool stack_redirect(struct bv_translate *t, uint32_t slot)
{
	struct bv_val *val = &t->stack[t->height - 1];
	struct bv_acc *acc = &t->acc[bv_tr_class(val->type)];
	uint32_t own = bv_tr_slot(t, t->height - 1);
	struct bv_insn *maker;
	bool current;

	if (t->failed || !bv_tr_may(t, BV_WASM_FUSE_LOCAL_SET) ||
		(val->kind != BV_VAL_ACC && val->kind != BV_VAL_TEMP))
		return false;
	if (val->insn == BV_NONE || val->insn < t->local_start)
		return false;
	maker = &t->insns[val->insn];
	/* The maker itself may read the local: operands are read before results are written. */
	if (maker->kind != BV_INSN_VALUE || t->local_used[slot] > val->insn + 1)
		return false;
	if (maker->stored && maker->d != own)
		return false;
	maker->stored = true;
	maker->d = (uint16_t)slot;
	current = val->kind == BV_VAL_ACC || acc->slot == own;
	stack_written(t, slot);
	if (current)
		acc->slot = slot;
	t->local_used[slot] = val->insn + 1;
	return true;
}

static void stack_local_store(struct bv_translate *t, uint32_t slot)
{
	struct bv_val *val = &t->stack[t->height - 1];
	enum bv_class which = bv_tr_class(val->type);
	uint32_t own = bv_tr_slot(t, t->height - 1);

	switch ((enum bv_val_kind)val->kind) {
	case BV_VAL_CONST:
		stack_store_const(t, slot, val->k);
		break;
	case BV_VAL_LOCAL:
		stack_copy(t, slot, val->slot);
		break;
	case BV_VAL_TEMP:
		if (t->acc[which].slot == own && bv_tr_may(t, BV_WASM_FUSE_ACCUMULATOR))
			stack_save(t, slot, which);
		else
			stack_copy(t, slot, own);
		break;
	case BV_VAL_ACC:
		stack_save(t, slot, which);
		break;
	}
}

void bv_tr_local_set(struct bv_translate *t, uint32_t index, bool keep)
{
	uint32_t slot = stack_local_slot(t, index);
	struct bv_val *val = &t->stack[t->height - 1];
	struct bv_val kept = {.kind = BV_VAL_LOCAL, .type = t->local_types[index], .slot = slot};
	bool self = val->kind == BV_VAL_LOCAL && val->slot == slot;

	if (!self) {
		if (t->local_pending[slot])
			stack_save_old(t, slot);
		if (!stack_redirect(t, slot))
			stack_local_store(t, slot);
	}
	if (val->kind == BV_VAL_CONST)
		kept = *val;
	bv_tr_drop(t);
	if (!keep)
		return;
	if (kept.kind == BV_VAL_LOCAL)
		t->local_pending[slot]++;
	stack_push(t, kept);
}

void bv_tr_move(struct bv_translate *t, uint32_t index, uint32_t slot)
{
	struct bv_val *val = &t->stack[index];
	uint32_t own = bv_tr_slot(t, index);

	switch ((enum bv_val_kind)val->kind) {
	case BV_VAL_CONST:
		stack_store_const(t, slot, val->k);
		break;
	case BV_VAL_LOCAL:
		stack_copy(t, slot, val->slot);
		break;
	case BV_VAL_TEMP:
		stack_copy(t, slot, own);
		break;
	case BV_VAL_ACC:
		if (own == slot)
			bv_tr_materialize(t, index);
		else
			stack_save(t, slot, bv_tr_class(val->type));
		break;
	}
}

void bv_tr_label(struct bv_translate *t)
{
	for (int which = 0; which < BV_CLASS_COUNT; which++)
		t->acc[which] = (struct bv_acc){.owner = BV_NONE, .slot = BV_NONE};
	t->line_start = t->count;
	t->local_start = t->count;
	t->fuel_insn = BV_NONE;
}

void bv_tr_barrier(struct bv_translate *t)
{
	t->local_start = t->count;
}

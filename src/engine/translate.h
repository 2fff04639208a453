/* SPDX-License-Identifier: MIT
 *
 * The translator's state. It turns one validated body into cells in two steps: instructions with
 * symbolic targets here, addresses in emit.c.
 *
 * The operand stack is symbolic. local.get and constants emit nothing: they push a description.
 * An operation reads its operands from where they are and leaves its result in the accumulator
 * of its class; only when that accumulator is wanted for something else is the instruction that
 * made the value changed so that it also stores it ("materialised") into the operand's own slot.
 * local.set changes that instruction to store into the local instead.
 *
 * Invariants:
 *  - at most one description per class lives in the accumulator alone (acc[].owner);
 *  - acc[].slot, if set, names a slot that holds exactly what the accumulator holds;
 *  - at a label (a place that a branch reaches) nothing is in an accumulator, and everything but
 *    constants below the label's own values is in its slot, so all paths agree by construction;
 *  - what lies below a block stays as it is while the block lasts;
 *  - an instruction is changed afterwards only if it lies in the current straight line of code.
 */
#ifndef ENGINE_TRANSLATE_H
#define ENGINE_TRANSLATE_H

#include "engine/code.h"

#define BV_NONE UINT32_MAX

enum bv_class {
	BV_CLASS_X = 0,
	BV_CLASS_S = 1,
	BV_CLASS_D = 2,
	BV_CLASS_COUNT = 3,
};

enum bv_insn_kind {
	BV_INSN_PLAIN = 0,  /* the variant is `form` */
	BV_INSN_VALUE = 1,  /* yields a value: variant 2 * form + stored */
	BV_INSN_BRANCH = 2, /* has a target: variant 2 * form + backward */
	BV_INSN_ENTRY = 3,  /* a br_table entry: its cell is the target's address */
	BV_INSN_CALL = 4,   /* a second cell with d = more, and the start of function `extra` */
	BV_INSN_DATA = 5,   /* a second cell with d = more, imm = extra */
	BV_INSN_WIDE = 6,   /* a second cell with the 64-bit number `extra` */
};

struct bv_insn {
	uint16_t op;
	uint8_t form;
	uint8_t kind; /* enum bv_insn_kind */
	bool stored;  /* the value also goes to slot d */
	uint16_t d;
	uint16_t a;
	uint16_t b;
	uint16_t c;
	uint16_t more;
	uint32_t imm; /* instead of b and c, if has_imm */
	bool has_imm;
	uint32_t target; /* of branches: an instruction; before it is known, the next to patch */
	uint32_t offset; /* of the opcode in the module */
	uint32_t x_slot; /* acc[X].slot before this instruction */
	uint64_t extra;
};

enum bv_val_kind {
	BV_VAL_CONST,
	BV_VAL_LOCAL,
	BV_VAL_TEMP, /* in the slot of its height */
	BV_VAL_ACC,  /* in the accumulator only */
};

struct bv_val {
	uint8_t kind;
	uint8_t type;
	uint32_t slot; /* LOCAL */
	uint32_t insn; /* ACC, TEMP: what made it, or BV_NONE */
	uint64_t k;    /* CONST */
};

/* An operand as an instruction takes it. */
struct bv_operand {
	char form; /* 'S' slot, 'A' accumulator, 'I' number */
	uint32_t slot;
	uint64_t k;
};

struct bv_block {
	uint16_t code;
	uint32_t height; /* below its parameters */
	uint32_t param_count;
	uint32_t result_count;
	const uint8_t *params;
	const uint8_t *results;
	uint32_t start; /* loops: the instruction to branch to */
	uint32_t refs;  /* branches to the end, chained through target */
	uint32_t else_ref;
};

struct bv_acc {
	uint32_t owner; /* index on the stack, or BV_NONE */
	uint32_t slot;
};

struct bv_translate {
	struct bv_cursor cursor;
	const struct bv_wasm_module *module;
	uint32_t index;
	bool fuel;
	const struct bv_functype *type;
	const volatile uint32_t *interrupt;
	struct bv_heap *heap;
	struct bv_op op;
	bool failed;        /* the heap is full */
	bool dead;          /* behind an unconditional branch: nothing is emitted */
	uint32_t temp_base; /* slot of height 0 */
	uint32_t return_slot;
	uint8_t *local_types;
	uint32_t local_count;
	uint32_t *local_pending; /* by slot: descriptions on the stack that mean it */
	uint32_t *local_used;    /* by slot: 1 + the last instruction that touched it */
	struct bv_val *stack;
	uint32_t height;
	struct bv_block *blocks;
	size_t block_capacity;
	uint32_t depth;
	struct bv_insn *insns;
	size_t insn_capacity;
	uint32_t count;
	uint32_t line_start;  /* first instruction of the straight line */
	uint32_t local_start; /* first one that may be changed to write a local */
	uint32_t fuel_insn;   /* charges for the current basic block, or BV_NONE */
	struct bv_acc acc[BV_CLASS_COUNT];
	struct bv_insn spare; /* what emission returns when the heap is full */
};

/* translate_stack.c: the symbolic stack */
enum bv_class bv_tr_class(uint8_t type);
struct bv_insn *bv_tr_emit(struct bv_translate *t, uint32_t op, uint32_t form,
	enum bv_insn_kind kind);
/* Emits an instruction that yields a value of a type, and pushes it. */
struct bv_insn *bv_tr_value(struct bv_translate *t, uint32_t op, uint32_t form, uint8_t type);
void bv_tr_push_const(struct bv_translate *t, uint8_t type, uint64_t k);
void bv_tr_push_temp(struct bv_translate *t, uint8_t type);
void bv_tr_materialize(struct bv_translate *t, uint32_t index);
/* The topmost n; and everything but constants, which are the same on every path. */
void bv_tr_materialize_top(struct bv_translate *t, uint32_t n);
void bv_tr_flush(struct bv_translate *t);
struct bv_operand bv_tr_pop(struct bv_translate *t);
/* The same, but always in a slot. */
uint32_t bv_tr_pop_slot(struct bv_translate *t);
void bv_tr_drop(struct bv_translate *t);
void bv_tr_local_get(struct bv_translate *t, uint32_t index);
void bv_tr_local_set(struct bv_translate *t, uint32_t index, bool keep);
/* Moves the value at an index of the stack into a slot, without popping it. */
void bv_tr_move(struct bv_translate *t, uint32_t index, uint32_t slot);
/* A label is here: the straight line ends. */
void bv_tr_label(struct bv_translate *t);
void bv_tr_barrier(struct bv_translate *t);
void bv_tr_cut(struct bv_translate *t, uint32_t height);
/* The last instruction, if it made the value at a stack index, which is still in the
 * accumulator only; else NULL. */
struct bv_insn *bv_tr_last_made(struct bv_translate *t, uint32_t index);
/* Takes back the last instruction, as if it had not been emitted. */
void bv_tr_unemit(struct bv_translate *t);

static inline bool bv_tr_may(const struct bv_translate *t, enum bv_wasm_fusion fusion)
{
	return !(t->module->unfused & fusion);
}

static inline uint32_t bv_tr_slot(const struct bv_translate *t, uint32_t height)
{
	return t->temp_base + height;
}

/* translate_op.c: arithmetic, memory, select, globals */
void bv_tr_numeric(struct bv_translate *t);
void bv_tr_load(struct bv_translate *t);
void bv_tr_store(struct bv_translate *t);
void bv_tr_select(struct bv_translate *t);
void bv_tr_global_get(struct bv_translate *t);
void bv_tr_global_set(struct bv_translate *t);
void bv_tr_bulk(struct bv_translate *t);
/* The integer comparison that holds when `code` does not, or 0. */
uint16_t bv_tr_negated(uint16_t code);

/* translate_control.c */
struct bv_condition {
	bool constant;
	bool taken; /* if constant */
	struct bv_insn insn;
};
void bv_tr_block(struct bv_translate *t);
void bv_tr_else(struct bv_translate *t);
void bv_tr_end(struct bv_translate *t);
void bv_tr_br(struct bv_translate *t, uint32_t label);
void bv_tr_br_if(struct bv_translate *t);
void bv_tr_br_table(struct bv_translate *t);
void bv_tr_return(struct bv_translate *t);
/* Pops a condition; the branch is to be taken when it is `want`. */
struct bv_condition bv_tr_condition(struct bv_translate *t, bool want);

/* translate_call.c */
void bv_tr_call(struct bv_translate *t);
void bv_tr_call_indirect(struct bv_translate *t);
void bv_tr_tail_call(struct bv_translate *t);
void bv_tr_tail_indirect(struct bv_translate *t);

/* emit.c: cells with addresses. NULL when the heap is full. */
struct bv_translation *bv_emit(struct bv_translate *t);

#endif

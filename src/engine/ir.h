/* SPDX-License-Identifier: MIT
 *
 * The interpreter's instructions. One is a cell of 16 bytes: the address of its handler, and
 * operands. Operands are slots of the frame, numbers, or an accumulator. There are three
 * accumulators, x for integers and references, s for f32, d for f64; they live in machine
 * registers, and an instruction leaves its result there, whether or not it also stores it.
 *
 * The frame of a function: parameters, the return address, a slot that keeps the instance while
 * another runs, other locals, operands by height. A callee's frame begins at its arguments, the
 * topmost operands of its caller's frame; it returns its results there.
 *
 * Numeric operations, loads and stores keep the numbers of opcodes.def; everything else is below.
 * Each comes in several forms, one handler each.
 */
#ifndef ENGINE_IR_H
#define ENGINE_IR_H

#include "engine/opcode.h"
#include "engine/runtime.h"

#define BV_EXEC_PARAMS \
	const struct bv_cell *ip, uint64_t *fp, uint8_t *mem, uint64_t len, \
		struct bv_wasm_instance *in, uint64_t x, float s, double d

typedef int (*bv_handler)(BV_EXEC_PARAMS);

struct bv_cell {
	union {
		bv_handler op;
		const struct bv_cell *code;
		void *pointer;
		uint64_t raw;
	};
	union {
		struct {
			uint16_t d;
			uint16_t a;
			union {
				struct {
					uint16_t b;
					uint16_t c;
				};
				uint32_t imm;
				int32_t simm;
			};
		};
		uint64_t wide;
	};
};

_Static_assert(sizeof(struct bv_cell) == 16, "a cell is two words");

/* Operand forms of two-operand instructions: S a slot, A the accumulator, I a 32-bit number
 * (extended with its sign). One-operand instructions use S_ and A_. */
enum bv_form {
	BV_FORM_SS = 0,
	BV_FORM_SI = 1,
	BV_FORM_AS = 2,
	BV_FORM_AI = 3,
	BV_FORM_SA = 4,
	BV_FORM_IS = 5,
	BV_FORM_IA = 6,
	BV_FORM_S_ = 0,
	BV_FORM_A_ = 1,
};

/* Address forms of loads and stores. */
enum bv_address {
	BV_ADDRESS_S = 0,  /* slot a + imm */
	BV_ADDRESS_A = 1,  /* x + imm */
	BV_ADDRESS_I = 2,  /* imm */
	BV_ADDRESS_N = 3,  /* slot a + imm, wrapping at 32 bits */
	BV_ADDRESS_SS = 4, /* slot a + slot b, wrapping, + c */
	BV_ADDRESS_AS = 5, /* x + slot a, wrapping, + imm */
	BV_ADDRESS_K = 6,  /* slot a + (slot b << log2 of the access), wrapping, + c */
	BV_ADDRESS_COUNT = 7,
};

/* Where a store's value comes from. */
enum bv_stored {
	BV_STORED_S = 0, /* slot d */
	BV_STORED_A = 1, /* the accumulator of the value's type */
	BV_STORED_I = 2, /* d as a signed number */
	BV_STORED_COUNT = 3,
};

#define BV_IR_COMPARE_FIRST BV_OP_I32_EQZ
#define BV_IR_COMPARE_COUNT (BV_OP_F64_GE - BV_OP_I32_EQZ + 1)

enum bv_ir {
	/* Internal instructions begin behind the opcodes. */
	BV_IR_BR = BV_OP_COUNT,
	/* Branch if a comparison holds, or does not (floats only: NaN makes the two differ). */
	BV_IR_BRC,
	BV_IR_BRN = BV_IR_BRC + BV_IR_COMPARE_COUNT,
	BV_IR_BRZ32 = BV_IR_BRN + BV_IR_COMPARE_COUNT,
	BV_IR_BRNZ32,
	BV_IR_BRZ64,
	BV_IR_BRNZ64,
	BV_IR_BRAND32, /* (operand & imm16) != 0 */
	BV_IR_BRNAND32,
	BV_IR_BR_TABLE,
	BV_IR_ENTRY, /* data of br_table: the target */
	/* a op (b shift c); in this order */
	BV_IR_I32_ADD_SHL,
	BV_IR_I32_ADD_SHR,
	BV_IR_I32_ADD_ROTL,
	BV_IR_I32_OR_SHL,
	BV_IR_I32_OR_SHR,
	BV_IR_I32_OR_ROTL,
	BV_IR_I32_XOR_SHL,
	BV_IR_I32_XOR_SHR,
	BV_IR_I32_XOR_ROTL,
	BV_IR_I64_ADD_SHL,
	BV_IR_I64_ADD_SHR,
	BV_IR_I64_ADD_ROTL,
	BV_IR_I64_OR_SHL,
	BV_IR_I64_OR_SHR,
	BV_IR_I64_OR_ROTL,
	BV_IR_I64_XOR_SHL,
	BV_IR_I64_XOR_SHR,
	BV_IR_I64_XOR_ROTL,
	/* Moves; none touches an accumulator. */
	BV_IR_COPY,
	BV_IR_COPY2,
	BV_IR_SAVE,  /* forms 0 1 2: slot d = x, s, d */
	BV_IR_CONST, /* slot d = imm, sign-extended */
	BV_IR_CONST64,
	BV_IR_ZERO,       /* imm slots from a on */
	BV_IR_SELECT,     /* forms: 2 * class + (condition in x) */
	BV_IR_GLOBAL_GET, /* forms: class; imported: 3 + class */
	BV_IR_GLOBAL_SET, /* forms: 0 slot, 1 x, 2 s, 3 d; imported: 4 + */
	BV_IR_REF_FUNC,
	BV_IR_MEMORY_SIZE,
	BV_IR_MEMORY_GROW,
	/* Operands in slots a, a + 1, a + 2; b and c are the immediates. A result goes to slot a.
	 */
	BV_IR_MEMORY_INIT,
	BV_IR_MEMORY_COPY,
	BV_IR_MEMORY_FILL,
	BV_IR_DATA_DROP,
	BV_IR_TABLE_GET,
	BV_IR_TABLE_SET,
	BV_IR_TABLE_INIT,
	BV_IR_ELEM_DROP,
	BV_IR_TABLE_COPY,
	BV_IR_TABLE_GROW,
	BV_IR_TABLE_SIZE,
	BV_IR_TABLE_FILL,
	BV_IR_CALL,
	BV_IR_CALL_IMPORT,
	BV_IR_CALL_INDIRECT,
	BV_IR_RELOAD,
	BV_IR_TAIL_CALL,
	BV_IR_TAIL_INDIRECT,
	BV_IR_RETURN, /* forms: 0 nothing, 1 x, 2 s, 3 d, 4 slot b, 5 number imm, 6 imm slots from d
		       */
	BV_IR_FUEL,
	BV_IR_UNREACHABLE,
	BV_IR_COUNT,
};

#define BV_IR_VARIANTS 24

/* The handler of an instruction's variant, or NULL. A variant of one that yields a value is
 * 2 * form + (stored to slot d as well); of a load 2 * address + stored; of a store
 * 3 * address + stored value; of a branch 2 * form + backward; of others the form. */
bv_handler bv_exec_handler(uint32_t op, uint32_t variant);
bv_handler bv_exec_integer(uint32_t op, uint32_t variant);
bv_handler bv_exec_float(uint32_t op, uint32_t variant);
bv_handler bv_exec_memory(uint32_t op, uint32_t variant);
bv_handler bv_exec_control(uint32_t op, uint32_t variant);

/* Runs from a cell until the guest halts or traps; false and store->trap in the latter case. */
bool bv_exec_run(struct bv_wasm_instance *instance, struct bv_wasm_func *func, uint64_t *fp);
extern const struct bv_cell bv_exec_lazy_cell;
extern const struct bv_cell bv_exec_host_cell;
/* Two data cells, then the one that a guest's outermost return leads to. */
extern const struct bv_cell bv_exec_halt_cells[3];

#endif

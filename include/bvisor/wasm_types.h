/* SPDX-License-Identifier: MIT
 *
 * What the WebAssembly engine's functions speak of: values, traps, limits. See wasm.h for the
 * functions themselves, their threads and their errors.
 */
#ifndef BVISOR_WASM_TYPES_H
#define BVISOR_WASM_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum bv_wasm_type {
	BV_WASM_I32 = 0x7f,
	BV_WASM_I64 = 0x7e,
	BV_WASM_F32 = 0x7d,
	BV_WASM_F64 = 0x7c,
	BV_WASM_FUNCREF = 0x70,
	BV_WASM_EXTERNREF = 0x6f,
};

enum bv_wasm_kind { BV_WASM_FUNC = 0, BV_WASM_TABLE = 1, BV_WASM_MEMORY = 2, BV_WASM_GLOBAL = 3 };

/* One value; the signature says which member holds it. A null reference is 0. An externref is
 * any number of the embedder's but 0; a funcref is only ever handed on, never made up. */
union bv_wasm_value {
	uint32_t i32;
	uint64_t i64;
	float f32;
	double f64;
	uint64_t ref;
};

/* ELEMENT_* and CALL_TYPE: an indirect call past its table's end, to null, or to another type. */
enum bv_wasm_trap_kind {
	BV_WASM_TRAP_NONE = 0,
	BV_WASM_TRAP_UNREACHABLE = 1,
	BV_WASM_TRAP_MEMORY_BOUNDS = 2,
	BV_WASM_TRAP_TABLE_BOUNDS = 3,
	BV_WASM_TRAP_ELEMENT_BOUNDS = 4,
	BV_WASM_TRAP_ELEMENT_NULL = 5,
	BV_WASM_TRAP_CALL_TYPE = 6,
	BV_WASM_TRAP_DIVIDE_BY_ZERO = 7,
	BV_WASM_TRAP_INTEGER_OVERFLOW = 8,
	BV_WASM_TRAP_CONVERSION = 9,
	BV_WASM_TRAP_STACK = 10,
	BV_WASM_TRAP_FUEL = 11,
	BV_WASM_TRAP_INTERRUPT = 12,
	BV_WASM_TRAP_ENGINE_MEMORY = 13, /* engine_bytes is used up */
	BV_WASM_TRAP_HOST = 14,          /* a host function trapped */
	BV_WASM_TRAP_EXIT = 15,          /* a host function asked to end the guest */
};

#define BV_WASM_NOWHERE UINT64_MAX
struct bv_wasm_trap {
	enum bv_wasm_trap_kind kind; /* NONE: the call returned */
	int32_t status;              /* HOST and EXIT: the host function's word */
	uint32_t func_index;         /* in its module's index space */
	uint64_t offset;             /* of the instruction, in module bytes, or BV_WASM_NOWHERE */
};

/* What the translator may do beyond one instruction for one. Leaving one out changes how fast a
 * guest runs, and nothing else: tests compare the two. */
enum bv_wasm_fusion {
	BV_WASM_FUSE_LOCAL_GET = 1 << 0,   /* operands are read where the local is */
	BV_WASM_FUSE_LOCAL_SET = 1 << 1,   /* what makes a value stores it into the local */
	BV_WASM_FUSE_NUMBER = 1 << 2,      /* constants are parts of instructions */
	BV_WASM_FUSE_ACCUMULATOR = 1 << 3, /* operands are read from accumulators */
	BV_WASM_FUSE_NEGATE = 1 << 4,      /* a comparison tested for zero is its opposite */
	BV_WASM_FUSE_BRANCH = 1 << 5,      /* compare and branch */
	BV_WASM_FUSE_ADDRESS = 1 << 6,     /* add and load or store */
	BV_WASM_FUSE_SHIFT = 1 << 7,       /* shift and combine */
	BV_WASM_FUSE_COPY = 1 << 8,        /* two copies at once */
	BV_WASM_FUSE_ALL = (1 << 9) - 1,
};

/* What a module or a store may take; 0 means the default. */
struct bv_wasm_limits {
	uint64_t module_bytes;   /* of one module's binary; default 64 MiB */
	uint64_t engine_bytes;   /* of the engine's own structures; default 256 MiB */
	uint64_t stack_bytes;    /* of one store's value stack; default 1 MiB */
	uint64_t memory_bytes;   /* of all linear memories of a store; default 4 GiB */
	uint64_t table_elements; /* of each table; default and maximum 10,000,000 */
	uint32_t edition;        /* 20: WebAssembly 2.0 and nothing newer; 0: all there is */
	uint32_t unfused;        /* a module's: enum bv_wasm_fusion, those to leave out */
	/* A module's: non-zero ends its loading with BV_E_INTERRUPTED; NULL: nothing does. A store
	 * has its own. */
	const volatile uint32_t *interrupt;
};

#endif

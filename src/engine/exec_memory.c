/* SPDX-License-Identifier: MIT
 *
 * Handlers of loads and stores. The effective address is a sum in 64 bits that cannot wrap (two
 * numbers below 2^32, a size of at most 8), compared with the length of the memory every time.
 */
#include "engine/exec.h"

/* Effective addresses; see enum bv_address. `scale` is log2 of the access. */
#define EA_s ((uint64_t)(uint32_t)fp[ip->a] + ip->imm)
#define EA_a ((uint64_t)(uint32_t)x + ip->imm)
#define EA_i ((uint64_t)ip->imm)
#define EA_n ((uint64_t)((uint32_t)fp[ip->a] + ip->imm))
#define EA_ss ((uint64_t)((uint32_t)fp[ip->a] + (uint32_t)fp[ip->b]) + ip->c)
#define EA_as ((uint64_t)((uint32_t)x + (uint32_t)fp[ip->a]) + ip->imm)
#define EA_k(scale) ((uint64_t)((uint32_t)fp[ip->a] + ((uint32_t)fp[ip->b] << (scale))) + ip->c)

#define LOAD1(name, form, EA, T, acc, value, bits) \
	BV_VALUE(name##_##form, uint64_t ea = EA; \
		 T v, BV_TRAP_IF(ea + sizeof(T) > len, MEMORY_BOUNDS); \
		 memcpy(&v, mem + ea, sizeof(v)), acc, value, bits)

#define LOAD(name, T, scale, acc, value, bits) \
	LOAD1(name, s, EA_s, T, acc, value, bits) \
	LOAD1(name, a, EA_a, T, acc, value, bits) \
	LOAD1(name, i, EA_i, T, acc, value, bits) \
	LOAD1(name, n, EA_n, T, acc, value, bits) \
	LOAD1(name, ss, EA_ss, T, acc, value, bits) \
	LOAD1(name, as, EA_as, T, acc, value, bits) \
	LOAD1(name, k, EA_k(scale), T, acc, value, bits)
#define LOAD_ROW(name) \
	name##_s_a, name##_s_d, name##_a_a, name##_a_d, name##_i_a, name##_i_d, name##_n_a, \
		name##_n_d, name##_ss_a, name##_ss_d, name##_as_a, name##_as_d, name##_k_a, \
		name##_k_d

LOAD(i32_load, uint32_t, 2, x, v, x)
LOAD(i64_load, uint64_t, 3, x, v, x)
LOAD(f32_load, float, 2, s, v, bv_f32_bits(s))
LOAD(f64_load, double, 3, d, v, bv_f64_bits(d))
LOAD(load8_s, int8_t, 0, x, (uint64_t)(int64_t)v, x)
LOAD(load8_u, uint8_t, 0, x, v, x)
LOAD(load16_s, int16_t, 1, x, (uint64_t)(int64_t)v, x)
LOAD(load16_u, uint16_t, 1, x, v, x)
LOAD(load32_s, int32_t, 2, x, (uint64_t)(int64_t)v, x)

#define STORE1(name, form, EA, T, value) \
	BV_OPFN(name##_##form) \
	{ \
		uint64_t ea = EA; \
		T v = (value); \
\
		BV_TRAP_IF(ea + sizeof(v) > len, MEMORY_BOUNDS); \
		memcpy(mem + ea, &v, sizeof(v)); \
		BV_NEXT(1); \
	}

#define STORE_FORM(name, form, EA, T, slot, acc, number) \
	STORE1(name, form##_s, EA, T, slot) \
	STORE1(name, form##_a, EA, T, acc) \
	STORE1(name, form##_i, EA, T, number)
#define STORE(name, T, scale, slot, acc, number) \
	STORE_FORM(name, s, EA_s, T, slot, acc, number) \
	STORE_FORM(name, a, EA_a, T, slot, acc, number) \
	STORE_FORM(name, i, EA_i, T, slot, acc, number) \
	STORE_FORM(name, n, EA_n, T, slot, acc, number) \
	STORE_FORM(name, ss, EA_ss, T, slot, acc, number) \
	STORE_FORM(name, as, EA_as, T, slot, acc, number) \
	STORE_FORM(name, k, EA_k(scale), T, slot, acc, number)
#define STORE_FORM_ROW(name) name##_s, name##_a, name##_i
#define STORE_ROW(name) \
	STORE_FORM_ROW(name##_s), STORE_FORM_ROW(name##_a), STORE_FORM_ROW(name##_i), \
		STORE_FORM_ROW(name##_n), STORE_FORM_ROW(name##_ss), STORE_FORM_ROW(name##_as), \
		STORE_FORM_ROW(name##_k)

#define STORE_INT(name, T, scale) \
	STORE(name, T, scale, (T)fp[ip->d], (T)x, (T)(int64_t)(int16_t)ip->d)

STORE_INT(store8, uint8_t, 0)
STORE_INT(store16, uint16_t, 1)
STORE_INT(store32, uint32_t, 2)
STORE_INT(store64, uint64_t, 3)
/* A float's number form is never used: its bits do not fit. */
STORE(f32_store, float, 2, bv_f32_of(fp[ip->d]), s, 0.0f)
STORE(f64_store, double, 3, bv_f64_of(fp[ip->d]), d, 0.0)

static const bv_handler memory_rows[][BV_IR_VARIANTS] = {
	[BV_OP_I32_LOAD - BV_OP_I32_LOAD] = {LOAD_ROW(i32_load)},
	[BV_OP_I64_LOAD - BV_OP_I32_LOAD] = {LOAD_ROW(i64_load)},
	[BV_OP_F32_LOAD - BV_OP_I32_LOAD] = {LOAD_ROW(f32_load)},
	[BV_OP_F64_LOAD - BV_OP_I32_LOAD] = {LOAD_ROW(f64_load)},
	[BV_OP_I32_LOAD8_S - BV_OP_I32_LOAD] = {LOAD_ROW(load8_s)},
	[BV_OP_I32_LOAD8_U - BV_OP_I32_LOAD] = {LOAD_ROW(load8_u)},
	[BV_OP_I32_LOAD16_S - BV_OP_I32_LOAD] = {LOAD_ROW(load16_s)},
	[BV_OP_I32_LOAD16_U - BV_OP_I32_LOAD] = {LOAD_ROW(load16_u)},
	[BV_OP_I64_LOAD8_S - BV_OP_I32_LOAD] = {LOAD_ROW(load8_s)},
	[BV_OP_I64_LOAD8_U - BV_OP_I32_LOAD] = {LOAD_ROW(load8_u)},
	[BV_OP_I64_LOAD16_S - BV_OP_I32_LOAD] = {LOAD_ROW(load16_s)},
	[BV_OP_I64_LOAD16_U - BV_OP_I32_LOAD] = {LOAD_ROW(load16_u)},
	[BV_OP_I64_LOAD32_S - BV_OP_I32_LOAD] = {LOAD_ROW(load32_s)},
	[BV_OP_I64_LOAD32_U - BV_OP_I32_LOAD] = {LOAD_ROW(i32_load)},
	[BV_OP_I32_STORE - BV_OP_I32_LOAD] = {STORE_ROW(store32)},
	[BV_OP_I64_STORE - BV_OP_I32_LOAD] = {STORE_ROW(store64)},
	[BV_OP_F32_STORE - BV_OP_I32_LOAD] = {STORE_ROW(f32_store)},
	[BV_OP_F64_STORE - BV_OP_I32_LOAD] = {STORE_ROW(f64_store)},
	[BV_OP_I32_STORE8 - BV_OP_I32_LOAD] = {STORE_ROW(store8)},
	[BV_OP_I32_STORE16 - BV_OP_I32_LOAD] = {STORE_ROW(store16)},
	[BV_OP_I64_STORE8 - BV_OP_I32_LOAD] = {STORE_ROW(store8)},
	[BV_OP_I64_STORE16 - BV_OP_I32_LOAD] = {STORE_ROW(store16)},
	[BV_OP_I64_STORE32 - BV_OP_I32_LOAD] = {STORE_ROW(store32)},
};

bv_handler bv_exec_memory(uint32_t op, uint32_t variant)
{
	if (op < BV_OP_I32_LOAD || op > BV_OP_I64_STORE32)
		return NULL;
	return memory_rows[op - BV_OP_I32_LOAD][variant];
}

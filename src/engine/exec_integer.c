/* SPDX-License-Identifier: MIT
 *
 * Handlers of integer instructions. An i32 in a slot or in x has unspecified upper bits: every
 * reader takes the lower 32 only, so that i32.wrap_i64 costs nothing.
 */
#include "engine/exec.h"

#define I32(n) ((uint32_t)fp[n])
#define I64(n) (fp[n])

/* Operand forms, for T of 32 or 64 bits. */
#define BIN1(name, form, T, A, B, checks, expr) \
	BV_VALUE(name##_##form, T a = (T)(A); T b = (T)(B), checks, x, (uint64_t)(expr), x)
#define IMM(T) ((T)(int64_t)ip->simm)

#define COMMUTATIVE(name, T, expr) \
	BIN1(name, ss, T, fp[ip->a], fp[ip->b], BV_NO_CHECK, expr) \
	BIN1(name, si, T, fp[ip->a], IMM(T), BV_NO_CHECK, expr) \
	BIN1(name, as, T, x, fp[ip->b], BV_NO_CHECK, expr) \
	BIN1(name, ai, T, x, IMM(T), BV_NO_CHECK, expr)
#define COMMUTATIVE_ROW(name) \
	name##_ss_a, name##_ss_d, name##_si_a, name##_si_d, name##_as_a, name##_as_d, name##_ai_a, \
		name##_ai_d

#define ORDERED(name, T, checks, expr) \
	BIN1(name, ss, T, fp[ip->a], fp[ip->b], checks, expr) \
	BIN1(name, si, T, fp[ip->a], IMM(T), checks, expr) \
	BIN1(name, as, T, x, fp[ip->b], checks, expr) \
	BIN1(name, ai, T, x, IMM(T), checks, expr) \
	BIN1(name, sa, T, fp[ip->a], x, checks, expr) \
	BIN1(name, is, T, IMM(T), fp[ip->a], checks, expr) \
	BIN1(name, ia, T, IMM(T), x, checks, expr)
#define ORDERED_ROW(name) \
	COMMUTATIVE_ROW(name), name##_sa_a, name##_sa_d, name##_is_a, name##_is_d, name##_ia_a, \
		name##_ia_d

#define UNARY(name, T, expr) \
	BV_VALUE(name##_s, T a = (T)fp[ip->a], BV_NO_CHECK, x, (uint64_t)(expr), x) \
	BV_VALUE(name##_x, T a = (T)x, BV_NO_CHECK, x, (uint64_t)(expr), x)
#define UNARY_ROW(name) name##_s_a, name##_s_d, name##_x_a, name##_x_d

static inline uint32_t rotl32(uint32_t a, uint32_t n)
{
	return (a << (n & 31)) | (a >> (-n & 31));
}

static inline uint64_t rotl64(uint64_t a, uint64_t n)
{
	return (a << (n & 63)) | (a >> (-n & 63));
}

static inline uint64_t popcount(uint64_t a)
{
	a -= (a >> 1) & 0x5555555555555555u;
	a = (a & 0x3333333333333333u) + ((a >> 2) & 0x3333333333333333u);
	a = (a + (a >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (a * 0x0101010101010101u) >> 56;
}

static inline uint64_t sext(uint64_t a, unsigned int bits)
{
	return (uint64_t)((int64_t)(a << (64 - bits)) >> (64 - bits));
}

/* The same list for both widths. T and S: the unsigned and the signed type. */
#define ARITHMETIC(p, T, S, mask, minimum, rotl) \
	COMMUTATIVE(p##_add, T, a + b) \
	COMMUTATIVE(p##_mul, T, a *b) \
	COMMUTATIVE(p##_and, T, a &b) \
	COMMUTATIVE(p##_or, T, a | b) \
	COMMUTATIVE(p##_xor, T, a ^ b) \
	ORDERED(p##_sub, T, BV_NO_CHECK, a - b) \
	ORDERED(p##_shl, T, BV_NO_CHECK, a << (b & mask)) \
	ORDERED(p##_shr_s, T, BV_NO_CHECK, (T)((S)a >> (b & mask))) \
	ORDERED(p##_shr_u, T, BV_NO_CHECK, a >> (b & mask)) \
	ORDERED(p##_rotl, T, BV_NO_CHECK, rotl(a, b)) \
	ORDERED(p##_rotr, T, BV_NO_CHECK, rotl(a, (T)0 - b)) \
	ORDERED(p##_div_s, T, BV_TRAP_IF(b == 0, DIVIDE_BY_ZERO); \
		BV_TRAP_IF(a == minimum && b == (T)-1, INTEGER_OVERFLOW), (T)((S)a / (S)b)) \
	ORDERED(p##_div_u, T, BV_TRAP_IF(b == 0, DIVIDE_BY_ZERO), a / b) \
	ORDERED(p##_rem_s, T, BV_TRAP_IF(b == 0, DIVIDE_BY_ZERO), \
		b == (T)-1 ? (T)0 : (T)((S)a % (S)b)) \
	ORDERED(p##_rem_u, T, BV_TRAP_IF(b == 0, DIVIDE_BY_ZERO), a % b)

ARITHMETIC(i32, uint32_t, int32_t, 31, 0x80000000u, rotl32)
ARITHMETIC(i64, uint64_t, int64_t, 63, 0x8000000000000000u, rotl64)

#define COMPARE(p, T, S) \
	COMMUTATIVE(p##_eq, T, a == b) \
	COMMUTATIVE(p##_ne, T, a != b) \
	COMMUTATIVE(p##_lt_s, T, (S)a < (S)b) \
	COMMUTATIVE(p##_lt_u, T, a < b) \
	COMMUTATIVE(p##_gt_s, T, (S)a > (S)b) \
	COMMUTATIVE(p##_gt_u, T, a > b) \
	COMMUTATIVE(p##_le_s, T, (S)a <= (S)b) \
	COMMUTATIVE(p##_le_u, T, a <= b) \
	COMMUTATIVE(p##_ge_s, T, (S)a >= (S)b) \
	COMMUTATIVE(p##_ge_u, T, a >= b)

COMPARE(i32, uint32_t, int32_t)
COMPARE(i64, uint64_t, int64_t)

UNARY(i32_eqz, uint32_t, a == 0)
UNARY(i64_eqz, uint64_t, a == 0)
UNARY(i32_clz, uint32_t, a ? __builtin_clz(a) : 32)
UNARY(i32_ctz, uint32_t, a ? __builtin_ctz(a) : 32)
UNARY(i32_popcnt, uint32_t, popcount(a))
UNARY(i64_clz, uint64_t, a ? __builtin_clzll(a) : 64)
UNARY(i64_ctz, uint64_t, a ? __builtin_ctzll(a) : 64)
UNARY(i64_popcnt, uint64_t, popcount(a))
UNARY(i64_extend_i32_s, uint64_t, sext(a, 32))
UNARY(i64_extend_i32_u, uint64_t, (uint32_t)a)
UNARY(i32_extend8_s, uint64_t, sext(a, 8))
UNARY(i32_extend16_s, uint64_t, sext(a, 16))
UNARY(i64_extend8_s, uint64_t, sext(a, 8))
UNARY(i64_extend16_s, uint64_t, sext(a, 16))
UNARY(i64_extend32_s, uint64_t, sext(a, 32))

/* a op (b shift c): forms SS, AS and SA. */
#define SHIFTED1(name, form, T, A, B, expr) \
	BV_VALUE(name##_##form, T a = (T)(A); T b = (T)(B); \
		 unsigned int k = ip->c, BV_NO_CHECK, x, (uint64_t)(expr), x)
#define SHIFTED(name, T, expr) \
	SHIFTED1(name, ss, T, fp[ip->a], fp[ip->b], expr) \
	SHIFTED1(name, as, T, x, fp[ip->b], expr) \
	SHIFTED1(name, sa, T, fp[ip->a], x, expr)
#define SHIFTED_ROW(name) \
	[BV_FORM_SS * 2] = name##_ss_a, name##_ss_d, [BV_FORM_AS * 2] = name##_as_a, name##_as_d, \
		      [BV_FORM_SA * 2] = name##_sa_a, name##_sa_d

#define SHIFTED_ALL(p, T, mask, rotl) \
	SHIFTED(p##_add_shl, T, a + (b << (k & mask))) \
	SHIFTED(p##_add_shr, T, a + (b >> (k & mask))) \
	SHIFTED(p##_add_rotl, T, a + rotl(b, k)) \
	SHIFTED(p##_or_shl, T, a | (b << (k & mask))) \
	SHIFTED(p##_or_shr, T, a | (b >> (k & mask))) \
	SHIFTED(p##_or_rotl, T, a | rotl(b, k)) \
	SHIFTED(p##_xor_shl, T, a ^ (b << (k & mask))) \
	SHIFTED(p##_xor_shr, T, a ^ (b >> (k & mask))) \
	SHIFTED(p##_xor_rotl, T, a ^ rotl(b, k))

SHIFTED_ALL(i32, uint32_t, 31, rotl32)
SHIFTED_ALL(i64, uint64_t, 63, rotl64)

/* ---- branches ---- */

#define IMM16(T) ((T)(uint64_t)(int64_t)(int16_t)ip->d)
#define BRANCH(name, T, condition) \
	BV_BRANCH(name##_ss, T a = (T)fp[ip->a]; T b = (T)fp[ip->d], condition) \
	BV_BRANCH(name##_si, T a = (T)fp[ip->a]; T b = IMM16(T), condition) \
	BV_BRANCH(name##_as, T a = (T)x; T b = (T)fp[ip->d], condition) \
	BV_BRANCH(name##_ai, T a = (T)x; T b = IMM16(T), condition)
#define BRANCH_ROW(name) \
	name##_ss_f, name##_ss_b, name##_si_f, name##_si_b, name##_as_f, name##_as_b, name##_ai_f, \
		name##_ai_b

#define BRANCH_ALL(p, T, S) \
	BRANCH(p##_eq, T, a == b) \
	BRANCH(p##_ne, T, a != b) \
	BRANCH(p##_lt_s, T, (S)a < (S)b) \
	BRANCH(p##_lt_u, T, a < b) \
	BRANCH(p##_gt_s, T, (S)a > (S)b) \
	BRANCH(p##_gt_u, T, a > b) \
	BRANCH(p##_le_s, T, (S)a <= (S)b) \
	BRANCH(p##_le_u, T, a <= b) \
	BRANCH(p##_ge_s, T, (S)a >= (S)b) \
	BRANCH(p##_ge_u, T, a >= b)

BRANCH_ALL(br_i32, uint32_t, int32_t)
BRANCH_ALL(br_i64, uint64_t, int64_t)

#define BRANCH1(name, T, condition) \
	BV_BRANCH(name##_s, T a = (T)fp[ip->a], condition) \
	BV_BRANCH(name##_x, T a = (T)x, condition)
#define BRANCH_AND(name, condition) \
	BV_BRANCH(name##_s, uint32_t a = (uint32_t)fp[ip->a]; \
		  uint32_t b = IMM16(uint32_t), condition) \
	BV_BRANCH(name##_x, uint32_t a = (uint32_t)x; uint32_t b = IMM16(uint32_t), condition)
#define BRANCH1_ROW(name) name##_s_f, name##_s_b, name##_x_f, name##_x_b

BRANCH1(br_z32, uint32_t, a == 0)
BRANCH1(br_nz32, uint32_t, a != 0)
BRANCH1(br_z64, uint64_t, a == 0)
BRANCH1(br_nz64, uint64_t, a != 0)
BRANCH_AND(br_and32, (a & b) != 0)
BRANCH_AND(br_nand32, (a & b) == 0)

/* ---- tables ---- */

#define CODES(P, p, ROW) \
	[BV_OP_##P## \
		_ADD] = {COMMUTATIVE_ROW(p##_add)}, \
    [BV_OP_##P##_MUL] = {COMMUTATIVE_ROW(p##_mul)}, \
    [BV_OP_##P##_AND] = {COMMUTATIVE_ROW(p##_and)}, [BV_OP_##P##_OR] = {COMMUTATIVE_ROW(p##_or)}, \
    [BV_OP_##P##_XOR] = {COMMUTATIVE_ROW(p##_xor)}, [BV_OP_##P##_SUB] = {ORDERED_ROW(p##_sub)}, \
    [BV_OP_##P##_SHL] = {ORDERED_ROW(p##_shl)}, [BV_OP_##P##_SHR_S] = {ORDERED_ROW(p##_shr_s)}, \
    [BV_OP_##P##_SHR_U] = {ORDERED_ROW(p##_shr_u)}, [BV_OP_##P##_ROTL] = {ORDERED_ROW(p##_rotl)}, \
    [BV_OP_##P##_ROTR] = {ORDERED_ROW(p##_rotr)}, [BV_OP_##P##_DIV_S] = {ORDERED_ROW(p##_div_s)}, \
    [BV_OP_##P##_DIV_U] = {ORDERED_ROW(p##_div_u)}, \
    [BV_OP_##P##_REM_S] = {ORDERED_ROW(p##_rem_s)}, \
    [BV_OP_##P##_REM_U] = {ORDERED_ROW(p##_rem_u)}, [BV_OP_##P##_CLZ] = {UNARY_ROW(p##_clz)}, \
    [BV_OP_##P##_CTZ] = {UNARY_ROW(p##_ctz)}, [BV_OP_##P##_POPCNT] = {UNARY_ROW(p##_popcnt)}, \
    [BV_OP_##P##_EQZ] = {UNARY_ROW(p##_eqz)}, COMPARE_CODES(BV_OP_##P, p, COMMUTATIVE_ROW)

#define COMPARE_CODES(P, p, ROW) \
	[P##_EQ] = {ROW(p##_eq)}, [P##_NE] = {ROW(p##_ne)}, [P##_LT_S] = {ROW(p##_lt_s)}, \
	[P##_LT_U] = {ROW(p##_lt_u)}, [P##_GT_S] = {ROW(p##_gt_s)}, [P##_GT_U] = {ROW(p##_gt_u)}, \
	[P##_LE_S] = {ROW(p##_le_s)}, [P##_LE_U] = {ROW(p##_le_u)}, [P##_GE_S] = {ROW(p##_ge_s)}, \
	[P##_GE_U] = {ROW(p##_ge_u)}

#define EXTEND_CODE(P, p) [BV_OP_##P] = {UNARY_ROW(p)}

static const bv_handler integer_values[BV_OP_COUNT][BV_IR_VARIANTS] = {
	CODES(I32, i32, COMMUTATIVE_ROW),
	CODES(I64, i64, COMMUTATIVE_ROW),
	EXTEND_CODE(I64_EXTEND_I32_S, i64_extend_i32_s),
	EXTEND_CODE(I64_EXTEND_I32_U, i64_extend_i32_u),
	EXTEND_CODE(I32_EXTEND8_S, i32_extend8_s),
	EXTEND_CODE(I32_EXTEND16_S, i32_extend16_s),
	EXTEND_CODE(I64_EXTEND8_S, i64_extend8_s),
	EXTEND_CODE(I64_EXTEND16_S, i64_extend16_s),
	EXTEND_CODE(I64_EXTEND32_S, i64_extend32_s),
};

#define BRC(op) (BV_OP_##op - BV_IR_COMPARE_FIRST)
#define BRANCH_CODES(P, p) \
	[BRC(P##_EQ)] = {BRANCH_ROW(p##_eq)}, [BRC(P##_NE)] = {BRANCH_ROW(p##_ne)}, \
	[BRC(P##_LT_S)] = {BRANCH_ROW(p##_lt_s)}, [BRC(P##_LT_U)] = {BRANCH_ROW(p##_lt_u)}, \
	[BRC(P##_GT_S)] = {BRANCH_ROW(p##_gt_s)}, [BRC(P##_GT_U)] = {BRANCH_ROW(p##_gt_u)}, \
	[BRC(P##_LE_S)] = {BRANCH_ROW(p##_le_s)}, [BRC(P##_LE_U)] = {BRANCH_ROW(p##_le_u)}, \
	[BRC(P##_GE_S)] = {BRANCH_ROW(p##_ge_s)}, [BRC(P##_GE_U)] = {BRANCH_ROW(p##_ge_u)}

static const bv_handler integer_branches[BRC(I64_GE_U) + 1][BV_IR_VARIANTS] = {
	BRANCH_CODES(I32, br_i32),
	BRANCH_CODES(I64, br_i64),
};

static const bv_handler integer_tests[][BV_IR_VARIANTS] = {
	{BRANCH1_ROW(br_z32)},
	{BRANCH1_ROW(br_nz32)},
	{BRANCH1_ROW(br_z64)},
	{BRANCH1_ROW(br_nz64)},
	{BRANCH1_ROW(br_and32)},
	{BRANCH1_ROW(br_nand32)},
};

#define SHIFTED_CODES(p) \
	{SHIFTED_ROW(p##_add_shl)}, {SHIFTED_ROW(p##_add_shr)}, {SHIFTED_ROW(p##_add_rotl)}, \
		{SHIFTED_ROW(p##_or_shl)}, {SHIFTED_ROW(p##_or_shr)}, {SHIFTED_ROW(p##_or_rotl)}, \
		{SHIFTED_ROW(p##_xor_shl)}, {SHIFTED_ROW(p##_xor_shr)}, \
	{ \
		SHIFTED_ROW(p##_xor_rotl) \
	}

static const bv_handler integer_shifted[][BV_IR_VARIANTS] = {
	SHIFTED_CODES(i32),
	SHIFTED_CODES(i64),
};

bv_handler bv_exec_integer(uint32_t op, uint32_t variant)
{
	if (op < BV_OP_COUNT)
		return integer_values[op][variant];
	if (op >= BV_IR_BRC && op <= BV_IR_BRC + BRC(I64_GE_U))
		return integer_branches[op - BV_IR_BRC][variant];
	if (op >= BV_IR_BRZ32 && op <= BV_IR_BRNAND32)
		return integer_tests[op - BV_IR_BRZ32][variant];
	if (op >= BV_IR_I32_ADD_SHL && op <= BV_IR_I64_XOR_ROTL)
		return integer_shifted[op - BV_IR_I32_ADD_SHL][variant];
	return NULL;
}

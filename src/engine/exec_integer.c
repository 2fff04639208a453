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

#define COMPARE_CODES(X, P, p) \
	X(BV_OP_##P##_EQ, p##_eq, COMMUTATIVE_ROW(p##_eq)) \
	X(BV_OP_##P##_NE, p##_ne, COMMUTATIVE_ROW(p##_ne)) \
	X(BV_OP_##P##_LT_S, p##_lt_s, COMMUTATIVE_ROW(p##_lt_s)) \
	X(BV_OP_##P##_LT_U, p##_lt_u, COMMUTATIVE_ROW(p##_lt_u)) \
	X(BV_OP_##P##_GT_S, p##_gt_s, COMMUTATIVE_ROW(p##_gt_s)) \
	X(BV_OP_##P##_GT_U, p##_gt_u, COMMUTATIVE_ROW(p##_gt_u)) \
	X(BV_OP_##P##_LE_S, p##_le_s, COMMUTATIVE_ROW(p##_le_s)) \
	X(BV_OP_##P##_LE_U, p##_le_u, COMMUTATIVE_ROW(p##_le_u)) \
	X(BV_OP_##P##_GE_S, p##_ge_s, COMMUTATIVE_ROW(p##_ge_s)) \
	X(BV_OP_##P##_GE_U, p##_ge_u, COMMUTATIVE_ROW(p##_ge_u))

#define CODES(X, P, p) \
	X(BV_OP_##P##_ADD, p##_add, COMMUTATIVE_ROW(p##_add)) \
	X(BV_OP_##P##_MUL, p##_mul, COMMUTATIVE_ROW(p##_mul)) \
	X(BV_OP_##P##_AND, p##_and, COMMUTATIVE_ROW(p##_and)) \
	X(BV_OP_##P##_OR, p##_or, COMMUTATIVE_ROW(p##_or)) \
	X(BV_OP_##P##_XOR, p##_xor, COMMUTATIVE_ROW(p##_xor)) \
	X(BV_OP_##P##_SUB, p##_sub, ORDERED_ROW(p##_sub)) \
	X(BV_OP_##P##_SHL, p##_shl, ORDERED_ROW(p##_shl)) \
	X(BV_OP_##P##_SHR_S, p##_shr_s, ORDERED_ROW(p##_shr_s)) \
	X(BV_OP_##P##_SHR_U, p##_shr_u, ORDERED_ROW(p##_shr_u)) \
	X(BV_OP_##P##_ROTL, p##_rotl, ORDERED_ROW(p##_rotl)) \
	X(BV_OP_##P##_ROTR, p##_rotr, ORDERED_ROW(p##_rotr)) \
	X(BV_OP_##P##_DIV_S, p##_div_s, ORDERED_ROW(p##_div_s)) \
	X(BV_OP_##P##_DIV_U, p##_div_u, ORDERED_ROW(p##_div_u)) \
	X(BV_OP_##P##_REM_S, p##_rem_s, ORDERED_ROW(p##_rem_s)) \
	X(BV_OP_##P##_REM_U, p##_rem_u, ORDERED_ROW(p##_rem_u)) \
	X(BV_OP_##P##_CLZ, p##_clz, UNARY_ROW(p##_clz)) \
	X(BV_OP_##P##_CTZ, p##_ctz, UNARY_ROW(p##_ctz)) \
	X(BV_OP_##P##_POPCNT, p##_popcnt, UNARY_ROW(p##_popcnt)) \
	X(BV_OP_##P##_EQZ, p##_eqz, UNARY_ROW(p##_eqz)) \
	COMPARE_CODES(X, P, p)

#define EXTEND_CODE(X, P, p) X(BV_OP_##P, p, UNARY_ROW(p))

#define BRC(op) (BV_IR_BRC + BV_OP_##op - BV_IR_COMPARE_FIRST)
#define BRANCH_CODES(X, P, p) \
	X(BRC(P##_EQ), p##_eq, BRANCH_ROW(p##_eq)) \
	X(BRC(P##_NE), p##_ne, BRANCH_ROW(p##_ne)) \
	X(BRC(P##_LT_S), p##_lt_s, BRANCH_ROW(p##_lt_s)) \
	X(BRC(P##_LT_U), p##_lt_u, BRANCH_ROW(p##_lt_u)) \
	X(BRC(P##_GT_S), p##_gt_s, BRANCH_ROW(p##_gt_s)) \
	X(BRC(P##_GT_U), p##_gt_u, BRANCH_ROW(p##_gt_u)) \
	X(BRC(P##_LE_S), p##_le_s, BRANCH_ROW(p##_le_s)) \
	X(BRC(P##_LE_U), p##_le_u, BRANCH_ROW(p##_le_u)) \
	X(BRC(P##_GE_S), p##_ge_s, BRANCH_ROW(p##_ge_s)) \
	X(BRC(P##_GE_U), p##_ge_u, BRANCH_ROW(p##_ge_u))

#define BRANCH1_CODE(X, P, p) X(BV_IR_##P, p, BRANCH1_ROW(p))

#define SHIFTED_CODES(X, P, p) \
	X(BV_IR_##P##_ADD_SHL, p##_add_shl, SHIFTED_ROW(p##_add_shl)) \
	X(BV_IR_##P##_ADD_SHR, p##_add_shr, SHIFTED_ROW(p##_add_shr)) \
	X(BV_IR_##P##_ADD_ROTL, p##_add_rotl, SHIFTED_ROW(p##_add_rotl)) \
	X(BV_IR_##P##_OR_SHL, p##_or_shl, SHIFTED_ROW(p##_or_shl)) \
	X(BV_IR_##P##_OR_SHR, p##_or_shr, SHIFTED_ROW(p##_or_shr)) \
	X(BV_IR_##P##_OR_ROTL, p##_or_rotl, SHIFTED_ROW(p##_or_rotl)) \
	X(BV_IR_##P##_XOR_SHL, p##_xor_shl, SHIFTED_ROW(p##_xor_shl)) \
	X(BV_IR_##P##_XOR_SHR, p##_xor_shr, SHIFTED_ROW(p##_xor_shr)) \
	X(BV_IR_##P##_XOR_ROTL, p##_xor_rotl, SHIFTED_ROW(p##_xor_rotl))

#define TABLE(X) \
	CODES(X, I32, i32) \
	CODES(X, I64, i64) \
	EXTEND_CODE(X, I64_EXTEND_I32_S, i64_extend_i32_s) \
	EXTEND_CODE(X, I64_EXTEND_I32_U, i64_extend_i32_u) \
	EXTEND_CODE(X, I32_EXTEND8_S, i32_extend8_s) \
	EXTEND_CODE(X, I32_EXTEND16_S, i32_extend16_s) \
	EXTEND_CODE(X, I64_EXTEND8_S, i64_extend8_s) \
	EXTEND_CODE(X, I64_EXTEND16_S, i64_extend16_s) \
	EXTEND_CODE(X, I64_EXTEND32_S, i64_extend32_s) \
	BRANCH_CODES(X, I32, br_i32) \
	BRANCH_CODES(X, I64, br_i64) \
	BRANCH1_CODE(X, BRZ32, br_z32) \
	BRANCH1_CODE(X, BRNZ32, br_nz32) \
	BRANCH1_CODE(X, BRZ64, br_z64) \
	BRANCH1_CODE(X, BRNZ64, br_nz64) \
	BRANCH1_CODE(X, BRAND32, br_and32) \
	BRANCH1_CODE(X, BRNAND32, br_nand32) \
	SHIFTED_CODES(X, I32, i32) \
	SHIFTED_CODES(X, I64, i64)

BV_ROWS(TABLE)

bv_handler bv_exec_integer(uint32_t op, uint32_t variant)
{
	return rows_find(op, variant);
}

/* SPDX-License-Identifier: MIT
 *
 * Handlers of floating-point instructions and of conversions. Rounding is written out, so that
 * no mathematics library is needed; negation, absolute value and copysign work on the bits, so
 * that a NaN keeps its payload.
 */
#include "engine/exec.h"

#define LOAD_f32(n) bv_f32_of(fp[n])
#define LOAD_f64(n) bv_f64_of(fp[n])
#define ACC_f32 s
#define ACC_f64 d
#define BITS_f32(v) bv_f32_bits(v)
#define BITS_f64(v) bv_f64_bits(v)

#define BIN(p, T, name, expr) \
	BV_VALUE(p##_##name##_ss, T a = LOAD_##p(ip->a); \
		 T b = LOAD_##p(ip->b), BV_NO_CHECK, ACC_##p, expr, BITS_##p(ACC_##p)) \
	BV_VALUE(p##_##name##_as, T a = ACC_##p; \
		 T b = LOAD_##p(ip->b), BV_NO_CHECK, ACC_##p, expr, BITS_##p(ACC_##p)) \
	BV_VALUE(p##_##name##_sa, T a = LOAD_##p(ip->a); \
		 T b = ACC_##p, BV_NO_CHECK, ACC_##p, expr, BITS_##p(ACC_##p))
#define BIN_ROW(name) \
	[BV_FORM_SS * 2] = name##_ss_a, name##_ss_d, [BV_FORM_AS * 2] = name##_as_a, name##_as_d, \
		      [BV_FORM_SA * 2] = name##_sa_a, name##_sa_d

/* From a value of type q to one of type p. */
#define UN(p, T, name, q, U, checks, expr) \
	BV_VALUE(p##_##name##_s, U a = LOAD_##q(ip->a), checks, ACC_##p, expr, BITS_##p(ACC_##p)) \
	BV_VALUE(p##_##name##_x, U a = (U)ACC_##q, checks, ACC_##p, expr, BITS_##p(ACC_##p))
#define UN_ROW(name) name##_s_a, name##_s_d, name##_x_a, name##_x_d

#define LOAD_i32(n) ((uint32_t)fp[n])
#define LOAD_i64(n) (fp[n])
#define ACC_i32 x
#define ACC_i64 x
#define BITS_i32(v) (v)
#define BITS_i64(v) (v)

/* ---- rounding ---- */

#define F64_SIGN 0x8000000000000000u
#define F32_SIGN 0x80000000u

static inline double sign_of_f64(double magnitude, double sign)
{
	return bv_f64_of((bv_f64_bits(magnitude) & ~F64_SIGN) | (bv_f64_bits(sign) & F64_SIGN));
}

static inline float sign_of_f32(float magnitude, float sign)
{
	return bv_f32_of(
		(bv_f32_bits(magnitude) & ~(uint64_t)F32_SIGN) | (bv_f32_bits(sign) & F32_SIGN));
}

/* From 2^52 (2^23) on every value is a whole number; NaN and infinity are let through by the
 * arithmetic, which also makes a signalling NaN quiet. */
static inline bool whole_f64(double a)
{
	return !(a < 4503599627370496.0 && a > -4503599627370496.0);
}

static inline bool whole_f32(float a)
{
	return !(a < 8388608.0f && a > -8388608.0f);
}

static inline double trunc_f64(double a)
{
	return whole_f64(a) ? a + 0.0 : sign_of_f64((double)(int64_t)a, a);
}

static inline float trunc_f32(float a)
{
	return whole_f32(a) ? a + 0.0f : sign_of_f32((float)(int32_t)a, a);
}

static inline double floor_f64(double a)
{
	double t = trunc_f64(a);

	return t > a ? sign_of_f64(t - 1.0, a) : t;
}

static inline float floor_f32(float a)
{
	float t = trunc_f32(a);

	return t > a ? sign_of_f32(t - 1.0f, a) : t;
}

static inline double ceil_f64(double a)
{
	double t = trunc_f64(a);

	return t < a ? sign_of_f64(t + 1.0, a) : t;
}

static inline float ceil_f32(float a)
{
	float t = trunc_f32(a);

	return t < a ? sign_of_f32(t + 1.0f, a) : t;
}

/* Adding and taking off 2^52 rounds to the nearest, ties to even, in the default mode. */
static inline double nearest_f64(double a)
{
	double magic = sign_of_f64(4503599627370496.0, a);
	double sum = a + magic;

	return whole_f64(a) ? a + 0.0 : sign_of_f64(sum - magic, a);
}

static inline float nearest_f32(float a)
{
	float magic = sign_of_f32(8388608.0f, a);
	float sum = a + magic;

	return whole_f32(a) ? a + 0.0f : sign_of_f32(sum - magic, a);
}

#define MINMAX(p, T) \
	static inline T min_##p(T a, T b) \
	{ \
		if (a != a || b != b) \
			return a + b; \
		if (a == b) /* zeros: the negative one */ \
			return BITS_##p(a) > BITS_##p(b) ? a : b; \
		return a < b ? a : b; \
	} \
	static inline T max_##p(T a, T b) \
	{ \
		if (a != a || b != b) \
			return a + b; \
		if (a == b) \
			return BITS_##p(a) > BITS_##p(b) ? b : a; \
		return a > b ? a : b; \
	}

MINMAX(f32, float)
MINMAX(f64, double)

#define ARITHMETIC(p, T, root) \
	BIN(p, T, add, a + b) \
	BIN(p, T, sub, a - b) \
	BIN(p, T, mul, a *b) \
	BIN(p, T, div, a / b) \
	BIN(p, T, min, min_##p(a, b)) \
	BIN(p, T, max, max_##p(a, b)) \
	BIN(p, T, copysign, sign_of_##p(a, b)) \
	UN(p, T, abs, p, T, BV_NO_CHECK, sign_of_##p(a, (T)0)) \
	UN(p, T, neg, p, T, BV_NO_CHECK, negate_##p(a)) \
	UN(p, T, ceil, p, T, BV_NO_CHECK, ceil_##p(a)) \
	UN(p, T, floor, p, T, BV_NO_CHECK, floor_##p(a)) \
	UN(p, T, trunc, p, T, BV_NO_CHECK, trunc_##p(a)) \
	UN(p, T, nearest, p, T, BV_NO_CHECK, nearest_##p(a)) \
	UN(p, T, sqrt, p, T, BV_NO_CHECK, root(a))

static inline float negate_f32(float a)
{
	return bv_f32_of(bv_f32_bits(a) ^ F32_SIGN);
}

static inline double negate_f64(double a)
{
	return bv_f64_of(bv_f64_bits(a) ^ F64_SIGN);
}

ARITHMETIC(f32, float, __builtin_sqrtf)
ARITHMETIC(f64, double, __builtin_sqrt)

/* ---- comparisons: the result is an integer ---- */

#define CMP(p, T, name, expr) \
	BV_VALUE(p##_##name##_ss, T a = LOAD_##p(ip->a); \
		 T b = LOAD_##p(ip->b), BV_NO_CHECK, x, (uint64_t)(expr), x) \
	BV_VALUE(p##_##name##_as, T a = ACC_##p; \
		 T b = LOAD_##p(ip->b), BV_NO_CHECK, x, (uint64_t)(expr), x) \
	BV_VALUE(p##_##name##_sa, T a = LOAD_##p(ip->a); \
		 T b = ACC_##p, BV_NO_CHECK, x, (uint64_t)(expr), x) \
	CMP_BRANCH(brc_##p##_##name, p, T, expr) \
	CMP_BRANCH(brn_##p##_##name, p, T, !(expr))
#define CMP_BRANCH(name, p, T, expr) \
	BV_BRANCH(name##_ss, T a = LOAD_##p(ip->a); T b = LOAD_##p(ip->d), expr) \
	BV_BRANCH(name##_as, T a = ACC_##p; T b = LOAD_##p(ip->d), expr) \
	BV_BRANCH(name##_sa, T a = LOAD_##p(ip->a); T b = ACC_##p, expr)
#define BRANCH_ROW(name) \
	[BV_FORM_SS * 2] = name##_ss_f, name##_ss_b, [BV_FORM_AS * 2] = name##_as_f, name##_as_b, \
		      [BV_FORM_SA * 2] = name##_sa_f, name##_sa_b

#define COMPARE(p, T) \
	CMP(p, T, eq, a == b) \
	CMP(p, T, ne, a != b) \
	CMP(p, T, lt, a < b) \
	CMP(p, T, gt, a > b) \
	CMP(p, T, le, a <= b) \
	CMP(p, T, ge, a >= b)

COMPARE(f32, float)
COMPARE(f64, double)

/* ---- conversions ---- */

/* Truncation is defined for values strictly between the two bounds. */
#define TRUNC(p, q, U, name, low, high, T, I) \
	UN(p, T, trunc_##name, q, U, BV_TRAP_IF(a != a, CONVERSION); \
		BV_TRAP_IF(!(a > (low) && a < (high)), INTEGER_OVERFLOW), (T)(I)a) \
	UN(p, T, trunc_sat_##name, q, U, BV_NO_CHECK, \
		a != a              ? (T)0 \
			: a > (low) ? a < (high) ? (T)(I)a : (T)MAX_##I \
				    : (T)MIN_##I)

#define MAX_int32_t INT32_MAX
#define MIN_int32_t INT32_MIN
#define MAX_uint32_t UINT32_MAX
#define MIN_uint32_t 0
#define MAX_int64_t INT64_MAX
#define MIN_int64_t INT64_MIN
#define MAX_uint64_t UINT64_MAX
#define MIN_uint64_t 0

/* The greatest float below -2^31 and -2^63. */
#define BELOW_I32_F32 (-2147483904.0f)
#define BELOW_I64_F32 (-9223373136366403584.0f)
#define BELOW_I64_F64 (-9223372036854777856.0)

TRUNC(i32, f32, float, f32_s, BELOW_I32_F32, 2147483648.0f, uint32_t, int32_t)
TRUNC(i32, f32, float, f32_u, -1.0f, 4294967296.0f, uint32_t, uint32_t)
TRUNC(i32, f64, double, f64_s, -2147483649.0, 2147483648.0, uint32_t, int32_t)
TRUNC(i32, f64, double, f64_u, -1.0, 4294967296.0, uint32_t, uint32_t)
TRUNC(i64, f32, float, f32_s, BELOW_I64_F32, 9223372036854775808.0f, uint64_t, int64_t)
TRUNC(i64, f32, float, f32_u, -1.0f, 18446744073709551616.0f, uint64_t, uint64_t)
TRUNC(i64, f64, double, f64_s, BELOW_I64_F64, 9223372036854775808.0, uint64_t, int64_t)
TRUNC(i64, f64, double, f64_u, -1.0, 18446744073709551616.0, uint64_t, uint64_t)

UN(f32, float, convert_i32_s, i32, uint32_t, BV_NO_CHECK, (float)(int32_t)a)
UN(f32, float, convert_i32_u, i32, uint32_t, BV_NO_CHECK, (float)a)
UN(f32, float, convert_i64_s, i64, uint64_t, BV_NO_CHECK, (float)(int64_t)a)
UN(f32, float, convert_i64_u, i64, uint64_t, BV_NO_CHECK, (float)a)
UN(f32, float, demote_f64, f64, double, BV_NO_CHECK, (float)a)
UN(f64, double, convert_i32_s, i32, uint32_t, BV_NO_CHECK, (double)(int32_t)a)
UN(f64, double, convert_i32_u, i32, uint32_t, BV_NO_CHECK, (double)a)
UN(f64, double, convert_i64_s, i64, uint64_t, BV_NO_CHECK, (double)(int64_t)a)
UN(f64, double, convert_i64_u, i64, uint64_t, BV_NO_CHECK, (double)a)
UN(f64, double, promote_f32, f32, float, BV_NO_CHECK, (double)a)

/* ---- tables ---- */

#define CODES(X, P, p) \
	X(BV_OP_##P##_ADD, p##_add, BIN_ROW(p##_add)) \
	X(BV_OP_##P##_SUB, p##_sub, BIN_ROW(p##_sub)) \
	X(BV_OP_##P##_MUL, p##_mul, BIN_ROW(p##_mul)) \
	X(BV_OP_##P##_DIV, p##_div, BIN_ROW(p##_div)) \
	X(BV_OP_##P##_MIN, p##_min, BIN_ROW(p##_min)) \
	X(BV_OP_##P##_MAX, p##_max, BIN_ROW(p##_max)) \
	X(BV_OP_##P##_COPYSIGN, p##_copysign, BIN_ROW(p##_copysign)) \
	X(BV_OP_##P##_ABS, p##_abs, UN_ROW(p##_abs)) \
	X(BV_OP_##P##_NEG, p##_neg, UN_ROW(p##_neg)) \
	X(BV_OP_##P##_CEIL, p##_ceil, UN_ROW(p##_ceil)) \
	X(BV_OP_##P##_FLOOR, p##_floor, UN_ROW(p##_floor)) \
	X(BV_OP_##P##_TRUNC, p##_trunc, UN_ROW(p##_trunc)) \
	X(BV_OP_##P##_NEAREST, p##_nearest, UN_ROW(p##_nearest)) \
	X(BV_OP_##P##_SQRT, p##_sqrt, UN_ROW(p##_sqrt)) \
	X(BV_OP_##P##_EQ, p##_eq, BIN_ROW(p##_eq)) \
	X(BV_OP_##P##_NE, p##_ne, BIN_ROW(p##_ne)) \
	X(BV_OP_##P##_LT, p##_lt, BIN_ROW(p##_lt)) \
	X(BV_OP_##P##_GT, p##_gt, BIN_ROW(p##_gt)) \
	X(BV_OP_##P##_LE, p##_le, BIN_ROW(p##_le)) \
	X(BV_OP_##P##_GE, p##_ge, BIN_ROW(p##_ge))

#define TRUNC_CODES(X, P, p) \
	X(BV_OP_##P##_TRUNC_F32_S, p##_trunc_f32_s, UN_ROW(p##_trunc_f32_s)) \
	X(BV_OP_##P##_TRUNC_F32_U, p##_trunc_f32_u, UN_ROW(p##_trunc_f32_u)) \
	X(BV_OP_##P##_TRUNC_F64_S, p##_trunc_f64_s, UN_ROW(p##_trunc_f64_s)) \
	X(BV_OP_##P##_TRUNC_F64_U, p##_trunc_f64_u, UN_ROW(p##_trunc_f64_u)) \
	X(BV_OP_##P##_TRUNC_SAT_F32_S, p##_trunc_sat_f32_s, UN_ROW(p##_trunc_sat_f32_s)) \
	X(BV_OP_##P##_TRUNC_SAT_F32_U, p##_trunc_sat_f32_u, UN_ROW(p##_trunc_sat_f32_u)) \
	X(BV_OP_##P##_TRUNC_SAT_F64_S, p##_trunc_sat_f64_s, UN_ROW(p##_trunc_sat_f64_s)) \
	X(BV_OP_##P##_TRUNC_SAT_F64_U, p##_trunc_sat_f64_u, UN_ROW(p##_trunc_sat_f64_u))

#define CONVERT_CODES(X, P, p) \
	X(BV_OP_##P##_CONVERT_I32_S, p##_convert_i32_s, UN_ROW(p##_convert_i32_s)) \
	X(BV_OP_##P##_CONVERT_I32_U, p##_convert_i32_u, UN_ROW(p##_convert_i32_u)) \
	X(BV_OP_##P##_CONVERT_I64_S, p##_convert_i64_s, UN_ROW(p##_convert_i64_s)) \
	X(BV_OP_##P##_CONVERT_I64_U, p##_convert_i64_u, UN_ROW(p##_convert_i64_u))

#define BRANCH(code, op) (code + BV_OP_##op - BV_IR_COMPARE_FIRST)
#define BRANCH_CODES(X, code, P, p) \
	X(BRANCH(code, P##_EQ), p##_eq, BRANCH_ROW(p##_eq)) \
	X(BRANCH(code, P##_NE), p##_ne, BRANCH_ROW(p##_ne)) \
	X(BRANCH(code, P##_LT), p##_lt, BRANCH_ROW(p##_lt)) \
	X(BRANCH(code, P##_GT), p##_gt, BRANCH_ROW(p##_gt)) \
	X(BRANCH(code, P##_LE), p##_le, BRANCH_ROW(p##_le)) \
	X(BRANCH(code, P##_GE), p##_ge, BRANCH_ROW(p##_ge))

#define TABLE(X) \
	CODES(X, F32, f32) \
	CODES(X, F64, f64) \
	TRUNC_CODES(X, I32, i32) \
	TRUNC_CODES(X, I64, i64) \
	CONVERT_CODES(X, F32, f32) \
	CONVERT_CODES(X, F64, f64) \
	X(BV_OP_F32_DEMOTE_F64, f32_demote_f64, UN_ROW(f32_demote_f64)) \
	X(BV_OP_F64_PROMOTE_F32, f64_promote_f32, UN_ROW(f64_promote_f32)) \
	BRANCH_CODES(X, BV_IR_BRC, F32, brc_f32) \
	BRANCH_CODES(X, BV_IR_BRC, F64, brc_f64) \
	BRANCH_CODES(X, BV_IR_BRN, F32, brn_f32) \
	BRANCH_CODES(X, BV_IR_BRN, F64, brn_f64)

BV_ROWS(TABLE)

bv_handler bv_exec_float(uint32_t op, uint32_t variant)
{
	return rows_find(op, variant);
}

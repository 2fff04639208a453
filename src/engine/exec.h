/* SPDX-License-Identifier: MIT
 *
 * How a handler is written. A handler does its work and goes on to the next cell's handler with
 * the same arguments; the compiler makes that a jump, and the arguments stay in registers for as
 * long as the guest runs. clang is told so (musttail); gcc does it when it optimises and no
 * local's address escapes, which a test proves by running long programs on a small stack. Builds
 * without optimisation or with a sanitizer return to a loop instead.
 *
 * Rules for handlers: no call but in a tail position or to a cold function that takes no address
 * of an argument; no state outside the arguments; after anything that may grow or switch memory,
 * mem and len are read again (BV_RELOAD).
 */
#ifndef ENGINE_EXEC_H
#define ENGINE_EXEC_H

#include "engine/ir.h"

#if !defined(BV_ENGINE_TRAMPOLINE) && !defined(__OPTIMIZE__)
#define BV_ENGINE_TRAMPOLINE 1
#endif

#define BV_EXEC_DONE 0
#define BV_EXEC_TRAP 1
#define BV_EXEC_NEXT 2 /* trampoline only */

#define BV_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#define BV_OPFN(name) static int name(BV_EXEC_PARAMS)

#ifdef BV_ENGINE_TRAMPOLINE
static inline int bv_exec_yield(BV_EXEC_PARAMS)
{
	in->store->registers = (struct bv_exec_registers){ip, fp, mem, len, in, x, s, d};
	return BV_EXEC_NEXT;
}
#define BV_DISPATCH() return bv_exec_yield(ip, fp, mem, len, in, x, s, d)
#elif defined(__clang__)
#define BV_DISPATCH() __attribute__((musttail)) return ip->op(ip, fp, mem, len, in, x, s, d)
#else
#define BV_DISPATCH() return ip->op(ip, fp, mem, len, in, x, s, d)
#endif

#define BV_NEXT(cells) \
	do { \
		ip += (cells); \
		BV_DISPATCH(); \
	} while (0)

/* Records the trap of the instruction at ip; always BV_EXEC_TRAP. */
int bv_exec_trap(struct bv_wasm_instance *in, const struct bv_cell *ip,
	enum bv_wasm_trap_kind kind);

#define BV_TRAP_IF(condition, kind) \
	do { \
		if (BV_UNLIKELY(condition)) \
			return bv_exec_trap(in, ip, BV_WASM_TRAP_##kind); \
	} while (0)

#define BV_POLL() BV_TRAP_IF(*in->interrupt, INTERRUPT)

#define BV_RELOAD() \
	do { \
		mem = in->memory->base; \
		len = in->memory->bytes; \
	} while (0)

static inline float bv_f32_of(uint64_t bits)
{
	uint32_t low = (uint32_t)bits;
	float value;

	memcpy(&value, &low, sizeof(value));
	return value;
}

static inline double bv_f64_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline uint64_t bv_f32_bits(float value)
{
	uint32_t low;

	memcpy(&low, &value, sizeof(low));
	return low;
}

static inline uint64_t bv_f64_bits(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/* All variants of an instruction with one result in accumulator `acc`, whose slot value is
 * `bits`: with and without a store. `setup` declares the operands. */
#define BV_VALUE(name, setup, checks, acc, value, bits) \
	BV_OPFN(name##_a) \
	{ \
		setup; \
		checks; \
		acc = (value); \
		BV_NEXT(1); \
	} \
	BV_OPFN(name##_d) \
	{ \
		setup; \
		checks; \
		acc = (value); \
		fp[ip->d] = (bits); \
		BV_NEXT(1); \
	}

#define BV_NO_CHECK ((void)0)

/* A conditional branch, forward and backward. */
#define BV_BRANCH(name, setup, condition) \
	BV_OPFN(name##_f) \
	{ \
		setup; \
		if (condition) \
			BV_NEXT(ip->simm); \
		BV_NEXT(1); \
	} \
	BV_OPFN(name##_b) \
	{ \
		setup; \
		if (condition) { \
			BV_POLL(); \
			BV_NEXT(ip->simm); \
		} \
		BV_NEXT(1); \
	}

/* A file's table of handlers: TABLE(X) is a list of X(instruction, a name, its variants in order).
 * The rows are packed, and found by an index of small numbers: every handler in them is relocated
 * when a program starts, and every page that holds one is touched and copied for that. */
struct bv_row {
	uint16_t at;
	uint8_t count; /* 0: another file's, or nobody's */
};

#define BV_ROW_COUNT(...) (sizeof((const bv_handler[]){__VA_ARGS__}) / sizeof(bv_handler))
#define BV_ROW_MEMBER(code, name, ...) bv_handler name[BV_ROW_COUNT(__VA_ARGS__)];
#define BV_ROW_VALUE(code, name, ...) .name = {__VA_ARGS__},
#define BV_ROW_INDEX(code, name, ...) \
	[code] = {offsetof(struct rows, name) / sizeof(bv_handler), BV_ROW_COUNT(__VA_ARGS__)},
#define BV_ROWS(TABLE) \
	struct rows { \
		TABLE(BV_ROW_MEMBER) \
	}; \
	static const struct rows rows = {TABLE(BV_ROW_VALUE)}; \
	static const struct bv_row row_index[BV_IR_COUNT] = {TABLE(BV_ROW_INDEX)}; \
	static bv_handler rows_find(uint32_t op, uint32_t variant) \
	{ \
		const bv_handler *first = (const bv_handler *)(const void *)&rows; \
\
		if (op >= BV_IR_COUNT || variant >= row_index[op].count) \
			return NULL; \
		return first[row_index[op].at + variant]; \
	}

#endif

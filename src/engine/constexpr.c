/* SPDX-License-Identifier: MIT
 *
 * Constant expressions, with the extended-constant instructions (add, sub, mul). Both passes use
 * one bounded stack: an expression that needs more than BV_CONSTEXPR_DEPTH operands is refused. So
 * is one that is longer than BV_CONSTEXPR_BYTES, because evaluation is not interrupted half-way.
 */
#include "engine/constexpr.h"

#include "engine/opcode.h"

#define BV_CONSTEXPR_DEPTH 256
#define BV_CONSTEXPR_BYTES ((uint64_t)64 << 10)

struct constexpr_check {
	struct bv_cursor *cursor;
	struct bv_wasm_module *module;
	uint32_t global_count;
	uint32_t depth;
	uint8_t stack[BV_CONSTEXPR_DEPTH];
};

static bool check_push(struct constexpr_check *check, uint8_t type)
{
	if (check->depth == BV_CONSTEXPR_DEPTH)
		return bv_cursor_fail(check->cursor, BV_E_LIMIT,
			"a constant expression nests deeper than 256 operands");
	check->stack[check->depth++] = type;
	return true;
}

static bool check_global(struct constexpr_check *check, const struct bv_op *op)
{
	const struct bv_module_global *global;
	uint32_t count = check->global_count;

	/* Version 3.0 opened this to every global that is already defined. */
	if (check->module->edition == 20 && count > check->module->import_global_count)
		count = check->module->import_global_count;
	if (op->index >= count)
		return bv_cursor_fail_at(check->cursor, op->offset, BV_E_INVALID, "unknown global");
	global = &check->module->globals[op->index];
	if (global->is_mutable)
		return bv_cursor_fail_at(check->cursor, op->offset, BV_E_INVALID,
			"constant expression required: the global is mutable");
	return check_push(check, global->type);
}

static bool check_ref_func(struct constexpr_check *check, const struct bv_op *op)
{
	if (op->index >= check->module->func_count)
		return bv_cursor_fail_at(check->cursor, op->offset, BV_E_INVALID,
			"unknown function");
	bv_module_declare(check->module, op->index);
	return check_push(check, BV_WASM_FUNCREF);
}

static bool check_arithmetic(struct constexpr_check *check, const struct bv_op *op, uint8_t type)
{
	uint32_t depth = check->depth;

	if (check->module->edition == 20)
		return bv_cursor_fail_at(check->cursor, op->offset, BV_E_INVALID,
			"constant expression required");
	if (depth < 2 || check->stack[depth - 1] != type || check->stack[depth - 2] != type)
		return bv_cursor_fail_at(check->cursor, op->offset, BV_E_INVALID, "type mismatch");
	check->depth--;
	return true;
}

static bool check_op(struct constexpr_check *check, const struct bv_op *op)
{
	switch (op->code) {
	case BV_OP_I32_CONST:
		return check_push(check, BV_WASM_I32);
	case BV_OP_I64_CONST:
		return check_push(check, BV_WASM_I64);
	case BV_OP_F32_CONST:
		return check_push(check, BV_WASM_F32);
	case BV_OP_F64_CONST:
		return check_push(check, BV_WASM_F64);
	case BV_OP_REF_NULL:
		return check_push(check, op->type);
	case BV_OP_REF_FUNC:
		return check_ref_func(check, op);
	case BV_OP_GLOBAL_GET:
		return check_global(check, op);
	case BV_OP_I32_ADD:
	case BV_OP_I32_SUB:
	case BV_OP_I32_MUL:
		return check_arithmetic(check, op, BV_WASM_I32);
	case BV_OP_I64_ADD:
	case BV_OP_I64_SUB:
	case BV_OP_I64_MUL:
		return check_arithmetic(check, op, BV_WASM_I64);
	default:
		return bv_cursor_fail_at(check->cursor, op->offset, BV_E_INVALID,
			"constant expression required");
	}
}

bool bv_constexpr_validate(struct bv_cursor *cursor, struct bv_wasm_module *module,
	uint32_t global_count, uint8_t type, struct bv_constexpr *ret)
{
	struct constexpr_check check = {.cursor = cursor,
		.module = module,
		.global_count = global_count};
	uint32_t at = (uint32_t)bv_cursor_offset(cursor);
	struct bv_op op = {0};

	for (;;) {
		if (!bv_op_read(cursor, &op))
			return false;
		if (op.code == BV_OP_END)
			break;
		if (!check_op(&check, &op))
			return false;
		if (bv_cursor_offset(cursor) - at > BV_CONSTEXPR_BYTES)
			return bv_cursor_fail_at(cursor, at, BV_E_LIMIT,
				"a constant expression is longer than 64 KiB");
	}
	if (check.depth != 1 || check.stack[0] != type)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID, "type mismatch");
	*ret = (struct bv_constexpr){.at = at, .end = (uint32_t)bv_cursor_offset(cursor)};
	return true;
}

static uint64_t eval_arithmetic(uint16_t code, uint64_t a, uint64_t b)
{
	switch (code) {
	case BV_OP_I32_ADD:
		return (uint32_t)(a + b);
	case BV_OP_I32_SUB:
		return (uint32_t)(a - b);
	case BV_OP_I32_MUL:
		return (uint32_t)(a * b);
	case BV_OP_I64_ADD:
		return a + b;
	case BV_OP_I64_SUB:
		return a - b;
	default:
		return a * b;
	}
}

/* The value that an operand-less instruction pushes; false for arithmetic. */
static bool eval_leaf(const struct bv_constexpr_env *env, const struct bv_op *op, uint64_t *ret)
{
	switch (op->code) {
	case BV_OP_I32_CONST:
	case BV_OP_I64_CONST:
	case BV_OP_F32_CONST:
	case BV_OP_F64_CONST:
		*ret = op->value;
		return true;
	case BV_OP_REF_NULL:
		*ret = 0;
		return true;
	case BV_OP_REF_FUNC:
		*ret = env->func(env->user, op->index);
		return true;
	case BV_OP_GLOBAL_GET:
		*ret = env->global(env->user, op->index);
		return true;
	default:
		return false;
	}
}

uint64_t bv_constexpr_eval(const struct bv_constexpr_env *env, uint32_t at, uint32_t *ret_end)
{
	struct bv_bytes bytes = env->module->bytes;
	struct bv_cursor cursor = {.at = bytes.data + at,
		.end = bytes.data + bytes.len,
		.base = bytes.data};
	uint64_t stack[BV_CONSTEXPR_DEPTH] = {0};
	uint32_t depth = 0;
	struct bv_op op = {0};

	/* The validator has seen these bytes: reads succeed, and the depth stays in bounds. */
	while (bv_op_read(&cursor, &op) && op.code != BV_OP_END) {
		uint64_t leaf = 0;

		if (eval_leaf(env, &op, &leaf) && depth < BV_CONSTEXPR_DEPTH) {
			stack[depth++] = leaf;
		} else if (depth >= 2) {
			depth--;
			stack[depth - 1] = eval_arithmetic(op.code, stack[depth - 1], stack[depth]);
		}
	}
	if (ret_end)
		*ret_end = (uint32_t)bv_cursor_offset(&cursor);
	return stack[0];
}

/* SPDX-License-Identifier: MIT
 *
 * Reading one instruction. Opcodes and types that belong to proposals this engine lacks are told
 * apart from bytes that mean nothing.
 */
#include "engine/opcode.h"

#include <bvisor/wasm.h>

const struct bv_op_info bv_op_infos[BV_OP_COUNT] = {
#define BV_OP(code, name, imm, sig, text) [code] = {BV_IMM_##imm, sig, text},
#include "engine/opcodes.def"
#undef BV_OP
};

bool bv_op_is_reftype(uint8_t type)
{
	return type == BV_WASM_FUNCREF || type == BV_WASM_EXTERNREF;
}

/* The proposal a type byte belongs to, or NULL. */
static const char *op_type_feature(uint8_t byte)
{
	switch (byte) {
	case 0x7b:
		return "simd";
	case 0x63:
	case 0x64:
		return "function-references";
	case 0x69:
	case 0x74:
		return "exceptions";
	case 0x68:
	case 0x75:
		return "stack-switching";
	case 0x6a:
	case 0x6b:
	case 0x6c:
	case 0x6d:
	case 0x6e:
	case 0x71:
	case 0x72:
	case 0x73:
	case 0x77:
	case 0x78:
		return "gc";
	default:
		return NULL;
	}
}

static bool op_type_unknown(struct bv_cursor *cursor, uint64_t at, uint8_t byte, const char *text)
{
	const char *feature = op_type_feature(byte);

	if (feature)
		return bv_cursor_feature(cursor, at, feature);
	return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX, text);
}

bool bv_op_valtype(struct bv_cursor *cursor, uint8_t *ret)
{
	uint64_t at = bv_cursor_offset(cursor);
	uint8_t byte = 0;

	if (!bv_cursor_byte(cursor, &byte))
		return false;
	if (!(byte >= BV_WASM_F64 && byte <= BV_WASM_I32) && !bv_op_is_reftype(byte))
		return op_type_unknown(cursor, at, byte, "malformed value type");
	*ret = byte;
	return true;
}

bool bv_op_reftype(struct bv_cursor *cursor, uint8_t *ret)
{
	uint64_t at = bv_cursor_offset(cursor);
	uint8_t byte = 0;

	if (!bv_cursor_byte(cursor, &byte))
		return false;
	if (!bv_op_is_reftype(byte))
		return op_type_unknown(cursor, at, byte, "malformed reference type");
	*ret = byte;
	return true;
}

static bool op_block_type(struct bv_cursor *cursor, struct bv_op *op)
{
	uint64_t at = bv_cursor_offset(cursor);
	int64_t index = 0;

	if (cursor->at != cursor->end && *cursor->at == 0x40) {
		op->type = *cursor->at++;
		return true;
	}
	if (cursor->at != cursor->end && *cursor->at >= 0x41 && *cursor->at <= 0x7f)
		return bv_op_valtype(cursor, &op->type);
	if (!bv_cursor_signed(cursor, 33, &index))
		return false;
	if (index < 0)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX, "malformed block type");
	op->type = 0;
	op->index = (uint32_t)index;
	return true;
}

/* ref.null takes a heap type: a concrete one belongs to function references. */
static bool op_heap_type(struct bv_cursor *cursor, struct bv_op *op)
{
	if (cursor->at != cursor->end && !(*cursor->at & 0x40))
		return bv_cursor_feature(cursor, bv_cursor_offset(cursor), "function-references");
	return bv_op_reftype(cursor, &op->type);
}

static bool op_memarg(struct bv_cursor *cursor, struct bv_op *op)
{
	uint64_t at = bv_cursor_offset(cursor);
	uint32_t offset = 0;

	if (!bv_cursor_u32(cursor, &op->index))
		return false;
	if (op->index >= 64 && op->index < 128)
		return bv_cursor_feature(cursor, at, "multi-memory");
	if (op->index >= 32)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX, "malformed memop flags");
	if (!bv_cursor_u32(cursor, &offset))
		return false;
	op->value = offset;
	return true;
}

static bool op_memory_index(struct bv_cursor *cursor)
{
	uint64_t at = bv_cursor_offset(cursor);
	uint8_t byte = 0;

	if (!bv_cursor_byte(cursor, &byte))
		return false;
	if (byte >= 0x80)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX, "zero byte expected");
	if (byte)
		return bv_cursor_feature(cursor, at, "multi-memory");
	return true;
}

static bool op_fixed(struct bv_cursor *cursor, size_t size, uint64_t *ret)
{
	struct bv_bytes bytes = {0};
	uint64_t value = 0;

	if (!bv_cursor_bytes(cursor, size, &bytes))
		return false;
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)bytes.data[i] << (8 * i);
	*ret = value;
	return true;
}

static bool op_labels(struct bv_cursor *cursor, struct bv_op *op)
{
	return bv_cursor_count(cursor, 1, BV_OP_LABELS_MAX, "labels in one br_table", &op->index);
}

static bool op_types(struct bv_cursor *cursor, struct bv_op *op)
{
	uint32_t count = 0;

	if (!bv_cursor_u32(cursor, &count))
		return false;
	if (count != 1)
		return bv_cursor_fail_at(cursor, op->offset, BV_E_INVALID, "invalid result arity");
	return bv_op_valtype(cursor, &op->type);
}

static bool op_integer(struct bv_cursor *cursor, unsigned int bits, uint64_t *ret)
{
	int64_t value = 0;

	if (!bv_cursor_signed(cursor, bits, &value))
		return false;
	*ret = bits == 32 ? (uint32_t)value : (uint64_t)value;
	return true;
}

static bool op_immediates(struct bv_cursor *cursor, struct bv_op *op)
{
	switch ((enum bv_imm)bv_op_infos[op->code].imm) {
	case BV_IMM_ILLEGAL:
		return bv_cursor_fail_at(cursor, op->offset, BV_E_SYNTAX, "illegal opcode");
	case BV_IMM_NONE:
		return true;
	case BV_IMM_BLOCK:
		return op_block_type(cursor, op);
	case BV_IMM_INDEX:
		return bv_cursor_u32(cursor, &op->index);
	case BV_IMM_INDEX2:
		return bv_cursor_u32(cursor, &op->index) && bv_cursor_u32(cursor, &op->index2);
	case BV_IMM_LABELS:
		return op_labels(cursor, op);
	case BV_IMM_TYPES:
		return op_types(cursor, op);
	case BV_IMM_REFTYPE:
		return op_heap_type(cursor, op);
	case BV_IMM_MEMARG1:
	case BV_IMM_MEMARG2:
	case BV_IMM_MEMARG4:
	case BV_IMM_MEMARG8:
		return op_memarg(cursor, op);
	case BV_IMM_MEMORY:
		return op_memory_index(cursor);
	case BV_IMM_MEMORY2:
		return op_memory_index(cursor) && op_memory_index(cursor);
	case BV_IMM_DATA_MEMORY:
		return bv_cursor_u32(cursor, &op->index) && op_memory_index(cursor);
	case BV_IMM_I32:
		return op_integer(cursor, 32, &op->value);
	case BV_IMM_I64:
		return op_integer(cursor, 64, &op->value);
	case BV_IMM_F32:
		return op_fixed(cursor, 4, &op->value);
	case BV_IMM_F64:
		return op_fixed(cursor, 8, &op->value);
	}
	return bv_cursor_fail_at(cursor, op->offset, BV_E_FAULT, "an opcode has no reader");
}

/* The proposal an opcode byte belongs to, or NULL. */
static const char *op_code_feature(uint8_t byte)
{
	switch (byte) {
	case 0x06:
	case 0x07:
	case 0x09:
	case 0x18:
	case 0x19:
		return "legacy-exceptions";
	case 0x08:
	case 0x0a:
	case 0x1f:
		return "exceptions";
	case 0x14:
	case 0x15:
	case 0xd4:
	case 0xd5:
	case 0xd6:
		return "function-references";
	case 0xd3:
	case 0xfb:
		return "gc";
	case 0xe0:
	case 0xe1:
	case 0xe2:
	case 0xe3:
	case 0xe4:
	case 0xe5:
	case 0xe6:
		return "stack-switching";
	case 0xfd:
		return "simd";
	case 0xfe:
		return "threads";
	default:
		return NULL;
	}
}

static bool op_prefixed(struct bv_cursor *cursor, struct bv_op *op)
{
	uint32_t number = 0;

	if (!bv_cursor_u32(cursor, &number))
		return false;
	if (number >= 0x13 && number <= 0x16)
		return bv_cursor_feature(cursor, op->offset, "wide-arithmetic");
	if (number >= BV_OP_COUNT - 0x100)
		return bv_cursor_fail_at(cursor, op->offset, BV_E_SYNTAX, "illegal opcode");
	op->code = (uint16_t)(0x100 + number);
	return op_immediates(cursor, op);
}

static bool op_unknown(struct bv_cursor *cursor, struct bv_op *op)
{
	const char *feature = op_code_feature((uint8_t)op->code);

	if (op->code == 0xfc)
		return op_prefixed(cursor, op);
	if (feature)
		return bv_cursor_feature(cursor, op->offset, feature);
	return bv_cursor_fail_at(cursor, op->offset, BV_E_SYNTAX, "illegal opcode");
}

bool bv_op_read_rest(struct bv_cursor *cursor, struct bv_op *ret)
{
	if (bv_op_infos[ret->code].imm == BV_IMM_ILLEGAL)
		return op_unknown(cursor, ret);
	return op_immediates(cursor, ret);
}

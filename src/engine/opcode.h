/* SPDX-License-Identifier: MIT
 *
 * Instructions of the binary format. The one reader of opcodes and immediates, used by the
 * validator and by the translator, so that the two can never disagree on where an instruction
 * ends. It checks form only (malformed bytes, proposals we lack), not meaning.
 */
#ifndef ENGINE_OPCODE_H
#define ENGINE_OPCODE_H

#include "engine/cursor.h"

#define BV_OP_COUNT 0x120
#define BV_OP_LABELS_MAX 65520u

enum bv_opcode {
#define BV_OP(code, name, imm, sig, text) BV_OP_##name = code,
#include "engine/opcodes.def"
#undef BV_OP
};

enum bv_imm {
	BV_IMM_ILLEGAL = 0,
	BV_IMM_NONE,
	BV_IMM_BLOCK,   /* index: a type index, or type: a value type, or type 0x40: nothing */
	BV_IMM_INDEX,   /* index */
	BV_IMM_INDEX2,  /* index, index2 */
	BV_IMM_LABELS,  /* index: count; the cursor stands at the first of count + 1 labels */
	BV_IMM_TYPES,   /* type: the only one */
	BV_IMM_REFTYPE, /* type */
	BV_IMM_MEMARG1, /* value: the offset; index: log2 of the alignment */
	BV_IMM_MEMARG2,
	BV_IMM_MEMARG4,
	BV_IMM_MEMARG8,
	BV_IMM_MEMORY,
	BV_IMM_MEMORY2,
	BV_IMM_DATA_MEMORY, /* index: the segment */
	BV_IMM_I32,         /* value, zero-extended */
	BV_IMM_I64,
	BV_IMM_F32,
	BV_IMM_F64,
};

struct bv_op {
	uint16_t code; /* enum bv_opcode */
	uint8_t type;
	uint32_t index;
	uint32_t index2;
	uint64_t value;
	uint64_t offset; /* of the opcode in the module */
};

struct bv_op_info {
	uint8_t imm; /* enum bv_imm */
	const char *signature;
	const char *name;
};

extern const struct bv_op_info bv_op_infos[BV_OP_COUNT];

/* All instructions but the commonest; the cursor stands behind the opcode byte. */
bool bv_op_read_rest(struct bv_cursor *cursor, struct bv_op *ret);

static inline bool bv_op_read(struct bv_cursor *cursor, struct bv_op *ret)
{
	uint8_t byte = 0;

	ret->offset = bv_cursor_offset(cursor);
	if (!bv_cursor_byte(cursor, &byte))
		return false;
	ret->code = byte;
	/* Half of all code is these two. */
	if (bv_op_infos[byte].imm == BV_IMM_NONE)
		return true;
	if (bv_op_infos[byte].imm == BV_IMM_INDEX)
		return bv_cursor_u32(cursor, &ret->index);
	return bv_op_read_rest(cursor, ret);
}

/* A value type, or a reference type. */
bool bv_op_valtype(struct bv_cursor *cursor, uint8_t *ret);
bool bv_op_reftype(struct bv_cursor *cursor, uint8_t *ret);
bool bv_op_is_reftype(uint8_t type);

#endif

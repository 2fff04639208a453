/* SPDX-License-Identifier: MIT
 *
 * Reading a tree into a plain struct by a table of members: key, reader, offset in the struct.
 * Unknown keys, wrong types and missing keys are refused by the one loop that applies a table.
 * The reader knows the place it is at, so that every error says where.
 */
#ifndef JSON_READER_H
#define JSON_READER_H

#include "contract/spec_words.h"
#include "json/tree.h"

struct bv_reader {
	struct bv_arena *arena;
	struct bv_bytes text;
	struct bv_error *err;
	char place[96];
	size_t place_len;
};

/* Reads a node into the field at `at`; `shape` is what the member's table says of it. */
typedef int bv_read_fn(struct bv_reader *reader, const struct bv_node *node, void *at,
	const void *shape);

struct bv_member {
	const char *key;
	bool required;
	bv_read_fn *read;
	size_t offset;
	const void *shape;
};

/* shape of bv_read_object */
struct bv_object_shape {
	const struct bv_member *members;
	size_t count;
};

/* shape of bv_read_list; the field is a pointer, and its count stands `count_offset` after it. */
struct bv_list_shape {
	size_t element_size;
	bv_read_fn *read;
	const void *shape; /* of the elements */
	size_t count_offset;
};

bv_read_fn bv_read_object;
bv_read_fn bv_read_list;
bv_read_fn bv_read_text;          /* const char * */
bv_read_fn bv_read_optional_text; /* the same, or null */
bv_read_fn bv_read_flag;          /* uint8_t */
bv_read_fn bv_read_u64;
bv_read_fn bv_read_u32;
bv_read_fn bv_read_word; /* an enum; shape: struct bv_words */
bv_read_fn bv_read_set;  /* uint32_t of bits; shape: struct bv_words */

/* A non-negative integer of at most `max`. */
BV_MUST_CHECK int bv_read_number(struct bv_reader *reader, const struct bv_node *node, uint64_t max,
	uint64_t *ret);
BV_MUST_CHECK int bv_read_type(struct bv_reader *reader, const struct bv_node *node,
	enum bv_node_type type);
/* Fails at an offset of the text, at the reader's place. */
int bv_reader_fail(struct bv_reader *reader, int code, size_t offset, const char *fmt, ...)
	BV_PRINTF(4, 5);

/* Goes to a member or an element, and back. */
size_t bv_reader_enter(struct bv_reader *reader, const char *key);
size_t bv_reader_enter_index(struct bv_reader *reader, size_t index);
void bv_reader_leave(struct bv_reader *reader, size_t mark);

#endif

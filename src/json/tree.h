/* SPDX-License-Identifier: MIT
 *
 * A JSON text as a tree of nodes in an arena. The reader is strict: RFC 8259 and nothing beside
 * it, no duplicate key, no NUL, valid UTF-8, whole surrogate pairs, integers within ±(2^53 - 1)
 * and no other number, nesting and the number of values bounded. Every node knows the byte
 * offset at which it stands, so that whoever dislikes a value can say where it is.
 *
 * We read JSON ourselves because the library at hand (jansson 2.14) drops bytes of a string
 * without an error when an allocation fails: a path that lost a letter is another authority.
 * A test holds this reader against it, on texts and on mutations of them.
 */
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include "base/arena.h"
#include "base/bytes.h"
#include <bvisor/error.h>

#define BV_JSON_VALUES_MAX 262144

enum bv_node_type {
	BV_NODE_NULL = 0,
	BV_NODE_BOOLEAN = 1,
	BV_NODE_INTEGER = 2,
	BV_NODE_STRING = 3,
	BV_NODE_ARRAY = 4,
	BV_NODE_OBJECT = 5,
};

struct bv_node {
	enum bv_node_type type;
	size_t offset;
	const char *key; /* in an object; NUL-terminated, as is text */
	size_t key_offset;
	union {
		bool boolean;
		int64_t integer;
		struct bv_bytes text;
		struct {
			struct bv_node **child; /* array: in order; object: sorted by key */
			size_t count;
		};
	};
};

BV_MUST_CHECK int bv_tree_parse(struct bv_arena *arena, struct bv_bytes text, struct bv_node **ret,
	struct bv_error *err);
/* An arena large enough for a text of that length; NULL without memory. */
struct bv_arena *bv_tree_arena(size_t len);
/* NULL if the object has no such key. */
const struct bv_node *bv_tree_find(const struct bv_node *object, const char *key);
/* Where a place ("capabilities.filesystem[2].access") stands in the text: the offset of its
 * value, or of the nearest one around it that is there. */
size_t bv_tree_locate(const struct bv_node *root, const char *place);
/* "an array", for messages. */
const char *bv_node_type_name(enum bv_node_type type);

/* Fills the error with code, offset and place; the text begins with line and column. */
int bv_tree_fail(struct bv_error *err, int code, struct bv_bytes text, size_t offset,
	const struct bv_error *what);

#endif

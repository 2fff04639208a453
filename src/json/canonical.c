/* SPDX-License-Identifier: MIT
 *
 * Reading strictly and writing canonically. Objects of the tree are already sorted by key; the
 * recursion is as deep as the reader allowed.
 */
#include "json/canonical.h"

#include "base/fail.h"
#include "base/json.h"
#include "json/tree.h"

static void node_write(struct bv_json *json, const struct bv_node *node);

static void object_write(struct bv_json *json, const struct bv_node *node)
{
	bv_json_object(json);
	for (size_t i = 0; i < node->count; i++) {
		bv_json_key(json, node->child[i]->key);
		node_write(json, node->child[i]);
	}
	bv_json_object_end(json);
}

static void array_write(struct bv_json *json, const struct bv_node *node)
{
	bv_json_array(json);
	for (size_t i = 0; i < node->count; i++)
		node_write(json, node->child[i]);
	bv_json_array_end(json);
}

static void node_write(struct bv_json *json, const struct bv_node *node)
{
	switch (node->type) {
	case BV_NODE_NULL:
		bv_json_null(json);
		return;
	case BV_NODE_BOOLEAN:
		bv_json_boolean(json, node->boolean);
		return;
	case BV_NODE_INTEGER:
		bv_json_integer(json, node->integer);
		return;
	case BV_NODE_STRING:
		bv_json_text(json, node->text);
		return;
	case BV_NODE_ARRAY:
		array_write(json, node);
		return;
	case BV_NODE_OBJECT:
		object_write(json, node);
		return;
	}
}

/* The canonical form is never longer than the text it was read from: no value has a shorter
 * spelling, and space goes. So a buffer of that size can only fail for want of memory. */
int bv_json_canonicalise(const void *text, size_t len, struct bv_buf *ret, struct bv_error *err)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_tree_arena(len);
	BV_CLEANUP_BUF struct bv_buf out = BV_BUF(len);
	size_t max = ret->max;
	struct bv_node *root;
	struct bv_json json;
	int code;

	if (!arena)
		return bv_fail(err, BV_E_NO_MEMORY, "json", "no memory for a text of %zu bytes",
			len);
	code = bv_tree_parse(arena, bv_bytes(text, len), &root, err);
	if (code)
		return code;
	bv_json_start(&json, &out);
	node_write(&json, root);
	if (!bv_json_end(&json))
		return bv_fail(err, BV_E_NO_MEMORY, "json", "no memory for the canonical form");
	if (out.len > max)
		return bv_fail(err, BV_E_LIMIT, "json",
			"the canonical form takes %zu bytes; at most %zu are allowed", out.len,
			max);
	bv_buf_free(ret);
	*ret = out;
	ret->max = max;
	out = BV_BUF(0);
	return BV_OK;
}

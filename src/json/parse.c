/* SPDX-License-Identifier: MIT
 *
 * The structure of a JSON text: a recursive descent whose depth is bounded before it descends.
 * The children of a container are collected in a list while their number is not known, and then
 * put into an array; an object's array is sorted, which brings duplicate keys together.
 */
#include "json/parse.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/utf8.h"

struct link {
	struct bv_node *node;
	struct link *next;
};

int bv_reading_fail(const struct bv_cursor *cursor, int code, size_t offset, const char *message)
{
	struct bv_error what = {.place = "json"};

	(void)bv_fail(&what, code, "json", "%s", message);
	return bv_tree_fail(cursor->err, code, cursor->text, offset, &what);
}

int bv_cursor_unexpected(const struct bv_cursor *cursor, const char *wanted)
{
	struct bv_error what = {.place = "json"};
	size_t left = cursor->text.len - cursor->at;
	uint32_t scalar;
	int code = left ? BV_E_SYNTAX : BV_E_TRUNCATED;

	if (left)
		(void)bv_fail(&what, code, "json", "%s is due, not \"%.*s\"", wanted,
			(int)bv_utf8_next(bv_bytes(cursor->text.data + cursor->at, left), &scalar),
			(const char *)cursor->text.data + cursor->at);
	else
		(void)bv_fail(&what, code, "json", "the text ends where %s is due", wanted);
	return bv_tree_fail(cursor->err, code, cursor->text, cursor->at, &what);
}

static int no_memory(const struct bv_cursor *cursor)
{
	return bv_reading_fail(cursor, BV_E_NO_MEMORY, cursor->at, "no memory for the text");
}

static void space_skip(struct bv_cursor *cursor)
{
	while (cursor->at < cursor->text.len && memchr(" \t\n\r", cursor->text.data[cursor->at], 4))
		cursor->at++;
}

/* The next byte that is no space; 0 at the end. */
static uint8_t peek(struct bv_cursor *cursor)
{
	space_skip(cursor);
	return cursor->at < cursor->text.len ? cursor->text.data[cursor->at] : 0;
}

static int value_parse(struct bv_cursor *cursor, struct bv_node **ret);

/* An entry of an object or array, appended through *tail. */
static int entry_parse(struct bv_cursor *cursor, bool keyed, struct link ***tail)
{
	struct link *link = bv_arena_alloc(cursor->arena, sizeof(*link));
	struct bv_bytes key = {0};
	size_t key_offset;
	int code;

	if (!link)
		return no_memory(cursor);
	if (keyed && peek(cursor) != '"')
		return bv_cursor_unexpected(cursor, "a key in quotes");
	key_offset = cursor->at;
	if (keyed) {
		code = bv_parse_string(cursor, &key);
		if (code)
			return code;
		if (peek(cursor) != ':')
			return bv_cursor_unexpected(cursor, "':'");
		cursor->at++;
	}
	code = value_parse(cursor, &link->node);
	if (code)
		return code;
	link->node->key = (const char *)key.data;
	link->node->key_offset = key_offset;
	**tail = link;
	*tail = &link->next;
	return BV_OK;
}

static int children_set(struct bv_cursor *cursor, struct bv_node *node, const struct link *first,
	size_t count)
{
	node->child = bv_arena_array(cursor->arena, count, sizeof(*node->child));
	if (!node->child)
		return no_memory(cursor);
	for (size_t i = 0; i < count; i++, first = first->next)
		node->child[i] = first->node;
	node->count = count;
	return BV_OK;
}

static int key_order(const void *a, const void *b)
{
	const struct bv_node *first = *(struct bv_node *const *)a;
	const struct bv_node *second = *(struct bv_node *const *)b;

	return strcmp(first->key, second->key);
}

static int keys_sort(struct bv_cursor *cursor, struct bv_node *node)
{
	qsort(node->child, node->count, sizeof(*node->child), key_order);
	for (size_t i = 1; i < node->count; i++) {
		const struct bv_node *a = node->child[i - 1], *b = node->child[i];
		struct bv_error what = {0};

		if (strcmp(a->key, b->key) != 0)
			continue;
		(void)bv_fail(&what, BV_E_DUPLICATE, "json", "the key \"%.80s\" appears twice",
			a->key);
		return bv_tree_fail(cursor->err, BV_E_DUPLICATE, cursor->text,
			a->key_offset > b->key_offset ? a->key_offset : b->key_offset, &what);
	}
	return BV_OK;
}

/* What stands between the brackets, and the closing one. */
static int entries_parse(struct bv_cursor *cursor, uint8_t close, struct link **first,
	size_t *count)
{
	struct link **tail = first;
	bool keyed = close == '}';
	int code;

	if (peek(cursor) == close) {
		cursor->at++;
		return BV_OK;
	}
	for (;;) {
		code = entry_parse(cursor, keyed, &tail);
		if (code)
			return code;
		++*count;
		if (peek(cursor) == close)
			break;
		if (peek(cursor) != ',')
			return bv_cursor_unexpected(cursor, keyed ? "',' or '}'" : "',' or ']'");
		cursor->at++;
	}
	cursor->at++;
	return BV_OK;
}

static int container_parse(struct bv_cursor *cursor, struct bv_node *node)
{
	bool object = cursor->text.data[cursor->at] == '{';
	struct link *first = NULL;
	size_t count = 0;
	int code;

	if (cursor->depth == BV_JSON_DEPTH_MAX)
		return bv_reading_fail(cursor, BV_E_LIMIT, cursor->at,
			"nested too deeply; 16 levels are allowed");
	cursor->depth++;
	cursor->at++;
	code = entries_parse(cursor, object ? '}' : ']', &first, &count);
	if (!code)
		code = children_set(cursor, node, first, count);
	if (!code && object)
		code = keys_sort(cursor, node);
	cursor->depth--;
	node->type = object ? BV_NODE_OBJECT : BV_NODE_ARRAY;
	return code;
}

static bool word_take(struct bv_cursor *cursor, const char *word)
{
	size_t len = strlen(word);

	if (cursor->text.len - cursor->at < len ||
		memcmp(cursor->text.data + cursor->at, word, len) != 0)
		return false;
	cursor->at += len;
	return true;
}

static int word_parse(struct bv_cursor *cursor, struct bv_node *node)
{
	if (word_take(cursor, "null")) {
		node->type = BV_NODE_NULL;
		return BV_OK;
	}
	node->type = BV_NODE_BOOLEAN;
	node->boolean = true;
	if (word_take(cursor, "true"))
		return BV_OK;
	node->boolean = false;
	if (word_take(cursor, "false"))
		return BV_OK;
	return bv_cursor_unexpected(cursor, "a value");
}

static int value_parse(struct bv_cursor *cursor, struct bv_node **ret)
{
	struct bv_node *node = bv_arena_alloc(cursor->arena, sizeof(*node));
	uint8_t first = peek(cursor);

	if (!node)
		return no_memory(cursor);
	if (++cursor->values > BV_JSON_VALUES_MAX)
		return bv_reading_fail(cursor, BV_E_LIMIT, cursor->at,
			"too many values; 262144 are allowed");
	*ret = node;
	node->offset = cursor->at;
	if (first == '{' || first == '[')
		return container_parse(cursor, node);
	if (first == '"') {
		node->type = BV_NODE_STRING;
		return bv_parse_string(cursor, &node->text);
	}
	if (first == '-' || (first >= '0' && first <= '9')) {
		node->type = BV_NODE_INTEGER;
		return bv_parse_integer(cursor, &node->integer);
	}
	return word_parse(cursor, node);
}

/* Valid UTF-8 without NUL from end to end. */
static int encoding_check(const struct bv_cursor *cursor)
{
	struct bv_bytes left = cursor->text;
	uint32_t scalar = 0;

	while (left.len) {
		size_t n = bv_utf8_next(left, &scalar);

		if (!n)
			return bv_reading_fail(cursor, BV_E_ENCODING, cursor->text.len - left.len,
				"the text is not valid UTF-8");
		if (!scalar)
			return bv_reading_fail(cursor, BV_E_ENCODING, cursor->text.len - left.len,
				"the text holds a NUL");
		left = bv_bytes(left.data + n, left.len - n);
	}
	return BV_OK;
}

int bv_tree_parse(struct bv_arena *arena, struct bv_bytes text, struct bv_node **ret,
	struct bv_error *err)
{
	struct bv_cursor cursor = {.text = text, .arena = arena, .err = err};
	struct bv_node *root = NULL;
	int code = encoding_check(&cursor);

	if (!code)
		code = value_parse(&cursor, &root);
	if (code)
		return code;
	space_skip(&cursor);
	if (cursor.at < text.len)
		return bv_cursor_unexpected(&cursor, "the end of the text");
	*ret = root;
	return BV_OK;
}

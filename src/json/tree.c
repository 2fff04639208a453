/* SPDX-License-Identifier: MIT
 *
 * Looking things up in a tree, and saying where they stand.
 */
#include "json/tree.h"

#include <stdlib.h>

#include "base/fail.h"

/* A value takes at least two bytes of text with its separator. It costs a node, a link, a pointer
 * and the rounding of key and text here, and an entry of a list in whoever reads the tree. */
#define MEMORY_PER_VALUE 256
#define MEMORY_MIN 4096

struct bv_arena *bv_tree_arena(size_t len)
{
	size_t values = len / 2 + 1;

	/* One more than the bound, so that the bound is what is reported. */
	if (values > BV_JSON_VALUES_MAX + 1)
		values = BV_JSON_VALUES_MAX + 1;
	if (len > SIZE_MAX / 2 - MEMORY_MIN - values * MEMORY_PER_VALUE)
		return NULL;
	return bv_arena_new(MEMORY_MIN + values * MEMORY_PER_VALUE + len);
}

const char *bv_node_type_name(enum bv_node_type type)
{
	switch (type) {
	case BV_NODE_NULL:
		return "null";
	case BV_NODE_BOOLEAN:
		return "a boolean";
	case BV_NODE_INTEGER:
		return "an integer";
	case BV_NODE_STRING:
		return "a string";
	case BV_NODE_ARRAY:
		return "an array";
	case BV_NODE_OBJECT:
		return "an object";
	}
	return "a value";
}

static int key_compare(const void *key, const void *node)
{
	return strcmp(key, (*(struct bv_node *const *)node)->key);
}

const struct bv_node *bv_tree_find(const struct bv_node *object, const char *key)
{
	struct bv_node *const *found = NULL;

	if (object->type == BV_NODE_OBJECT)
		found = bsearch(key, object->child, object->count, sizeof(*object->child),
			key_compare);
	return found ? *found : NULL;
}

/* "[12]" at `at`; NULL if it is not that, or there is no such element. */
static const struct bv_node *element(const struct bv_node *node, const char *at, const char **place)
{
	size_t digits = strspn(at + 1, "0123456789");
	/* Saturates, and no array is that long. */
	unsigned long index = strtoul(at + 1, NULL, 10);

	if (!digits || at[1 + digits] != ']')
		return NULL;
	*place = at + digits + 2;
	return node->type == BV_NODE_ARRAY && index < node->count ? node->child[index] : NULL;
}

/* One step of a place: "[12]" or "key", with or without a dot before it. */
static const struct bv_node *step(const struct bv_node *node, const char **place)
{
	const char *at = *place;
	char key[96];
	size_t n;

	if (*at == '[')
		return element(node, at, place);
	at += *at == '.';
	n = strcspn(at, ".[");
	*place = at + n;
	if (n >= sizeof(key))
		return NULL;
	memcpy(key, at, n);
	key[n] = '\0';
	return bv_tree_find(node, key);
}

size_t bv_tree_locate(const struct bv_node *root, const char *place)
{
	const struct bv_node *node = root;

	while (*place) {
		const struct bv_node *next = step(node, &place);

		if (!next)
			break;
		node = next;
	}
	return node->offset;
}

/* Counted in characters from 1; the text before the offset is valid UTF-8, or what is counted is
 * at least its bytes that do not continue a character. */
static void line_and_column(struct bv_bytes text, size_t offset, size_t *line, size_t *column)
{
	*line = 1;
	*column = 1;
	for (size_t i = 0; i < offset && i < text.len; i++) {
		if (text.data[i] == '\n') {
			++*line;
			*column = 1;
		} else if ((text.data[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

int bv_tree_fail(struct bv_error *err, int code, struct bv_bytes text, size_t offset,
	const struct bv_error *what)
{
	size_t line, column;

	line_and_column(text, offset, &line, &column);
	return bv_fail_at(err, code, offset, what->place, "line %zu, column %zu: %s", line, column,
		what->text);
}

/* SPDX-License-Identifier: MIT
 *
 * Applying tables of members.
 */
#include "json/reader.h"

#include <stdio.h>

#include "base/fail.h"

int bv_reader_fail(struct bv_reader *reader, int code, size_t offset, const char *fmt, ...)
{
	const char *place = reader->place_len ? reader->place : "json";
	struct bv_error like = {.code = code}, what = {0};
	va_list args;

	va_start(args, fmt);
	(void)bv_fail_fill(&what, &like, place, NULL, fmt, args);
	va_end(args);
	return bv_tree_fail(reader->err, code, reader->text, offset, &what);
}

/* A place too long is cut; what is entered deeper then adds nothing. */
static size_t enter(struct bv_reader *reader, int n)
{
	size_t mark = reader->place_len;
	size_t room = sizeof(reader->place) - 1 - mark;

	if (n > 0)
		reader->place_len += (size_t)n < room ? (size_t)n : room;
	return mark;
}

size_t bv_reader_enter(struct bv_reader *reader, const char *key)
{
	return enter(reader,
		snprintf(reader->place + reader->place_len,
			sizeof(reader->place) - reader->place_len, "%s%s",
			reader->place_len ? "." : "", key));
}

size_t bv_reader_enter_index(struct bv_reader *reader, size_t index)
{
	return enter(reader,
		snprintf(reader->place + reader->place_len,
			sizeof(reader->place) - reader->place_len, "[%zu]", index));
}

void bv_reader_leave(struct bv_reader *reader, size_t mark)
{
	reader->place[mark] = '\0';
	reader->place_len = mark;
}

int bv_read_type(struct bv_reader *reader, const struct bv_node *node, enum bv_node_type type)
{
	if (node->type == type)
		return BV_OK;
	return bv_reader_fail(reader, BV_E_TYPE, node->offset, "%s is given; %s is needed",
		bv_node_type_name(node->type), bv_node_type_name(type));
}

static bool is_member(const struct bv_object_shape *shape, const char *key)
{
	for (size_t i = 0; i < shape->count; i++) {
		if (strcmp(shape->members[i].key, key) == 0)
			return true;
	}
	return false;
}

static char *members_list(const struct bv_object_shape *shape, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < shape->count && len < size; i++) {
		int n = snprintf(out + len, size - len, "%s%s", i ? ", " : "",
			shape->members[i].key);

		len += n > 0 ? (size_t)n : 0;
	}
	return out;
}

static int keys_check(struct bv_reader *reader, const struct bv_node *node,
	const struct bv_object_shape *shape)
{
	for (size_t i = 0; i < node->count; i++) {
		const struct bv_node *child = node->child[i];
		char known[160];

		if (is_member(shape, child->key))
			continue;
		(void)bv_reader_enter(reader, child->key);
		return bv_reader_fail(reader, BV_E_UNKNOWN_KEY, child->key_offset,
			"\"%.40s\" is not a key here; there are %s", child->key,
			members_list(shape, known, sizeof(known)));
	}
	return BV_OK;
}

static int member_read(struct bv_reader *reader, const struct bv_node *object,
	const struct bv_member *member, void *target)
{
	const struct bv_node *child = bv_tree_find(object, member->key);
	size_t mark = bv_reader_enter(reader, member->key);
	int code = BV_OK;

	if (child)
		code = member->read(reader, child, (char *)target + member->offset, member->shape);
	else if (member->required)
		code = bv_reader_fail(reader, BV_E_MISSING, object->offset,
			"the key \"%s\" is missing", member->key);
	bv_reader_leave(reader, mark);
	return code;
}

int bv_read_object(struct bv_reader *reader, const struct bv_node *node, void *at,
	const void *shape)
{
	const struct bv_object_shape *object = shape;
	int code = bv_read_type(reader, node, BV_NODE_OBJECT);

	if (!code)
		code = keys_check(reader, node, object);
	for (size_t i = 0; i < object->count && !code; i++)
		code = member_read(reader, node, &object->members[i], at);
	return code;
}

int bv_read_list(struct bv_reader *reader, const struct bv_node *node, void *at, const void *shape)
{
	const struct bv_list_shape *list = shape;
	int code = bv_read_type(reader, node, BV_NODE_ARRAY);
	char *elements;

	if (code)
		return code;
	elements = bv_arena_array(reader->arena, node->count, list->element_size);
	if (!elements)
		return bv_reader_fail(reader, BV_E_NO_MEMORY, node->offset,
			"no memory for the list");
	for (size_t i = 0; i < node->count && !code; i++) {
		size_t mark = bv_reader_enter_index(reader, i);

		code = list->read(reader, node->child[i], elements + i * list->element_size,
			list->shape);
		bv_reader_leave(reader, mark);
	}
	if (code)
		return code;
	memcpy(at, &elements, sizeof(elements));
	memcpy((char *)at + list->count_offset, &node->count, sizeof(node->count));
	return BV_OK;
}

int bv_read_text(struct bv_reader *reader, const struct bv_node *node, void *at, const void *shape)
{
	int code = bv_read_type(reader, node, BV_NODE_STRING);

	(void)shape;
	if (!code)
		*(const char **)at = (const char *)node->text.data;
	return code;
}

int bv_read_optional_text(struct bv_reader *reader, const struct bv_node *node, void *at,
	const void *shape)
{
	return node->type == BV_NODE_NULL ? BV_OK : bv_read_text(reader, node, at, shape);
}

int bv_read_flag(struct bv_reader *reader, const struct bv_node *node, void *at, const void *shape)
{
	int code = bv_read_type(reader, node, BV_NODE_BOOLEAN);

	(void)shape;
	if (!code)
		*(uint8_t *)at = node->boolean;
	return code;
}

int bv_read_number(struct bv_reader *reader, const struct bv_node *node, uint64_t max,
	uint64_t *ret)
{
	int code = bv_read_type(reader, node, BV_NODE_INTEGER);

	if (code)
		return code;
	if (node->integer < 0)
		return bv_reader_fail(reader, BV_E_INVALID, node->offset,
			"%lld is negative; 0 to %llu are allowed", (long long)node->integer,
			(unsigned long long)max);
	if ((uint64_t)node->integer > max)
		return bv_reader_fail(reader, BV_E_LIMIT, node->offset,
			"%lld is too large; 0 to %llu are allowed", (long long)node->integer,
			(unsigned long long)max);
	*ret = (uint64_t)node->integer;
	return BV_OK;
}

int bv_read_u64(struct bv_reader *reader, const struct bv_node *node, void *at, const void *shape)
{
	(void)shape;
	return bv_read_number(reader, node, UINT64_MAX, at);
}

int bv_read_u32(struct bv_reader *reader, const struct bv_node *node, void *at, const void *shape)
{
	uint64_t value = 0;
	int code = bv_read_number(reader, node, UINT32_MAX, &value);

	(void)shape;
	if (!code)
		*(uint32_t *)at = (uint32_t)value;
	return code;
}

static int word_read(struct bv_reader *reader, const struct bv_node *node,
	const struct bv_words *words, unsigned int *ret)
{
	int code = bv_read_type(reader, node, BV_NODE_STRING);
	char list[200];

	if (code)
		return code;
	if (bv_words_find(words, (const char *)node->text.data, ret))
		return BV_OK;
	return bv_reader_fail(reader, BV_E_INVALID, node->offset,
		"\"%.40s\" is not allowed; it is %s", (const char *)node->text.data,
		bv_words_list(words, list, sizeof(list)));
}

int bv_read_word(struct bv_reader *reader, const struct bv_node *node, void *at, const void *shape)
{
	return word_read(reader, node, shape, at);
}

int bv_read_set(struct bv_reader *reader, const struct bv_node *node, void *at, const void *shape)
{
	int code = bv_read_type(reader, node, BV_NODE_ARRAY);
	uint32_t bits = 0;

	for (size_t i = 0; !code && i < node->count; i++) {
		size_t mark = bv_reader_enter_index(reader, i);
		unsigned int bit = 0;

		code = word_read(reader, node->child[i], shape, &bit);
		bits |= UINT32_C(1) << bit;
		bv_reader_leave(reader, mark);
	}
	if (!code)
		*(uint32_t *)at = bits;
	return code;
}

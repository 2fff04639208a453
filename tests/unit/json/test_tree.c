/* SPDX-License-Identifier: MIT
 *
 * The JSON reader: what it takes, what it refuses and where, and that it agrees with jansson on
 * everything but what it refuses on purpose.
 */
#include "../base/unit.h"
#include "../base/faulty.h"

#include <jansson.h>

#include "base/json.h"
#include "json/tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int parse(const char *text, size_t len, struct bv_error *err)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_tree_arena(len);
	struct bv_node *root = NULL;
	struct edge edge = edge_open();
	const void *at = edge_put(&edge, text, len);
	int code = bv_tree_parse(arena, bv_bytes(at, len), &root, err);

	assert_int_equal(code == 0, root != NULL);
	edge_close(&edge);
	return code;
}

static void a_tree_holds_what_the_text_says(void **state)
{
	static const char text[] =
		" {\"b\" : [1, -2, true, false, null] ,\n\"a\":\"x\\u00e9\\n\"}\t";
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_tree_arena(sizeof(text));
	struct bv_error err = {0};
	struct bv_node *root = NULL;
	const struct bv_node *list, *word;

	(void)state;
	assert_int_equal(bv_tree_parse(arena, bv_bytes_str(text), &root, &err), 0);
	assert_int_equal(root->type, BV_NODE_OBJECT);
	assert_int_equal(root->offset, 1);
	assert_int_equal(root->count, 2);
	list = bv_tree_find(root, "b");
	assert_int_equal(list->type, BV_NODE_ARRAY);
	assert_int_equal(list->offset, 8);
	assert_int_equal(list->count, 5);
	assert_int_equal(list->child[0]->integer, 1);
	assert_int_equal(list->child[1]->integer, -2);
	assert_int_equal(list->child[2]->type, BV_NODE_BOOLEAN);
	assert_true(list->child[2]->boolean);
	assert_false(list->child[3]->boolean);
	assert_int_equal(list->child[4]->type, BV_NODE_NULL);
	word = bv_tree_find(root, "a");
	assert_true(bv_bytes_eq(word->text, bv_bytes_str("x\xc3\xa9\n")));
	assert_string_equal((const char *)word->text.data, "x\xc3\xa9\n");
	assert_null(bv_tree_find(root, "c"));
	assert_null(bv_tree_find(list, "b"));
}

struct row {
	const char *text;
	int code;
	size_t offset;
};

static const struct row rows[] = {
	{"null", 0, 0},
	{"true", 0, 0},
	{"false", 0, 0},
	{"0", 0, 0},
	{"-0", 0, 0},
	{"\"\"", 0, 0},
	{"[]", 0, 0},
	{"{}", 0, 0},
	{"[ ]", 0, 0},
	{"{ }", 0, 0},
	{" \t\r\n1 \t\r\n", 0, 0},
	{"9007199254740991", 0, 0},
	{"-9007199254740991", 0, 0},
	{"\"\x7f\"", 0, 0},
	{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", 0, 0},
	{"\"\\uD83D\\ude00\"", 0, 0},
	{"\"\\uffff\\ud7ff\\ue000\"", 0, 0},
	{"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", 0, 0},
	{"", BV_E_TRUNCATED, 0},
	{"  ", BV_E_TRUNCATED, 2},
	{"[", BV_E_TRUNCATED, 1},
	{"[1", BV_E_TRUNCATED, 2},
	{"[1,", BV_E_TRUNCATED, 3},
	{"{\"a\"", BV_E_TRUNCATED, 4},
	{"{\"a\":", BV_E_TRUNCATED, 5},
	{"{\"a\":1,", BV_E_TRUNCATED, 7},
	{"\"a", BV_E_TRUNCATED, 2},
	{"\"a\\", BV_E_TRUNCATED, 3},
	{"\"a\\\"", BV_E_TRUNCATED, 4},
	{"-", BV_E_TRUNCATED, 1},
	{"{", BV_E_TRUNCATED, 1},
	{"[1,]", BV_E_SYNTAX, 3},
	{"[,1]", BV_E_SYNTAX, 1},
	{"[1 2]", BV_E_SYNTAX, 3},
	{"{\"a\":1,}", BV_E_SYNTAX, 7},
	{"{,}", BV_E_SYNTAX, 1},
	{"{1:2}", BV_E_SYNTAX, 1},
	{"{\"a\" 1}", BV_E_SYNTAX, 5},
	{"{\"a\":}", BV_E_SYNTAX, 5},
	{"[1}", BV_E_SYNTAX, 2},
	{"{\"a\":1]", BV_E_SYNTAX, 6},
	{"]", BV_E_SYNTAX, 0},
	{"1 2", BV_E_SYNTAX, 2},
	{"{} x", BV_E_SYNTAX, 3},
	{"nul", BV_E_SYNTAX, 0},
	{"nulls", BV_E_SYNTAX, 4},
	{"True", BV_E_SYNTAX, 0},
	{"'a'", BV_E_SYNTAX, 0},
	{"[1]//", BV_E_SYNTAX, 3},
	{"NaN", BV_E_SYNTAX, 0},
	{"+1", BV_E_SYNTAX, 0},
	{"01", BV_E_SYNTAX, 0},
	{"-01", BV_E_SYNTAX, 0},
	{"--1", BV_E_SYNTAX, 1},
	{"-a", BV_E_SYNTAX, 1},
	{".5", BV_E_SYNTAX, 0},
	{"0x1", BV_E_SYNTAX, 1},
	{"\"\n\"", BV_E_SYNTAX, 1},
	{"\"\x1f\"", BV_E_SYNTAX, 1},
	{"\"\\x\"", BV_E_SYNTAX, 1},
	{"\"\\u12\"", BV_E_SYNTAX, 1},
	{"\"a\\u12g4\"", BV_E_SYNTAX, 2},
	{"\x0b"
	 "1",
		BV_E_SYNTAX, 0},
	{"\xef\xbb\xbf{}", BV_E_SYNTAX, 0},
	{"1.0", BV_E_TYPE, 0},
	{"[1e2]", BV_E_TYPE, 1},
	{"1E2", BV_E_TYPE, 0},
	{"-0.0", BV_E_TYPE, 0},
	{"9007199254740992", BV_E_LIMIT, 0},
	{"-9007199254740992", BV_E_LIMIT, 0},
	{"[99999999999999999999999999]", BV_E_LIMIT, 1},
	{"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", BV_E_LIMIT, 16},
	{"{\"a\":1,\"b\":2,\"a\":3}", BV_E_DUPLICATE, 13},
	{"{\"a\":1,\"\\u0061\":2}", BV_E_DUPLICATE, 7},
	{"[{\"\":1,\"\":2}]", BV_E_DUPLICATE, 7},
	{"\"\\u0000\"", BV_E_ENCODING, 1},
	{"{\"\\u0000\":1}", BV_E_ENCODING, 2},
	{"\"\\ud800\"", BV_E_ENCODING, 1},
	{"\"\\udc00\"", BV_E_ENCODING, 1},
	{"\"\\ud800\\u0041\"", BV_E_ENCODING, 1},
	{"\"\\ud800\\ud800\"", BV_E_ENCODING, 1},
	{"\"\\ud800a\"", BV_E_ENCODING, 1},
	{"\"\xff\"", BV_E_ENCODING, 1},
	{"\"\xc0\xaf\"", BV_E_ENCODING, 1},
	{"\"\xed\xa0\x80\"", BV_E_ENCODING, 1},
	{"[1,\"\xc3", BV_E_ENCODING, 4},
};

static void texts_are_taken_or_refused_where_they_break(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bv_error err = {0};
		int code = parse(rows[i].text, strlen(rows[i].text), &err);

		if (code != rows[i].code || (code && err.offset != rows[i].offset))
			fail_msg("%s: %d at %llu: %s", rows[i].text, code,
				(unsigned long long)err.offset, err.text);
		assert_true(!code || (err.code == code && err.place[0] && err.text[0]));
	}
	assert_int_equal(parse("[\0]", 3, NULL), BV_E_ENCODING);
	assert_int_equal(parse("\"\0\"", 3, NULL), BV_E_ENCODING);
}

static void an_error_says_line_and_column(void **state)
{
	static const char text[] = "{\"a\": 1,\n \"\xc3\xa9\": tru}\n";
	struct bv_error err = {0};

	(void)state;
	assert_int_equal(parse(text, strlen(text), &err), BV_E_SYNTAX);
	assert_int_equal(err.offset, 16);
	assert_int_equal(strncmp(err.text, "line 2, column 7: ", 18), 0);
	assert_int_equal(parse("[1;", 3, &err), BV_E_SYNTAX);
	assert_non_null(strstr(err.text, "',' or ']' is due, not \";\""));
}

/* Values are bounded, so that a small text cannot ask for much memory. */
static void the_number_of_values_is_bounded(void **state)
{
	static char text[2 * BV_JSON_VALUES_MAX + 2];
	struct bv_error err = {0};

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		/* The array is a value, too. */
		size_t values = BV_JSON_VALUES_MAX - 1 + (size_t)extra, len = 2 * values + 1;
		BV_CLEANUP_ARENA struct bv_arena *arena = bv_tree_arena(len);
		struct bv_node *root = NULL;
		int code;

		for (size_t i = 0; i < values; i++)
			memcpy(text + 1 + 2 * i, "1,", 2);
		text[0] = '[';
		text[len - 1] = ']';
		code = bv_tree_parse(arena, bv_bytes(text, len), &root, &err);
		assert_int_equal(code, extra ? BV_E_LIMIT : 0);
	}
}

/* Of every shape of small values: the arena is never what is too small. */
static void memory_suffices_for_any_text(void **state)
{
	static const char *const values[] = {"1", "[]", "{}", "\"\"", "{\"\":1}", "[[]]", "\"\\n\"",
		"{\"a\":[]}", "null"};
	static char text[65536];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		size_t len = 1, n = strlen(values[i]);
		BV_CLEANUP_ARENA struct bv_arena *arena = NULL;
		struct bv_error err = {0};
		struct bv_node *root = NULL;

		text[0] = '[';
		while (len + n + 1 < sizeof(text)) {
			memcpy(text + len, values[i], n);
			text[len + n] = ',';
			len += n + 1;
		}
		text[len - 1] = ']';
		arena = bv_tree_arena(len);
		if (bv_tree_parse(arena, bv_bytes(text, len), &root, &err))
			fail_msg("%s: %s", values[i], err.text);
	}
}

static void places_are_found(void **state)
{
	static const char text[] = "{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":3}";
	static const struct {
		const char *place;
		size_t offset;
	} places[] = {{"", 0}, {"a", 5}, {"a.b", 10}, {"a.b[0]", 11}, {"a.b[1]", 13},
		{"a.b[1].c", 18}, {"d", 27}, {"x", 0}, {"a.x", 5}, {"a.b[2]", 10}, {"a.b[", 10},
		{"a.b[99999999999999999999999].c", 10}, {"a.b[x]", 10}, {"a.b[0", 10}, {"a[0]", 5},
		{"d.e.f", 27}, {"..", 0}, {"a..b", 5}, {"json", 0}};
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_tree_arena(sizeof(text));
	struct bv_error err = {0};
	struct bv_node *root = NULL;

	(void)state;
	assert_int_equal(bv_tree_parse(arena, bv_bytes_str(text), &root, &err), 0);
	for (size_t i = 0; i < COUNT(places); i++) {
		if (bv_tree_locate(root, places[i].place) != places[i].offset)
			fail_msg("%s is at %zu", places[i].place,
				bv_tree_locate(root, places[i].place));
	}
}

static json_t *theirs_of(const struct bv_node *node)
{
	json_t *value = NULL;

	switch (node->type) {
	case BV_NODE_NULL:
		return json_null();
	case BV_NODE_BOOLEAN:
		return json_boolean(node->boolean);
	case BV_NODE_INTEGER:
		return json_integer(node->integer);
	case BV_NODE_STRING:
		return json_stringn((const char *)node->text.data, node->text.len);
	case BV_NODE_ARRAY:
		value = json_array();
		for (size_t i = 0; i < node->count; i++)
			json_array_append_new(value, theirs_of(node->child[i]));
		return value;
	case BV_NODE_OBJECT:
		value = json_object();
		for (size_t i = 0; i < node->count; i++)
			json_object_set_new(value, node->child[i]->key, theirs_of(node->child[i]));
		return value;
	}
	return value;
}

static void agree(const char *text, size_t len)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_tree_arena(len);
	json_t *theirs = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	struct bv_error err = {0};
	struct bv_node *root = NULL;
	int code = bv_tree_parse(arena, bv_bytes(text, len), &root, &err);
	json_t *ours = code ? NULL : theirs_of(root);

	if (!code && !json_equal(ours, theirs))
		fail_msg("jansson reads another value in %.*s", (int)len, text);
	if (code && theirs && code != BV_E_TYPE && code != BV_E_LIMIT)
		fail_msg("jansson takes %.*s: %s", (int)len, text, err.text);
	json_decref(ours);
	json_decref(theirs);
}

static void jansson_agrees(void **state)
{
	static const char *const seeds[] = {("{\"a\":[1,-20,{\"b\":\"x\\u00e9\\ud83d\\ude00\\n\","
					     "\"c\":null}],\"d\":true,\"e\":{}}"),
		"[\"\\\"\\\\\\/\",[],{},[[false]],\"\xc3\xa9\xf0\x9f\x98\x80\",0,-0,10]",
		" { \"k\" : \"v\" , \"l\" : [ 1 , 2 ] } "};
	static const char alphabet[] = "{}[]\",:\\u0123456789abcdefnrtl-+.eE \n\xc3\xa9\xed\x80";
	uint64_t seed = 99;
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		agree(rows[i].text, strlen(rows[i].text));
	for (int i = 0; i < 60000; i++) {
		size_t len;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		len = strlen(seeds[seed >> 40 & 1 ? 0 : 1 + (seed >> 41 & 1)]);
		memcpy(text, seeds[seed >> 40 & 1 ? 0 : 1 + (seed >> 41 & 1)], len);
		for (size_t n = seed >> 20 & 3; n; n--) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			text[(seed >> 33) % len] = alphabet[(seed >> 50) % (sizeof(alphabet) - 1)];
		}
		if ((seed >> 30) % 8 == 0)
			len = (seed >> 33) % len;
		agree(text, len);
	}
}

static void every_failing_allocation_is_reported(void **state)
{
	static char text[20000];
	size_t len = 1;
	long n = 0;

	(void)state;
	text[0] = '[';
	while (len < sizeof(text) - 64)
		len += (size_t)snprintf(text + len, 64, "{\"key\":\"a longer text\",\"n\":[1]},");
	text[len - 1] = ']';
	for (bool done = false; !done; n++) {
		struct bv_error err = {0};
		struct bv_node *root = NULL;
		struct bv_arena *arena;
		int code = BV_E_NO_MEMORY;

		faulty_arm(n);
		arena = bv_tree_arena(len);
		if (arena)
			code = bv_tree_parse(arena, bv_bytes(text, len), &root, &err);
		done = faulty_disarm() <= n;
		assert_int_equal(code, done ? 0 : BV_E_NO_MEMORY);
		assert_int_equal(root != NULL, done);
		bv_arena_free(arena);
	}
	assert_true(n > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_holds_what_the_text_says),
		cmocka_unit_test(texts_are_taken_or_refused_where_they_break),
		cmocka_unit_test(an_error_says_line_and_column),
		cmocka_unit_test(the_number_of_values_is_bounded),
		cmocka_unit_test(memory_suffices_for_any_text),
		cmocka_unit_test(places_are_found),
		cmocka_unit_test(jansson_agrees),
		cmocka_unit_test(every_failing_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

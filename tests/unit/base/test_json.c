/* SPDX-License-Identifier: MIT
 *
 * The writer against three oracles: golden bytes, a grammar that decides which sequences of
 * calls make one canonical value (all sequences up to a length are tried), and jansson, which
 * must read back every accepted document and write the same bytes.
 */
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/json.h"
#include "faulty.h"

static void assert_written(struct bv_json *json, const char *text)
{
	assert_true(bv_json_end(json));
	assert_true(bv_bytes_eq(bv_buf_view(json->out), bv_bytes_str(text)));
}

static void assert_refused(struct bv_json *json)
{
	assert_false(bv_json_end(json));
	assert_false(bv_buf_ok(json->out));
	assert_int_equal(bv_buf_view(json->out).len, 0);
}

static void values_have_one_form(void **state)
{
	static const struct bv_digest digest = {{0x01, 0xab, [31] = 0xff}};
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(1000);
	struct bv_json json;

	(void)state;
	bv_json_start(&json, &buf);
	bv_json_object(&json);
	bv_json_kv_boolean(&json, "a", true);
	bv_json_kv_digest(&json, "b", &digest);
	bv_json_kv_integer(&json, "c", -BV_JSON_INTEGER_MAX);
	bv_json_kv_string(&json, "d", NULL);
	bv_json_kv_unsigned(&json, "e", (uint64_t)BV_JSON_INTEGER_MAX);
	bv_json_key(&json, "f");
	bv_json_array(&json);
	bv_json_hex(&json, bv_bytes("\x00\x7f\xf0", 3));
	bv_json_integer(&json, 0);
	bv_json_null(&json);
	bv_json_boolean(&json, false);
	bv_json_array(&json);
	bv_json_array_end(&json);
	bv_json_object(&json);
	bv_json_object_end(&json);
	bv_json_array_end(&json);
	bv_json_object_end(&json);
	assert_written(&json,
		"{\"a\":true,"
		"\"b\":\"01ab0000000000000000000000000000000000000000000000000000000000ff\","
		"\"c\":-9007199254740991,\"d\":null,\"e\":9007199254740991,"
		"\"f\":[\"007ff0\",0,null,false,[],{}]}");
}

/* Byte by byte: the two-letter escape where JSON has one, \u00xx for the other controls. */
static void text_has_the_shortest_escapes(void **state)
{
	struct edge edge = edge_open();

	(void)state;
	for (int c = 0; c < 128; c++) {
		static const char pairs[] = "\"\"\\\\\bb\tt\nn\ff\rr";
		BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(64);
		char byte = (char)c, want[16];
		struct bv_json json;

		snprintf(want, sizeof(want), c < 32 ? "\"\\u%04x\"" : "\"%c\"", c);
		for (size_t i = 0; pairs[i]; i += 2) {
			if (pairs[i] == byte)
				snprintf(want, sizeof(want), "\"\\%c\"", pairs[i + 1]);
		}
		bv_json_start(&json, &buf);
		bv_json_text(&json, bv_bytes(edge_put(&edge, &byte, 1), 1));
		if (c)
			assert_written(&json, want);
		else
			assert_refused(&json);
	}
	edge_close(&edge);
}

static void text_that_is_not_utf8_is_refused(void **state)
{
	static const char *const bad[] = {"\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(64), key = BV_BUF(64);
		struct bv_json json;

		bv_json_start(&json, &buf);
		bv_json_string(&json, bad[i]);
		assert_refused(&json);
		bv_json_start(&json, &key);
		bv_json_object(&json);
		bv_json_kv_string(&json, bad[i], "");
		bv_json_object_end(&json);
		assert_refused(&json);
	}
}

static void integers_past_the_exact_ones_are_refused(void **state)
{
	static const int64_t bad[] = {BV_JSON_INTEGER_MAX + 1, -BV_JSON_INTEGER_MAX - 1, INT64_MAX,
		INT64_MIN};
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(64);
	struct bv_json json;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		bv_json_start(&json, &buf);
		bv_json_integer(&json, bad[i]);
		assert_refused(&json);
		bv_buf_free(&buf);
	}
	bv_json_start(&json, &buf);
	bv_json_unsigned(&json, UINT64_MAX);
	assert_refused(&json);
	bv_buf_free(&buf);
	bv_json_start(&json, &buf);
	bv_json_unsigned(&json, (uint64_t)BV_JSON_INTEGER_MAX + 1);
	assert_refused(&json);
}

static void nesting_has_a_maximum(void **state)
{
	(void)state;
	for (int depth = BV_JSON_DEPTH_MAX; depth <= BV_JSON_DEPTH_MAX + 1; depth++) {
		BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(64);
		struct bv_json json;

		bv_json_start(&json, &buf);
		for (int i = 0; i < depth; i++)
			bv_json_array(&json);
		for (int i = 0; i < depth; i++)
			bv_json_array_end(&json);
		if (depth <= BV_JSON_DEPTH_MAX)
			assert_written(&json, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
		else
			assert_refused(&json);
	}
}

static bool two_keys_accepted(const char *first, const char *second)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(64);
	struct bv_json json;

	bv_json_start(&json, &buf);
	bv_json_object(&json);
	bv_json_kv_unsigned(&json, first, 1);
	bv_json_kv_unsigned(&json, second, 2);
	bv_json_object_end(&json);
	return bv_json_end(&json);
}

/* Escapes must not disturb the order: it is that of the keys' own bytes. */
static void keys_ascend_in_byte_order(void **state)
{
	static const char *const keys[] = {"", "\x01", "\x01\x01", "\b", "\t", "\n", "\f", "\r",
		"\x1f", " ", "!", "\"", "\"\"", "\"a", "#", "A", "[", "\\", "\\\\", "\\a", "\\b",
		"\\n", "\\u0001", "]", "a", "aa", "ab", "b", "u", "\x7f", "\xc3\xa9",
		"\xe2\x82\xac", "\xf0\x9f\xa6\x86"};
	const size_t count = sizeof(keys) / sizeof(keys[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			bool ascends =
				bv_bytes_cmp(bv_bytes_str(keys[i]), bv_bytes_str(keys[j])) < 0;

			assert_int_equal(two_keys_accepted(keys[i], keys[j]), ascends);
		}
	}
}

/* The calls of the exhaustive test, a letter each. */
static const char alphabet[] = "{}[]abx";

static void call(struct bv_json *json, char letter)
{
	switch (letter) {
	case '{':
		bv_json_object(json);
		break;
	case '}':
		bv_json_object_end(json);
		break;
	case '[':
		bv_json_array(json);
		break;
	case ']':
		bv_json_array_end(json);
		break;
	case 'x':
		bv_json_unsigned(json, 7);
		break;
	default:
		bv_json_key(json, (char[]){letter, '\0'});
	}
}

/* The grammar: value = x | "[" value* "]" | "{" [a value] [b value] "}". Returns what follows
 * the value at the start of `s`, or NULL. */
static const char *grammar_value(const char *s)
{
	if (*s == 'x')
		return s + 1;
	if (*s == '[') {
		for (s++; *s != ']';) {
			s = grammar_value(s);
			if (!s)
				return NULL;
		}
		return s + 1;
	}
	if (*s != '{')
		return NULL;
	s++;
	for (char key = 'a'; key <= 'b'; key++) {
		if (*s == key)
			s = grammar_value(s + 1);
		if (!s)
			return NULL;
	}
	return *s == '}' ? s + 1 : NULL;
}

static void assert_jansson_writes_the_same(struct bv_bytes text)
{
	json_t *value = json_loadb((const char *)text.data, text.len,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	char *again =
		value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;

	assert_non_null(again);
	assert_true(bv_bytes_eq(text, bv_bytes_str(again)));
	free(again);
	json_decref(value);
}

static unsigned int try_sequence(const char *letters)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(64);
	const char *rest = grammar_value(letters);
	struct bv_json json;
	bool accepted;

	bv_json_start(&json, &buf);
	for (const char *s = letters; *s; s++)
		call(&json, *s);
	accepted = bv_json_end(&json);
	if (accepted != (rest && !*rest))
		fail_msg("the writer %s %s", accepted ? "accepts" : "refuses", letters);
	if (accepted)
		assert_jansson_writes_the_same(bv_buf_view(&buf));
	else
		assert_int_equal(bv_buf_view(&buf).len, 0);
	return accepted;
}

static void exactly_the_canonical_sequences_are_accepted(void **state)
{
	const size_t base = sizeof(alphabet) - 1;
	unsigned int accepted = 0;

	(void)state;
	for (size_t len = 0, count = 1; len <= 7; len++, count *= base) {
		for (size_t n = 0; n < count; n++) {
			char letters[8] = {0};
			size_t rest = n;

			for (size_t i = 0; i < len; i++, rest /= base)
				letters[i] = alphabet[rest % base];
			accepted += try_sequence(letters);
		}
	}
	/* x, [], {}, [x], [[]], [{}], {ax} and so on; that some are is part of the claim. */
	assert_true(accepted > 100);
}

static void write_something(struct bv_json *json)
{
	bv_json_array(json);
	for (unsigned int i = 0; i < 100; i++) {
		bv_json_object(json);
		bv_json_kv_string(json, "key", "some text \n that is long enough to grow");
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void any_failing_allocation_refuses(void **state)
{
	long n = 0, asked;

	(void)state;
	do {
		BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(10000);
		struct bv_json json;

		faulty_arm(n);
		bv_json_start(&json, &buf);
		write_something(&json);
		asked = faulty_disarm();
		if (asked > n)
			assert_refused(&json);
		else
			assert_true(bv_json_end(&json));
	} while (asked > n++);
	assert_true(n > 3);
}

static void a_full_buffer_refuses(void **state)
{
	(void)state;
	for (size_t max = 0; max < 30; max++) {
		BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(max);
		struct bv_json json;

		bv_json_start(&json, &buf);
		bv_json_object(&json);
		bv_json_kv_string(&json, "a\n", "b");
		bv_json_kv_unsigned(&json, "b", 123);
		bv_json_object_end(&json);
		if (max >= strlen("{'a\\n':'b','b':123}"))
			assert_written(&json, "{\"a\\n\":\"b\",\"b\":123}");
		else
			assert_refused(&json);
	}
}

static void what_stood_in_the_buffer_is_kept(void **state)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(64);
	struct bv_json json;

	(void)state;
	bv_buf_str(&buf, "head:");
	bv_json_start(&json, &buf);
	bv_json_object(&json);
	bv_json_kv_unsigned(&json, "a", 1);
	bv_json_kv_unsigned(&json, "b", 2);
	bv_json_object_end(&json);
	assert_written(&json, "head:{\"a\":1,\"b\":2}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_one_form),
		cmocka_unit_test(text_has_the_shortest_escapes),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
		cmocka_unit_test(integers_past_the_exact_ones_are_refused),
		cmocka_unit_test(nesting_has_a_maximum),
		cmocka_unit_test(keys_ascend_in_byte_order),
		cmocka_unit_test(exactly_the_canonical_sequences_are_accepted),
		cmocka_unit_test(any_failing_allocation_refuses),
		cmocka_unit_test(a_full_buffer_refuses),
		cmocka_unit_test(what_stood_in_the_buffer_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

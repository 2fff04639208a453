/* SPDX-License-Identifier: MIT
 *
 * Any text in its canonical form, which is a fixed point; and failure leaves the buffer alone.
 */
#include "../base/unit.h"
#include "../base/faulty.h"

#include "json/canonical.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void texts_have_one_canonical_form(void **state)
{
	static const char *const rows[][2] = {
		{" null ", "null"},
		{"-0", "0"},
		{"[ 1 ,2 ]", "[1,2]"},
		{"{ }", "{}"},
		{"{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"},
		{"{\"a\":{\"z\":0,\"\":1},\"A\":2}", "{\"A\":2,\"a\":{\"\":1,\"z\":0}}"},
		{"{\"ab\":1,\"a\":2,\"a\\n\":3}", "{\"a\":2,\"a\\n\":3,\"ab\":1}"},
		/* Byte order, not that of UTF-16 units. */
		{"{\"\\ud83d\\ude00\":1,\"\\uffff\":2}",
			"{\"\xef\xbf\xbf\":2,\"\xf0\x9f\x98\x80\":1}"},
		{"\"\\u0041\\/\\u00e9\\u0009\\u001F\\u007f\"", "\"A/\xc3\xa9\\t\\u001f\x7f\""},
		{"\"\\u0008\\u000c\\u000a\\u000d\\u0022\\u005c\"", "\"\\b\\f\\n\\r\\\"\\\\\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		BV_CLEANUP_BUF struct bv_buf out = BV_BUF(256), again = BV_BUF(256);
		struct bv_error err = {0};

		if (bv_json_canonicalise(rows[i][0], strlen(rows[i][0]), &out, &err))
			fail_msg("%s: %s", rows[i][0], err.text);
		assert_true(bv_bytes_eq(bv_buf_view(&out), bv_bytes_str(rows[i][1])));
		assert_int_equal(bv_json_canonicalise(out.data, out.len, &again, &err), 0);
		assert_true(bv_bytes_eq(bv_buf_view(&out), bv_buf_view(&again)));
	}
}

static void a_refused_text_leaves_the_buffer_alone(void **state)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {{"", BV_E_TRUNCATED}, {"[1.5]", BV_E_TYPE},
		{"{\"a\":1,\"a\":1}", BV_E_DUPLICATE}, {"[1] ]", BV_E_SYNTAX},
		{"\"\\ud800\"", BV_E_ENCODING}, {"[\"too long\"]", BV_E_LIMIT}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		BV_CLEANUP_BUF struct bv_buf out = BV_BUF(8);
		struct bv_error err = {0};

		bv_buf_str(&out, "kept");
		assert_int_equal(bv_json_canonicalise(rows[i].text, strlen(rows[i].text), &out,
					 &err),
			rows[i].code);
		assert_int_equal(err.code, rows[i].code);
		assert_true(err.place[0] && err.text[0]);
		assert_true(bv_bytes_eq(bv_buf_view(&out), bv_bytes_str("kept")));
		assert_int_equal(bv_json_canonicalise("[ 1 ]", 5, &out, &err), 0);
		assert_true(bv_bytes_eq(bv_buf_view(&out), bv_bytes_str("[1]")));
		assert_int_equal(out.max, 8);
	}
}

static void every_failing_allocation_is_reported(void **state)
{
	static const char text[] = "{\"b\":[1,2,\"three\"],\"a\":null}";
	long n = 0;

	(void)state;
	for (bool done = false; !done; n++) {
		BV_CLEANUP_BUF struct bv_buf out = BV_BUF(4096);
		struct bv_error err = {0};
		int code;

		faulty_arm(n);
		code = bv_json_canonicalise(text, strlen(text), &out, &err);
		done = faulty_disarm() <= n;
		assert_int_equal(code, done ? 0 : BV_E_NO_MEMORY);
		assert_int_equal(err.code, code);
		assert_int_equal(out.len, done ? strlen(text) : 0);
	}
	assert_true(n > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_have_one_canonical_form),
		cmocka_unit_test(a_refused_text_leaves_the_buffer_alone),
		cmocka_unit_test(every_failing_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * Errors carry what they were given, as one line of valid text, whatever was quoted in it.
 */
#include "unit.h"

#include <errno.h>

#include "base/fail.h"
#include "base/utf8.h"

static void an_error_carries_what_it_was_given(void **state)
{
	struct bv_error err;

	(void)state;
	memset(&err, 0x5a, sizeof(err));
	assert_int_equal(bv_fail(&err, BV_E_TYPE, "a.b", "want %s, got %d", "text", 7), BV_E_TYPE);
	assert_int_equal(err.code, BV_E_TYPE);
	assert_int_equal(err.errnum, 0);
	assert_int_equal(err.offset, 0);
	assert_string_equal(err.place, "a.b");
	assert_string_equal(err.text, "want text, got 7");
	assert_int_equal(bv_fail_at(&err, BV_E_SYNTAX, 1234567890123, "x", "y"), BV_E_SYNTAX);
	assert_true(err.offset == 1234567890123);
	assert_string_equal(err.text, "y");
}

static void an_os_error_explains_its_errno(void **state)
{
	struct bv_error err;

	(void)state;
	assert_int_equal(bv_fail_os(&err, BV_E_OS, ENOENT, "exe", "open %s", "/x"), BV_E_OS);
	assert_int_equal(err.errnum, ENOENT);
	assert_string_equal(err.text, "open /x: No such file or directory (ENOENT)");
	assert_int_equal(bv_fail_os(&err, BV_E_OS, 4711, "exe", "open"), BV_E_OS);
	assert_string_equal(err.text, "open: errno 4711");
}

static void nobody_need_listen(void **state)
{
	(void)state;
	assert_int_equal(bv_fail(NULL, BV_E_LIMIT, "p", "t"), BV_E_LIMIT);
	assert_int_equal(bv_fail_os(NULL, BV_E_OS, EPERM, "p", "t"), BV_E_OS);
	assert_int_equal(bv_fail_at(NULL, BV_E_SYNTAX, 1, "p", "t"), BV_E_SYNTAX);
}

static void an_error_without_a_code_is_a_fault(void **state)
{
	struct bv_error err;

	(void)state;
	assert_int_equal(bv_fail(&err, BV_OK, NULL, "t"), BV_E_FAULT);
	assert_int_equal(err.code, BV_E_FAULT);
	assert_string_equal(err.place, "");
}

static void quoted_bytes_cannot_leave_the_line(void **state)
{
	struct bv_error err;

	(void)state;
	bv_fail(&err, BV_E_INVALID, "a\nb", "\x1b[2J|\xff|\xc3|\xc2\x9b|\xc3\xa9|\x7f");
	assert_string_equal(err.place, "a?b");
	assert_string_equal(err.text, "?[2J|?|?|\?\?|\xc3\xa9|?");
}

/* At every length, and with a character of every size across the cut. */
static void long_texts_are_cut_between_characters(void **state)
{
	static const char *const filler[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\xa6\x86"};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t shift = 0; shift < 5; shift++) {
			struct bv_error err;
			size_t len = shift;

			memset(text, '-', shift);
			while (len + 4 < 600) {
				memcpy(text + len, filler[i], strlen(filler[i]));
				len += strlen(filler[i]);
			}
			text[len] = '\0';
			bv_fail_os(&err, BV_E_OS, EPERM, text, "%s", text);
			assert_true(bv_utf8_line(bv_bytes_str(err.text)));
			assert_null(strchr(err.text, '?'));
			assert_null(strchr(err.place, '?'));
			assert_string_equal(err.place + strlen(err.place) - 3, "...");
			assert_non_null(strstr(err.text, "...: Operation not permitted (EPERM)"));
			bv_fail(&err, BV_E_OS, "", "%s", text);
			assert_string_equal(err.text + strlen(err.text) - 3, "...");
			assert_in_range(strlen(err.text), sizeof(err.text) - 4,
				sizeof(err.text) - 1);
		}
	}
}

static void a_text_that_just_fits_is_not_cut(void **state)
{
	char text[BV_ERROR_TEXT_MAX + 1];
	struct bv_error err;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(err.text)] = '\0';
	bv_fail(&err, BV_E_LIMIT, text + sizeof(err.text) - sizeof(err.place), "%s", text);
	assert_int_equal(strcspn(err.text, "."), sizeof(err.text) - 4);
	assert_int_equal(strcspn(err.place, "."), sizeof(err.place) - 4);
	text[sizeof(err.text) - 1] = '\0';
	bv_fail(&err, BV_E_LIMIT, text + sizeof(err.text) - sizeof(err.place), "%s", text);
	assert_string_equal(err.text, text);
	assert_int_equal(strcspn(err.place, "."), sizeof(err.place) - 1);
}

static void an_error_can_quote_itself(void **state)
{
	struct bv_error err;

	(void)state;
	bv_fail(&err, BV_E_LIMIT, "inner", "small");
	bv_fail(&err, BV_E_INVALID, err.place, "outer: %s", err.text);
	assert_string_equal(err.place, "inner");
	assert_string_equal(err.text, "outer: small");
}

static void every_code_has_a_name_and_a_meaning(void **state)
{
	static const struct {
		int code;
		const char *name, *meaning;
	} rows[] = {
#define BV_ERROR(name, number, text, class, meaning) {name, text, meaning},
#include <bvisor/errors.def>
#undef BV_ERROR
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(bv_code_name(rows[i].code), rows[i].name);
		assert_string_equal(bv_code_meaning(rows[i].code), rows[i].meaning);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(rows[i].name, rows[j].name);
	}
	assert_string_equal(bv_code_name(0), "ok");
	assert_string_equal(bv_code_name(-1), "unknown");
	assert_string_equal(bv_code_name(100000), "unknown");
	assert_non_null(bv_code_meaning(100000));
}

static void the_version_is_the_builds(void **state)
{
	char numbers[64];

	(void)state;
	snprintf(numbers, sizeof(numbers), "%d.%d.%d", BV_VERSION_MAJOR, BV_VERSION_MINOR,
		BV_VERSION_PATCH);
	assert_string_equal(bv_version(), numbers);
	assert_string_equal(bv_version(), BUILD_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_carries_what_it_was_given),
		cmocka_unit_test(an_os_error_explains_its_errno),
		cmocka_unit_test(nobody_need_listen),
		cmocka_unit_test(an_error_without_a_code_is_a_fault),
		cmocka_unit_test(quoted_bytes_cannot_leave_the_line),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(a_text_that_just_fits_is_not_cut),
		cmocka_unit_test(an_error_can_quote_itself),
		cmocka_unit_test(every_code_has_a_name_and_a_meaning),
		cmocka_unit_test(the_version_is_the_builds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

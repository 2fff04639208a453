/* SPDX-License-Identifier: MIT
 *
 * The buffer holds what was appended, never more than its maximum, and after the first failure
 * nothing at all.
 */
#include "unit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "faulty.h"

static void assert_holds(const struct bv_buf *buf, const char *text)
{
	struct bv_bytes view = bv_buf_view(buf);

	assert_true(bv_buf_ok(buf));
	assert_int_equal(view.len, strlen(text));
	assert_memory_equal(view.data, text, view.len + 1);
}

static void assert_broken(struct bv_buf *buf)
{
	size_t len = 99;

	assert_false(bv_buf_ok(buf));
	assert_int_equal(bv_buf_view(buf).len, 0);
	assert_null(bv_buf_take(buf, &len));
	assert_int_equal(len, 99);
}

static void appends_join(void **state)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(100);

	(void)state;
	bv_buf_str(&buf, "one");
	bv_buf_byte(&buf, ' ');
	bv_buf_printf(&buf, "%d-%s", 2, "three");
	bv_buf_append(&buf, NULL, 0);
	bv_buf_str(&buf, "");
	assert_holds(&buf, "one 2-three");
}

static void growth_keeps_the_contents(void **state)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(100000);

	(void)state;
	for (unsigned int i = 0; i < 100000; i++)
		bv_buf_byte(&buf, (uint8_t)(i * 31));
	assert_true(bv_buf_ok(&buf));
	assert_int_equal(bv_buf_view(&buf).len, 100000);
	for (unsigned int i = 0; i < 100000; i++)
		assert_int_equal(bv_buf_view(&buf).data[i], (uint8_t)(i * 31));
}

/* For every maximum around the sizes where growth happens, in each way of appending. */
static void the_maximum_is_exact(void **state)
{
	char text[1101];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t max = 0; max < 1100; max++) {
		BV_CLEANUP_BUF struct bv_buf whole = BV_BUF(max), bytes = BV_BUF(max),
					     printed = BV_BUF(max), over = BV_BUF(max);

		bv_buf_append(&whole, text, max);
		for (size_t i = 0; i < max; i++)
			bv_buf_byte(&bytes, 'x');
		bv_buf_printf(&printed, "%.*s", (int)max, text);
		assert_true(bv_buf_ok(&whole) && bv_buf_ok(&bytes) && bv_buf_ok(&printed));
		assert_true(bv_bytes_eq(bv_buf_view(&whole), bv_bytes(text, max)));
		assert_true(bv_bytes_eq(bv_buf_view(&bytes), bv_bytes(text, max)));
		assert_true(bv_bytes_eq(bv_buf_view(&printed), bv_bytes(text, max)));
		assert_true(whole.capacity <= max && bytes.capacity <= max);
		bv_buf_byte(&bytes, 'x');
		bv_buf_printf(&printed, "x");
		bv_buf_append(&over, text, max + 1);
		assert_broken(&bytes);
		assert_broken(&printed);
		assert_broken(&over);
	}
}

static void a_broken_buffer_stays_broken(void **state)
{
	struct bv_buf buf = BV_BUF(4);

	(void)state;
	bv_buf_str(&buf, "abc");
	bv_buf_str(&buf, "de");
	assert_broken(&buf);
	bv_buf_str(&buf, "");
	bv_buf_byte(&buf, 'd');
	assert_broken(&buf);
	bv_buf_free(&buf);
	bv_buf_str(&buf, "abcd");
	assert_holds(&buf, "abcd");
	bv_buf_free(&buf);
}

static void sizes_that_overflow_are_refused(void **state)
{
	struct bv_buf buf = BV_BUF(SIZE_MAX);
	static const char byte = 'x';

	(void)state;
	bv_buf_byte(&buf, 'a');
	/* Never read: neither sum fits. */
	bv_buf_append(&buf, &byte, SIZE_MAX);
	assert_broken(&buf);
	bv_buf_free(&buf);
	bv_buf_append(&buf, &byte, SIZE_MAX);
	assert_broken(&buf);
	bv_buf_free(&buf);
}

static void taking_hands_over_and_empties(void **state)
{
	struct bv_buf buf = BV_BUF(16);
	size_t len = 99;
	uint8_t *data;

	(void)state;
	data = bv_buf_take(&buf, &len);
	assert_non_null(data);
	assert_int_equal(len, 0);
	assert_int_equal(data[0], 0);
	free(data);
	bv_buf_str(&buf, "taken");
	data = bv_buf_take(&buf, &len);
	assert_string_equal((char *)data, "taken");
	assert_int_equal(len, 5);
	free(data);
	assert_int_equal(bv_buf_view(&buf).len, 0);
	bv_buf_str(&buf, "again");
	assert_holds(&buf, "again");
	bv_buf_free(&buf);
}

static void fill(struct bv_buf *buf)
{
	for (int i = 0; i < 600; i++) {
		bv_buf_byte(buf, 'b');
		bv_buf_printf(buf, "%d", i % 10);
	}
}

static void any_failing_allocation_breaks_it(void **state)
{
	struct bv_buf buf = BV_BUF(4096);
	long n = 0, asked;

	(void)state;
	do {
		faulty_arm(n);
		fill(&buf);
		asked = faulty_disarm();
		if (asked > n)
			assert_broken(&buf);
		else
			assert_int_equal(bv_buf_view(&buf).len, 1200);
		bv_buf_free(&buf);
	} while (asked > n++);
	assert_true(n > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_join),
		cmocka_unit_test(growth_keeps_the_contents),
		cmocka_unit_test(the_maximum_is_exact),
		cmocka_unit_test(a_broken_buffer_stays_broken),
		cmocka_unit_test(sizes_that_overflow_are_refused),
		cmocka_unit_test(taking_hands_over_and_empties),
		cmocka_unit_test(any_failing_allocation_breaks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

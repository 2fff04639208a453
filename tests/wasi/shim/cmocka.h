/* SPDX-License-Identifier: MIT
 *
 * As much of cmocka's interface as our unit tests use, for where cmocka does not run: it needs
 * longjmp, which WebAssembly does not have. So the first assertion that fails ends the program,
 * with the cases after it unrun; what is printed is in cmocka's form, and counted like it.
 */
#ifndef TESTS_WASI_SHIM_CMOCKA_H
#define TESTS_WASI_SHIM_CMOCKA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uintmax_t LargestIntegralType;

struct CMUnitTest {
	const char *name;
	void (*test_func)(void **state);
	int (*setup_func)(void **state);
	int (*teardown_func)(void **state);
	void *initial_state;
};

static const char *shim_case;

__attribute__((format(printf, 3, 4), noreturn)) static inline void shim_fail(const char *file,
	int line, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n%s:%d: error: Failure!\n[  FAILED  ] %s\n", file, line, shim_case);
	fflush(stdout);
	exit(1);
}

static inline void shim_bytes(const char *file, int line, const void *a, const void *b, size_t len,
	int want)
{
	if ((memcmp(a, b, len) == 0) != want)
		shim_fail(file, line, "%zu bytes are %s", len, want ? "different" : "the same");
}

#define fail_msg(...) shim_fail(__FILE__, __LINE__, __VA_ARGS__)
#define fail() fail_msg("failed")
#define print_message(...) printf(__VA_ARGS__)

#define assert_true(condition) ((condition) ? (void)0 : fail_msg("%s", #condition))
#define assert_false(condition) ((condition) ? fail_msg("not false: %s", #condition) : (void)0)
#define assert_null(pointer) assert_true((pointer) == NULL)
#define assert_non_null(pointer) assert_true((pointer) != NULL)
#define assert_ptr_equal(a, b) assert_true((const void *)(a) == (const void *)(b))
#define assert_ptr_not_equal(a, b) assert_true((const void *)(a) != (const void *)(b))

/* Both sides as wide as there is, as cmocka compares them. */
#define assert_int_equal(a, b) \
	do { \
		LargestIntegralType shim_a = (LargestIntegralType)(a); \
		LargestIntegralType shim_b = (LargestIntegralType)(b); \
		if (shim_a != shim_b) \
			fail_msg("%#jx != %#jx: %s, %s", shim_a, shim_b, #a, #b); \
	} while (0)
#define assert_int_not_equal(a, b) assert_true((LargestIntegralType)(a) != (LargestIntegralType)(b))
#define assert_in_range(value, low, high) \
	do { \
		LargestIntegralType shim_v = (LargestIntegralType)(value); \
		if (shim_v < (LargestIntegralType)(low) || shim_v > (LargestIntegralType)(high)) \
			fail_msg("%#jx is not in range: %s", shim_v, #value); \
	} while (0)
#define assert_string_equal(a, b) \
	do { \
		const char *shim_a = (a); \
		const char *shim_b = (b); \
		if (strcmp(shim_a, shim_b) != 0) \
			fail_msg("\"%s\" != \"%s\"", shim_a, shim_b); \
	} while (0)
#define assert_string_not_equal(a, b) assert_true(strcmp((a), (b)) != 0)
#define assert_memory_equal(a, b, len) shim_bytes(__FILE__, __LINE__, (a), (b), (len), 1)
#define assert_memory_not_equal(a, b, len) shim_bytes(__FILE__, __LINE__, (a), (b), (len), 0)

#define test_malloc(size) malloc(size)
#define test_calloc(count, size) calloc(count, size)
#define test_free(pointer) free(pointer)

#define cmocka_unit_test(function) \
	{ \
#function, function, NULL, NULL, NULL \
	}
#define cmocka_unit_test_setup_teardown(function, setup, teardown) \
	{ \
#function, function, setup, teardown, NULL \
	}

/* Cases that hold only natively, and why. */
static inline const char *shim_left_out(const char *name)
{
	if (strcmp(name, "numbers_outside_their_tables_are_counted_not_kept") == 0)
		return "no size is out of range where sizes have 32 bits";
	if (strcmp(name, "ipv6_is_read_as_the_c_library_reads_it") == 0)
		return "of two equal runs of zeroes musl shortens the second, glibc the first";
	return NULL;
}

static inline int shim_run(const struct CMUnitTest *tests, size_t count)
{
	printf("[==========] Running %zu test(s).\n", count);
	for (size_t i = 0; i < count; i++) {
		void *state = tests[i].initial_state;

		shim_case = tests[i].name;
		printf("[ RUN      ] %s\n", shim_case);
		fflush(stdout); /* a trap ends all */
		if (shim_left_out(shim_case)) {
			printf("# skip: %s\n[  SKIPPED ] %s\n", shim_left_out(shim_case),
				shim_case);
			continue;
		}
		if (tests[i].setup_func && tests[i].setup_func(&state))
			fail_msg("the set-up failed");
		tests[i].test_func(&state);
		if (tests[i].teardown_func && tests[i].teardown_func(&state))
			fail_msg("the teardown failed");
		printf("[       OK ] %s\n", shim_case);
	}
	printf("[==========] %zu test(s) run.\n", count);
	return 0;
}

/* Groups of ours have no set-up of their own. */
#define cmocka_run_group_tests(tests, setup, teardown) \
	shim_run(tests, sizeof(tests) / sizeof((tests)[0]) + 0 * sizeof(setup == teardown))
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	cmocka_run_group_tests(tests, setup, teardown)

#endif

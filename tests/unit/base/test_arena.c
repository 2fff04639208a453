/* SPDX-License-Identifier: MIT
 *
 * Allocations of an arena are zeroed, aligned, apart from one another, and bounded in sum.
 */
#include "unit.h"

#include "base/arena.h"
#include "base/checked.h"
#include "faulty.h"

static void memory_is_zeroed_aligned_and_disjoint(void **state)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_arena_new(1 << 20);
	uint8_t *block[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		block[i] = bv_arena_alloc(arena, i * 7);
		assert_non_null(block[i]);
		assert_int_equal((uintptr_t)block[i] % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < i * 7; j++)
			assert_int_equal(block[i][j], 0);
		memset(block[i], (int)i + 1, i * 7);
	}
	for (size_t i = 0; i < 200; i++) {
		for (size_t j = 0; j < i * 7; j++)
			assert_int_equal(block[i][j], (uint8_t)(i + 1));
	}
}

/* Larger than any chunk the arena would make by itself. */
static void large_allocations_have_room(void **state)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_arena_new((size_t)1 << 26);
	size_t size = 5000;

	(void)state;
	for (uint8_t i = 1; i < 8; i++, size *= 4) {
		uint8_t *large = bv_arena_alloc(arena, size), *small = bv_arena_alloc(arena, 32);

		assert_true(large && small);
		memset(small, 0, 32);
		memset(large, i, size);
		for (size_t j = 0; j < 32; j++)
			assert_int_equal(small[j], 0);
	}
}

static void the_maximum_is_exact(void **state)
{
	const size_t unit = _Alignof(max_align_t);

	(void)state;
	for (size_t max = 0; max < 20000; max += 97) {
		BV_CLEANUP_ARENA struct bv_arena *arena = bv_arena_new(max);
		size_t count = 0;

		while (bv_arena_alloc(arena, unit))
			count++;
		assert_int_equal(count, max / unit);
		assert_int_equal(bv_arena_used(arena), count * unit);
	}
}

static void a_refused_allocation_changes_nothing(void **state)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_arena_new(64);

	(void)state;
	assert_non_null(bv_arena_alloc(arena, 16));
	assert_null(bv_arena_alloc(arena, 49));
	assert_null(bv_arena_alloc(arena, SIZE_MAX));
	assert_null(bv_arena_array(arena, SIZE_MAX / 2, 3));
	assert_null(bv_arena_array(arena, SIZE_MAX / 4 + 1, 4));
	assert_int_equal(bv_arena_used(arena), 16);
	assert_non_null(bv_arena_alloc(arena, 48));
	assert_null(bv_arena_alloc(arena, 0));
}

static void nothing_is_a_valid_pointer(void **state)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_arena_new(1024);
	void *a = bv_arena_alloc(arena, 0), *b = bv_arena_array(arena, 0, 8);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_not_equal(a, b);
	assert_null(bv_arena_free(NULL));
}

static void copies_end_in_nul_and_stand_apart(void **state)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_arena_new(1024);
	struct edge edge = edge_open();
	char source[] = "source";
	char *copy = bv_arena_str(arena, source);
	char *view = bv_arena_bytes(arena, bv_bytes(edge_put(&edge, "abc", 3), 3));

	(void)state;
	source[0] = 'S';
	assert_string_equal(copy, "source");
	assert_string_equal(view, "abc");
	assert_string_equal(bv_arena_bytes(arena, bv_bytes(NULL, 0)), "");
	assert_null(bv_arena_str(arena, NULL));
	assert_null(bv_arena_bytes(arena, bv_bytes(source, SIZE_MAX)));
	edge_close(&edge);
}

static void any_failing_allocation_is_null_and_harmless(void **state)
{
	long n = 0, asked;

	(void)state;
	do {
		BV_CLEANUP_ARENA struct bv_arena *arena = NULL;
		size_t refused = 0, used = 0;

		faulty_arm(n);
		arena = bv_arena_new(1 << 20);
		for (size_t i = 0; arena && i < 100; i++) {
			if (bv_arena_alloc(arena, 1024))
				used += 1024;
			else
				refused++;
		}
		asked = faulty_disarm();
		/* Only the one request meets the failure; the next one tries again. */
		assert_int_equal(arena ? refused : 1, asked > n ? 1 : 0);
		if (arena)
			assert_int_equal(bv_arena_used(arena), used);
	} while (asked > n++);
	assert_true(n > 3);
}

static void sums_and_products_say_when_they_do_not_fit(void **state)
{
	size_t size = 7;
	uint64_t u64 = 7;

	(void)state;
	assert_false(bv_size_add(SIZE_MAX, 1, &size));
	assert_false(bv_size_mul(SIZE_MAX / 2 + 1, 2, &size));
	assert_false(bv_u64_add(UINT64_MAX, 1, &u64));
	assert_false(bv_u64_mul(UINT64_MAX / 2 + 1, 2, &u64));
	assert_true(size == 7 && u64 == 7);
	assert_true(bv_size_add(SIZE_MAX - 1, 1, &size) && size == SIZE_MAX);
	assert_true(bv_size_mul(SIZE_MAX, 1, &size) && size == SIZE_MAX);
	assert_true(bv_u64_add(UINT64_MAX, 0, &u64) && u64 == UINT64_MAX);
	assert_true(bv_u64_mul(3, 5, &u64) && u64 == 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_disjoint),
		cmocka_unit_test(large_allocations_have_room),
		cmocka_unit_test(the_maximum_is_exact),
		cmocka_unit_test(a_refused_allocation_changes_nothing),
		cmocka_unit_test(nothing_is_a_valid_pointer),
		cmocka_unit_test(copies_end_in_nul_and_stand_apart),
		cmocka_unit_test(any_failing_allocation_is_null_and_harmless),
		cmocka_unit_test(sums_and_products_say_when_they_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * Every single allocation can fail. The allocator's functions are replaced when this is linked
 * (--wrap); the N-th call of a whole life (load, store, host functions, instance, call, growth)
 * returns nothing, for every N until all succeed. Each time there is an error or a trap, and
 * afterwards as many blocks are free as were taken.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "build.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static bool counting;
static unsigned long calls;
static unsigned long failing; /* which call fails; 0: none */
static long blocks;

static bool starved(void)
{
	return counting && ++calls == failing;
}

static void *counted(void *p)
{
	if (counting && p)
		blocks++;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return starved() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return starved() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	if (starved())
		return NULL;
	return p ? __real_realloc(p, size) : counted(__real_realloc(p, size));
}

void __wrap_free(void *p)
{
	if (counting && p)
		blocks--;
	__real_free(p);
}

static enum bv_wasm_host_result host_twice(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	(void)caller, (void)user, (void)status;
	results[0].i32 = args[0].i32 * 2;
	return BV_WASM_HOST_RETURN;
}

/* Everything that takes memory: a type, an import, functions, a table with two segments, a memory
 * with data, globals, an export, a start function, a name. f(n) = twice(g(n)), where g grows the
 * table by one and the memory by one page and returns n through a table and a nest of blocks. */
static void build_all(struct build *b)
{
	static const uint8_t f[] = {0, 0x20, 0, 0x41, 0, 0x11, 0, 0, 0x10, 0, 0x0b};
	static const uint8_t g[] = {1, 1, 0x7f, 0xd0, 0x70, 0x41, 1, 0xfc, 15, 0, 0x1a, 0x41, 1,
		0x40, 0, 0x1a, 0x02, 0x7f, 0x02, 0x7f, 0x20, 0, 0x20, 0, 0x0e, 1, 0, 1, 0x0b, 0x0b,
		0x0b};
	static const uint8_t nothing[] = {0, 0x0b};

	build_start(b);
	build_section(b, 1);
	build_bytes(b, "\2\x60\1\x7f\1\x7f\x60\0\0", 9);
	build_section_end(b);
	build_section(b, 2);
	build_byte(b, 1);
	build_name(b, "h");
	build_name(b, "twice");
	build_bytes(b, "\0\0", 2);
	build_section_end(b);
	build_section(b, 3);
	build_bytes(b, "\3\0\0\1", 4);
	build_section_end(b);
	build_section(b, 4);
	build_bytes(b, "\1\x70\0\2", 4);
	build_section_end(b);
	build_section(b, 5);
	build_bytes(b, "\1\0\1", 3);
	build_section_end(b);
	build_section(b, 6);
	build_bytes(b, "\1\x7f\1\x41\1\x0b", 6);
	build_section_end(b);
	build_section(b, 7);
	build_byte(b, 1);
	build_name(b, "f");
	build_bytes(b, "\0\1", 2);
	build_section_end(b);
	build_section(b, 8);
	build_byte(b, 3);
	build_section_end(b);
	build_section(b, 9);
	build_bytes(b, "\2\0\x41\0\x0b\1\2\1\0\1\1", 11);
	build_section_end(b);
	build_section(b, 10);
	build_byte(b, 3);
	build_u32(b, sizeof(f));
	build_bytes(b, f, sizeof(f));
	build_u32(b, sizeof(g));
	build_bytes(b, g, sizeof(g));
	build_u32(b, sizeof(nothing));
	build_bytes(b, nothing, sizeof(nothing));
	build_section_end(b);
	build_section(b, 11);
	build_bytes(b, "\1\0\x41\0\x0b\3xyz", 9);
	build_section_end(b);
}

/* A whole life. True when nothing failed. */
static bool live(const struct build *b)
{
	const struct bv_wasm_host_func host = {"h", "twice", "i:i", host_twice, NULL};
	const struct bv_wasm_store_config config = {.fuel = true};
	const union bv_wasm_value n = {.i32 = 21};
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_module *module = NULL;
	struct bv_wasm_store *store = NULL;
	struct bv_wasm_func *func = NULL;
	union bv_wasm_value result = {0};
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};
	int code = bv_wasm_module_load(b->bytes, b->len, NULL, &module, &err);

	if (!code)
		code = bv_wasm_store_new(&config, &store, &err);
	if (!code) {
		bv_wasm_fuel_set(store, 1000000);
		code = bv_wasm_store_define(store, &host, 1, &err);
	}
	if (!code)
		code = bv_wasm_instantiate(store, module, &instance, &trap, &err);
	if (!code && !trap.kind)
		code = bv_wasm_export_func(instance, "f", 1, &func, &err);
	if (!code && !trap.kind)
		code = bv_wasm_call(func, &n, 1, &result, 1, &trap, &err);
	if (code)
		assert_true((code == BV_E_NO_MEMORY || code == BV_E_LIMIT) && err.text[0]);
	else if (trap.kind)
		assert_int_equal(trap.kind, BV_WASM_TRAP_ENGINE_MEMORY);
	else
		assert_int_equal(result.i32, 42);
	bv_wasm_store_free(store);
	bv_wasm_module_free(module);
	return !code && !trap.kind;
}

static void the_nth_allocation_may_fail(void **state)
{
	unsigned long refused = 0;
	unsigned long count;
	struct build b;

	(void)state;
	build_all(&b);
	counting = true;
	calls = 0;
	failing = 0;
	assert_true(live(&b));
	count = calls;
	for (unsigned long n = 1; n <= count; n++) {
		calls = 0;
		failing = n;
		blocks = 0;
		refused += !live(&b);
		if (blocks)
			fail_msg("%ld blocks stay when allocation %lu of %lu fails", blocks, n,
				count);
	}
	counting = false;
	print_message("%lu allocations, %lu of them vital\n", count, refused);
	/* Growth that fails is an answer to the guest, not a failure: two of them. */
	assert_in_range(count - refused, 1, 2);
	assert_true(count > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nth_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("wasm starved", tests, NULL, NULL);
}

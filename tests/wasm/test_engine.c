/* SPDX-License-Identifier: MIT
 *
 * What the embedder relies on: traps and where they come from, interruption, fuel, limits, host
 * functions, memory of the embedder's own, and that the native stack does not grow with the
 * guest's program.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

#define CODE(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static void open_code(struct world *world, const char *signature, const uint8_t *code, size_t len,
	const struct bv_wasm_store_config *config)
{
	struct build b;

	build_function(&b, signature, true, code, len);
	if (world_open(world, &b, config, NULL, 0))
		fail_msg("%s at %llu", world->err.text, (unsigned long long)world->err.offset);
}

/* loop: br 0 */
static const uint8_t endless[] = {0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b};

static void a_trap_names_its_function_and_byte(void **state)
{
	static const uint8_t code[] = {0, 0x41, 0x7f, 0x28, 2, 0, 0x1a, 0x0b};
	struct world world;
	struct build b;

	(void)state;
	build_function(&b, ":", true, code, sizeof(code));
	assert_int_equal(world_open(&world, &b, NULL, NULL, 0), 0);
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_MEMORY_BOUNDS);
	assert_int_equal(world.trap.func_index, 0);
	/* The load: its opcode is the fourth byte of the body, which ends the module. */
	assert_int_equal(world.trap.offset, b.len - sizeof(code) + 3);
	assert_string_equal(bv_wasm_trap_name(world.trap.kind), "memory-bounds");
	world_close(&world);
}

static void an_unused_load_still_traps(void **state)
{
	struct world world;

	(void)state;
	open_code(&world, ":", CODE(0, 0x41, 0x7f, 0x2d, 0, 0, 0x1a, 0x0b), NULL);
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_MEMORY_BOUNDS);
	world_close(&world);
}

static void a_set_flag_stops_an_endless_loop(void **state)
{
	volatile uint32_t flag = 0;
	const struct bv_wasm_store_config config = {.interrupt = &flag};
	struct world world;

	(void)state;
	open_code(&world, ":", endless, sizeof(endless), &config);
	flag = 1;
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_INTERRUPT);
	world_close(&world);
}

static void a_set_flag_stops_recursion(void **state)
{
	volatile uint32_t flag = 0;
	const struct bv_wasm_store_config config = {.interrupt = &flag};
	struct world world;

	(void)state;
	open_code(&world, ":", CODE(0, 0x10, 0, 0x0b), &config);
	flag = 1;
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_INTERRUPT);
	world_close(&world);
}

static void fuel_ends_an_endless_loop_and_is_used_up(void **state)
{
	const struct bv_wasm_store_config config = {.fuel = true};
	struct world world;

	(void)state;
	open_code(&world, ":", endless, sizeof(endless), &config);
	bv_wasm_fuel_set(world.store, 1000);
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_FUEL);
	assert_true(bv_wasm_fuel_left(world.store) < 2);
	world_close(&world);
}

static void bulk_work_is_charged_before_it_starts(void **state)
{
	/* memory.fill 0 1 65536 */
	static const uint8_t code[] = {0, 0x41, 0, 0x41, 1, 0x41, 0x80, 0x80, 0x04, 0xfc, 11, 0,
		0x0b};
	const struct bv_wasm_store_config config = {.fuel = true};
	struct world world;
	const uint8_t *memory;

	(void)state;
	open_code(&world, ":", code, sizeof(code), &config);
	bv_wasm_fuel_set(world.store, 500);
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_FUEL);
	memory = bv_wasm_memory(world.instance, 0, 1);
	assert_int_equal(memory[0], 0);
	bv_wasm_fuel_set(world.store, 5000);
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_NONE);
	assert_int_equal(memory[0], 1);
	world_close(&world);
}

static void growth_is_charged_only_if_it_can_be(void **state)
{
	/* memory.grow(param) */
	static const uint8_t code[] = {0, 0x20, 0, 0x40, 0, 0x0b};
	const struct bv_wasm_store_config config = {.fuel = true,
		.limits = {.memory_bytes = 3 * 65536}};
	union bv_wasm_value pages = {.i32 = 65535};
	struct world world;

	(void)state;
	open_code(&world, "i:i", code, sizeof(code), &config);
	bv_wasm_fuel_set(world.store, 100);
	assert_int_equal((uint32_t)world_call(&world, "f", &pages, 1), UINT32_MAX);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_NONE);
	pages.i32 = 1;
	world_call(&world, "f", &pages, 1);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_FUEL);
	assert_int_equal(bv_wasm_memory_bytes(world.instance), 65536);
	bv_wasm_fuel_set(world.store, 1100);
	assert_int_equal((uint32_t)world_call(&world, "f", &pages, 1), 1);
	assert_true(bv_wasm_fuel_left(world.store) < 1100 - 1024);
	world_close(&world);
}

static void the_same_work_costs_the_same_fuel(void **state)
{
	/* loop: local 0 = local 0 - 1; br_if 0 */
	static const uint8_t code[] = {0, 0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0,
		0x0b, 0x0b};
	const struct bv_wasm_store_config config = {.fuel = true};
	union bv_wasm_value n = {.i32 = 10};
	uint64_t used[2];
	struct world world;

	(void)state;
	open_code(&world, "i:", code, sizeof(code), &config);
	for (int i = 0; i < 2; i++) {
		bv_wasm_fuel_set(world.store, 1000);
		world_call(&world, "f", &n, 1);
		assert_int_equal(world.trap.kind, BV_WASM_TRAP_NONE);
		used[i] = 1000 - bv_wasm_fuel_left(world.store);
	}
	assert_int_equal(used[0], used[1]);
	assert_in_range(used[0], 50, 60); /* five instructions ten times, and the loop's own */
	world_close(&world);
}

static void endless_recursion_is_a_trap(void **state)
{
	struct world world;

	(void)state;
	open_code(&world, ":", CODE(0, 0x10, 0, 0x0b), NULL);
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_STACK);
	/* And the store is as good as before. */
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_STACK);
	world_close(&world);
}

/* 1 + (block (result i32): 2; if the parameter, leave with 8; else by br_table with 4): what lies
 * below a block may not depend on the way out of it. */
static void a_constant_below_a_block_is_there_on_every_way_out(void **state)
{
	static const uint8_t code[] = {0, 0x41, 1, 0x02, 0x7f, 0x41, 8, 0x20, 0, 0x0d, 0, 0x1a,
		0x41, 4, 0x41, 1, 0x0e, 0, 0, 0x0b, 0x6a, 0x0b};
	struct world world;

	(void)state;
	for (uint32_t taken = 0; taken < 2; taken++) {
		union bv_wasm_value argument = {.i32 = taken};

		open_code(&world, "i:i", code, sizeof(code), NULL);
		assert_int_equal((uint32_t)world_call(&world, "f", &argument, 1), taken ? 9 : 5);
		world_close(&world);
	}
}

/* Five functions that do nothing, "f" that sets the global to 9, and "g" that gives it. */
static void build_home(struct build *b)
{
	static const uint8_t types[] = {2, 0x60, 0, 0, 0x60, 0, 1, 0x7f};
	static const uint8_t functions[] = {7, 0, 0, 0, 0, 0, 0, 1};
	static const uint8_t globals[] = {1, 0x7f, 1, 0x41, 0, 0x0b};
	static const uint8_t exports[] = {2, 1, 'f', 0, 5, 1, 'g', 0, 6};
	static const uint8_t codes[] = {7, 2, 0, 0x0b, 2, 0, 0x0b, 2, 0, 0x0b, 2, 0, 0x0b, 2, 0,
		0x0b, 6, 0, 0x41, 9, 0x24, 0, 0x0b, 4, 0, 0x23, 0, 0x0b};
	const struct {
		unsigned int id;
		const uint8_t *bytes;
		size_t len;
	} sections[] = {{1, types, sizeof(types)}, {3, functions, sizeof(functions)},
		{6, globals, sizeof(globals)}, {7, exports, sizeof(exports)},
		{10, codes, sizeof(codes)}};

	build_start(b);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		build_section(b, sections[i].id);
		build_bytes(b, sections[i].bytes, sections[i].len);
		build_section_end(b);
	}
}

/* Its only function is the other's "f", with which it starts. */
static void build_guest_of(struct build *b)
{
	static const uint8_t types[] = {1, 0x60, 0, 0};
	static const uint8_t imports[] = {1, 1, 'b', 1, 'f', 0, 0};

	build_start(b);
	build_section(b, 1);
	build_bytes(b, types, sizeof(types));
	build_section_end(b);
	build_section(b, 2);
	build_bytes(b, imports, sizeof(imports));
	build_section_end(b);
	build_section(b, 8);
	build_u32(b, 0);
	build_section_end(b);
}

static void an_imported_start_function_runs_where_it_is_at_home(void **state)
{
	static struct build home, guest;
	struct bv_wasm_module *module = NULL;
	struct bv_wasm_instance *instance = NULL;
	struct world world;

	(void)state;
	build_home(&home);
	build_guest_of(&guest);
	assert_int_equal(world_open(&world, &home, NULL, NULL, 0), 0);
	assert_int_equal(bv_wasm_store_register(world.store, world.instance, "b", &world.err), 0);
	assert_int_equal(bv_wasm_module_load(guest.bytes, guest.len, NULL, &module, &world.err), 0);
	assert_int_equal(bv_wasm_instantiate(world.store, module, &instance, &world.trap,
				 &world.err),
		0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_NONE);
	assert_int_equal(world_call(&world, "g", NULL, 0), 9);
	world_close(&world);
	bv_wasm_module_free(module);
}

static void tail_calls_need_no_stack(void **state)
{
	/* n ? return_call f(n - 1) : 7 */
	static const uint8_t code[] = {0, 0x20, 0, 0x45, 0x04, 0x40, 0x41, 7, 0x0f, 0x0b, 0x20, 0,
		0x41, 1, 0x6b, 0x12, 0, 0x0b};
	const struct bv_wasm_store_config config = {.limits = {.stack_bytes = 4096}};
	union bv_wasm_value n = {.i32 = 1000000};
	struct world world;

	(void)state;
	open_code(&world, "i:i", code, sizeof(code), &config);
	assert_int_equal(world_call(&world, "f", &n, 1), 7);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_NONE);
	world_close(&world);
}

static void memory_grows_up_to_its_limit_only(void **state)
{
	/* memory.grow(param) */
	static const uint8_t code[] = {0, 0x20, 0, 0x40, 0, 0x0b};
	const struct bv_wasm_store_config config = {.limits = {.memory_bytes = 3 * 65536}};
	union bv_wasm_value two = {.i32 = 2};
	union bv_wasm_value one = {.i32 = 1};
	struct world world;

	(void)state;
	open_code(&world, "i:i", code, sizeof(code), &config);
	assert_int_equal(world_call(&world, "f", &two, 1), 1);
	assert_int_equal(bv_wasm_memory_bytes(world.instance), 3 * 65536);
	assert_int_equal((uint32_t)world_call(&world, "f", &one, 1), UINT32_MAX);
	assert_non_null(bv_wasm_memory(world.instance, 3 * 65536 - 1, 1));
	assert_non_null(bv_wasm_memory(world.instance, 3 * 65536, 0));
	assert_null(bv_wasm_memory(world.instance, 3 * 65536 - 1, 2));
	assert_null(bv_wasm_memory(world.instance, UINT64_MAX, 2));
	world_close(&world);
}

static void a_store_that_may_hold_nothing_refuses(void **state)
{
	const struct bv_wasm_store_config config = {.limits = {.memory_bytes = 1000}};
	struct world world;
	struct build b;

	(void)state;
	build_function(&b, ":", true, endless, sizeof(endless));
	assert_int_equal(world_open(&world, &b, &config, NULL, 0), BV_E_LIMIT);
	assert_non_null(strstr(world.err.text, "memory_bytes"));
	world_close(&world);
}

/* With so much for the module and so much for the store: refuses, traps, or is right. */
static bool survives(const struct build *b, uint64_t module_bytes, uint64_t store_bytes)
{
	const struct bv_wasm_limits limits = {.engine_bytes = module_bytes};
	const struct bv_wasm_store_config config = {
		.limits = {.engine_bytes = store_bytes, .stack_bytes = 4096}};
	struct world world;
	bool ran = false;

	if (!world_open_with(&world, b, &config, &limits)) {
		uint64_t result = world_call(&world, "f", NULL, 0);

		ran = world.trap.kind == BV_WASM_TRAP_NONE;
		if (ran)
			assert_int_equal((uint32_t)result, 7);
		else
			assert_int_equal(world.trap.kind, BV_WASM_TRAP_ENGINE_MEMORY);
		assert_true(!store_bytes || bv_wasm_store_bytes(world.store) <= store_bytes);
	}
	world_close(&world);
	return ran;
}

/* For every amount of memory the engine may refuse, but not break. */
static void every_engine_limit_is_survived(void **state)
{
	static const uint8_t code[] = {0, 0x41, 3, 0x41, 4, 0x6a, 0x0b};
	unsigned int ran = 0;
	struct build b;

	(void)state;
	build_function(&b, ":i", true, code, sizeof(code));
	for (uint64_t bytes = 1; bytes < 20000; bytes += 61)
		ran += survives(&b, 0, bytes);
	assert_in_range(ran, 10, 320);
	ran = 0;
	for (uint64_t bytes = 1; bytes < 160000; bytes += 61)
		ran += survives(&b, bytes, 0);
	assert_in_range(ran, 10, 2600);
}

/* ---- host functions ---- */

/* (import "h" "f" (func SIG)) and an export "f" that calls it with its own parameters. */
static void build_caller(struct build *b, const char *params, const char *results)
{
	size_t n = strlen(params);

	build_start(b);
	build_section(b, 1);
	build_bytes(b, "\1\x60", 2);
	build_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		build_byte(b, params[i] == 'i' ? 0x7f : 0x7e);
	build_u32(b, (uint32_t)strlen(results));
	for (size_t i = 0; i < strlen(results); i++)
		build_byte(b, results[i] == 'i' ? 0x7f : 0x7e);
	build_section_end(b);
	build_section(b, 2);
	build_byte(b, 1);
	build_name(b, "h");
	build_name(b, "f");
	build_bytes(b, "\0\0", 2);
	build_section_end(b);
	build_section(b, 3);
	build_bytes(b, "\1\0", 2);
	build_section_end(b);
	build_section(b, 5);
	build_bytes(b, "\1\0\1", 3);
	build_section_end(b);
	build_section(b, 7);
	build_byte(b, 1);
	build_name(b, "f");
	build_bytes(b, "\0\1", 2);
	build_section_end(b);
	build_section(b, 10);
	build_byte(b, 1);
	build_u32(b, (uint32_t)(4 + 2 * n));
	build_byte(b, 0);
	for (size_t i = 0; i < n; i++) {
		build_byte(b, 0x20);
		build_u32(b, (uint32_t)i);
	}
	build_bytes(b, "\x10\0\x0b", 3);
	build_section_end(b);
}

static enum bv_wasm_host_result host_sum(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	uint8_t *byte = bv_wasm_memory(caller, 5, 1);

	(void)status;
	*byte = 42;
	*(int *)user += 1;
	results[0].i64 = args[0].i64 + args[1].i32;
	return BV_WASM_HOST_RETURN;
}

static void a_host_function_sees_arguments_memory_and_its_user(void **state)
{
	int calls = 0;
	const struct bv_wasm_host_func host = {"h", "f", "Ii:I", host_sum, &calls};
	union bv_wasm_value args[] = {{.i64 = 1ull << 40}, {.i32 = 2}};
	struct world world;
	struct build b;

	(void)state;
	build_caller(&b, "Ii", "I");
	assert_int_equal(world_open(&world, &b, NULL, &host, 1), 0);
	assert_true(world_call(&world, "f", args, 2) == (1ull << 40) + 2);
	assert_int_equal(calls, 1);
	assert_int_equal(*(uint8_t *)bv_wasm_memory(world.instance, 5, 1), 42);
	world_close(&world);
}

static enum bv_wasm_host_result host_end(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	(void)caller, (void)args, (void)results;
	*status = 33;
	return *(enum bv_wasm_host_result *)user;
}

static void a_host_function_can_trap_and_can_end_the_guest(void **state)
{
	enum bv_wasm_host_result how = BV_WASM_HOST_EXIT;
	const struct bv_wasm_host_func host = {"h", "f", ":", host_end, &how};
	struct world world;
	struct build b;

	(void)state;
	build_caller(&b, "", "");
	assert_int_equal(world_open(&world, &b, NULL, &host, 1), 0);
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_EXIT);
	assert_int_equal(world.trap.status, 33);
	how = BV_WASM_HOST_TRAP;
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_HOST);
	assert_int_equal(world.trap.func_index, 1);
	assert_true(world.trap.offset < b.len);
	world_close(&world);
}

static void imports_must_exist_and_have_the_type_asked_for(void **state)
{
	int calls = 0;
	const struct bv_wasm_host_func other = {"h", "g", "Ii:I", host_sum, &calls};
	const struct bv_wasm_host_func wrong = {"h", "f", "II:I", host_sum, &calls};
	struct world world;
	struct build b;

	(void)state;
	build_caller(&b, "Ii", "I");
	assert_int_equal(world_open(&world, &b, NULL, &other, 1), BV_E_MISSING);
	assert_non_null(strstr(world.err.text, "\"f\" of module \"h\""));
	world_close(&world);
	assert_int_equal(world_open(&world, &b, NULL, &wrong, 1), BV_E_TYPE);
	world_close(&world);
}

static enum bv_wasm_host_result host_again(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	struct bv_wasm_func *func = NULL;
	struct bv_wasm_trap trap = {0};

	(void)args, (void)results;
	if (bv_wasm_export_func(caller, "f", 1, &func, NULL) ||
		bv_wasm_call(func, NULL, 0, NULL, 0, &trap, NULL))
		return BV_WASM_HOST_TRAP;
	*(int *)user += 1;
	*status = (int32_t)trap.kind;
	return trap.kind ? BV_WASM_HOST_TRAP : BV_WASM_HOST_RETURN;
}

static void guest_and_host_calling_each_other_end_in_a_trap(void **state)
{
	int depth = 0;
	const struct bv_wasm_host_func host = {"h", "f", ":", host_again, &depth};
	struct world world;
	struct build b;

	(void)state;
	build_caller(&b, "", "");
	assert_int_equal(world_open(&world, &b, NULL, &host, 1), 0);
	world_call(&world, "f", NULL, 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_HOST);
	assert_in_range(depth, 10, 1000);
	world_close(&world);
}

/* ---- memory of the embedder's ---- */

struct pool {
	uint8_t bytes[4 * 65536];
	uint64_t max;
	int released;
};

static uint8_t *pool_reserve(void *user, const struct bv_wasm_module *module, uint64_t bytes,
	uint64_t bytes_max, bool *ret_image)
{
	struct pool *pool = user;

	(void)module, (void)bytes;
	pool->max = bytes_max;
	*ret_image = false;
	return pool->bytes;
}

static uint8_t *pool_grow(void *user, uint8_t *base, uint64_t bytes_old, uint64_t bytes_new,
	uint64_t bytes_max)
{
	const struct pool *pool = user;

	(void)bytes_old, (void)bytes_max;
	return bytes_new <= sizeof(pool->bytes) ? base : NULL;
}

static void pool_release(void *user, uint8_t *base, uint64_t bytes, uint64_t bytes_max)
{
	struct pool *pool = user;

	(void)bytes, (void)bytes_max;
	pool->released += base == pool->bytes;
}

/* Memory is asked for when half of an instance is made. */
static uint8_t *flag_reserve(void *user, const struct bv_wasm_module *module, uint64_t bytes,
	uint64_t bytes_max, bool *ret_image)
{
	(void)module, (void)bytes_max, (void)ret_image;
	*(volatile uint32_t *)user = 1;
	return calloc(1, (size_t)bytes);
}

static void flag_release(void *user, uint8_t *base, uint64_t bytes, uint64_t bytes_max)
{
	(void)user, (void)bytes, (void)bytes_max;
	free(base);
}

static void a_set_flag_stops_the_making_of_an_instance(void **state)
{
	volatile uint32_t flag = 0;
	const struct bv_wasm_memory_ops ops = {.reserve = flag_reserve,
		.grow = pool_grow,
		.release = flag_release,
		.user = (void *)(uintptr_t)&flag};
	const struct bv_wasm_store_config config = {.interrupt = &flag, .memory = &ops};
	struct world world;
	struct build b;

	(void)state;
	build_function(&b, ":", true, CODE(0, 0x0b));
	assert_int_equal(world_open(&world, &b, &config, NULL, 0), 0);
	assert_int_equal(flag, 1);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_NONE);
	world_close(&world);
	/* (data (i32.const 0) "x"): there is something left to be done. */
	flag = 0;
	build_section(&b, 11);
	build_bytes(&b, "\1\0\x41\0\x0b\1x", 7);
	build_section_end(&b);
	assert_int_equal(world_open(&world, &b, &config, NULL, 0), 0);
	assert_int_equal(world.trap.kind, BV_WASM_TRAP_INTERRUPT);
	assert_null(world.instance);
	world_close(&world);
}

static void the_embedder_supplies_memory_and_gets_it_back(void **state)
{
	static const uint8_t code[] = {0, 0x20, 0, 0x40, 0, 0x0b};
	static struct pool pool;
	const struct bv_wasm_memory_ops ops = {pool_reserve, pool_grow, pool_release, &pool};
	const struct bv_wasm_store_config config = {.memory = &ops,
		.limits = {.memory_bytes = 64 * 65536}};
	union bv_wasm_value three = {.i32 = 3};
	struct world world;

	(void)state;
	open_code(&world, "i:i", code, sizeof(code), &config);
	assert_ptr_equal(bv_wasm_memory(world.instance, 0, 1), pool.bytes);
	assert_int_equal(pool.max, 64 * 65536);
	assert_int_equal(world_call(&world, "f", &three, 1), 1);
	assert_int_equal((uint32_t)world_call(&world, "f", &three, 1), UINT32_MAX);
	world_close(&world);
	assert_int_equal(pool.released, 1);
}

/* ---- the native stack ---- */

/* sum = 0; loop: sum += f2(n); n -= 1; br_if 0 ... as one function that also recurses:
 * f(n) = n < 2 ? n : f(n - 1) + f(n - 2) */
static const uint8_t fibonacci[] = {0, 0x20, 0, 0x41, 2, 0x49, 0x04, 0x40, 0x20, 0, 0x0f, 0x0b,
	0x20, 0, 0x41, 1, 0x6b, 0x10, 0, 0x20, 0, 0x41, 2, 0x6b, 0x10, 0, 0x6a, 0x0b};

static void *run_on_small_stack(void *user)
{
	union bv_wasm_value n = {.i32 = 24};

	return (void *)(uintptr_t)(uint32_t)world_call(user, "f", &n, 1);
}

static void a_long_program_fits_a_native_stack_of_64_kib(void **state)
{
	pthread_attr_t attributes;
	struct world world;
	pthread_t thread;
	void *result = NULL;
	size_t size = 65536;

	(void)state;
	open_code(&world, "i:i", fibonacci, sizeof(fibonacci), NULL);
	pthread_attr_init(&attributes);
	if (size < (size_t)PTHREAD_STACK_MIN)
		size = (size_t)PTHREAD_STACK_MIN;
	assert_int_equal(pthread_attr_setstacksize(&attributes, size), 0);
	assert_int_equal(pthread_create(&thread, &attributes, run_on_small_stack, &world), 0);
	pthread_join(thread, &result);
	assert_int_equal((uintptr_t)result, 46368);
	pthread_attr_destroy(&attributes);
	world_close(&world);
}

/* ---- one module, several stores ---- */

static void a_second_store_runs_what_the_first_translated(void **state)
{
	const union bv_wasm_value n = {.i32 = 10};
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_store *second = NULL;
	struct world first;
	struct world world;
	uint64_t bytes;

	(void)state;
	open_code(&first, "i:i", fibonacci, sizeof(fibonacci), NULL);
	bytes = bv_wasm_module_bytes(first.module);
	assert_int_equal((uint32_t)world_call(&first, "f", &n, 1), 55);
	assert_true(bv_wasm_module_bytes(first.module) > bytes);
	bytes = bv_wasm_module_bytes(first.module);
	world = first;
	assert_int_equal(bv_wasm_store_new(NULL, &second, NULL), 0);
	assert_int_equal(bv_wasm_instantiate(second, first.module, &instance, &world.trap, NULL),
		0);
	world.instance = instance;
	assert_int_equal((uint32_t)world_call(&world, "f", &n, 1), 55);
	assert_int_equal(bv_wasm_module_bytes(first.module), bytes);
	bv_wasm_store_free(second);
	world_close(&first);
}

static void *run_in_a_store_of_its_own(void *user)
{
	const struct bv_wasm_store_config config = {.fuel = true};
	const union bv_wasm_value n = {.i32 = 15};
	struct world world = {.module = user};
	uint64_t result = 0;

	/* Without fuel, and with it: two translations. */
	for (int fuel = 0; fuel < 2; fuel++) {
		if (bv_wasm_store_new(fuel ? &config : NULL, &world.store, NULL) ||
			bv_wasm_instantiate(world.store, world.module, &world.instance, &world.trap,
				NULL))
			return NULL;
		bv_wasm_fuel_set(world.store, UINT64_MAX);
		result += (uint32_t)world_call(&world, "f", &n, 1);
		bv_wasm_store_free(world.store);
	}
	return (void *)(uintptr_t)result;
}

static void threads_translate_one_module_at_once(void **state)
{
	pthread_t threads[4];
	void *result = NULL;
	struct world world;

	(void)state;
	for (int round = 0; round < 20; round++) {
		open_code(&world, "i:i", fibonacci, sizeof(fibonacci), NULL);
		for (int i = 0; i < 4; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
						 run_in_a_store_of_its_own, world.module),
				0);
		for (int i = 0; i < 4; i++) {
			pthread_join(threads[i], &result);
			assert_int_equal((uintptr_t)result, 2 * 610);
		}
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trap_names_its_function_and_byte),
		cmocka_unit_test(an_unused_load_still_traps),
		cmocka_unit_test(a_set_flag_stops_an_endless_loop),
		cmocka_unit_test(a_set_flag_stops_recursion),
		cmocka_unit_test(a_set_flag_stops_the_making_of_an_instance),
		cmocka_unit_test(fuel_ends_an_endless_loop_and_is_used_up),
		cmocka_unit_test(bulk_work_is_charged_before_it_starts),
		cmocka_unit_test(growth_is_charged_only_if_it_can_be),
		cmocka_unit_test(the_same_work_costs_the_same_fuel),
		cmocka_unit_test(endless_recursion_is_a_trap),
		cmocka_unit_test(a_constant_below_a_block_is_there_on_every_way_out),
		cmocka_unit_test(an_imported_start_function_runs_where_it_is_at_home),
		cmocka_unit_test(tail_calls_need_no_stack),
		cmocka_unit_test(memory_grows_up_to_its_limit_only),
		cmocka_unit_test(a_store_that_may_hold_nothing_refuses),
		cmocka_unit_test(every_engine_limit_is_survived),
		cmocka_unit_test(a_host_function_sees_arguments_memory_and_its_user),
		cmocka_unit_test(a_host_function_can_trap_and_can_end_the_guest),
		cmocka_unit_test(imports_must_exist_and_have_the_type_asked_for),
		cmocka_unit_test(guest_and_host_calling_each_other_end_in_a_trap),
		cmocka_unit_test(the_embedder_supplies_memory_and_gets_it_back),
		cmocka_unit_test(a_long_program_fits_a_native_stack_of_64_kib),
		cmocka_unit_test(a_second_store_runs_what_the_first_translated),
		cmocka_unit_test(threads_translate_one_module_at_once),
	};

	return cmocka_run_group_tests_name("wasm engine", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * Each limit on what a module may hold: as much as that is taken, and one more is refused by name.
 * A count that the bytes behind it cannot fill is refused before anything is allocated for it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "build.h"
#include <bvisor/wasm.h>

/* A module under construction; large ones do not fit struct build. */
struct text {
	uint8_t *bytes;
	size_t len;
	size_t room;
};

static void put(struct text *t, const void *bytes, size_t len)
{
	if (t->len + len > t->room) {
		t->room = 2 * (t->len + len) + 64;
		t->bytes = realloc(t->bytes, t->room);
		assert_non_null(t->bytes);
	}
	if (len)
		memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static void put_byte(struct text *t, unsigned int byte)
{
	uint8_t one = (uint8_t)byte;

	put(t, &one, 1);
}

static void put_u32(struct text *t, size_t value)
{
	for (; value > 0x7f; value >>= 7)
		put_byte(t, (value & 0x7f) | 0x80);
	put_byte(t, (unsigned int)value);
}

static void put_times(struct text *t, unsigned int byte, size_t times)
{
	for (size_t i = 0; i < times; i++)
		put_byte(t, byte);
}

static void put_section(struct text *t, unsigned int id, struct text *payload)
{
	put_byte(t, id);
	put_u32(t, payload->len);
	put(t, payload->bytes, payload->len);
	free(payload->bytes);
}

static struct text start(void)
{
	struct text t = {0};

	put(&t, "\0asm\1\0\0\0", 8);
	return t;
}

static int load(struct text *t, struct bv_error *err)
{
	struct bv_wasm_module *module = NULL;
	int code = bv_wasm_module_load(t->bytes, t->len, NULL, &module, err);

	bv_wasm_module_free(module);
	free(t->bytes);
	return code;
}

/* So many parameters and results of one type. */
static int load_type(size_t params, size_t results, struct bv_error *err)
{
	struct text t = start();
	struct text types = {0};

	put(&types, "\1\x60", 2);
	put_u32(&types, params);
	put_times(&types, 0x7f, params);
	put_u32(&types, results);
	put_times(&types, 0x7f, results);
	put_section(&t, 1, &types);
	return load(&t, err);
}

/* One function of no parameters with this body. */
static int load_body(struct text *body, struct bv_error *err)
{
	struct text t = start();
	struct text code = {0};

	put(&t, "\1\4\1\x60\0\0\3\2\1\0", 10);
	put_byte(&code, 1);
	put_u32(&code, body->len);
	put(&code, body->bytes, body->len);
	free(body->bytes);
	put_section(&t, 10, &code);
	return load(&t, err);
}

static int load_locals(size_t count, struct bv_error *err)
{
	struct text body = {0};

	put_byte(&body, 1);
	put_u32(&body, count);
	put(&body, "\x7f\x0b", 2);
	return load_body(&body, err);
}

/* A br_table of so many labels beside the default one. */
static int load_labels(size_t count, struct bv_error *err)
{
	struct text body = {0};

	put(&body, "\0\x41\0\x0e", 4);
	put_u32(&body, count);
	put_times(&body, 0, count + 1);
	put_byte(&body, 0x0b);
	return load_body(&body, err);
}

static int load_nested(size_t depth, struct bv_error *err)
{
	struct text body = {0};

	put_byte(&body, 0);
	for (size_t i = 0; i < depth; i++)
		put(&body, "\x02\x40", 2);
	put_times(&body, 0x0b, depth + 1);
	return load_body(&body, err);
}

/* So many operands at once. */
static int load_operands(size_t count, struct bv_error *err)
{
	struct text body = {0};

	put_byte(&body, 0);
	for (size_t i = 0; i < count; i++)
		put(&body, "\x41\0", 2);
	put_times(&body, 0x1a, count);
	put_byte(&body, 0x0b);
	return load_body(&body, err);
}

static int load_tables(size_t count, struct bv_error *err)
{
	struct text t = start();
	struct text tables = {0};

	put_u32(&tables, count);
	for (size_t i = 0; i < count; i++)
		put(&tables, "\x70\0\0", 3);
	put_section(&t, 4, &tables);
	return load(&t, err);
}

static int load_segments(size_t count, struct bv_error *err)
{
	struct text t = start();
	struct text datas = {0};

	put_u32(&datas, count);
	for (size_t i = 0; i < count; i++)
		put(&datas, "\1\0", 2);
	put_section(&t, 11, &datas);
	return load(&t, err);
}

static void check(int at, int over, const struct bv_error *err, const char *what)
{
	assert_int_equal(at, 0);
	assert_int_equal(over, BV_E_LIMIT);
	if (!strstr(err->text, what))
		fail_msg("\"%s\" does not say \"%s\"", err->text, what);
}

static int load_params(size_t count, struct bv_error *err)
{
	return load_type(count, 0, err);
}

static int load_results(size_t count, struct bv_error *err)
{
	return load_type(0, count, err);
}

static void as_much_as_the_limit_and_not_one_more(void **state)
{
	static const struct {
		int (*load)(size_t count, struct bv_error *err);
		size_t limit;
		const char *what;
	} limits[] = {
		{load_params, 1000, "parameters in one type"},
		{load_results, 1000, "results in one type"},
		{load_locals, 50000, "locals"},
		{load_labels, 65520, "labels in one br_table"},
		{load_nested, 99999, "nest"}, /* the function's own is one */
		{load_operands, 59999, "locals and operands"},
		{load_tables, 1000, "tables"},
		{load_segments, 65535, "data segments"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct bv_error err = {0};
		int at = limits[i].load(limits[i].limit, &err);
		int over = limits[i].load(limits[i].limit + 1, &err);

		check(at, over, &err, limits[i].what);
	}
}

static void a_module_may_be_so_long_and_not_longer(void **state)
{
	struct bv_wasm_limits limits = {.module_bytes = 8};
	struct bv_wasm_module *module = NULL;
	struct bv_error err = {0};

	(void)state;
	assert_int_equal(bv_wasm_module_load("\0asm\1\0\0\0", 8, &limits, &module, &err), 0);
	bv_wasm_module_free(module);
	limits.module_bytes = 7;
	assert_int_equal(bv_wasm_module_load("\0asm\1\0\0\0", 8, &limits, &module, &err),
		BV_E_LIMIT);
}

static void a_flag_stops_the_loading_of_a_module(void **state)
{
	uint32_t flag = 0;
	const struct bv_wasm_limits limits = {.interrupt = &flag};
	struct bv_wasm_module *module = NULL, *none = NULL;
	struct bv_error err = {0};
	struct text t = start();

	(void)state;
	put_byte(&t, 1);
	put(&t, "\1\0", 2);
	assert_int_equal(bv_wasm_module_load(t.bytes, t.len, &limits, &module, &err), 0);
	bv_wasm_module_free(module);
	flag = 1;
	assert_int_equal(bv_wasm_module_load(t.bytes, t.len, &limits, &none, &err),
		BV_E_INTERRUPTED);
	assert_null(none);
	free(t.bytes);
}

static volatile uint32_t alarmed;

static void raise_flag(int signal)
{
	(void)signal;
	alarmed = 1;
}

/* Few instructions, but each a br_table with as many labels as there may be, of a thousand values
 * each. */
static struct text a_slow_module(void)
{
	struct text types = {0}, code = {0}, body = {0}, t = start();

	put(&types, "\2\x60\0\0\x60\0", 6);
	put_u32(&types, 1000);
	put_times(&types, 0x7f, 1000);
	put_section(&t, 1, &types);
	put(&t, "\3\2\1\0", 4);  /* functions: one, of type 0 */
	put(&body, "\0\2\1", 3); /* no locals; block (type 1) */
	for (int i = 0; i < 1000; i++)
		put(&body, "\x41\0", 2);
	for (int i = 0; i < 60; i++) {
		put(&body, "\x41\0\x0e", 3);
		put_u32(&body, 60000);
		put_times(&body, 0, 60001);
	}
	put_byte(&body, 0x0b);
	put_times(&body, 0x1a, 1000);
	put_byte(&body, 0x0b);
	put_byte(&code, 1);
	put_u32(&code, body.len);
	put(&code, body.bytes, body.len);
	free(body.bytes);
	put_section(&t, 10, &code);
	return t;
}

static void the_flag_is_looked_at_within_an_instruction(void **state)
{
	const struct itimerval soon = {.it_value.tv_usec = 20000};
	const struct bv_wasm_limits limits = {.interrupt = &alarmed};
	struct bv_wasm_module *module = NULL;
	struct bv_error err = {0};
	struct text t = a_slow_module();

	(void)state;
	signal(SIGALRM, raise_flag);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(bv_wasm_module_load(t.bytes, t.len, &limits, &module, &err),
		BV_E_INTERRUPTED);
	signal(SIGALRM, SIG_DFL);
	assert_null(module);
	free(t.bytes);
}

static void a_constant_expression_may_be_so_long_and_not_longer(void **state)
{
	const size_t longest = (64 << 10) / 3 - 1; /* pairs of const and add */
	struct bv_error err = {0};

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct text t = start(), globals = {0};

		put(&globals, "\1\x7f\0\x41\0", 5);
		for (size_t i = 0; i < longest + 2 * more; i++)
			put(&globals, "\x41\1\x6a", 3);
		put_byte(&globals, 0x0b);
		put_section(&t, 6, &globals);
		assert_int_equal(load(&t, &err), more ? BV_E_LIMIT : 0);
	}
}

/* Sections that begin with a count: within its limit, but with nothing behind it. With so little
 * memory for the module, an array of that many would not even be tried in vain. */
static void a_count_without_bytes_behind_it_allocates_nothing(void **state)
{
	static const uint8_t sections[] = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11};

	(void)state;
	for (size_t i = 0; i < sizeof(sections); i++) {
		const struct bv_wasm_limits limits = {.engine_bytes = 4096};
		struct bv_wasm_module *module = NULL;
		struct bv_error err = {0};
		struct text t = start();
		int code;

		/* 900: below every limit; 5 bytes follow. */
		put_byte(&t, sections[i]);
		put(&t, "\7\x84\7\1\1\1\1\1", 8);
		code = bv_wasm_module_load(t.bytes, t.len, &limits, &module, &err);
		if (code != BV_E_TRUNCATED)
			fail_msg("section %d: %d, %s", sections[i], code, err.text);
		free(t.bytes);
	}
}

static void a_table_larger_than_the_store_allows_is_refused(void **state)
{
	static const uint8_t bytes[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 4, 4, 1, 0x70, 0, 9};
	struct bv_wasm_store_config config = {.limits = {.table_elements = 8}};
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_module *module = NULL;
	struct bv_wasm_store *store = NULL;
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};

	(void)state;
	assert_int_equal(bv_wasm_module_load(bytes, sizeof(bytes), NULL, &module, &err), 0);
	for (int i = 0; i < 2; i++) {
		config.limits.table_elements = 8 + (uint64_t)i;
		assert_int_equal(bv_wasm_store_new(&config, &store, &err), 0);
		assert_int_equal(bv_wasm_instantiate(store, module, &instance, &trap, &err),
			i ? 0 : BV_E_LIMIT);
		bv_wasm_store_free(store);
	}
	bv_wasm_module_free(module);
}

/* A table of nothing, and f(n) = table.grow(null, n). */
static void open_table(struct world *world, const struct bv_wasm_store_config *config)
{
	static const uint8_t type[] = {1, 0x60, 1, 0x7f, 1, 0x7f}, table[] = {1, 0x70, 0, 0},
			     code[] = {1, 9, 0, 0xd0, 0x70, 0x20, 0, 0xfc, 15, 0, 0x0b};
	static const struct {
		unsigned int id;
		const void *bytes;
		size_t len;
	} sections[] = {{1, type, sizeof(type)}, {3, "\1\0", 2}, {4, table, sizeof(table)},
		{7, "\1\1f\0\0", 5}, {10, code, sizeof(code)}};
	struct build b;

	build_start(&b);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		build_section(&b, sections[i].id);
		build_bytes(&b, sections[i].bytes, sections[i].len);
		build_section_end(&b);
	}
	if (world_open(world, &b, config, NULL, 0))
		fail_msg("%s", world->err.text);
}

/* The fuel of so many elements, `each` at a time. */
static uint64_t table_fuel(uint32_t count, uint32_t each)
{
	const struct bv_wasm_store_config config = {.fuel = true};
	const union bv_wasm_value more = {.i32 = each};
	const uint64_t given = UINT64_C(1) << 40;
	struct world world;
	uint64_t left;

	open_table(&world, &config);
	bv_wasm_fuel_set(world.store, given);
	for (uint32_t at = 0; at < count; at += each)
		assert_int_equal((uint32_t)world_call(&world, "f", &more, 1), at);
	left = bv_wasm_fuel_left(world.store);
	world_close(&world);
	return given - left;
}

/* Each element is paid for, and by itself it is not much dearer than among others: what is moved
 * now and then for the ones to come is a part of that. */
static void a_table_grown_bit_by_bit_costs_what_it_adds(void **state)
{
	uint64_t once = table_fuel(100000, 100000);

	(void)state;
	assert_in_range(once, 8 * 100000, 9 * 100000);
	assert_in_range(table_fuel(100000, 1000), once, 4 * once);
	assert_in_range(table_fuel(100000, 1), once, 5 * once);
}

/* What was there stays there, and a table that may not be larger is not. */
static void a_table_grows_up_to_its_limit_only(void **state)
{
	const struct bv_wasm_store_config config = {.limits = {.table_elements = 100}};
	const union bv_wasm_value one = {.i32 = 1};
	struct world world;

	(void)state;
	open_table(&world, &config);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal((uint32_t)world_call(&world, "f", &one, 1), i);
	assert_int_equal((uint32_t)world_call(&world, "f", &one, 1), UINT32_MAX);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_grown_bit_by_bit_costs_what_it_adds),
		cmocka_unit_test(a_table_grows_up_to_its_limit_only),
		cmocka_unit_test(as_much_as_the_limit_and_not_one_more),
		cmocka_unit_test(a_module_may_be_so_long_and_not_longer),
		cmocka_unit_test(a_flag_stops_the_loading_of_a_module),
		cmocka_unit_test(the_flag_is_looked_at_within_an_instruction),
		cmocka_unit_test(a_constant_expression_may_be_so_long_and_not_longer),
		cmocka_unit_test(a_count_without_bytes_behind_it_allocates_nothing),
		cmocka_unit_test(a_table_larger_than_the_store_allows_is_refused),
	};

	return cmocka_run_group_tests_name("wasm limits", tests, NULL, NULL);
}

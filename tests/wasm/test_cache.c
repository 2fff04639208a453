/* SPDX-License-Identifier: MIT
 *
 * Modules that are kept: which are the same, how many stay, what instances share and what not.
 * The kernel's word on the memory comes from /proc/self/maps.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <bvisor/wasm_cache.h>

#include "build.h"

/* f(n) = memory[8], then memory[8] = n; with `pages` of memory and 8 KiB of data at 0, each byte
 * of which is `fill`. */
static void build_swap(struct build *b, unsigned int pages, unsigned int fill)
{
	static const uint8_t code[] = {0, 0x41, 8, 0x2d, 0, 0, 0x41, 8, 0x20, 0, 0x3a, 0, 0, 0x0b};

	build_function(b, "i:i", false, code, sizeof(code));
	/* Memory stands before exports: the sections that follow the functions are made again. */
	b->len = 8 + 6 + 6 + 6 + 2;
	build_section(b, 5);
	build_bytes(b, "\1\0", 2);
	build_u32(b, pages);
	build_section_end(b);
	build_section(b, 7);
	build_byte(b, 1);
	build_name(b, "f");
	build_bytes(b, "\0\0", 2);
	build_section_end(b);
	build_section(b, 10);
	build_byte(b, 1);
	build_u32(b, sizeof(code));
	build_bytes(b, code, sizeof(code));
	build_section_end(b);
	build_section(b, 11);
	build_bytes(b, "\1\0\x41\0\x0b", 5);
	build_u32(b, 8192);
	for (int i = 0; i < 8192; i++)
		build_byte(b, fill);
	build_section_end(b);
}

struct run {
	struct bv_wasm_cache *cache;
	const struct bv_wasm_module *module;
	struct world world; /* its module is not used */
};

static void run_open(struct run *run, struct bv_wasm_cache *cache, const struct build *b)
{
	struct bv_wasm_store_config config = {.memory = bv_wasm_cache_memory(cache)};

	memset(run, 0, sizeof(*run));
	run->cache = cache;
	if (bv_wasm_cache_load(cache, b->bytes, b->len, NULL, &run->module, &run->world.err))
		fail_msg("%s at %llu", run->world.err.text,
			(unsigned long long)run->world.err.offset);
	assert_int_equal(bv_wasm_store_new(&config, &run->world.store, NULL), 0);
	assert_int_equal(bv_wasm_instantiate(run->world.store, run->module, &run->world.instance,
				 &run->world.trap, &run->world.err),
		0);
	assert_int_equal(run->world.trap.kind, BV_WASM_TRAP_NONE);
}

static uint32_t run_swap(struct run *run, uint32_t n)
{
	const union bv_wasm_value argument = {.i32 = n};

	return (uint32_t)world_call(&run->world, "f", &argument, 1);
}

static void run_close(struct run *run)
{
	bv_wasm_store_free(run->world.store);
	bv_wasm_cache_release(run->cache, run->module);
}

static struct bv_wasm_cache *cache_of(uint64_t bytes, uint32_t entries)
{
	const struct bv_wasm_cache_limits limits = {.bytes = bytes, .entries = entries};
	struct bv_wasm_cache *cache = NULL;

	assert_int_equal(bv_wasm_cache_new(&limits, &cache, NULL), 0);
	return cache;
}

static struct bv_wasm_cache_counts counts_of(struct bv_wasm_cache *cache)
{
	struct bv_wasm_cache_counts counts;

	bv_wasm_cache_count(cache, &counts);
	return counts;
}

static void the_same_bytes_are_one_module(void **state)
{
	struct bv_wasm_cache *cache = cache_of(0, 0);
	struct run first;
	struct run second;
	struct run other;
	struct build b;

	(void)state;
	build_swap(&b, 1, 'a');
	run_open(&first, cache, &b);
	run_open(&second, cache, &b);
	assert_ptr_equal(first.module, second.module);
	build_swap(&b, 1, 'b');
	run_open(&other, cache, &b);
	assert_ptr_not_equal(first.module, other.module);
	assert_int_equal(run_swap(&other, 0), 'b');
	assert_int_equal(counts_of(cache).hits, 1);
	assert_int_equal(counts_of(cache).misses, 2);
	run_close(&first);
	run_close(&second);
	run_close(&other);
	bv_wasm_cache_free(cache);
}

static void other_options_are_another_module(void **state)
{
	const struct bv_wasm_limits limits = {.unfused = BV_WASM_FUSE_ALL};
	struct bv_wasm_cache *cache = cache_of(0, 0);
	const struct bv_wasm_module *plain = NULL;
	const struct bv_wasm_module *unfused = NULL;
	struct build b;

	(void)state;
	build_swap(&b, 1, 'a');
	assert_int_equal(bv_wasm_cache_load(cache, b.bytes, b.len, NULL, &plain, NULL), 0);
	assert_int_equal(bv_wasm_cache_load(cache, b.bytes, b.len, &limits, &unfused, NULL), 0);
	assert_ptr_not_equal(plain, unfused);
	bv_wasm_cache_release(cache, plain);
	bv_wasm_cache_release(cache, unfused);
	bv_wasm_cache_free(cache);
}

static void bad_bytes_are_refused_every_time(void **state)
{
	struct bv_wasm_cache *cache = cache_of(0, 0);
	const struct bv_wasm_module *module = NULL;
	struct bv_error err = {0};

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(bv_wasm_cache_load(cache, "\0asmx", 5, NULL, &module, &err),
			BV_E_SYNTAX);
	assert_null(module);
	assert_int_equal(counts_of(cache).entries, 0);
	bv_wasm_cache_free(cache);
}

/* Does a mapping of this process that holds the address have this in its line? */
static bool mapping_has(const void *address, const char *what)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	bool has = false;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from = 0;
		unsigned long to = 0;

		if (sscanf(line, "%lx-%lx", &from, &to) == 2 && (unsigned long)address >= from &&
			(unsigned long)address < to)
			has |= strstr(line, what) != NULL;
	}
	fclose(maps);
	return has;
}

static void instances_share_an_image_and_nothing_that_they_write(void **state)
{
	struct bv_wasm_cache *cache = cache_of(0, 0);
	struct run first;
	struct run second;
	struct run third;
	struct build b;

	(void)state;
	build_swap(&b, 16, 'a');
	/* The first has none: only for a second one it may pay. */
	run_open(&first, cache, &b);
	assert_false(mapping_has(bv_wasm_memory(first.world.instance, 0, 1), "wasm-image"));
	run_open(&second, cache, &b);
	assert_true(mapping_has(bv_wasm_memory(second.world.instance, 0, 1), "rw-p"));
	assert_true(mapping_has(bv_wasm_memory(second.world.instance, 0, 1), "bvisor-wasm-image"));
	assert_int_equal(run_swap(&first, 'x'), 'a');
	assert_int_equal(run_swap(&first, 'y'), 'x');
	assert_int_equal(run_swap(&second, 'z'), 'a');
	run_close(&first);
	/* A new one begins as the module says, whatever stood there before. */
	run_open(&third, cache, &b);
	assert_int_equal(run_swap(&third, 'x'), 'a');
	assert_int_equal(*(uint8_t *)bv_wasm_memory(third.world.instance, 8191, 1), 'a');
	for (uint64_t at = 8192; at < 16 * 65536; at += 512)
		assert_int_equal(*(uint8_t *)bv_wasm_memory(third.world.instance, at, 1), 0);
	run_close(&second);
	run_close(&third);
	bv_wasm_cache_free(cache);
}

/* Two instances of it; whether the second maps an image. The last byte of the data is at `last`. */
static bool second_has_image(const struct build *b, uint64_t last)
{
	struct bv_wasm_cache *cache = cache_of(0, 0);
	struct run runs[2];
	bool has;

	for (int i = 0; i < 2; i++) {
		run_open(&runs[i], cache, b);
		assert_int_equal(*(uint8_t *)bv_wasm_memory(runs[i].world.instance, last, 1), 'a');
	}
	has = mapping_has(bv_wasm_memory(runs[1].world.instance, last, 1), "bvisor-wasm-image");
	for (int i = 0; i < 2; i++)
		run_close(&runs[i]);
	bv_wasm_cache_free(cache);
	return has;
}

/* One byte, 'a', at that place. */
static void build_far(struct build *b, int64_t at)
{
	build_start(b);
	build_section(b, 5);
	build_bytes(b, "\1\0", 2);
	build_u32(b, (uint32_t)(at / 65536 + 1));
	build_section_end(b);
	build_section(b, 11);
	build_bytes(b, "\1\0\x41", 3);
	build_s64(b, at);
	build_bytes(b, "\x0b\1a", 3);
	build_section_end(b);
}

static void an_image_ends_at_16_mib(void **state)
{
	struct build b;

	(void)state;
	build_far(&b, (16 << 20) - 1);
	assert_true(second_has_image(&b, (16 << 20) - 1));
	build_far(&b, 16 << 20);
	assert_false(second_has_image(&b, 16 << 20));
}

static void memory_beyond_the_limit_gets_no_image(void **state)
{
	struct bv_wasm_cache *cache = cache_of(0, 0);
	struct bv_wasm_store_config config = {.limits.memory_bytes = 8 << 20,
		.memory = bv_wasm_cache_memory(cache)};
	const struct bv_wasm_module *module = NULL;
	struct build b;

	(void)state;
	build_far(&b, (16 << 20) - 1);
	assert_int_equal(bv_wasm_cache_load(cache, b.bytes, b.len, NULL, &module, NULL), 0);
	for (int i = 0; i < 3; i++) {
		struct world world = {0};

		assert_int_equal(bv_wasm_store_new(&config, &world.store, NULL), 0);
		assert_int_equal(bv_wasm_instantiate(world.store, module, &world.instance,
					 &world.trap, &world.err),
			BV_E_LIMIT);
		bv_wasm_store_free(world.store);
	}
	assert_true(counts_of(cache).bytes < 1 << 20);
	bv_wasm_cache_release(cache, module);
	bv_wasm_cache_free(cache);
}

/* Past the limit the kernel would signal, and the signal would end us. */
static void the_limit_on_a_file_s_size_is_not_run_into(void **state)
{
	const struct rlimit none = {0, RLIM_INFINITY};
	struct rlimit before;
	struct build b;
	bool has;

	(void)state;
	build_swap(&b, 1, 'a');
	getrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	has = second_has_image(&b, 8191);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_false(has);
	assert_true(second_has_image(&b, 8191));
}

static void memory_grows_in_place_and_is_never_executable(void **state)
{
	/* f(n) = memory.grow(n) */
	static const uint8_t code[] = {0, 0x20, 0, 0x40, 0, 0x0b};
	struct bv_wasm_cache *cache = cache_of(0, 0);
	const uint8_t *base;
	struct run run;
	struct build b;

	(void)state;
	build_function(&b, "i:i", true, code, sizeof(code));
	run_open(&run, cache, &b);
	base = bv_wasm_memory(run.world.instance, 0, 1);
	assert_int_equal(run_swap(&run, 100), 1);
	assert_ptr_equal(base, bv_wasm_memory(run.world.instance, 0, 1));
	assert_int_equal(*(uint8_t *)bv_wasm_memory(run.world.instance, 101 * 65536 - 1, 1), 0);
	assert_true(mapping_has(base, "rw-p"));
	assert_true(mapping_has(base + 101 * 65536, "---p"));
	run_close(&run);
	bv_wasm_cache_free(cache);
}

static void only_so_many_stay(void **state)
{
	struct bv_wasm_cache *cache = cache_of(0, 3);
	struct run run;
	struct build b;

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		build_swap(&b, 1, i);
		run_open(&run, cache, &b);
		run_close(&run);
		assert_true(counts_of(cache).entries <= 3);
	}
	assert_int_equal(counts_of(cache).evictions, 7);
	/* The last one is there, the first is not. */
	run_open(&run, cache, &b);
	run_close(&run);
	assert_int_equal(counts_of(cache).hits, 1);
	build_swap(&b, 1, 0);
	run_open(&run, cache, &b);
	run_close(&run);
	assert_int_equal(counts_of(cache).hits, 1);
	bv_wasm_cache_free(cache);
}

static void what_is_in_use_stays_and_then_goes(void **state)
{
	struct bv_wasm_cache *cache = cache_of(1, 0);
	struct run first;
	struct run second;
	struct build b;

	(void)state;
	build_swap(&b, 1, 'a');
	run_open(&first, cache, &b);
	build_swap(&b, 1, 'b');
	run_open(&second, cache, &b);
	assert_int_equal(counts_of(cache).entries, 2);
	assert_int_equal(run_swap(&first, 1), 'a');
	run_close(&first);
	assert_int_equal(counts_of(cache).entries, 1);
	assert_int_equal(run_swap(&second, 1), 'b');
	run_close(&second);
	assert_int_equal(counts_of(cache).entries, 0);
	assert_int_equal(counts_of(cache).bytes, 0);
	bv_wasm_cache_free(cache);
}

/* A custom section makes it so long. */
static void build_long(struct build *b, size_t bytes)
{
	build_swap(b, 1, 'l');
	build_section(b, 0);
	build_name(b, "x");
	while (b->len < bytes)
		build_byte(b, 0);
	build_section_end(b);
}

static void a_large_one_pushes_no_other_out(void **state)
{
	struct bv_wasm_cache *cache = cache_of(160 << 10, 0);
	struct run run;
	struct build b;

	(void)state;
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < 3; i++) {
			build_swap(&b, 1, i);
			run_open(&run, cache, &b);
			run_close(&run);
		}
		build_long(&b, 60000);
		run_open(&run, cache, &b);
		assert_int_equal(run_swap(&run, 1), 'l');
		run_close(&run);
		assert_int_equal(counts_of(cache).entries, 3);
	}
	assert_int_equal(counts_of(cache).hits, 3);
	assert_int_equal(counts_of(cache).evictions, 2);
	bv_wasm_cache_free(cache);
}

static void *load_and_run(void *user)
{
	struct build b;
	struct run run;
	uintptr_t sum = 0;

	for (unsigned int i = 0; i < 40; i++) {
		build_swap(&b, 1, i % 4);
		run_open(&run, user, &b);
		sum += run_swap(&run, 99) == i % 4;
		run_close(&run);
	}
	return (void *)sum;
}

static void threads_share_a_cache(void **state)
{
	struct bv_wasm_cache *cache = cache_of(0, 2);
	pthread_t threads[4];
	void *right = NULL;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, load_and_run, cache), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &right);
		assert_int_equal((uintptr_t)right, 40);
	}
	assert_true(counts_of(cache).entries <= 2);
	assert_int_equal(counts_of(cache).hits + counts_of(cache).misses, 160);
	bv_wasm_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_bytes_are_one_module),
		cmocka_unit_test(other_options_are_another_module),
		cmocka_unit_test(bad_bytes_are_refused_every_time),
		cmocka_unit_test(instances_share_an_image_and_nothing_that_they_write),
		cmocka_unit_test(memory_grows_in_place_and_is_never_executable),
		cmocka_unit_test(an_image_ends_at_16_mib),
		cmocka_unit_test(memory_beyond_the_limit_gets_no_image),
		cmocka_unit_test(the_limit_on_a_file_s_size_is_not_run_into),
		cmocka_unit_test(only_so_many_stay),
		cmocka_unit_test(a_large_one_pushes_no_other_out),
		cmocka_unit_test(what_is_in_use_stays_and_then_goes),
		cmocka_unit_test(threads_share_a_cache),
	};

	return cmocka_run_group_tests_name("wasm cache", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * With every fusion left out the translator folds nothing: what is a few instructions otherwise is
 * one for each of the guest's, with the same results and the same fuel. Without that, comparing the
 * two forms would compare a thing with itself.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "build.h"

/* loop: x = x + 3 * 1 + 0 ... while x < 1000; all of which folds well. */
static const uint8_t turning[] = {
	0,                            /* no locals */
	0x03, 0x40,                   /* loop */
	0x20, 0, 0x41, 3, 0x41, 1,    /* local.get 0, 3, 1 */
	0x6c, 0x6a, 0x21, 0,          /* mul, add, local.set 0 */
	0x20, 0, 0x41, 0xe8, 7, 0x49, /* local.get 0, 1000, lt_u */
	0x0d, 0,                      /* br_if */
	0x0b, 0x20, 0, 0x0b,          /* end, local.get 0, end */
};

struct outcome {
	uint64_t value;
	uint64_t bytes; /* that the translation took */
	uint64_t fuel;  /* that the call took */
};

static struct outcome run(uint32_t unfused)
{
	const struct bv_wasm_store_config config = {.fuel = true};
	const struct bv_wasm_limits limits = {.unfused = unfused};
	const union bv_wasm_value zero = {0};
	struct build b;
	struct world world = {0};
	struct outcome outcome = {0};

	build_function(&b, "i:i", false, turning, sizeof(turning));
	assert_int_equal(0, world_open_with(&world, &b, &config, &limits));
	bv_wasm_fuel_set(world.store, 1000000);
	outcome.bytes = bv_wasm_module_bytes(world.module);
	outcome.value = world_call(&world, "f", &zero, 1);
	assert_int_equal(BV_WASM_TRAP_NONE, world.trap.kind);
	outcome.bytes = bv_wasm_module_bytes(world.module) - outcome.bytes;
	outcome.fuel = 1000000 - bv_wasm_fuel_left(world.store);
	world_close(&world);
	return outcome;
}

static void unfused_is_longer_and_gives_the_same(void **state)
{
	struct outcome fused = run(0);
	struct outcome unfused = run(BV_WASM_FUSE_ALL);

	(void)state;
	assert_int_equal(1002, fused.value);
	assert_int_equal(fused.value, unfused.value);
	print_message("%llu bytes, unfused %llu\n", (unsigned long long)fused.bytes,
		(unsigned long long)unfused.bytes);
	assert_true(unfused.bytes > fused.bytes + 16);
}

static void fuel_does_not_depend_on_the_translation(void **state)
{
	(void)state;
	assert_true(run(0).fuel > 334);
	assert_int_equal(run(0).fuel, run(BV_WASM_FUSE_ALL).fuel);
}

/* A constant waits below a block of which one arm branches by a table. */
static const uint8_t waiting[] = {
	0,                            /* no locals */
	0x41, 0xcd, 0, 0x20, 0,       /* 77, local.get 0 */
	0x04, 0x40,                   /* if */
	0x41, 0, 0x0e, 1, 0, 0, 0x0b, /* 0, br_table, end */
	0x0b,                         /* end */
};

static void constants_below_a_block_survive_either_arm(void **state)
{
	struct build b;
	struct world world = {0};

	(void)state;
	build_function(&b, "i:i", false, waiting, sizeof(waiting));
	assert_int_equal(0, world_open(&world, &b, NULL, NULL, 0));
	for (uint32_t arm = 0; arm < 2; arm++) {
		const union bv_wasm_value value = {.i32 = arm};

		assert_int_equal(77, world_call(&world, "f", &value, 1));
	}
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unfused_is_longer_and_gives_the_same),
		cmocka_unit_test(fuel_does_not_depend_on_the_translation),
		cmocka_unit_test(constants_below_a_block_survive_either_arm),
	};

	return cmocka_run_group_tests_name("wasm unfused", tests, NULL, NULL);
}

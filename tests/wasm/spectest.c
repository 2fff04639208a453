/* SPDX-License-Identifier: MIT */
#include "spectest.h"

#include <stdio.h>

/* (module
 *   (global (export "global_i32") i32 (i32.const 666))
 *   (global (export "global_i64") i64 (i64.const 666))
 *   (global (export "global_f32") f32 (f32.const 666.6))
 *   (global (export "global_f64") f64 (f64.const 666.6))
 *   (table (export "table") 10 20 funcref)
 *   (memory (export "memory") 1 2)) */
static const uint8_t spectest_bytes[] = {
	0x00,
	'a',
	's',
	'm',
	0x01,
	0x00,
	0x00,
	0x00,
	0x04,
	0x05,
	0x01,
	0x70,
	0x01,
	0x0a,
	0x14,
	0x05,
	0x04,
	0x01,
	0x01,
	0x01,
	0x02,
	0x06,
	0x21,
	0x04,
	0x7f,
	0x00,
	0x41,
	0x9a,
	0x05,
	0x0b,
	0x7e,
	0x00,
	0x42,
	0x9a,
	0x05,
	0x0b,
	0x7d,
	0x00,
	0x43,
	0x66,
	0xa6,
	0x26,
	0x44,
	0x0b,
	0x7c,
	0x00,
	0x44,
	0xcd,
	0xcc,
	0xcc,
	0xcc,
	0xcc,
	0xd4,
	0x84,
	0x40,
	0x0b,
	0x07,
	0x46,
	0x06,
	0x0a,
	'g',
	'l',
	'o',
	'b',
	'a',
	'l',
	'_',
	'i',
	'3',
	'2',
	0x03,
	0x00,
	0x0a,
	'g',
	'l',
	'o',
	'b',
	'a',
	'l',
	'_',
	'i',
	'6',
	'4',
	0x03,
	0x01,
	0x0a,
	'g',
	'l',
	'o',
	'b',
	'a',
	'l',
	'_',
	'f',
	'3',
	'2',
	0x03,
	0x02,
	0x0a,
	'g',
	'l',
	'o',
	'b',
	'a',
	'l',
	'_',
	'f',
	'6',
	'4',
	0x03,
	0x03,
	0x05,
	't',
	'a',
	'b',
	'l',
	'e',
	0x01,
	0x00,
	0x06,
	'm',
	'e',
	'm',
	'o',
	'r',
	'y',
	0x02,
	0x00,
};

/* What is printed is of no interest. */
static enum bv_wasm_host_result print(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	(void)caller, (void)user, (void)args, (void)results, (void)status;
	return BV_WASM_HOST_RETURN;
}

static const struct bv_wasm_host_func spectest_funcs[] = {
	{"spectest", "print", ":", print, NULL},
	{"spectest", "print_i32", "i:", print, NULL},
	{"spectest", "print_i64", "I:", print, NULL},
	{"spectest", "print_f32", "f:", print, NULL},
	{"spectest", "print_f64", "F:", print, NULL},
	{"spectest", "print_i32_f32", "if:", print, NULL},
	{"spectest", "print_f64_f64", "FF:", print, NULL},
};

bool spectest_define(struct bv_wasm_store *store, struct bv_wasm_module **ret)
{
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_module *module = NULL;
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};
	int code = bv_wasm_module_load(spectest_bytes, sizeof(spectest_bytes), NULL, &module, &err);

	if (!code)
		code = bv_wasm_instantiate(store, module, &instance, &trap, &err);
	if (!code)
		code = bv_wasm_store_register(store, instance, "spectest", &err);
	if (!code)
		code = bv_wasm_store_define(store, spectest_funcs,
			sizeof(spectest_funcs) / sizeof(spectest_funcs[0]), &err);
	if (code)
		fprintf(stderr, "spectest: %s at %llu\n", err.text, (unsigned long long)err.offset);
	*ret = module;
	return !code;
}

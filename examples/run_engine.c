/* SPDX-License-Identifier: MIT
 *
 * The WebAssembly engine by itself: a module that calls a function of the host's, and one of its
 * functions that would never end, stopped by fuel. No boundary is around it: what a guest may do is
 * what the host functions do for it.
 *
 *     run_engine
 *
 * Exit status: 0 all went as it should, 1 it did not.
 */
#include <stdio.h>

#include <bvisor/bvisor.h>

/* (module (import "host" "tell" (func (param i32)))
 *   (func (export "double") (param i32) (result i32)
 *     local.get 0 call 0 local.get 0 i32.const 2 i32.mul)
 *   (func (export "spin") (loop br 0))) */
static const unsigned char module_bytes[] = {0x00, 'a', 's', 'm', 1, 0, 0, 0,
	/* types */ 1, 13, 3, 0x60, 1, 0x7f, 0, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0,
	/* import */ 2, 13, 1, 4, 'h', 'o', 's', 't', 4, 't', 'e', 'l', 'l', 0, 0,
	/* functions */ 3, 3, 2, 1, 2,
	/* exports */ 7, 17, 2, 6, 'd', 'o', 'u', 'b', 'l', 'e', 0, 1, 4, 's', 'p', 'i', 'n', 0, 2,
	/* bodies */ 10, 21, 2, 11, 0, 0x20, 0, 0x10, 0, 0x20, 0, 0x41, 2, 0x6c, 0x0b, 7, 0, 0x03,
	0x40, 0x0c, 0, 0x0b, 0x0b};

static enum bv_wasm_host_result tell(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	(void)caller;
	(void)user;
	(void)results;
	(void)status;
	printf("the guest says %u\n", args[0].i32);
	return BV_WASM_HOST_RETURN;
}

static int call(struct bv_wasm_instance *instance, struct bv_error *error)
{
	union bv_wasm_value arg = {.i32 = 21}, result = {.i32 = 0};
	struct bv_wasm_trap trap = {.kind = BV_WASM_TRAP_NONE};
	struct bv_wasm_func *function = NULL;
	int code = bv_wasm_export_func(instance, "double", 6, &function, error);

	if (!code)
		code = bv_wasm_call(function, &arg, 1, &result, 1, &trap, error);
	if (code || trap.kind)
		return code ? code : -1;
	printf("double(21) is %u\n", result.i32);
	code = bv_wasm_export_func(instance, "spin", 4, &function, error);
	if (!code)
		code = bv_wasm_call(function, NULL, 0, NULL, 0, &trap, error);
	printf("spin ended by %s\n", bv_wasm_trap_name(trap.kind));
	return code || result.i32 != 42 || trap.kind != BV_WASM_TRAP_FUEL ? -1 : 0;
}

int main(void)
{
	static const struct bv_wasm_host_func host = {"host", "tell", "i:", tell, NULL};
	struct bv_wasm_store_config config = {.fuel = true, .limits = {.memory_bytes = 1 << 20}};
	struct bv_wasm_trap trap = {.kind = BV_WASM_TRAP_NONE};
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_module *module = NULL;
	struct bv_wasm_store *store = NULL;
	struct bv_error error = {0};
	int code = bv_wasm_module_load(module_bytes, sizeof(module_bytes), NULL, &module, &error);

	if (!code)
		code = bv_wasm_store_new(&config, &store, &error);
	if (!code)
		code = bv_wasm_store_define(store, &host, 1, &error);
	if (!code) {
		bv_wasm_fuel_set(store, 100000);
		code = bv_wasm_instantiate(store, module, &instance, &trap, &error);
	}
	if (instance)
		code = call(instance, &error);
	if (error.code)
		fprintf(stderr, "run_engine: %s: %s\n", bv_code_name(error.code), error.text);
	bv_wasm_store_free(store);
	bv_wasm_module_free(module);
	return code || !instance;
}

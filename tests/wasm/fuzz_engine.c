/* SPDX-License-Identifier: MIT
 *
 * Fuzzing the engine: any bytes are loaded; a module without imports is also instantiated, and
 * each export that takes nothing is called, with little fuel and small limits. Whatever happens
 * must be an error or a trap.
 *
 * With a fuzzer (meson -Dfuzz=true, clang) this is its entry point; otherwise it has a main that
 * replays the files it is given.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <bvisor/wasm.h>

#define RESULTS_MAX 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void call_exports(struct bv_wasm_store *store, struct bv_wasm_instance *instance,
	const struct bv_wasm_module *module)
{
	static union bv_wasm_value results[RESULTS_MAX];
	struct bv_wasm_extern export;

	for (size_t i = 0; bv_wasm_export(module, i, &export); i++) {
		struct bv_wasm_func *func = NULL;
		struct bv_wasm_trap trap = {0};

		if (export.kind != BV_WASM_FUNC || export.param_count)
			continue;
		if (bv_wasm_export_func(instance, export.name, export.name_len, &func, NULL))
			abort(); /* what is listed can be found */
		bv_wasm_fuel_set(store, 100000);
		if (bv_wasm_call(func, NULL, 0, results, export.result_count, &trap, NULL))
			abort(); /* the counts are the signature's */
	}
}

static void run(const struct bv_wasm_module *module)
{
	const struct bv_wasm_store_config config = {.fuel = true,
		.limits = {.engine_bytes = 32u << 20,
			.stack_bytes = 64u << 10,
			.memory_bytes = 16u << 20,
			.table_elements = 10000}};
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_store *store = NULL;
	struct bv_wasm_trap trap = {0};

	if (bv_wasm_store_new(&config, &store, NULL))
		return;
	bv_wasm_fuel_set(store, 100000);
	if (!bv_wasm_instantiate(store, module, &instance, &trap, NULL) && !trap.kind)
		call_exports(store, instance, module);
	bv_wasm_store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bv_wasm_limits limits = {.module_bytes = 1u << 20, .engine_bytes = 32u << 20};
	struct bv_wasm_module *module = NULL;

	if (bv_wasm_module_load(data, size, &limits, &module, NULL))
		return 0;
	if (!bv_wasm_import_count(module))
		run(module);
	bv_wasm_module_free(module);
	return 0;
}

#ifndef BV_FUZZER
static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(1u << 20);
	uint8_t *exact;
	size_t n;

	if (!file || !bytes) {
		fprintf(stderr, "fuzz_engine: %s: cannot read\n", path);
		return 1;
	}
	n = fread(bytes, 1, 1u << 20, file);
	fclose(file);
	exact = realloc(bytes, n ? n : 1);
	if (!exact)
		return 1;
	LLVMFuzzerTestOneInput(exact, n);
	/* Every single-byte change and every cut of a small input, as a fuzzer's first guesses. */
	for (size_t i = 0; i < n && n < 4096; i++) {
		uint8_t saved = exact[i];

		for (unsigned int bit = 0; bit < 8; bit++) {
			exact[i] = (uint8_t)(saved ^ (1u << bit));
			LLVMFuzzerTestOneInput(exact, n);
		}
		exact[i] = saved;
		LLVMFuzzerTestOneInput(exact, i);
	}
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	int result = argc < 2;

	for (int i = 1; i < argc; i++)
		result |= replay(argv[i]);
	printf("replayed %d files\n", argc - 1);
	return result;
}
#endif

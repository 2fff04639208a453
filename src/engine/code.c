/* SPDX-License-Identifier: MIT
 *
 * The table of a module's translated functions; see code.h for how threads share it.
 */
#include "engine/code.h"

#include <stdlib.h>

#include "base/checked.h"

/* Takes from what the module may still hold. */
static bool code_charge(struct bv_codes *codes, uint64_t bytes)
{
	uint64_t before = __atomic_fetch_add(&codes->bytes, bytes, __ATOMIC_RELAXED);

	if (bytes <= codes->bytes_max && before <= codes->bytes_max - bytes)
		return true;
	__atomic_fetch_sub(&codes->bytes, bytes, __ATOMIC_RELAXED);
	return false;
}

static void *code_alloc(struct bv_codes *codes, size_t bytes)
{
	void *p;

	if (!code_charge(codes, bytes))
		return NULL;
	p = calloc(1, bytes);
	if (!p)
		__atomic_fetch_sub(&codes->bytes, bytes, __ATOMIC_RELAXED);
	return p;
}

static void code_release(struct bv_codes *codes, void *p, size_t bytes)
{
	if (!p)
		return;
	__atomic_fetch_sub(&codes->bytes, bytes, __ATOMIC_RELAXED);
	free(p);
}

struct bv_translation *bv_code_new(struct bv_codes *codes, size_t cells)
{
	size_t each = sizeof(struct bv_cell) + sizeof(uint32_t);
	struct bv_translation *code;
	size_t bytes;

	if (cells > UINT32_MAX || !bv_size_mul(cells, each, &bytes) ||
		!bv_size_add(bytes, sizeof(*code), &bytes))
		return NULL;
	code = code_alloc(codes, bytes);
	if (!code)
		return NULL;
	code->bytes = bytes;
	code->cell_count = (uint32_t)cells;
	code->offsets = (uint32_t *)(void *)&code->cells[cells];
	return code;
}

void bv_code_free(struct bv_codes *codes, struct bv_translation *code)
{
	if (code)
		code_release(codes, code, code->bytes);
}

static uint32_t code_own_count(const struct bv_wasm_module *module)
{
	return module->func_count - module->import_func_count;
}

static size_t code_entries_bytes(const struct bv_wasm_module *module)
{
	/* At least one, so that there is something to point to. */
	return ((size_t)code_own_count(module) + 1) * sizeof(struct bv_entry);
}

bool bv_code_prepare(const struct bv_wasm_module *module, bool fuel)
{
	struct bv_codes *codes = module->codes;
	struct bv_entry *expected = NULL;
	struct bv_entry *entries;

	if (__atomic_load_n(&codes->entries[fuel], __ATOMIC_ACQUIRE))
		return true;
	entries = code_alloc(codes, code_entries_bytes(module));
	if (!entries)
		return false;
	for (uint32_t i = 0; i < code_own_count(module); i++) {
		entries[i].stub = bv_exec_lazy_cell;
		entries[i].stub.imm = i;
	}
	if (!__atomic_compare_exchange_n(&codes->entries[fuel], &expected, entries, false,
		    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		code_release(codes, entries, code_entries_bytes(module));
	return true;
}

static const struct bv_translation *code_translate(const struct bv_wasm_module *module, bool fuel,
	uint32_t index, const volatile uint32_t *interrupt, struct bv_entry *entry)
{
	struct bv_codes *codes = module->codes;
	struct bv_translation *expected = NULL;
	/* What the translator itself needs is bounded as what it leaves is. */
	struct bv_heap heap = {.max_bytes = (size_t)(codes->bytes_max -
				       __atomic_load_n(&codes->bytes, __ATOMIC_RELAXED))};
	struct bv_translation *code;

	if (heap.max_bytes > codes->bytes_max)
		return NULL;
	code = bv_translate(module, fuel, index, interrupt, &heap);
	bv_heap_clear(&heap);
	if (!code ||
		__atomic_compare_exchange_n(&entry->code, &expected, code, false, __ATOMIC_ACQ_REL,
			__ATOMIC_ACQUIRE))
		return code;
	bv_code_free(codes, code);
	return expected;
}

const struct bv_translation *bv_code_get(const struct bv_wasm_module *module, bool fuel,
	uint32_t index, const volatile uint32_t *interrupt)
{
	struct bv_entry *entry = &module->codes->entries[fuel][index - module->import_func_count];
	const struct bv_translation *code = __atomic_load_n(&entry->code, __ATOMIC_ACQUIRE);

	return code ? code : code_translate(module, fuel, index, interrupt, entry);
}

const struct bv_cell *bv_code_start(const struct bv_entry *entry)
{
	const struct bv_translation *code = __atomic_load_n(&entry->code, __ATOMIC_ACQUIRE);

	return code ? code->cells : &entry->stub;
}

static bool code_holds(const struct bv_translation *code, const struct bv_cell *ip)
{
	return code && ip >= code->cells && ip < code->cells + code->cell_count;
}

bool bv_code_find(const struct bv_wasm_module *module, const struct bv_cell *ip,
	uint32_t *ret_index, uint32_t *ret_offset)
{
	for (int fuel = 0; fuel < 2; fuel++) {
		const struct bv_entry *entries =
			__atomic_load_n(&module->codes->entries[fuel], __ATOMIC_ACQUIRE);

		for (uint32_t i = 0; entries && i < code_own_count(module); i++) {
			const struct bv_translation *code =
				__atomic_load_n(&entries[i].code, __ATOMIC_ACQUIRE);

			if (!code_holds(code, ip))
				continue;
			*ret_index = module->import_func_count + i;
			*ret_offset = code->offsets[ip - code->cells];
			return true;
		}
	}
	return false;
}

void bv_code_free_all(struct bv_wasm_module *module)
{
	struct bv_codes *codes = module->codes;

	for (int fuel = 0; codes && fuel < 2; fuel++) {
		struct bv_entry *entries = codes->entries[fuel];

		for (uint32_t i = 0; entries && i < code_own_count(module); i++)
			bv_code_free(codes, entries[i].code);
		code_release(codes, entries, code_entries_bytes(module));
	}
}

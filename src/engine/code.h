/* SPDX-License-Identifier: MIT
 *
 * Translated functions. They belong to the module: a cell names nothing of an instance, so every
 * instance in every thread runs the same ones. Fuel is counted by instructions of its own, so
 * that a module has up to two translations.
 *
 * A function is translated when it is first called. Two threads may do so at once; the first to
 * publish wins, and the other drops its own. What is published never changes, but for a call's
 * pointer to its callee, which goes from the callee's stub to the callee's code, atomically.
 */
#ifndef ENGINE_CODE_H
#define ENGINE_CODE_H

#include "engine/ir.h"

struct bv_translation {
	uint32_t cell_count;
	uint32_t *offsets; /* one a cell: the module byte it comes from */
	size_t bytes;
	struct bv_cell cells[];
};

/* What stands for a function that the module defines. */
struct bv_entry {
	struct bv_cell stub; /* translates, then runs; imm: which one, imports not counted */
	struct bv_translation *code;
};

struct bv_codes {
	struct bv_entry *entries[2]; /* without fuel, and with it */
	uint64_t bytes;
	uint64_t bytes_max;
};

/* Makes a module's table ready for translations of one kind. False when there is no memory. */
bool bv_code_prepare(const struct bv_wasm_module *module, bool fuel);
/* Translates at need. `index` is in the module's index space. NULL when there is no memory, or
 * when the flag was set meanwhile. */
const struct bv_translation *bv_code_get(const struct bv_wasm_module *module, bool fuel,
	uint32_t index, const volatile uint32_t *interrupt);
/* Where a call of the function leads for now: its code or its stub. */
const struct bv_cell *bv_code_start(const struct bv_entry *entry);
/* The function that a cell belongs to; false if to none of this module's. */
bool bv_code_find(const struct bv_wasm_module *module, const struct bv_cell *ip,
	uint32_t *ret_index, uint32_t *ret_offset);
void bv_code_free_all(struct bv_wasm_module *module);

/* Room for so many cells, within the module's limit. */
struct bv_translation *bv_code_new(struct bv_codes *codes, size_t cells);
void bv_code_free(struct bv_codes *codes, struct bv_translation *code);

/* translate.c: NULL when the heap or the module's limit is full, or the flag is set. */
struct bv_translation *bv_translate(const struct bv_wasm_module *module, bool fuel, uint32_t index,
	const volatile uint32_t *interrupt, struct bv_heap *heap);

#endif

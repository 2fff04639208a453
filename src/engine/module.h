/* SPDX-License-Identifier: MIT
 *
 * A decoded module. Index spaces hold imports first, then what the module defines; each space is
 * one array here, so that no code needs to know which part an index falls in. Everything is
 * allocated from the module's heap and, translations apart, never changes after
 * bv_wasm_module_load(): stores in several threads may share it. The module owns a copy of its
 * bytes, because validation means nothing if someone can change them afterwards.
 */
#ifndef ENGINE_MODULE_H
#define ENGINE_MODULE_H

#include <bvisor/wasm.h>

#include "base/bytes.h"
#include "engine/cursor.h"
#include "engine/heap.h"

#define BV_MODULE_TYPES_MAX 1000000u
#define BV_MODULE_FUNCS_MAX 1000000u
#define BV_MODULE_IMPORTS_MAX 100000u
#define BV_MODULE_EXPORTS_MAX 100000u
#define BV_MODULE_GLOBALS_MAX 1000000u
#define BV_MODULE_TABLES_MAX 1000u
#define BV_MODULE_SEGMENTS_MAX 65535u
#define BV_MODULE_ITEMS_MAX 10000000u /* of one element segment */
#define BV_MODULE_BODY_MAX 7654321u   /* bytes of one function */
#define BV_MODULE_LOCALS_MAX 50000u
#define BV_MODULE_PARAMS_MAX 1000u
#define BV_MODULE_RESULTS_MAX 1000u
#define BV_MODULE_NESTING_MAX 100000u
#define BV_MODULE_FRAME_MAX 60000u /* slots: interpreter operands are 16 bits wide */
#define BV_MODULE_TABLE_MAX 10000000u
#define BV_MODULE_PAGES_MAX 65536u
#define BV_PAGE_BYTES 65536u

struct bv_functype {
	const uint8_t *params;
	const uint8_t *results;
	uint32_t param_count;
	uint32_t result_count;
};

struct bv_module_limits {
	uint32_t min;
	uint32_t max; /* UINT32_MAX when none is declared */
	bool has_max;
};

/* Bytes [at, end) of the module hold a constant expression with its `end` opcode. */
struct bv_constexpr {
	uint32_t at;
	uint32_t end;
};

struct bv_module_func {
	uint32_t type;
	uint32_t code_at; /* body after its size; 0 for an import */
	uint32_t code_end;
	uint32_t local_count; /* without parameters */
	uint32_t height_max;  /* operands; set by the validator */
};

struct bv_module_table {
	uint8_t type;
	struct bv_module_limits limits;
};

struct bv_module_global {
	uint8_t type;
	bool is_mutable;
	struct bv_constexpr init; /* unused for an import */
};

struct bv_module_import {
	struct bv_bytes module;
	struct bv_bytes name;
	uint8_t kind;
	uint32_t index; /* in the kind's index space */
};

struct bv_module_export {
	struct bv_bytes name;
	uint8_t kind;
	uint32_t index;
};

enum bv_segment_mode {
	BV_SEGMENT_ACTIVE = 0,
	BV_SEGMENT_PASSIVE = 1,
	BV_SEGMENT_DECLARED = 2,
};

struct bv_module_elem {
	uint8_t mode;
	uint8_t type;
	bool exprs; /* items are constant expressions, not function indices */
	uint32_t table;
	struct bv_constexpr offset;
	uint32_t count;
	uint32_t items_at; /* first byte of the items */
};

struct bv_module_data {
	uint8_t mode;
	struct bv_constexpr offset;
	struct bv_bytes bytes;
};

struct bv_codes;

struct bv_wasm_module {
	struct bv_heap heap;
	struct bv_codes *codes; /* what grows while the module is used: see code.h */
	struct bv_bytes bytes;
	struct bv_functype *types;
	struct bv_module_func *funcs;
	struct bv_module_table *tables;
	struct bv_module_global *globals;
	struct bv_module_limits memory; /* valid if memory_count is 1 */
	struct bv_module_import *imports;
	struct bv_module_export *exports;
	struct bv_module_elem *elems;
	struct bv_module_data *datas;
	uint8_t *func_declared; /* bit i: function i may be named by ref.func */
	uint32_t type_count;
	uint32_t func_count;
	uint32_t table_count;
	uint32_t memory_count;
	uint32_t global_count;
	uint32_t import_count;
	uint32_t export_count;
	uint32_t elem_count;
	uint32_t data_count;
	uint32_t import_func_count;
	uint32_t import_table_count;
	uint32_t import_memory_count;
	uint32_t import_global_count;
	uint32_t data_count_declared;
	bool has_data_count;
	bool has_start;
	uint32_t start;
	uint32_t edition;                   /* 20: refuse what is newer than WebAssembly 2.0 */
	const volatile uint32_t *interrupt; /* while it is loaded; NULL: none */
	uint32_t unfused;                   /* enum bv_wasm_fusion */
};

static inline const struct bv_functype *bv_module_func_type(const struct bv_wasm_module *module,
	uint32_t func)
{
	return &module->types[module->funcs[func].type];
}

/* Slots of a function's frame: see ir.h. */
static inline uint32_t bv_module_frame(const struct bv_wasm_module *module, uint32_t func)
{
	const struct bv_functype *type = bv_module_func_type(module, func);
	uint32_t slots = type->param_count + 2 + module->funcs[func].local_count +
		module->funcs[func].height_max;

	return slots < type->result_count ? type->result_count : slots;
}

static inline bool bv_module_is_declared(const struct bv_wasm_module *module, uint32_t func)
{
	return module->func_declared[func / 8] & (1u << (func % 8));
}

static inline void bv_module_declare(struct bv_wasm_module *module, uint32_t func)
{
	module->func_declared[func / 8] |= (uint8_t)(1u << (func % 8));
}

/* Whether its loading is to stop, which is then the cursor's error. Asked between any two things
 * that a module can hold many of. */
static inline bool bv_module_interrupted(const struct bv_wasm_module *module,
	struct bv_cursor *cursor)
{
	return module->interrupt && *module->interrupt &&
		!bv_cursor_fail(cursor, BV_E_INTERRUPTED, "loading was stopped");
}

#endif

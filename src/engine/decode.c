/* SPDX-License-Identifier: MIT
 *
 * Sections in their order (core specification 5.5). A section is a cursor that ends where the
 * section ends: a reader cannot leave it, and must use it up.
 */
#include "engine/decode.h"

#include "engine/opcode.h"

enum decode_section {
	SECTION_CUSTOM = 0,
	SECTION_TYPE = 1,
	SECTION_IMPORT = 2,
	SECTION_FUNCTION = 3,
	SECTION_TABLE = 4,
	SECTION_MEMORY = 5,
	SECTION_GLOBAL = 6,
	SECTION_EXPORT = 7,
	SECTION_START = 8,
	SECTION_ELEMENT = 9,
	SECTION_CODE = 10,
	SECTION_DATA = 11,
	SECTION_DATA_COUNT = 12,
	SECTION_TAG = 13,
	SECTION_COUNT
};

/* Data count stands between the element and the code section, whatever its number. */
static const uint8_t decode_order[SECTION_COUNT] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10, 0};

bool bv_decode_no_memory(struct bv_cursor *cursor)
{
	return bv_cursor_fail(cursor, BV_E_NO_MEMORY,
		"no memory for the decoded module within engine_bytes");
}

bool bv_decode_room(struct bv_cursor *cursor, struct bv_wasm_module *module, void **items,
	size_t count, size_t more, size_t size)
{
	void *grown = bv_heap_array(&module->heap, count + more, size);

	if (!grown)
		return bv_decode_no_memory(cursor);
	if (count)
		memcpy(grown, *items, count * size);
	bv_heap_free(&module->heap, *items);
	*items = grown;
	return true;
}

/* ---- types ---- */

static bool decode_type_list(struct bv_cursor *cursor, uint32_t max, const char *what,
	const uint8_t **ret, uint32_t *ret_count)
{
	uint8_t type = 0;

	if (!bv_cursor_count(cursor, 1, max, what, ret_count))
		return false;
	/* One byte a type, and the module keeps its bytes: the list is used where it stands. */
	*ret = cursor->at;
	for (uint32_t i = 0; i < *ret_count; i++) {
		if (!bv_op_valtype(cursor, &type))
			return false;
	}
	return true;
}

static bool decode_type(struct bv_cursor *cursor, struct bv_functype *ret)
{
	uint64_t at = bv_cursor_offset(cursor);
	struct bv_functype type = {0};
	uint8_t form = 0;

	if (!bv_cursor_byte(cursor, &form))
		return false;
	if (form == 0x5d)
		return bv_cursor_feature(cursor, at, "stack-switching");
	if (form == 0x4c || form == 0x4d)
		return bv_cursor_feature(cursor, at, "custom-descriptors");
	if (form == 0x4e || form == 0x4f || form == 0x50 || form == 0x5e || form == 0x5f)
		return bv_cursor_feature(cursor, at, "gc");
	if (form != 0x60)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX,
			"integer representation too long or malformed type");
	if (!decode_type_list(cursor, BV_MODULE_PARAMS_MAX, "parameters in one type", &type.params,
		    &type.param_count))
		return false;
	if (!decode_type_list(cursor, BV_MODULE_RESULTS_MAX, "results in one type", &type.results,
		    &type.result_count))
		return false;
	*ret = type;
	return true;
}

static bool decode_types(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t count = 0;

	if (!bv_cursor_count(cursor, 1, BV_MODULE_TYPES_MAX, "types", &count))
		return false;
	module->types = bv_heap_array(&module->heap, count, sizeof(*module->types));
	if (!module->types)
		return bv_decode_no_memory(cursor);
	for (uint32_t i = 0; i < count; i++) {
		if (bv_module_interrupted(module, cursor) ||
			!decode_type(cursor, &module->types[i]))
			return false;
		module->type_count = i + 1;
	}
	return true;
}

static bool decode_type_index(struct bv_cursor *cursor, const struct bv_wasm_module *module,
	uint32_t *ret)
{
	uint64_t at = bv_cursor_offset(cursor);

	if (!bv_cursor_u32(cursor, ret))
		return false;
	if (*ret >= module->type_count)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID, "unknown type");
	return true;
}

/* The proposal behind a flag byte of limits that plain WebAssembly 2.0 doesn't know. */
static const char *decode_limits_feature(uint8_t flags, bool memory)
{
	if (flags & 0x08)
		return memory ? "custom-page-sizes" : NULL;
	if (flags & 0x04)
		return "memory64";
	return flags & 0x02 ? "threads" : NULL;
}

static bool decode_limits(struct bv_cursor *cursor, bool memory, struct bv_module_limits *ret)
{
	uint64_t at = bv_cursor_offset(cursor);
	struct bv_module_limits limits = {.max = UINT32_MAX};
	uint8_t flags = 0;

	if (!bv_cursor_byte(cursor, &flags))
		return false;
	if (flags > 1 && flags <= 0x0f && decode_limits_feature(flags, memory))
		return bv_cursor_feature(cursor, at, decode_limits_feature(flags, memory));
	if (flags > 1 && (flags & 0x80))
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX,
			"integer representation too long");
	if (flags > 1)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX,
			"integer too large: malformed limits flags");
	limits.has_max = flags == 1;
	if (!bv_cursor_u32(cursor, &limits.min))
		return false;
	if (limits.has_max && !bv_cursor_u32(cursor, &limits.max))
		return false;
	if (limits.min > limits.max)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID,
			"size minimum must not be greater than maximum");
	*ret = limits;
	return true;
}

static bool decode_table(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	struct bv_module_table table = {0};

	/* The interpreter's operands have 16 bits for a table's index. */
	if (module->table_count == BV_MODULE_TABLES_MAX)
		return bv_cursor_fail(cursor, BV_E_LIMIT, "the module has more than 1000 tables");
	if (cursor->at != cursor->end && *cursor->at == 0x40)
		return bv_cursor_feature(cursor, bv_cursor_offset(cursor), "function-references");
	if (!bv_op_reftype(cursor, &table.type) || !decode_limits(cursor, false, &table.limits))
		return false;
	module->tables[module->table_count++] = table;
	return true;
}

static bool decode_memory(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint64_t at = bv_cursor_offset(cursor);
	struct bv_module_limits limits = {0};

	if (!decode_limits(cursor, true, &limits))
		return false;
	if (limits.min > BV_MODULE_PAGES_MAX)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID,
			"memory size must be at most 65536 pages (4GiB)");
	if (limits.has_max && limits.max > BV_MODULE_PAGES_MAX)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID,
			"memory size must be at most 65536 pages (4GiB)");
	if (module->memory_count)
		return bv_cursor_feature(cursor, at, "multi-memory");
	module->memory = limits;
	module->memory_count = 1;
	return true;
}

bool bv_decode_global_type(struct bv_cursor *cursor, struct bv_module_global *ret)
{
	struct bv_module_global global = {0};
	uint8_t flag = 0;

	if (!bv_op_valtype(cursor, &global.type) || !bv_cursor_byte(cursor, &flag))
		return false;
	if (flag > 1)
		return bv_cursor_fail_at(cursor, bv_cursor_offset(cursor) - 1, BV_E_SYNTAX,
			"malformed mutability");
	global.is_mutable = flag == 1;
	*ret = global;
	return true;
}

/* ---- imports ---- */

static bool decode_import_func(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t type = 0;

	if (!decode_type_index(cursor, module, &type))
		return false;
	module->funcs[module->func_count++] = (struct bv_module_func){.type = type};
	module->import_func_count++;
	return true;
}

static bool decode_import_what(struct bv_cursor *cursor, struct bv_wasm_module *module,
	struct bv_module_import *import)
{
	switch (import->kind) {
	case BV_WASM_FUNC:
		import->index = module->func_count;
		return decode_import_func(cursor, module);
	case BV_WASM_TABLE:
		import->index = module->table_count;
		if (!decode_table(cursor, module))
			return false;
		module->import_table_count++;
		return true;
	case BV_WASM_MEMORY:
		if (!decode_memory(cursor, module))
			return false;
		module->import_memory_count = 1;
		return true;
	case BV_WASM_GLOBAL:
		import->index = module->global_count;
		if (!bv_decode_global_type(cursor, &module->globals[module->global_count]))
			return false;
		module->global_count++;
		module->import_global_count++;
		return true;
	case 4:
		return bv_cursor_feature(cursor, bv_cursor_offset(cursor) - 1, "exceptions");
	default:
		return bv_cursor_fail_at(cursor, bv_cursor_offset(cursor) - 1, BV_E_SYNTAX,
			"malformed import kind");
	}
}

static bool decode_import(struct bv_cursor *cursor, struct bv_wasm_module *module,
	struct bv_module_import *ret)
{
	struct bv_module_import import = {0};

	if (!bv_cursor_name(cursor, &import.module) || !bv_cursor_name(cursor, &import.name))
		return false;
	if (!bv_cursor_byte(cursor, &import.kind))
		return false;
	if (import.kind == 0x7e || import.kind == 0x7f)
		return bv_cursor_feature(cursor, bv_cursor_offset(cursor) - 1,
			"compact-import-section");
	if (!decode_import_what(cursor, module, &import))
		return false;
	*ret = import;
	return true;
}

static bool decode_imports(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t count = 0;

	if (!bv_cursor_count(cursor, 4, BV_MODULE_IMPORTS_MAX, "imports", &count))
		return false;
	/* An import may be of any kind: make room for all of them in every space. */
	module->imports = bv_heap_array(&module->heap, count, sizeof(*module->imports));
	module->funcs = bv_heap_array(&module->heap, count, sizeof(*module->funcs));
	module->tables = bv_heap_array(&module->heap, count, sizeof(*module->tables));
	module->globals = bv_heap_array(&module->heap, count, sizeof(*module->globals));
	if (!module->imports || !module->funcs || !module->tables || !module->globals)
		return bv_decode_no_memory(cursor);
	for (uint32_t i = 0; i < count; i++) {
		if (bv_module_interrupted(module, cursor) ||
			!decode_import(cursor, module, &module->imports[i]))
			return false;
		module->import_count = i + 1;
	}
	return true;
}

/* ---- what the module defines ---- */

static bool decode_funcs(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t count = 0;

	if (!bv_cursor_count(cursor, 1, BV_MODULE_FUNCS_MAX, "functions", &count))
		return false;
	if (!bv_decode_room(cursor, module, (void **)&module->funcs, module->func_count, count,
		    sizeof(*module->funcs)))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (bv_module_interrupted(module, cursor) ||
			!decode_type_index(cursor, module, &module->funcs[module->func_count].type))
			return false;
		module->func_count++;
	}
	return true;
}

static bool decode_tables(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t count = 0;

	if (!bv_cursor_count(cursor, 3, BV_MODULE_TABLES_MAX, "tables", &count))
		return false;
	if (!bv_decode_room(cursor, module, (void **)&module->tables, module->table_count, count,
		    sizeof(*module->tables)))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!decode_table(cursor, module))
			return false;
	}
	return true;
}

static bool decode_memories(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t count = 0;

	if (!bv_cursor_count(cursor, 2, BV_MODULE_TABLES_MAX, "memories", &count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!decode_memory(cursor, module))
			return false;
	}
	return true;
}

static bool decode_export(struct bv_cursor *cursor, struct bv_wasm_module *module,
	struct bv_module_export *ret)
{
	const uint32_t counts[] = {module->func_count, module->table_count, module->memory_count,
		module->global_count};
	static const char *const unknown[] = {"unknown function", "unknown table", "unknown memory",
		"unknown global"};
	struct bv_module_export export = {0};
	uint64_t at;

	if (!bv_cursor_name(cursor, &export.name))
		return false;
	at = bv_cursor_offset(cursor);
	if (!bv_cursor_byte(cursor, &export.kind) || !bv_cursor_u32(cursor, &export.index))
		return false;
	if (export.kind == 4)
		return bv_cursor_feature(cursor, at, "exceptions");
	if (export.kind > BV_WASM_GLOBAL)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX, "malformed export kind");
	if (export.index >= counts[export.kind])
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID, unknown[export.kind]);
	if (export.kind == BV_WASM_FUNC)
		bv_module_declare(module, export.index);
	*ret = export;
	return true;
}

static uint32_t decode_name_hash(struct bv_bytes name)
{
	uint32_t hash = 2166136261u;

	for (size_t n = 0; n < name.len; n++)
		hash = (hash ^ name.data[n]) * 16777619u;
	return hash ^ (hash >> 15);
}

/* Enters an export's name where it belongs in the table, unless it is there. A module may have
 * made all its names meet in one place. */
static bool decode_export_name(struct bv_cursor *cursor, const struct bv_wasm_module *module,
	uint32_t *table, size_t slots, uint32_t export)
{
	struct bv_bytes name = module->exports[export].name;
	size_t at = decode_name_hash(name) & (slots - 1);

	while (table[at]) {
		if (bv_module_interrupted(module, cursor))
			return false;
		if (bv_bytes_eq(name, module->exports[table[at] - 1].name))
			return bv_cursor_fail(cursor, BV_E_INVALID, "duplicate export name");
		at = (at + 1) & (slots - 1);
	}
	table[at] = export + 1;
	return true;
}

/* Names as bytes in a power-of-two table of 1-based export numbers, to find duplicates in what is
 * linear time for names that were not made to meet. */
static bool decode_export_names(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	size_t slots = 16;
	uint32_t *table;
	bool ok = true;

	while (slots < (size_t)module->export_count * 2)
		slots *= 2;
	table = bv_heap_array(&module->heap, slots, sizeof(*table));
	if (!table)
		return bv_decode_no_memory(cursor);
	for (uint32_t i = 0; ok && i < module->export_count; i++)
		ok = decode_export_name(cursor, module, table, slots, i);
	bv_heap_free(&module->heap, table);
	return ok;
}

static bool decode_exports(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint32_t count = 0;

	if (!bv_cursor_count(cursor, 3, BV_MODULE_EXPORTS_MAX, "exports", &count))
		return false;
	module->exports = bv_heap_array(&module->heap, count, sizeof(*module->exports));
	if (!module->exports)
		return bv_decode_no_memory(cursor);
	for (uint32_t i = 0; i < count; i++) {
		if (bv_module_interrupted(module, cursor) ||
			!decode_export(cursor, module, &module->exports[i]))
			return false;
		module->export_count = i + 1;
	}
	return decode_export_names(cursor, module);
}

static bool decode_start(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint64_t at = bv_cursor_offset(cursor);
	const struct bv_functype *type;

	if (!bv_cursor_u32(cursor, &module->start))
		return false;
	if (module->start >= module->func_count)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID, "unknown function");
	type = bv_module_func_type(module, module->start);
	if (type->param_count || type->result_count)
		return bv_cursor_fail_at(cursor, at, BV_E_INVALID, "start function");
	module->has_start = true;
	return true;
}

static bool decode_data_count(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	module->has_data_count = true;
	return bv_cursor_u32(cursor, &module->data_count_declared);
}

/* Only where each body stands; the validator reads them when everything else is known. */
static bool decode_code(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	uint64_t at = bv_cursor_offset(cursor);
	uint32_t count = 0;
	uint32_t size = 0;

	if (!bv_cursor_count(cursor, 1, BV_MODULE_FUNCS_MAX, "function bodies", &count))
		return false;
	if (count != module->func_count - module->import_func_count)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX,
			"function and code section have inconsistent lengths");
	for (uint32_t i = module->import_func_count; i < module->func_count; i++) {
		if (bv_module_interrupted(module, cursor) ||
			!bv_cursor_count(cursor, 1, BV_MODULE_BODY_MAX, "bytes in one function",
				&size))
			return false;
		module->funcs[i].code_at = (uint32_t)bv_cursor_offset(cursor);
		module->funcs[i].code_end = module->funcs[i].code_at + size;
		cursor->at += size;
	}
	return true;
}

static bool decode_custom(struct bv_cursor *cursor)
{
	struct bv_bytes name = {0};

	if (!bv_cursor_name(cursor, &name))
		return false;
	cursor->at = cursor->end;
	return true;
}

static bool decode_section(struct bv_cursor *cursor, struct bv_wasm_module *module, uint8_t id)
{
	switch ((enum decode_section)id) {
	case SECTION_CUSTOM:
		return decode_custom(cursor);
	case SECTION_TYPE:
		return decode_types(cursor, module);
	case SECTION_IMPORT:
		return decode_imports(cursor, module);
	case SECTION_FUNCTION:
		return decode_funcs(cursor, module);
	case SECTION_TABLE:
		return decode_tables(cursor, module);
	case SECTION_MEMORY:
		return decode_memories(cursor, module);
	case SECTION_GLOBAL:
		return bv_decode_globals(cursor, module);
	case SECTION_EXPORT:
		return decode_exports(cursor, module);
	case SECTION_START:
		return decode_start(cursor, module);
	case SECTION_ELEMENT:
		return bv_decode_elems(cursor, module);
	case SECTION_CODE:
		return decode_code(cursor, module);
	case SECTION_DATA:
		return bv_decode_datas(cursor, module);
	case SECTION_DATA_COUNT:
		return decode_data_count(cursor, module);
	case SECTION_TAG:
	case SECTION_COUNT:
		break;
	}
	return bv_cursor_fail(cursor, BV_E_FAULT, "a section has no reader");
}

/* ref.func may name only functions that something outside the bodies mentions; a bit each, made
 * as soon as the number of functions is fixed. */
static bool decode_declared(struct bv_cursor *cursor, struct bv_wasm_module *module, uint8_t id)
{
	if (module->func_declared || (id && decode_order[id] <= SECTION_FUNCTION))
		return true;
	module->func_declared = bv_heap_alloc(&module->heap, module->func_count / 8 + 1);
	return module->func_declared || bv_decode_no_memory(cursor);
}

static bool decode_next(struct bv_cursor *cursor, struct bv_wasm_module *module, uint8_t *last)
{
	uint64_t at = bv_cursor_offset(cursor);
	struct bv_cursor section = *cursor;
	struct bv_bytes bytes = {0};
	uint32_t size = 0;
	uint8_t id = 0;
	bool ok;

	if (!bv_cursor_byte(cursor, &id))
		return false;
	if (id > SECTION_TAG)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX, "malformed section id");
	if (!bv_cursor_u32(cursor, &size) || !bv_cursor_bytes(cursor, size, &bytes))
		return false;
	if (id == SECTION_TAG)
		return bv_cursor_feature(cursor, at, "exceptions");
	if (id != SECTION_CUSTOM && decode_order[id] <= *last)
		return bv_cursor_fail_at(cursor, at, BV_E_SYNTAX,
			"unexpected content after last section");
	if (id != SECTION_CUSTOM)
		*last = decode_order[id];
	section.at = bytes.data;
	section.end = bytes.data + bytes.len;
	if (id != SECTION_CUSTOM && !decode_declared(cursor, module, id))
		return false;
	ok = decode_section(&section, module, id);
	if (ok && section.at != section.end)
		ok = bv_cursor_fail(&section, BV_E_SYNTAX, "section size mismatch");
	cursor->code = section.code;
	return ok;
}

static bool decode_header(struct bv_cursor *cursor)
{
	static const uint8_t magic[] = {0, 'a', 's', 'm'};
	static const uint8_t version[] = {1, 0, 0, 0};
	struct bv_bytes bytes = {0};

	if (bv_cursor_left(cursor) < 4 || memcmp(cursor->at, magic, 4) != 0)
		return bv_cursor_fail(cursor, BV_E_SYNTAX, "magic header not detected");
	if (!bv_cursor_bytes(cursor, 4, &bytes))
		return false;
	if (bv_cursor_left(cursor) >= 4 && cursor->at[0] >= 0x0a && cursor->at[2] == 1)
		return bv_cursor_feature(cursor, 4, "component-model");
	if (bv_cursor_left(cursor) < 4 || memcmp(cursor->at, version, 4) != 0)
		return bv_cursor_fail(cursor, BV_E_SYNTAX, "unknown binary version");
	return bv_cursor_bytes(cursor, 4, &bytes);
}

/* What only the whole module shows. */
static bool decode_consistent(struct bv_cursor *cursor, struct bv_wasm_module *module)
{
	for (uint32_t i = module->import_func_count; i < module->func_count; i++) {
		if (!module->funcs[i].code_at)
			return bv_cursor_fail(cursor, BV_E_SYNTAX,
				"function and code section have inconsistent lengths");
	}
	if (module->has_data_count && module->data_count_declared != module->data_count)
		return bv_cursor_fail(cursor, BV_E_SYNTAX,
			"data count and data section have inconsistent lengths");
	return decode_declared(cursor, module, 0);
}

int bv_decode_module(struct bv_wasm_module *module, struct bv_error *err)
{
	struct bv_cursor cursor = {.at = module->bytes.data,
		.end = module->bytes.data + module->bytes.len,
		.base = module->bytes.data,
		.err = err};
	uint8_t last = 0;

	if (!decode_header(&cursor))
		return cursor.code;
	while (cursor.at != cursor.end) {
		if (bv_module_interrupted(module, &cursor) || !decode_next(&cursor, module, &last))
			return cursor.code;
	}
	if (!decode_consistent(&cursor, module))
		return cursor.code;
	return BV_OK;
}

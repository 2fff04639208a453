/* SPDX-License-Identifier: MIT
 *
 * Instances: making one, calling into it, looking at its memory and globals.
 *
 * Instantiation goes by the specification: resolve imports, make what the module defines,
 * initialise globals, then active segments in order, then the start function. A trap on the way
 * leaves what was already written in shared tables and memories; so the instance stays in the
 * store, unreachable by name, because a table may refer to its functions. Whatever a module may
 * have many of is gone through with a look at the interrupt flag in between.
 */
#include "engine/constexpr.h"
#include "base/fail.h"
#include "engine/code.h"

#define INSTANCE_COPY_STEP ((size_t)256 << 10) /* between two looks at the interrupt flag */

static int instance_no_memory(struct bv_error *err)
{
	return bv_fail(err, BV_E_NO_MEMORY, "instance",
		"no memory for the instance within engine_bytes");
}

static bool instance_interrupted(const struct bv_wasm_instance *in)
{
	return *in->interrupt != 0;
}

/* Not to be had within engine_bytes, or there was no time for it. */
static int instance_unmade(const struct bv_wasm_instance *in, struct bv_error *err)
{
	if (!instance_interrupted(in))
		return instance_no_memory(err);
	return bv_fail(err, BV_E_INTERRUPTED, "instance", "its making was stopped");
}

/* ---- making one ---- */

static bool instance_arrays(struct bv_wasm_instance *in)
{
	const struct bv_wasm_module *module = in->module;
	struct bv_heap *heap = &in->store->heap;
	uint32_t own = module->func_count - module->import_func_count;

	in->funcs = bv_heap_array(heap, module->func_count, sizeof(*in->funcs));
	in->own_funcs = bv_heap_array(heap, own, sizeof(*in->own_funcs));
	in->tables = bv_heap_array(heap, module->table_count, sizeof(*in->tables));
	in->globals = bv_heap_array(heap, module->global_count, sizeof(*in->globals));
	in->cells = bv_heap_array(heap, module->global_count, sizeof(*in->cells));
	in->type_ids = bv_heap_array(heap, module->type_count, sizeof(*in->type_ids));
	in->elems = bv_heap_array(heap, module->elem_count, sizeof(*in->elems));
	in->datas = bv_heap_array(heap, module->data_count, sizeof(*in->datas));
	return in->funcs && in->own_funcs && in->tables && in->globals && in->cells &&
		in->type_ids && in->elems && in->datas;
}

static bool instance_types(struct bv_wasm_instance *in)
{
	for (uint32_t i = 0; i < in->module->type_count; i++) {
		if (instance_interrupted(in))
			return false;
		in->type_ids[i] = bv_store_type_id(in->store, &in->module->types[i]);
		if (!in->type_ids[i])
			return false;
	}
	return true;
}

static bool instance_funcs(struct bv_wasm_instance *in)
{
	const struct bv_entry *entries = in->module->codes->entries[in->store->fuel_counted];
	uint32_t imports = in->module->import_func_count;

	for (uint32_t i = imports; i < in->module->func_count; i++) {
		const struct bv_module_func *from = &in->module->funcs[i];
		struct bv_wasm_func *func = &in->own_funcs[i - imports];

		if (instance_interrupted(in))
			return false;
		func->code = bv_code_start(&entries[i - imports]);
		func->type = &in->module->types[from->type];
		func->type_id = in->type_ids[from->type];
		func->frame_slots = bv_module_frame(in->module, i);
		func->instance = in;
		func->index = i;
		in->funcs[i] = func;
	}
	return true;
}

static int instance_tables(struct bv_wasm_instance *in, struct bv_error *err)
{
	for (uint32_t i = in->module->import_table_count; i < in->module->table_count; i++) {
		in->tables[i] = bv_table_new(in->store, &in->module->tables[i]);
		if (!in->tables[i])
			return bv_fail_at(err, BV_E_LIMIT, i, "table",
				"a table of %u elements does not fit in table_elements or "
				"engine_bytes",
				in->module->tables[i].limits.min);
	}
	return BV_OK;
}

static uint64_t instance_env_global(void *user, uint32_t index)
{
	struct bv_wasm_instance *in = user;

	return *in->globals[index].cell;
}

static uint64_t instance_env_func(void *user, uint32_t index)
{
	struct bv_wasm_instance *in = user;

	return (uint64_t)(uintptr_t)in->funcs[index];
}

static struct bv_constexpr_env instance_env(struct bv_wasm_instance *in)
{
	return (struct bv_constexpr_env){.module = in->module,
		.global = instance_env_global,
		.func = instance_env_func,
		.user = in};
}

static bool instance_globals(struct bv_wasm_instance *in)
{
	struct bv_constexpr_env env = instance_env(in);
	uint32_t imports = in->module->import_global_count;

	for (uint32_t i = imports; i < in->module->global_count; i++) {
		const struct bv_module_global *from = &in->module->globals[i];

		if (instance_interrupted(in))
			return false;
		in->globals[i] = (struct bv_global){.cell = &in->cells[i - imports],
			.type = from->type,
			.is_mutable = from->is_mutable};
		in->cells[i - imports] = bv_constexpr_eval(&env, from->init.at, NULL);
	}
	return true;
}

/* Items of a segment given as function indices. */
static bool instance_elem_funcs(struct bv_wasm_instance *in, const struct bv_module_elem *from,
	uint64_t *items)
{
	struct bv_bytes bytes = in->module->bytes;
	struct bv_cursor cursor = {.at = bytes.data + from->items_at,
		.end = bytes.data + bytes.len,
		.base = bytes.data};
	uint32_t index = 0;

	for (uint32_t i = 0; i < from->count && bv_cursor_u32(&cursor, &index); i++) {
		if (instance_interrupted(in))
			return false;
		items[i] = (uint64_t)(uintptr_t)in->funcs[index];
	}
	return true;
}

/* Or as expressions. */
static bool instance_elem_exprs(struct bv_wasm_instance *in, const struct bv_module_elem *from,
	uint64_t *items)
{
	struct bv_constexpr_env env = instance_env(in);
	uint32_t at = from->items_at;

	for (uint32_t i = 0; i < from->count; i++) {
		if (instance_interrupted(in))
			return false;
		items[i] = bv_constexpr_eval(&env, at, &at);
	}
	return true;
}

static bool instance_elems(struct bv_wasm_instance *in)
{
	for (uint32_t i = 0; i < in->module->elem_count; i++) {
		const struct bv_module_elem *from = &in->module->elems[i];
		uint64_t *items = bv_heap_array(&in->store->heap, from->count, sizeof(*items));

		if (!items || instance_interrupted(in) ||
			!(from->exprs ? instance_elem_exprs(in, from, items)
				      : instance_elem_funcs(in, from, items)))
			return false;
		in->elems[i] = (struct bv_elem_items){.items = items, .count = from->count};
	}
	for (uint32_t i = 0; i < in->module->data_count; i++)
		in->datas[i] = in->module->datas[i].bytes;
	return true;
}

static int instance_build(struct bv_wasm_instance *in, bool *ret_image, struct bv_error *err)
{
	int code;

	if (!bv_code_prepare(in->module, in->store->fuel_counted))
		return instance_no_memory(err);
	if (!instance_arrays(in) || !instance_types(in))
		return instance_unmade(in, err);
	code = bv_link_imports(in, err);
	if (code)
		return code;
	if (!instance_funcs(in))
		return instance_unmade(in, err);
	code = instance_tables(in, err);
	if (code)
		return code;
	if (in->module->memory_count > in->module->import_memory_count)
		code = bv_memory_new(in->store, in->module, &in->memory, ret_image, err);
	if (code)
		return code;
	return instance_globals(in) && instance_elems(in) ? BV_OK : instance_unmade(in, err);
}

/* ---- calling ---- */

static bool call_run(struct bv_wasm_instance *in, struct bv_wasm_func *func,
	const union bv_wasm_value *args)
{
	uint32_t count = func->type->param_count;
	uint64_t *fp = in->store->stack_at;

	for (uint32_t i = 0; i < count; i++)
		fp[i] = args[i].i64;
	fp[count] = (uint64_t)(uintptr_t)&bv_exec_halt_cells[2];
	return bv_exec_run(in, func, fp);
}

/* Calls a function as if from an instance. */
static struct bv_wasm_trap call_from(struct bv_wasm_instance *in, struct bv_wasm_func *func,
	const union bv_wasm_value *args, union bv_wasm_value *results)
{
	struct bv_wasm_trap trap = {.kind = BV_WASM_TRAP_STACK, .offset = BV_WASM_NOWHERE};
	struct bv_wasm_store *store = in->store;
	const uint64_t *fp = store->stack_at;
	bool returned;

	/* Reserve before anything is copied. */
	if (store->nesting >= BV_NESTING_MAX ||
		(uint64_t)(store->stack_end - fp) < (uint64_t)func->frame_slots + 1)
		return trap;
	store->nesting++;
	returned = call_run(in, func, args);
	store->nesting--;
	if (!returned)
		return store->trap;
	for (uint32_t i = 0; i < func->type->result_count; i++)
		results[i].i64 = fp[i];
	trap.kind = BV_WASM_TRAP_NONE;
	return trap;
}

/* A host function that no guest calls is called by nobody's instance. */
static struct bv_wasm_instance *call_instance(struct bv_wasm_func *func)
{
	return func->instance ? func->instance : &((struct bv_host_func *)func)->store->bare;
}

int bv_wasm_call(struct bv_wasm_func *func, const union bv_wasm_value *args, size_t arg_count,
	union bv_wasm_value *results, size_t result_count, struct bv_wasm_trap *trap,
	struct bv_error *err)
{
	if (arg_count != func->type->param_count || result_count != func->type->result_count)
		return bv_fail(err, BV_E_INVALID, "call",
			"the function takes %u values and returns %u; %zu and %zu were given",
			func->type->param_count, func->type->result_count, arg_count, result_count);
	*trap = call_from(call_instance(func), func, args, results);
	return BV_OK;
}

/* ---- active segments ---- */

static enum bv_wasm_trap_kind instance_active_elems(struct bv_wasm_instance *in)
{
	struct bv_constexpr_env env = instance_env(in);

	for (uint32_t i = 0; i < in->module->elem_count; i++) {
		const struct bv_module_elem *from = &in->module->elems[i];
		uint32_t to;

		if (instance_interrupted(in))
			return BV_WASM_TRAP_INTERRUPT;
		if (from->mode == BV_SEGMENT_PASSIVE)
			continue;
		if (from->mode == BV_SEGMENT_ACTIVE) {
			to = (uint32_t)bv_constexpr_eval(&env, from->offset.at, NULL);
			if (!bv_table_init(in->tables[from->table], &in->elems[i], to, 0,
				    from->count))
				return BV_WASM_TRAP_TABLE_BOUNDS;
		}
		in->elems[i].count = 0;
	}
	return BV_WASM_TRAP_NONE;
}

/* In pieces, of which each may be the first to touch its pages. */
static void instance_copy(const struct bv_wasm_instance *in, uint64_t to, struct bv_bytes bytes)
{
	for (size_t at = 0; at < bytes.len && !instance_interrupted(in); at += INSTANCE_COPY_STEP)
		memcpy(in->memory->base + to + at, bytes.data + at,
			bytes.len - at < INSTANCE_COPY_STEP ? bytes.len - at : INSTANCE_COPY_STEP);
}

static enum bv_wasm_trap_kind instance_active_datas(struct bv_wasm_instance *in, bool image)
{
	struct bv_constexpr_env env = instance_env(in);

	for (uint32_t i = 0; i < in->module->data_count; i++) {
		const struct bv_module_data *from = &in->module->datas[i];
		uint64_t to;

		if (instance_interrupted(in))
			return BV_WASM_TRAP_INTERRUPT;
		if (from->mode != BV_SEGMENT_ACTIVE)
			continue;
		to = (uint32_t)bv_constexpr_eval(&env, from->offset.at, NULL);
		if (to + from->bytes.len > in->memory->bytes)
			return BV_WASM_TRAP_MEMORY_BOUNDS;
		if (!image)
			instance_copy(in, to, from->bytes);
		in->datas[i] = bv_bytes(NULL, 0);
	}
	return BV_WASM_TRAP_NONE;
}

static struct bv_wasm_trap instance_start(struct bv_wasm_instance *in, bool image)
{
	enum bv_wasm_trap_kind kind = instance_active_elems(in);
	struct bv_wasm_func *start;

	if (kind == BV_WASM_TRAP_NONE)
		kind = instance_active_datas(in, image);
	if (kind != BV_WASM_TRAP_NONE || !in->module->has_start)
		return (struct bv_wasm_trap){.kind = kind, .offset = BV_WASM_NOWHERE};
	/* An imported one runs where it is at home: its indices are of its own module. */
	start = in->funcs[in->module->start];
	return call_from(start->instance ? start->instance : in, start, NULL, NULL);
}

struct bv_wasm_instance bv_instance_bare(struct bv_wasm_store *store,
	const struct bv_wasm_module *module)
{
	return (struct bv_wasm_instance){.store = store,
		.module = module,
		.memory = &store->no_memory,
		.stack_end = store->stack_end,
		.interrupt = store->interrupt};
}

int bv_wasm_instantiate(struct bv_wasm_store *store, const struct bv_wasm_module *module,
	struct bv_wasm_instance **ret, struct bv_wasm_trap *trap, struct bv_error *err)
{
	struct bv_wasm_instance *in = bv_heap_alloc(&store->heap, sizeof(*in));
	struct bv_wasm_trap outcome = {.kind = BV_WASM_TRAP_INTERRUPT, .offset = BV_WASM_NOWHERE};
	bool image = false;
	int code;

	if (!in)
		return instance_no_memory(err);
	*in = bv_instance_bare(store, module);
	code = instance_build(in, &image, err);
	if (code == BV_E_INTERRUPTED)
		*trap = outcome;
	if (code)
		return code == BV_E_INTERRUPTED ? BV_OK : code;
	in->next = store->instances;
	store->instances = in;
	outcome = instance_start(in, image);
	*trap = outcome;
	if (outcome.kind == BV_WASM_TRAP_NONE)
		*ret = in;
	return BV_OK;
}

void bv_wasm_func_type(const struct bv_wasm_func *func, struct bv_wasm_extern *what)
{
	*what = (struct bv_wasm_extern){.kind = BV_WASM_FUNC,
		.params = func->type->params,
		.param_count = func->type->param_count,
		.results = func->type->results,
		.result_count = func->type->result_count};
}

/* ---- exports ---- */

static const struct bv_module_export *instance_export(const struct bv_wasm_instance *in,
	struct bv_bytes name, uint8_t kind)
{
	/* A host function that no guest called has an instance of nothing. */
	for (uint32_t i = 0; in->module && i < in->module->export_count; i++) {
		const struct bv_module_export *export = &in->module->exports[i];

		if (export->kind == kind && bv_bytes_eq(export->name, name))
			return export;
	}
	return NULL;
}

/* As much of a name as an error shows. */
static int export_text(size_t len)
{
	return len < 100 ? (int)len : 100;
}

int bv_wasm_export_func(struct bv_wasm_instance *instance, const char *name, size_t name_len,
	struct bv_wasm_func **ret, struct bv_error *err)
{
	const struct bv_module_export *export =
		instance_export(instance, bv_bytes(name, name_len), BV_WASM_FUNC);

	if (!export)
		return bv_fail(err, BV_E_MISSING, "export",
			"the module exports no function \"%.*s\"", export_text(name_len), name);
	*ret = instance->funcs[export->index];
	return BV_OK;
}

int bv_wasm_export_global(struct bv_wasm_instance *instance, const char *name, size_t name_len,
	union bv_wasm_value *ret, uint8_t *ret_type, struct bv_error *err)
{
	const struct bv_module_export *export =
		instance_export(instance, bv_bytes(name, name_len), BV_WASM_GLOBAL);

	if (!export)
		return bv_fail(err, BV_E_MISSING, "export", "the module exports no global \"%.*s\"",
			export_text(name_len), name);
	ret->i64 = *instance->globals[export->index].cell;
	*ret_type = instance->globals[export->index].type;
	return BV_OK;
}

/* ---- memory ---- */

uint64_t bv_wasm_memory_bytes(const struct bv_wasm_instance *instance)
{
	return instance->memory->bytes;
}

void *bv_wasm_memory(struct bv_wasm_instance *instance, uint64_t offset, uint64_t len)
{
	const struct bv_memory *memory = instance->memory;

	if (!memory->base || offset > memory->bytes || len > memory->bytes - offset)
		return NULL;
	return memory->base + offset;
}

const char *bv_wasm_trap_name(enum bv_wasm_trap_kind kind)
{
	static const char *const names[] = {
		[BV_WASM_TRAP_NONE] = "none",
		[BV_WASM_TRAP_UNREACHABLE] = "unreachable",
		[BV_WASM_TRAP_MEMORY_BOUNDS] = "memory-bounds",
		[BV_WASM_TRAP_TABLE_BOUNDS] = "table-bounds",
		[BV_WASM_TRAP_ELEMENT_BOUNDS] = "element-bounds",
		[BV_WASM_TRAP_ELEMENT_NULL] = "element-null",
		[BV_WASM_TRAP_CALL_TYPE] = "call-type",
		[BV_WASM_TRAP_DIVIDE_BY_ZERO] = "divide-by-zero",
		[BV_WASM_TRAP_INTEGER_OVERFLOW] = "integer-overflow",
		[BV_WASM_TRAP_CONVERSION] = "conversion",
		[BV_WASM_TRAP_STACK] = "stack",
		[BV_WASM_TRAP_FUEL] = "fuel",
		[BV_WASM_TRAP_INTERRUPT] = "interrupt",
		[BV_WASM_TRAP_ENGINE_MEMORY] = "engine-memory",
		[BV_WASM_TRAP_HOST] = "host",
		[BV_WASM_TRAP_EXIT] = "exit",
	};

	if ((unsigned int)kind >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[kind];
}

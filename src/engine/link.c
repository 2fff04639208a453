/* SPDX-License-Identifier: MIT
 *
 * Resolving imports by name, and checking that what was found has the type that was asked for.
 */
#include "base/fail.h"
#include "engine/runtime.h"

struct link_found {
	uint8_t kind;
	struct bv_wasm_func *func;
	struct bv_table *table;
	struct bv_memory *memory;
	struct bv_global *global;
};

static bool link_name_is(struct bv_bytes name, const char *s)
{
	return bv_bytes_eq(name, bv_bytes_str(s));
}

static bool link_export(struct bv_wasm_instance *instance, struct bv_bytes name,
	struct link_found *ret)
{
	const struct bv_wasm_module *module = instance->module;

	for (uint32_t i = 0; i < module->export_count; i++) {
		const struct bv_module_export *export = &module->exports[i];

		if (!bv_bytes_eq(export->name, name))
			continue;
		*ret = (struct link_found){.kind = export->kind};
		if (export->kind == BV_WASM_FUNC)
			ret->func = instance->funcs[export->index];
		else if (export->kind == BV_WASM_TABLE)
			ret->table = instance->tables[export->index];
		else if (export->kind == BV_WASM_MEMORY)
			ret->memory = instance->memory;
		else
			ret->global = &instance->globals[export->index];
		return true;
	}
	return false;
}

static bool link_find(const struct bv_wasm_store *store, const struct bv_module_import *import,
	struct link_found *ret)
{
	for (const struct bv_definition *d = store->definitions; d; d = d->next) {
		if (!link_name_is(import->module, d->module))
			continue;
		if (d->instance && link_export(d->instance, import->name, ret))
			return true;
		if (d->func && link_name_is(import->name, d->name)) {
			*ret = (struct link_found){.kind = BV_WASM_FUNC, .func = &d->func->func};
			return true;
		}
	}
	return false;
}

/* What is there must offer at least the minimum, and promise no more than the maximum. */
static bool link_limits(const struct bv_module_limits *have, const struct bv_module_limits *want)
{
	return have->min >= want->min &&
		(!want->has_max || (have->has_max && have->max <= want->max));
}

static bool link_global(const struct bv_global *have, const struct bv_module_global *want)
{
	return have->type == want->type && have->is_mutable == want->is_mutable;
}

/* Takes what was found into the instance's index space, or says no. */
static bool link_take(struct bv_wasm_instance *instance, const struct bv_module_import *import,
	const struct link_found *found)
{
	const struct bv_wasm_module *module = instance->module;
	uint32_t i = import->index;

	if (found->kind != import->kind)
		return false;
	switch ((enum bv_wasm_kind)import->kind) {
	case BV_WASM_FUNC:
		instance->funcs[i] = found->func;
		return found->func->type_id == instance->type_ids[module->funcs[i].type];
	case BV_WASM_TABLE:
		instance->tables[i] = found->table;
		return found->table->type == module->tables[i].type &&
			link_limits(&found->table->limits, &module->tables[i].limits);
	case BV_WASM_MEMORY:
		instance->memory = found->memory;
		return link_limits(&found->memory->limits, &module->memory);
	case BV_WASM_GLOBAL:
		instance->globals[i] = *found->global;
		return link_global(found->global, &module->globals[i]);
	}
	return false;
}

static int link_fail(const struct bv_module_import *import, int code, const char *text,
	struct bv_error *err)
{
	static const char *const kinds[] = {"function", "table", "memory", "global"};

	return bv_fail(err, code, "import", "%s \"%.*s\" of module \"%.*s\" %s",
		kinds[import->kind], (int)(import->name.len < 80 ? import->name.len : 80),
		(const char *)import->name.data,
		(int)(import->module.len < 80 ? import->module.len : 80),
		(const char *)import->module.data, text);
}

int bv_link_imports(struct bv_wasm_instance *instance, struct bv_error *err)
{
	const struct bv_wasm_module *module = instance->module;

	for (uint32_t i = 0; i < module->import_count; i++) {
		const struct bv_module_import *import = &module->imports[i];
		struct link_found found = {0};

		if (*instance->interrupt)
			return bv_fail(err, BV_E_INTERRUPTED, "import", "linking was stopped");
		if (!link_find(instance->store, import, &found))
			return link_fail(import, BV_E_MISSING,
				"is imported, and nothing in the store defines it", err);
		if (!link_take(instance, import, &found))
			return link_fail(import, BV_E_TYPE,
				"is imported with another type than it is defined with", err);
	}
	return BV_OK;
}

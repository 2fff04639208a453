/* SPDX-License-Identifier: MIT
 *
 * Modules as the embedder sees them: loading, and looking at imports and exports.
 */
#include "engine/module.h"

#include "base/fail.h"

#include <stdlib.h>

#include "engine/code.h"
#include "engine/decode.h"
#include "engine/validate.h"

#define BV_MODULE_BYTES_DEFAULT (64u << 20)
#define BV_MODULE_ENGINE_DEFAULT (256u << 20)
#define MODULE_COPY_STEP ((size_t)1 << 20) /* between two looks at the interrupt flag */

/* Validation works on the copy: nobody can change these bytes afterwards. */
static int module_copy(struct bv_wasm_module *module, const void *bytes, size_t len,
	struct bv_error *err)
{
	uint8_t *copy = bv_heap_alloc(&module->heap, len ? len : 1);
	struct bv_cursor nowhere = {.err = err};

	if (!copy)
		return bv_fail(err, BV_E_NO_MEMORY, "module",
			"no memory for a copy of %zu module bytes within engine_bytes", len);
	for (size_t at = 0; at < len; at += MODULE_COPY_STEP) {
		if (bv_module_interrupted(module, &nowhere))
			return nowhere.code;
		memcpy(copy + at, (const uint8_t *)bytes + at,
			len - at < MODULE_COPY_STEP ? len - at : MODULE_COPY_STEP);
	}
	module->bytes = bv_bytes(copy, len);
	return BV_OK;
}

/* Translations may take what the module itself leaves of engine_bytes. */
static int module_codes(struct bv_wasm_module *module, struct bv_error *err)
{
	struct bv_codes *codes = bv_heap_alloc(&module->heap, sizeof(*codes));

	if (!codes)
		return bv_fail(err, BV_E_NO_MEMORY, "module",
			"no memory for the module within engine_bytes");
	codes->bytes_max = module->heap.max_bytes - module->heap.used_bytes;
	module->codes = codes;
	return BV_OK;
}

static int module_load(struct bv_wasm_module *module, const void *bytes, size_t len,
	struct bv_error *err)
{
	int code = module_copy(module, bytes, len, err);

	if (code)
		return code;
	code = bv_decode_module(module, err);
	if (code)
		return code;
	code = bv_validate_bodies(module, err);
	return code ? code : module_codes(module, err);
}

int bv_wasm_module_load(const void *bytes, size_t len, const struct bv_wasm_limits *limits,
	struct bv_wasm_module **ret, struct bv_error *err)
{
	uint64_t max =
		limits && limits->module_bytes ? limits->module_bytes : BV_MODULE_BYTES_DEFAULT;
	struct bv_wasm_module *module;
	int code;

	/* Offsets inside the module are 32 bits wide. */
	if (len > max || len > UINT32_MAX / 2)
		return bv_fail(err, BV_E_LIMIT, "module",
			"the module has %zu bytes; at most %llu are accepted", len,
			(unsigned long long)max);
	module = calloc(1, sizeof(*module));
	if (!module)
		return bv_fail(err, BV_E_NO_MEMORY, "module", "no memory for a module");
	module->heap.max_bytes =
		limits && limits->engine_bytes ? limits->engine_bytes : BV_MODULE_ENGINE_DEFAULT;
	module->edition = limits ? limits->edition : 0;
	module->unfused = limits ? limits->unfused : 0;
	module->interrupt = limits ? limits->interrupt : NULL;
	code = module_load(module, bytes, len, err);
	module->interrupt = NULL;
	if (code) {
		bv_wasm_module_free(module);
		return code;
	}
	*ret = module;
	return BV_OK;
}

void bv_wasm_module_free(struct bv_wasm_module *module)
{
	if (!module)
		return;
	bv_code_free_all(module);
	bv_heap_clear(&module->heap);
	free(module);
}

uint64_t bv_wasm_module_bytes(const struct bv_wasm_module *module)
{
	return sizeof(*module) + module->heap.used_bytes +
		__atomic_load_n(&module->codes->bytes, __ATOMIC_RELAXED);
}

size_t bv_wasm_import_count(const struct bv_wasm_module *module)
{
	return module->import_count;
}

size_t bv_wasm_export_count(const struct bv_wasm_module *module)
{
	return module->export_count;
}

static void extern_limits(const struct bv_module_limits *limits, struct bv_wasm_extern *what)
{
	what->units_min = limits->min;
	what->units_max = limits->has_max ? limits->max : BV_WASM_NOWHERE;
}

static void extern_describe(const struct bv_wasm_module *module, uint32_t index,
	struct bv_wasm_extern *what)
{
	const struct bv_functype *type;

	switch (what->kind) {
	case BV_WASM_FUNC:
		type = bv_module_func_type(module, index);
		what->params = type->params;
		what->param_count = type->param_count;
		what->results = type->results;
		what->result_count = type->result_count;
		break;
	case BV_WASM_TABLE:
		what->type = module->tables[index].type;
		extern_limits(&module->tables[index].limits, what);
		break;
	case BV_WASM_MEMORY:
		extern_limits(&module->memory, what);
		break;
	case BV_WASM_GLOBAL:
		what->type = module->globals[index].type;
		what->is_mutable = module->globals[index].is_mutable;
		break;
	}
}

bool bv_wasm_import(const struct bv_wasm_module *module, size_t index, struct bv_wasm_extern *ret)
{
	const struct bv_module_import *import;
	struct bv_wasm_extern what;

	if (index >= module->import_count)
		return false;
	import = &module->imports[index];
	what = (struct bv_wasm_extern){.module = (const char *)import->module.data,
		.module_len = import->module.len,
		.name = (const char *)import->name.data,
		.name_len = import->name.len,
		.kind = (enum bv_wasm_kind)import->kind};
	extern_describe(module, import->index, &what);
	*ret = what;
	return true;
}

bool bv_wasm_export(const struct bv_wasm_module *module, size_t index, struct bv_wasm_extern *ret)
{
	const struct bv_module_export *export;
	struct bv_wasm_extern what;

	if (index >= module->export_count)
		return false;
	export = &module->exports[index];
	what = (struct bv_wasm_extern){.name = (const char *)export->name.data,
		.name_len = export->name.len,
		.kind = (enum bv_wasm_kind) export->kind};
	extern_describe(module, export->index, &what);
	*ret = what;
	return true;
}

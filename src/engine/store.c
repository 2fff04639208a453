/* SPDX-License-Identifier: MIT
 *
 * Stores: limits, host functions, names. See runtime.h for who owns what.
 */
#include "base/fail.h"
#include "engine/ir.h"

#include <stdlib.h>

#define BV_STORE_ENGINE_DEFAULT (256u << 20)
#define BV_STORE_STACK_DEFAULT (1u << 20)
#define BV_STORE_STACK_MAX (1u << 30)
#define BV_STORE_MEMORY_DEFAULT (4ull << 30)

static uint64_t store_limit(uint64_t asked, uint64_t otherwise)
{
	return asked ? asked : otherwise;
}

static void store_configure(struct bv_wasm_store *store, const struct bv_wasm_store_config *config)
{
	const struct bv_wasm_limits *limits = &config->limits;

	store->heap.wiped = true; /* globals and tables are the guest's */
	store->heap.max_bytes = store_limit(limits->engine_bytes, BV_STORE_ENGINE_DEFAULT);
	store->memory_bytes_max = store_limit(limits->memory_bytes, BV_STORE_MEMORY_DEFAULT);
	store->table_max = BV_MODULE_TABLE_MAX;
	if (limits->table_elements && limits->table_elements < store->table_max)
		store->table_max = (uint32_t)limits->table_elements;
	store->interrupt = config->interrupt ? config->interrupt : &store->no_interrupt;
	store->fuel_counted = config->fuel;
	store->memory_ops = config->memory ? *config->memory : bv_memory_malloc;
	store->no_memory.store = store;
}

static int store_stack(struct bv_wasm_store *store, const struct bv_wasm_store_config *config,
	struct bv_error *err)
{
	uint64_t bytes = store_limit(config->limits.stack_bytes, BV_STORE_STACK_DEFAULT);
	size_t slots;

	if (bytes > BV_STORE_STACK_MAX || bytes < 4096)
		return bv_fail(err, BV_E_LIMIT, "stack_bytes",
			"%llu bytes of stack were asked for; 4 KiB to 1 GiB are possible",
			(unsigned long long)bytes);
	slots = (size_t)(bytes / sizeof(uint64_t));
	/* Not zeroed: validated code reads no slot before it is written. */
	store->stack = config->stack;
	if (!store->stack)
		store->stack = bv_heap_alloc_dirty(&store->heap, slots * sizeof(uint64_t));
	if (!store->stack)
		return bv_fail(err, BV_E_NO_MEMORY, "stack_bytes",
			"no memory for a stack of %llu bytes within engine_bytes",
			(unsigned long long)bytes);
	store->stack_at = store->stack;
	store->stack_end = store->stack + slots;
	store->bare = bv_instance_bare(store, NULL);
	return BV_OK;
}

int bv_wasm_store_new(const struct bv_wasm_store_config *config, struct bv_wasm_store **ret,
	struct bv_error *err)
{
	static const struct bv_wasm_store_config none;
	struct bv_wasm_store *store = calloc(1, sizeof(*store));
	int code;

	if (!store)
		return bv_fail(err, BV_E_NO_MEMORY, "store", "no memory for a store");
	if (!config)
		config = &none;
	store_configure(store, config);
	code = store_stack(store, config, err);
	if (code) {
		bv_wasm_store_free(store);
		return code;
	}
	*ret = store;
	return BV_OK;
}

void bv_wasm_store_free(struct bv_wasm_store *store)
{
	if (!store)
		return;
	bv_memory_free_all(store);
	bv_heap_clear(&store->heap);
	free(store);
}

/* ---- types ---- */

static bool store_same_type(const struct bv_functype *a, const struct bv_functype *b)
{
	if (a->param_count != b->param_count || a->result_count != b->result_count)
		return false;
	if (a->param_count && memcmp(a->params, b->params, a->param_count) != 0)
		return false;
	return !a->result_count || memcmp(a->results, b->results, a->result_count) == 0;
}

static uint32_t store_type_hash(const struct bv_functype *type)
{
	uint32_t hash = type->param_count * 31 + type->result_count;

	for (uint32_t i = 0; i < type->param_count; i++)
		hash = hash * 33 + type->params[i];
	for (uint32_t i = 0; i < type->result_count; i++)
		hash = hash * 37 + type->results[i];
	return (hash ^ (hash >> 11)) % BV_TYPE_BUCKETS;
}

uint32_t bv_store_type_id(struct bv_wasm_store *store, const struct bv_functype *type)
{
	struct bv_type_entry **bucket = &store->types[store_type_hash(type)];
	struct bv_type_entry *entry;

	for (entry = *bucket; entry; entry = entry->next) {
		if (store_same_type(&entry->type, type))
			return entry->id;
	}
	entry = bv_heap_alloc(&store->heap, sizeof(*entry));
	if (!entry)
		return 0;
	entry->type = *type;
	entry->id = ++store->type_count;
	entry->next = *bucket;
	*bucket = entry;
	return entry->id;
}

/* ---- names ---- */

static bool store_letter(char letter, uint8_t *ret)
{
	static const char letters[] = "iIfFre";
	static const uint8_t types[] = {BV_WASM_I32, BV_WASM_I64, BV_WASM_F32, BV_WASM_F64,
		BV_WASM_FUNCREF, BV_WASM_EXTERNREF};
	const char *found = letter ? strchr(letters, letter) : NULL;

	if (found)
		*ret = types[found - letters];
	return found != NULL;
}

/* "ii:I" into a type whose bytes come from the store's heap. */
static int store_signature(struct bv_wasm_store *store, const char *signature,
	struct bv_functype **ret, struct bv_error *err)
{
	size_t len = signature ? strlen(signature) : 0;
	const char *colon = len ? strchr(signature, ':') : NULL;
	struct bv_functype *type;
	uint8_t *bytes;

	if (!colon || len > BV_MODULE_PARAMS_MAX)
		return bv_fail(err, BV_E_INVALID, "signature",
			"\"%s\" is no signature: write parameters, a colon, results, as \"ii:I\"",
			signature ? signature : "");
	type = bv_heap_alloc(&store->heap, sizeof(*type) + len);
	if (!type)
		return bv_fail(err, BV_E_NO_MEMORY, "store", "engine_bytes is used up");
	bytes = (uint8_t *)(type + 1);
	for (size_t i = 0; i < len; i++) {
		if (signature + i != colon && !store_letter(signature[i], &bytes[i]))
			return bv_fail(err, BV_E_INVALID, "signature",
				"\"%s\" has a letter that is none of i I f F r e", signature);
	}
	type->params = bytes;
	type->param_count = (uint32_t)(colon - signature);
	type->results = bytes + type->param_count + 1;
	type->result_count = (uint32_t)(len - type->param_count - 1);
	*ret = type;
	return BV_OK;
}

static int store_push_definition(struct bv_wasm_store *store, const struct bv_definition *like,
	struct bv_error *err)
{
	struct bv_definition *d = bv_heap_alloc(&store->heap, sizeof(*d));

	if (!d)
		return bv_fail(err, BV_E_NO_MEMORY, "store", "engine_bytes is used up");
	*d = *like;
	d->next = store->definitions;
	store->definitions = d;
	return BV_OK;
}

static int store_define(struct bv_wasm_store *store, const struct bv_wasm_host_func *host,
	struct bv_error *err)
{
	struct bv_definition d = {.module = host->module, .name = host->name};
	struct bv_functype *type = NULL;
	int code = store_signature(store, host->signature, &type, err);

	if (code)
		return code;
	d.func = bv_heap_alloc(&store->heap, sizeof(*d.func));
	if (d.func)
		d.func->func.type_id = bv_store_type_id(store, type);
	if (!d.func || !d.func->func.type_id)
		return bv_fail(err, BV_E_NO_MEMORY, "store", "engine_bytes is used up");
	d.func->func.code = &bv_exec_host_cell;
	d.func->func.type = type;
	/* Arguments, the return address, results. */
	d.func->func.frame_slots = type->param_count + 1 + type->result_count;
	d.func->fn = host->fn;
	d.func->user = host->user;
	d.func->store = store;
	return store_push_definition(store, &d, err);
}

int bv_wasm_store_define(struct bv_wasm_store *store, const struct bv_wasm_host_func *funcs,
	size_t count, struct bv_error *err)
{
	for (size_t i = 0; i < count; i++) {
		int code = store_define(store, &funcs[i], err);

		if (code)
			return code;
	}
	return BV_OK;
}

int bv_wasm_store_register(struct bv_wasm_store *store, struct bv_wasm_instance *instance,
	const char *module, struct bv_error *err)
{
	struct bv_definition d = {.module = module, .instance = instance};

	if (instance->store != store)
		return bv_fail(err, BV_E_FOREIGN, "instance",
			"the instance lives in another store");
	return store_push_definition(store, &d, err);
}

/* ---- accounts ---- */

void bv_wasm_fuel_set(struct bv_wasm_store *store, uint64_t units)
{
	store->fuel = units;
}

uint64_t bv_wasm_fuel_left(const struct bv_wasm_store *store)
{
	return store->fuel;
}

uint64_t bv_wasm_store_memory_bytes(const struct bv_wasm_store *store)
{
	return store->memory_bytes;
}

uint64_t bv_wasm_store_bytes(const struct bv_wasm_store *store)
{
	return store->heap.used_bytes;
}

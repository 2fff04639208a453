/* SPDX-License-Identifier: MIT
 *
 * Runs modules and writes down all that can be seen of each, so that two engines, or one with and
 * without its fusions, can be compared line by line.
 *
 *   wasm-trace [--unfused BITS] [--validate] PACK
 *   wasm-trace --fusions    prints the bits of all there are
 *
 * A pack is modules in a row, each behind its length as a little-endian u32. Standard output has
 * for each "module N", and then
 *
 *   valid | invalid PLACE | feature NAME    what loading says; with --validate that is all
 *   limit TEXT                              a bound of this program's, and nothing of the module's
 *   unlinkable                              it imports what is not offered
 *   call NAME TYPE:VALUE...                 every exported function, in order
 *   log TYPE:VALUE                          what the guest told its host
 *   return TYPE:VALUE... | trap KIND        how the call or the instantiation ended
 *   fuel N                                  what a whole call cost, for our own two ways
 *   memory PAGES HASH, global NAME TYPE:VALUE
 *   stop KIND                               out of stack or fuel: nothing after can be compared
 *
 * Values are hexadecimal bits, and any NaN is "nan". trace.mjs writes the same with V8.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bvisor/wasm.h>

#define MEMORY_BYTES_MAX (UINT64_C(64) << 20)
#define FUEL_PER_CALL 3000000u
#define PARAMS_MAX 64
#define RESULTS_MAX 1000

struct tracer {
	uint32_t unfused; /* enum bv_wasm_fusion */
	bool validate_only;
	bool limited; /* memory was refused that another engine would give */
	struct bv_wasm_module *module;
	struct bv_wasm_store *store;
	struct bv_wasm_instance *instance;
};

/* ---- values ---- */

static void put_float(uint64_t bits, bool is_nan, int digits)
{
	if (is_nan)
		printf("nan");
	else
		printf("%0*llx", digits, (unsigned long long)bits);
}

static void put_value(uint8_t type, const union bv_wasm_value *value)
{
	uint32_t low;
	uint64_t bits;

	memcpy(&low, value, sizeof(low));
	memcpy(&bits, value, sizeof(bits));
	switch ((enum bv_wasm_type)type) {
	case BV_WASM_I32:
		printf(" i32:%08x", value->i32);
		break;
	case BV_WASM_I64:
		printf(" i64:%016llx", (unsigned long long)value->i64);
		break;
	case BV_WASM_F32:
		printf(" f32:");
		put_float(low, isnan(value->f32), 8);
		break;
	case BV_WASM_F64:
		printf(" f64:");
		put_float(bits, isnan(value->f64), 16);
		break;
	case BV_WASM_FUNCREF:
	case BV_WASM_EXTERNREF:
		printf(" ref:%s", value->ref ? "some" : "null");
		break;
	}
}

/* An argument that the other side makes as well, from where it stands. */
static union bv_wasm_value argument(uint8_t type, size_t func, size_t param)
{
	static const int64_t integers[8] = {0, 1, -1, INT32_MAX, INT32_MIN, 42, 65536, 305419896};
	static const double floats[8] = {0.0, -0.0, 1.5, -3.25e10, (double)INFINITY,
		-(double)INFINITY, 1e-40, 12345.678};
	size_t pick = (func * 31 + param * 17 + 7) % 8;
	union bv_wasm_value value = {0};

	switch ((enum bv_wasm_type)type) {
	case BV_WASM_I32:
		value.i32 = (uint32_t)integers[pick];
		break;
	case BV_WASM_I64:
		value.i64 = (uint64_t)integers[pick] * 0x100000001u;
		break;
	case BV_WASM_F32:
		value.f32 = (float)floats[pick];
		break;
	case BV_WASM_F64:
		value.f64 = floats[pick];
		break;
	case BV_WASM_FUNCREF:
	case BV_WASM_EXTERNREF:
		break;
	}
	return value;
}

/* ---- the host ---- */

static enum bv_wasm_host_result log_value(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	const uint8_t *type = user;

	(void)caller;
	(void)results;
	(void)status;
	printf("log");
	put_value(*type, &args[0]);
	putchar('\n');
	return BV_WASM_HOST_RETURN;
}

static const struct {
	const char *name;
	const char *signature;
	uint8_t type;
} logs[] = {
	{"log-i32", "i:", BV_WASM_I32},
	{"log-i64", "I:", BV_WASM_I64},
	{"log-f32", "f:", BV_WASM_F32},
	{"log-f64", "F:", BV_WASM_F64},
};

static int define_logs(struct bv_wasm_store *store, struct bv_error *err)
{
	struct bv_wasm_host_func funcs[4];

	for (size_t i = 0; i < 4; i++)
		funcs[i] = (struct bv_wasm_host_func){.module = "fuzzing-support",
			.name = logs[i].name,
			.signature = logs[i].signature,
			.fn = log_value,
			.user = (void *)(uintptr_t)&logs[i].type};
	return bv_wasm_store_define(store, funcs, 4, err);
}

/* Memory that remembers having been refused. */
static uint8_t *memory_reserve(void *user, const struct bv_wasm_module *module, uint64_t bytes,
	uint64_t bytes_max, bool *ret_image)
{
	struct tracer *tracer = user;

	(void)module;
	(void)bytes_max;
	*ret_image = false;
	if (bytes <= MEMORY_BYTES_MAX)
		return calloc(1, bytes ? (size_t)bytes : 1);
	tracer->limited = true;
	return NULL;
}

static uint8_t *memory_grow(void *user, uint8_t *base, uint64_t bytes_old, uint64_t bytes_new,
	uint64_t bytes_max)
{
	struct tracer *tracer = user;
	uint8_t *bigger = NULL;

	(void)bytes_max;
	if (bytes_new <= MEMORY_BYTES_MAX)
		bigger = calloc(1, (size_t)bytes_new);
	if (!bigger) {
		tracer->limited = true;
		return NULL;
	}
	memcpy(bigger, base, (size_t)bytes_old);
	free(base);
	return bigger;
}

static void memory_release(void *user, uint8_t *base, uint64_t bytes, uint64_t bytes_max)
{
	(void)user;
	(void)bytes;
	(void)bytes_max;
	free(base);
}

/* ---- tracing ---- */

/* What V8 does not tell apart is one word here. */
static const char *trap_word(enum bv_wasm_trap_kind kind)
{
	switch (kind) {
	case BV_WASM_TRAP_TABLE_BOUNDS:
	case BV_WASM_TRAP_ELEMENT_BOUNDS:
		return "table-bounds";
	case BV_WASM_TRAP_ELEMENT_NULL:
	case BV_WASM_TRAP_CALL_TYPE:
		return "call-type";
	case BV_WASM_TRAP_INTEGER_OVERFLOW:
	case BV_WASM_TRAP_CONVERSION:
		return "unrepresentable";
	default:
		return bv_wasm_trap_name(kind);
	}
}

/* False: nothing after this can be compared. */
static bool put_trap(const struct bv_wasm_trap *trap)
{
	if (trap->kind == BV_WASM_TRAP_STACK || trap->kind == BV_WASM_TRAP_FUEL ||
		trap->kind == BV_WASM_TRAP_ENGINE_MEMORY) {
		printf("stop %s\n", bv_wasm_trap_name(trap->kind));
		return false;
	}
	printf("trap %s\n", trap_word(trap->kind));
	return true;
}

static void die(const char *what)
{
	fprintf(stderr, "wasm-trace: %s\n", what);
	exit(2);
}

/* Between calls, the generator's own guard against endless loops is wound up. */
static void rewind_guard(struct tracer *tracer)
{
	static const char name[] = "hangLimitInitializer";
	struct bv_wasm_func *func = NULL;
	struct bv_wasm_extern type;
	struct bv_wasm_trap trap = {0};

	if (bv_wasm_export_func(tracer->instance, name, strlen(name), &func, NULL))
		return;
	bv_wasm_func_type(func, &type);
	if (!type.param_count && !type.result_count)
		(void)bv_wasm_call(func, NULL, 0, NULL, 0, &trap, NULL);
}

static bool call(struct tracer *tracer, const struct bv_wasm_extern *export, size_t number)
{
	static union bv_wasm_value results[RESULTS_MAX];
	union bv_wasm_value args[PARAMS_MAX];
	struct bv_wasm_func *func = NULL;
	struct bv_wasm_trap trap = {0};

	if (export->param_count > PARAMS_MAX)
		return true;
	printf("call %.*s", (int)export->name_len, export->name);
	for (size_t p = 0; p < export->param_count; p++) {
		args[p] = argument(export->params[p], number, p);
		put_value(export->params[p], &args[p]);
	}
	putchar('\n');
	if (bv_wasm_export_func(tracer->instance, export->name, export->name_len, &func, NULL))
		die("what is listed was not found");
	bv_wasm_fuel_set(tracer->store, FUEL_PER_CALL);
	rewind_guard(tracer);
	if (bv_wasm_call(func, args, export->param_count, results, export->result_count, &trap,
		    NULL))
		die("a call with its signature's counts failed");
	if (trap.kind)
		return put_trap(&trap);
	printf("return");
	for (size_t i = 0; i < export->result_count; i++)
		put_value(export->results[i], &results[i]);
	printf("\nfuel %llu\n",
		FUEL_PER_CALL - (unsigned long long)bv_wasm_fuel_left(tracer->store));
	return true;
}

static void put_memory(struct tracer *tracer)
{
	uint64_t bytes = bv_wasm_memory_bytes(tracer->instance);
	const uint8_t *at = bv_wasm_memory(tracer->instance, 0, bytes);
	uint32_t hash = 2166136261u;

	for (uint64_t i = 0; at && i < bytes; i += 4) {
		uint32_t word = (uint32_t)at[i] | (uint32_t)at[i + 1] << 8 |
			(uint32_t)at[i + 2] << 16 | (uint32_t)at[i + 3] << 24;

		hash = (hash ^ word) * 16777619u;
		hash ^= hash >> 15;
	}
	printf("memory %llu %08x\n", (unsigned long long)(bytes >> 16), hash);
}

static void put_global(struct tracer *tracer, const struct bv_wasm_extern *export)
{
	union bv_wasm_value value = {0};
	uint8_t type = 0;

	if (bv_wasm_export_global(tracer->instance, export->name, export->name_len, &value, &type,
		    NULL))
		die("an exported global was not found");
	printf("global %.*s", (int)export->name_len, export->name);
	put_value(type, &value);
	putchar('\n');
}

static void trace_exports(struct tracer *tracer)
{
	struct bv_wasm_extern export;
	size_t number = 0;

	for (size_t i = 0; bv_wasm_export(tracer->module, i, &export); i++) {
		if (export.kind == BV_WASM_FUNC && !call(tracer, &export, number++))
			return;
		if (tracer->limited) {
			printf("stop limit\n");
			return;
		}
	}
	for (size_t i = 0; bv_wasm_export(tracer->module, i, &export); i++) {
		if (export.kind == BV_WASM_MEMORY)
			put_memory(tracer);
		else if (export.kind == BV_WASM_GLOBAL)
			put_global(tracer, &export);
	}
}

static void trace_instance(struct tracer *tracer)
{
	const struct bv_wasm_memory_ops memory = {memory_reserve, memory_grow, memory_release,
		tracer};
	const struct bv_wasm_store_config config = {.fuel = true,
		.memory = &memory,
		.limits = {.engine_bytes = UINT64_C(1) << 30}};
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};
	int code;

	tracer->limited = false;
	if (bv_wasm_store_new(&config, &tracer->store, &err) || define_logs(tracer->store, &err))
		die(err.text);
	bv_wasm_fuel_set(tracer->store, FUEL_PER_CALL);
	code = bv_wasm_instantiate(tracer->store, tracer->module, &tracer->instance, &trap, &err);
	if (code == BV_E_MISSING || code == BV_E_TYPE)
		printf("unlinkable\n");
	else if (code || tracer->limited)
		printf("limit %s\n", err.text);
	else if (!trap.kind)
		trace_exports(tracer);
	else
		(void)put_trap(&trap);
	bv_wasm_store_free(tracer->store);
}

static void trace(struct tracer *tracer, const uint8_t *bytes, size_t len)
{
	const struct bv_wasm_limits limits = {.unfused = tracer->unfused};
	struct bv_error err = {0};
	int code = bv_wasm_module_load(bytes, len, &limits, &tracer->module, &err);

	if (code == BV_E_VERSION && strncmp(err.place, "feature.", 8) == 0) {
		printf("feature %s\n", err.place + 8);
	} else if (code == BV_E_LIMIT || code == BV_E_NO_MEMORY) {
		printf("limit %s\n", err.text);
	} else if (code) {
		printf("invalid %s: %s\n", err.place, err.text);
	} else {
		printf("valid\n");
		if (!tracer->validate_only)
			trace_instance(tracer);
		bv_wasm_module_free(tracer->module);
	}
}

static int trace_pack(struct tracer *tracer, FILE *file)
{
	uint8_t head[4];

	for (unsigned int number = 0; fread(head, 1, 4, file) == 4; number++) {
		size_t len = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 |
			(size_t)head[3] << 24;
		uint8_t *bytes = malloc(len ? len : 1); /* exact: a sanitizer sees reads past it */

		if (!bytes || fread(bytes, 1, len, file) != len)
			die("the pack is cut");
		printf("module %u\n", number);
		trace(tracer, bytes, len);
		fflush(stdout);
		free(bytes);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct tracer tracer = {0};
	FILE *file;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--unfused") == 0 && i + 1 < argc)
			tracer.unfused = (uint32_t)strtoul(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--validate") == 0)
			tracer.validate_only = true;
		else if (strcmp(argv[i], "--fusions") == 0)
			return printf("%d\n", BV_WASM_FUSE_ALL) < 0;
		else
			die("unknown option");
	}
	if (i + 1 != argc)
		die("usage: wasm-trace [--unfused BITS] [--validate] PACK");
	file = fopen(argv[i], "rb");
	if (!file)
		die("cannot open the pack");
	i = trace_pack(&tracer, file);
	fclose(file);
	return i;
}

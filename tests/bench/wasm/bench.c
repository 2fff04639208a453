/* SPDX-License-Identifier: MIT
 *
 * Runs programs natively and in the engine, turn about, and prints how much slower the engine is.
 *
 *   wasm-bench ROUNDS (NATIVE MODULE)...
 *
 * A module is a WASI command. It gets the few host functions that a program without files needs;
 * its output goes nowhere, but is compared with the native program's: a wrong answer is no time.
 * Numbers are processor seconds, the best of the rounds. Nothing here asserts a time.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <bvisor/wasm.h>

#define OUTPUT_MAX 65536

struct output {
	char bytes[OUTPUT_MAX];
	size_t len;
};

/* Processor time of this process: other work on the machine matters less. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* The same of all children that have ended. */
static double now_children(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "wasm-bench: %s: %s\n", what, why);
	exit(1);
}

/* ---- the host functions ---- */

static enum bv_wasm_host_result succeed(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	(void)caller, (void)user, (void)args, (void)status;
	results[0].i32 = 0;
	return BV_WASM_HOST_RETURN;
}

/* No arguments, no environment: two zeros. */
static enum bv_wasm_host_result sizes(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	void *a = bv_wasm_memory(caller, args[0].i32, 4);
	void *b = bv_wasm_memory(caller, args[1].i32, 4);

	(void)user, (void)status;
	if (!a || !b)
		return BV_WASM_HOST_TRAP;
	memset(a, 0, 4);
	memset(b, 0, 4);
	results[0].i32 = 0;
	return BV_WASM_HOST_RETURN;
}

static enum bv_wasm_host_result fdstat(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	uint8_t *stat = bv_wasm_memory(caller, args[1].i32, 24);

	(void)user, (void)status;
	if (!stat)
		return BV_WASM_HOST_TRAP;
	memset(stat, 0, 24);
	results[0].i32 = args[0].i32 <= 2 ? 0 : 8; /* EBADF: no preopened directories */
	return BV_WASM_HOST_RETURN;
}

static enum bv_wasm_host_result bad_descriptor(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	(void)caller, (void)user, (void)args, (void)status;
	results[0].i32 = 8;
	return BV_WASM_HOST_RETURN;
}

static enum bv_wasm_host_result fd_write(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	struct output *output = user;
	uint32_t total = 0;
	uint8_t *written = bv_wasm_memory(caller, args[3].i32, 4);

	(void)status;
	for (uint32_t i = 0; i < args[2].i32; i++) {
		const uint8_t *iov = bv_wasm_memory(caller, args[1].i32 + 8ull * i, 8);
		uint32_t range[2];
		const void *bytes;

		if (!iov)
			return BV_WASM_HOST_TRAP;
		memcpy(range, iov, sizeof(range));
		bytes = bv_wasm_memory(caller, range[0], range[1]);
		if (!bytes || range[1] > OUTPUT_MAX - output->len)
			return BV_WASM_HOST_TRAP;
		memcpy(output->bytes + output->len, bytes, range[1]);
		output->len += range[1];
		total += range[1];
	}
	if (!written)
		return BV_WASM_HOST_TRAP;
	memcpy(written, &total, sizeof(total));
	results[0].i32 = 0;
	return BV_WASM_HOST_RETURN;
}

static enum bv_wasm_host_result proc_exit(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	(void)caller, (void)user, (void)results;
	*status = (int32_t)args[0].i32;
	return BV_WASM_HOST_EXIT;
}

static enum bv_wasm_host_result clock_ms(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	(void)caller, (void)user, (void)args, (void)status;
	results[0].i64 = (uint64_t)(now() * 1e3);
	return BV_WASM_HOST_RETURN;
}

#define WASI "wasi_snapshot_preview1"

static int define(struct bv_wasm_store *store, struct output *output, struct bv_error *err)
{
	const struct bv_wasm_host_func funcs[] = {
		{WASI, "args_sizes_get", "ii:i", sizes, NULL},
		{WASI, "args_get", "ii:i", succeed, NULL},
		{WASI, "environ_sizes_get", "ii:i", sizes, NULL},
		{WASI, "environ_get", "ii:i", succeed, NULL},
		{WASI, "fd_close", "i:i", succeed, NULL},
		{WASI, "fd_fdstat_get", "ii:i", fdstat, NULL},
		{WASI, "fd_prestat_get", "ii:i", bad_descriptor, NULL},
		{WASI, "fd_prestat_dir_name", "iii:i", bad_descriptor, NULL},
		{WASI, "fd_seek", "iIii:i", bad_descriptor, NULL},
		{WASI, "fd_write", "iiii:i", fd_write, output},
		{WASI, "proc_exit", "i:", proc_exit, NULL},
		{"env", "clock_ms", ":I", clock_ms, NULL},
	};

	return bv_wasm_store_define(store, funcs, sizeof(funcs) / sizeof(funcs[0]), err);
}

/* ---- one run ---- */

static void *read_file(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	void *bytes = NULL;
	long len = -1;

	if (file && !fseek(file, 0, SEEK_END))
		len = ftell(file);
	if (len > 0)
		bytes = malloc((size_t)len);
	if (!bytes)
		die(path, strerror(errno));
	rewind(file);
	if (fread(bytes, 1, (size_t)len, file) != (size_t)len)
		die(path, "cannot read");
	fclose(file);
	*ret_len = (size_t)len;
	return bytes;
}

static void call_entry(struct bv_wasm_instance *instance, const char *path)
{
	union bv_wasm_value result = {0};
	struct bv_wasm_func *func = NULL;
	struct bv_wasm_extern type = {0};
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};

	if (bv_wasm_export_func(instance, "_start", 6, &func, &err) &&
		bv_wasm_export_func(instance, "run", 3, &func, &err))
		die(path, err.text);
	bv_wasm_func_type(func, &type);
	if (type.result_count > 1 ||
		bv_wasm_call(func, NULL, 0, &result, type.result_count, &trap, &err))
		die(path, err.text);
	if (trap.kind != BV_WASM_TRAP_NONE && (trap.kind != BV_WASM_TRAP_EXIT || trap.status != 0))
		die(path, bv_wasm_trap_name(trap.kind));
	if (type.result_count)
		printf("%s: run returned %g\n", path, (double)result.f32);
}

static double run_module(const char *path, bool fuel, struct output *output)
{
	struct bv_wasm_store_config config = {.fuel = fuel};
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_module *module = NULL;
	struct bv_wasm_store *store = NULL;
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};
	size_t len = 0;
	void *bytes = read_file(path, &len);
	double start = now();

	output->len = 0;
	if (bv_wasm_module_load(bytes, len, NULL, &module, &err) ||
		bv_wasm_store_new(&config, &store, &err) || define(store, output, &err) ||
		bv_wasm_instantiate(store, module, &instance, &trap, &err))
		die(path, err.text);
	if (trap.kind != BV_WASM_TRAP_NONE)
		die(path, bv_wasm_trap_name(trap.kind));
	bv_wasm_fuel_set(store, UINT64_MAX);
	call_entry(instance, path);
	start = now() - start;
	bv_wasm_store_free(store);
	bv_wasm_module_free(module);
	free(bytes);
	return start;
}

static double run_native(const char *path, struct output *output)
{
	double start = now_children();
	FILE *pipe = popen(path, "r");

	if (!pipe)
		die(path, strerror(errno));
	output->len = fread(output->bytes, 1, OUTPUT_MAX, pipe);
	if (pclose(pipe) != 0)
		die(path, "exits with an error");
	return now_children() - start;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The best native time over the best time in the engine. */
static double compare(const char *native, const char *module, int rounds)
{
	static struct output wanted;
	static struct output got;
	double best_native = 1e9;
	double best_module = 1e9;

	for (int i = 0; i < rounds; i++) {
		best_native = fmin(best_native, run_native(native, &wanted));
		best_module = fmin(best_module, run_module(module, getenv("BENCH_FUEL"), &got));
		if (wanted.len != got.len || memcmp(wanted.bytes, got.bytes, got.len) != 0)
			die(module, "prints something else than the native program");
	}
	printf("%-10s native %6.3f s   engine %6.3f s   %6.2fx\n", base_name(native), best_native,
		best_module, best_module / best_native);
	fflush(stdout);
	return best_module / best_native;
}

int main(int argc, char **argv)
{
	static struct output output;
	double sum = 0;
	int pairs = 0;

	if (argc == 2)
		printf("%s: %.3f s\n", argv[1], run_module(argv[1], getenv("BENCH_FUEL"), &output));
	for (int i = 2; i + 1 < argc; i += 2, pairs++)
		sum += log(compare(argv[i], argv[i + 1], atoi(argv[1])));
	if (argc != 2 && !pairs) {
		fprintf(stderr,
			"usage: wasm-bench ROUNDS (NATIVE MODULE)... | wasm-bench MODULE\n");
		return 2;
	}
	if (pairs)
		printf("geometric mean of %d: %.2fx native\n", pairs, exp(sum / pairs));
	return 0;
}

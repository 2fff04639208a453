/* SPDX-License-Identifier: MIT
 *
 * What starting costs: validating a large module, making an instance of one that is warm, and a
 * whole process around an empty one. Prints medians; nothing is asserted.
 *
 *   wasm-micro RUNNER STATIC-TRUE [MODULE]
 *
 * RUNNER runs a module in its process. MODULE, if given, is made 4 MB long by repeating its
 * functions, and validated.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bvisor/wasm_cache.h>

#define ROUNDS 101
#define TARGET_BYTES (4u << 20)

extern char **environ;

static double clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Processor time of this process: other work on the machine matters less. */
static double now_us(void)
{
	return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_median(const char *what, double *times, size_t count)
{
	qsort(times, count, sizeof(*times), order);
	printf("%-44s %9.1f us   least %9.1f us\n", what, times[count / 2], times[0]);
	fflush(stdout);
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "wasm-micro: %s: %s\n", what, why);
	exit(1);
}

/* ---- bytes ---- */

struct bytes {
	uint8_t *data;
	size_t len;
};

static void put(struct bytes *b, const void *data, size_t len)
{
	b->data = realloc(b->data, b->len + len + 1);
	if (!b->data)
		die("put", "no memory");
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_u32(struct bytes *b, size_t value)
{
	do {
		uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

		put(b, &byte, 1);
		value >>= 7;
	} while (value);
}

static size_t get_u32(const uint8_t **at)
{
	size_t value = 0;
	unsigned int shift = 0;

	do {
		value |= (size_t)(**at & 0x7f) << shift;
		shift += 7;
	} while (*(*at)++ & 0x80);
	return value;
}

static struct bytes read_file(const char *path)
{
	struct bytes b = {0};
	uint8_t chunk[65536];
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file)
		die(path, "cannot be read");
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		put(&b, chunk, n);
	fclose(file);
	return b;
}

static void put_section(struct bytes *to, uint8_t id, const struct bytes *payload)
{
	put(to, &id, 1);
	put_u32(to, payload->len);
	put(to, payload->data, payload->len);
}

/* A section that is a counted vector, with its items so many times. */
static void put_repeated(struct bytes *to, uint8_t id, const uint8_t *at, const uint8_t *end,
	size_t times)
{
	struct bytes payload = {0};

	put_u32(&payload, get_u32(&at) * times);
	for (size_t i = 0; i < times; i++)
		put(&payload, at, (size_t)(end - at));
	put_section(to, id, &payload);
	free(payload.data);
}

/* The same module, with every function it defines several times. */
static struct bytes enlarge(const struct bytes *module, size_t times)
{
	const uint8_t *end = module->data + module->len;
	const uint8_t *at = module->data + 8;
	struct bytes out = {0};

	put(&out, module->data, 8);
	while (at < end) {
		const uint8_t *start = at;
		uint8_t id = *at++;
		size_t size = get_u32(&at);

		if (id == 3 || id == 10)
			put_repeated(&out, id, at, at + size, times);
		else if (id)
			put(&out, start, (size_t)(at + size - start));
		at += size;
	}
	return out;
}

/* ---- what is measured ---- */

static void measure_validation(const char *path)
{
	struct bytes one = read_file(path);
	struct bytes two = enlarge(&one, 2);
	size_t each = two.len - enlarge(&one, 1).len;
	struct bytes big = enlarge(&one, 1 + (TARGET_BYTES - one.len) / each);
	double times[9];
	char what[80];

	for (size_t i = 0; i < 9; i++) {
		struct bv_wasm_module *module = NULL;
		struct bv_error err = {0};
		double start = now_us();

		if (bv_wasm_module_load(big.data, big.len, NULL, &module, &err))
			die(path, err.text);
		times[i] = now_us() - start;
		bv_wasm_module_free(module);
	}
	snprintf(what, sizeof(what), "decode and validate %.2f MB", (double)big.len / 1e6);
	print_median(what, times, 9);
	free(one.data);
	free(two.data);
	free(big.data);
}

/* A module that exports a memory of so many pages, with 64 KiB of data, and does nothing. */
static struct bytes module_with_memory(uint8_t pages)
{
	static const uint8_t head[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1,
		0};
	static const uint8_t rest[] = {7, 10, 1, 6, '_', 's', 't', 'a', 'r', 't', 0, 0, 10, 4, 1, 2,
		0, 0x0b};
	const uint8_t memory[] = {5, 3, 1, 0, pages};
	static const uint8_t zero[65536];
	struct bytes data = {0};
	struct bytes out = {0};

	put(&out, head, sizeof(head));
	put(&out, memory, sizeof(memory));
	put(&out, rest, sizeof(rest));
	put(&data, "\1\0\x41\0\x0b", 5);
	put_u32(&data, sizeof(zero));
	put(&data, zero, sizeof(zero));
	if (pages > 1)
		put_section(&out, 11, &data);
	free(data.data);
	return out;
}

static double one_instance(const struct bv_wasm_module *module,
	const struct bv_wasm_memory_ops *memory)
{
	const struct bv_wasm_store_config config = {.memory = memory};
	struct bv_wasm_instance *instance = NULL;
	struct bv_wasm_store *store = NULL;
	struct bv_wasm_trap trap;
	double start = now_us();

	if (bv_wasm_store_new(&config, &store, NULL) ||
		bv_wasm_instantiate(store, module, &instance, &trap, NULL))
		die("instance", "is refused");
	bv_wasm_store_free(store);
	return now_us() - start;
}

static void measure_instances(void)
{
	struct bytes bytes = module_with_memory(16);
	const struct bv_wasm_module *module = NULL;
	struct bv_wasm_cache *cache = NULL;
	double times[ROUNDS];

	if (bv_wasm_cache_new(NULL, &cache, NULL) ||
		bv_wasm_cache_load(cache, bytes.data, bytes.len, NULL, &module, NULL))
		die("cache", "is refused");
	for (size_t i = 0; i < ROUNDS; i++)
		times[i] = one_instance(module, bv_wasm_cache_memory(cache));
	print_median("store and instance of 1 MB, warm, mapped", times, ROUNDS);
	for (size_t i = 0; i < ROUNDS; i++)
		times[i] = one_instance(module, NULL);
	print_median("store and instance of 1 MB, warm, copied", times, ROUNDS);
	bv_wasm_cache_release(cache, module);
	bv_wasm_cache_free(cache);
	free(bytes.data);
}

/* From start to exit, as a clock on the wall has it. */
static double one_process(char *const argv[])
{
	double start = clock_us(CLOCK_MONOTONIC);
	int status = 0;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) || waitpid(pid, &status, 0) < 0 ||
		status)
		die(argv[0], "cannot be run");
	return clock_us(CLOCK_MONOTONIC) - start;
}

static void measure_processes(char *runner, char *nothing)
{
	struct bytes bytes = module_with_memory(1);
	char path[] = "/tmp/wasm-micro-XXXXXX";
	char *guest[] = {runner, path, NULL};
	char *bare[] = {nothing, NULL};
	double times[2][ROUNDS];
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len || close(fd))
		die(path, "cannot be written");
	for (size_t i = 0; i < ROUNDS; i++) {
		times[0][i] = one_process(guest);
		times[1][i] = one_process(bare);
	}
	unlink(path);
	print_median("process with an empty module", times[0], ROUNDS);
	print_median("process that does nothing, static", times[1], ROUNDS);
	free(bytes.data);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: wasm-micro RUNNER STATIC-TRUE [MODULE]\n");
		return 2;
	}
	measure_instances();
	measure_processes(argv[1], argv[2]);
	if (argc > 3)
		measure_validation(argv[3]);
	return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * A module's second run: what of the first is used again, what not, and that runs in several
 * threads do not meet. In this process; the numbers are the cache's own, whose caller we are.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bvisor/bvisor.h>

/* (module (memory 2) (data (i32.const 0) 4096 bytes)
 *   (func (export "_start") (if (i32.load8_u (i32.const 0)) (then unreachable))
 *     (i32.store8 (i32.const 0) (i32.const 1))))
 * It traps if it finds what an earlier run of it wrote. */
static const unsigned char head[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0,
	5, 3, 1, 0, 2, 7, 10, 1, 6, '_', 's', 't', 'a', 'r', 't', 0, 0, 10, 20, 1, 18, 0, 0x41, 0,
	0x2d, 0, 0, 4, 0x40, 0, 0x0b, 0x41, 0, 0x41, 1, 0x3a, 0, 0, 0x0b, 11, 0x87, 0x20, 1, 0,
	0x41, 0, 0x0b, 0x80, 0x20};

struct warm {
	char path[2][64];
	struct bv_wasm_cache *cache;
	struct bv_backend *backend;
	struct bv_admission *admission[2];
};

static void module_write(const char *path, char last)
{
	char data[4096] = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	data[sizeof(data) - 1] = last;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, head, sizeof(head)), sizeof(head));
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	close(fd);
}

static void admit(struct warm *warm, int which)
{
	struct bv_spec spec = {
		.workload = {.kind = BV_WORKLOAD_WASM, .program = warm->path[which]}};
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};

	bv_budgets_default(spec.budgets);
	if (bv_proposal_new(&spec, &proposal, &err) ||
		bv_admit(warm->backend, proposal, &warm->admission[which], &err))
		fail_msg("%s: %s", err.place, err.text);
	bv_proposal_free(proposal);
	assert_non_null(bv_admission_plan(warm->admission[which]));
}

static int warm_begin(void **state)
{
	struct warm *warm = calloc(1, sizeof(*warm));
	const struct bv_wasm_cache_limits limits = {.entries = 2};
	struct bv_wasm_backend_options options = {.worker = BV_WASM_WORKER_NONE};

	assert_int_equal(bv_wasm_cache_new(&limits, &warm->cache, NULL), 0);
	options.cache_borrow = warm->cache;
	assert_int_equal(bv_wasm_backend_open(&options, &warm->backend, NULL), 0);
	for (int i = 0; i < 2; i++) {
		snprintf(warm->path[i], sizeof(warm->path[i]), "/tmp/bvisor-warm-%d-%d",
			(int)getpid(), i);
		module_write(warm->path[i], 0);
		admit(warm, i);
	}
	*state = warm;
	return 0;
}

static int warm_end(void **state)
{
	struct warm *warm = *state;

	for (int i = 0; i < 2; i++) {
		bv_admission_free(warm->admission[i]);
		unlink(warm->path[i]);
	}
	bv_backend_free(warm->backend);
	bv_wasm_cache_free(warm->cache);
	free(warm);
	return 0;
}

static enum bv_outcome run(struct warm *warm, int which)
{
	struct bv_report *report = NULL;
	struct bv_error err = {0};
	enum bv_outcome outcome;

	if (bv_run(warm->backend, bv_admission_plan(warm->admission[which]), NULL, &report, &err))
		return BV_OUTCOME_SUPERVISOR_FAULT;
	outcome = bv_report_end(report)->outcome;
	bv_report_free(report);
	return outcome;
}

static void expect_counts(struct warm *warm, uint64_t misses, uint64_t hits)
{
	struct bv_wasm_cache_counts counts;

	bv_wasm_cache_count(warm->cache, &counts);
	assert_int_equal(counts.misses, misses);
	assert_int_equal(counts.hits, hits);
}

static void a_module_is_loaded_once_and_no_run_sees_what_another_wrote(void **state)
{
	for (int i = 0; i < 4; i++)
		assert_int_equal(run(*state, 0), BV_OUTCOME_COMPLETED);
	expect_counts(*state, 1, 3);
}

static void the_same_bytes_under_another_name_are_the_same_module(void **state)
{
	assert_int_equal(run(*state, 0), BV_OUTCOME_COMPLETED);
	assert_int_equal(run(*state, 1), BV_OUTCOME_COMPLETED);
	expect_counts(*state, 1, 1);
}

static bool stat_is(const char *path, const struct stat *before)
{
	struct stat now;

	assert_int_equal(stat(path, &now), 0);
	return now.st_ino == before->st_ino && now.st_size == before->st_size &&
		memcmp(&now.st_mtim, &before->st_mtim, sizeof(now.st_mtim)) == 0 &&
		memcmp(&now.st_ctim, &before->st_ctim, sizeof(now.st_ctim)) == 0;
}

/* Through a mapping that was written to before: no time stamp need tell of it. */
static void other_bytes_in_the_same_file_are_another_module(void **state)
{
	struct warm *warm = *state;
	size_t len = sizeof(head) + 4096;
	int fd = open(warm->path[0], O_RDWR | O_CLOEXEC);
	unsigned char *data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct stat before;

	assert_true(fd >= 0 && data != MAP_FAILED);
	data[len - 1] = 2;
	assert_int_equal(fstat(fd, &before), 0);
	assert_int_equal(run(warm, 0), BV_OUTCOME_COMPLETED);
	assert_int_equal(run(warm, 0), BV_OUTCOME_COMPLETED);
	expect_counts(warm, 1, 1);
	data[len - 1] = 3;
	if (!stat_is(warm->path[0], &before))
		print_message("the file system told of the write after all\n");
	assert_int_equal(run(warm, 0), BV_OUTCOME_COMPLETED);
	expect_counts(warm, 2, 1);
	/* And what was kept of it before is not taken for it again, nor forgotten by the cache. */
	data[len - 1] = 2;
	assert_int_equal(run(warm, 0), BV_OUTCOME_COMPLETED);
	expect_counts(warm, 2, 2);
	munmap(data, len);
	close(fd);
}

/* SIGXFSZ would end us; it is not even blocked. */
static void the_limit_on_a_file_s_size_is_not_run_into(void **state)
{
	const struct rlimit none = {0, RLIM_INFINITY};
	struct rlimit before;
	enum bv_outcome outcomes[3];

	getrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	for (int i = 0; i < 3; i++)
		outcomes[i] = run(*state, 0);
	setrlimit(RLIMIT_FSIZE, &before);
	for (int i = 0; i < 3; i++)
		assert_int_equal(outcomes[i], BV_OUTCOME_COMPLETED);
}

/* Of four gigabytes each page is touched, if the memory is made before anybody asks how much there
 * may be. */
static void memory_beyond_the_budget_is_refused_before_it_is_there(void **state)
{
	static const unsigned char sections[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 5, 1, 0, 0x80,
		0x80, 0x04, 11};
	struct warm *warm = *state;
	struct rusage usage;
	unsigned char *data = malloc(1 << 20);
	size_t len = 3;
	long before;
	FILE *file = fopen(warm->path[1], "w");

	assert_true(data && file);
	data[0] = 0xff, data[1] = 0xff, data[2] = 3; /* 65535 segments */
	for (int64_t at = INT32_MIN, i = 0; i < 65535; i++, at += 65536) {
		data[len++] = 0;
		data[len++] = 0x41;
		for (int shift = 0; shift < 28; shift += 7)
			data[len++] = (unsigned char)(0x80 | ((at >> shift) & 0x7f));
		data[len++] = (unsigned char)((at >> 28) & 0x7f);
		data[len++] = 0x0b;
		data[len++] = 1;
		data[len++] = 'x';
	}
	fwrite(sections, sizeof(sections), 1, file);
	for (size_t left = len; left > 0x7f || fputc((int)left, file) < 0; left >>= 7)
		fputc((int)(0x80 | (left & 0x7f)), file);
	fwrite(data, len, 1, file);
	fclose(file);
	free(data);
	getrusage(RUSAGE_SELF, &usage);
	before = usage.ru_maxrss;
	for (int i = 0; i < 3; i++)
		assert_int_equal(run(warm, 1), BV_OUTCOME_FAILED);
	getrusage(RUSAGE_SELF, &usage);
	assert_true(usage.ru_maxrss - before < 64 << 10);
}

static void *run_often(void *argument)
{
	uintptr_t completed = 0;

	for (int i = 0; i < 10; i++)
		completed += run(argument, i % 2) == BV_OUTCOME_COMPLETED;
	return (void *)completed;
}

static void threads_run_the_same_module_at_once(void **state)
{
	pthread_t threads[4];
	void *completed = NULL;

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_often, *state), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &completed);
		assert_int_equal((uintptr_t)completed, 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_module_is_loaded_once_and_no_run_sees_what_another_wrote, warm_begin,
			warm_end),
		cmocka_unit_test_setup_teardown(
			the_same_bytes_under_another_name_are_the_same_module, warm_begin,
			warm_end),
		cmocka_unit_test_setup_teardown(other_bytes_in_the_same_file_are_another_module,
			warm_begin, warm_end),
		cmocka_unit_test_setup_teardown(the_limit_on_a_file_s_size_is_not_run_into,
			warm_begin, warm_end),
		cmocka_unit_test_setup_teardown(
			memory_beyond_the_budget_is_refused_before_it_is_there, warm_begin,
			warm_end),
		cmocka_unit_test_setup_teardown(threads_run_the_same_module_at_once, warm_begin,
			warm_end),
	};

	return cmocka_run_group_tests_name("warm", tests, NULL, NULL);
}

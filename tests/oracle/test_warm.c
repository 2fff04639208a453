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
#include <unistd.h>
#include <utime.h>

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

/* Old enough to be remembered by what stat says of it. */
static void make_old(const char *path)
{
	const struct utimbuf old = {1000000000, 1000000000};

	assert_int_equal(utime(path, &old), 0);
}

static void other_bytes_in_the_same_file_are_another_module(void **state)
{
	struct warm *warm = *state;

	make_old(warm->path[0]);
	sleep(3); /* the time of the inode itself cannot be set back */
	assert_int_equal(run(warm, 0), BV_OUTCOME_COMPLETED);
	assert_int_equal(run(warm, 0), BV_OUTCOME_COMPLETED);
	expect_counts(warm, 1, 1);
	module_write(warm->path[0], 1);
	make_old(warm->path[0]);
	assert_int_equal(run(warm, 0), BV_OUTCOME_COMPLETED);
	expect_counts(warm, 2, 1);
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
		cmocka_unit_test_setup_teardown(threads_run_the_same_module_at_once, warm_begin,
			warm_end),
	};

	return cmocka_run_group_tests_name("warm", tests, NULL, NULL);
}

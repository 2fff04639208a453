/* SPDX-License-Identifier: MIT
 *
 * The ledger against the answers, and the answers against each other: every machine there could be,
 * every wish for a worker. Whatever is answered enforced has a row, every row is some machine's
 * answer and names a test that is there, and where a worker is required and has no wall, nothing is
 * launched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/linux/choice.h"
#include "backend/wasm/nest.h"

static const struct row {
	enum bv_kind kind;
	const char *mechanism;
	const char *file;
	const char *words;
} rows[] = {
#define QUALIFIED(kind, mechanism, file, words) {kind, mechanism, file, words},
#include "backend/wasm/qualification.def"
#undef QUALIFIED
};
#define WORDS_MIN 12
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static unsigned int used[ROWS];

static void fact(struct bv_snapshot *snapshot, const char *name, bool there, int64_t value)
{
	assert_int_equal(bv_snapshot_set(snapshot, name, there ? BV_FACT_PRESENT : BV_FACT_ABSENT,
				 value, "detail"),
		0);
}

/* A machine as a number, and what is wished for on it. */
#define MACHINES 256
#define WISHES 3

static struct bv_snapshot machine(unsigned int number, int64_t wish)
{
	struct bv_snapshot snapshot = {0};
	bool worker = wish != BV_WASM_WORKER_NONE;

	fact(&snapshot, FACT_LANDLOCK, worker && (number & 1), number & 1 ? 7 : 0);
	fact(&snapshot, FACT_LANDLOCK_CANARY, worker && (number & 1), 0);
	fact(&snapshot, FACT_SECCOMP_CANARY, worker && (number & 2), 0);
	fact(&snapshot, FACT_SCOPE_CANARY, worker && (number & 5) == 5, 0);
	fact(&snapshot, FACT_WORKER, worker, 0);
	fact(&snapshot, FACT_WASM_PATHS, number & 8, 0);
	fact(&snapshot, FACT_WASM_ROOTS, number & 16, 0);
	fact(&snapshot, FACT_WASM_CLOCK, number & 32, 0);
	fact(&snapshot, FACT_STAGING, number & 32, 0);
	fact(&snapshot, FACT_VIEW_CANARY, worker && (number & 128), 0);
	fact(&snapshot, FACT_VIEW_PROC, worker && (number & 128), 0);
	fact(&snapshot, FACT_VIEW_NETWORK, worker && (number & 128), 0);
	fact(&snapshot, FACT_WASM_WORKER, worker && (number & 64), wish);
	return snapshot;
}

static struct bv_spec spec_make(void)
{
	struct bv_spec spec = {.workload = {.kind = BV_WORKLOAD_WASM,
				       .program = "/module.wasm",
				       .directory = "/"}};

	bv_budgets_default(spec.budgets);
	return spec;
}

static void assert_qualified(enum bv_kind kind, const struct bv_answer *answer)
{
	bool found = false;

	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].kind != kind || !strstr(answer->mechanism, rows[i].mechanism))
			continue;
		used[i]++;
		found = true;
	}
	if (!found)
		fail_msg("%s is called enforced by '%s', and no row says what proves it",
			bv_kind_name(kind), answer->mechanism);
}

static void assert_answer(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind)
{
	struct bv_answer answer = {0};

	if (spec)
		wasm_classify(snapshot, spec, kind, &answer);
	else
		wasm_profile(snapshot, kind, &answer);
	assert_true(answer.verdict.enforcement <= wasm_support(kind).enforcement);
	if (answer.verdict.enforcement < BV_ENFORCED)
		assert_true(answer.missing[0] && answer.remedy[0]);
	else
		assert_qualified(kind, &answer);
}

static void every_answer_of_every_machine_is_qualified(void **state)
{
	const struct bv_spec spec = spec_make();

	(void)state;
	for (unsigned int number = 0; number < MACHINES; number++)
		for (int wish = 0; wish < WISHES; wish++) {
			struct bv_snapshot snapshot = machine(number, wish);

			for (int kind = 0; kind < BV_KIND_COUNT; kind++) {
				assert_answer(&snapshot, NULL, (enum bv_kind)kind);
				assert_answer(&snapshot, &spec, (enum bv_kind)kind);
			}
		}
}

/* Runs after it: what the machines above never answered. */
static void no_row_is_nobodys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (!used[i])
			fail_msg("no machine answers '%s' for %s", rows[i].mechanism,
				bv_kind_name(rows[i].kind));
}

static bool file_has(const char *file, const char *words)
{
	char path[512], line[512];
	bool found = false;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", getenv("TESTS_ROOT"), file);
	stream = fopen(path, "r");
	while (stream && !found && fgets(line, sizeof(line), stream))
		found = (strncmp(line, "@test ", 6) == 0 ||
				strncmp(line, "static void ", 12) == 0) &&
			strstr(line, words);
	if (stream)
		fclose(stream);
	return found;
}

static void every_row_names_a_test_that_is_there(void **state)
{
	(void)state;
	/* What is shorter could be part of anything. */
	for (size_t i = 0; i < ROWS; i++)
		assert_true(strlen(rows[i].words) >= WORDS_MIN &&
			strlen(rows[i].mechanism) >= WORDS_MIN);
	for (size_t i = 0; i < ROWS; i++)
		if (!file_has(rows[i].file, rows[i].words))
			fail_msg("%s has no test '%s'", rows[i].file, rows[i].words);
	assert_false(file_has("scenario/wasm.bats", "no such test"));
}

static void without_a_wall_a_required_worker_is_refused(void **state)
{
	const struct bv_spec spec = spec_make();

	(void)state;
	for (unsigned int number = 0; number < MACHINES; number++) {
		/* A view holds files where Landlock does not. */
		bool walled = (number & (2 | 64)) == (2 | 64) && (number & (1 | 128));
		struct bv_snapshot required = machine(number, BV_WASM_WORKER_REQUIRED);
		struct bv_snapshot preferred = machine(number, BV_WASM_WORKER_PREFERRED);
		struct bv_snapshot none = machine(number, BV_WASM_WORKER_NONE);
		struct bv_answer answer = {0};

		wasm_classify(&required, &spec, BV_KIND_LAUNCH_WORKLOAD, &answer);
		assert_int_equal(answer.verdict.enforcement, walled ? BV_ENFORCED : BV_UNSUPPORTED);
		memset(&answer, 0, sizeof(answer));
		wasm_classify(&preferred, &spec, BV_KIND_LAUNCH_WORKLOAD, &answer);
		assert_int_equal(answer.verdict.enforcement, walled ? BV_ENFORCED : BV_MEDIATED);
		memset(&answer, 0, sizeof(answer));
		wasm_classify(&none, &spec, BV_KIND_LAUNCH_WORKLOAD, &answer);
		assert_int_equal(answer.verdict.enforcement, BV_ENFORCED);
		assert_null(strstr(answer.mechanism, "worker"));
	}
}

/* The worker is given what the guest is, and nothing more. */
static void the_worker_gets_no_more_than_the_guest(void **state)
{
	struct bv_spec spec = spec_make();
	const struct bv_grant grants[] = {{"/a", BV_READ | BV_EXECUTE}, {"/b", BV_EXECUTE}};
	const struct bv_exposure shown = {"/c", "/d", BV_READ, 0};
	const struct bv_output output = {"o", "/e"};
	struct nest nest;

	(void)state;
	spec.grants = grants;
	spec.grant_count = 2;
	spec.exposures = &shown;
	spec.exposure_count = 1;
	spec.outputs = &output;
	spec.output_count = 1;
	nest_make(&spec, false, &nest);
	assert_int_equal(nest.spec.grant_count, 2);
	assert_string_equal(nest.spec.grants[0].path, "/a");
	assert_int_equal(nest.spec.grants[0].access, BV_READ);
	assert_string_equal(nest.spec.grants[1].path, "/c");
	assert_int_equal(nest.spec.grants[1].access, BV_READ);
	assert_int_equal(nest.spec.output_count, 1);
	assert_string_equal(nest.spec.outputs[0].name, "o");
	assert_null(nest.spec.outputs[0].path);
	assert_int_equal(nest.spec.network, BV_NETWORK_DENY_ALL);
	assert_int_equal(nest.spec.spawn, BV_SPAWN_DENY_NEW_TASKS);
	assert_int_equal(nest.spec.variable_count, 0);
	assert_int_equal(nest.spec.ipc, BV_ISOLATED);
	assert_int_equal(nest.spec.kernel_surface, BV_ISOLATED);
	assert_int_equal(nest.spec.budgets[BV_TASKS].limit, 1);
	assert_int_equal(nest.spec.budgets[BV_MEMORY].limit, spec.budgets[BV_MEMORY].limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_of_every_machine_is_qualified),
		cmocka_unit_test(no_row_is_nobodys),
		cmocka_unit_test(every_row_names_a_test_that_is_there),
		cmocka_unit_test(without_a_wall_a_required_worker_is_refused),
		cmocka_unit_test(the_worker_gets_no_more_than_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

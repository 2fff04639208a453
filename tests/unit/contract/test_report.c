/* SPDX-License-Identifier: MIT
 *
 * From execution to a sealed report: what the runner concludes by itself, what it seals byte for
 * byte, and that a run which was started always ends in a sound report. The golden files are the
 * documents' examples; run with --write to see them made anew.
 */
#include "../base/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/faulty.h"
#include "contract/ending.h"
#include "scripted_run.h"

static bool golden_write;

static int run_fails(struct bv_report_body *body, struct bv_error *err)
{
	(void)body;
	return bv_fail_at(err, BV_E_LAUNCHER, 0, "launcher", "the launcher died: signal 9");
}

static int run_says_nothing(struct bv_report_body *body, struct bv_error *err)
{
	(void)body;
	(void)err;
	return 0;
}

static void ask_for_everything_ambient(struct bv_spec *spec)
{
	spec->network = BV_NETWORK_AMBIENT;
	spec->host_processes = BV_AMBIENT;
	spec->ipc = BV_AMBIENT;
	spec->kernel_surface = BV_AMBIENT;
	spec->budgets[BV_NETWORK] = (struct bv_budget){.limit = 1, .waived = 1};
}

static char *file_read(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	char *data = malloc(1 << 20);

	if (!file)
		fail_msg("%s is not there", path);
	assert_non_null(data);
	*ret_len = fread(data, 1, 1 << 20, file);
	assert_int_equal(fclose(file), 0);
	return data;
}

/* The file is the document and the newline that ends every text file. */
static void check_golden(const char *name, const char *json, size_t len)
{
	char path[512];
	char *want;
	size_t want_len;

	(void)snprintf(path, sizeof(path), "%s/%s", EXAMPLES, name);
	if (golden_write) {
		FILE *file = fopen(path, "wb");

		assert_non_null(file);
		assert_int_equal(fwrite(json, 1, len, file), len);
		assert_int_equal(fputc('\n', file), '\n');
		assert_int_equal(fclose(file), 0);
	}
	want = file_read(path, &want_len);
	if (want_len != len + 1 || memcmp(want, json, len) != 0 || want[len] != '\n')
		fail_msg("%s differs; this was made:\n%.*s", path, (int)len, json);
	free(want);
}

static void check_golden_report(const char *name, void (*change)(struct bv_spec *spec),
	bool mediated, int (*runs)(struct bv_report_body *body, struct bv_error *err))
{
	struct world world = {0};
	struct bv_report *report;
	const char *json;
	size_t len;

	world_open(&world, change);
	if (mediated) {
		script.classify[BV_KIND_FILESYSTEM].verdict.enforcement = BV_MEDIATED;
		script.budgets[BV_CPU].enforcement = BV_MEDIATED;
		bv_admission_free(world.admission);
		assert_int_equal(bv_admit(world.backend, world.proposal, &world.admission, NULL),
			0);
		world.plan = bv_admission_plan(world.admission);
	}
	script.run = runs;
	report = seal(&world);
	check_sound(report);
	json = bv_report_json(report, &len);
	check_golden(name, json, len);
	bv_report_free(report);
	world_close(&world);
}

static void reports_are_the_documents_examples(void **state)
{
	(void)state;
	check_golden_report("report-completed.json", NULL, false, run_full);
	check_golden_report("report-ambient.json", ask_for_everything_ambient, true, NULL);
	check_golden_report("report-fault.json", NULL, false, run_fails);
	check_golden_report("report-artifacts.json", with_outputs, false, run_with_artifacts);
}

static void plans_and_probes_are_the_documents_examples(void **state)
{
	struct world world = {0};
	struct bv_admission *refused = NULL;
	struct bv_probe *probe = NULL;
	const char *json;
	size_t len;

	(void)state;
	world_open(&world, NULL);
	json = bv_plan_json(world.plan, &len);
	check_golden("plan-plain.json", json, len);
	json = bv_admission_json(world.admission, &len);
	check_golden("plan-admission.json", json, len);
	script.support[BV_KIND_FILESYSTEM] = BV_UNSUPPORTED;
	script.profile[BV_KIND_KILL_ATOMIC].verdict.enforcement = BV_MEDIATED;
	script.budgets[BV_MEMORY].capacity = 536870912;
	script.budgets[BV_CPU] = (struct bv_availability){0};
	script.evidence[BV_EVIDENCE_DENIED_ATTEMPTS].available = 0;
	assert_int_equal(bv_admit(world.backend, world.proposal, &refused, NULL), 0);
	json = bv_admission_json(refused, &len);
	check_golden("plan-refusal.json", json, len);
	bv_admission_free(refused);
	assert_int_equal(bv_probe_new(world.backend, &probe, NULL), 0);
	json = bv_probe_json(probe, &len);
	check_golden("probe-scripted.json", json, len);
	bv_probe_free(probe);
	world_close(&world);
}

static void a_run_gives_what_was_seen(void **state)
{
	struct world world = {0};
	struct bv_report *report;
	struct bv_digest digest;
	uint64_t measured = 0;
	const char *json;
	int truncated = 9;
	size_t len;

	(void)state;
	world_open(&world, NULL);
	script.run = run_full;
	report = run(&world);
	check_sound(report);
	json = bv_report_json(report, &len);
	bv_sha256_once(json, len, &digest);
	assert_memory_equal(&bv_report_id(report)->digest, &digest, sizeof(digest));
	assert_memory_equal(bv_report_plan_id(report), bv_plan_id(world.plan), sizeof(digest));
	assert_int_equal(bv_report_end(report)->outcome, BV_OUTCOME_COMPLETED);
	assert_int_equal(bv_report_end(report)->exit_value, 2);
	assert_memory_equal(bv_report_stream(report, 1, &len, &truncated), "hello\n", 6);
	assert_int_equal(len, 6);
	assert_int_equal(truncated, 0);
	assert_non_null(bv_report_stream(report, 2, &len, NULL));
	assert_int_equal(len, 0);
	assert_null(bv_report_stream(report, 0, &len, NULL));
	assert_null(bv_report_stream(report, 3, &len, NULL));
	assert_int_equal(bv_report_usage(report, BV_WALL, &measured), 1);
	assert_int_equal(measured, 12345);
	assert_int_equal(bv_report_usage(report, BV_MEMORY, &measured), 0);
	assert_int_equal(measured, 12345);
	bv_report_free(report);
	world_close(&world);
}

static void every_attempt_has_an_id_of_its_own(void **state)
{
	struct world world = {0};
	struct bv_report *a, *b;

	(void)state;
	world_open(&world, NULL);
	a = run(&world);
	b = run(&world);
	assert_memory_not_equal(bv_report_attempt_id(a), bv_report_attempt_id(b),
		sizeof(struct bv_attempt_id));
	assert_memory_not_equal(bv_report_id(a), bv_report_id(b), sizeof(struct bv_report_id));
	bv_report_free(a);
	bv_report_free(b);
	world_close(&world);
}

static void a_secret_is_only_its_reference(void **state)
{
	struct world world = {0};
	struct bv_report *report;

	(void)state;
	world_open(&world, NULL);
	report = run(&world);
	assert_true(says(report, "{\"name\":\"TOKEN\",\"secret\":\"vault:ci\"}"));
	bv_report_free(report);
	world_close(&world);
}

static void a_machine_that_drifted_runs_nothing(void **state)
{
	struct world world = {0};
	struct bv_report *report = NULL;
	struct bv_error err = {0};

	(void)state;
	world_open(&world, NULL);
	assert_int_equal(bv_snapshot_set(&script.snapshot, "test.view", BV_FACT_PRESENT, 4, ""), 0);
	assert_int_equal(bv_run(world.backend, world.plan, NULL, &report, &err), BV_E_DRIFT);
	assert_string_equal(err.place, "test.view");
	assert_null(report);
	script.probe_code = BV_E_OS;
	assert_int_equal(bv_run(world.backend, world.plan, NULL, &report, &err), BV_E_OS);
	assert_null(report);
	assert_int_equal(script.runs, 0);
	world_close(&world);
}

static void a_plan_of_another_handle_is_foreign(void **state)
{
	struct world world = {0};
	struct bv_backend *other = NULL;
	struct bv_report *report = NULL;
	struct bv_error err = {0};

	(void)state;
	world_open(&world, NULL);
	assert_int_equal(bv_backend_new(&scripted_ops, NULL, &other, NULL), 0);
	assert_int_equal(bv_run(other, world.plan, NULL, &report, &err), BV_E_FOREIGN);
	assert_int_equal(bv_run(NULL, world.plan, NULL, &report, NULL), BV_E_INVALID);
	assert_int_equal(bv_run(world.backend, NULL, NULL, &report, NULL), BV_E_INVALID);
	assert_int_equal(bv_run(world.backend, world.plan, NULL, NULL, NULL), BV_E_INVALID);
	assert_null(report);
	assert_int_equal(script.runs, 0);
	bv_backend_free(other);
	world_close(&world);
}

static int fails_after_ending(struct bv_report_body *body, struct bv_error *err)
{
	(void)run_full(body, err);
	return bv_fail_os(err, BV_E_OS, EIO, "cgroup.remove", "the group stays");
}

static void our_own_failures_are_reported_not_lost(void **state)
{
	struct world world = {0};
	struct bv_report *report;

	(void)state;
	world_open(&world, NULL);
	script.run = run_fails;
	report = run(&world);
	check_sound(report);
	assert_int_equal(bv_report_end(report)->outcome, BV_OUTCOME_SUPERVISOR_FAULT);
	assert_int_equal(bv_report_end(report)->reason, BV_REASON_LAUNCHER);
	assert_true(says(report, "\"execute-failed\""));
	assert_true(says(report, "the launcher died: signal 9"));
	bv_report_free(report);

	script.run = fails_after_ending;
	report = run(&world);
	check_sound(report);
	assert_int_equal(bv_report_end(report)->outcome, BV_OUTCOME_SUPERVISOR_FAULT);
	assert_int_equal(bv_report_end(report)->reason, BV_REASON_SETUP);
	assert_string_equal(bv_report_end(report)->stage, "cgroup.remove");
	assert_int_equal(bv_report_end(report)->errnum, EIO);
	assert_int_equal(bv_report_end(report)->exit_value, 2);
	assert_true(says(report, "\"kind\":\"filesystem\""));
	bv_report_free(report);

	script.run = run_says_nothing;
	report = run(&world);
	check_sound(report);
	assert_int_equal(bv_report_end(report)->outcome, BV_OUTCOME_SUPERVISOR_FAULT);
	assert_true(says(report, "\"end-missing\""));
	bv_report_free(report);
	world_close(&world);
}

static struct bv_end scripted_end;

static int run_ends(struct bv_report_body *body, struct bv_error *err)
{
	(void)err;
	bv_body_end(body, &scripted_end);
	return 0;
}

/* Every outcome with every reason, exit and dimension, some outside their tables. */
static void whatever_end_is_claimed_the_report_is_sound(void **state)
{
	struct world world = {0};
	unsigned int kept = 0;

	(void)state;
	world_open(&world, NULL);
	script.run = run_ends;
	for (unsigned int n = 0; n < 8 * 13 * 4 * 8; n++) {
		struct bv_report *report;
		bool coherent;

		scripted_end = (struct bv_end){
			.outcome = (enum bv_outcome)(n % 8),
			.reason = (enum bv_reason)(n / 8 % 13),
			.exit = (enum bv_exit_kind)(n / 104 % 4),
			.dimension = (enum bv_dimension)(n / 416),
			.kind = (enum bv_kind)(n % 29),
			.exit_value = 1,
		};
		coherent = !bv_ending_fault(&scripted_end);
		kept += coherent;
		report = seal(&world);
		if (coherent)
			assert_int_equal(bv_report_end(report)->outcome, scripted_end.outcome);
		else
			assert_int_equal(bv_report_end(report)->outcome,
				BV_OUTCOME_SUPERVISOR_FAULT);
		assert_int_equal(says(report, "\"end-incoherent\""), !coherent);
		check_sound(report);
		bv_report_free(report);
	}
	assert_true(kept > 20);
	world_close(&world);
}

static uint64_t scripted_use;

static int run_uses(struct bv_report_body *body, struct bv_error *err)
{
	const struct bv_usage usage = {1, scripted_use, "meter", "exact"};
	const struct bv_end end = {.outcome = BV_OUTCOME_COMPLETED, .exit = BV_EXIT_STATUS};

	(void)err;
	bv_body_usage(body, BV_CPU, &usage);
	bv_body_usage(body, BV_STORAGE, &(struct bv_usage){1, 0, "", ""});
	bv_body_end(body, &end);
	return 0;
}

static void passing_a_limit_is_a_finding_of_the_runner(void **state)
{
	static const struct {
		uint64_t use;
		bool reached, exceeded;
	} cases[] = {{0, false, false}, {59999999, false, false}, {60000000, true, false},
		{60000001, false, true}};
	struct world world = {0};

	(void)state;
	world_open(&world, NULL);
	script.run = run_uses;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bv_report *report;

		scripted_use = cases[i].use;
		report = run(&world);
		check_sound(report);
		assert_int_equal(says(report, "\"finding\":\"limit-reached\""), cases[i].reached);
		assert_int_equal(says(report, "\"code\":\"limit-reached\""), cases[i].reached);
		assert_int_equal(says(report, "\"finding\":\"limit-exceeded\""), cases[i].exceeded);
		assert_int_equal(says(report, "\"code\":\"limit-exceeded\""), cases[i].exceeded);
		bv_report_free(report);
	}
	world_close(&world);
}

static enum bv_coverage scripted_coverage;

static int run_covers(struct bv_report_body *body, struct bv_error *err)
{
	const struct bv_end end = {.outcome = BV_OUTCOME_COMPLETED, .exit = BV_EXIT_STATUS};

	(void)err;
	bv_body_cover(body, BV_EVIDENCE_DENIED_ATTEMPTS, scripted_coverage, "eye", "");
	bv_body_end(body, &end);
	return 0;
}

static void nothing_denied_and_nobody_looking_never_look_the_same(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, NULL);
	script.run = run_covers;
	for (int coverage = 0; coverage < 3; coverage++) {
		struct bv_report *report;

		scripted_coverage = (enum bv_coverage)coverage;
		report = run(&world);
		check_sound(report);
		assert_int_equal(says(report, "\"denied\":null"), coverage == BV_COVERAGE_NONE);
		assert_int_equal(says(report, "\"denied\":[]"), coverage != BV_COVERAGE_NONE);
		assert_int_equal(says(report, "denied-attempts was asked for"),
			coverage == BV_COVERAGE_NONE);
		bv_report_free(report);
	}
	world_close(&world);
}

/* Coverage is kept when all else is stripped, so it is made as long as it can be written. */
static int run_floods(struct bv_report_body *body, struct bv_error *err)
{
	char longest[BV_BODY_TEXT_MAX + 1];

	memset(longest, 1, sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	(void)run_full(body, err);
	for (int i = 0; i < BV_EVIDENCE_COUNT; i++)
		bv_body_cover(body, (enum bv_evidence)i, BV_COVERAGE_PARTIAL, longest, longest);
	for (int i = 0; i < 2 * BV_BODY_ENTRIES_MAX; i++)
		bv_body_finding(body, "flood", "%d %0900d", i, 0);
	return 0;
}

static void a_flood_hides_none_of_the_runners_findings(void **state)
{
	struct world world = {0};
	struct bv_report *report;

	(void)state;
	world_open(&world, ask_for_everything_ambient);
	script.run = run_floods;
	report = run(&world);
	check_sound(report);
	assert_true(says(report, "\"code\":\"entries-dropped\""));
	assert_true(says(report, "\"code\":\"ambient-authority\",\"detail\":\"network-ambient"));
	assert_true(says(report, "\"code\":\"budget-waived\",\"detail\":\"network"));
	assert_true(says(report, "\"code\":\"limit-exceeded\",\"detail\":\"tasks"));
	bv_report_free(report);
	world_close(&world);
}

/* Whichever allocation fails: either nothing ran and there is an error, or there is a report, and
 * it is sound. */
static void no_memory_loses_no_run(void **state)
{
	struct world world = {0};
	long asked, stripped = 0;

	(void)state;
	world_open(&world, NULL);
	script.run = run_floods;
	for (long n = 0;; n++) {
		struct bv_report *report = NULL;
		int code;

		script.runs = 0;
		faulty_arm(n);
		code = bv_run(world.backend, world.plan, NULL, &report, NULL);
		asked = faulty_disarm();
		if (code) {
			assert_int_equal(code, BV_E_NO_MEMORY);
			assert_int_equal(script.runs, 0);
			assert_null(report);
			continue;
		}
		assert_int_equal(script.runs, 1);
		check_sound(report);
		assert_true(says(report, "\"code\":\"entries-dropped\""));
		stripped += says(report, "\"stage\":\"seal\"");
		bv_report_free(report);
		if (n >= asked)
			break;
	}
	assert_true(asked > 8);
	assert_true(stripped > 0);
	world_close(&world);
}

/* What was prepared before the start is enough, however long the texts that are kept. */
static void a_report_without_its_observations_needs_no_more_memory(void **state)
{
	struct world world = {0};
	struct bv_attempt_id attempt = {{{1}}};
	struct bv_report *report = NULL;
	size_t len;

	(void)state;
	world_open(&world, ask_for_everything_ambient);
	for (int i = 0; i < BV_KIND_COUNT; i++) {
		script.support[i] = i == BV_KIND_KILL_ATOMIC ? BV_ENFORCED : BV_MEDIATED;
		memset(script.classify[i].mechanism, 1, BV_MECHANISM_MAX);
	}
	bv_admission_free(world.admission);
	assert_int_equal(bv_admit(world.backend, world.proposal, &world.admission, NULL), 0);
	world.plan = bv_admission_plan(world.admission);
	assert_int_equal(bv_report_prepare(world.plan, &attempt, &report, NULL), 0);
	assert_int_equal(run_floods(report->body, NULL), 0);
	/* From here on the buffer cannot grow. */
	report->json.max = report->json.capacity;
	bv_report_conclude(report, world.plan, 0, NULL);
	bv_report_seal(report, world.plan);
	(void)bv_report_json(report, &len);
	assert_true(len > 100000);
	assert_true(says(report, "\"stage\":\"seal\""));
	assert_true(says(report, "\"mediated\""));
	check_sound(report);
	bv_report_free(report);
	world_close(&world);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_are_the_documents_examples),
		cmocka_unit_test(plans_and_probes_are_the_documents_examples),
		cmocka_unit_test(a_run_gives_what_was_seen),
		cmocka_unit_test(every_attempt_has_an_id_of_its_own),
		cmocka_unit_test(a_secret_is_only_its_reference),
		cmocka_unit_test(a_machine_that_drifted_runs_nothing),
		cmocka_unit_test(a_plan_of_another_handle_is_foreign),
		cmocka_unit_test(our_own_failures_are_reported_not_lost),
		cmocka_unit_test(whatever_end_is_claimed_the_report_is_sound),
		cmocka_unit_test(passing_a_limit_is_a_finding_of_the_runner),
		cmocka_unit_test(nothing_denied_and_nobody_looking_never_look_the_same),
		cmocka_unit_test(a_flood_hides_none_of_the_runners_findings),
		cmocka_unit_test(no_memory_loses_no_run),
		cmocka_unit_test(a_report_without_its_observations_needs_no_more_memory),
	};

	golden_write = argc > 1 && strcmp(argv[1], "--write") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * Admission against a backend that says whatever the test wants, and a naive oracle of what must
 * be believed of it.
 */
#include "../base/unit.h"

#include <stdlib.h>

#include "../base/faulty.h"
#include "base/digest.h"
#include "scripted.h"

static const struct bv_requirement_row *row_of(const struct bv_admission *admission,
	enum bv_kind kind)
{
	size_t count;
	const struct bv_requirement_row *rows = bv_admission_requirements(admission, &count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].kind == kind)
			return &rows[i];
	}
	fail_msg("no row for %s", bv_kind_name(kind));
	return NULL;
}

static struct bv_admission *admit(struct bv_backend *backend, const struct bv_proposal *proposal)
{
	struct bv_admission *admission = NULL;
	struct bv_error err = {0};

	if (bv_admit(backend, proposal, &admission, &err))
		fail_msg("%s: %s", err.place, err.text);
	return admission;
}

/* Every row that is not met says what is missing and what would help, and all are counted. */
static void check_refusals(const struct bv_admission *admission)
{
	size_t count, refusals = 0;
	const struct bv_requirement_row *requirements =
		bv_admission_requirements(admission, &count);
	const struct bv_budget_row *budgets;
	const struct bv_evidence_row *evidence;

	for (size_t i = 0; i < count; i++) {
		refusals += !requirements[i].admitted;
		if (!requirements[i].admitted)
			assert_true(requirements[i].missing[0] && requirements[i].remedy[0]);
	}
	budgets = bv_admission_budgets(admission, &count);
	assert_int_equal(count, BV_DIMENSION_COUNT);
	for (size_t i = 0; i < count; i++) {
		refusals += budgets[i].failure != BV_BUDGET_OK;
		if (budgets[i].failure)
			assert_true(budgets[i].missing[0] && budgets[i].remedy[0]);
	}
	evidence = bv_admission_evidence(admission, &count);
	for (size_t i = 0; i < count; i++) {
		refusals += !evidence[i].admitted;
		if (!evidence[i].admitted)
			assert_true(evidence[i].missing[0] && evidence[i].remedy[0]);
	}
	assert_int_equal(bv_admission_refusal_count(admission), refusals);
	assert_int_equal(bv_admission_plan(admission) == NULL, refusals > 0);
}

static void ask_for_ambient_network(struct bv_spec *spec)
{
	spec->network = BV_NETWORK_AMBIENT;
	spec->budgets[BV_NETWORK].limit = 1000;
}

static void ask_for_a_weak_kill(struct bv_spec *spec)
{
	spec->kill = BV_KILL_BEST_EFFORT;
}

/* 3 is no enforcement at all. */
static enum bv_enforcement believed(unsigned int said)
{
	return said == 2 ? BV_ENFORCED : said == 1 ? BV_MEDIATED : BV_UNSUPPORTED;
}

static enum bv_enforcement least_of(const unsigned int said[3])
{
	enum bv_enforcement least = BV_ENFORCED;

	for (int i = 0; i < 3; i++) {
		if (believed(said[i]) < least)
			least = believed(said[i]);
	}
	return least;
}

static void check_verdict(struct bv_backend *backend, const struct bv_proposal *proposal,
	enum bv_kind kind, const unsigned int said[3])
{
	enum bv_enforcement want = least_of(said);
	bool admitted = kind == BV_KIND_KILL_ATOMIC ? want == BV_ENFORCED : want > BV_UNSUPPORTED;
	const struct bv_requirement_row *row;
	struct bv_admission *admission;

	script_reset();
	script.support[kind] = (enum bv_enforcement)said[0];
	script.profile[kind].verdict.enforcement = (enum bv_enforcement)said[1];
	script.classify[kind].verdict.enforcement = (enum bv_enforcement)said[2];
	admission = admit(backend, proposal);
	row = row_of(admission, kind);
	assert_int_equal(row->verdict.enforcement, want);
	assert_int_equal(row->admitted, admitted);
	assert_int_equal(row->mechanism[0] != '\0', want > BV_UNSUPPORTED);
	assert_int_equal(bv_admission_refusal_count(admission), !admitted);
	check_refusals(admission);
	bv_admission_free(admission);
}

static void the_verdict_is_the_floor_of_three_answers(void **state)
{
	static const struct {
		enum bv_kind kind;
		void (*change)(struct bv_spec *spec);
	} subjects[] = {
		{BV_KIND_FILESYSTEM, NULL},
		{BV_KIND_NETWORK_AMBIENT, ask_for_ambient_network},
		{BV_KIND_KILL_ATOMIC, NULL},
		{BV_KIND_KILL_BEST_EFFORT, ask_for_a_weak_kill},
		{BV_KIND_LAUNCH_WORKLOAD, NULL},
	};
	struct bv_backend *backend = scripted_open();

	(void)state;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		struct bv_proposal *proposal = scripted_proposal(subjects[i].change);

		for (unsigned int n = 0; n < 64; n++) {
			const unsigned int said[3] = {n & 3, n >> 2 & 3, n >> 4 & 3};

			check_verdict(backend, proposal, subjects[i].kind, said);
		}
		bv_proposal_free(proposal);
	}
	bv_backend_free(backend);
}

static void evidence_is_what_all_three_offer(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);
	struct bv_admission *admission;
	size_t count;

	(void)state;
	script.budgets[BV_CPU].evidence = UINT32_MAX;
	script.profile[BV_KIND_FILESYSTEM].verdict.evidence = 6 | UINT32_C(1) << 31;
	script.classify[BV_KIND_FILESYSTEM].verdict.evidence = 3 | UINT32_C(1) << 31;
	admission = admit(backend, proposal);
	assert_int_equal(row_of(admission, BV_KIND_FILESYSTEM)->verdict.evidence, 2);
	assert_int_equal(bv_admission_budgets(admission, &count)[BV_CPU].evidence, BV_EVIDENCE_ALL);
	bv_admission_free(admission);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
}

static enum bv_dimension asked_dimension;
static struct bv_budget asked_budget;

static void ask_for_a_budget(struct bv_spec *spec)
{
	spec->budgets[asked_dimension] = asked_budget;
}

/* What must come of one budget, spelled out. The minimum of cpu is 1000. */
static enum bv_budget_failure budget_oracle(const struct bv_availability *said)
{
	unsigned int provided = said->mechanism[0] ? believed(said->enforcement) : 0;
	uint64_t capacity = provided ? said->capacity : 0;

	if (asked_budget.limit < 1000)
		return BV_BUDGET_BELOW_MINIMUM;
	if (asked_budget.guarantee && asked_budget.limit > capacity)
		return BV_BUDGET_CAPACITY;
	if (provided < asked_budget.guarantee)
		return BV_BUDGET_GUARANTEE;
	return asked_budget.evidence & ~said->evidence ? BV_BUDGET_EVIDENCE : BV_BUDGET_OK;
}

static void check_budget(struct bv_backend *backend, unsigned int n, unsigned int seen[5])
{
	static const uint64_t limits[] = {999, 1000, 5000};
	struct bv_availability *said = &script.budgets[BV_CPU];
	const struct bv_budget_row *row;
	struct bv_admission *admission;
	struct bv_proposal *proposal;
	size_t count;

	script_reset();
	asked_dimension = BV_CPU;
	asked_budget = (struct bv_budget){limits[n % 3], (enum bv_enforcement)(n / 3 % 3),
		n / 9 % 2 ? BV_EVIDENCE_BIT(BV_EVIDENCE_RESOURCE_USAGE) : 0, n / 3 % 3 == 0};
	said->enforcement = (enum bv_enforcement)(n / 18 % 4);
	said->capacity = limits[n / 72 % 3];
	said->evidence = n / 216 % 2 ? BV_EVIDENCE_ALL : 0;
	said->mechanism[0] = n / 432 % 2 ? 'm' : '\0';
	proposal = scripted_proposal(ask_for_a_budget);
	admission = admit(backend, proposal);
	row = &bv_admission_budgets(admission, &count)[BV_CPU];
	assert_int_equal(row->dimension, BV_CPU);
	assert_int_equal(row->failure, budget_oracle(said));
	assert_int_equal(row->limit, asked_budget.limit);
	check_refusals(admission);
	seen[row->failure]++;
	bv_admission_free(admission);
	bv_proposal_free(proposal);
}

static void budgets_are_adjudicated_as_documented(void **state)
{
	struct bv_backend *backend = scripted_open();
	unsigned int seen[5] = {0};

	(void)state;
	for (unsigned int n = 0; n < 864; n++)
		check_budget(backend, n, seen);
	for (int i = 0; i < 5; i++)
		assert_true(seen[i] > 0);
	bv_backend_free(backend);
}

static void requested_evidence_needs_a_named_observer(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);

	(void)state;
	for (int fault = 0; fault < 3; fault++) {
		struct bv_observer *eye = &script.evidence[BV_EVIDENCE_DENIED_ATTEMPTS];
		const struct bv_evidence_row *rows;
		struct bv_admission *admission;
		size_t count;

		script_reset();
		if (fault == 1)
			eye->available = 0;
		if (fault == 2)
			eye->observer[0] = '\0';
		/* What nobody asked for need not be there. */
		script.evidence[BV_EVIDENCE_PROCESS_TREE].available = 0;
		admission = admit(backend, proposal);
		rows = bv_admission_evidence(admission, &count);
		assert_int_equal(count, 2);
		assert_int_equal(rows[1].claim, BV_EVIDENCE_DENIED_ATTEMPTS);
		assert_int_equal(rows[1].admitted, fault == 0);
		check_refusals(admission);
		bv_admission_free(admission);
	}
	bv_proposal_free(proposal);
	bv_backend_free(backend);
}

static void every_unmet_row_is_listed_not_only_the_first(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);
	struct bv_admission *admission;
	size_t requirements, evidence;

	(void)state;
	memset(script.support, 0, sizeof(script.support));
	memset(script.budgets, 0, sizeof(script.budgets));
	memset(script.evidence, 0, sizeof(script.evidence));
	admission = admit(backend, proposal);
	(void)bv_admission_requirements(admission, &requirements);
	(void)bv_admission_evidence(admission, &evidence);
	assert_true(requirements >= 10);
	assert_int_equal(bv_admission_refusal_count(admission),
		requirements + BV_DIMENSION_COUNT + evidence);
	check_refusals(admission);
	bv_admission_free(admission);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
}

static void the_backends_own_words_are_kept(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);
	struct bv_answer *answer = &script.profile[BV_KIND_FILESYSTEM];
	struct bv_admission *admission;

	(void)state;
	answer->verdict.enforcement = BV_UNSUPPORTED;
	(void)snprintf(answer->missing, sizeof(answer->missing), "no landlock");
	(void)snprintf(answer->remedy, sizeof(answer->remedy), "boot with it");
	admission = admit(backend, proposal);
	assert_string_equal(row_of(admission, BV_KIND_FILESYSTEM)->missing, "no landlock");
	assert_string_equal(row_of(admission, BV_KIND_FILESYSTEM)->remedy, "boot with it");
	bv_admission_free(admission);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
}

/* A backend that lacks an operation, or fills its arrays to the brim with nonsense. */
static void a_missing_operation_never_admits(void **state)
{
	struct bv_proposal *proposal;

	(void)state;
	script_reset();
	proposal = scripted_proposal(NULL);
	for (int missing = 0; missing < 8; missing++) {
		struct bv_backend_ops ops = scripted_ops;
		struct bv_backend *backend = NULL;
		struct bv_admission *admission = NULL;
		struct bv_error err = {0};

		script_reset();
		ops.support = missing == 0 ? NULL : ops.support;
		ops.probe = missing == 1 ? NULL : ops.probe;
		ops.profile = missing == 2 ? NULL : ops.profile;
		ops.classify = missing == 3 ? NULL : ops.classify;
		ops.budgets = missing == 4 ? NULL : ops.budgets;
		ops.evidence = missing == 5 ? NULL : ops.evidence;
		ops.lower = missing == 6 ? NULL : ops.lower;
		ops.execute = missing == 7 ? NULL : ops.execute;
		assert_int_equal(bv_backend_new(&ops, NULL, &backend, NULL), 0);
		if (missing == 1) {
			assert_int_equal(bv_admit(backend, proposal, &admission, &err),
				BV_E_INVALID);
			assert_string_equal(err.place, "backend.probe");
		} else {
			admission = admit(backend, proposal);
			assert_null(bv_admission_plan(admission));
			check_refusals(admission);
		}
		bv_admission_free(admission);
		bv_backend_free(backend);
	}
	bv_proposal_free(proposal);
}

static void unterminated_and_invalid_text_is_bounded(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);
	struct bv_admission *admission;
	size_t len;

	(void)state;
	for (int i = 0; i < BV_KIND_COUNT; i++) {
		memset(script.classify[i].mechanism, 0xff, BV_MECHANISM_MAX);
		memset(script.classify[i].missing, 0xfe, BV_MISSING_MAX);
		memset(script.classify[i].remedy, 'r', BV_REMEDY_MAX);
		script.classify[i].verdict.enforcement = i % 2 ? BV_MEDIATED : BV_UNSUPPORTED;
	}
	for (int i = 0; i < BV_DIMENSION_COUNT; i++) {
		memset(script.budgets[i].mechanism, 0xc3, BV_MECHANISM_MAX);
		memset(script.budgets[i].granularity, 'g', sizeof(script.budgets[i].granularity));
		memset(script.budgets[i].missing, 'm', BV_MISSING_MAX);
		memset(script.budgets[i].remedy, 'r', BV_REMEDY_MAX);
		script.budgets[i].enforcement = BV_MEDIATED;
	}
	for (int i = 0; i < BV_EVIDENCE_COUNT; i++) {
		memset(script.evidence[i].observer, 'o', BV_MECHANISM_MAX);
		memset(script.evidence[i].missing, 'm', BV_MISSING_MAX);
	}
	admission = admit(backend, proposal);
	check_refusals(admission);
	assert_non_null(bv_admission_json(admission, &len));
	bv_admission_free(admission);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
}

static void a_mechanism_without_a_name_holds_nothing(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);
	struct bv_proposal *ambient = scripted_proposal(ask_for_ambient_network);
	struct bv_admission *admission;

	(void)state;
	/* A classification may leave the mechanism to the profile. */
	script.classify[BV_KIND_IPC_PRIVATE].mechanism[0] = '\0';
	admission = admit(backend, proposal);
	assert_string_equal(row_of(admission, BV_KIND_IPC_PRIVATE)->mechanism,
		"scripted ipc-private");
	bv_admission_free(admission);
	script.profile[BV_KIND_IPC_PRIVATE].mechanism[0] = '\0';
	admission = admit(backend, proposal);
	assert_int_equal(row_of(admission, BV_KIND_IPC_PRIVATE)->admitted, 0);
	bv_admission_free(admission);
	script_reset();
	script.profile[BV_KIND_NETWORK_AMBIENT].mechanism[0] = '\0';
	script.classify[BV_KIND_NETWORK_AMBIENT].mechanism[0] = '\0';
	admission = admit(backend, ambient);
	assert_int_equal(row_of(admission, BV_KIND_NETWORK_AMBIENT)->admitted, 1);
	bv_admission_free(admission);
	bv_proposal_free(proposal);
	bv_proposal_free(ambient);
	bv_backend_free(backend);
}

static void broken_backends_are_errors_and_touch_nothing(void **state)
{
	static const int codes[] = {BV_E_OS, BV_E_FAULT, BV_E_OS, BV_E_LOWERING, BV_E_LOWERING};
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);
	struct bv_admission *untouched = (struct bv_admission *)(void *)&script;
	struct bv_admission *admission = untouched;

	(void)state;
	for (int fault = 0; fault < 5; fault++) {
		struct bv_error err = {0};

		script_reset();
		script.probe_code = fault == 0 ? BV_E_OS : 0;
		script.snapshot.count = fault == 1 ? 1000 : script.snapshot.count;
		script.lower_code = fault == 2 ? BV_E_OS : 0;
		if (fault == 3)
			script.lowering.count = 1; /* the prerequisite is not there */
		if (fault == 4)
			script.lowering.count = 1000;
		assert_int_equal(bv_admit(backend, proposal, &admission, &err), codes[fault]);
		assert_ptr_equal(admission, untouched);
		assert_true(err.text[0]);
	}
	script_reset();
	assert_int_equal(bv_admit(NULL, proposal, &admission, NULL), BV_E_INVALID);
	assert_int_equal(bv_admit(backend, NULL, &admission, NULL), BV_E_INVALID);
	assert_int_equal(bv_admit(backend, proposal, NULL, NULL), BV_E_INVALID);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
}

static void the_id_is_the_hash_of_the_bytes_and_of_nothing_else(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);
	struct bv_admission *first = admit(backend, proposal), *second;
	const struct bv_plan *plan = bv_admission_plan(first);
	struct bv_fact swapped = script.snapshot.facts[0];
	struct bv_digest digest;
	const char *json;
	size_t len;

	(void)state;
	json = bv_plan_json(plan, &len);
	bv_sha256_once(json, len, &digest);
	assert_memory_equal(&bv_plan_id(plan)->digest, &digest, sizeof(digest));
	/* Neither the order of facts nor that of steps matters. */
	script.snapshot.facts[0] = script.snapshot.facts[1];
	script.snapshot.facts[1] = swapped;
	script.lowering.steps[2] = script.lowering.steps[0];
	script.lowering.steps[0] = script.lowering.steps[1];
	script.lowering.steps[1] = script.lowering.steps[2];
	second = admit(backend, proposal);
	assert_memory_equal(bv_plan_id(bv_admission_plan(second)), bv_plan_id(plan),
		sizeof(digest));
	bv_admission_free(second);
	script.snapshot.facts[0].value++;
	second = admit(backend, proposal);
	assert_memory_not_equal(bv_plan_id(bv_admission_plan(second)), bv_plan_id(plan),
		sizeof(digest));
	bv_admission_free(second);
	bv_admission_free(first);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
}

static void an_admission_outlives_its_proposal(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);
	struct bv_admission *admission = admit(backend, proposal);
	const struct bv_plan *plan = bv_admission_plan(admission);

	(void)state;
	bv_proposal_free(proposal);
	assert_string_equal(bv_plan_spec(plan)->workload.program, "/usr/bin/sh");
	assert_string_equal(bv_plan_backend(plan), "scripted");
	assert_int_equal(bv_plan_lowering(plan)->count, 2);
	assert_string_equal(bv_plan_lowering(plan)->steps[0].primitive.id, "test.view");
	assert_int_equal(bv_snapshot_value(bv_plan_snapshot(plan), "test.view"), 3);
	bv_admission_free(admission);
	bv_backend_free(backend);
}

static void handles_are_checked_and_closed_once(void **state)
{
	static const char *const bad[] = {NULL, "", "Linux", "a b",
		"0123456789012345678901234567890x"};
	struct bv_backend *backend = NULL;
	struct bv_backend_ops ops;

	(void)state;
	script_reset();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ops = scripted_ops;
		ops.id = bad[i];
		assert_int_equal(bv_backend_new(&ops, NULL, &backend, NULL), BV_E_INVALID);
	}
	ops = scripted_ops;
	ops.size--;
	assert_int_equal(bv_backend_new(&ops, NULL, &backend, NULL), BV_E_VERSION);
	assert_int_equal(bv_backend_new(NULL, NULL, &backend, NULL), BV_E_INVALID);
	assert_null(backend);
	assert_int_equal(bv_backend_new(&scripted_ops, NULL, &backend, NULL), 0);
	assert_string_equal(bv_backend_id(backend), "scripted");
	assert_null(bv_backend_free(backend));
	assert_int_equal(script.closes, 1);
	assert_null(bv_backend_free(NULL));
	assert_null(bv_admission_free(NULL));
	assert_null(bv_probe_free(NULL));
}

static void a_probe_has_a_row_for_everything(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_probe *probe = NULL;
	const struct bv_requirement_row *requirements;
	const struct bv_budget_row *budgets;
	size_t count;

	(void)state;
	script.support[BV_KIND_FILESYSTEM] = BV_UNSUPPORTED;
	script.budgets[BV_TASKS] = (struct bv_availability){0};
	script.budgets[BV_TASKS].missing[0] = 'm';
	assert_int_equal(bv_probe_new(backend, &probe, NULL), 0);
	requirements = bv_probe_requirements(probe, &count);
	assert_int_equal(count, BV_KIND_COUNT);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(requirements[i].kind, i);
		assert_string_equal(requirements[i].policy, "");
		assert_int_equal(requirements[i].admitted, i != BV_KIND_FILESYSTEM);
	}
	assert_true(requirements[BV_KIND_FILESYSTEM].missing[0]);
	budgets = bv_probe_budgets(probe, &count);
	assert_int_equal(count, BV_DIMENSION_COUNT);
	assert_int_equal(budgets[BV_TASKS].provided, BV_UNSUPPORTED);
	assert_string_equal(budgets[BV_TASKS].missing, "m");
	(void)bv_probe_evidence(probe, &count);
	assert_int_equal(count, BV_EVIDENCE_COUNT);
	assert_int_equal(bv_probe_snapshot(probe)->count, 2);
	bv_probe_free(probe);
	script.probe_code = BV_E_OS;
	probe = NULL;
	assert_int_equal(bv_probe_new(backend, &probe, NULL), BV_E_OS);
	assert_null(probe);
	bv_backend_free(backend);
}

/* Every allocation fails once; what was there before is there after. */
static void without_memory_nothing_is_admitted_or_probed(void **state)
{
	struct bv_backend *backend = scripted_open();
	struct bv_proposal *proposal = scripted_proposal(NULL);
	struct bv_admission *admission = NULL;
	struct bv_probe *probe = NULL;
	struct bv_backend *other = NULL;
	long n = 0, asked;
	int code;

	(void)state;
	do {
		faulty_arm(n);
		code = bv_admit(backend, proposal, &admission, NULL);
		asked = faulty_disarm();
		assert_int_equal(code, n < asked ? BV_E_NO_MEMORY : 0);
		assert_int_equal(admission == NULL, code != 0);
	} while (n++ < asked);
	assert_true(asked > 10);
	bv_admission_free(admission);
	n = 0;
	do {
		faulty_arm(n);
		code = bv_probe_new(backend, &probe, NULL);
		asked = faulty_disarm();
		assert_int_equal(code, n < asked ? BV_E_NO_MEMORY : 0);
		assert_int_equal(probe == NULL, code != 0);
	} while (n++ < asked);
	bv_probe_free(probe);
	faulty_arm(0);
	assert_int_equal(bv_backend_new(&scripted_ops, NULL, &other, NULL), BV_E_NO_MEMORY);
	faulty_disarm();
	assert_null(other);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_verdict_is_the_floor_of_three_answers),
		cmocka_unit_test(evidence_is_what_all_three_offer),
		cmocka_unit_test(budgets_are_adjudicated_as_documented),
		cmocka_unit_test(requested_evidence_needs_a_named_observer),
		cmocka_unit_test(every_unmet_row_is_listed_not_only_the_first),
		cmocka_unit_test(the_backends_own_words_are_kept),
		cmocka_unit_test(a_missing_operation_never_admits),
		cmocka_unit_test(unterminated_and_invalid_text_is_bounded),
		cmocka_unit_test(a_mechanism_without_a_name_holds_nothing),
		cmocka_unit_test(broken_backends_are_errors_and_touch_nothing),
		cmocka_unit_test(the_id_is_the_hash_of_the_bytes_and_of_nothing_else),
		cmocka_unit_test(an_admission_outlives_its_proposal),
		cmocka_unit_test(handles_are_checked_and_closed_once),
		cmocka_unit_test(a_probe_has_a_row_for_everything),
		cmocka_unit_test(without_memory_nothing_is_admitted_or_probed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

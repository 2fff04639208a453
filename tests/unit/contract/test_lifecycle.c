/* SPDX-License-Identifier: MIT
 *
 * The life of a run: each state is consumed once, in order, and nothing foreign is accepted.
 */
#include "../base/unit.h"

#include "contract/lifecycle.h"
#include "contract/plan_data.h"

static const struct bv_spec spec;
static const struct bv_attempt_id attempt = {{{1, 2, 3}}};

static struct bv_plan plan_new(uint8_t id)
{
	struct bv_plan plan = {0};

	plan.id.digest.bytes[0] = id;
	assert_int_equal(bv_snapshot_set(&plan.snapshot, "abi", BV_FACT_PRESENT, 7, ""), 0);
	return plan;
}

static struct bv_started started_new(const struct bv_plan *plan)
{
	struct bv_proposed proposed = bv_lifecycle_propose(&spec);
	struct bv_planned planned = {0};
	struct bv_started started = {0};

	assert_int_equal(bv_lifecycle_plan(&proposed, plan, &planned, NULL), 0);
	assert_null(proposed.spec);
	assert_int_equal(bv_lifecycle_start(&planned, &plan->snapshot, &attempt, &started, NULL),
		0);
	assert_null(planned.plan);
	return started;
}

static void a_run_goes_from_proposed_to_reported(void **state)
{
	struct bv_plan plan = plan_new(9);
	struct bv_started started = started_new(&plan);
	struct bv_provenance provenance = {plan.id, attempt, {{{4}}}};
	struct bv_reported reported = {0};

	(void)state;
	assert_int_equal(bv_lifecycle_report(&started, &provenance, &reported, NULL), 0);
	assert_null(started.plan);
	assert_int_equal(reported.full, 1);
	assert_memory_equal(&reported.report, &provenance.report, sizeof(reported.report));
}

static void no_state_is_consumed_twice(void **state)
{
	struct bv_plan plan = plan_new(9);
	struct bv_proposed proposed = {0};
	struct bv_planned planned = {0};
	struct bv_started started = started_new(&plan), again = {0};
	struct bv_provenance provenance = {plan.id, attempt, {{{4}}}};
	struct bv_reported reported = {0}, twice = {0};

	(void)state;
	assert_int_equal(bv_lifecycle_plan(&proposed, &plan, &planned, NULL), BV_E_STATE);
	assert_null(planned.plan);
	assert_int_equal(bv_lifecycle_start(&planned, &plan.snapshot, &attempt, &again, NULL),
		BV_E_STATE);
	assert_null(again.plan);
	assert_int_equal(bv_lifecycle_report(&started, &provenance, &reported, NULL), 0);
	assert_int_equal(bv_lifecycle_report(&started, &provenance, &twice, NULL), BV_E_STATE);
	assert_int_equal(twice.full, 0);
}

static void a_refused_proposal_stays_proposed(void **state)
{
	struct bv_proposed proposed = bv_lifecycle_propose(&spec);
	struct bv_planned planned = {0};
	struct bv_error err;

	(void)state;
	assert_int_equal(bv_lifecycle_plan(&proposed, NULL, &planned, &err), BV_E_REFUSED);
	assert_null(planned.plan);
	assert_ptr_equal(proposed.spec, &spec);
}

static void drift_refuses_the_start_and_keeps_the_plan(void **state)
{
	struct bv_plan plan = plan_new(9);
	struct bv_snapshot now = plan.snapshot;
	struct bv_proposed proposed = bv_lifecycle_propose(&spec);
	struct bv_planned planned = {0};
	struct bv_started started = {0};
	struct bv_error err;

	(void)state;
	now.facts[0].value = 6;
	assert_int_equal(bv_lifecycle_plan(&proposed, &plan, &planned, NULL), 0);
	assert_int_equal(bv_lifecycle_start(&planned, &now, &attempt, &started, &err), BV_E_DRIFT);
	assert_string_equal(err.place, "abi");
	assert_null(started.plan);
	assert_ptr_equal(planned.plan, &plan);
}

static void a_report_of_another_plan_or_attempt_is_foreign(void **state)
{
	struct bv_plan plan = plan_new(9), other = plan_new(8);
	struct bv_started started = started_new(&plan);
	struct bv_provenance provenance = {other.id, attempt, {{{4}}}};
	struct bv_reported reported = {0};
	struct bv_error err;

	(void)state;
	assert_int_equal(bv_lifecycle_report(&started, &provenance, &reported, &err), BV_E_FOREIGN);
	assert_string_equal(err.place, "plan_id");
	provenance.plan = plan.id;
	provenance.attempt.digest.bytes[31] = 1;
	assert_int_equal(bv_lifecycle_report(&started, &provenance, &reported, &err), BV_E_FOREIGN);
	assert_string_equal(err.place, "attempt");
	assert_int_equal(reported.full, 0);
	assert_ptr_equal(started.plan, &plan);
	provenance.attempt = attempt;
	assert_int_equal(bv_lifecycle_report(&started, &provenance, &reported, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_goes_from_proposed_to_reported),
		cmocka_unit_test(no_state_is_consumed_twice),
		cmocka_unit_test(a_refused_proposal_stays_proposed),
		cmocka_unit_test(drift_refuses_the_start_and_keeps_the_plan),
		cmocka_unit_test(a_report_of_another_plan_or_attempt_is_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

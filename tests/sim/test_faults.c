/* SPDX-License-Identifier: MIT
 *
 * Every fault of the machine at every place it can strike: the report never claims enforcement
 * that did not happen. The backend is honest here; the machine is not.
 */
#include "unit.h"

#include <string.h>

#include "trial.h"
#include "truth.h"

#define SEEDS 12

/* A scenario that this machine holds, with the fault placed. */
static bool fault_scenario(struct scenario *scenario, uint64_t seed, enum bv_sim_fault fault,
	uint32_t at)
{
	scenario_make(scenario, seed);
	scenario->lost = SCENARIO_NO_CHANGE;
	scenario->world.fault = fault;
	scenario->world.fault_at = at;
	return !truth_obstacle(scenario);
}

static bool attested(const struct trial *trial, enum bv_sim_facility facility)
{
	const json_t *list = json_object_get(trial->json, "attestation");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);

		if (strcmp(json_string_value(json_object_get(entry, "name")),
			    bv_sim_facility_fact(facility)) == 0 &&
			strcmp(json_string_value(json_object_get(entry, "value")), "held") == 0)
			return true;
	}
	return false;
}

/* The claim of this file, said without the grid's checks. */
static void claims_only_what_happened(const struct trial *trial)
{
	const struct bv_sim_world *world = &trial->world;
	uint64_t needed = truth_guards(&trial->scenario->spec);
	enum bv_outcome outcome = bv_report_end(trial->report)->outcome;

	for (int f = 0; f < BV_SIM_FACILITY_COUNT; f++)
		if (attested(trial, (enum bv_sim_facility)f))
			assert_true(world->happened.installed & SIM_BIT(f));
	if (needed & ~world->happened.installed) {
		assert_false(world->happened.started);
		assert_int_equal(world->happened.log_count, 0);
		assert_int_not_equal(outcome, BV_OUTCOME_COMPLETED);
	}
	if (outcome == BV_OUTCOME_COMPLETED || outcome == BV_OUTCOME_DENIED ||
		outcome == BV_OUTCOME_TIMEOUT || outcome == BV_OUTCOME_KILLED) {
		assert_true(world->happened.started);
		assert_false(world->happened.supervisor_died);
		assert_int_equal(needed & ~world->happened.installed, 0);
	}
}

/* Strikes at every place; returns how often the fault really made a difference. */
static unsigned int strike(enum bv_sim_fault fault, uint32_t places)
{
	static struct scenario scenario;
	static struct trial trial;
	unsigned int ran = 0;
	uint64_t seed = 0;

	for (int found = 0; found < SEEDS; seed++) {
		if (!fault_scenario(&scenario, seed, fault, 0))
			continue;
		found++;
		for (uint32_t at = 0; at < places; at++) {
			uint32_t fired;

			scenario.world.fault_at = at;
			trial_run(&trial, &scenario, BV_SIM_TRUTH);
			fired = checks_run(&trial);
			if (fired || !trial.report)
				fail_msg("seed %llu, fault %s at %u: %s", (unsigned long long)seed,
					bv_sim_fault_name(fault), at, trial.text);
			claims_only_what_happened(&trial);
			ran += trial.world.happened.started &&
				!trial.world.happened.supervisor_died &&
				!trial.world.happened.blind && !trial.world.happened.kills_short;
			trial_close(&trial);
		}
	}
	return SEEDS * places - ran;
}

static void a_guard_that_cannot_be_installed_stops_the_run(void **state)
{
	(void)state;
	assert_in_range(strike(BV_SIM_INSTALL_FAILS, 24), SEEDS * 10, SEEDS * 24);
}

static void a_guard_that_is_not_held_stops_the_run(void **state)
{
	(void)state;
	assert_in_range(strike(BV_SIM_INSTALL_IGNORED, 24), SEEDS * 10, SEEDS * 24);
}

static void a_program_that_cannot_be_executed_is_told(void **state)
{
	(void)state;
	assert_int_equal(strike(BV_SIM_START_FAILS, 1), SEEDS);
}

static void a_blind_observer_is_told(void **state)
{
	(void)state;
	assert_in_range(strike(BV_SIM_WITNESS_DIES, SCENARIO_ACTIONS_MAX), SEEDS, SEEDS * 40);
}

static void a_kill_that_misses_is_repeated_and_told(void **state)
{
	(void)state;
	assert_int_equal(strike(BV_SIM_KILL_MISSES, 1), SEEDS);
}

static void a_supervisor_that_dies_is_told_at_every_stage(void **state)
{
	(void)state;
	assert_int_equal(strike(BV_SIM_SUPERVISOR_DIES, 6), SEEDS * 6);
}

static bool found(const struct trial *trial, const char *code)
{
	const json_t *findings = json_object_get(trial->json, "findings");

	for (size_t i = 0; i < json_array_size(findings); i++)
		if (strcmp(json_text(json_array_get(findings, i), "code"), code) == 0)
			return true;
	return false;
}

static void a_backend_that_tells_no_end_is_at_fault(void **state)
{
	static struct scenario scenario;
	static struct trial trial;
	int told = 0;

	(void)state;
	for (uint64_t seed = 0; told < SEEDS; seed++) {
		if (!fault_scenario(&scenario, seed, BV_SIM_SOUND, 0))
			continue;
		trial_run(&trial, &scenario, BV_SIM_END_MISSING);
		assert_int_equal(trial.sim.told, 1);
		assert_int_equal(bv_report_end(trial.report)->outcome, BV_OUTCOME_SUPERVISOR_FAULT);
		assert_true(found(&trial, "end-missing"));
		trial_close(&trial);
		told++;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guard_that_cannot_be_installed_stops_the_run),
		cmocka_unit_test(a_guard_that_is_not_held_stops_the_run),
		cmocka_unit_test(a_program_that_cannot_be_executed_is_told),
		cmocka_unit_test(a_blind_observer_is_told),
		cmocka_unit_test(a_kill_that_misses_is_repeated_and_told),
		cmocka_unit_test(a_supervisor_that_dies_is_told_at_every_stage),
		cmocka_unit_test(a_backend_that_tells_no_end_is_at_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

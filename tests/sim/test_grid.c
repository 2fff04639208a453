/* SPDX-License-Identifier: MIT
 *
 * The lie grid: every lie of lies.def over many seeds. Each lie, whenever it was told, is caught
 * by the check that the table names; an honest run, and a liar that found no occasion, is met
 * with silence; and no check is idle, for each there is a lie that it alone catches.
 *
 *     test_grid              the whole grid
 *     test_grid SEED [LIE]   one trial again: what was told, which checks fired, the report
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"

#define HONEST_SEEDS 500
#define SEEDS_MAX 3000
#define TOLD_ENOUGH 12

static const struct {
	const char *name;
	const char *check;
} lies[BV_SIM_LIE_COUNT] = {
#define SIM_LIE(name, number, text, layer, check, what) [number] = {text, #check},
#include "backend/sim/lies.def"
#undef SIM_LIE
};

/* For each check, the lie it alone caught; 0 if there was none. */
static enum bv_sim_lie alone[CHECK_COUNT];

static enum check check_of(enum bv_sim_lie lie)
{
	int check = 0;

	while (check < CHECK_COUNT && strcmp(check_name((enum check)check), lies[lie].check) != 0)
		check++;
	return (enum check)check;
}

/* One trial; the caller closes it. */
static uint32_t grid_trial(struct trial *trial, struct scenario *scenario, uint64_t seed,
	enum bv_sim_lie lie)
{
	scenario_make(scenario, seed);
	trial_run(trial, scenario, lie);
	return checks_run(trial);
}

static void grid_fail(const struct trial *trial, enum bv_sim_lie lie, const char *what)
{
	unsigned long long seed = trial->scenario->seed;

	fail_msg("seed %llu, lie %s: %s: %s\nagain: test_grid %llu %s", seed, lies[lie].name, what,
		trial->text, seed, lies[lie].name);
}

/* Tells the lie once and judges; true if there was an occasion. */
static bool grid_tell(uint64_t seed, enum bv_sim_lie lie)
{
	static struct scenario scenario;
	static struct trial trial;
	enum check check = check_of(lie);
	uint32_t fired = grid_trial(&trial, &scenario, seed, lie);
	bool told = trial.sim.told != 0;

	if (!told && fired)
		grid_fail(&trial, lie, "not told, and yet a check fired");
	if (told && !fired)
		grid_fail(&trial, lie, "told, and no check fired");
	if (told && !(fired & CHECK_BIT(check)))
		grid_fail(&trial, lie, "told, and the check that must catch it did not fire");
	if (told && fired == CHECK_BIT(check))
		alone[check] = lie;
	trial_close(&trial);
	return told;
}

static void honest_run_is_met_with_silence(void **state)
{
	static struct scenario scenario;
	static struct trial trial;

	(void)state;
	for (uint64_t seed = 1; seed <= HONEST_SEEDS; seed++) {
		if (grid_trial(&trial, &scenario, seed, BV_SIM_TRUTH))
			grid_fail(&trial, BV_SIM_TRUTH, "a check fired");
		trial_close(&trial);
	}
}

static void every_lie_is_caught_by_its_check(void **state)
{
	(void)state;
	for (int lie = 1; lie < BV_SIM_LIE_COUNT; lie++) {
		uint64_t seed = 0;
		int told = 0;

		assert_int_not_equal(check_of((enum bv_sim_lie)lie), CHECK_COUNT);
		while (told < TOLD_ENOUGH && seed < SEEDS_MAX)
			told += grid_tell(++seed, (enum bv_sim_lie)lie);
		print_message("%-24s told %2d times in %4llu seeds, caught by %s\n", lies[lie].name,
			told, (unsigned long long)seed, lies[lie].check);
		if (told < TOLD_ENOUGH)
			fail_msg("%s had too few occasions", lies[lie].name);
	}
}

/* Without the check, the grid would have a hole: the lie named is seen by no other. */
static void no_check_is_idle(void **state)
{
	(void)state;
	for (int check = 0; check < CHECK_COUNT; check++) {
		if (alone[check] == BV_SIM_TRUTH)
			fail_msg("without the check \"%s\" every lie would still be caught",
				check_name((enum check)check));
		print_message("without %-16s %s goes unseen\n", check_name((enum check)check),
			lies[alone[check]].name);
	}
}

/* A grid over runs that are all alike would prove little. */
static void seeds_reach_every_end(void **state)
{
	static struct scenario scenario;
	static struct trial trial;
	unsigned int outcomes = 0, reasons = 0, admitted = 0, drifted = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= HONEST_SEEDS; seed++) {
		(void)grid_trial(&trial, &scenario, seed, BV_SIM_TRUTH);
		admitted += trial.plan != NULL;
		drifted += trial.plan && trial.run_code == BV_E_DRIFT;
		if (trial.report) {
			outcomes |= 1u << bv_report_end(trial.report)->outcome;
			reasons |= 1u << bv_report_end(trial.report)->reason;
		}
		trial_close(&trial);
	}
	print_message("%u of %d admitted, %u drifted\n", admitted, HONEST_SEEDS, drifted);
	/* All but `unsupported`, which the planner answers. */
	assert_int_equal(outcomes,
		((1u << BV_OUTCOME_COUNT) - 1) & ~(1u << BV_OUTCOME_UNSUPPORTED));
	/* All but `cancelled`, which no scenario asks for, `refused`, and what only a module does.
	 */
	assert_int_equal(reasons,
		((1u << BV_REASON_COUNT) - 1) & ~(1u << BV_REASON_CANCELLED) &
			~(1u << BV_REASON_REFUSED) & ~(1u << BV_REASON_TRAP));
	assert_in_range(admitted, HONEST_SEEDS / 3, HONEST_SEEDS - HONEST_SEEDS / 20);
	assert_in_range(drifted, 5, HONEST_SEEDS);
}

/* The same seed, the same run: all but the attempt's id, which is random. */
static void a_seed_is_enough_to_repeat_a_run(void **state)
{
	static struct scenario scenario;
	static struct trial first, second;
	unsigned int compared = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		(void)grid_trial(&first, &scenario, seed, BV_SIM_TRUTH);
		(void)grid_trial(&second, &scenario, seed, BV_SIM_TRUTH);
		assert_true(!first.json == !second.json);
		if (first.json) {
			assert_memory_not_equal(bv_report_attempt_id(first.report),
				bv_report_attempt_id(second.report), sizeof(struct bv_attempt_id));
			json_object_del(first.json, "attempt");
			json_object_del(second.json, "attempt");
			assert_true(json_equal(first.json, second.json));
			compared++;
		}
		trial_close(&first);
		trial_close(&second);
	}
	assert_in_range(compared, 10, 50);
}

static int replay(const char *seed, const char *name)
{
	static struct scenario scenario;
	static struct trial trial;
	int lie = 0;
	uint32_t fired;

	while (lie < BV_SIM_LIE_COUNT && strcmp(lies[lie].name, name) != 0)
		lie++;
	if (lie == BV_SIM_LIE_COUNT) {
		fprintf(stderr, "no lie is called %s; see src/backend/sim/lies.def\n", name);
		return 2;
	}
	fired = grid_trial(&trial, &scenario, strtoull(seed, NULL, 0), (enum bv_sim_lie)lie);
	printf("%s was told %u times; %s\n", name, trial.sim.told,
		trial.report         ? "reported"
			: trial.plan ? "not run"
				     : "refused");
	for (int check = 0; check < CHECK_COUNT; check++)
		if (fired & CHECK_BIT(check))
			printf("fired: %s\n", check_name((enum check)check));
	printf("%s\n", trial.text);
	for (size_t i = 0; i < trial.world.happened.log_count; i++) {
		const struct bv_sim_event *event = &trial.world.happened.log[i];

		printf("%6llu us  %s %s %llu: refuser %d, errno %d\n",
			(unsigned long long)event->at_us, bv_sim_act_name(event->action.act),
			event->action.object, (unsigned long long)event->action.amount,
			(int)event->refuser, event->errnum);
	}
	if (trial.json)
		json_dumpf(trial.json, stdout, JSON_INDENT(1));
	printf("\n");
	trial_close(&trial);
	return fired ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_run_is_met_with_silence),
		cmocka_unit_test(every_lie_is_caught_by_its_check),
		cmocka_unit_test(no_check_is_idle),
		cmocka_unit_test(seeds_reach_every_end),
		cmocka_unit_test(a_seed_is_enough_to_repeat_a_run),
	};

	if (argc > 1)
		return replay(argv[1], argc > 2 ? argv[2] : "truth");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

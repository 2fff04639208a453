/* SPDX-License-Identifier: MIT
 *
 * The simulated machine itself: what nobody refuses happens, what is refused does not, and all
 * of it stands in the log. If the physics were wrong the grid would prove nothing.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backend/sim/world.h"

static struct bv_sim_world world;
static struct bv_sim_action script[8];

static int deny(void *context, const struct bv_sim_action *action)
{
	(void)context;
	(void)action;
	return EACCES;
}

static int bar(void *context, const struct bv_sim_action *action)
{
	(void)context;
	(void)action;
	return BV_SIM_BAR;
}

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	memset(script, 0, sizeof(script));
	for (int f = 0; f < BV_SIM_FACILITY_COUNT; f++)
		world.facility[f] = BV_ENFORCED;
	for (int d = 0; d < BV_DIMENSION_COUNT; d++)
		world.capacity[d] = 1000000;
	world.script = script;
	assert_true(bv_sim_world_file(&world, "/bin/guest", 7, 7));
	return 0;
}

static void act(enum bv_sim_act what, const char *object, uint64_t amount)
{
	struct bv_sim_action *action = &script[world.script_count++];

	*action = (struct bv_sim_action){.act = what, .amount = amount};
	(void)snprintf(action->object, sizeof(action->object), "%s", object);
}

static void run(void)
{
	assert_int_equal(bv_sim_world_start(&world, "/bin/guest"), 0);
	while (bv_sim_world_step(&world))
		continue;
}

static void what_nobody_refuses_happens(void **state)
{
	(void)state;
	act(BV_SIM_WRITE, "/etc/passwd", 3);
	act(BV_SIM_DETACH, "stray", 0);
	act(BV_SIM_EXIT, "", 4);
	act(BV_SIM_WRITE, "/never", 1);
	run();
	assert_int_equal(world.happened.log_count, 3);
	assert_int_equal(bv_sim_world_find(&world, "/etc/passwd")->size_bytes, 3);
	assert_null(bv_sim_world_find(&world, "/never"));
	assert_int_equal(world.happened.stop, BV_SIM_EXITED);
	assert_int_equal(world.happened.stop_value, 4);
	assert_int_equal(world.happened.meters[BV_TASKS].peak, 2);
}

static void a_guard_refuses_only_if_it_is_installed(void **state)
{
	(void)state;
	bv_sim_world_decider(&world, deny, NULL);
	act(BV_SIM_WRITE, "/a", 1);
	act(BV_SIM_MESSAGE, "bus", 0);
	assert_int_equal(bv_sim_world_install(&world, BV_SIM_PATHS), 0);
	run();
	assert_null(bv_sim_world_find(&world, "/a"));
	assert_int_equal(world.happened.log[0].refuser, BV_SIM_GUARD);
	assert_int_equal(world.happened.log[0].errnum, EACCES);
	assert_int_equal(world.happened.log[1].refuser, BV_SIM_NOBODY);
}

static void a_bar_ends_the_guest(void **state)
{
	(void)state;
	bv_sim_world_decider(&world, bar, NULL);
	assert_int_equal(bv_sim_world_install(&world, BV_SIM_SURFACE), 0);
	act(BV_SIM_SYSCALL, "foreign", 0);
	act(BV_SIM_WRITE, "/a", 1);
	run();
	assert_int_equal(world.happened.stop, BV_SIM_BARRED);
	assert_null(bv_sim_world_find(&world, "/a"));
}

static void an_exact_meter_never_lets_use_pass_the_limit(void **state)
{
	(void)state;
	assert_int_equal(bv_sim_world_limit(&world, BV_CPU, 100), 0);
	assert_int_equal(bv_sim_world_limit(&world, BV_STORAGE, 10), 0);
	act(BV_SIM_WRITE, "/box/tmp/a", 11);
	act(BV_SIM_WRITE, "/elsewhere", 11);
	act(BV_SIM_BURN, "", 500);
	run();
	assert_int_equal(world.happened.log[0].errnum, ENOSPC);
	assert_non_null(bv_sim_world_find(&world, "/elsewhere"));
	assert_int_equal(world.happened.stop, BV_SIM_EXHAUSTED);
	assert_int_equal(world.happened.stop_value, BV_CPU);
	assert_int_equal(world.happened.meters[BV_CPU].peak, 100);
	assert_int_equal(world.happened.meters[BV_STORAGE].peak, 0);
}

static void a_sampling_meter_is_late_by_one_action(void **state)
{
	(void)state;
	world.facility[BV_SIM_METER_MEMORY] = BV_MEDIATED;
	assert_int_equal(bv_sim_world_limit(&world, BV_MEMORY, 100), 0);
	act(BV_SIM_ALLOCATE, "", 90);
	act(BV_SIM_ALLOCATE, "", 90);
	act(BV_SIM_ALLOCATE, "", 90);
	run();
	assert_int_equal(world.happened.stop, BV_SIM_EXHAUSTED);
	assert_int_equal(world.happened.meters[BV_MEMORY].peak, 180);
	assert_int_equal(world.happened.log_count, 2);
}

static void a_hang_ends_with_the_wall_budget_or_with_the_world(void **state)
{
	(void)state;
	assert_int_equal(bv_sim_world_limit(&world, BV_WALL, 5000), 0);
	act(BV_SIM_HANG, "", 0);
	run();
	assert_int_equal(world.happened.stop, BV_SIM_EXHAUSTED);
	assert_int_equal(bv_sim_world_clock(&world), 5000);
	setup(NULL);
	act(BV_SIM_HANG, "", 0);
	run();
	assert_int_equal(world.happened.stop, BV_SIM_HUNG);
}

static void a_detached_task_dies_only_with_the_tree(void **state)
{
	(void)state;
	act(BV_SIM_DETACH, "stray", 0);
	run();
	assert_int_equal(bv_sim_world_kill(&world, true), 1);
	assert_int_equal(bv_sim_world_install(&world, BV_SIM_TREE), 0);
	assert_int_equal(bv_sim_world_kill(&world, false), 1);
	assert_int_equal(bv_sim_world_kill(&world, true), 0);
	assert_int_equal(world.happened.kills_short, 2);
}

static void what_is_absent_or_too_small_cannot_be_installed(void **state)
{
	(void)state;
	world.facility[BV_SIM_NET] = BV_UNSUPPORTED;
	assert_int_equal(bv_sim_world_install(&world, BV_SIM_NET), ENOSYS);
	assert_false(bv_sim_world_holds(&world, BV_SIM_NET));
	assert_int_equal(bv_sim_world_limit(&world, BV_CPU, 1000001), ERANGE);
	assert_false(bv_sim_world_holds(&world, BV_SIM_METER_CPU));
}

static void a_machine_that_lies_about_installing_does_not_hold(void **state)
{
	(void)state;
	world.fault = BV_SIM_INSTALL_IGNORED;
	world.fault_at = 1;
	assert_int_equal(bv_sim_world_install(&world, BV_SIM_PATHS), 0);
	assert_int_equal(bv_sim_world_install(&world, BV_SIM_NET), 0);
	assert_true(bv_sim_world_holds(&world, BV_SIM_PATHS));
	assert_false(bv_sim_world_holds(&world, BV_SIM_NET));
}

static void a_path_that_only_begins_alike_is_not_beneath(void **state)
{
	(void)state;
	assert_true(bv_sim_beneath("/srv/data", "/srv/data"));
	assert_true(bv_sim_beneath("/srv/data/x", "/srv/data"));
	assert_true(bv_sim_beneath("/srv", "/"));
	assert_false(bv_sim_beneath("/srv/database", "/srv/data"));
	assert_false(bv_sim_beneath("/srv", "/srv/data"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_nobody_refuses_happens, setup),
		cmocka_unit_test_setup(a_guard_refuses_only_if_it_is_installed, setup),
		cmocka_unit_test_setup(a_bar_ends_the_guest, setup),
		cmocka_unit_test_setup(an_exact_meter_never_lets_use_pass_the_limit, setup),
		cmocka_unit_test_setup(a_sampling_meter_is_late_by_one_action, setup),
		cmocka_unit_test_setup(a_hang_ends_with_the_wall_budget_or_with_the_world, setup),
		cmocka_unit_test_setup(a_detached_task_dies_only_with_the_tree, setup),
		cmocka_unit_test_setup(what_is_absent_or_too_small_cannot_be_installed, setup),
		cmocka_unit_test_setup(a_machine_that_lies_about_installing_does_not_hold, setup),
		cmocka_unit_test_setup(a_path_that_only_begins_alike_is_not_beneath, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

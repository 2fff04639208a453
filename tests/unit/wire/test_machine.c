/* SPDX-License-Identifier: MIT
 *
 * The launcher's table: every cell filled, exactly once, and no way around the read-back or the
 * kill.
 */
#include "unit.h"

#include "launcher/machine.h"

static void every_cell_is_filled_exactly_once(void **state)
{
	unsigned int filled[STATE_COUNT][EVENT_COUNT] = {{0}};

	(void)state;
#define CELL(state, event, action, next) filled[STATE_##state][EVENT_##event]++;
#include "launcher/machine.def"
#undef CELL
	for (unsigned int s = 0; s < STATE_COUNT; s++)
		for (unsigned int e = 0; e < EVENT_COUNT; e++) {
			assert_int_equal(filled[s][e], 1);
			assert_int_not_equal(machine_step(s, e).action, ACTION_NONE);
			assert_true(machine_step(s, e).next < STATE_COUNT);
		}
}

/* The program is let go in one cell only: attested, from set-up. */
static void only_a_ready_child_is_released(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < STATE_COUNT; s++)
		for (unsigned int e = 0; e < EVENT_COUNT; e++) {
			struct machine_cell cell = machine_step(s, e);

			assert_int_equal(cell.action == ACTION_RELEASE,
				s == STATE_SETUP && e == EVENT_READY);
			assert_int_equal(cell.action == ACTION_BEGIN,
				s == STATE_IDLE && e == EVENT_RUN);
			assert_int_equal(cell.action == ACTION_REPORT,
				s == STATE_ENDING && e == EVENT_EMPTY);
			if (cell.next == STATE_RUNNING)
				assert_true(s == STATE_RELEASED && e == EVENT_EXECUTED);
		}
}

/* From a state with a child, idle is reached through the kill alone, and the host's end leads
 * there or on. */
static void a_child_is_always_killed_before_idle(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < STATE_COUNT; s++)
		for (unsigned int e = 0; e < EVENT_COUNT; e++) {
			struct machine_cell cell = machine_step(s, e);

			if (cell.next == STATE_IDLE)
				assert_true(s == STATE_ENDING || s == STATE_IDLE);
			if (cell.next == STATE_ENDING && s != STATE_ENDING)
				assert_int_equal(cell.action, ACTION_KILL);
			if (cell.action == ACTION_FAULT || cell.action == ACTION_LEAVE)
				assert_int_equal(cell.next, STATE_GONE);
		}
	for (unsigned int s = STATE_SETUP; s <= STATE_RUNNING; s++) {
		assert_int_equal(machine_step(s, EVENT_HOST_GONE).action, ACTION_KILL);
		assert_int_equal(machine_step(s, EVENT_EXCEEDED).action, ACTION_KILL);
		assert_int_equal(machine_step(s, EVENT_CANCEL).action, ACTION_KILL);
		assert_int_equal(machine_step(s, EVENT_EXITED).action, ACTION_KILL);
	}
}

static void nothing_leads_back_from_gone(void **state)
{
	(void)state;
	for (unsigned int e = 0; e < EVENT_COUNT; e++)
		assert_int_equal(machine_step(STATE_GONE, e).next, STATE_GONE);
}

static void every_name_is_there_and_its_own(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < STATE_COUNT; i++)
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(machine_state_name(i), machine_state_name(j));
	for (unsigned int i = 0; i < EVENT_COUNT; i++)
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(machine_event_name(i), machine_event_name(j));
	assert_null(machine_state_name(STATE_COUNT));
	assert_null(machine_event_name(EVENT_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_filled_exactly_once),
		cmocka_unit_test(only_a_ready_child_is_released),
		cmocka_unit_test(a_child_is_always_killed_before_idle),
		cmocka_unit_test(nothing_leads_back_from_gone),
		cmocka_unit_test(every_name_is_there_and_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

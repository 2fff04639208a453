/* SPDX-License-Identifier: MIT
 *
 * Recovery over its whole universe: every phase, every reality. The properties below do not
 * repeat the table; they say what must hold of whatever stands in it.
 */
#include "../base/unit.h"

#include <stdbool.h>

#include "contract/recovery.h"

struct cell {
	enum bv_recovery_phase phase;
	struct bv_reality reality;
	struct bv_recovery recovery;
};

typedef void (*property)(const struct cell *cell);

static void for_all(property holds)
{
	for (int phase = 0; phase < BV_PHASE_COUNT; phase++) {
		for (int b = 0; b < BV_BOUNDARY_COUNT; b++) {
			for (int s = 0; s < BV_STAGED_COUNT; s++) {
				for (int d = 0; d < BV_DESTINATION_COUNT; d++) {
					struct cell cell = {(enum bv_recovery_phase)phase,
						{(enum bv_boundary_now)b, (enum bv_staged_now)s,
							(enum bv_destination_now)d},
						{BV_RECOVERY_REFUSED, NULL}};

					cell.recovery =
						bv_recovery_classify(cell.phase, &cell.reality);
					holds(&cell);
				}
			}
		}
	}
}

static void filled(const struct cell *cell)
{
	assert_non_null(cell->recovery.reason);
	assert_true(strlen(cell->recovery.reason) > 5);
	assert_non_null(bv_recovery_verdict_name(cell->recovery.verdict));
}

static void every_cell_is_filled_and_says_why(void **state)
{
	(void)state;
	for_all(filled);
}

static void unsure_refuses(const struct cell *cell)
{
	const struct bv_reality *now = &cell->reality;

	if (now->boundary != BV_BOUNDARY_GONE || now->staged == BV_STAGED_UNKNOWN ||
		now->destination == BV_DESTINATION_UNKNOWN || cell->phase == BV_PHASE_BROKEN)
		assert_int_equal(cell->recovery.verdict, BV_RECOVERY_REFUSED);
}

static void what_is_alive_unknown_or_broken_is_refused(void **state)
{
	(void)state;
	for_all(unsure_refuses);
}

/* What contradicts, said once more as predicates on journal and reality. */
static bool contradicts(const struct cell *cell)
{
	bool staged = cell->reality.staged == BV_STAGED_PRESENT;
	bool placed = cell->reality.destination == BV_DESTINATION_MATCHES;
	bool decided = cell->phase == BV_PHASE_COMMITTING || cell->phase == BV_PHASE_COMMITTED;

	if (cell->phase == BV_PHASE_BROKEN)
		return true;
	if (placed && !decided)
		return true;
	if (staged &&
		(cell->phase < BV_PHASE_STARTED || cell->phase == BV_PHASE_REPORTED ||
			cell->phase == BV_PHASE_DISCARDED))
		return true;
	if (cell->phase == BV_PHASE_STAGED && !staged)
		return true;
	if (cell->phase == BV_PHASE_COMMITTED && !placed)
		return true;
	return cell->phase == BV_PHASE_COMMITTING && !staged && !placed;
}

static void contradiction_refuses(const struct cell *cell)
{
	bool known = cell->reality.boundary == BV_BOUNDARY_GONE &&
		cell->reality.staged != BV_STAGED_UNKNOWN &&
		cell->reality.destination != BV_DESTINATION_UNKNOWN;

	if (known)
		assert_int_equal(cell->recovery.verdict == BV_RECOVERY_REFUSED, contradicts(cell));
}

static void exactly_the_contradictions_are_refused(void **state)
{
	(void)state;
	for_all(contradiction_refuses);
}

static void completed_needs(const struct cell *cell)
{
	if (cell->recovery.verdict != BV_RECOVERY_COMPLETED)
		return;
	assert_true(cell->phase >= BV_PHASE_REPORTED && cell->phase != BV_PHASE_BROKEN);
	assert_int_equal(cell->reality.boundary, BV_BOUNDARY_GONE);
	assert_int_equal(cell->reality.staged, BV_STAGED_ABSENT);
}

static void completed_is_reported_gone_and_clear(void **state)
{
	(void)state;
	for_all(completed_needs);
}

static void commit_needs(const struct cell *cell)
{
	if (cell->recovery.verdict == BV_RECOVERY_FINISH_COMMIT) {
		assert_true(
			cell->phase == BV_PHASE_COMMITTING || cell->phase == BV_PHASE_COMMITTED);
		assert_int_equal(cell->reality.staged, BV_STAGED_PRESENT);
	}
	if (cell->recovery.verdict == BV_RECOVERY_FINISH_DISCARD) {
		assert_true(
			cell->phase != BV_PHASE_COMMITTING && cell->phase != BV_PHASE_COMMITTED);
		assert_int_equal(cell->reality.staged, BV_STAGED_PRESENT);
		assert_int_not_equal(cell->reality.destination, BV_DESTINATION_MATCHES);
	}
}

static void nothing_is_committed_without_a_decision(void **state)
{
	(void)state;
	for_all(commit_needs);
}

/* Does what the verdict says, with its journal events. */
static struct cell act(const struct cell *cell)
{
	struct cell next = *cell;

	next.reality.staged = BV_STAGED_ABSENT;
	if (cell->recovery.verdict == BV_RECOVERY_FINISH_COMMIT) {
		next.reality.destination = BV_DESTINATION_MATCHES;
		if (cell->phase == BV_PHASE_COMMITTING)
			next.phase = bv_recovery_fold(cell->phase, BV_EVENT_COMMIT_DONE);
	} else if (cell->phase >= BV_PHASE_REPORTED) {
		if (cell->phase == BV_PHASE_STAGED)
			next.phase = bv_recovery_fold(cell->phase, BV_EVENT_DISCARD_DECIDED);
		next.phase = bv_recovery_fold(next.phase, BV_EVENT_DISCARD_DONE);
	}
	next.recovery = bv_recovery_classify(next.phase, &next.reality);
	return next;
}

static void settles(const struct cell *cell)
{
	enum bv_recovery_verdict verdict = cell->recovery.verdict;
	struct cell next;

	if (verdict != BV_RECOVERY_FINISH_COMMIT && verdict != BV_RECOVERY_FINISH_DISCARD)
		return;
	next = act(cell);
	if (cell->phase == BV_PHASE_STARTED)
		assert_int_equal(next.recovery.verdict, BV_RECOVERY_ROLLED_BACK);
	else
		assert_int_equal(next.recovery.verdict, BV_RECOVERY_COMPLETED);
}

static void acting_on_a_verdict_settles_the_attempt(void **state)
{
	(void)state;
	for_all(settles);
}

/* The orders in which a run writes its events, one string each; every prefix is one too. */
static bool written_by_a_run(const int *events, int count)
{
	static const int orders[][5] = {
		{BV_EVENT_PLANNED, BV_EVENT_STARTED, BV_EVENT_REPORTED, -1, -1},
		{BV_EVENT_PLANNED, BV_EVENT_STARTED, BV_EVENT_REPORTED_STAGED,
			BV_EVENT_COMMIT_DECIDED, BV_EVENT_COMMIT_DONE},
		{BV_EVENT_PLANNED, BV_EVENT_STARTED, BV_EVENT_REPORTED_STAGED,
			BV_EVENT_DISCARD_DECIDED, BV_EVENT_DISCARD_DONE},
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (count <= 5 && memcmp(events, orders[i], (size_t)count * sizeof(int)) == 0)
			return true;
	}
	return false;
}

/* All sequences of up to six events: a sequence folds to BROKEN unless a run writes it. */
static void only_orders_that_a_run_writes_fold(void **state)
{
	(void)state;
	for (int count = 0; count <= 6; count++) {
		long total = 1;

		for (int i = 0; i < count; i++)
			total *= BV_EVENT_COUNT;
		for (long n = 0; n < total; n++) {
			enum bv_recovery_phase phase = BV_PHASE_NONE;
			int events[6] = {0};
			long rest = n;

			for (int i = 0; i < count; i++, rest /= BV_EVENT_COUNT) {
				events[i] = (int)(rest % BV_EVENT_COUNT);
				phase = bv_recovery_fold(phase, (enum bv_recovery_event)events[i]);
			}
			if ((phase != BV_PHASE_BROKEN) != written_by_a_run(events, count))
				fail_msg("%d events, case %ld", count, n);
		}
	}
}

static void numbers_outside_the_tables_are_refused(void **state)
{
	const struct bv_reality fine = {BV_BOUNDARY_GONE, BV_STAGED_ABSENT, BV_DESTINATION_ABSENT};
	struct bv_reality odd;

	(void)state;
	assert_int_equal(bv_recovery_fold((enum bv_recovery_phase)99, BV_EVENT_PLANNED),
		BV_PHASE_BROKEN);
	assert_int_equal(bv_recovery_fold(BV_PHASE_NONE, (enum bv_recovery_event)99),
		BV_PHASE_BROKEN);
	assert_int_equal(bv_recovery_classify((enum bv_recovery_phase)99, &fine).verdict,
		BV_RECOVERY_REFUSED);
	for (int field = 0; field < 3; field++) {
		odd = fine;
		if (field == 0)
			odd.boundary = (enum bv_boundary_now)7;
		if (field == 1)
			odd.staged = (enum bv_staged_now)7;
		if (field == 2)
			odd.destination = (enum bv_destination_now)7;
		assert_int_equal(bv_recovery_classify(BV_PHASE_NONE, &odd).verdict,
			BV_RECOVERY_REFUSED);
	}
	assert_null(bv_recovery_verdict_name((enum bv_recovery_verdict)99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_filled_and_says_why),
		cmocka_unit_test(what_is_alive_unknown_or_broken_is_refused),
		cmocka_unit_test(exactly_the_contradictions_are_refused),
		cmocka_unit_test(completed_is_reported_gone_and_clear),
		cmocka_unit_test(nothing_is_committed_without_a_decision),
		cmocka_unit_test(acting_on_a_verdict_settles_the_attempt),
		cmocka_unit_test(only_orders_that_a_run_writes_fold),
		cmocka_unit_test(numbers_outside_the_tables_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * The two tables of recovery. The first folds events into a phase; what it does not list is
 * BROKEN. The second has a row for every phase and a cell for every (staged, destination) that
 * can be known; boundary and unknowns are decided before it, because they refuse whatever the
 * row. A cell of the second table that nobody filled has no reason, and reads as refused.
 */
#include "contract/recovery.h"

#include <stdbool.h>
#include <stddef.h>

/* Cells are 0 (BV_PHASE_NONE) where nothing leads; NONE is never reached by an event. */
static const uint8_t folds[BV_PHASE_COUNT][BV_EVENT_COUNT] = {
	[BV_PHASE_NONE][BV_EVENT_PLANNED] = BV_PHASE_PLANNED,
	[BV_PHASE_PLANNED][BV_EVENT_STARTED] = BV_PHASE_STARTED,
	[BV_PHASE_STARTED][BV_EVENT_REPORTED] = BV_PHASE_REPORTED,
	[BV_PHASE_STARTED][BV_EVENT_REPORTED_STAGED] = BV_PHASE_STAGED,
	[BV_PHASE_STAGED][BV_EVENT_COMMIT_DECIDED] = BV_PHASE_COMMITTING,
	[BV_PHASE_STAGED][BV_EVENT_DISCARD_DECIDED] = BV_PHASE_DISCARDING,
	[BV_PHASE_COMMITTING][BV_EVENT_COMMIT_DONE] = BV_PHASE_COMMITTED,
	[BV_PHASE_DISCARDING][BV_EVENT_DISCARD_DONE] = BV_PHASE_DISCARDED,
};

enum bv_recovery_phase bv_recovery_fold(enum bv_recovery_phase phase, enum bv_recovery_event event)
{
	uint8_t next;

	if ((unsigned int)phase >= BV_PHASE_COUNT || (unsigned int)event >= BV_EVENT_COUNT)
		return BV_PHASE_BROKEN;
	next = folds[phase][event];
	return next ? (enum bv_recovery_phase)next : BV_PHASE_BROKEN;
}

/* Columns of the second table: what is known of stage and destination. */
enum column {
	CLEAR_ABSENT = 0, /* nothing staged, destination absent */
	CLEAR_OTHER = 1,
	CLEAR_MATCHES = 2,
	STAGED_ABSENT = 3, /* staged, destination absent */
	STAGED_OTHER = 4,
	STAGED_MATCHES = 5,
	COLUMN_COUNT = 6,
};

#define REFUSED(why) \
	{ \
		BV_RECOVERY_REFUSED, why \
	}
#define ABSENT(why) \
	{ \
		BV_RECOVERY_ABSENT, why \
	}
#define ROLLED_BACK(why) \
	{ \
		BV_RECOVERY_ROLLED_BACK, why \
	}
#define COMPLETED(why) \
	{ \
		BV_RECOVERY_COMPLETED, why \
	}
#define COMMIT(why) \
	{ \
		BV_RECOVERY_FINISH_COMMIT, why \
	}
#define DISCARD(why) \
	{ \
		BV_RECOVERY_FINISH_DISCARD, why \
	}

#define NO_START "something is staged by an attempt that never started"
#define NO_REPORT "the destination holds an artifact that no report names"
#define NO_DECISION "the destination holds the artifact, and nobody decided to commit it"
#define NO_ARTIFACT "something is staged, and the report names no artifact"
#define LOST "the artifact was to be committed, and is neither staged nor at its destination"
#define UNDONE "the journal says committed, and the destination does not hold the artifact"
#define VANISHED "the report names a staged artifact, and it is gone without a decision"
#define REAPPEARED "the journal says discarded, and the artifact is still staged"
#define DISCARDED_KEPT "the artifact was to be discarded, and the destination holds it"
#define BROKEN "the journal's events are in an order that no run writes"

static const struct bv_recovery cells[BV_PHASE_COUNT][COLUMN_COUNT] = {
	[BV_PHASE_NONE] =
		{
			[CLEAR_ABSENT] = ABSENT("no event and no trace"),
			[CLEAR_OTHER] = ABSENT("no event, and the destination is somebody else's"),
			[CLEAR_MATCHES] = REFUSED(NO_REPORT),
			[STAGED_ABSENT] = REFUSED(NO_START),
			[STAGED_OTHER] = REFUSED(NO_START),
			[STAGED_MATCHES] = REFUSED(NO_START),
		},
	[BV_PHASE_PLANNED] =
		{
			[CLEAR_ABSENT] = ABSENT("planned and never started"),
			[CLEAR_OTHER] = ABSENT("planned and never started"),
			[CLEAR_MATCHES] = REFUSED(NO_REPORT),
			[STAGED_ABSENT] = REFUSED(NO_START),
			[STAGED_OTHER] = REFUSED(NO_START),
			[STAGED_MATCHES] = REFUSED(NO_START),
		},
	[BV_PHASE_STARTED] =
		{
			[CLEAR_ABSENT] = ROLLED_BACK("started, never reported, and left nothing"),
			[CLEAR_OTHER] = ROLLED_BACK("started, never reported, and left nothing"),
			[CLEAR_MATCHES] = REFUSED(NO_REPORT),
			[STAGED_ABSENT] =
				DISCARD("what an unreported run staged cannot be trusted"),
			[STAGED_OTHER] = DISCARD("what an unreported run staged cannot be trusted"),
			[STAGED_MATCHES] = REFUSED(NO_REPORT),
		},
	[BV_PHASE_REPORTED] =
		{
			[CLEAR_ABSENT] = COMPLETED("reported, with no artifact"),
			[CLEAR_OTHER] = COMPLETED("reported, with no artifact"),
			[CLEAR_MATCHES] = REFUSED(NO_REPORT),
			[STAGED_ABSENT] = REFUSED(NO_ARTIFACT),
			[STAGED_OTHER] = REFUSED(NO_ARTIFACT),
			[STAGED_MATCHES] = REFUSED(NO_ARTIFACT),
		},
	[BV_PHASE_STAGED] =
		{
			[CLEAR_ABSENT] = REFUSED(VANISHED),
			[CLEAR_OTHER] = REFUSED(VANISHED),
			[CLEAR_MATCHES] = REFUSED(NO_DECISION),
			[STAGED_ABSENT] = DISCARD("nobody decided to commit the artifact"),
			[STAGED_OTHER] = DISCARD("nobody decided to commit the artifact"),
			[STAGED_MATCHES] = REFUSED(NO_DECISION),
		},
	[BV_PHASE_COMMITTING] =
		{
			[CLEAR_ABSENT] = REFUSED(LOST),
			[CLEAR_OTHER] = REFUSED(LOST),
			[CLEAR_MATCHES] = COMPLETED("the artifact had reached its destination"),
			[STAGED_ABSENT] = COMMIT("commit was decided, and not begun"),
			[STAGED_OTHER] = COMMIT(
				"commit was decided, and the destination still holds what it held"),
			[STAGED_MATCHES] = COMMIT(
				"the artifact is in place, and its staged copy is not removed"),
		},
	[BV_PHASE_COMMITTED] =
		{
			[CLEAR_ABSENT] = REFUSED(UNDONE),
			[CLEAR_OTHER] = REFUSED(UNDONE),
			[CLEAR_MATCHES] = COMPLETED("committed"),
			[STAGED_ABSENT] = REFUSED(UNDONE),
			[STAGED_OTHER] = REFUSED(UNDONE),
			[STAGED_MATCHES] = COMMIT("committed, and its staged copy is not removed"),
		},
	[BV_PHASE_DISCARDING] =
		{
			[CLEAR_ABSENT] = COMPLETED("the artifact was discarded"),
			[CLEAR_OTHER] = COMPLETED("the artifact was discarded"),
			[CLEAR_MATCHES] = REFUSED(DISCARDED_KEPT),
			[STAGED_ABSENT] = DISCARD("discard was decided, and not done"),
			[STAGED_OTHER] = DISCARD("discard was decided, and not done"),
			[STAGED_MATCHES] = REFUSED(DISCARDED_KEPT),
		},
	[BV_PHASE_DISCARDED] =
		{
			[CLEAR_ABSENT] = COMPLETED("discarded"),
			[CLEAR_OTHER] = COMPLETED("discarded"),
			[CLEAR_MATCHES] = REFUSED(DISCARDED_KEPT),
			[STAGED_ABSENT] = REFUSED(REAPPEARED),
			[STAGED_OTHER] = REFUSED(REAPPEARED),
			[STAGED_MATCHES] = REFUSED(REAPPEARED),
		},
	[BV_PHASE_BROKEN] =
		{
			[CLEAR_ABSENT] = REFUSED(BROKEN),
			[CLEAR_OTHER] = REFUSED(BROKEN),
			[CLEAR_MATCHES] = REFUSED(BROKEN),
			[STAGED_ABSENT] = REFUSED(BROKEN),
			[STAGED_OTHER] = REFUSED(BROKEN),
			[STAGED_MATCHES] = REFUSED(BROKEN),
		},
};

static enum column column_of(const struct bv_reality *reality)
{
	unsigned int column = reality->staged == BV_STAGED_PRESENT ? STAGED_ABSENT : CLEAR_ABSENT;

	return (enum column)(column + (unsigned int)reality->destination - BV_DESTINATION_ABSENT);
}

static bool known(const struct bv_reality *reality)
{
	return reality->staged != BV_STAGED_UNKNOWN &&
		(unsigned int)reality->staged < BV_STAGED_COUNT &&
		reality->destination != BV_DESTINATION_UNKNOWN &&
		(unsigned int)reality->destination < BV_DESTINATION_COUNT;
}

struct bv_recovery bv_recovery_classify(enum bv_recovery_phase phase,
	const struct bv_reality *reality)
{
	if ((unsigned int)phase >= BV_PHASE_COUNT)
		phase = BV_PHASE_BROKEN;
	if (reality->boundary == BV_BOUNDARY_ALIVE)
		return (struct bv_recovery)REFUSED(
			"the boundary is still alive: end it, then ask again");
	if (reality->boundary != BV_BOUNDARY_GONE)
		return (struct bv_recovery)REFUSED("it is not known whether the boundary is gone");
	if (!known(reality))
		return (struct bv_recovery)REFUSED(
			"it is not known what is staged or at the destination");
	return cells[phase][column_of(reality)];
}

const char *bv_recovery_verdict_name(enum bv_recovery_verdict verdict)
{
	switch (verdict) {
	case BV_RECOVERY_REFUSED:
		return "refused";
	case BV_RECOVERY_ABSENT:
		return "absent";
	case BV_RECOVERY_ROLLED_BACK:
		return "rolled-back";
	case BV_RECOVERY_COMPLETED:
		return "completed";
	case BV_RECOVERY_FINISH_COMMIT:
		return "finish-commit";
	case BV_RECOVERY_FINISH_DISCARD:
		return "finish-discard";
	}
	return NULL;
}

/* SPDX-License-Identifier: MIT
 *
 * Crash recovery, as a pure decision. The journal says how far one attempt came; reality, probed
 * without believing the journal, says what there is now. From both follows one verdict: the
 * attempt never was, it is complete, it was rolled back, its artifact is still to be committed or
 * discarded, or the two contradict each other and nothing is touched. What is not known counts
 * as a contradiction. Asking again after acting on a verdict gives a verdict that needs no act.
 */
#ifndef CONTRACT_RECOVERY_H
#define CONTRACT_RECOVERY_H

#include <bvisor/api.h>

/* Durable events of one attempt. A decision is written before it is acted on, its end after. */
enum bv_recovery_event {
	BV_EVENT_PLANNED = 0,
	BV_EVENT_STARTED = 1,
	BV_EVENT_REPORTED = 2,        /* with no artifact staged */
	BV_EVENT_REPORTED_STAGED = 3, /* the report names a staged artifact */
	BV_EVENT_COMMIT_DECIDED = 4,
	BV_EVENT_COMMIT_DONE = 5,
	BV_EVENT_DISCARD_DECIDED = 6,
	BV_EVENT_DISCARD_DONE = 7,
};
#define BV_EVENT_COUNT 8

/* What the events of an attempt amount to. */
enum bv_recovery_phase {
	BV_PHASE_NONE = 0,
	BV_PHASE_PLANNED = 1,
	BV_PHASE_STARTED = 2,
	BV_PHASE_REPORTED = 3,
	BV_PHASE_STAGED = 4,
	BV_PHASE_COMMITTING = 5,
	BV_PHASE_COMMITTED = 6,
	BV_PHASE_DISCARDING = 7,
	BV_PHASE_DISCARDED = 8,
	BV_PHASE_BROKEN = 9, /* events in an order that no run writes */
};
#define BV_PHASE_COUNT 10

enum bv_boundary_now {
	BV_BOUNDARY_UNKNOWN = 0,
	BV_BOUNDARY_GONE = 1,
	BV_BOUNDARY_ALIVE = 2,
};
#define BV_BOUNDARY_COUNT 3

enum bv_staged_now {
	BV_STAGED_UNKNOWN = 0,
	BV_STAGED_ABSENT = 1,
	BV_STAGED_PRESENT = 2,
};
#define BV_STAGED_COUNT 3

enum bv_destination_now {
	BV_DESTINATION_UNKNOWN = 0,
	BV_DESTINATION_ABSENT = 1,
	BV_DESTINATION_OTHER = 2,   /* something, but not the artifact */
	BV_DESTINATION_MATCHES = 3, /* exactly the artifact, by digest */
};
#define BV_DESTINATION_COUNT 4

struct bv_reality {
	enum bv_boundary_now boundary;
	enum bv_staged_now staged;
	enum bv_destination_now destination;
};

enum bv_recovery_verdict {
	BV_RECOVERY_REFUSED = 0,     /* contradiction: touch nothing, tell a person why */
	BV_RECOVERY_ABSENT = 1,      /* nothing ran, nothing is left */
	BV_RECOVERY_ROLLED_BACK = 2, /* it ran, was not reported, and left nothing */
	BV_RECOVERY_COMPLETED = 3,
	BV_RECOVERY_FINISH_COMMIT = 4, /* move the artifact to its place, remove what is staged */
	/* Remove what is staged; for a reported attempt, after writing the decision. */
	BV_RECOVERY_FINISH_DISCARD = 5,
};
#define BV_RECOVERY_VERDICT_COUNT 6

struct bv_recovery {
	enum bv_recovery_verdict verdict;
	const char *reason; /* one line; static */
};

/* The phase after one more event. Total: an event that does not fit breaks the attempt for good. */
enum bv_recovery_phase bv_recovery_fold(enum bv_recovery_phase phase, enum bv_recovery_event event);
/* Total: numbers outside the tables are refused. */
struct bv_recovery bv_recovery_classify(enum bv_recovery_phase phase,
	const struct bv_reality *reality);
/* "finish-commit"; NULL outside the table. */
const char *bv_recovery_verdict_name(enum bv_recovery_verdict verdict);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The life of one run, in types: proposed, planned, started, reported. Each step consumes the
 * state before it, which is empty afterwards, and makes the next; so there is no report without a
 * start, no start without a plan, and nothing is started or reported twice. A step that is
 * refused leaves both states as they were.
 */
#ifndef CONTRACT_LIFECYCLE_H
#define CONTRACT_LIFECYCLE_H

#include <bvisor/backend.h>

/* All are empty when zeroed. */
struct bv_proposed {
	const struct bv_spec *spec;
};

struct bv_planned {
	const struct bv_plan *plan;
};

struct bv_started {
	const struct bv_plan *plan;
	struct bv_attempt_id attempt;
};

struct bv_reported {
	uint8_t full;
	struct bv_plan_id plan;
	struct bv_attempt_id attempt;
	struct bv_report_id report;
};

/* Whose report it is, and which. */
struct bv_provenance {
	struct bv_plan_id plan;
	struct bv_attempt_id attempt;
	struct bv_report_id report;
};

struct bv_proposed bv_lifecycle_propose(const struct bv_spec *spec);
/* BV_E_REFUSED if there is no plan. */
int bv_lifecycle_plan(struct bv_proposed *from, const struct bv_plan *plan, struct bv_planned *ret,
	struct bv_error *err);
/* `now` is what the machine looks like immediately before: BV_E_DRIFT if that is not what was
 * planned with, naming the first fact that differs. */
int bv_lifecycle_start(struct bv_planned *from, const struct bv_snapshot *now,
	const struct bv_attempt_id *attempt, struct bv_started *ret, struct bv_error *err);
/* BV_E_FOREIGN if the report is of another plan or attempt. */
int bv_lifecycle_report(struct bv_started *from, const struct bv_provenance *provenance,
	struct bv_reported *ret, struct bv_error *err);

#endif

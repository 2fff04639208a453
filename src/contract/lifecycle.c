/* SPDX-License-Identifier: MIT
 *
 * The steps of a run's life. An empty state is one that was consumed, or never made.
 */
#include "contract/lifecycle.h"

#include "base/fail.h"
#include "contract/snapshot.h"

#include <stdbool.h>
#include <string.h>

struct bv_proposed bv_lifecycle_propose(const struct bv_spec *spec)
{
	return (struct bv_proposed){spec};
}

int bv_lifecycle_plan(struct bv_proposed *from, const struct bv_plan *plan, struct bv_planned *ret,
	struct bv_error *err)
{
	if (!from->spec)
		return bv_fail(err, BV_E_STATE, "plan",
			"the proposal was already planned, or never made");
	if (!plan)
		return bv_fail(err, BV_E_REFUSED, "plan",
			"the proposal was refused: there is no plan");
	*from = (struct bv_proposed){0};
	*ret = (struct bv_planned){plan};
	return 0;
}

int bv_lifecycle_start(struct bv_planned *from, const struct bv_snapshot *now,
	const struct bv_attempt_id *attempt, struct bv_started *ret, struct bv_error *err)
{
	int code;

	if (!from->plan)
		return bv_fail(err, BV_E_STATE, "start",
			"the plan was already started, or never made");
	code = bv_snapshot_compare(bv_plan_snapshot(from->plan), now, err);
	if (code)
		return code;
	*ret = (struct bv_started){from->plan, *attempt};
	*from = (struct bv_planned){0};
	return 0;
}

static bool same(const struct bv_digest *a, const struct bv_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int bv_lifecycle_report(struct bv_started *from, const struct bv_provenance *provenance,
	struct bv_reported *ret, struct bv_error *err)
{
	if (!from->plan)
		return bv_fail(err, BV_E_STATE, "report",
			"the attempt was already reported, or never started");
	if (!same(&provenance->plan.digest, &bv_plan_id(from->plan)->digest))
		return bv_fail(err, BV_E_FOREIGN, "plan_id", "the report is of another plan");
	if (!same(&provenance->attempt.digest, &from->attempt.digest))
		return bv_fail(err, BV_E_FOREIGN, "attempt", "the report is of another attempt");
	*ret = (struct bv_reported){1, provenance->plan, provenance->attempt, provenance->report};
	*from = (struct bv_started){0};
	return 0;
}

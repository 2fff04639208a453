/* SPDX-License-Identifier: MIT
 *
 * The table of endings: a set of reasons for each outcome, and what a reason says about the
 * fields beside it.
 */
#include "contract/ending.h"

#include <stddef.h>

#define REASON(reason) (UINT32_C(1) << (reason))

static const uint32_t reasons_of[BV_OUTCOME_COUNT] = {
	[BV_OUTCOME_COMPLETED] = REASON(BV_REASON_NONE),
	[BV_OUTCOME_DENIED] = REASON(BV_REASON_POLICY),
	[BV_OUTCOME_FAILED] = REASON(BV_REASON_SIGNAL) | REASON(BV_REASON_SETUP) |
		REASON(BV_REASON_EXEC) | REASON(BV_REASON_ATTESTATION) | REASON(BV_REASON_TRAP),
	[BV_OUTCOME_TIMEOUT] = REASON(BV_REASON_BUDGET),
	[BV_OUTCOME_KILLED] = REASON(BV_REASON_BUDGET) | REASON(BV_REASON_OUT_OF_MEMORY) |
		REASON(BV_REASON_CANCELLED) | REASON(BV_REASON_KILLED_OUTSIDE),
	[BV_OUTCOME_UNSUPPORTED] = REASON(BV_REASON_REFUSED),
	[BV_OUTCOME_SUPERVISOR_FAULT] = REASON(BV_REASON_LAUNCHER) | REASON(BV_REASON_SETUP) |
		REASON(BV_REASON_ATTESTATION),
};

const char *bv_exit_kind_name(enum bv_exit_kind kind)
{
	switch (kind) {
	case BV_EXIT_NONE:
		return "none";
	case BV_EXIT_STATUS:
		return "status";
	case BV_EXIT_SIGNAL:
		return "signal";
	}
	return NULL;
}

static const char *budget_fault(const struct bv_end *end)
{
	int timed = end->dimension == BV_WALL || end->dimension == BV_CPU;

	if (!bv_dimension_name(end->dimension))
		return "the dimension is not one we know";
	if (timed != (end->outcome == BV_OUTCOME_TIMEOUT))
		return "a timeout is for the wall and cpu budgets, and they end in nothing else";
	return NULL;
}

const char *bv_ending_fault(const struct bv_end *end)
{
	if (!bv_outcome_name(end->outcome) || !bv_reason_name(end->reason) ||
		!bv_exit_kind_name(end->exit))
		return "the outcome, reason or exit is not one we know";
	if (!(reasons_of[end->outcome] & REASON(end->reason)))
		return "this outcome never has this reason";
	if (end->outcome == BV_OUTCOME_COMPLETED && end->exit != BV_EXIT_STATUS)
		return "a completed run has an exit status";
	if (end->reason == BV_REASON_BUDGET)
		return budget_fault(end);
	if (end->reason == BV_REASON_POLICY && !bv_kind_name(end->kind))
		return "the policy's kind is not one we know";
	return NULL;
}

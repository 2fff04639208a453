/* SPDX-License-Identifier: MIT
 *
 * One budget: what the spec itself needs at least, and whether what a machine offers meets what
 * was asked. Four ways to fail, looked at in this order: below the minimum, past the capacity,
 * held too weakly, without the evidence. Waiving (guarantee `none`) skips the middle two: the run
 * goes on with whatever holds, and the report says so.
 */
#ifndef CONTRACT_BUDGET_H
#define CONTRACT_BUDGET_H

#include <bvisor/backend.h>

struct bv_minimum {
	uint64_t value;
	const char *why; /* "a process is a task" */
};

struct bv_minimum bv_budget_minimum(const struct bv_spec *spec, enum bv_dimension dimension);
enum bv_budget_failure bv_budget_adjudicate(const struct bv_budget *asked, uint64_t minimum,
	const struct bv_availability *available);
/* "below-minimum"; NULL if there is none. */
const char *bv_budget_failure_name(enum bv_budget_failure failure);

#endif

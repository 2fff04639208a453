/* SPDX-License-Identifier: MIT
 *
 * From a set of steps to the one order in which they are applied: phases ascending, within a
 * phase every prerequisite first, and among those free to go the smallest id by bytes. The order
 * is a function of the set alone. A set that has no such order is refused.
 */
#ifndef CONTRACT_LOWERING_H
#define CONTRACT_LOWERING_H

#include "base/json.h"
#include <bvisor/backend.h>

/* Refuses with BV_E_LOWERING and the step's id as the place: an id that is missing, malformed or
 * there twice, a conflict that is present, a prerequisite that is absent or in a later phase, and
 * a cycle. `set` and `ret` may be the same. */
int bv_lowering_compile(const struct bv_lowering *set, struct bv_lowering *ret,
	struct bv_error *err);
/* An array of {id, parameters, phase, version} in the schedule's order. */
void bv_lowering_write(struct bv_json *json, const struct bv_lowering *schedule);
/* SHA-256 of that array. */
int bv_lowering_digest(const struct bv_lowering *schedule, struct bv_digest *ret,
	struct bv_error *err);

#endif

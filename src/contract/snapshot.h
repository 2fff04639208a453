/* SPDX-License-Identifier: MIT
 *
 * The inside of snapshots: whether one that a backend filled is well-formed, its canonical form
 * (an array of facts sorted by name), and the profile id, which is the SHA-256 of that form.
 */
#ifndef CONTRACT_SNAPSHOT_H
#define CONTRACT_SNAPSHOT_H

#include "base/json.h"
#include <bvisor/backend.h>

/* A backend may write a snapshot without bv_snapshot_set(); what it leaves must still be facts:
 * terminated names of the documented form, each once, known states, values that JSON can hold. */
int bv_snapshot_check(const struct bv_snapshot *snapshot, struct bv_error *err);
void bv_snapshot_write(struct bv_json *json, const struct bv_snapshot *snapshot);
int bv_snapshot_profile(const struct bv_snapshot *snapshot, struct bv_profile_id *ret,
	struct bv_error *err);
/* Fails with BV_E_DRIFT, naming the first fact by name that is not the same in both. */
int bv_snapshot_compare(const struct bv_snapshot *then, const struct bv_snapshot *now,
	struct bv_error *err);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The verdict lattice. Meet floors the enforcement and intersects the evidence; it is
 * commutative, associative and idempotent, has `enforced × everything` as its top and
 * `unsupported × nothing` as its bottom. The unit tests prove the laws over the whole universe.
 */
#ifndef CONTRACT_LATTICE_H
#define CONTRACT_LATTICE_H

#include <stdbool.h>

#include <bvisor/vocabulary.h>

#define BV_VERDICT_TOP ((struct bv_verdict){BV_ENFORCED, BV_EVIDENCE_ALL})
#define BV_VERDICT_BOTTOM ((struct bv_verdict){BV_UNSUPPORTED, 0})

struct bv_verdict bv_verdict_meet(struct bv_verdict a, struct bv_verdict b);
/* a is at most as strong as b on both axes. */
bool bv_verdict_le(struct bv_verdict a, struct bv_verdict b);

#endif

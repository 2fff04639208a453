/* SPDX-License-Identifier: MIT
 *
 * The verdict lattice is the product of two: the chain of enforcements, whose numbers are its
 * order, and the sets of evidence claims under inclusion.
 */
#include "contract/lattice.h"

struct bv_verdict bv_verdict_meet(struct bv_verdict a, struct bv_verdict b)
{
	return (struct bv_verdict){
		.enforcement = a.enforcement < b.enforcement ? a.enforcement : b.enforcement,
		.evidence = a.evidence & b.evidence,
	};
}

bool bv_verdict_le(struct bv_verdict a, struct bv_verdict b)
{
	return a.enforcement <= b.enforcement && !(a.evidence & ~b.evidence);
}

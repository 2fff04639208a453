/* SPDX-License-Identifier: MIT
 *
 * A proposal from the inside: the normalised spec, everything it points to in one arena, and its
 * canonical JSON. Immutable once made. Invariants of the spec beyond those of spec.h: every list
 * is sorted and without duplicates, `workload.name` and `workload.directory` are never NULL, a
 * stream's path is NULL unless its mode is `file`, and empty lists have no pointer.
 */
#ifndef CONTRACT_PROPOSAL_H
#define CONTRACT_PROPOSAL_H

#include "base/arena.h"
#include <bvisor/spec.h>

struct bv_proposal {
	struct bv_arena *arena; /* holds the proposal itself, too */
	struct bv_spec spec;
	char *json;
	size_t json_len;
};

#endif

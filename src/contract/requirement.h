/* SPDX-License-Identifier: MIT
 *
 * From a normalised spec to the requirements it makes: one kind per capability (always all
 * eight), launch-workload, the kill guarantee, and the controls it names. Ordered by kind.
 */
#ifndef CONTRACT_REQUIREMENT_H
#define CONTRACT_REQUIREMENT_H

#include <stdbool.h>

#include <bvisor/spec.h>

struct bv_requirement {
	enum bv_kind kind;
	char policy[96]; /* one line for people: "deny-all", "3 paths", "stdout 1048576 bytes" */
};

size_t bv_requirements_of(const struct bv_spec *spec, struct bv_requirement ret[BV_KIND_COUNT]);
/* Whether BV_TEMP_VARIABLE is the boundary's to set: there is a temporary root, and the spec does
 * not say otherwise. */
bool bv_spec_tells_temp(const struct bv_spec *spec);
/* The command-line option or spec field that asks for the kind, for remedies. */
const char *bv_kind_field(enum bv_kind kind);

#endif

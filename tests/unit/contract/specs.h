/* SPDX-License-Identifier: MIT
 *
 * Specs for tests: the smallest, one that uses every part, and random ones with a second spec
 * that says the same in other words.
 */
#ifndef UNIT_CONTRACT_SPECS_H
#define UNIT_CONTRACT_SPECS_H

#include <stdint.h>

#include <bvisor/spec.h>

struct bv_spec spec_smallest(void);
struct bv_spec spec_full(void);

#define SPEC_POOL_ENTRIES 64

/* A spec with the memory it points to. */
struct spec_pool {
	struct bv_spec spec;
	struct bv_grant grants[SPEC_POOL_ENTRIES];
	struct bv_destination destinations[SPEC_POOL_ENTRIES];
	struct bv_variable variables[SPEC_POOL_ENTRIES];
	struct bv_descriptor descriptors[SPEC_POOL_ENTRIES];
	struct bv_exposure exposures[SPEC_POOL_ENTRIES];
	struct bv_output outputs[SPEC_POOL_ENTRIES];
	const char *arguments[SPEC_POOL_ENTRIES];
	char text[65536];
	size_t used;
};

/* xorshift64*: small, and the same everywhere. Never seed with 0. */
uint64_t spec_random(uint64_t *seed);
/* Fills the first with a valid spec, the second with the same said differently. */
void spec_random_pair(uint64_t *seed, struct spec_pool *plain, struct spec_pool *other);

#endif

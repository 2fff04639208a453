/* SPDX-License-Identifier: MIT
 *
 * Checking and normalising a spec, section by section. Each bv_check_*() reads the caller's part,
 * copies it into the arena in its one normal form and assigns it; or it fills the error with the
 * field's path, what was given and what is allowed, and assigns nothing that will be used: the
 * caller drops the whole arena.
 */
#ifndef CONTRACT_SPEC_CHECK_H
#define CONTRACT_SPEC_CHECK_H

#include "base/arena.h"
#include "contract/spec_words.h"
#include <bvisor/spec.h>

struct bv_check {
	struct bv_arena *arena;
	struct bv_error *err;
};

/* A field's path: "capabilities.filesystem[2].access". */
struct bv_place {
	char text[96];
};

struct bv_place bv_place_at(const char *list, size_t index, const char *field);

/* Sections: spec_workload.c, spec_lists.c, spec_network.c, spec_streams.c, spec_policy.c,
 * spec_controls.c. */
int bv_check_workload(struct bv_check *check, const struct bv_workload *in,
	struct bv_workload *ret);
int bv_check_grants(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret);
int bv_check_network(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret);
int bv_check_environment(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret);
int bv_check_descriptors(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret);
int bv_check_isolation(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret);
int bv_check_streams(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret);
int bv_check_controls(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret);
int bv_check_budgets(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret);

/* What the host makes appear in the boundary: spec_inside.c. The grants are checked before. */
int bv_check_inside(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret);

/* Values: spec_value.c. */
int bv_check_memory(struct bv_check *check, const void *allocated);
int bv_check_text(struct bv_check *check, const char *place, const char *in, const char **ret);
/* Absolute, at most BV_PATH_BYTES_MAX, no "..": without slashes too many and without ".". */
int bv_check_path(struct bv_check *check, const char *place, const char *in, const char **ret);
int bv_check_word(struct bv_check *check, const char *place, unsigned int value,
	const struct bv_words *words);
int bv_check_bits(struct bv_check *check, const char *place, uint32_t bits,
	const struct bv_words *words);
int bv_check_flag(struct bv_check *check, const char *place, uint8_t value);
/* A pointer where there are entries, and no more of them than the bound. */
int bv_check_list(struct bv_check *check, const char *place, const void *list, size_t count,
	size_t max);

#endif

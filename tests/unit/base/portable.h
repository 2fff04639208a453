/* SPDX-License-Identifier: MIT
 *
 * The portable SHA-256 under names of its own, so that one program can hold both variants.
 */
#ifndef UNIT_BASE_PORTABLE_H
#define UNIT_BASE_PORTABLE_H

#include "base/digest.h"

void portable_init(struct bv_sha256 *state);
void portable_update(struct bv_sha256 *state, const void *data, size_t len);
void portable_final(struct bv_sha256 *state, struct bv_digest *ret);
/* Counts bytes without hashing them. */
void portable_skip(struct bv_sha256 *state, uint64_t bytes);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Whole blocks of SHA-256 on a processor that has instructions for it. Every cold run hashes the
 * program it starts, and the general code is five times slower. Whole-file variants.
 */
#ifndef BASE_BLOCKS_H
#define BASE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes `count` blocks of 64 bytes into the hash; false, and nothing done, if it cannot. */
bool bv_sha256_blocks(uint32_t hash[8], const uint8_t *data, size_t count);

#endif

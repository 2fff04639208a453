/* SPDX-License-Identifier: MIT
 *
 * See portable.h. The source is the one that is built for wasm32-wasi.
 */
#define bv_sha256_init portable_init
#define bv_sha256_update portable_update
#define bv_sha256_final portable_final
#include "base/digest_portable.c"

#include "portable.h"

void portable_skip(struct bv_sha256 *state, uint64_t bytes)
{
	inner(state)->total += bytes;
}

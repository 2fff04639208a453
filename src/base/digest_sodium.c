/* SPDX-License-Identifier: MIT
 *
 * SHA-256 by libsodium. Its SHA-256 needs no sodium_init(): it has one implementation, chosen at
 * build time, and no global state.
 */
#include "base/digest.h"

#include <sodium/crypto_hash_sha256.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct bv_sha256), "state must fit");
_Static_assert(_Alignof(crypto_hash_sha256_state) <= _Alignof(struct bv_sha256), "and align");
_Static_assert(crypto_hash_sha256_BYTES == BV_DIGEST_BYTES, "a digest is a SHA-256");

static crypto_hash_sha256_state *inner(struct bv_sha256 *state)
{
	return (crypto_hash_sha256_state *)(void *)state->state;
}

void bv_sha256_init(struct bv_sha256 *state)
{
	(void)crypto_hash_sha256_init(inner(state));
}

void bv_sha256_update(struct bv_sha256 *state, const void *data, size_t len)
{
	if (len)
		(void)crypto_hash_sha256_update(inner(state), data, len);
}

void bv_sha256_final(struct bv_sha256 *state, struct bv_digest *ret)
{
	(void)crypto_hash_sha256_final(inner(state), ret->bytes);
}

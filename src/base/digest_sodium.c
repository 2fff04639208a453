/* SPDX-License-Identifier: MIT
 *
 * SHA-256 by libsodium, but for whole blocks where the processor has instructions for them. Its
 * SHA-256 needs no sodium_init(): it has one implementation, chosen at build time, and no global
 * state. Its state is a public struct: the eight words, the count of bits, the block begun.
 */
#include "base/digest.h"
#include "base/blocks.h"

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
	crypto_hash_sha256_state *sodium = inner(state);
	const uint8_t *at = data;
	size_t begun = (size_t)(sodium->count / 8 % 64), blocks;
	size_t head = begun && len >= 64 - begun ? 64 - begun : 0;

	if (head)
		(void)crypto_hash_sha256_update(sodium, at, head);
	blocks = head || !begun ? (len - head) / 64 : 0;
	if (blocks && bv_sha256_blocks(sodium->state, at + head, blocks)) {
		sodium->count += (uint64_t)blocks * 512;
		head += blocks * 64;
	}
	if (len > head)
		(void)crypto_hash_sha256_update(sodium, at + head, len - head);
}

void bv_sha256_final(struct bv_sha256 *state, struct bv_digest *ret)
{
	(void)crypto_hash_sha256_final(inner(state), ret->bytes);
}

/* SPDX-License-Identifier: MIT
 *
 * What every variant of the digest shares: the one-call form, and how a digest is written.
 */
#include "base/digest.h"
#include "base/hex.h"

void bv_sha256_once(const void *data, size_t len, struct bv_digest *ret)
{
	struct bv_sha256 state;

	bv_sha256_init(&state);
	bv_sha256_update(&state, data, len);
	bv_sha256_final(&state, ret);
}

char *bv_digest_hex(const struct bv_digest *digest, char out[BV_DIGEST_HEX])
{
	bv_hex(bv_bytes(digest->bytes, sizeof(digest->bytes)), out);
	out[BV_DIGEST_HEX - 1] = '\0';
	return out;
}

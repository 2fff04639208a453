/* SPDX-License-Identifier: MIT
 *
 * SHA-256 (FIPS 180-4). Two whole-file variants: libsodium on hosts, and a portable one for
 * targets that libsodium is not packaged for (wasm32-wasi).
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <bvisor/digest.h>

struct bv_sha256 {
	_Alignas(16) unsigned char state[128];
};

void bv_sha256_init(struct bv_sha256 *state);
void bv_sha256_update(struct bv_sha256 *state, const void *data, size_t len);
void bv_sha256_final(struct bv_sha256 *state, struct bv_digest *ret);
void bv_sha256_once(const void *data, size_t len, struct bv_digest *ret);

#endif

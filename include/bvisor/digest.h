/* SPDX-License-Identifier: MIT
 *
 * Identities. Every identity is a SHA-256, and every kind of identity is a type of its own, so
 * that a plan's id cannot be passed where a report's is meant.
 */
#ifndef BVISOR_DIGEST_H
#define BVISOR_DIGEST_H

#include <bvisor/api.h>

#define BV_DIGEST_BYTES 32
#define BV_DIGEST_HEX (2 * BV_DIGEST_BYTES + 1)

struct bv_digest {
	uint8_t bytes[BV_DIGEST_BYTES];
};

struct bv_plan_id {
	struct bv_digest digest;
};

struct bv_profile_id {
	struct bv_digest digest;
};

struct bv_attempt_id {
	struct bv_digest digest;
};

struct bv_report_id {
	struct bv_digest digest;
};

struct bv_artifact_id {
	struct bv_digest digest;
};

BV_BEGIN_DECLS
/* Lower-case hexadecimal, NUL-terminated; returns `out`. */
BV_API char *bv_digest_hex(const struct bv_digest *digest, char out[BV_DIGEST_HEX]);
BV_END_DECLS

#endif

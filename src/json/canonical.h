/* SPDX-License-Identifier: MIT
 *
 * Any JSON text in its one canonical form (docs/formats/canonical-json.md). Canonical bytes are
 * a fixed point; a text that is refused has no canonical form.
 */
#ifndef JSON_CANONICAL_H
#define JSON_CANONICAL_H

#include "base/buf.h"
#include <bvisor/error.h>

/* Replaces the buffer's contents on success, within its maximum; untouched on failure. */
BV_MUST_CHECK int bv_json_canonicalise(const void *text, size_t len, struct bv_buf *ret,
	struct bv_error *err);

#endif

/* SPDX-License-Identifier: MIT
 *
 * A normalised spec as canonical JSON (docs/formats/spec.md).
 */
#ifndef CONTRACT_SPEC_JSON_H
#define CONTRACT_SPEC_JSON_H

#include "base/json.h"
#include <bvisor/spec.h>

void bv_spec_write(struct bv_json *json, const struct bv_spec *spec);

#endif

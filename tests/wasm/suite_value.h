/* SPDX-License-Identifier: MIT
 *
 * Values as the JSON scripts write them. Numbers are the decimal form of their bits.
 */
#ifndef TESTS_WASM_SUITE_VALUE_H
#define TESTS_WASM_SUITE_VALUE_H

#include <bvisor/wasm.h>
#include <jansson.h>

/* An argument. False for a type that the engine does not have. */
bool suite_value_parse(const json_t *json, union bv_wasm_value *ret);
/* Does a result of a type match what is expected? */
bool suite_value_matches(const json_t *expected, uint8_t type, union bv_wasm_value value);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Constant expressions: initialisers of globals, offsets of segments, items of element segments.
 * Validated once while decoding; evaluated at each instantiation.
 */
#ifndef ENGINE_CONSTEXPR_H
#define ENGINE_CONSTEXPR_H

#include "engine/cursor.h"
#include "engine/module.h"

/* Reads and checks one expression of the wanted type. It may name the module's first
 * `global_count` globals if immutable. Marks functions that it references as declared. */
bool bv_constexpr_validate(struct bv_cursor *cursor, struct bv_wasm_module *module,
	uint32_t global_count, uint8_t type, struct bv_constexpr *ret);

/* What an expression may read from an instance. */
struct bv_constexpr_env {
	const struct bv_wasm_module *module;
	uint64_t (*global)(void *user, uint32_t index);
	uint64_t (*func)(void *user, uint32_t index);
	void *user;
};

/* Evaluates a validated expression that starts at byte `at`; *ret_end, if wanted, is the byte
 * behind it. */
uint64_t bv_constexpr_eval(const struct bv_constexpr_env *env, uint32_t at, uint32_t *ret_end);

#endif

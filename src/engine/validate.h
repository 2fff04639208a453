/* SPDX-License-Identifier: MIT
 *
 * The validator: proves that every function body is well-typed, by the algorithm of the core
 * specification's appendix. It emits nothing. What it leaves behind is one number a function, the
 * greatest height of the operand stack, from which the size of its frame follows.
 */
#ifndef ENGINE_VALIDATE_H
#define ENGINE_VALIDATE_H

#include "engine/cursor.h"
#include "engine/module.h"

int bv_validate_bodies(struct bv_wasm_module *module, struct bv_error *err);

/* A body's declarations of locals: leaves the cursor at the first instruction. `types` holds
 * BV_MODULE_PARAMS_MAX + BV_MODULE_LOCALS_MAX bytes and receives parameters, then locals. */
bool bv_validate_locals(struct bv_cursor *cursor, const struct bv_functype *type, uint8_t *types,
	uint32_t *ret_count);

#endif

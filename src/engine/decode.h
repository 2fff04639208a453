/* SPDX-License-Identifier: MIT
 *
 * The decoder: module bytes to struct bv_wasm_module. It reads every section, checks what can be
 * checked without looking into function bodies, and leaves the bodies to the validator.
 */
#ifndef ENGINE_DECODE_H
#define ENGINE_DECODE_H

#include "engine/cursor.h"
#include "engine/module.h"

/* Fills a zeroed module whose heap and bytes are set. */
int bv_decode_module(struct bv_wasm_module *module, struct bv_error *err);

/* Sections with initialisers; see decode_segment.c. */
bool bv_decode_globals(struct bv_cursor *cursor, struct bv_wasm_module *module);
bool bv_decode_elems(struct bv_cursor *cursor, struct bv_wasm_module *module);
bool bv_decode_datas(struct bv_cursor *cursor, struct bv_wasm_module *module);
bool bv_decode_global_type(struct bv_cursor *cursor, struct bv_module_global *ret);
bool bv_decode_no_memory(struct bv_cursor *cursor);
/* Grows an index space in place for `more` further entries. */
bool bv_decode_room(struct bv_cursor *cursor, struct bv_wasm_module *module, void **items,
	size_t count, size_t more, size_t size);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The module "spectest" that the official test scripts import from: globals, a table and a memory
 * come from a small module of ours, written out as bytes; its functions are host functions.
 */
#ifndef TESTS_WASM_SPECTEST_H
#define TESTS_WASM_SPECTEST_H

#include <bvisor/wasm.h>

/* Defines it in a store. The module must outlive the store. False with a message on stderr. */
bool spectest_define(struct bv_wasm_store *store, struct bv_wasm_module **ret);

#endif

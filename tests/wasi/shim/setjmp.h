/* SPDX-License-Identifier: MIT
 *
 * cmocka's users include this before cmocka; the real one refuses to compile for WebAssembly.
 */
#ifndef TESTS_WASI_SHIM_SETJMP_H
#define TESTS_WASI_SHIM_SETJMP_H
#endif

/* SPDX-License-Identifier: MIT
 *
 * What the oracles of the wasm backend share: the fixture of oracle.h with that backend and a guest
 * that does what its arguments say (guest/module.c), in a worker or in this process; and looks at
 * the worker in /proc. In the scratch directory are in/file, rw/ and outside/secret.
 *
 *     #define OUTSIDE_TESTS(T) T(one_property) ...
 *     #define INSIDE_TESTS(T) ...
 *     WASM_MAIN(OUTSIDE_TESTS, INSIDE_TESTS)
 */
#ifndef ORACLE_WASM_H
#define ORACLE_WASM_H

#include "oracle.h"

#define TREASURE "the-treasure-of-the-host"

int wasm_setup_outside(void **state);
int wasm_setup_inside(void **state);
/* Also that no worker is left. */
int wasm_teardown(void **state);
/* Another handle on the backend, instead of the one there is. */
void wasm_reopen(struct oracle *o, enum bv_wasm_worker worker, bool fuel);
/* Skips where there is no guest, or no wall for a worker. */
void wasm_needs(bool worker);

/* The one worker of ours; -1. */
pid_t wasm_worker(void);
/* Waits for it to be gone, for two seconds. */
bool wasm_worker_gone(void);
/* What is mapped executable, one line each; *ret_writable counts what is writable as well. */
void wasm_executable(pid_t pid, char *ret, size_t size, long *ret_writable);
/* How many of its descriptors lead to something with these words. */
long wasm_descriptors(pid_t pid, const char *words);

#define WASM_OUTSIDE(name) {#name, name, wasm_setup_outside, wasm_teardown, NULL},
#define WASM_INSIDE(name) {#name, name, wasm_setup_inside, wasm_teardown, NULL},
#define WASM_MAIN(OUTSIDE, INSIDE) \
	int main(int argc, char **argv) \
	{ \
		static const struct CMUnitTest tests[] = { \
			OUTSIDE(WASM_OUTSIDE) INSIDE(WASM_INSIDE)}; \
\
		return oracle_main(argv[0], tests, sizeof(tests) / sizeof(tests[0]), argc, argv); \
	}

#endif

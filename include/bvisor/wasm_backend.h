/* SPDX-License-Identifier: MIT
 *
 * The wasm backend: runs WebAssembly modules with WASI imports (BV_WORKLOAD_WASM). The engine is
 * the boundary: a guest reaches its memory and the functions of WASI, and these reach only what the
 * spec grants. By default the engine itself runs in a worker program that the linux backend
 * confines to the same grants: no new task, no socket, no executable memory. So a guest that broke
 * out of the engine would stand in a second boundary.
 *
 * A handle may be used from several threads at once.
 */
#ifndef BVISOR_WASM_BACKEND_H
#define BVISOR_WASM_BACKEND_H

#include <bvisor/backend.h>

enum bv_wasm_worker {
	BV_WASM_WORKER_REQUIRED = 0,  /* what has no second boundary here is refused */
	BV_WASM_WORKER_PREFERRED = 1, /* then it runs in this process, and the plan says so */
	BV_WASM_WORKER_NONE = 2,      /* in this process: the engine is the only boundary */
};

struct bv_wasm_backend_options {
	enum bv_wasm_worker worker;
	/* Count processor time by fuel: about one unit an instruction, a thousand of them to the
	 * microsecond. A guest then ends at the same instruction on every machine. */
	uint8_t fuel;
	/* Paths of bvisor-wasm and bvisor-launcher; NULL: where they were installed. */
	const char *worker_path;
	const char *launcher_path;
};

BV_BEGIN_DECLS
/* `options` may be NULL. */
BV_API BV_MUST_CHECK int bv_wasm_backend_open(const struct bv_wasm_backend_options *options,
	struct bv_backend **ret, struct bv_error *err);

/* What one of WASI's functions is called; NULL past the last. Their module's name is
 * "wasi_snapshot_preview1"; all but sock_accept also exist as "wasi_unstable". */
BV_API const char *bv_wasm_backend_import(size_t index);
BV_END_DECLS

#endif

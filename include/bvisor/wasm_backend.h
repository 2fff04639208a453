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

#include <bvisor/linux.h>
#include <bvisor/wasm_cache.h>

enum bv_wasm_worker {
	BV_WASM_WORKER_REQUIRED = 0,  /* what has no second boundary here is refused */
	BV_WASM_WORKER_PREFERRED = 1, /* then it runs in this process, and the plan says so */
	BV_WASM_WORKER_NONE = 2,      /* in this process: the engine is the only boundary */
};

struct bv_wasm_backend_options {
	enum bv_wasm_worker worker;
	/* Count processor time by fuel: about one unit an instruction, a thousand of them to the
	 * microsecond. A guest then ends at the same instruction on every machine, and its fuel
	 * is what is measured; the worker's own time is bounded far behind it (docs/wasm.md). */
	uint8_t fuel;
	/* Paths of bvisor-wasm and bvisor-launcher; NULL: where they were installed. */
	const char *worker_path;
	const char *launcher_path;
	enum bv_linux_view view; /* of the worker's boundary */
	/* The worker's. In this process a guest is whoever calls. */
	enum bv_linux_identity identity;
	/* Where outputs are kept, as in struct bv_linux_options. */
	const char *staging;
	/* Where modules that run in this process are kept, loaded, for their next run, perhaps with
	 * those of other handles; it must outlive them. NULL: a cache of the handle's own. */
	struct bv_wasm_cache *cache_borrow;
};

BV_BEGIN_DECLS
/* `options` may be NULL. */
BV_API BV_MUST_CHECK int bv_wasm_backend_open(const struct bv_wasm_backend_options *options,
	struct bv_backend **ret, struct bv_error *err);

/* Whether the backend has an import (bv_wasm_import()) under that name and with that type. All it
 * has is WASI's: "wasi_snapshot_preview1", and "wasi_unstable" for old modules. */
BV_API bool bv_wasm_backend_provides(const struct bv_wasm_extern *import);
BV_END_DECLS

#endif

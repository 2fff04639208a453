/* SPDX-License-Identifier: MIT
 *
 * Modules kept for the next run, and linear memory that costs what is touched of it. The engine
 * itself makes no system call; this is its side towards Linux.
 *
 *   1. bv_wasm_cache_new()       a handle of the caller's: nothing is kept outside it
 *   2. bv_wasm_cache_load()      the module of these bytes, validated now or earlier
 *   3. bv_wasm_cache_memory()    what a store's config takes as its memory
 *   4. bv_wasm_cache_release()   when every store that used the module is freed
 *
 * A module is known by the SHA-256 of its bytes, of the engine's version, and of the options it
 * was loaded with. With it are kept the functions translated so far, and, from its second instance
 * on, an image of its initial memory (of up to 16 MiB; beyond that segments are copied), which
 * instances map copy-on-write: none sees what another wrote.
 *
 * Threads: every function here may be called from any thread, but bv_wasm_cache_free().
 */
#ifndef BVISOR_WASM_CACHE_H
#define BVISOR_WASM_CACHE_H

#include <bvisor/wasm.h>

struct bv_wasm_cache;

/* What is kept while nobody uses it; 0 means the default. Modules in use are counted, too, but
 * stay whatever they take, and go when they are released if there is no room for them. One that
 * takes more than a quarter of `bytes` goes when it is released, and pushes no other out. */
struct bv_wasm_cache_limits {
	uint64_t bytes;   /* default 256 MiB; images are counted by their length */
	uint32_t entries; /* default 64 */
};

struct bv_wasm_cache_counts {
	uint64_t hits;
	uint64_t misses;
	uint64_t evictions;
	uint64_t bytes; /* now */
	uint32_t entries;
};

BV_BEGIN_DECLS
/* `limits` may be NULL. */
BV_API int bv_wasm_cache_new(const struct bv_wasm_cache_limits *limits, struct bv_wasm_cache **ret,
	struct bv_error *err);
/* Only when every module is released. NULL is fine. */
BV_API void bv_wasm_cache_free(struct bv_wasm_cache *cache);
/* As bv_wasm_module_load(); what it returns is given back, never freed. */
BV_API int bv_wasm_cache_load(struct bv_wasm_cache *cache, const void *bytes, size_t len,
	const struct bv_wasm_limits *limits, const struct bv_wasm_module **ret,
	struct bv_error *err);
BV_API void bv_wasm_cache_release(struct bv_wasm_cache *cache, const struct bv_wasm_module *module);
/* Lives as long as the cache. Addresses are reserved up to the memory's maximum, so that it never
 * moves; a module that is not of this cache gets zeroed memory. */
BV_API const struct bv_wasm_memory_ops *bv_wasm_cache_memory(struct bv_wasm_cache *cache);
BV_API void bv_wasm_cache_count(struct bv_wasm_cache *cache, struct bv_wasm_cache_counts *ret);
BV_END_DECLS

#endif

/* SPDX-License-Identifier: MIT
 *
 * Linear memory by mmap, and images of what it is at first.
 */
#ifndef WARM_WARM_H
#define WARM_WARM_H

#include "base/bytes.h"
#include <bvisor/digest.h>
#include <bvisor/wasm_cache.h>

/* The initial memory of a module in a sealed file of memory; fd is -1 when there is none. */
struct warm_image {
	int fd;
	uint64_t bytes; /* whole pages */
};

/* Never fails: without an image, or with one that would be larger than `bytes_max` or than any may
 * be, segments are copied. */
struct warm_image warm_image_new(const struct bv_wasm_module *module, uint64_t bytes_max);

/* As bv_wasm_cache_load(), for who knows the SHA-256 of the bytes already. */
int warm_cache_load(struct bv_wasm_cache *cache, const struct bv_digest *digest,
	struct bv_bytes bytes, const struct bv_wasm_limits *limits,
	const struct bv_wasm_module **ret, struct bv_error *err);

/* Maps `bytes` of memory, of which the image is the beginning (NULL: zeroes), and reserves
 * addresses for `bytes_max`. NULL when the kernel refuses. */
uint8_t *warm_memory_map(const struct warm_image *image, uint64_t bytes, uint64_t bytes_max);
uint8_t *warm_memory_grow(void *user, uint8_t *base, uint64_t bytes_old, uint64_t bytes_new,
	uint64_t bytes_max);
void warm_memory_release(void *user, uint8_t *base, uint64_t bytes, uint64_t bytes_max);

/* plain.c: for one store without images, as the limits of this process let it be. */
const struct bv_wasm_memory_ops *warm_memory_plain(void);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Linear memory of a worker, which knows no images: zeroes, of which a page takes memory once it is
 * touched, and not when it is grown.
 *
 * Addresses are reserved for the most there may be, so that growing moves nothing. Where a limit on
 * the address space holds the memory budget (RLIMIT_AS, getrlimit(2)), what is only reserved would
 * count; there the memory is mapped as large as it is, and may move when it grows: page tables are
 * moved then, and no bytes.
 */
#include "warm/warm.h"

#include <sys/mman.h>
#include <sys/resource.h>

static uint8_t *plain_reserve(void *user, const struct bv_wasm_module *module, uint64_t bytes,
	uint64_t bytes_max, bool *ret_image)
{
	(void)user, (void)module, (void)ret_image;
	return warm_memory_map(NULL, bytes, bytes_max);
}

static const struct bv_wasm_memory_ops plain_reserving = {
	.reserve = plain_reserve,
	.grow = warm_memory_grow,
	.release = warm_memory_release,
};

/* A mapping of nothing is none (mmap(2)); a byte's is rounded up, and grows from there. */
static size_t plain_size(uint64_t bytes)
{
	return bytes ? (size_t)bytes : 1;
}

static uint8_t *plain_map(void *user, const struct bv_wasm_module *module, uint64_t bytes,
	uint64_t bytes_max, bool *ret_image)
{
	void *base = mmap(NULL, plain_size(bytes), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)user, (void)module, (void)bytes_max, (void)ret_image;
	return base == MAP_FAILED ? NULL : base;
}

static uint8_t *plain_remap(void *user, uint8_t *base, uint64_t bytes_old, uint64_t bytes_new,
	uint64_t bytes_max)
{
	void *moved = mremap(base, plain_size(bytes_old), plain_size(bytes_new), MREMAP_MAYMOVE);

	(void)user, (void)bytes_max;
	return moved == MAP_FAILED ? NULL : moved;
}

static void plain_unmap(void *user, uint8_t *base, uint64_t bytes, uint64_t bytes_max)
{
	(void)user, (void)bytes_max;
	munmap(base, plain_size(bytes));
}

static const struct bv_wasm_memory_ops plain_moving = {
	.reserve = plain_map,
	.grow = plain_remap,
	.release = plain_unmap,
};

const struct bv_wasm_memory_ops *warm_memory_plain(void)
{
	struct rlimit space = {0};

	if (getrlimit(RLIMIT_AS, &space) || space.rlim_cur != RLIM_INFINITY)
		return &plain_moving;
	return &plain_reserving;
}

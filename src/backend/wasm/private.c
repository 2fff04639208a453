/* SPDX-License-Identifier: MIT
 *
 * Where a guest of this process keeps its bytes and its values: mappings of its own, gone with the
 * run. Nothing that it held (a secret it was leased among them) is then anywhere in the caller's
 * heap, and no run begins with what another left.
 */
#include <sys/mman.h>

#include "inside.h"
#include "warm/warm.h"

/* As the engine's default is (bvisor/wasm_types.h). */
#define STACK_BYTES ((size_t)1 << 20)

static uint8_t *private_reserve(void *user, const struct bv_wasm_module *module, uint64_t bytes,
	uint64_t bytes_max, bool *ret_image)
{
	(void)user, (void)module, (void)ret_image;
	return warm_memory_map(NULL, bytes, bytes_max);
}

const struct bv_wasm_memory_ops private_memory = {
	.reserve = private_reserve,
	.grow = warm_memory_grow,
	.release = warm_memory_release,
};

void *private_stack(void)
{
	void *stack =
		mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return stack == MAP_FAILED ? NULL : stack;
}

void private_stack_free(void *stack)
{
	if (stack)
		munmap(stack, STACK_BYTES);
}

/* SPDX-License-Identifier: MIT
 *
 * Where a guest of this process keeps its values: a mapping of its own, gone with the run, as its
 * memory is (warm/memory.c). Nothing that it held (a secret it was leased among them) is then
 * anywhere in the caller's heap, and no run begins with what another left.
 */
#include <sys/mman.h>

#include "inside.h"

/* As the engine's default is (bvisor/wasm_types.h). */
#define STACK_BYTES ((size_t)1 << 20)

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

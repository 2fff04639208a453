/* SPDX-License-Identifier: MIT
 *
 * Entering the interpreter and leaving it: the first call, the loop of builds without tail calls,
 * and what a trap leaves behind.
 */
#include "engine/exec.h"

#include "engine/code.h"

bv_handler bv_exec_handler(uint32_t op, uint32_t variant)
{
	bv_handler handler = NULL;

	if (variant >= BV_IR_VARIANTS)
		return NULL;
	handler = bv_exec_integer(op, variant);
	if (!handler)
		handler = bv_exec_float(op, variant);
	if (!handler)
		handler = bv_exec_memory(op, variant);
	if (!handler)
		handler = bv_exec_control(op, variant);
	return handler;
}

__attribute__((noinline, cold)) int bv_exec_trap(struct bv_wasm_instance *in,
	const struct bv_cell *ip, enum bv_wasm_trap_kind kind)
{
	struct bv_wasm_trap trap = {.kind = kind, .offset = BV_WASM_NOWHERE};
	uint32_t offset = 0;

	/* The instance that runs is not always the one whose cell it is. */
	for (const struct bv_wasm_instance *i = in->store->instances; i; i = i->next) {
		if (!bv_code_find(i->module, ip, &trap.func_index, &offset))
			continue;
		trap.offset = offset;
		break;
	}
	in->store->trap = trap;
	return BV_EXEC_TRAP;
}

bool bv_exec_run(struct bv_wasm_instance *instance, struct bv_wasm_func *func, uint64_t *fp)
{
	uint64_t x = (uint64_t)(uintptr_t)func;
	int result = func->code->op(func->code, fp, instance->memory->base, instance->memory->bytes,
		instance, x, 0.0f, 0.0);

#ifdef BV_ENGINE_TRAMPOLINE
	while (result == BV_EXEC_NEXT) {
		const struct bv_exec_registers r = instance->store->registers;

		result = r.ip->op(r.ip, r.fp, r.mem, r.len, r.in, r.x, r.s, r.d);
	}
#endif
	return result == BV_EXEC_DONE;
}

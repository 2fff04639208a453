/* SPDX-License-Identifier: MIT
 *
 * Handlers of moves, control flow, calls, and of everything slow.
 *
 * A call writes the address of the cell behind it into the callee's frame, at slot a (behind the
 * arguments). The cell before that address holds in d how far the callee's frame lies above the
 * caller's, so that a return can find the way back. A call that may leave the instance keeps it
 * in the caller's frame, in the slot that the RELOAD cell behind names, and returns to that cell,
 * which brings back the instance and its memory.
 */
#include "engine/exec.h"

#include "engine/code.h"

static inline const struct bv_cell *return_address(uint64_t slot)
{
	return (const struct bv_cell *)(uintptr_t)slot;
}

static inline uint64_t slot_of_address(const struct bv_cell *ip)
{
	return (uint64_t)(uintptr_t)ip;
}

static inline uint64_t slot_of_instance(const struct bv_wasm_instance *in)
{
	return (uint64_t)(uintptr_t)in;
}

/* ---- moves ---- */

BV_OPFN(copy)
{
	fp[ip->d] = fp[ip->a];
	BV_NEXT(1);
}

BV_OPFN(copy2)
{
	fp[ip->d] = fp[ip->a];
	fp[ip->b] = fp[ip->c];
	BV_NEXT(1);
}

BV_OPFN(save_x)
{
	fp[ip->d] = x;
	BV_NEXT(1);
}

BV_OPFN(save_s)
{
	fp[ip->d] = bv_f32_bits(s);
	BV_NEXT(1);
}

BV_OPFN(save_d)
{
	fp[ip->d] = bv_f64_bits(d);
	BV_NEXT(1);
}

BV_OPFN(const32)
{
	fp[ip->d] = (uint64_t)(int64_t)ip->simm;
	BV_NEXT(1);
}

BV_OPFN(const64)
{
	fp[ip->d] = ip[1].raw;
	BV_NEXT(2);
}

BV_OPFN(zero)
{
	for (uint32_t i = 0; i < ip->imm; i++)
		fp[ip->a + i] = 0;
	BV_NEXT(1);
}

#define SELECT(name, condition, acc, value, bits) \
	BV_VALUE(name, uint64_t v = (uint32_t)(condition) ? fp[ip->a] : fp[ip->b], BV_NO_CHECK, \
		acc, value, bits)

SELECT(select_x_s, fp[ip->c], x, v, x)
SELECT(select_x_a, x, x, v, x)
SELECT(select_s_s, fp[ip->c], s, bv_f32_of(v), v)
SELECT(select_s_a, x, s, bv_f32_of(v), v)
SELECT(select_d_s, fp[ip->c], d, bv_f64_of(v), v)
SELECT(select_d_a, x, d, bv_f64_of(v), v)

/* ---- globals ---- */

#define GLOBAL_GET(name, cell) \
	BV_VALUE(name##_x, uint64_t v = cell, BV_NO_CHECK, x, v, v) \
	BV_VALUE(name##_s, uint64_t v = cell, BV_NO_CHECK, s, bv_f32_of(v), v) \
	BV_VALUE(name##_d, uint64_t v = cell, BV_NO_CHECK, d, bv_f64_of(v), v)

GLOBAL_GET(global_own, in->cells[ip->imm])
GLOBAL_GET(global_import, *in->globals[ip->imm].cell)

#define GLOBAL_SET1(name, cell, value) \
	BV_OPFN(name) \
	{ \
		cell = (value); \
		BV_NEXT(1); \
	}
#define GLOBAL_SET(name, cell) \
	GLOBAL_SET1(name##_slot, cell, fp[ip->d]) \
	GLOBAL_SET1(name##_x, cell, x) \
	GLOBAL_SET1(name##_s, cell, bv_f32_bits(s)) \
	GLOBAL_SET1(name##_d, cell, bv_f64_bits(d))

GLOBAL_SET(set_own, in->cells[ip->imm])
GLOBAL_SET(set_import, *in->globals[ip->imm].cell)

BV_VALUE(ref_func, uint64_t v = (uint64_t)(uintptr_t)in->funcs[ip->imm], BV_NO_CHECK, x, v, v)
BV_VALUE(memory_size, uint64_t v = len / BV_PAGE_BYTES, BV_NO_CHECK, x, v, v)

/* ---- branches ---- */

BV_OPFN(br_forward)
{
	BV_NEXT(ip->simm);
}

BV_OPFN(br_back)
{
	BV_POLL();
	BV_NEXT(ip->simm);
}

#define BR_TABLE(name, index, poll) \
	BV_OPFN(name) \
	{ \
		uint32_t i = (uint32_t)(index); \
\
		poll; \
		i = i < ip->imm ? i : ip->imm; \
		ip = ip[1 + i].code; \
		BV_DISPATCH(); \
	}

BR_TABLE(br_table_s, fp[ip->a], BV_NO_CHECK)
BR_TABLE(br_table_s_poll, fp[ip->a], BV_POLL())
BR_TABLE(br_table_x, x, BV_NO_CHECK)
BR_TABLE(br_table_x_poll, x, BV_POLL())

BV_OPFN(unreachable)
{
	(void)fp, (void)mem, (void)len, (void)x, (void)s, (void)d;
	return bv_exec_trap(in, ip, BV_WASM_TRAP_UNREACHABLE);
}

BV_OPFN(fuel)
{
	BV_TRAP_IF(in->store->fuel < ip->imm, FUEL);
	in->store->fuel -= ip->imm;
	BV_NEXT(1);
}

/* ---- calls ---- */

/* True when a frame of so many slots does not fit at fp. */
static inline bool stack_full(const struct bv_wasm_instance *in, const uint64_t *fp, uint64_t slots)
{
	return (uint64_t)((const char *)in->stack_end - (const char *)fp) < slots * 8;
}

/* A function of the same instance. */
BV_OPFN(call)
{
	uint64_t *frame = fp + ip->d;

	BV_TRAP_IF(stack_full(in, frame, ip->imm), STACK);
	BV_POLL();
	frame[ip->a] = slot_of_address(ip + 2);
	fp = frame;
	ip = __atomic_load_n(&ip[1].code, __ATOMIC_ACQUIRE);
	BV_DISPATCH();
}

/* A function of another instance, or of the host; x hands it to its first cell. */
BV_OPFN(call_import)
{
	struct bv_wasm_func *func = in->funcs[ip->imm];

	fp[ip[2].a] = slot_of_instance(in);
	fp += ip->d;
	BV_TRAP_IF(stack_full(in, fp, func->frame_slots), STACK);
	BV_POLL();
	fp[ip->a] = slot_of_address(ip + 2);
	if (func->instance) {
		in = func->instance;
		BV_RELOAD();
	}
	x = (uint64_t)(uintptr_t)func;
	ip = func->code;
	BV_DISPATCH();
}

BV_OPFN(reload)
{
	in = (struct bv_wasm_instance *)(uintptr_t)fp[ip->a];
	BV_RELOAD();
	BV_NEXT(1);
}

/* The function at an index of a table, or a trap; bounds, null and type, in this order. */
#define INDIRECT(index) \
	const struct bv_table *table = in->tables[ip->b]; \
	uint32_t i = (uint32_t)(index); \
	struct bv_wasm_func *func; \
\
	BV_TRAP_IF(i >= table->count, ELEMENT_BOUNDS); \
	func = (struct bv_wasm_func *)(uintptr_t)table->items[i]; \
	BV_TRAP_IF(!func, ELEMENT_NULL); \
	BV_TRAP_IF(func->type_id != in->type_ids[ip[1].imm], CALL_TYPE)

#define CALL_INDIRECT(name, index) \
	BV_OPFN(name) \
	{ \
		INDIRECT(index); \
		fp += ip->d; \
		BV_TRAP_IF(stack_full(in, fp, func->frame_slots), STACK); \
		BV_POLL(); \
		x = (uint64_t)(uintptr_t)func; \
		if (BV_UNLIKELY(func->instance != in)) { \
			(fp - ip->d)[ip[2].a] = slot_of_instance(in); \
			fp[ip->c] = slot_of_address(ip + 2); \
			if (func->instance) { \
				in = func->instance; \
				BV_RELOAD(); \
			} \
		} else { \
			fp[ip->c] = slot_of_address(ip + 3); \
		} \
		ip = func->code; \
		BV_DISPATCH(); \
	}

CALL_INDIRECT(call_indirect_s, fp[ip->a])
CALL_INDIRECT(call_indirect_x, x)

/* The call that led to a stub goes to the code from now on. Code is constant but for this. */
static void lazy_patch(const struct bv_cell *to, const struct bv_cell *stub,
	const struct bv_cell *code)
{
	const struct bv_cell *const *place = &to[-1].code;
	const struct bv_cell **site;

	if (to[-2].op != bv_exec_control(BV_IR_CALL, 0) ||
		__atomic_load_n(place, __ATOMIC_RELAXED) != stub)
		return;
	memcpy(&site, &place, sizeof(site));
	__atomic_store_n(site, code, __ATOMIC_RELEASE);
}

/* The code of the function that a stub stands for; NULL when there is no memory, or no time. */
static __attribute__((noinline, cold)) const struct bv_cell *lazy_code(struct bv_wasm_instance *in,
	const uint64_t *fp, const struct bv_cell *stub)
{
	struct bv_wasm_func *func = &in->own_funcs[stub->imm];
	const struct bv_translation *code =
		bv_code_get(in->module, in->store->fuel_counted, func->index, in->interrupt);

	if (!code)
		return NULL;
	func->code = code->cells;
	lazy_patch(return_address(fp[func->type->param_count]), stub, code->cells);
	return code->cells;
}

/* Where a function that was never called begins. */
BV_OPFN(lazy)
{
	const struct bv_cell *code = lazy_code(in, fp, ip);

	BV_TRAP_IF(!code && *in->interrupt, INTERRUPT);
	BV_TRAP_IF(!code, ENGINE_MEMORY);
	ip = code;
	BV_DISPATCH();
}

/* Moves n arguments from slot `from` to the frame's start. The return address moves from behind
 * the old parameters to behind the new ones; it is read first, and written last. */
static inline void tail_frame(uint64_t *fp, uint32_t from, uint32_t n, uint32_t old_return)
{
	uint64_t address = fp[old_return];

	for (uint32_t i = 0; i < n; i++)
		fp[i] = fp[from + i];
	fp[n] = address;
}

/* d: first argument, a: own return slot, imm: callee's frame; next cell: index, d: arguments. */
BV_OPFN(tail_call)
{
	struct bv_wasm_func *func = in->funcs[ip[1].imm];

	BV_TRAP_IF(stack_full(in, fp, func->frame_slots), STACK);
	BV_POLL();
	tail_frame(fp, ip->d, ip[1].d, ip->a);
	x = (uint64_t)(uintptr_t)func;
	ip = func->code;
	BV_DISPATCH();
}

/* A callee of another instance falls through to a plain call and return, which the translator
 * put behind: the frame's return address would not bring back this instance. */
#define TAIL_INDIRECT(name, index) \
	BV_OPFN(name) \
	{ \
		INDIRECT(index); \
		if (func->instance != in) \
			BV_NEXT(2); \
		BV_TRAP_IF(stack_full(in, fp, func->frame_slots), STACK); \
		BV_POLL(); \
		tail_frame(fp, ip->d, ip[1].d, ip->c); \
		x = (uint64_t)(uintptr_t)func; \
		ip = func->code; \
		BV_DISPATCH(); \
	}

TAIL_INDIRECT(tail_indirect_s, fp[ip->a])
TAIL_INDIRECT(tail_indirect_x, x)

#define RETURN(name, setup, result) \
	BV_OPFN(name) \
	{ \
		const struct bv_cell *to = return_address(fp[ip->a]); \
\
		setup; \
		result; \
		ip = to; \
		fp -= ip[-1].d; \
		BV_DISPATCH(); \
	}

RETURN(return_nothing, BV_NO_CHECK, BV_NO_CHECK)
RETURN(return_x, BV_NO_CHECK, fp[0] = x)
RETURN(return_s, BV_NO_CHECK, fp[0] = bv_f32_bits(s))
RETURN(return_d, BV_NO_CHECK, fp[0] = bv_f64_bits(d))
/* The caller may look for the result in any accumulator. */
RETURN(return_slot, uint64_t v = fp[ip->b], fp[0] = v; x = v; s = bv_f32_of(v); d = bv_f64_of(v))
RETURN(return_number, x = (uint64_t)(int64_t)ip->simm, fp[0] = x)
RETURN(return_many, BV_NO_CHECK, for (uint32_t i = 0; i < ip->imm; i++) fp[i] = fp[ip->d + i])

/* ---- the host ---- */

static __attribute__((noinline)) int host_call(struct bv_wasm_instance *in, uint64_t *fp,
	const struct bv_host_func *host)
{
	const struct bv_wasm_func *func = &host->func;
	struct bv_wasm_store *store = in->store;
	uint32_t params = func->type->param_count;
	uint64_t *results = fp + params + 1;
	uint64_t *stack_at = store->stack_at;
	enum bv_wasm_host_result result;
	int32_t status = 0;
	uint64_t to = fp[params];

	memset(results, 0, func->type->result_count * sizeof(*results));
	store->stack_at = fp + func->frame_slots;
	result = host->fn(in, host->user, (const union bv_wasm_value *)fp,
		(union bv_wasm_value *)results, &status);
	store->stack_at = stack_at;
	if (result != BV_WASM_HOST_RETURN) {
		/* The instruction that called is the one before the return address. */
		bv_exec_trap(in, return_address(to) - 2,
			result == BV_WASM_HOST_EXIT ? BV_WASM_TRAP_EXIT : BV_WASM_TRAP_HOST);
		store->trap.status = status;
		return BV_EXEC_TRAP;
	}
	fp[params] = to;
	return BV_EXEC_DONE;
}

BV_OPFN(host)
{
	const struct bv_wasm_func *func = (const struct bv_wasm_func *)(uintptr_t)x;
	uint32_t params = func->type->param_count;

	if (host_call(in, fp, (const struct bv_host_func *)(uintptr_t)x) != BV_EXEC_DONE)
		return BV_EXEC_TRAP;
	ip = return_address(fp[params]);
	for (uint32_t i = 0; i < func->type->result_count; i++)
		fp[i] = fp[params + 1 + i];
	x = fp[0];
	s = bv_f32_of(x);
	d = bv_f64_of(x);
	BV_RELOAD();
	fp -= ip[-1].d;
	BV_DISPATCH();
}

BV_OPFN(halt)
{
	(void)ip, (void)fp, (void)mem, (void)len, (void)in, (void)x, (void)s, (void)d;
	return BV_EXEC_DONE;
}

const struct bv_cell bv_exec_lazy_cell = {.op = lazy};
const struct bv_cell bv_exec_host_cell = {.op = host};
const struct bv_cell bv_exec_halt_cells[3] = {{.op = halt}, {.d = 0}, {.op = halt}};

/* ---- bulk memory and tables ---- */

/* Bulk work is charged before it starts; a unit of fuel moves 64 bytes or 8 references. */
static inline bool fuel_charge(struct bv_wasm_store *store, uint64_t units)
{
	if (!store->fuel_counted)
		return true;
	if (store->fuel < units)
		return false;
	store->fuel -= units;
	return true;
}

#define CHARGE(units) BV_TRAP_IF(!fuel_charge(in->store, units), FUEL)
#define U32(n) ((uint64_t)(uint32_t)fp[ip->a + (n)])

/* What can only be refused costs no more than any instruction. */
static inline uint64_t memory_grow_cost(const struct bv_memory *memory, uint32_t pages)
{
	return bv_memory_has_room(memory, pages) ? (uint64_t)pages * (BV_PAGE_BYTES / 64) : 0;
}

#define TABLE_GROW_UNITS 8

static inline uint64_t table_grow_cost(const struct bv_wasm_store *store,
	const struct bv_table *table, uint32_t more)
{
	if (!bv_table_has_room(store, table, more))
		return 0;
	/* Each is written, in memory that was not there before; those that are moved, too. */
	return TABLE_GROW_UNITS * ((uint64_t)more + bv_table_moved(table, more));
}

#define MEMORY_GROW(name, pages) \
	BV_VALUE(name, uint32_t v = (uint32_t)(pages), CHARGE(memory_grow_cost(in->memory, v)); \
		 v = bv_memory_grow(in->memory, v); BV_RELOAD(), x, v, x)

MEMORY_GROW(memory_grow_s, fp[ip->a])
MEMORY_GROW(memory_grow_x, x)

BV_OPFN(memory_init)
{
	uint64_t to = U32(0);
	uint64_t from = U32(1);
	uint64_t n = U32(2);
	const struct bv_bytes *data = &in->datas[ip->imm];

	BV_TRAP_IF(from + n > data->len || to + n > len, MEMORY_BOUNDS);
	CHARGE(n / 64);
	if (n)
		memcpy(mem + to, data->data + from, n);
	BV_NEXT(1);
}

BV_OPFN(memory_copy)
{
	uint64_t to = U32(0);
	uint64_t from = U32(1);
	uint64_t n = U32(2);

	BV_TRAP_IF(from + n > len || to + n > len, MEMORY_BOUNDS);
	CHARGE(n / 64);
	if (n)
		memmove(mem + to, mem + from, n);
	BV_NEXT(1);
}

BV_OPFN(memory_fill)
{
	uint64_t to = U32(0);
	uint64_t n = U32(2);

	BV_TRAP_IF(to + n > len, MEMORY_BOUNDS);
	CHARGE(n / 64);
	if (n)
		memset(mem + to, (int)(uint8_t)fp[ip->a + 1], n);
	BV_NEXT(1);
}

BV_OPFN(data_drop)
{
	in->datas[ip->imm] = bv_bytes(NULL, 0);
	BV_NEXT(1);
}

BV_OPFN(table_get)
{
	const struct bv_table *table = in->tables[ip->imm];

	BV_TRAP_IF(U32(0) >= table->count, TABLE_BOUNDS);
	fp[ip->a] = table->items[U32(0)];
	BV_NEXT(1);
}

BV_OPFN(table_set)
{
	const struct bv_table *table = in->tables[ip->imm];

	BV_TRAP_IF(U32(0) >= table->count, TABLE_BOUNDS);
	table->items[U32(0)] = fp[ip->a + 1];
	BV_NEXT(1);
}

BV_OPFN(table_init)
{
	const struct bv_elem_items *elem = &in->elems[ip->b];

	CHARGE(U32(2) / 8);
	BV_TRAP_IF(!bv_table_init(in->tables[ip->c], elem, U32(0), U32(1), U32(2)), TABLE_BOUNDS);
	BV_NEXT(1);
}

BV_OPFN(elem_drop)
{
	in->elems[ip->imm].count = 0;
	BV_NEXT(1);
}

BV_OPFN(table_copy)
{
	struct bv_table *to = in->tables[ip->b];
	const struct bv_table *from = in->tables[ip->c];
	uint64_t n = U32(2);

	BV_TRAP_IF(U32(1) + n > from->count || U32(0) + n > to->count, TABLE_BOUNDS);
	CHARGE(n / 8);
	if (n)
		memmove(to->items + U32(0), from->items + U32(1), n * sizeof(*to->items));
	BV_NEXT(1);
}

BV_OPFN(table_grow)
{
	CHARGE(table_grow_cost(in->store, in->tables[ip->imm], (uint32_t)U32(1)));
	fp[ip->a] =
		bv_table_grow(in->store, in->tables[ip->imm], (uint32_t)fp[ip->a + 1], fp[ip->a]);
	BV_NEXT(1);
}

BV_OPFN(table_size)
{
	fp[ip->a] = in->tables[ip->imm]->count;
	BV_NEXT(1);
}

BV_OPFN(table_fill)
{
	struct bv_table *table = in->tables[ip->imm];
	uint64_t to = U32(0);
	uint64_t n = U32(2);

	BV_TRAP_IF(to + n > table->count, TABLE_BOUNDS);
	CHARGE(n / 8);
	for (uint64_t i = 0; i < n; i++)
		table->items[to + i] = fp[ip->a + 1];
	BV_NEXT(1);
}

#define TABLE(X) \
	X(BV_IR_BR, r_br, br_forward, br_back) \
	X(BV_IR_BR_TABLE, r_br_table, br_table_s, br_table_s_poll, br_table_x, br_table_x_poll) \
	X(BV_IR_ENTRY, r_entry, unreachable) \
	X(BV_IR_COPY, r_copy, copy) \
	X(BV_IR_COPY2, r_copy2, copy2) \
	X(BV_IR_SAVE, r_save, save_x, save_s, save_d) \
	X(BV_IR_CONST, r_const, const32) \
	X(BV_IR_CONST64, r_const64, const64) \
	X(BV_IR_ZERO, r_zero, zero) \
	X(BV_IR_SELECT, r_select, select_x_s_a, select_x_s_d, select_x_a_a, select_x_a_d, \
		select_s_s_a, select_s_s_d, select_s_a_a, select_s_a_d, select_d_s_a, \
		select_d_s_d, select_d_a_a, select_d_a_d) \
	X(BV_IR_GLOBAL_GET, r_global_get, global_own_x_a, global_own_x_d, global_own_s_a, \
		global_own_s_d, global_own_d_a, global_own_d_d, global_import_x_a, \
		global_import_x_d, global_import_s_a, global_import_s_d, global_import_d_a, \
		global_import_d_d) \
	X(BV_IR_GLOBAL_SET, r_global_set, set_own_slot, set_own_x, set_own_s, set_own_d, \
		set_import_slot, set_import_x, set_import_s, set_import_d) \
	X(BV_IR_REF_FUNC, r_ref_func, ref_func_a, ref_func_d) \
	X(BV_IR_MEMORY_SIZE, r_memory_size, memory_size_a, memory_size_d) \
	X(BV_IR_MEMORY_GROW, r_memory_grow, memory_grow_s_a, memory_grow_s_d, memory_grow_x_a, \
		memory_grow_x_d) \
	X(BV_IR_MEMORY_INIT, r_memory_init, memory_init) \
	X(BV_IR_MEMORY_COPY, r_memory_copy, memory_copy) \
	X(BV_IR_MEMORY_FILL, r_memory_fill, memory_fill) \
	X(BV_IR_DATA_DROP, r_data_drop, data_drop) \
	X(BV_IR_TABLE_GET, r_table_get, table_get) \
	X(BV_IR_TABLE_SET, r_table_set, table_set) \
	X(BV_IR_TABLE_INIT, r_table_init, table_init) \
	X(BV_IR_ELEM_DROP, r_elem_drop, elem_drop) \
	X(BV_IR_TABLE_COPY, r_table_copy, table_copy) \
	X(BV_IR_TABLE_GROW, r_table_grow, table_grow) \
	X(BV_IR_TABLE_SIZE, r_table_size, table_size) \
	X(BV_IR_TABLE_FILL, r_table_fill, table_fill) \
	X(BV_IR_CALL, r_call, call) \
	X(BV_IR_CALL_IMPORT, r_call_import, call_import) \
	X(BV_IR_CALL_INDIRECT, r_call_indirect, call_indirect_s, call_indirect_x) \
	X(BV_IR_RELOAD, r_reload, reload) \
	X(BV_IR_TAIL_CALL, r_tail_call, tail_call) \
	X(BV_IR_TAIL_INDIRECT, r_tail_indirect, tail_indirect_s, tail_indirect_x) \
	X(BV_IR_RETURN, r_return, return_nothing, return_x, return_s, return_d, return_slot, \
		return_number, return_many) \
	X(BV_IR_FUEL, r_fuel, fuel) \
	X(BV_IR_UNREACHABLE, r_unreachable, unreachable)

BV_ROWS(TABLE)

bv_handler bv_exec_control(uint32_t op, uint32_t variant)
{
	return rows_find(op, variant);
}

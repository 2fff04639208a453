/* SPDX-License-Identifier: MIT
 *
 * What exists while modules run: a store, and in it instances, functions, tables, memories and
 * globals. All of it comes from the store's heap and lives until the store is freed, so that a
 * reference in a table can never dangle. A reference is the object's address, and null is 0: no
 * number that a guest can compute is ever taken for a reference, because validated code cannot
 * turn an integer into one.
 */
#ifndef ENGINE_RUNTIME_H
#define ENGINE_RUNTIME_H

#include "engine/heap.h"
#include "engine/module.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the engine reads linear memory and slots in place: little-endian machines only"
#endif

struct bv_cell;

#define BV_NESTING_MAX 64 /* host function inside guest inside host function ... */

struct bv_memory {
	uint8_t *base;
	uint64_t bytes;
	uint64_t bytes_max; /* as reserved */
	struct bv_wasm_store *store;
	struct bv_module_limits limits; /* as declared */
	struct bv_memory *next;         /* of the store */
};

struct bv_table {
	uint64_t *items;
	uint32_t count;
	uint32_t capacity; /* of `items` */
	uint8_t type;
	struct bv_module_limits limits;
};

struct bv_global {
	uint64_t *cell;
	uint8_t type;
	bool is_mutable;
};

struct bv_wasm_func {
	const struct bv_cell *code; /* translated, or a cell that translates, or calls the host */
	uint32_t frame_slots;
	uint32_t type_id; /* equal types of any module have equal ids */
	const struct bv_functype *type;
	struct bv_wasm_instance *instance; /* NULL: it is a struct bv_host_func */
	uint32_t index;
};

struct bv_host_func {
	struct bv_wasm_func func; /* first */
	struct bv_wasm_store *store;
	bv_wasm_host_fn fn;
	void *user;
};

struct bv_elem_items {
	uint64_t *items;
	uint32_t count; /* 0 once dropped */
};

struct bv_wasm_instance {
	/* First what the interpreter reads all the time. */
	struct bv_memory *memory; /* an empty one if the module has none */
	uint64_t *cells;          /* values of the globals it defines */
	uint64_t *stack_end;
	const volatile uint32_t *interrupt;
	struct bv_wasm_store *store;
	struct bv_wasm_func **funcs;
	struct bv_table **tables;
	struct bv_global *globals;
	uint32_t *type_ids;
	struct bv_elem_items *elems;
	struct bv_bytes *datas; /* empty once dropped */
	const struct bv_wasm_module *module;
	struct bv_wasm_func *own_funcs;
	struct bv_wasm_instance *next;
};

/* A name that imports may resolve to: a host function, or an instance's exports. */
struct bv_definition {
	const char *module;
	const char *name;                  /* host functions */
	struct bv_host_func *func;         /* host functions */
	struct bv_wasm_instance *instance; /* or all exports of this one */
	struct bv_definition *next;        /* older */
};

struct bv_type_entry {
	struct bv_functype type;
	uint32_t id; /* from 1 on */
	struct bv_type_entry *next;
};

#define BV_TYPE_BUCKETS 256

/* The interpreter's registers, for builds that cannot chain handlers by tail calls. */
struct bv_exec_registers {
	const struct bv_cell *ip;
	uint64_t *fp;
	uint8_t *mem;
	uint64_t len;
	struct bv_wasm_instance *in;
	uint64_t x;
	float s;
	double d;
};

struct bv_wasm_store {
	struct bv_heap heap;
	struct bv_exec_registers registers;
	uint64_t *stack;
	uint64_t *stack_end;
	uint64_t *stack_at; /* first slot that nobody uses while a host function runs */
	uint64_t fuel;
	bool fuel_counted;
	uint32_t nesting;
	uint32_t no_interrupt;
	const volatile uint32_t *interrupt;
	struct bv_memory no_memory;
	struct bv_wasm_instance bare; /* whence a host function is called without a guest */
	struct bv_wasm_memory_ops memory_ops;
	uint64_t memory_bytes;
	uint64_t memory_bytes_max;
	uint32_t table_max;
	struct bv_memory *memories;
	struct bv_wasm_instance *instances;
	struct bv_definition *definitions;
	struct bv_type_entry *types[BV_TYPE_BUCKETS];
	uint32_t type_count;
	struct bv_wasm_trap trap;
};

/* memory.c: a new memory, with *ret_image as in struct bv_wasm_memory_ops. */
int bv_memory_new(struct bv_wasm_store *store, const struct bv_wasm_module *module,
	struct bv_memory **ret, bool *ret_image, struct bv_error *err);
/* Is growth within every limit? The host may still have no memory. */
bool bv_memory_has_room(const struct bv_memory *memory, uint32_t pages);
/* The old size in pages, or UINT32_MAX. */
uint32_t bv_memory_grow(struct bv_memory *memory, uint32_t pages);
void bv_memory_free_all(struct bv_wasm_store *store);
extern const struct bv_wasm_memory_ops bv_memory_malloc;

/* table.c; every bounds check happens before the first write. */
struct bv_table *bv_table_new(struct bv_wasm_store *store, const struct bv_module_table *type);
bool bv_table_has_room(const struct bv_wasm_store *store, const struct bv_table *table,
	uint32_t more);
/* How many there are when growth by `more`, for which there is room, must move them; else 0. */
uint32_t bv_table_moved(const struct bv_table *table, uint32_t more);
uint32_t bv_table_grow(struct bv_wasm_store *store, struct bv_table *table, uint32_t more,
	uint64_t item);
bool bv_table_init(struct bv_table *table, const struct bv_elem_items *elem, uint64_t to,
	uint64_t from, uint64_t count);

/* instance.c: an instance that has nothing yet. */
struct bv_wasm_instance bv_instance_bare(struct bv_wasm_store *store,
	const struct bv_wasm_module *module);

/* link.c */
int bv_link_imports(struct bv_wasm_instance *instance, struct bv_error *err);

/* store.c: canonical numbers of function types; 0 when there is no memory. */
uint32_t bv_store_type_id(struct bv_wasm_store *store, const struct bv_functype *type);

#endif

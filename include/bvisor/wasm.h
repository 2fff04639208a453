/* SPDX-License-Identifier: MIT
 *
 * The WebAssembly engine: loads a module, links it, runs it. It makes no system call and grants
 * nothing: a guest reaches exactly the host functions that its store defines.
 *
 *   1. bv_wasm_module_load()       bytes in, decoded and validated module out
 *   2. bv_wasm_store_new()         limits, interrupt flag, fuel, linear memory
 *   3. bv_wasm_store_define()      host functions, by name and signature
 *   4. bv_wasm_instantiate()       resolves every import, runs the start function
 *   5. bv_wasm_export_func(), bv_wasm_call()
 *
 * Threads: any number of stores in any threads may use one module. A function is translated when
 * it is first called, for all of them; threads that meet there do not wait for each other.
 * A store belongs to one thread at a time; only the interrupt flag may be set from elsewhere.
 *
 * Errors and traps: `int` is 0 or an enum bv_code. A trap, or a host function that asks to exit,
 * is an outcome of the guest and no error: the call returns 0 and says so in struct
 * bv_wasm_trap. A module that needs a proposal which this engine lacks is refused with
 * BV_E_VERSION, and bv_error.place reads "feature.<name>".
 */
#ifndef BVISOR_WASM_H
#define BVISOR_WASM_H

#include <bvisor/error.h>
#include <bvisor/wasm_types.h>

struct bv_wasm_module;
struct bv_wasm_store;
struct bv_wasm_instance;
struct bv_wasm_func;

/* Linear memory: zeroed or, with *ret_image set, as the module's active data segments leave zeroed
 * memory, which are then not copied again. `base` may move only in grow(). NULL refuses. */
struct bv_wasm_memory_ops {
	uint8_t *(*reserve)(void *user, const struct bv_wasm_module *module, uint64_t bytes,
		uint64_t bytes_max, bool *ret_image);
	uint8_t *(*grow)(void *user, uint8_t *base, uint64_t bytes_old, uint64_t bytes_new,
		uint64_t bytes_max);
	void (*release)(void *user, uint8_t *base, uint64_t bytes, uint64_t bytes_max);
	void *user;
};

struct bv_wasm_store_config {
	struct bv_wasm_limits limits;
	/* Non-zero stops the guest at its next loop turn or call; borrowed, may be NULL. */
	const volatile uint32_t *interrupt;
	bool fuel; /* count fuel; it starts at 0, see bv_wasm_fuel_set() */
	/* NULL: malloc, freed as the guest left it. Copied; its `user` is borrowed until the store
	 * is freed. */
	const struct bv_wasm_memory_ops *memory;
	/* limits.stack_bytes (0: 1 MiB) for the guest's values, aligned to 8; borrowed until the
	 * store is freed. NULL: malloc, freed as the guest left it. */
	void *stack;
};

enum bv_wasm_host_result { BV_WASM_HOST_RETURN = 0, BV_WASM_HOST_TRAP = 1, BV_WASM_HOST_EXIT = 2 };

/* `caller` is the instance that called, for its memory. Arguments and results are as many as the
 * signature says; results begin as zero. *status goes into the trap. A host function may call
 * back into the store, to a bounded depth. */
typedef enum bv_wasm_host_result (*bv_wasm_host_fn)(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status);

/* Signature: one letter a value, parameters ':' results; i I f F are i32 i64 f32 f64, r e are
 * funcref externref. "ii:I" takes two i32 and returns an i64. */
struct bv_wasm_host_func {
	const char *module;
	const char *name;
	const char *signature;
	bv_wasm_host_fn fn;
	void *user;
};

/* An import or an export. Names are UTF-8, not terminated, and live as long as the module. */
struct bv_wasm_extern {
	const char *module; /* NULL for an export */
	size_t module_len;
	const char *name;
	size_t name_len;
	enum bv_wasm_kind kind;
	const uint8_t *params; /* functions; enum bv_wasm_type, one byte each */
	size_t param_count;
	const uint8_t *results;
	size_t result_count;
	uint8_t type;       /* of a global, or of a table's elements */
	bool is_mutable;    /* globals */
	uint64_t units_min; /* elements of a table, 64 KiB pages of a memory */
	uint64_t units_max; /* UINT64_MAX when none is declared */
};

BV_BEGIN_DECLS
/* Copies, decodes and validates all of it. Error offsets count from the start of the bytes. */
BV_API int bv_wasm_module_load(const void *bytes, size_t len, const struct bv_wasm_limits *limits,
	struct bv_wasm_module **ret, struct bv_error *err);
/* Only after every store that instantiated it is freed. NULL is fine. */
BV_API void bv_wasm_module_free(struct bv_wasm_module *module);
/* The first so many bytes of its memory are what its active data segments make of zeroed memory;
 * the rest is zero. 0: nothing is, or only an instance knows. */
BV_API uint64_t bv_wasm_image_bytes(const struct bv_wasm_module *module);
/* Into that many zeroed bytes. */
BV_API void bv_wasm_image_write(const struct bv_wasm_module *module, uint8_t *image);
/* Bytes that it holds; they grow as functions are translated. */
BV_API uint64_t bv_wasm_module_bytes(const struct bv_wasm_module *module);
BV_API size_t bv_wasm_import_count(const struct bv_wasm_module *module);
BV_API size_t bv_wasm_export_count(const struct bv_wasm_module *module);
/* False when there is no such entry. */
BV_API bool bv_wasm_import(const struct bv_wasm_module *m, size_t i, struct bv_wasm_extern *ret);
BV_API bool bv_wasm_export(const struct bv_wasm_module *m, size_t i, struct bv_wasm_extern *ret);

/* `config` may be NULL. Freeing a store frees its instances, functions and memories. */
BV_API int bv_wasm_store_new(const struct bv_wasm_store_config *config, struct bv_wasm_store **ret,
	struct bv_error *err);
BV_API void bv_wasm_store_free(struct bv_wasm_store *store);
/* Names are borrowed for the store's life. The latest definition of a name wins. */
BV_API int bv_wasm_store_define(struct bv_wasm_store *store, const struct bv_wasm_host_func *funcs,
	size_t count, struct bv_error *err);
/* Makes an instance's exports importable under a module name, which is borrowed. */
BV_API int bv_wasm_store_register(struct bv_wasm_store *store, struct bv_wasm_instance *instance,
	const char *module, struct bv_error *err);
/* Fuel is about one unit an instruction, and more for bulk operations by their size. */
BV_API void bv_wasm_fuel_set(struct bv_wasm_store *store, uint64_t units);
BV_API uint64_t bv_wasm_fuel_left(const struct bv_wasm_store *store);
/* All linear memories of the store's, which never shrink. */
BV_API uint64_t bv_wasm_store_memory_bytes(const struct bv_wasm_store *store);
/* Bytes that the engine itself now holds for the store, linear memory not counted. */
BV_API uint64_t bv_wasm_store_bytes(const struct bv_wasm_store *store);

/* BV_E_MISSING names an import that nobody defines, BV_E_TYPE one whose type differs. When a
 * segment or the start function traps, 0 is returned and *ret is untouched. `trap` is required. */
BV_API int bv_wasm_instantiate(struct bv_wasm_store *store, const struct bv_wasm_module *module,
	struct bv_wasm_instance **ret, struct bv_wasm_trap *trap, struct bv_error *err);

BV_API int bv_wasm_export_func(struct bv_wasm_instance *instance, const char *name, size_t name_len,
	struct bv_wasm_func **ret, struct bv_error *err);
/* `what` gets the function's parameters and results. */
BV_API void bv_wasm_func_type(const struct bv_wasm_func *func, struct bv_wasm_extern *what);
/* Counts must be the signature's. `results` is untouched unless trap->kind is NONE. */
BV_API int bv_wasm_call(struct bv_wasm_func *func, const union bv_wasm_value *args,
	size_t arg_count, union bv_wasm_value *results, size_t result_count,
	struct bv_wasm_trap *trap, struct bv_error *err);
BV_API int bv_wasm_export_global(struct bv_wasm_instance *instance, const char *name,
	size_t name_len, union bv_wasm_value *ret, uint8_t *ret_type, struct bv_error *err);

/* The instance's memory 0. A pointer holds until the guest next runs; NULL when any byte of the
 * range is outside, or there is no memory. */
BV_API uint64_t bv_wasm_memory_bytes(const struct bv_wasm_instance *instance);
BV_API void *bv_wasm_memory(struct bv_wasm_instance *instance, uint64_t offset, uint64_t len);
/* "unreachable", "memory-bounds" ...; static storage, never NULL. */
BV_API const char *bv_wasm_trap_name(enum bv_wasm_trap_kind kind);
BV_END_DECLS

#endif

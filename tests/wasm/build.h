/* SPDX-License-Identifier: MIT
 *
 * Builds small modules in memory for tests: sections are appended in order, each with its size.
 */
#ifndef TESTS_WASM_BUILD_H
#define TESTS_WASM_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include <bvisor/wasm.h>

struct build {
	uint8_t bytes[65536];
	size_t len;
	size_t section; /* where the open section's payload starts */
};

void build_start(struct build *b);
void build_byte(struct build *b, unsigned int byte);
void build_bytes(struct build *b, const void *bytes, size_t len);
void build_u32(struct build *b, uint32_t value); /* LEB128 */
void build_s64(struct build *b, int64_t value);  /* LEB128 */
void build_name(struct build *b, const char *name);
void build_section(struct build *b, unsigned int id);
void build_section_end(struct build *b);

/* A module of one type, one function of that type exported as "f", with one page of memory (none
 * declared if `memory` is false). `code` is the body with its locals and its `end`. */
void build_function(struct build *b, const char *signature, bool memory, const uint8_t *code,
	size_t code_len);

/* An instance in a store of its own. */
struct world {
	struct bv_wasm_module *module;
	struct bv_wasm_store *store;
	struct bv_wasm_instance *instance;
	struct bv_wasm_trap trap;
	struct bv_error err;
};

int world_open(struct world *world, const struct build *b,
	const struct bv_wasm_store_config *config, const struct bv_wasm_host_func *hosts,
	size_t host_count);
/* Without host functions, and with what the module may take. */
int world_open_with(struct world *world, const struct build *b,
	const struct bv_wasm_store_config *config, const struct bv_wasm_limits *limits);
void world_close(struct world *world);
/* Calls an export that takes and returns at most one value. */
uint64_t world_call(struct world *world, const char *name, const union bv_wasm_value *args,
	size_t count);

#endif

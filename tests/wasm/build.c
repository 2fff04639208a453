/* SPDX-License-Identifier: MIT */
#include "build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void build_bytes(struct build *b, const void *bytes, size_t len)
{
	if (len > sizeof(b->bytes) - b->len) {
		fprintf(stderr, "build: a test's module has more than %zu bytes\n",
			sizeof(b->bytes));
		abort();
	}
	if (len)
		memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
}

void build_byte(struct build *b, unsigned int byte)
{
	uint8_t one = (uint8_t)byte;

	build_bytes(b, &one, 1);
}

void build_start(struct build *b)
{
	static const uint8_t head[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

	b->len = 0;
	build_bytes(b, head, sizeof(head));
}

void build_u32(struct build *b, uint32_t value)
{
	while (value >= 0x80) {
		build_byte(b, (value & 0x7f) | 0x80);
		value >>= 7;
	}
	build_byte(b, value);
}

void build_s64(struct build *b, int64_t value)
{
	while (value < -64 || value > 63) {
		build_byte(b, (unsigned int)(value & 0x7f) | 0x80);
		value >>= 7;
	}
	build_byte(b, (unsigned int)(value & 0x7f));
}

void build_name(struct build *b, const char *name)
{
	build_u32(b, (uint32_t)strlen(name));
	build_bytes(b, name, strlen(name));
}

/* Sizes are written with five bytes, so that they can be filled in afterwards. */
void build_section(struct build *b, unsigned int id)
{
	build_byte(b, id);
	build_bytes(b, "\0\0\0\0\0", 5);
	b->section = b->len;
}

void build_section_end(struct build *b)
{
	size_t size = b->len - b->section;

	for (int i = 0; i < 5; i++) {
		uint8_t more = i < 4 ? 0x80 : 0;

		b->bytes[b->section - 5 + (size_t)i] = (uint8_t)((size & 0x7f) | more);
		size >>= 7;
	}
}

static void build_types(struct build *b, const char *s, const char *end)
{
	static const char letters[] = "iIfFre";
	static const uint8_t types[] = {0x7f, 0x7e, 0x7d, 0x7c, 0x70, 0x6f};

	build_u32(b, (uint32_t)(end - s));
	for (; s != end; s++)
		build_byte(b, types[strchr(letters, *s) - letters]);
}

void build_function(struct build *b, const char *signature, bool memory, const uint8_t *code,
	size_t code_len)
{
	const char *colon = strchr(signature, ':');

	build_start(b);
	build_section(b, 1);
	build_bytes(b, "\1\x60", 2);
	build_types(b, signature, colon);
	build_types(b, colon + 1, colon + strlen(colon));
	build_section_end(b);
	build_section(b, 3);
	build_bytes(b, "\1\0", 2);
	build_section_end(b);
	if (memory) {
		build_section(b, 5);
		build_bytes(b, "\1\0\1", 3);
		build_section_end(b);
	}
	build_section(b, 7);
	build_byte(b, 1);
	build_name(b, "f");
	build_bytes(b, "\0\0", 2);
	build_section_end(b);
	build_section(b, 10);
	build_byte(b, 1);
	build_u32(b, (uint32_t)code_len);
	build_bytes(b, code, code_len);
	build_section_end(b);
}

/* From a copy of exactly the right size, so that a sanitizer sees every read past it. */
static int world_load(struct world *world, const struct build *b,
	const struct bv_wasm_limits *limits)
{
	uint8_t *bytes = malloc(b->len);
	int code;

	memset(world, 0, sizeof(*world));
	if (!bytes)
		abort();
	memcpy(bytes, b->bytes, b->len);
	code = bv_wasm_module_load(bytes, b->len, limits, &world->module, &world->err);
	free(bytes);
	return code;
}

int world_open_with(struct world *world, const struct build *b,
	const struct bv_wasm_store_config *config, const struct bv_wasm_limits *limits)
{
	int code = world_load(world, b, limits);

	if (!code)
		code = bv_wasm_store_new(config, &world->store, &world->err);
	if (!code)
		code = bv_wasm_instantiate(world->store, world->module, &world->instance,
			&world->trap, &world->err);
	return code;
}

int world_open(struct world *world, const struct build *b,
	const struct bv_wasm_store_config *config, const struct bv_wasm_host_func *hosts,
	size_t host_count)
{
	int code = world_load(world, b, NULL);

	if (!code)
		code = bv_wasm_store_new(config, &world->store, &world->err);
	if (!code && host_count)
		code = bv_wasm_store_define(world->store, hosts, host_count, &world->err);
	if (!code)
		code = bv_wasm_instantiate(world->store, world->module, &world->instance,
			&world->trap, &world->err);
	return code;
}

void world_close(struct world *world)
{
	bv_wasm_store_free(world->store);
	bv_wasm_module_free(world->module);
}

uint64_t world_call(struct world *world, const char *name, const union bv_wasm_value *args,
	size_t count)
{
	union bv_wasm_value result = {0};
	struct bv_wasm_extern type = {0};
	struct bv_wasm_func *func = NULL;

	if (bv_wasm_export_func(world->instance, name, strlen(name), &func, &world->err))
		abort();
	bv_wasm_func_type(func, &type);
	if (type.result_count > 1 ||
		bv_wasm_call(func, args, count, &result, type.result_count, &world->trap,
			&world->err))
		abort();
	return result.i64;
}

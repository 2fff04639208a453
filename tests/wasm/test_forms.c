/* SPDX-License-Identifier: MIT
 *
 * Every instruction of two operands means the same in whatever form the translator chooses: with
 * its operands in parameters, made just before (in an accumulator), or constant, in every
 * combination. The oracle is the form where both come from parameters, which the official suite
 * covers; that suite covers hardly any other.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "build.h"

enum source {
	FROM_PARAM,
	FROM_CONST,
	FROM_MADE, /* param + 0: in the accumulator */
	FROM_KEPT, /* the same, through local.tee */
	SOURCES,
};

struct code {
	uint8_t bytes[512];
	size_t len;
};

static void put(struct code *c, const uint8_t *bytes, size_t len)
{
	memcpy(c->bytes + c->len, bytes, len);
	c->len += len;
}

static void put1(struct code *c, unsigned int byte)
{
	uint8_t one = (uint8_t)byte;

	put(c, &one, 1);
}

static bool is64(char type)
{
	return type == 'I';
}

static void put_const(struct code *c, char type, uint64_t value)
{
	struct build b = {.len = 0};

	switch (type) {
	case 'i':
		put1(c, 0x41);
		build_s64(&b, (int32_t)value);
		break;
	case 'I':
		put1(c, 0x42);
		build_s64(&b, (int64_t)value);
		break;
	case 'f':
		put1(c, 0x43);
		build_bytes(&b, &value, 4);
		break;
	default:
		put1(c, 0x44);
		build_bytes(&b, &value, 8);
		break;
	}
	put(c, b.bytes, b.len);
}

/* param XOR 0 for integers, abs(abs) would lose signs: for floats negate twice. */
static void put_made(struct code *c, char type, unsigned int param)
{
	put1(c, 0x20);
	put1(c, param);
	if (type == 'i' || type == 'I') {
		put_const(c, type, 0);
		put1(c, is64(type) ? 0x85 : 0x73);
	} else {
		put1(c, type == 'f' ? 0x8c : 0x9a);
		put1(c, type == 'f' ? 0x8c : 0x9a);
	}
}

static void put_operand(struct code *c, char type, unsigned int param, enum source source,
	uint64_t value)
{
	switch (source) {
	case FROM_PARAM:
		put1(c, 0x20);
		put1(c, param);
		break;
	case FROM_CONST:
		put_const(c, type, value);
		break;
	case FROM_MADE:
		put_made(c, type, param);
		break;
	case FROM_KEPT:
		put_made(c, type, param);
		put1(c, 0x22);
		put1(c, 2 + param);
		break;
	case SOURCES:
		break;
	}
}

enum sink { TO_RESULT, TO_LOCAL, TO_BRANCH, SINKS };

/* (operand a) (operand b) op, and the result where the sink says. */
static void put_body(struct code *c, char type, char result, unsigned int op, enum source a,
	enum source b, enum sink sink, const uint64_t values[2])
{
	static const uint8_t types[128] = {['i'] = 0x7f, ['I'] = 0x7e, ['f'] = 0x7d, ['F'] = 0x7c};

	c->len = 0;
	put1(c, 2); /* two groups of locals */
	put1(c, 2);
	put1(c, types[(int)type]);
	put1(c, 1);
	put1(c, types[(int)result]);
	put_operand(c, type, 0, a, values[0]);
	put_operand(c, type, 1, b, values[1]);
	put1(c, op);
	if (sink == TO_LOCAL) {
		put(c, (const uint8_t[]){0x21, 4, 0x20, 4}, 4);
	} else if (sink == TO_BRANCH) {
		/* if (result i32) i32.const 1 else i32.const 0 end */
		put(c, (const uint8_t[]){0x04, 0x7f, 0x41, 1, 0x05, 0x41, 0, 0x0b}, 8);
	}
	put1(c, 0x0b);
}

struct outcome {
	enum bv_wasm_trap_kind trap;
	uint64_t value;
};

static uint64_t masked(uint64_t value, char type)
{
	return type == 'i' || type == 'f' ? (uint32_t)value : value;
}

static struct outcome run(const struct code *c, char type, char result, const uint64_t values[2])
{
	union bv_wasm_value args[2] = {{.i64 = values[0]}, {.i64 = values[1]}};
	char signature[5] = {type, type, ':', result, '\0'};
	/* Thousands of stores: a small stack for each. */
	const struct bv_wasm_store_config config = {.limits = {.stack_bytes = 4096}};
	struct outcome out = {0};
	struct world world;
	struct build b;

	build_function(&b, signature, false, c->bytes, c->len);
	assert_int_equal(world_open(&world, &b, &config, NULL, 0), 0);
	out.value = world_call(&world, "f", args, 2);
	out.value = masked(out.value, result);
	out.trap = world.trap.kind;
	world_close(&world);
	return out;
}

static void check_pair(char type, char result, unsigned int op, const uint64_t values[2])
{
	struct code c;
	struct outcome want;

	put_body(&c, type, result, op, FROM_PARAM, FROM_PARAM, TO_RESULT, values);
	want = run(&c, type, result, values);
	for (int form = 1; form < SOURCES * SOURCES * SINKS; form++) {
		enum sink sink = (enum sink)(form / (SOURCES * SOURCES));
		struct outcome got;

		if (sink == TO_BRANCH && (result != 'i' || want.value > 1))
			continue;
		put_body(&c, type, result, op, (enum source)(form % SOURCES),
			(enum source)(form / SOURCES % SOURCES), sink, values);
		got = run(&c, type, result, values);
		if (got.trap != want.trap || got.value != want.value)
			fail_msg("opcode 0x%x form %d of 0x%llx, 0x%llx: 0x%llx (trap %d), not "
				 "0x%llx (trap %d)",
				op, form, (unsigned long long)values[0],
				(unsigned long long)values[1], (unsigned long long)got.value,
				(int)got.trap, (unsigned long long)want.value, (int)want.trap);
	}
}

static void check_ops(unsigned int first, unsigned int last, char type, char result,
	const uint64_t (*pairs)[2], size_t count)
{
	for (unsigned int op = first; op <= last; op++) {
		for (size_t i = 0; i < count; i++)
			check_pair(type, result, op, pairs[i]);
	}
}

static const uint64_t integers[][2] = {
	{0, 0},
	{1, 5},
	{5, 1},
	{0xfffffff9, 3},
	{0x80000000, 0xffffffff},
	{7, 0x80000000},
	{0x8000000000000000u, UINT64_MAX},
	{0x123456789abcdef0u, 40000},
	{40000, 0x123456789abcdefu},
};

/* 1.5, -2.25, NaN, -0 */
static const uint64_t floats32[][2] = {
	{0x3fc00000, 0xc0100000},
	{0xc0100000, 0x3fc00000},
	{0x7fc00000, 0x3fc00000},
	{0x80000000, 0x00000000},
};

static const uint64_t floats64[][2] = {
	{0x3ff8000000000000u, 0xc002000000000000u},
	{0xc002000000000000u, 0x3ff8000000000000u},
	{0x7ff8000000000000u, 0x3ff8000000000000u},
	{0x8000000000000000u, 0},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void integer_operations_mean_the_same_in_every_form(void **state)
{
	(void)state;
	check_ops(0x46, 0x4f, 'i', 'i', integers, 6);
	check_ops(0x51, 0x5a, 'I', 'i', integers, COUNT(integers));
	check_ops(0x6a, 0x78, 'i', 'i', integers, 6);
	check_ops(0x7c, 0x8a, 'I', 'I', integers, COUNT(integers));
}

static void float_operations_mean_the_same_in_every_form(void **state)
{
	(void)state;
	check_ops(0x5b, 0x60, 'f', 'i', floats32, COUNT(floats32));
	check_ops(0x61, 0x66, 'F', 'i', floats64, COUNT(floats64));
	check_ops(0x92, 0x98, 'f', 'f', floats32, COUNT(floats32));
	check_ops(0xa0, 0xa6, 'F', 'F', floats64, COUNT(floats64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integer_operations_mean_the_same_in_every_form),
		cmocka_unit_test(float_operations_mean_the_same_in_every_form),
	};

	return cmocka_run_group_tests_name("wasm forms", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "suite_value.h"

#include <stdlib.h>
#include <string.h>

static const char *text(const json_t *json, const char *key)
{
	const char *s = json_string_value(json_object_get(json, key));

	return s ? s : "";
}

/* The scripts' externref n; 0 is our null. */
static uint64_t extern_of(const char *s)
{
	return strtoull(s, NULL, 10) + 1;
}

bool suite_value_parse(const json_t *json, union bv_wasm_value *ret)
{
	const char *type = text(json, "type");
	const char *value = text(json, "value");

	ret->i64 = 0;
	if (strcmp(value, "null") == 0)
		return strcmp(type, "externref") == 0 || strcmp(type, "funcref") == 0;
	if (strcmp(type, "externref") == 0)
		ret->ref = extern_of(value);
	else if (strcmp(type, "i32") == 0 || strcmp(type, "f32") == 0)
		ret->i32 = (uint32_t)strtoull(value, NULL, 10);
	else if (strcmp(type, "i64") == 0 || strcmp(type, "f64") == 0)
		ret->i64 = strtoull(value, NULL, 10);
	else
		return false;
	return true;
}

static bool nan32(const char *want, uint32_t bits)
{
	uint32_t payload = bits & 0x7fffffffu;

	if (strcmp(want, "nan:canonical") == 0)
		return payload == 0x7fc00000u;
	return (payload & 0x7fc00000u) == 0x7fc00000u;
}

static bool nan64(const char *want, uint64_t bits)
{
	uint64_t payload = bits & 0x7fffffffffffffffu;

	if (strcmp(want, "nan:canonical") == 0)
		return payload == 0x7ff8000000000000u;
	return (payload & 0x7ff8000000000000u) == 0x7ff8000000000000u;
}

static bool matches_ref(const json_t *expected, union bv_wasm_value value)
{
	const char *type = text(expected, "type");
	const char *want = text(expected, "value");

	if (strncmp(type, "null", 4) == 0 || strcmp(type, "refnull") == 0 ||
		strcmp(want, "null") == 0)
		return value.ref == 0;
	if (strcmp(type, "externref") == 0 && want[0])
		return value.ref == extern_of(want);
	return value.ref != 0;
}

bool suite_value_matches(const json_t *expected, uint8_t type, union bv_wasm_value value)
{
	const char *want_type = text(expected, "type");
	const char *want = text(expected, "value");

	switch ((enum bv_wasm_type)type) {
	case BV_WASM_I32:
		return strcmp(want_type, "i32") == 0 &&
			value.i32 == (uint32_t)strtoull(want, NULL, 10);
	case BV_WASM_I64:
		return strcmp(want_type, "i64") == 0 && value.i64 == strtoull(want, NULL, 10);
	case BV_WASM_F32:
		if (strcmp(want_type, "f32") != 0)
			return false;
		if (strncmp(want, "nan:", 4) == 0)
			return nan32(want, value.i32);
		return value.i32 == (uint32_t)strtoull(want, NULL, 10);
	case BV_WASM_F64:
		if (strcmp(want_type, "f64") != 0)
			return false;
		if (strncmp(want, "nan:", 4) == 0)
			return nan64(want, value.i64);
		return value.i64 == strtoull(want, NULL, 10);
	case BV_WASM_FUNCREF:
	case BV_WASM_EXTERNREF:
		return matches_ref(expected, value);
	}
	return false;
}

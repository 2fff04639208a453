/* SPDX-License-Identifier: MIT
 *
 * The guest's lists: grants, environment, descriptors. A list is a set: it is sorted by what
 * identifies an entry. Grants of one path are one grant with all their access. Anywhere else a
 * second entry for the same thing is an error, because the two could disagree. Searching back for
 * it is quadratic, over lists of a few hundred.
 */
#include "contract/spec_check.h"

#include <stdlib.h>

#include "base/fail.h"

#define GRANTS "capabilities.filesystem"
#define VARIABLES "capabilities.environment"
#define DESCRIPTORS "capabilities.descriptors"

static int grant_order(const void *a, const void *b)
{
	return strcmp(((const struct bv_grant *)a)->path, ((const struct bv_grant *)b)->path);
}

static int grant_check(struct bv_check *check, size_t index, const struct bv_grant *in,
	struct bv_grant *ret)
{
	struct bv_place path = bv_place_at(GRANTS, index, "path");
	struct bv_place access = bv_place_at(GRANTS, index, "access");
	int code = bv_check_path(check, path.text, in->path, &ret->path);

	if (code)
		return code;
	if (!in->access)
		return bv_fail(check->err, BV_E_INVALID, access.text,
			"no access is granted on \"%.80s\"; name read, write or execute, or leave "
			"the "
			"path out",
			ret->path);
	ret->access = in->access;
	return bv_check_bits(check, access.text, in->access, &bv_words_access);
}

/* Of sorted grants; returns how many are left. */
static size_t grants_merge(struct bv_grant *grants, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept && strcmp(grants[kept - 1].path, grants[i].path) == 0)
			grants[kept - 1].access |= grants[i].access;
		else
			grants[kept++] = grants[i];
	}
	return kept;
}

int bv_check_grants(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	struct bv_grant *copy;
	int code = bv_check_list(check, GRANTS, in->grants, in->grant_count, BV_GRANTS_MAX);

	if (code || !in->grant_count)
		return code;
	copy = bv_arena_array(check->arena, in->grant_count, sizeof(*copy));
	code = bv_check_memory(check, copy);
	for (size_t i = 0; i < in->grant_count && !code; i++)
		code = grant_check(check, i, &in->grants[i], &copy[i]);
	if (code)
		return code;
	qsort(copy, in->grant_count, sizeof(*copy), grant_order);
	ret->grants = copy;
	ret->grant_count = grants_merge(copy, in->grant_count);
	return BV_OK;
}

static int variable_order(const void *a, const void *b)
{
	return strcmp(((const struct bv_variable *)a)->name, ((const struct bv_variable *)b)->name);
}

static int variable_name_check(struct bv_check *check, size_t index, const struct bv_variable *in,
	struct bv_variable *all)
{
	struct bv_place place = bv_place_at(VARIABLES, index, "name");
	int code = bv_check_text(check, place.text, in->name, &all[index].name);

	if (code)
		return code;
	if (!in->name[0] || strchr(in->name, '='))
		return bv_fail(check->err, BV_E_INVALID, place.text,
			"\"%.80s\" is no variable's name; it must not be empty nor hold '='",
			in->name);
	for (size_t i = 0; i < index; i++) {
		if (strcmp(all[i].name, in->name) == 0)
			return bv_fail(check->err, BV_E_DUPLICATE, place.text,
				"\"%.80s\" is given twice, first as entry %zu; keep one", in->name,
				i);
	}
	return BV_OK;
}

/* With outputs, where they are is said by the boundary, and nobody else. */
static int variable_free_check(struct bv_check *check, size_t index, const struct bv_spec *in)
{
	struct bv_place place = bv_place_at(VARIABLES, index, "name");

	if (!in->output_count || strcmp(in->variables[index].name, BV_OUTPUT_VARIABLE) != 0)
		return BV_OK;
	return bv_fail(check->err, BV_E_INVALID, place.text,
		"\"%s\" is set by the boundary, because there are outputs; leave it out",
		BV_OUTPUT_VARIABLE);
}

/* Exactly one of the two; an empty value is one, an empty reference is not. */
static int variable_value_check(struct bv_check *check, size_t index, const struct bv_variable *in,
	struct bv_variable *ret)
{
	struct bv_place place = bv_place_at(VARIABLES, index,
		in->value            ? "value"
			: in->secret ? "secret"
				     : NULL);

	if (!in->value && !in->secret)
		return bv_fail(check->err, BV_E_MISSING, place.text,
			"\"%.80s\" has neither a value nor a secret; give one", in->name);
	if (in->value && in->secret)
		return bv_fail(check->err, BV_E_INVALID, place.text,
			"\"%.80s\" has a value and a secret; give only one", in->name);
	if (in->value)
		return bv_check_text(check, place.text, in->value, &ret->value);
	if (!in->secret[0])
		return bv_fail(check->err, BV_E_INVALID, place.text,
			"the secret's reference is empty; name what is to be resolved");
	return bv_check_text(check, place.text, in->secret, &ret->secret);
}

static int variable_check(struct bv_check *check, size_t index, const struct bv_variable *in,
	struct bv_variable *all)
{
	int code = variable_name_check(check, index, in, all);

	if (code)
		return code;
	return variable_value_check(check, index, in, &all[index]);
}

static size_t length(const char *text)
{
	return text ? strlen(text) : 0;
}

/* What the launch will need for the entries: NAME=value and a NUL each. A secret counts with its
 * reference, because its value is not known before the run. */
static int environment_size_check(struct bv_check *check, const struct bv_spec *in)
{
	uint64_t total = 0;

	for (size_t i = 0; i < in->variable_count; i++) {
		const struct bv_variable *variable = &in->variables[i];

		total += (uint64_t)length(variable->name) + length(variable->value) +
			length(variable->secret) + 2;
	}
	if (total <= BV_ENVIRONMENT_BYTES_MAX)
		return BV_OK;
	return bv_fail(check->err, BV_E_LIMIT, VARIABLES,
		"the environment takes %llu bytes; at most %d are allowed",
		(unsigned long long)total, BV_ENVIRONMENT_BYTES_MAX);
}

int bv_check_environment(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	struct bv_variable *copy;
	int code = bv_check_list(check, VARIABLES, in->variables, in->variable_count,
		BV_VARIABLES_MAX);

	if (!code)
		code = environment_size_check(check, in);
	if (code || !in->variable_count)
		return code;
	copy = bv_arena_array(check->arena, in->variable_count, sizeof(*copy));
	code = bv_check_memory(check, copy);
	for (size_t i = 0; i < in->variable_count && !code; i++) {
		code = variable_check(check, i, &in->variables[i], copy);
		if (!code)
			code = variable_free_check(check, i, in);
	}
	if (code)
		return code;
	qsort(copy, in->variable_count, sizeof(*copy), variable_order);
	ret->variables = copy;
	ret->variable_count = in->variable_count;
	return BV_OK;
}

static int descriptor_order(const void *a, const void *b)
{
	uint32_t x = ((const struct bv_descriptor *)a)->target;
	uint32_t y = ((const struct bv_descriptor *)b)->target;

	return (x > y) - (x < y);
}

static int descriptor_check(struct bv_check *check, size_t index, const struct bv_descriptor *in,
	struct bv_descriptor *all)
{
	struct bv_place source = bv_place_at(DESCRIPTORS, index, "source");
	struct bv_place target = bv_place_at(DESCRIPTORS, index, "target");

	if (in->source > BV_DESCRIPTOR_NUMBER_MAX)
		return bv_fail(check->err, BV_E_LIMIT, source.text,
			"descriptor %u; the highest number is %d", in->source,
			BV_DESCRIPTOR_NUMBER_MAX);
	if (in->target < 3)
		return bv_fail(check->err, BV_E_INVALID, target.text,
			"target %u is a standard stream; use \"streams\", or a number from 3",
			in->target);
	if (in->target > BV_DESCRIPTOR_NUMBER_MAX)
		return bv_fail(check->err, BV_E_LIMIT, target.text,
			"target %u; the highest number is %d", in->target,
			BV_DESCRIPTOR_NUMBER_MAX);
	for (size_t i = 0; i < index; i++) {
		if (all[i].target == in->target)
			return bv_fail(check->err, BV_E_DUPLICATE, target.text,
				"target %u is given twice, first as entry %zu; keep one",
				in->target, i);
	}
	all[index] = *in;
	return BV_OK;
}

int bv_check_descriptors(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	struct bv_descriptor *copy;
	int code = bv_check_list(check, DESCRIPTORS, in->descriptors, in->descriptor_count,
		BV_DESCRIPTORS_MAX);

	if (code || !in->descriptor_count)
		return code;
	copy = bv_arena_array(check->arena, in->descriptor_count, sizeof(*copy));
	code = bv_check_memory(check, copy);
	for (size_t i = 0; i < in->descriptor_count && !code; i++)
		code = descriptor_check(check, i, &in->descriptors[i], copy);
	if (code)
		return code;
	qsort(copy, in->descriptor_count, sizeof(*copy), descriptor_order);
	ret->descriptors = copy;
	ret->descriptor_count = in->descriptor_count;
	return BV_OK;
}

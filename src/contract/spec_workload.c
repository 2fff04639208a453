/* SPDX-License-Identifier: MIT
 *
 * The workload of a spec: what is run, with which arguments, where.
 */
#include "contract/spec_check.h"

#include "base/fail.h"

/* The root is a directory on every machine, so nothing can be executed or opened there. */
static int program_check(struct bv_check *check, const struct bv_workload *in,
	struct bv_workload *ret)
{
	static const char place[] = "workload.program";
	int code;

	if (!in->program)
		return bv_fail(check->err, BV_E_MISSING, place,
			"no program is named; give the absolute path of what is to run");
	code = bv_check_path(check, place, in->program, &ret->program);
	if (code)
		return code;
	if (!ret->program[1])
		return bv_fail(check->err, BV_E_INVALID, place,
			"\"/\" is a directory, not a program");
	return BV_OK;
}

static int name_check(struct bv_check *check, const struct bv_workload *in, struct bv_workload *ret)
{
	static const char place[] = "workload.name";

	if (!in->name) {
		ret->name = ret->program;
		return BV_OK;
	}
	if (!in->name[0])
		return bv_fail(check->err, BV_E_INVALID, place,
			"an empty name is given; leave it out to use the program's path");
	if (strlen(in->name) > BV_ARGUMENT_BYTES_MAX)
		return bv_fail(check->err, BV_E_LIMIT, place,
			"a name of %zu bytes; at most %d are allowed", strlen(in->name),
			BV_ARGUMENT_BYTES_MAX);
	return bv_check_text(check, place, in->name, &ret->name);
}

/* One argument; *total counts its bytes and the NUL that ends it. */
static int argument_check(struct bv_check *check, size_t index, const char *in, const char **ret,
	size_t *total)
{
	struct bv_place place = bv_place_at("workload.arguments", index, NULL);
	size_t len = in ? strlen(in) : 0;

	if (len > BV_ARGUMENT_BYTES_MAX)
		return bv_fail(check->err, BV_E_LIMIT, place.text,
			"an argument of %zu bytes; at most %d are allowed", len,
			BV_ARGUMENT_BYTES_MAX);
	*total += len + 1;
	if (*total > BV_ARGUMENTS_BYTES_MAX)
		return bv_fail(check->err, BV_E_LIMIT, place.text,
			"arguments up to here take %zu bytes; at most %d are allowed for all of "
			"them",
			*total, BV_ARGUMENTS_BYTES_MAX);
	return bv_check_text(check, place.text, in, ret);
}

static int arguments_check(struct bv_check *check, const struct bv_workload *in,
	struct bv_workload *ret)
{
	size_t total = 0;
	const char **copy;
	int code = bv_check_list(check, "workload.arguments", in->arguments, in->argument_count,
		BV_ARGUMENTS_MAX);

	if (code || !in->argument_count)
		return code;
	copy = bv_arena_array(check->arena, in->argument_count, sizeof(*copy));
	code = bv_check_memory(check, copy);
	for (size_t i = 0; i < in->argument_count && !code; i++)
		code = argument_check(check, i, in->arguments[i], &copy[i], &total);
	if (code)
		return code;
	ret->arguments = copy;
	ret->argument_count = in->argument_count;
	return BV_OK;
}

int bv_check_workload(struct bv_check *check, const struct bv_workload *in, struct bv_workload *ret)
{
	const char *directory = in->directory ? in->directory : "/";
	int code =
		bv_check_word(check, "workload.kind", (unsigned int)in->kind, &bv_words_workload);

	if (code)
		return code;
	ret->kind = in->kind;
	code = program_check(check, in, ret);
	if (code)
		return code;
	code = name_check(check, in, ret);
	if (code)
		return code;
	code = arguments_check(check, in, ret);
	if (code)
		return code;
	return bv_check_path(check, "workload.directory", directory, &ret->directory);
}

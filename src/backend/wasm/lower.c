/* SPDX-License-Identifier: MIT
 *
 * The steps of a guest's run, each with a digest of what it will be applied with.
 */
#include <stdio.h>
#include <string.h>

#include "backend/linux/choice.h"
#include "base/digest.h"
#include "nest.h"

static const char *const after_module[] = {"wasm.module", NULL};
static const char *const after_limits[] = {"wasm.limits", NULL};
static const char *const after_roots[] = {"wasm.roots", NULL};
static const char *const nothing[] = {NULL};

static const struct bv_primitive primitives[] = {
	{"wasm.module", 1, 0, nothing, nothing},
	{"wasm.limits", 1, 1, after_module, nothing},
	{"wasm.roots", 1, 2, after_limits, nothing},
	{"wasm.worker", 1, 3, after_roots, nothing},
	{"wasm.start", 1, 4, after_roots, nothing},
};

static struct bv_step *lower_add(struct bv_lowering *lowering, size_t primitive)
{
	struct bv_step *step = &lowering->steps[lowering->count++];

	step->primitive = primitives[primitive];
	bv_sha256_once("", 0, &step->parameters);
	return step;
}

static void lower_limits(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_digest *ret)
{
	char line[160];
	int len = snprintf(line, sizeof(line), "memory %llu handles %llu cpu %llu fuel %d\n",
		(unsigned long long)spec->budgets[BV_MEMORY].limit,
		(unsigned long long)spec->budgets[BV_HANDLES].limit,
		(unsigned long long)spec->budgets[BV_CPU].limit, nest_fuel(snapshot));

	bv_sha256_once(line, (size_t)len, ret);
}

static void lower_path(struct bv_sha256 *state, char access, const char *path)
{
	bv_sha256_update(state, &access, 1);
	bv_sha256_update(state, path, strlen(path) + 1);
}

static void lower_roots(const struct bv_spec *spec, struct bv_digest *ret)
{
	struct bv_sha256 state;

	bv_sha256_init(&state);
	for (size_t i = 0; i < spec->grant_count; i++)
		lower_path(&state, (char)('0' + spec->grants[i].access), spec->grants[i].path);
	for (size_t i = 0; i < spec->exposure_count; i++) {
		lower_path(&state, (char)('a' + (int)spec->exposures[i].access),
			spec->exposures[i].source);
		lower_path(&state, ':', spec->exposures[i].destination);
	}
	for (size_t i = 0; i < spec->output_count; i++) {
		lower_path(&state, 'o', spec->outputs[i].name);
		lower_path(&state, ':', spec->outputs[i].path ? spec->outputs[i].path : "");
	}
	bv_sha256_final(&state, ret);
}

/* The worker is lowered by the linux backend, and its steps are what this one is applied with. */
static int lower_worker(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_digest *ret, struct bv_error *err)
{
	struct bv_lowering lowering = {0};
	struct bv_sha256 state;
	struct nest nest;
	int code;

	nest_make(spec, nest_fuel(snapshot), &nest);
	code = linux_lower(snapshot, &nest.spec, &lowering, err);
	if (code)
		return code;
	bv_sha256_init(&state);
	for (size_t i = 0; i < lowering.count; i++) {
		lower_path(&state, ':', lowering.steps[i].primitive.id);
		bv_sha256_update(&state, lowering.steps[i].parameters.bytes, BV_DIGEST_BYTES);
	}
	bv_sha256_final(&state, ret);
	return 0;
}

int wasm_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err)
{
	struct bv_lowering lowering = {0};
	int code = 0;

	lower_add(&lowering, 0);
	lower_limits(snapshot, spec, &lower_add(&lowering, 1)->parameters);
	lower_roots(spec, &lower_add(&lowering, 2)->parameters);
	if (nest_stands(snapshot, spec, NULL))
		code = lower_worker(snapshot, spec, &lower_add(&lowering, 3)->parameters, err);
	if (code)
		return code;
	lower_add(&lowering, 4);
	*ret = lowering;
	return 0;
}

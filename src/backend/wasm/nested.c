/* SPDX-License-Identifier: MIT
 *
 * The worker's plan. It follows from the guest's plan alone, so it is made once for each of those,
 * by the linux backend as any other, and kept; which descriptors the worker gets is a run's to say.
 *
 * It was made for the machine that the guest's plan was made for, or it is not used: every fact it
 * rests on is among the facts of the guest's plan, and those were looked at again before this run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "contract/backend_handle.h"
#include "state.h"

struct nested {
	uint32_t users; /* the table is one */
	struct bv_plan_id of;
	struct bv_admission *admission;
};

const struct bv_plan *nested_plan(const struct nested *nested)
{
	return bv_admission_plan(nested->admission);
}

static struct nested *nested_free(struct nested *nested)
{
	if (!nested)
		return NULL;
	bv_admission_free(nested->admission);
	free(nested);
	return NULL;
}

void nested_give(struct wasm_state *state, struct nested *nested)
{
	bool last;

	if (!nested)
		return;
	pthread_mutex_lock(&state->lock);
	last = --nested->users == 0;
	pthread_mutex_unlock(&state->lock);
	if (last)
		nested_free(nested);
}

void nested_close(struct wasm_state *state)
{
	for (size_t i = 0; i < STATE_NESTED; i++)
		nested_free(state->nested[i]);
}

/* ---- making one ---- */

static int nested_refused(const struct bv_admission *admission, struct bv_error *err)
{
	size_t count = 0;
	const struct bv_requirement_row *rows = bv_admission_requirements(admission, &count);

	while (count && rows->admitted) {
		rows++;
		count--;
	}
	return bv_fail(err, BV_E_DRIFT, "worker", "the worker would be refused now: %s",
		count ? rows->missing : "a budget cannot be held");
}

/* The guest's plan rests on facts of its own, too. */
static int nested_compare(const struct bv_snapshot *guest, const struct bv_snapshot *worker,
	struct bv_error *err)
{
	for (size_t i = 0; i < worker->count; i++) {
		const struct bv_fact *now = &worker->facts[i];
		const struct bv_fact *then = bv_snapshot_find(guest, now->name);

		if (!then || then->state != now->state || then->value != now->value ||
			strcmp(then->detail, now->detail) != 0)
			return bv_fail(err, BV_E_DRIFT, now->name,
				"%s is not as it was when planned; plan again", now->name);
	}
	return 0;
}

static int nested_admit(const struct wasm_state *state, const struct bv_plan *plan,
	struct bv_admission **ret, struct bv_error *err)
{
	const char *slash = strrchr(state->worker_path, '/');
	struct bv_proposal *proposal = NULL;
	struct nest nest;
	int code;

	nest_make(bv_plan_spec(plan), nest_fuel(bv_plan_snapshot(plan)), &nest);
	nest.spec.workload.program = state->worker_path;
	nest.spec.workload.name = slash ? slash + 1 : state->worker_path;
	code = bv_proposal_new(&nest.spec, &proposal, err);
	if (!code)
		code = bv_admit(state->outer, proposal, ret, err);
	bv_proposal_free(proposal);
	return code;
}

static int nested_make(const struct wasm_state *state, const struct bv_plan *plan,
	struct nested **ret, struct bv_error *err)
{
	struct nested *nested = calloc(1, sizeof(*nested));
	int code;

	if (!nested)
		return bv_fail(err, BV_E_NO_MEMORY, "worker", "no memory for its plan");
	nested->users = 1;
	nested->of = *bv_plan_id(plan);
	code = nested_admit(state, plan, &nested->admission, err);
	if (!code && !nested_plan(nested))
		code = nested_refused(nested->admission, err);
	if (!code)
		code = nested_compare(bv_plan_snapshot(plan), bv_plan_snapshot(nested_plan(nested)),
			err);
	if (code)
		nested_free(nested);
	else
		*ret = nested;
	return code;
}

/* ---- the table ---- */

static struct nested *nested_recall(struct wasm_state *state, const struct bv_plan_id *of)
{
	struct nested *found = NULL;

	pthread_mutex_lock(&state->lock);
	for (size_t i = 0; i < STATE_NESTED && !found; i++)
		if (state->nested[i] && memcmp(&state->nested[i]->of, of, sizeof(*of)) == 0)
			found = state->nested[i];
	if (found)
		found->users++;
	pthread_mutex_unlock(&state->lock);
	return found;
}

/* Of two threads that made the same one each keeps its own; the older goes first. */
static void nested_remember(struct wasm_state *state, struct nested *nested)
{
	struct nested *gone;

	pthread_mutex_lock(&state->lock);
	nested->users++;
	gone = state->nested[state->nested_next];
	state->nested[state->nested_next] = nested;
	state->nested_next = (state->nested_next + 1) % STATE_NESTED;
	pthread_mutex_unlock(&state->lock);
	nested_give(state, gone);
}

int nested_take(struct wasm_state *state, const struct bv_plan *plan, struct nested **ret,
	struct bv_error *err)
{
	struct nested *nested = nested_recall(state, bv_plan_id(plan));
	int code = 0;

	if (!nested) {
		code = nested_make(state, plan, &nested, err);
		if (!code)
			nested_remember(state, nested);
	}
	if (!code)
		*ret = nested;
	return code;
}

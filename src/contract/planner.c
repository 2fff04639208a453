/* SPDX-License-Identifier: MIT
 *
 * Admission. The planner copies the proposal, has the backend look at the machine once, asks it
 * about every requirement, and only if nothing is unmet has it lower the spec and seals the plan
 * under its id. It judges by what rows.c believes of the answers; nothing here runs anything.
 */
#include "contract/plan_data.h"

#include "base/digest.h"
#include "base/fail.h"
#include "contract/lowering.h"

#include <stdlib.h>

/* Twice all texts of all rows at their longest. */
#define ROWS_ARENA_MAX ((size_t)256 << 10)

struct bv_admission *bv_admission_free(struct bv_admission *admission)
{
	if (!admission)
		return NULL;
	free(admission->json);
	free(admission->plan.json);
	bv_proposal_free(admission->plan.proposal);
	bv_arena_free(admission->plan.arena);
	free(admission);
	return NULL;
}

static void admission_freep(struct bv_admission **admission)
{
	*admission = bv_admission_free(*admission);
}

static int admission_new(struct bv_backend *backend, const struct bv_proposal *proposal,
	struct bv_admission **ret, struct bv_error *err)
{
	struct bv_admission *admission = calloc(1, sizeof(*admission));
	int code;

	if (!admission)
		return bv_fail(err, BV_E_NO_MEMORY, "plan", "no memory for the admission");
	admission->plan.backend = backend;
	memcpy(admission->plan.backend_id, backend->id, sizeof(backend->id));
	admission->plan.arena = bv_arena_new(ROWS_ARENA_MAX);
	admission->plan.rows.arena = admission->plan.arena;
	if (admission->plan.arena)
		code = bv_proposal_new(bv_proposal_spec(proposal), &admission->plan.proposal, err);
	else
		code = bv_fail(err, BV_E_NO_MEMORY, "plan", "no memory for the admission");
	if (code)
		bv_admission_free(admission);
	else
		*ret = admission;
	return code;
}

static int plan_lower(const struct bv_backend *backend, struct bv_plan *plan, struct bv_error *err)
{
	struct bv_lowering set = {0};
	int code = backend->ops.lower(&plan->snapshot, bv_proposal_spec(plan->proposal), &set, err);

	if (!code)
		code = bv_lowering_compile(&set, &plan->lowering, err);
	if (!code)
		code = bv_lowering_digest(&plan->lowering, &plan->lowering_digest, err);
	return code;
}

static int plan_complete(const struct bv_backend *backend, struct bv_plan *plan,
	struct bv_error *err)
{
	int code = plan_lower(backend, plan, err);

	if (!code)
		code = bv_plan_write(plan, &plan->json, &plan->json_len, err);
	if (!code)
		bv_sha256_once(plan->json, plan->json_len, &plan->id.digest);
	return code;
}

static int admission_decide(struct bv_backend *backend, struct bv_admission *admission,
	struct bv_error *err)
{
	struct bv_plan *plan = &admission->plan;
	const struct bv_spec *spec = bv_proposal_spec(plan->proposal);
	struct bv_question question = {backend, &plan->snapshot, spec};
	int code = bv_backend_probe(backend, spec, &plan->snapshot, &plan->profile, err);

	if (!code)
		code = bv_rows_fill(&plan->rows, &question, err);
	if (!code && !plan->rows.refusals) {
		code = plan_complete(backend, plan, err);
		admission->admitted = !code;
	}
	if (!code)
		code = bv_admission_write(admission, &admission->json, &admission->json_len, err);
	return code;
}

int bv_admit(struct bv_backend *backend, const struct bv_proposal *proposal,
	struct bv_admission **ret, struct bv_error *err)
{
	__attribute__((cleanup(admission_freep))) struct bv_admission *admission = NULL;
	int code;

	if (!backend || !proposal || !ret)
		return bv_fail(err, BV_E_INVALID, "plan",
			"a backend, a proposal and somewhere to put the answer are needed");
	code = admission_new(backend, proposal, &admission, err);
	if (!code)
		code = admission_decide(backend, admission, err);
	if (code)
		return code;
	*ret = admission;
	admission = NULL;
	return 0;
}

const struct bv_plan *bv_admission_plan(const struct bv_admission *admission)
{
	return admission->admitted ? &admission->plan : NULL;
}

size_t bv_admission_refusal_count(const struct bv_admission *admission)
{
	return admission->plan.rows.refusals;
}

const struct bv_requirement_row *bv_admission_requirements(const struct bv_admission *admission,
	size_t *ret_count)
{
	return bv_plan_requirements(&admission->plan, ret_count);
}

const struct bv_budget_row *bv_admission_budgets(const struct bv_admission *admission,
	size_t *ret_count)
{
	return bv_plan_budgets(&admission->plan, ret_count);
}

const struct bv_evidence_row *bv_admission_evidence(const struct bv_admission *admission,
	size_t *ret_count)
{
	*ret_count = admission->plan.rows.evidence_count;
	return admission->plan.rows.evidence;
}

const char *bv_admission_json(const struct bv_admission *admission, size_t *ret_len)
{
	*ret_len = admission->json_len;
	return admission->json;
}

const struct bv_plan_id *bv_plan_id(const struct bv_plan *plan)
{
	return &plan->id;
}

const struct bv_profile_id *bv_plan_profile(const struct bv_plan *plan)
{
	return &plan->profile;
}

const struct bv_spec *bv_plan_spec(const struct bv_plan *plan)
{
	return bv_proposal_spec(plan->proposal);
}

const char *bv_plan_backend(const struct bv_plan *plan)
{
	return plan->backend_id;
}

const char *bv_plan_json(const struct bv_plan *plan, size_t *ret_len)
{
	*ret_len = plan->json_len;
	return plan->json;
}

const struct bv_snapshot *bv_plan_snapshot(const struct bv_plan *plan)
{
	return &plan->snapshot;
}

const struct bv_lowering *bv_plan_lowering(const struct bv_plan *plan)
{
	return &plan->lowering;
}

const struct bv_digest *bv_plan_lowering_digest(const struct bv_plan *plan)
{
	return &plan->lowering_digest;
}

const struct bv_requirement_row *bv_plan_requirements(const struct bv_plan *plan, size_t *ret_count)
{
	*ret_count = plan->rows.requirement_count;
	return plan->rows.requirements;
}

const struct bv_budget_row *bv_plan_budgets(const struct bv_plan *plan, size_t *ret_count)
{
	*ret_count = plan->rows.budget_count;
	return plan->rows.budgets;
}

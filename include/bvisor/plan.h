/* SPDX-License-Identifier: MIT
 *
 * What is admitted. bv_admit() asks a backend about every requirement of a proposal and gives
 * back an admission: a row for each requirement, each budget and each evidence claim, whether it
 * is met, by what mechanism, and if it is not, what is missing and what would help. If all are
 * met the admission holds a plan; if not, it holds none, and lists every unmet requirement, not
 * only the first. Planning is inert: it may probe the machine but runs no workload.
 *
 * A plan is bound to one backend and to this machine's profile; its id is the SHA-256 of its
 * canonical JSON. Admissions are immutable and may be shared between threads.
 */
#ifndef BVISOR_PLAN_H
#define BVISOR_PLAN_H

#include <bvisor/digest.h>
#include <bvisor/spec.h>

struct bv_backend;
struct bv_admission;
struct bv_plan;

#define BV_MECHANISM_MAX 160
#define BV_MISSING_MAX 192
#define BV_REMEDY_MAX 256

/* One requirement and the backend's answer. */
struct bv_requirement_row {
	enum bv_kind kind;
	const char *policy; /* "deny-all", "3 grants": one line for people */
	struct bv_verdict verdict;
	const char *mechanism; /* what holds it here; "" if unsupported */
	const char *missing;   /* what keeps it from being enforced; "" if nothing */
	const char *remedy;    /* what would help; "" if nothing is missing */
	uint8_t admitted;
};

enum bv_budget_failure { /* in the order in which they are checked */
	BV_BUDGET_OK = 0,
	BV_BUDGET_BELOW_MINIMUM = 1, /* the spec itself needs more */
	BV_BUDGET_CAPACITY = 2,      /* more than this machine can bound */
	BV_BUDGET_GUARANTEE = 3,     /* held less strongly than asked */
	BV_BUDGET_EVIDENCE = 4,      /* evidence asked for cannot be had */
};

struct bv_budget_row {
	enum bv_dimension dimension;
	uint64_t limit;
	uint64_t minimum;  /* derived from the spec */
	uint64_t capacity; /* the largest limit this machine can hold */
	enum bv_enforcement required;
	enum bv_enforcement provided;
	uint32_t evidence; /* provided for this dimension */
	const char *mechanism;
	const char *granularity; /* how fine: "exact", "1 s", "sampled every 10 ms" */
	const char *missing;
	const char *remedy;
	enum bv_budget_failure failure;
};

struct bv_evidence_row {
	enum bv_evidence claim;
	const char *observer; /* who will look; "" if nobody */
	const char *missing;
	const char *remedy;
	uint8_t admitted;
};

BV_BEGIN_DECLS
/* Probes what the proposal needs to know of the machine, and adjudicates. A refusal is a
 * result, not an error: the call succeeds and bv_admission_plan() is NULL. */
BV_API BV_MUST_CHECK int bv_admit(struct bv_backend *backend, const struct bv_proposal *proposal,
	struct bv_admission **ret, struct bv_error *err);
BV_API struct bv_admission *bv_admission_free(struct bv_admission *admission);

/* NULL if refused. Lives as long as the admission. */
BV_API const struct bv_plan *bv_admission_plan(const struct bv_admission *admission);
BV_API size_t bv_admission_refusal_count(const struct bv_admission *admission);
BV_API const struct bv_requirement_row *bv_admission_requirements(const struct bv_admission
									  *admission,
	size_t *ret_count);
BV_API const struct bv_budget_row *bv_admission_budgets(const struct bv_admission *admission,
	size_t *ret_count);
BV_API const struct bv_evidence_row *bv_admission_evidence(const struct bv_admission *admission,
	size_t *ret_count);
/* The whole answer, admitted or not, as canonical JSON (docs/formats/plan.md). */
BV_API const char *bv_admission_json(const struct bv_admission *admission, size_t *ret_len);

BV_API const struct bv_plan_id *bv_plan_id(const struct bv_plan *plan);
BV_API const struct bv_profile_id *bv_plan_profile(const struct bv_plan *plan);
BV_API const struct bv_spec *bv_plan_spec(const struct bv_plan *plan);
BV_API const char *bv_plan_backend(const struct bv_plan *plan);
/* Canonical JSON; SHA-256 of these bytes is the plan's id. Lives as long as the admission. */
BV_API const char *bv_plan_json(const struct bv_plan *plan, size_t *ret_len);
BV_END_DECLS

#endif

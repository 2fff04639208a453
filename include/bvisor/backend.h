/* SPDX-License-Identifier: MIT
 *
 * The seam between the contract and whatever enforces it. A backend answers, for each kind of
 * requirement, what it can do: `support` (the family, static), meet `profile` (this machine),
 * meet `classify` (this spec). It runs a plan and fills in what it observed. It never hashes,
 * seals or journals, and never grades itself: the planner floors its answers, the runner seals.
 *
 * Only `probe` and `execute` may touch the machine. Everything between is a pure function of
 * the snapshot and the spec, so that a plan can be explained and repeated.
 *
 * A backend handle may be used from several threads at once if its `execute` may.
 */
#ifndef BVISOR_BACKEND_H
#define BVISOR_BACKEND_H

#include <bvisor/body.h>
#include <bvisor/plan.h>
#include <bvisor/run.h>

#define BV_FACTS_MAX 64
#define BV_FACT_NAME_MAX 40
#define BV_FACT_DETAIL_MAX 128
#define BV_PRIMITIVES_MAX 32

enum bv_fact_state {
	BV_FACT_UNKNOWN = 0, /* nobody looked: counts as absent, and is told apart in reports */
	BV_FACT_ABSENT = 1,
	BV_FACT_PRESENT = 2,
};

struct bv_fact {
	char name[BV_FACT_NAME_MAX]; /* lower case, dots and hyphens */
	enum bv_fact_state state;
	int64_t value;                   /* a version or a count; 0 where a fact has none */
	char detail[BV_FACT_DETAIL_MAX]; /* for people, and for the profile hash */
};

/* What probing saw. Plain data; the order of facts does not matter. */
struct bv_snapshot {
	size_t count;
	struct bv_fact facts[BV_FACTS_MAX];
};

struct bv_answer {
	struct bv_verdict verdict;
	char mechanism[BV_MECHANISM_MAX];
	char missing[BV_MISSING_MAX];
	char remedy[BV_REMEDY_MAX];
};

struct bv_availability {
	enum bv_enforcement enforcement;
	uint64_t capacity; /* the largest limit that can be held */
	uint32_t evidence;
	char mechanism[BV_MECHANISM_MAX];
	char granularity[64];
	char missing[BV_MISSING_MAX];
	char remedy[BV_REMEDY_MAX];
};

struct bv_observer {
	uint8_t available;
	char observer[BV_MECHANISM_MAX];
	char missing[BV_MISSING_MAX];
	char remedy[BV_REMEDY_MAX];
};

/* A step of lowering, as the backend's static table describes it. Lists end with NULL. */
struct bv_primitive {
	const char *id; /* "linux.landlock" */
	uint32_t version;
	uint32_t phase;                   /* a step never runs before one of an earlier phase */
	const char *const *prerequisites; /* ids that must be present, and earlier */
	const char *const *conflicts;     /* ids that must be absent */
};

struct bv_step {
	struct bv_primitive primitive;
	struct bv_digest parameters; /* what the step will be applied with */
};

/* As `lower` fills it: a set. As the plan holds it: an order. */
struct bv_lowering {
	size_t count;
	struct bv_step steps[BV_PRIMITIVES_MAX];
};

struct bv_backend_ops {
	size_t size;    /* sizeof(struct bv_backend_ops) */
	const char *id; /* "linux" */

	struct bv_verdict (*support)(enum bv_kind kind);
	/* `spec` says which facts are wanted; NULL: all of them. */
	int (*probe)(void *state, const struct bv_spec *spec, struct bv_snapshot *ret,
		struct bv_error *err);
	void (*profile)(const struct bv_snapshot *snapshot, enum bv_kind kind,
		struct bv_answer *ret);
	void (*classify)(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
		enum bv_kind kind, struct bv_answer *ret);
	/* `spec` NULL: the best this machine could do for any spec. */
	void (*budgets)(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
		enum bv_dimension dimension, struct bv_availability *ret);
	void (*evidence)(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
		enum bv_evidence claim, struct bv_observer *ret);
	/* Called for admitted specs only. */
	int (*lower)(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
		struct bv_lowering *ret, struct bv_error *err);
	/* Runs the plan to its end and fills the body. A failure here (not in the workload)
	 * becomes the outcome supervisor-fault. Must leave nothing of the run behind. */
	int (*execute)(void *state, const struct bv_plan *plan,
		const struct bv_run_options *options, struct bv_report_body *body,
		struct bv_error *err);
	void (*close)(void *state);
};

struct bv_backend;

BV_BEGIN_DECLS
/* A handle on a backend of the caller's own. `ops` must outlive it; `state` is closed with it. */
BV_API BV_MUST_CHECK int bv_backend_new(const struct bv_backend_ops *ops, void *state,
	struct bv_backend **ret, struct bv_error *err);
BV_API struct bv_backend *bv_backend_free(struct bv_backend *backend);
BV_API const char *bv_backend_id(const struct bv_backend *backend);

/* What this machine could enforce, kind by kind, as canonical JSON (docs/formats/probe.md) and
 * as rows; the rows have no policy. Free with bv_probe_free(). */
struct bv_probe;
BV_API BV_MUST_CHECK int bv_probe_new(struct bv_backend *backend, struct bv_probe **ret,
	struct bv_error *err);
BV_API struct bv_probe *bv_probe_free(struct bv_probe *probe);
BV_API const struct bv_requirement_row *bv_probe_requirements(const struct bv_probe *probe,
	size_t *ret_count);
BV_API const struct bv_budget_row *bv_probe_budgets(const struct bv_probe *probe,
	size_t *ret_count);
BV_API const struct bv_evidence_row *bv_probe_evidence(const struct bv_probe *probe,
	size_t *ret_count);
BV_API const struct bv_snapshot *bv_probe_snapshot(const struct bv_probe *probe);
BV_API const struct bv_profile_id *bv_probe_profile(const struct bv_probe *probe);
BV_API const char *bv_probe_json(const struct bv_probe *probe, size_t *ret_len);

/* Facts. bv_snapshot_set() replaces a fact of the same name; it returns BV_E_LIMIT when full. */
BV_API int bv_snapshot_set(struct bv_snapshot *snapshot, const char *name, enum bv_fact_state state,
	int64_t value, const char *detail);
BV_API const struct bv_fact *bv_snapshot_find(const struct bv_snapshot *snapshot, const char *name);
/* 1 only if somebody looked and found it. */
BV_API int bv_snapshot_has(const struct bv_snapshot *snapshot, const char *name);
BV_API int64_t bv_snapshot_value(const struct bv_snapshot *snapshot, const char *name);
/* For `execute`: the snapshot and the compiled schedule the plan was made with. */
BV_API const struct bv_snapshot *bv_plan_snapshot(const struct bv_plan *plan);
BV_API const struct bv_lowering *bv_plan_lowering(const struct bv_plan *plan);
BV_API const struct bv_digest *bv_plan_lowering_digest(const struct bv_plan *plan);
BV_API const struct bv_requirement_row *bv_plan_requirements(const struct bv_plan *plan,
	size_t *ret_count);
BV_API const struct bv_budget_row *bv_plan_budgets(const struct bv_plan *plan, size_t *ret_count);
BV_END_DECLS

#endif

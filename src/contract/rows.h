/* SPDX-License-Identifier: MIT
 *
 * A backend's answers as rows: one for each requirement, budget and evidence claim, floored to
 * what the contract believes. Whatever a backend says stronger than its own support, outside its
 * tables, or without naming a mechanism, counts as unsupported; an unmet row always says what is
 * missing and what would help.
 */
#ifndef CONTRACT_ROWS_H
#define CONTRACT_ROWS_H

#include "base/arena.h"
#include "base/json.h"
#include "contract/backend_handle.h"

struct bv_rows {
	struct bv_arena *arena; /* borrowed; holds the text */
	uint8_t starved;        /* the arena was full: the rows are not to be used */
	size_t refusals;
	size_t requirement_count;
	struct bv_requirement_row requirements[BV_KIND_COUNT];
	size_t budget_count;
	struct bv_budget_row budgets[BV_DIMENSION_COUNT];
	size_t evidence_count;
	struct bv_evidence_row evidence[BV_EVIDENCE_COUNT];
};

/* What a row asks: the backend, what it saw, and the spec. Without a spec, a row for every kind,
 * dimension and claim says the best this machine could do. */
struct bv_question {
	const struct bv_backend *backend;
	const struct bv_snapshot *snapshot;
	const struct bv_spec *spec;
};

/* `rows` has an arena and is empty otherwise. */
int bv_rows_fill(struct bv_rows *rows, const struct bv_question *question, struct bv_error *err);
/* The least enforcement with which a kind is admitted. */
enum bv_enforcement bv_kind_least(enum bv_kind kind);

/* How much of a row is written. */
enum bv_rows_form {
	BV_ROWS_PLAN = 0,      /* what was admitted */
	BV_ROWS_ADMISSION = 1, /* that, and what is missing */
	BV_ROWS_PROBE = 2,     /* without what only a spec has: policies, limits */
	BV_ROWS_REPORT = 3,    /* requirements only: no evidence sets */
};

/* Each writes an array. */
void bv_rows_write_requirements(struct bv_json *json, const struct bv_rows *rows,
	enum bv_rows_form form);
void bv_rows_write_budgets(struct bv_json *json, const struct bv_rows *rows,
	enum bv_rows_form form);
void bv_rows_write_evidence(struct bv_json *json, const struct bv_rows *rows,
	enum bv_rows_form form);
/* An array of the claims' names, in byte order, as sets stand in a spec. */
void bv_claims_write(struct bv_json *json, uint32_t claims);
/* A least enforcement as it is asked for: a waived one is "none". */
const char *bv_guarantee_name(enum bv_enforcement guarantee);
/* "granted" for what is given rather than enforced. */
const char *bv_row_enforcement_name(const struct bv_requirement_row *row);

#endif

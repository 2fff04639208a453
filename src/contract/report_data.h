/* SPDX-License-Identifier: MIT
 *
 * The inside of reports, and their sealing. A report is prepared before anything runs: then all
 * is allocated that even a report about running out of memory needs, so that once a run was
 * started, sealing cannot fail.
 */
#ifndef CONTRACT_REPORT_DATA_H
#define CONTRACT_REPORT_DATA_H

#include "base/buf.h"
#include "contract/body_data.h"
#include "contract/plan_data.h"
#include <bvisor/report.h>

#define BV_REPORT_JSON_MAX ((size_t)128 << 20)

struct bv_report {
	struct bv_report_body *body;
	struct bv_plan_id plan_id;
	struct bv_attempt_id attempt;
	struct bv_report_id id;
	struct bv_buf json;
};

/* Fails if memory is short; nothing must run then. The body already holds the findings that
 * follow from the plan alone. */
int bv_report_prepare(const struct bv_plan *plan, const struct bv_attempt_id *attempt,
	struct bv_report **ret, struct bv_error *err);
/* What `execute` made of the run: its code, and its error if that is not 0. */
void bv_report_conclude(struct bv_report *report, const struct bv_plan *plan, int code,
	const struct bv_error *failure);
/* Writes and identifies the report; its body does not change after that. */
void bv_report_seal(struct bv_report *report, const struct bv_plan *plan);
/* The whole document, in canonical JSON. */
void bv_report_write(struct bv_json *json, const struct bv_report *report,
	const struct bv_plan *plan);
/* report_evidence.c: `changes` and `processes`. */
void bv_report_write_changes(struct bv_json *json, const struct bv_report_body *body);
void bv_report_write_processes(struct bv_json *json, const struct bv_report_body *body);
/* "limit-exceeded", "limit-reached", or NULL. */
const char *bv_usage_finding(const struct bv_budget_row *row, const struct bv_body_usage *usage);
void bv_body_artifacts_write(struct bv_json *json, const struct bv_report_body *body);
/* What a coverage is called; NULL outside the table. */
const char *bv_coverage_name(enum bv_coverage coverage);

#endif

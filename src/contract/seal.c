/* SPDX-License-Identifier: MIT
 *
 * Concluding and sealing. The runner, not the backend, says what follows from plan and body: how
 * the run ended if the backend cannot say it, which authority was ambient, which limit was
 * passed, which evidence is missing. Then the bytes are written once and hashed.
 */
#include "contract/report_data.h"

#include "base/digest.h"
#include "base/fail.h"
#include "contract/ending.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What a report takes beside the parts of its plan: every fixed key, and every finding of the
 * runner's own at its longest. The plan's parts appear once, the arguments twice. */
#define REPORT_SPARE_BYTES ((size_t)256 << 10)

static bool conclude_requirement(struct bv_report_body *body, const struct bv_requirement_row *row)
{
	const char *name = bv_kind_name(row->kind);

	if (bv_kind_nature(row->kind) == BV_NATURE_GRANT)
		return bv_body_conclude(body, "ambient-authority", "%s: %s", name,
			bv_kind_meaning(row->kind));
	if (row->verdict.enforcement == BV_MEDIATED)
		return bv_body_conclude(body, "mediated",
			"%s is held by watching and acting, which can be late: %s", name,
			row->mechanism);
	return true;
}

static bool conclude_plan(struct bv_report_body *body, const struct bv_plan *plan)
{
	bool kept = true;

	for (size_t i = 0; i < plan->rows.requirement_count; i++)
		kept &= conclude_requirement(body, &plan->rows.requirements[i]);
	for (size_t i = 0; i < plan->rows.budget_count; i++) {
		const struct bv_budget_row *row = &plan->rows.budgets[i];

		if (row->required == BV_UNSUPPORTED)
			kept &= bv_body_conclude(body, "budget-waived",
				"%s was waived by name, and is %s here",
				bv_dimension_name(row->dimension),
				bv_enforcement_name(row->provided));
	}
	return kept;
}

int bv_report_prepare(const struct bv_plan *plan, const struct bv_attempt_id *attempt,
	struct bv_report **ret, struct bv_error *err)
{
	struct bv_report *report = calloc(1, sizeof(*report));
	size_t capacity = 2 * plan->json_len + REPORT_SPARE_BYTES;

	if (report) {
		report->plan_id = plan->id;
		report->attempt = *attempt;
		report->body = bv_body_new(bv_plan_spec(plan));
		if (report->body)
			report->body->attempt = *attempt;
		report->json = BV_BUF(BV_REPORT_JSON_MAX + REPORT_SPARE_BYTES);
		report->json.data = malloc(capacity + 1);
		report->json.capacity = report->json.data ? capacity : 0;
	}
	if (!report || !report->body || !report->json.data || !conclude_plan(report->body, plan)) {
		bv_report_free(report);
		return bv_fail(err, BV_E_NO_MEMORY, "report",
			"no memory for the report; nothing was started");
	}
	*ret = report;
	return 0;
}

static void fault_end(struct bv_report_body *body, int code, const struct bv_error *failure)
{
	bool launcher = code == BV_E_LAUNCHER || code == BV_E_PROTOCOL;
	struct bv_end end = {
		.outcome = BV_OUTCOME_SUPERVISOR_FAULT,
		.reason = launcher ? BV_REASON_LAUNCHER : BV_REASON_SETUP,
		.stage = failure && failure->place[0] ? failure->place : "execute",
		.errnum = failure ? failure->errnum : 0,
		.detail = failure && failure->text[0] ? failure->text : bv_code_meaning(code),
	};

	if (body->ended)
		end.exit = body->end.exit;
	if (body->ended && bv_exit_kind_name(end.exit))
		end.exit_value = body->end.exit_value;
	else
		end.exit = BV_EXIT_NONE;
	bv_body_end(body, &end);
}

/* Whatever the backend leaves behind, the report has an end that makes sense. */
static void conclude_end(struct bv_report_body *body, int code, const struct bv_error *failure)
{
	const char *fault;

	if (code) {
		bv_body_conclude(body, "execute-failed", "%s at %s: %s", bv_code_name(code),
			failure->place[0] ? failure->place : "execute",
			failure->text[0] ? failure->text : bv_code_meaning(code));
		fault_end(body, code, failure);
		return;
	}
	if (!body->ended) {
		bv_body_conclude(body, "end-missing",
			"the backend returned without saying how the run ended");
		fault_end(body, BV_E_FAULT, NULL);
		return;
	}
	fault = bv_ending_fault(&body->end);
	if (fault) {
		bv_body_conclude(body, "end-incoherent",
			"the backend said outcome %d, reason %d, exit %d, dimension %d: %s",
			(int)body->end.outcome, (int)body->end.reason, (int)body->end.exit,
			(int)body->end.dimension, fault);
		fault_end(body, BV_E_FAULT, NULL);
	}
}

static void conclude_usage(struct bv_report_body *body, const struct bv_plan *plan)
{
	for (size_t i = 0; i < plan->rows.budget_count; i++) {
		const struct bv_budget_row *row = &plan->rows.budgets[i];
		const struct bv_body_usage *usage = &body->usage[row->dimension];
		const char *finding = bv_usage_finding(row, usage);

		if (finding)
			bv_body_conclude(body, finding, "%s: %" PRIu64 " of %" PRIu64 " (%s)",
				bv_dimension_name(row->dimension), usage->measured, row->limit,
				bv_dimension_unit(row->dimension));
	}
}

static void conclude_evidence(struct bv_report_body *body, const struct bv_spec *spec)
{
	for (unsigned int claim = 0; claim < BV_EVIDENCE_COUNT; claim++) {
		if (!(spec->evidence & BV_EVIDENCE_BIT(claim)) ||
			body->covers[claim].coverage != BV_COVERAGE_NONE)
			continue;
		bv_body_conclude(body, "evidence-missing",
			"%s was asked for and promised, and nobody looked",
			bv_evidence_name((enum bv_evidence)claim));
	}
}

/* Of the claims that have a list. */
static size_t listed(const struct bv_report_body *body, unsigned int claim)
{
	switch (claim) {
	case BV_EVIDENCE_DENIED_ATTEMPTS:
		return body->denial_count;
	case BV_EVIDENCE_FILESYSTEM_DELTA:
		return body->change_count;
	case BV_EVIDENCE_PROCESS_TREE:
		return body->process_count;
	case BV_EVIDENCE_ARTIFACT_LINEAGE:
		return body->artifacts.count;
	default:
		return 0;
	}
}

/* A list that lacks something is not complete, and artifacts come from nowhere but a look. Needs no
 * memory. */
static void conclude_coverage(struct bv_report_body *body)
{
	struct bv_body_cover *artifacts = &body->covers[BV_EVIDENCE_ARTIFACT_LINEAGE];

	for (unsigned int claim = 0; claim < BV_EVIDENCE_COUNT; claim++) {
		struct bv_body_cover *cover = &body->covers[claim];

		if (cover->coverage == BV_COVERAGE_COMPLETE &&
			(body->lost & BV_EVIDENCE_BIT(claim))) {
			cover->coverage = BV_COVERAGE_PARTIAL;
			cover->missed = "entries that did not fit, or made no sense";
		}
	}
	if (artifacts->coverage == BV_COVERAGE_NONE && body->artifacts.count) {
		artifacts->coverage = BV_COVERAGE_PARTIAL;
		artifacts->missed = "whatever it was: the backend does not say";
	}
}

static void conclude_streams(struct bv_report_body *body, const struct bv_spec *spec)
{
	bv_body_streams_finish(body);
	for (int i = 1; i < 3; i++) {
		if (spec->streams[i].mode == BV_STREAM_CAPTURE && !body->streams[i].captured)
			bv_body_conclude(body, "capture-missing",
				"what was written to %s was not captured",
				i == 1 ? "stdout" : "stderr");
	}
}

void bv_report_conclude(struct bv_report *report, const struct bv_plan *plan, int code,
	const struct bv_error *failure)
{
	const struct bv_spec *spec = bv_plan_spec(plan);
	struct bv_report_body *body = report->body;

	conclude_end(body, code, failure);
	conclude_usage(body, plan);
	bv_body_artifacts_finish(body);
	conclude_coverage(body);
	conclude_evidence(body, spec);
	conclude_streams(body, spec);
}

/* Needs no memory: what was lost for want of it is still said. */
static void conclude_dropped(struct bv_report_body *body)
{
	struct bv_body_pair **at = &body->conclusions.first, *pair = &body->dropped_pair;

	if (!body->dropped)
		return;
	(void)snprintf(body->dropped_text, sizeof(body->dropped_text),
		"%" PRIu64 " entries did not fit, or made no sense", body->dropped);
	if (pair->name)
		return;
	*pair = (struct bv_body_pair){.name = "entries-dropped", .text = body->dropped_text};
	while (*at && strcmp((*at)->name, pair->name) < 0)
		at = &(*at)->next;
	pair->next = *at;
	*at = pair;
	body->conclusions.count++;
}

static bool written(struct bv_report *report, const struct bv_plan *plan)
{
	struct bv_json json;

	conclude_dropped(report->body);
	report->json.len = 0;
	report->json.broken = false;
	bv_json_start(&json, &report->json);
	bv_report_write(&json, report, plan);
	return bv_json_end(&json);
}

/* What is left when the observations do not fit: the plan, our own findings, what was measured,
 * and that it is so. This fits into what was prepared. */
static void strip(struct bv_report_body *body)
{
	static const struct bv_end end = {
		.outcome = BV_OUTCOME_SUPERVISOR_FAULT,
		.reason = BV_REASON_SETUP,
		.stage = "seal",
		.detail = "there was no memory to write down what was observed",
	};

	body->dropped += body->attested.count + body->observed.count + body->findings.count +
		body->denial_count + body->transcript_count + body->change_count +
		body->process_count + body->artifacts.count + 1;
	for (unsigned int claim = 0; claim < BV_EVIDENCE_COUNT; claim++)
		body->lost |= listed(body, claim) ? BV_EVIDENCE_BIT(claim) : 0;
	conclude_coverage(body);
	body->attested = body->observed = body->findings = (struct bv_body_pairs){0};
	body->denials = NULL;
	body->transcript = NULL;
	body->changes = body->change_last = NULL;
	body->processes = NULL;
	body->change_count = body->process_count = 0;
	body->artifacts.count = 0;
	body->denial_count = body->transcript_count = 0;
	body->executable = body->interpreter = (struct bv_body_file){0};
	body->end = end;
}

void bv_report_seal(struct bv_report *report, const struct bv_plan *plan)
{
	struct bv_bytes view;

	if (!written(report, plan)) {
		strip(report->body);
		(void)written(report, plan);
	}
	view = bv_buf_view(&report->json);
	bv_sha256_once(view.data, view.len, &report->id.digest);
}

/* SPDX-License-Identifier: MIT
 *
 * A report as canonical JSON (docs/formats/report.md). Written from the plan and the body only;
 * what the spec says of secrets is their references, and nothing else of them ever gets here.
 */
#include "contract/report_data.h"

#include "contract/ending.h"
#include "contract/spec_json.h"

static const char *const stream_names[3] = {"stdin", "stdout", "stderr"};

const char *bv_coverage_name(enum bv_coverage coverage)
{
	switch (coverage) {
	case BV_COVERAGE_NONE:
		return "none";
	case BV_COVERAGE_PARTIAL:
		return "partial";
	case BV_COVERAGE_COMPLETE:
		return "complete";
	}
	return NULL;
}

static void pair_write(struct bv_json *json, const struct bv_body_pair *pair, const char *name,
	const char *text)
{
	bool name_first = strcmp(name, text) < 0;

	bv_json_object(json);
	bv_json_kv_string(json, name_first ? name : text, name_first ? pair->name : pair->text);
	bv_json_kv_string(json, name_first ? text : name, name_first ? pair->text : pair->name);
	bv_json_object_end(json);
}

static void pairs_write(struct bv_json *json, const struct bv_body_pairs *list, const char *name,
	const char *text)
{
	bv_json_array(json);
	for (const struct bv_body_pair *pair = list->first; pair; pair = pair->next)
		pair_write(json, pair, name, text);
	bv_json_array_end(json);
}

static int pair_order(const struct bv_body_pair *a, const struct bv_body_pair *b)
{
	int order = strcmp(a->name, b->name);

	return order ? order : strcmp(a->text, b->text);
}

/* Two sorted lists as one, without what stands in both. */
static void findings_write(struct bv_json *json, const struct bv_report_body *body)
{
	const struct bv_body_pair *a = body->findings.first, *b = body->conclusions.first;

	bv_json_array(json);
	while (a || b) {
		int order = !a ? 1 : !b ? -1 : pair_order(a, b);

		pair_write(json, order <= 0 ? a : b, "code", "detail");
		if (order <= 0)
			a = a->next;
		if (order >= 0)
			b = b->next;
	}
	bv_json_array_end(json);
}

const char *bv_usage_finding(const struct bv_budget_row *row, const struct bv_body_usage *usage)
{
	if (!usage->known || usage->measured < row->limit || !usage->measured)
		return NULL;
	return usage->measured > row->limit ? "limit-exceeded" : "limit-reached";
}

static void budget_write(struct bv_json *json, const struct bv_budget_row *row,
	const struct bv_body_usage *usage)
{
	bv_json_object(json);
	bv_json_kv_string(json, "dimension", bv_dimension_name(row->dimension));
	bv_json_kv_string(json, "finding", bv_usage_finding(row, usage));
	bv_json_kv_string(json, "granularity", row->granularity);
	bv_json_kv_unsigned(json, "limit", row->limit);
	bv_json_key(json, "measured");
	if (usage->known)
		bv_json_unsigned(json, usage->measured);
	else
		bv_json_null(json);
	bv_json_kv_string(json, "measured_granularity",
		usage->granularity ? usage->granularity : "");
	bv_json_kv_string(json, "mechanism", row->mechanism);
	bv_json_kv_string(json, "provided", bv_enforcement_name(row->provided));
	bv_json_kv_string(json, "required", bv_guarantee_name(row->required));
	bv_json_kv_string(json, "source", usage->source ? usage->source : "");
	bv_json_kv_string(json, "unit", bv_dimension_unit(row->dimension));
	bv_json_object_end(json);
}

static void budgets_write(struct bv_json *json, const struct bv_report *report,
	const struct bv_plan *plan)
{
	bv_json_array(json);
	for (size_t i = 0; i < plan->rows.budget_count; i++) {
		const struct bv_budget_row *row = &plan->rows.budgets[i];

		budget_write(json, row, &report->body->usage[row->dimension]);
	}
	bv_json_array_end(json);
}

/* Nobody looked: null. Somebody looked and saw nothing: an empty list. */
static void denied_write(struct bv_json *json, const struct bv_report_body *body)
{
	if (!body->denials &&
		body->covers[BV_EVIDENCE_DENIED_ATTEMPTS].coverage == BV_COVERAGE_NONE) {
		bv_json_null(json);
		return;
	}
	bv_json_array(json);
	for (const struct bv_body_denial *denial = body->denials; denial; denial = denial->next) {
		bv_json_object(json);
		bv_json_kv_string(json, "call", denial->call);
		bv_json_kv_unsigned(json, "count", denial->count);
		bv_json_kv_integer(json, "errno", denial->errnum);
		bv_json_kv_string(json, "kind", bv_kind_name(denial->kind));
		bv_json_kv_string(json, "object", denial->object);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void evidence_write(struct bv_json *json, const struct bv_report_body *body,
	uint32_t requested)
{
	bv_json_array(json);
	for (unsigned int claim = 0; claim < BV_EVIDENCE_COUNT; claim++) {
		const struct bv_body_cover *cover = &body->covers[claim];

		bv_json_object(json);
		bv_json_kv_string(json, "claim", bv_evidence_name((enum bv_evidence)claim));
		bv_json_kv_string(json, "coverage", bv_coverage_name(cover->coverage));
		bv_json_kv_string(json, "missed", cover->missed ? cover->missed : "");
		bv_json_kv_string(json, "observer", cover->observer ? cover->observer : "");
		bv_json_kv_boolean(json, "requested", requested & BV_EVIDENCE_BIT(claim));
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void exit_write(struct bv_json *json, const struct bv_end *end)
{
	bv_json_object(json);
	bv_json_kv_string(json, "kind", bv_exit_kind_name(end->exit));
	bv_json_key(json, "value");
	if (end->exit == BV_EXIT_NONE)
		bv_json_null(json);
	else
		bv_json_integer(json, end->exit_value);
	bv_json_object_end(json);
}

static void reason_write(struct bv_json *json, const struct bv_end *end)
{
	bv_json_object(json);
	bv_json_kv_string(json, "detail", end->detail);
	if (end->reason == BV_REASON_BUDGET)
		bv_json_kv_string(json, "dimension", bv_dimension_name(end->dimension));
	if (end->reason == BV_REASON_OUT_OF_MEMORY)
		bv_json_kv_string(json, "dimension", bv_dimension_name(BV_MEMORY));
	if (end->reason == BV_REASON_SETUP || end->reason == BV_REASON_EXEC)
		bv_json_kv_integer(json, "errno", end->errnum);
	bv_json_kv_string(json, "kind", bv_reason_name(end->reason));
	if (end->reason == BV_REASON_POLICY)
		bv_json_kv_string(json, "requirement", bv_kind_name(end->kind));
	if (end->reason == BV_REASON_SETUP)
		bv_json_kv_string(json, "stage", end->stage ? end->stage : "");
	bv_json_object_end(json);
}

static void launcher_write(struct bv_json *json, const struct bv_report_body *body)
{
	bv_json_array(json);
	for (const struct bv_body_step *step = body->transcript; step; step = step->next) {
		bv_json_object(json);
		bv_json_kv_unsigned(json, "at_us", step->at_us);
		bv_json_kv_string(json, "event", step->event);
		bv_json_kv_string(json, "state", step->state);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void streams_write(struct bv_json *json, const struct bv_report_body *body)
{
	bv_json_array(json);
	for (size_t i = 0; i < 3; i++) {
		const struct bv_body_stream *stream = &body->streams[i];

		bv_json_object(json);
		bv_json_kv_boolean(json, "captured", stream->captured);
		bv_json_kv_unsigned(json, "kept_bytes", stream->kept_len);
		bv_json_kv_unsigned(json, "length_bytes", stream->length_bytes);
		bv_json_key(json, "sha256");
		if (stream->captured)
			bv_json_digest(json, &stream->digest);
		else
			bv_json_null(json);
		bv_json_kv_string(json, "stream", stream_names[i]);
		bv_json_kv_boolean(json, "truncated", bv_body_stream_truncated(stream));
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void file_write(struct bv_json *json, const char *key, const struct bv_body_file *file)
{
	bv_json_key(json, key);
	if (!file->path) {
		bv_json_null(json);
		return;
	}
	bv_json_object(json);
	bv_json_kv_string(json, "path", file->path);
	bv_json_kv_digest(json, "sha256", &file->sha256);
	bv_json_kv_unsigned(json, "size_bytes", file->size_bytes);
	bv_json_object_end(json);
}

static void workload_write(struct bv_json *json, const struct bv_report_body *body,
	const struct bv_workload *workload)
{
	bv_json_object(json);
	bv_json_key(json, "arguments");
	bv_json_array(json);
	for (size_t i = 0; i < workload->argument_count; i++)
		bv_json_string(json, workload->arguments[i]);
	bv_json_array_end(json);
	file_write(json, "executable", &body->executable);
	file_write(json, "interpreter", &body->interpreter);
	bv_json_kv_string(json, "program", workload->program);
	bv_json_object_end(json);
}

static void observed_write(struct bv_json *json, const struct bv_report *report,
	const struct bv_plan *plan)
{
	const struct bv_report_body *body = report->body;

	bv_json_key(json, "changes");
	bv_report_write_changes(json, body);
	bv_json_key(json, "denied");
	denied_write(json, body);
	bv_json_key(json, "evidence");
	evidence_write(json, body, bv_plan_spec(plan)->evidence);
	bv_json_key(json, "exit");
	exit_write(json, &body->end);
	bv_json_key(json, "findings");
	findings_write(json, body);
	bv_json_key(json, "launcher");
	launcher_write(json, body);
	bv_json_key(json, "observed");
	pairs_write(json, &body->observed, "kind", "detail");
	bv_json_kv_string(json, "outcome", bv_outcome_name(body->end.outcome));
}

void bv_report_write(struct bv_json *json, const struct bv_report *report,
	const struct bv_plan *plan)
{
	bv_json_object(json);
	bv_json_key(json, "artifacts");
	bv_body_artifacts_write(json, report->body);
	bv_json_kv_digest(json, "attempt", &report->attempt.digest);
	bv_json_key(json, "attestation");
	pairs_write(json, &report->body->attested, "name", "value");
	bv_json_kv_string(json, "backend", plan->backend_id);
	bv_json_key(json, "budgets");
	budgets_write(json, report, plan);
	observed_write(json, report, plan);
	bv_json_kv_digest(json, "plan_id", &report->plan_id.digest);
	bv_json_key(json, "processes");
	bv_report_write_processes(json, report->body);
	bv_json_key(json, "profile");
	bv_profile_write(json, &plan->snapshot, &plan->profile);
	bv_json_key(json, "reason");
	reason_write(json, &report->body->end);
	bv_json_kv_unsigned(json, "report", 1);
	bv_json_key(json, "requirements");
	bv_rows_write_requirements(json, &plan->rows, BV_ROWS_REPORT);
	bv_json_key(json, "spec");
	bv_spec_write(json, bv_plan_spec(plan));
	bv_json_key(json, "streams");
	streams_write(json, report->body);
	bv_json_key(json, "workload");
	workload_write(json, report->body, &bv_plan_spec(plan)->workload);
	bv_json_object_end(json);
}

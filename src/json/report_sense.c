/* SPDX-License-Identifier: MIT
 *
 * The sense of a report whose form is right: the requirements are those that the spec inside
 * makes, budgets and evidence are what it asked for, the end is one that a run can have, and
 * nothing that must be a finding is kept silent. Entries that a run had to drop may excuse a
 * finding about what was observed, but none that follows from the plan alone.
 */
#include "json/report_check.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "contract/ending.h"
#include "contract/requirement.h"

static void proposal_freep(struct bv_proposal **proposal)
{
	*proposal = bv_proposal_free(*proposal);
}

/* The bytes of a value, between its start and the comma before the key that follows it. */
static struct bv_bytes slice(struct bv_bytes text, const struct bv_node *value,
	const struct bv_node *next)
{
	return bv_bytes(text.data + value->offset, next->key_offset - 1 - value->offset);
}

static bool sense_spec(struct check *check, const struct bv_node *report, struct bv_bytes text,
	struct bv_proposal **ret)
{
	struct bv_bytes spec = slice(text, node_get(report, "spec"), node_get(report, "streams"));
	struct bv_error err = {0};
	const char *normalised;
	char place[sizeof(err.place) + 8];
	size_t len;
	int code = bv_proposal_from_json((const char *)spec.data, spec.len, ret, &err);

	if (code == BV_E_NO_MEMORY) {
		check->starved = true;
		return check_fault(check, "spec", "there was no memory to check it");
	}
	if (code) {
		(void)snprintf(place, sizeof(place), "spec%s%s", err.place[0] ? "." : "",
			err.place);
		return check_fault(check, place, "%s", err.text);
	}
	normalised = bv_proposal_json(*ret, &len);
	if (!bv_bytes_eq(spec, bv_bytes(normalised, len)))
		return check_fault(check, "spec", "is not normalised, as every sealed spec is");
	return true;
}

static bool sense_requirement(struct check *check, const char *place, const struct bv_node *row,
	const struct bv_requirement *wanted)
{
	const char *enforcement = text_of(row, "enforcement");
	bool granted = strcmp(enforcement, "granted") == 0;

	if (strcmp(text_of(row, "kind"), bv_kind_name(wanted->kind)) != 0)
		return check_fault(check, place, "the spec requires %s here, not %s",
			bv_kind_name(wanted->kind), text_of(row, "kind"));
	if (strcmp(text_of(row, "policy"), wanted->policy) != 0)
		return check_fault(check, place, "the spec's policy is \"%s\"", wanted->policy);
	if (granted != (bv_kind_nature(wanted->kind) == BV_NATURE_GRANT))
		return check_fault(check, place, "only what is ambient is granted");
	if (!granted && !text_of(row, "mechanism")[0])
		return check_fault(check, place, "is held by no mechanism");
	if (wanted->kind == BV_KIND_KILL_ATOMIC && strcmp(enforcement, "enforced") != 0)
		return check_fault(check, place, "kill-atomic is enforced, or refused");
	return true;
}

static bool sense_requirements(struct check *check, const struct bv_node *report,
	const struct bv_spec *spec)
{
	const struct bv_node *rows = node_get(report, "requirements");
	struct bv_requirement wanted[BV_KIND_COUNT];
	size_t count = bv_requirements_of(spec, wanted);
	char place[48];

	if (node_count(rows) != count)
		return check_fault(check, "requirements",
			"has %zu rows, where the spec requires %zu", node_count(rows), count);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(place, sizeof(place), "requirements[%zu]", i);
		if (!sense_requirement(check, place, rows->child[i], &wanted[i]))
			return false;
	}
	return true;
}

/* The finding that a measured value makes of a limit. */
static const char *usage_finding(int64_t limit, const struct bv_node *measured)
{
	int64_t value = node_integer(measured);

	if (!node_is(measured, BV_NODE_INTEGER) || value < limit || !value)
		return "";
	return value > limit ? "limit-exceeded" : "limit-reached";
}

static bool sense_budget(struct check *check, const char *place, const struct bv_node *row,
	const struct bv_budget *asked)
{
	int64_t limit = node_integer(node_get(row, "limit"));
	enum bv_enforcement required = BV_UNSUPPORTED, provided = BV_UNSUPPORTED;

	(void)bv_enforcement_parse(text_of(row, "required"), &required);
	(void)bv_enforcement_parse(text_of(row, "provided"), &provided);
	if (limit < 0 || (uint64_t)limit != asked->limit || required != asked->guarantee)
		return check_fault(check, place, "is not the budget that the spec asks for");
	if (provided < required)
		return check_fault(check, place, "is held less strongly than asked");
	if (strcmp(text_of(row, "finding"), usage_finding(limit, node_get(row, "measured"))) != 0)
		return check_fault(check, place, "limit and measured use do not make that finding");
	return true;
}

static bool sense_budgets(struct check *check, const struct bv_node *report,
	const struct bv_spec *spec)
{
	const struct bv_node *rows = node_get(report, "budgets");
	char place[32];

	if (node_count(rows) != BV_DIMENSION_COUNT)
		return check_fault(check, "budgets", "must have %d rows", BV_DIMENSION_COUNT);
	for (int i = 0; i < BV_DIMENSION_COUNT; i++) {
		const struct bv_node *row = rows->child[i];
		enum bv_dimension dimension = (enum bv_dimension)i;

		(void)snprintf(place, sizeof(place), "budgets[%d]", i);
		if (strcmp(text_of(row, "dimension"), bv_dimension_name(dimension)) != 0 ||
			strcmp(text_of(row, "unit"), bv_dimension_unit(dimension)) != 0)
			return check_fault(check, place, "must be %s in %s",
				bv_dimension_name(dimension), bv_dimension_unit(dimension));
		if (!sense_budget(check, place, row, &spec->budgets[i]))
			return false;
	}
	return true;
}

/* What may have been missed is said exactly where something may have been. */
static bool sense_missed(struct check *check, const char *place, const struct bv_node *row)
{
	if (strcmp(text_of(row, "coverage"), "complete") == 0 && text_of(row, "missed")[0])
		return check_fault(check, place, "is complete, and missed something");
	return true;
}

static bool sense_evidence(struct check *check, const struct bv_node *report,
	const struct bv_spec *spec)
{
	const struct bv_node *rows = node_get(report, "evidence");
	char place[32];

	if (node_count(rows) != BV_EVIDENCE_COUNT)
		return check_fault(check, "evidence", "must have %d rows", BV_EVIDENCE_COUNT);
	for (int i = 0; i < BV_EVIDENCE_COUNT; i++) {
		const struct bv_node *row = rows->child[i];
		bool requested = node_true(node_get(row, "requested"));

		(void)snprintf(place, sizeof(place), "evidence[%d]", i);
		if (strcmp(text_of(row, "claim"), bv_evidence_name((enum bv_evidence)i)) != 0)
			return check_fault(check, place, "must be %s",
				bv_evidence_name((enum bv_evidence)i));
		if (requested != ((spec->evidence >> i & 1) != 0))
			return check_fault(check, place,
				"the spec says otherwise about requesting it");
		if (!sense_missed(check, place, row))
			return false;
	}
	return true;
}

static const char *coverage_of(const struct bv_node *report, enum bv_evidence claim)
{
	return text_of(node_get(report, "evidence")->child[claim], "coverage");
}

/* Pairs that stand sorted, each once. */
static bool sense_sorted(struct check *check, const struct bv_node *report, const char *key,
	const char *first, const char *second)
{
	const struct bv_node *rows = node_get(report, key);

	for (size_t i = 1; i < node_count(rows); i++) {
		const struct bv_node *a = rows->child[i - 1], *b = rows->child[i];
		int order = strcmp(text_of(a, first), text_of(b, first));

		if (!order)
			order = strcmp(text_of(a, second), text_of(b, second));
		if (order >= 0)
			return check_fault(check, key, "must be sorted, each entry once");
	}
	return true;
}

static int denied_order(const struct bv_node *a, const struct bv_node *b)
{
	const struct bv_node *object_a = node_get(a, "object"), *object_b = node_get(b, "object");
	enum bv_kind kind_a = BV_KIND_FILESYSTEM, kind_b = BV_KIND_FILESYSTEM;
	int64_t errno_a = node_integer(node_get(a, "errno"));
	int64_t errno_b = node_integer(node_get(b, "errno"));
	int order;

	(void)bv_kind_parse(text_of(a, "kind"), &kind_a);
	(void)bv_kind_parse(text_of(b, "kind"), &kind_b);
	order = (kind_a > kind_b) - (kind_a < kind_b);
	if (!order)
		order = strcmp(text_of(a, "call"), text_of(b, "call"));
	if (!order)
		order = node_is(object_a, BV_NODE_STRING) - node_is(object_b, BV_NODE_STRING);
	if (!order)
		order = strcmp(text_of(a, "object"), text_of(b, "object"));
	return order ? order : (errno_a > errno_b) - (errno_a < errno_b);
}

/* What nobody looked for is null, and an empty list is what somebody saw. */
static bool sense_looked(struct check *check, const struct bv_node *report, const char *key,
	enum bv_evidence claim)
{
	const struct bv_node *rows = node_get(report, key);
	bool looked = strcmp(coverage_of(report, claim), "none") != 0;

	if (node_is(rows, BV_NODE_NULL) && looked)
		return check_fault(check, key, "is null, and somebody looked");
	if (node_is(rows, BV_NODE_ARRAY) && !node_count(rows) && !looked)
		return check_fault(check, key, "must be null when nobody looked");
	return true;
}

/* Size and digest are of the content afterwards: of both or of none, and never of what is gone. */
static bool sense_change(struct check *check, const char *place, const struct bv_node *row)
{
	bool digested = !node_is(node_get(row, "sha256"), BV_NODE_NULL);
	bool sized = !node_is(node_get(row, "size_bytes"), BV_NODE_NULL);

	if (digested != sized)
		return check_fault(check, place, "has a size exactly if it has a digest");
	if (digested && strcmp(text_of(row, "change"), "deleted") == 0)
		return check_fault(check, place, "was deleted, and has a digest");
	return true;
}

static bool sense_changes(struct check *check, const struct bv_node *report)
{
	const struct bv_node *rows = node_get(report, "changes");

	if (!sense_looked(check, report, "changes", BV_EVIDENCE_FILESYSTEM_DELTA))
		return false;
	for (size_t i = 0; i < node_count(rows); i++) {
		char place[32];

		(void)snprintf(place, sizeof(place), "changes[%zu]", i);
		if (!sense_change(check, place, rows->child[i]))
			return false;
		if (i &&
			strcmp(text_of(rows->child[i - 1], "path"),
				text_of(rows->child[i], "path")) >= 0)
			return check_fault(check, "changes", "must be sorted, each path once");
	}
	return true;
}

static bool sense_denied(struct check *check, const struct bv_node *report)
{
	const struct bv_node *rows = node_get(report, "denied");

	if (!sense_looked(check, report, "denied", BV_EVIDENCE_DENIED_ATTEMPTS))
		return false;
	for (size_t i = 1; i < node_count(rows); i++) {
		if (denied_order(rows->child[i - 1], rows->child[i]) >= 0)
			return check_fault(check, "denied", "must be sorted, each entry once");
	}
	return true;
}

static bool sense_stream(struct check *check, const char *place, const struct bv_node *row)
{
	int64_t kept = node_integer(node_get(row, "kept_bytes"));
	int64_t length = node_integer(node_get(row, "length_bytes"));
	bool truncated = node_true(node_get(row, "truncated"));
	bool captured = node_true(node_get(row, "captured"));

	if (captured == node_is(node_get(row, "sha256"), BV_NODE_NULL))
		return check_fault(check, place, "has a digest exactly if it was captured");
	if (kept > length || truncated != (kept < length))
		return check_fault(check, place,
			"is truncated exactly if less was kept than written");
	if (!captured && length)
		return check_fault(check, place, "was not captured, and has a length");
	return true;
}

static bool sense_streams(struct check *check, const struct bv_node *report)
{
	static const char *const names[] = {"stdin", "stdout", "stderr"};
	const struct bv_node *rows = node_get(report, "streams");
	char place[32];

	if (node_count(rows) != 3)
		return check_fault(check, "streams", "must have 3 rows");
	for (size_t i = 0; i < 3; i++) {
		const struct bv_node *row = rows->child[i];

		(void)snprintf(place, sizeof(place), "streams[%zu]", i);
		if (strcmp(text_of(row, "stream"), names[i]) != 0)
			return check_fault(check, place, "must be %s", names[i]);
		if (!sense_stream(check, place, row))
			return false;
	}
	return true;
}

static void end_read(const struct bv_node *report, struct bv_end *ret)
{
	const struct bv_node *reason = node_get(report, "reason");
	const char *exit = text_of(node_get(report, "exit"), "kind");

	for (int i = 0; i < BV_OUTCOME_COUNT; i++) {
		if (strcmp(bv_outcome_name((enum bv_outcome)i), text_of(report, "outcome")) == 0)
			ret->outcome = (enum bv_outcome)i;
	}
	for (int i = 0; i < BV_REASON_COUNT; i++) {
		if (strcmp(bv_reason_name((enum bv_reason)i), text_of(reason, "kind")) == 0)
			ret->reason = (enum bv_reason)i;
	}
	for (int i = 0; i <= BV_EXIT_SIGNAL; i++) {
		if (strcmp(bv_exit_kind_name((enum bv_exit_kind)i), exit) == 0)
			ret->exit = (enum bv_exit_kind)i;
	}
	(void)bv_dimension_parse(text_of(reason, "dimension"), &ret->dimension);
	(void)bv_kind_parse(text_of(reason, "requirement"), &ret->kind);
}

static bool sense_end(struct check *check, const struct bv_node *report)
{
	const struct bv_node *value = node_get(node_get(report, "exit"), "value");
	struct bv_end end = {0};
	const char *fault;

	end_read(report, &end);
	fault = bv_ending_fault(&end);
	if (fault)
		return check_fault(check, "reason", "%s", fault);
	if ((end.exit == BV_EXIT_NONE) != node_is(value, BV_NODE_NULL))
		return check_fault(check, "exit.value", "must be null exactly if there is no exit");
	if (end.reason == BV_REASON_OUT_OF_MEMORY && end.dimension != BV_MEMORY)
		return check_fault(check, "reason.dimension", "must be memory");
	return true;
}

/* True if there is a finding with this code about `subject`, with which its detail begins. */
static bool found(const struct bv_node *report, const char *code, const char *subject)
{
	const struct bv_node *rows = node_get(report, "findings");

	for (size_t i = 0; i < node_count(rows); i++) {
		const struct bv_node *row = rows->child[i];

		if (strcmp(text_of(row, "code"), code) == 0 &&
			strncmp(text_of(row, "detail"), subject, strlen(subject)) == 0)
			return true;
	}
	return false;
}

static bool need(struct check *check, const struct bv_node *report, const char *code,
	const char *subject)
{
	if (found(report, code, subject))
		return true;
	return check_fault(check, "findings", "there must be a finding %s about %s", code, subject);
}

/* Findings that follow from the plan: there whatever happened in the run. */
static bool sense_planned(struct check *check, const struct bv_node *report)
{
	const struct bv_node *requirements = node_get(report, "requirements");
	const struct bv_node *budgets = node_get(report, "budgets");

	for (size_t i = 0; i < node_count(requirements); i++) {
		const struct bv_node *row = requirements->child[i];
		const char *enforcement = text_of(row, "enforcement");
		const char *kind = text_of(row, "kind");

		if (strcmp(enforcement, "granted") == 0 &&
			!need(check, report, "ambient-authority", kind))
			return false;
		if (strcmp(enforcement, "mediated") == 0 && !need(check, report, "mediated", kind))
			return false;
	}
	for (size_t i = 0; i < node_count(budgets); i++) {
		const struct bv_node *row = budgets->child[i];

		if (strcmp(text_of(row, "required"), "none") == 0 &&
			!need(check, report, "budget-waived", text_of(row, "dimension")))
			return false;
	}
	return true;
}

static bool sense_observed(struct check *check, const struct bv_node *report)
{
	const struct bv_node *budgets = node_get(report, "budgets");
	const struct bv_node *evidence = node_get(report, "evidence");

	if (found(report, "entries-dropped", ""))
		return true;
	for (size_t i = 0; i < node_count(budgets); i++) {
		const struct bv_node *row = budgets->child[i];
		const char *finding = text_of(row, "finding");

		if (finding[0] && !need(check, report, finding, text_of(row, "dimension")))
			return false;
	}
	for (size_t i = 0; i < node_count(evidence); i++) {
		const struct bv_node *row = evidence->child[i];

		if (node_true(node_get(row, "requested")) &&
			strcmp(text_of(row, "coverage"), "none") == 0 &&
			!need(check, report, "evidence-missing", text_of(row, "claim")))
			return false;
	}
	return true;
}

/* A claim about what was there in the end is not complete where something was left out, or could
 * still change. */
static bool sense_left_out(struct check *check, const struct bv_node *report)
{
	static const struct {
		enum bv_evidence claim;
		const char *finding;
	} rules[] = {
		{BV_EVIDENCE_FILESYSTEM_DELTA, "teardown-incomplete"},
		{BV_EVIDENCE_ARTIFACT_LINEAGE, "artifacts-incomplete"},
		{BV_EVIDENCE_ARTIFACT_LINEAGE, "teardown-incomplete"},
	};
	char place[32];

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(coverage_of(report, rules[i].claim), "complete") != 0 ||
			!found(report, rules[i].finding, ""))
			continue;
		(void)snprintf(place, sizeof(place), "evidence[%d]", (int)rules[i].claim);
		return check_fault(check, place, "is complete, and there is a finding %s",
			rules[i].finding);
	}
	if (node_count(node_get(report, "artifacts")) &&
		strcmp(coverage_of(report, BV_EVIDENCE_ARTIFACT_LINEAGE), "none") == 0)
		return check_fault(check, "artifacts", "must be empty when nobody looked");
	return true;
}

static bool sense_profile(struct check *check, const struct bv_node *report, struct bv_bytes text)
{
	const struct bv_node *profile = node_get(report, "profile");
	const struct bv_node *facts = node_get(profile, "facts"), *hash = node_get(profile, "hash");
	struct bv_bytes hashed = slice(text, facts, hash);
	char hex[BV_DIGEST_HEX];
	struct bv_digest digest;

	for (size_t i = 1; i < node_count(facts); i++) {
		if (strcmp(text_of(facts->child[i - 1], "name"),
			    text_of(facts->child[i], "name")) >= 0)
			return check_fault(check, "profile.facts",
				"must be sorted, each fact once");
	}
	bv_sha256_once(hashed.data, hashed.len, &digest);
	if (strcmp(bv_digest_hex(&digest, hex), node_text(hash)) != 0)
		return check_fault(check, "profile.hash", "the facts have the hash %s", hex);
	return true;
}

static bool sense_workload(struct check *check, const struct bv_node *report,
	const struct bv_workload *asked)
{
	const struct bv_node *workload = node_get(report, "workload");
	const struct bv_node *arguments = node_get(workload, "arguments");
	bool same = node_count(arguments) == asked->argument_count &&
		strcmp(text_of(workload, "program"), asked->program) == 0;

	for (size_t i = 0; same && i < asked->argument_count; i++)
		same = node_is(arguments->child[i], BV_NODE_STRING) &&
			strcmp(node_text(arguments->child[i]), asked->arguments[i]) == 0;
	return same || check_fault(check, "workload", "is not the one that the spec asks for");
}

bool report_check_sense(struct check *check, const struct bv_node *report, struct bv_bytes text)
{
	__attribute__((cleanup(proposal_freep))) struct bv_proposal *proposal = NULL;
	const struct bv_spec *spec;

	if (!sense_spec(check, report, text, &proposal))
		return false;
	spec = bv_proposal_spec(proposal);
	return sense_requirements(check, report, spec) && sense_budgets(check, report, spec) &&
		sense_evidence(check, report, spec) && sense_denied(check, report) &&
		sense_changes(check, report) &&
		sense_looked(check, report, "processes", BV_EVIDENCE_PROCESS_TREE) &&
		sense_sorted(check, report, "attestation", "name", "value") &&
		sense_sorted(check, report, "findings", "code", "detail") &&
		sense_streams(check, report) && sense_end(check, report) &&
		sense_planned(check, report) && sense_left_out(check, report) &&
		sense_observed(check, report) && sense_profile(check, report, text) &&
		sense_workload(check, report, &spec->workload) &&
		report_check_artifacts_sense(check, report, spec);
}

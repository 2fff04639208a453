/* SPDX-License-Identifier: MIT
 *
 * The form of a report: one table of fields for each kind of object in it.
 */
#include "json/report_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "contract/text.h"
#include <bvisor/body.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The text may quote what is in the report, so it is made one line. */
bool check_fault(struct check *check, const char *place, const char *fmt, ...)
{
	const struct bv_error like = {.code = BV_E_INVALID};
	struct bv_error err;
	va_list args;

	if (check->failed)
		return false;
	va_start(args, fmt);
	(void)bv_fail_fill(&err, &like, place, NULL, fmt, args);
	va_end(args);
	check->failed = true;
	bv_text_escape(bv_bytes_str(err.place), check->place, sizeof(check->place));
	bv_text_escape(bv_bytes_str(err.text), check->text, sizeof(check->text));
	return false;
}

bool check_object(struct check *check, const char *place, const struct bv_node *object,
	const struct field *fields, size_t count)
{
	char inner[96];

	if (!node_is(object, BV_NODE_OBJECT))
		return check_fault(check, place, "must be an object");
	for (size_t i = 0; i < count; i++) {
		const struct bv_node *value = node_get(object, fields[i].key);

		(void)snprintf(inner, sizeof(inner), "%s%s%s", place, place[0] ? "." : "",
			fields[i].key);
		if (!value)
			return check_fault(check, inner, "is missing");
		if (!fields[i].fits(value))
			return check_fault(check, inner, "must be %s", fields[i].what);
	}
	if (node_count(object) != count)
		return check_fault(check, place, "has a key that is not part of the format");
	return true;
}

bool check_rows(struct check *check, const char *place, const struct bv_node *rows,
	const struct field *fields, size_t count)
{
	char inner[96];

	for (size_t i = 0; i < node_count(rows); i++) {
		(void)snprintf(inner, sizeof(inner), "%s[%zu]", place, i);
		if (!check_object(check, inner, rows->child[i], fields, count))
			return false;
	}
	return true;
}

static bool is_string(const struct bv_node *value)
{
	return node_is(value, BV_NODE_STRING);
}

static bool is_text(const struct bv_node *value)
{
	return node_text(value)[0] != '\0';
}

static bool is_string_or_null(const struct bv_node *value)
{
	return node_is(value, BV_NODE_STRING) || node_is(value, BV_NODE_NULL);
}

static bool is_integer(const struct bv_node *value)
{
	return node_is(value, BV_NODE_INTEGER);
}

static bool is_count(const struct bv_node *value)
{
	return node_is(value, BV_NODE_INTEGER) && node_integer(value) >= 0;
}

static bool is_count_or_null(const struct bv_node *value)
{
	return node_is(value, BV_NODE_NULL) || is_count(value);
}

static bool is_integer_or_null(const struct bv_node *value)
{
	return node_is(value, BV_NODE_NULL) || node_is(value, BV_NODE_INTEGER);
}

static bool is_boolean(const struct bv_node *value)
{
	return node_is(value, BV_NODE_BOOLEAN);
}

static bool is_array(const struct bv_node *value)
{
	return node_is(value, BV_NODE_ARRAY);
}

static bool is_array_or_null(const struct bv_node *value)
{
	return node_is(value, BV_NODE_ARRAY) || node_is(value, BV_NODE_NULL);
}

static bool is_object(const struct bv_node *value)
{
	return node_is(value, BV_NODE_OBJECT);
}

static bool is_object_or_null(const struct bv_node *value)
{
	return node_is(value, BV_NODE_OBJECT) || node_is(value, BV_NODE_NULL);
}

static bool is_one(const struct bv_node *value)
{
	return node_is(value, BV_NODE_INTEGER) && node_integer(value) == 1;
}

bool check_is_digest(const struct bv_node *value)
{
	const char *text = node_text(value);

	return strlen(text) == BV_DIGEST_HEX - 1 &&
		strspn(text, "0123456789abcdef") == BV_DIGEST_HEX - 1;
}

static bool is_digest_or_null(const struct bv_node *value)
{
	return node_is(value, BV_NODE_NULL) || check_is_digest(value);
}

static bool is_one_of(const struct bv_node *value, const char *const *words)
{
	for (; node_is(value, BV_NODE_STRING) && *words; words++) {
		if (strcmp(node_text(value), *words) == 0)
			return true;
	}
	return false;
}

static bool is_kind(const struct bv_node *value)
{
	enum bv_kind kind;

	return bv_kind_parse(node_text(value), &kind);
}

static bool is_dimension(const struct bv_node *value)
{
	enum bv_dimension dimension;

	return bv_dimension_parse(node_text(value), &dimension);
}

static bool is_claim(const struct bv_node *value)
{
	enum bv_evidence claim;

	return bv_evidence_parse(node_text(value), &claim);
}

static bool is_enforcement(const struct bv_node *value)
{
	enum bv_enforcement enforcement;

	return bv_enforcement_parse(node_text(value), &enforcement);
}

/* A requirement in a report is never unsupported. */
static bool is_held(const struct bv_node *value)
{
	static const char *const words[] = {"enforced", "mediated", "granted", NULL};

	return is_one_of(value, words);
}

static bool is_guarantee(const struct bv_node *value)
{
	static const char *const words[] = {"enforced", "mediated", "none", NULL};

	return is_one_of(value, words);
}

static bool is_coverage(const struct bv_node *value)
{
	static const char *const words[] = {"none", "partial", "complete", NULL};

	return is_one_of(value, words);
}

static bool is_finding_or_null(const struct bv_node *value)
{
	static const char *const words[] = {"limit-exceeded", "limit-reached", NULL};

	return node_is(value, BV_NODE_NULL) || is_one_of(value, words);
}

static bool is_fact_state(const struct bv_node *value)
{
	static const char *const words[] = {"present", "absent", "unknown", NULL};

	return is_one_of(value, words);
}

static bool is_stream(const struct bv_node *value)
{
	static const char *const words[] = {"stdin", "stdout", "stderr", NULL};

	return is_one_of(value, words);
}

static bool is_change(const struct bv_node *value)
{
	static const char *const words[] = {"created", "modified", "deleted", NULL};

	return is_one_of(value, words);
}

static bool is_file_kind(const struct bv_node *value)
{
	static const char *const words[] = {"file", "directory", "link", "other", NULL};

	return is_one_of(value, words);
}

static bool is_exit(const struct bv_node *value)
{
	static const char *const words[] = {"none", "status", "signal", NULL};

	return is_one_of(value, words);
}

static bool is_outcome(const struct bv_node *value)
{
	for (int i = 0; node_is(value, BV_NODE_STRING) && i < BV_OUTCOME_COUNT; i++) {
		if (strcmp(node_text(value), bv_outcome_name((enum bv_outcome)i)) == 0)
			return true;
	}
	return false;
}

static bool is_reason(const struct bv_node *value)
{
	for (int i = 0; node_is(value, BV_NODE_STRING) && i < BV_REASON_COUNT; i++) {
		if (strcmp(node_text(value), bv_reason_name((enum bv_reason)i)) == 0)
			return true;
	}
	return false;
}

static const struct field report_fields[] = {
	{"artifacts", is_array, "an array"},
	{"attempt", check_is_digest, "64 lower-case hexadecimal digits"},
	{"attestation", is_array, "an array"},
	{"backend", is_text, "a name"},
	{"budgets", is_array, "an array"},
	{"changes", is_array_or_null, "an array, or null if nobody looked"},
	{"denied", is_array_or_null, "an array, or null if nobody looked"},
	{"evidence", is_array, "an array"},
	{"exit", is_object, "an object"},
	{"findings", is_array, "an array"},
	{"launcher", is_array, "an array"},
	{"observed", is_array, "an array"},
	{"outcome", is_outcome, "an outcome"},
	{"plan_id", check_is_digest, "64 lower-case hexadecimal digits"},
	{"processes", is_array_or_null, "an array, or null if nobody looked"},
	{"profile", is_object, "an object"},
	{"reason", is_object, "an object"},
	{"report", is_one, "1, the version that we read"},
	{"requirements", is_array, "an array"},
	{"spec", is_object, "an object"},
	{"streams", is_array, "an array"},
	{"workload", is_object, "an object"},
};

static const struct field attestation_fields[] = {
	{"name", is_string, "text"},
	{"value", is_string, "text"},
};

static const struct field budget_fields[] = {
	{"dimension", is_dimension, "a dimension"},
	{"finding", is_finding_or_null, "limit-exceeded, limit-reached or null"},
	{"granularity", is_string, "text"},
	{"limit", is_count, "a count"},
	{"measured", is_count_or_null, "a count or null"},
	{"measured_granularity", is_string, "text"},
	{"mechanism", is_string, "text"},
	{"provided", is_enforcement, "an enforcement"},
	{"required", is_guarantee, "a guarantee"},
	{"source", is_string, "text"},
	{"unit", is_text, "a unit"},
};

static const struct field change_fields[] = {
	{"change", is_change, "created, modified or deleted"},
	{"kind", is_file_kind, "file, directory, link or other"},
	{"path", is_text, "a path"},
	{"sha256", is_digest_or_null, "64 lower-case hexadecimal digits or null"},
	{"size_bytes", is_count_or_null, "a count or null"},
};

static const struct field process_fields[] = {
	{"began_us", is_count, "a count"},
	{"ended_us", is_count_or_null, "a count or null"},
	{"name", is_string, "text"},
	{"parent", is_count, "a count"},
	{"pid", is_count, "a count"},
};

static const struct field denied_fields[] = {
	{"call", is_string, "text"},
	{"count", is_count, "a count"},
	{"errno", is_integer, "a number"},
	{"kind", is_kind, "a requirement kind"},
	{"object", is_string_or_null, "text or null"},
};

static const struct field evidence_fields[] = {
	{"claim", is_claim, "an evidence claim"},
	{"coverage", is_coverage, "none, partial or complete"},
	{"missed", is_string, "text"},
	{"observer", is_string, "text"},
	{"requested", is_boolean, "true or false"},
};

static const struct field exit_fields[] = {
	{"kind", is_exit, "none, status or signal"},
	{"value", is_integer_or_null, "a number or null"},
};

static const struct field finding_fields[] = {
	{"code", is_text, "a code"},
	{"detail", is_string, "text"},
};

static const struct field launcher_fields[] = {
	{"at_us", is_count, "a count"},
	{"event", is_string, "text"},
	{"state", is_string, "text"},
};

static const struct field observed_fields[] = {
	{"detail", is_string, "text"},
	{"kind", is_string, "text"},
};

static const struct field profile_fields[] = {
	{"facts", is_array, "an array"},
	{"hash", check_is_digest, "64 lower-case hexadecimal digits"},
};

static const struct field fact_fields[] = {
	{"detail", is_string, "text"},
	{"name", is_text, "a name"},
	{"state", is_fact_state, "present, absent or unknown"},
	{"value", is_integer, "a number"},
};

static const struct field requirement_fields[] = {
	{"enforcement", is_held, "enforced, mediated or granted"},
	{"kind", is_kind, "a requirement kind"},
	{"mechanism", is_string, "text"},
	{"policy", is_string, "text"},
};

static const struct field stream_fields[] = {
	{"captured", is_boolean, "true or false"},
	{"kept_bytes", is_count, "a count"},
	{"length_bytes", is_count, "a count"},
	{"sha256", is_digest_or_null, "64 lower-case hexadecimal digits or null"},
	{"stream", is_stream, "stdin, stdout or stderr"},
	{"truncated", is_boolean, "true or false"},
};

static const struct field workload_fields[] = {
	{"arguments", is_array, "an array"},
	{"executable", is_object_or_null, "an object or null"},
	{"interpreter", is_object_or_null, "an object or null"},
	{"program", is_text, "a path"},
};

static const struct field file_fields[] = {
	{"path", is_string, "a path"},
	{"sha256", check_is_digest, "64 lower-case hexadecimal digits"},
	{"size_bytes", is_count, "a count"},
};

static const struct field detail_field = {"detail", is_string_or_null, "text or null"};
static const struct field kind_field = {"kind", is_reason, "a reason"};
static const struct field dimension_field = {"dimension", is_dimension, "a dimension"};
static const struct field errno_field = {"errno", is_integer, "a number"};
static const struct field requirement_field = {"requirement", is_kind, "a requirement kind"};
static const struct field stage_field = {"stage", is_string, "text"};

/* Which fields a reason has depends on its kind. */
static bool check_reason(struct check *check, const struct bv_node *reason)
{
	const char *kind = text_of(reason, "kind");
	struct field fields[5] = {detail_field, kind_field};
	size_t count = 2;

	if (strcmp(kind, "budget") == 0 || strcmp(kind, "out-of-memory") == 0)
		fields[count++] = dimension_field;
	if (strcmp(kind, "setup") == 0 || strcmp(kind, "exec") == 0)
		fields[count++] = errno_field;
	if (strcmp(kind, "policy") == 0)
		fields[count++] = requirement_field;
	if (strcmp(kind, "setup") == 0)
		fields[count++] = stage_field;
	return check_object(check, "reason", reason, fields, count);
}

static bool check_file(struct check *check, const char *place, const struct bv_node *file)
{
	return node_is(file, BV_NODE_NULL) ||
		check_object(check, place, file, file_fields, COUNT(file_fields));
}

static bool check_workload(struct check *check, const struct bv_node *workload)
{
	return check_object(check, "workload", workload, workload_fields, COUNT(workload_fields)) &&
		check_file(check, "workload.executable", node_get(workload, "executable")) &&
		check_file(check, "workload.interpreter", node_get(workload, "interpreter"));
}

static bool check_profile(struct check *check, const struct bv_node *profile)
{
	return check_object(check, "profile", profile, profile_fields, COUNT(profile_fields)) &&
		check_rows(check, "profile.facts", node_get(profile, "facts"), fact_fields,
			COUNT(fact_fields));
}

bool report_check_form(struct check *check, const struct bv_node *report)
{
	static const struct {
		const char *key;
		const struct field *fields;
		size_t count;
	} lists[] = {
		{"attestation", attestation_fields, COUNT(attestation_fields)},
		{"budgets", budget_fields, COUNT(budget_fields)},
		{"changes", change_fields, COUNT(change_fields)},
		{"denied", denied_fields, COUNT(denied_fields)},
		{"evidence", evidence_fields, COUNT(evidence_fields)},
		{"findings", finding_fields, COUNT(finding_fields)},
		{"launcher", launcher_fields, COUNT(launcher_fields)},
		{"observed", observed_fields, COUNT(observed_fields)},
		{"processes", process_fields, COUNT(process_fields)},
		{"requirements", requirement_fields, COUNT(requirement_fields)},
		{"streams", stream_fields, COUNT(stream_fields)},
	};

	if (!check_object(check, "", report, report_fields, COUNT(report_fields)))
		return false;
	for (size_t i = 0; i < COUNT(lists); i++) {
		if (!check_rows(check, lists[i].key, node_get(report, lists[i].key),
			    lists[i].fields, lists[i].count))
			return false;
	}
	return report_check_artifacts_form(check, report) &&
		check_object(check, "exit", node_get(report, "exit"), exit_fields,
			COUNT(exit_fields)) &&
		check_reason(check, node_get(report, "reason")) &&
		check_workload(check, node_get(report, "workload")) &&
		check_profile(check, node_get(report, "profile"));
}

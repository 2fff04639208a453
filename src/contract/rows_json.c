/* SPDX-License-Identifier: MIT
 *
 * Rows as JSON. One writer for every document that holds rows, so that a plan, its admission, a
 * probe and a report say the same thing in the same words.
 */
#include "contract/rows.h"

#include "contract/budget.h"
#include "contract/spec_words.h"

const char *bv_guarantee_name(enum bv_enforcement guarantee)
{
	return bv_words_name(&bv_words_guarantee, guarantee);
}

const char *bv_row_enforcement_name(const struct bv_requirement_row *row)
{
	if (bv_kind_nature(row->kind) == BV_NATURE_GRANT &&
		row->verdict.enforcement > BV_UNSUPPORTED)
		return "granted";
	return bv_enforcement_name(row->verdict.enforcement);
}

/* The set's claim whose name comes next after `last` (NULL: first); NULL at the end. */
static const char *claim_after(uint32_t claims, const char *last)
{
	const char *next = NULL;

	for (unsigned int claim = 0; claim < BV_EVIDENCE_COUNT; claim++) {
		const char *name = bv_evidence_name((enum bv_evidence)claim);

		if (!(claims & BV_EVIDENCE_BIT(claim)) || (last && strcmp(name, last) <= 0))
			continue;
		if (!next || strcmp(name, next) < 0)
			next = name;
	}
	return next;
}

void bv_claims_write(struct bv_json *json, uint32_t claims)
{
	const char *name = NULL;

	bv_json_array(json);
	while ((name = claim_after(claims, name)))
		bv_json_string(json, name);
	bv_json_array_end(json);
}

static bool with_reasons(enum bv_rows_form form)
{
	return form == BV_ROWS_ADMISSION || form == BV_ROWS_PROBE;
}

static void requirement_write(struct bv_json *json, const struct bv_requirement_row *row,
	enum bv_rows_form form)
{
	bv_json_object(json);
	if (with_reasons(form))
		bv_json_kv_boolean(json, "admitted", row->admitted);
	bv_json_kv_string(json, "enforcement", bv_row_enforcement_name(row));
	if (form != BV_ROWS_REPORT) {
		bv_json_key(json, "evidence");
		bv_claims_write(json, row->verdict.evidence);
	}
	bv_json_kv_string(json, "kind", bv_kind_name(row->kind));
	bv_json_kv_string(json, "mechanism", row->mechanism);
	if (with_reasons(form))
		bv_json_kv_string(json, "missing", row->missing);
	if (form != BV_ROWS_PROBE)
		bv_json_kv_string(json, "policy", row->policy);
	if (with_reasons(form))
		bv_json_kv_string(json, "remedy", row->remedy);
	bv_json_object_end(json);
}

void bv_rows_write_requirements(struct bv_json *json, const struct bv_rows *rows,
	enum bv_rows_form form)
{
	bv_json_array(json);
	for (size_t i = 0; i < rows->requirement_count; i++)
		requirement_write(json, &rows->requirements[i], form);
	bv_json_array_end(json);
}

static void budget_write(struct bv_json *json, const struct bv_budget_row *row,
	enum bv_rows_form form)
{
	bool asked = form != BV_ROWS_PROBE;

	bv_json_object(json);
	bv_json_kv_unsigned(json, "capacity", row->capacity);
	bv_json_kv_string(json, "dimension", bv_dimension_name(row->dimension));
	bv_json_key(json, "evidence");
	bv_claims_write(json, row->evidence);
	if (form == BV_ROWS_ADMISSION)
		bv_json_kv_string(json, "failure", bv_budget_failure_name(row->failure));
	bv_json_kv_string(json, "granularity", row->granularity);
	if (asked)
		bv_json_kv_unsigned(json, "limit", row->limit);
	bv_json_kv_string(json, "mechanism", row->mechanism);
	if (asked)
		bv_json_kv_unsigned(json, "minimum", row->minimum);
	if (with_reasons(form))
		bv_json_kv_string(json, "missing", row->missing);
	bv_json_kv_string(json, "provided", bv_enforcement_name(row->provided));
	if (with_reasons(form))
		bv_json_kv_string(json, "remedy", row->remedy);
	if (asked)
		bv_json_kv_string(json, "required", bv_guarantee_name(row->required));
	bv_json_kv_string(json, "unit", bv_dimension_unit(row->dimension));
	bv_json_object_end(json);
}

void bv_rows_write_budgets(struct bv_json *json, const struct bv_rows *rows, enum bv_rows_form form)
{
	bv_json_array(json);
	for (size_t i = 0; i < rows->budget_count; i++)
		budget_write(json, &rows->budgets[i], form);
	bv_json_array_end(json);
}

static void evidence_write(struct bv_json *json, const struct bv_evidence_row *row,
	enum bv_rows_form form)
{
	bv_json_object(json);
	if (with_reasons(form))
		bv_json_kv_boolean(json, "admitted", row->admitted);
	bv_json_kv_string(json, "claim", bv_evidence_name(row->claim));
	if (with_reasons(form))
		bv_json_kv_string(json, "missing", row->missing);
	bv_json_kv_string(json, "observer", row->observer);
	if (with_reasons(form))
		bv_json_kv_string(json, "remedy", row->remedy);
	bv_json_object_end(json);
}

void bv_rows_write_evidence(struct bv_json *json, const struct bv_rows *rows,
	enum bv_rows_form form)
{
	bv_json_array(json);
	for (size_t i = 0; i < rows->evidence_count; i++)
		evidence_write(json, &rows->evidence[i], form);
	bv_json_array_end(json);
}

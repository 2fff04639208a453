/* SPDX-License-Identifier: MIT
 *
 * The plan and its admission as canonical JSON (docs/formats/plan.md).
 */
#include "contract/plan_data.h"

#include "base/fail.h"
#include "contract/lowering.h"
#include "contract/snapshot.h"
#include "contract/spec_json.h"

void bv_profile_write(struct bv_json *json, const struct bv_snapshot *snapshot,
	const struct bv_profile_id *profile)
{
	bv_json_object(json);
	bv_json_key(json, "facts");
	bv_snapshot_write(json, snapshot);
	bv_json_kv_digest(json, "hash", &profile->digest);
	bv_json_object_end(json);
}

/* What goes in is sound, so if the writer refused it was out of memory, or the maximum. */
int bv_document_take(struct bv_json *json, const char *place, char **ret, size_t *ret_len,
	struct bv_error *err)
{
	size_t len = 0;
	uint8_t *data = bv_json_end(json) ? bv_buf_take(json->out, &len) : NULL;

	if (!data)
		return bv_fail(err, BV_E_NO_MEMORY, place,
			"no memory to write the %s, of at most %zu bytes", place, json->out->max);
	*ret = (char *)data;
	*ret_len = len;
	return 0;
}

static void lowering_write(struct bv_json *json, const struct bv_plan *plan)
{
	bv_json_object(json);
	bv_json_kv_digest(json, "digest", &plan->lowering_digest);
	bv_json_key(json, "steps");
	bv_lowering_write(json, &plan->lowering);
	bv_json_object_end(json);
}

static void rows_write(struct bv_json *json, const struct bv_plan *plan, enum bv_rows_form form)
{
	bv_json_key(json, "budgets");
	bv_rows_write_budgets(json, &plan->rows, form);
	bv_json_key(json, "evidence");
	bv_rows_write_evidence(json, &plan->rows, form);
}

int bv_plan_write(const struct bv_plan *plan, char **ret, size_t *ret_len, struct bv_error *err)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(BV_PLAN_JSON_MAX);
	struct bv_json json;

	bv_json_start(&json, &buf);
	bv_json_object(&json);
	bv_json_kv_string(&json, "backend", plan->backend_id);
	rows_write(&json, plan, BV_ROWS_PLAN);
	bv_json_key(&json, "lowering");
	lowering_write(&json, plan);
	bv_json_kv_unsigned(&json, "plan", 1);
	bv_json_key(&json, "profile");
	bv_profile_write(&json, &plan->snapshot, &plan->profile);
	bv_json_key(&json, "requirements");
	bv_rows_write_requirements(&json, &plan->rows, BV_ROWS_PLAN);
	bv_json_key(&json, "spec");
	bv_spec_write(&json, bv_proposal_spec(plan->proposal));
	bv_json_object_end(&json);
	return bv_document_take(&json, "plan", ret, ret_len, err);
}

int bv_admission_write(const struct bv_admission *admission, char **ret, size_t *ret_len,
	struct bv_error *err)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(BV_PLAN_JSON_MAX);
	const struct bv_plan *plan = &admission->plan;
	struct bv_json json;

	bv_json_start(&json, &buf);
	bv_json_object(&json);
	bv_json_kv_unsigned(&json, "admission", 1);
	bv_json_kv_boolean(&json, "admitted", admission->admitted);
	bv_json_kv_string(&json, "backend", plan->backend_id);
	rows_write(&json, plan, BV_ROWS_ADMISSION);
	bv_json_key(&json, "plan_id");
	if (admission->admitted)
		bv_json_digest(&json, &plan->id.digest);
	else
		bv_json_null(&json);
	bv_json_key(&json, "profile");
	bv_profile_write(&json, &plan->snapshot, &plan->profile);
	bv_json_kv_unsigned(&json, "refusals", plan->rows.refusals);
	bv_json_key(&json, "requirements");
	bv_rows_write_requirements(&json, &plan->rows, BV_ROWS_ADMISSION);
	bv_json_key(&json, "spec");
	bv_spec_write(&json, bv_proposal_spec(plan->proposal));
	bv_json_object_end(&json);
	return bv_document_take(&json, "admission", ret, ret_len, err);
}

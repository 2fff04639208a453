/* SPDX-License-Identifier: MIT
 *
 * The inside of plans. A plan is part of its admission and owns everything it points to, except
 * the names in the lowering, which stand in the backend's static tables. It is complete when its
 * id is set, and only then handed out.
 */
#ifndef CONTRACT_PLAN_DATA_H
#define CONTRACT_PLAN_DATA_H

#include "contract/rows.h"

#define BV_PLAN_JSON_MAX ((size_t)64 << 20)

struct bv_plan {
	const struct bv_backend *backend; /* to compare with only: it may be gone */
	char backend_id[BV_BACKEND_ID_MAX];
	struct bv_arena *arena;
	struct bv_proposal *proposal;
	struct bv_snapshot snapshot;
	struct bv_profile_id profile;
	struct bv_rows rows;
	struct bv_lowering lowering;
	struct bv_digest lowering_digest;
	struct bv_plan_id id;
	char *json; /* malloc */
	size_t json_len;
};

struct bv_admission {
	struct bv_plan plan;
	uint8_t admitted;
	char *json; /* malloc */
	size_t json_len;
};

/* Canonical documents, allocated with malloc. */
int bv_plan_write(const struct bv_plan *plan, char **ret, size_t *ret_len, struct bv_error *err);
int bv_admission_write(const struct bv_admission *admission, char **ret, size_t *ret_len,
	struct bv_error *err);
/* {"facts": [...], "hash": "..."} */
void bv_profile_write(struct bv_json *json, const struct bv_snapshot *snapshot,
	const struct bv_profile_id *profile);
/* Ends a document and hands its memory over. */
int bv_document_take(struct bv_json *json, const char *place, char **ret, size_t *ret_len,
	struct bv_error *err);

#endif

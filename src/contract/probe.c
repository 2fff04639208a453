/* SPDX-License-Identifier: MIT
 *
 * What this machine could enforce, asked without a spec: the same rows as a plan's, for every
 * kind, dimension and claim (docs/formats/probe.md).
 */
#include "contract/plan_data.h"

#include "base/fail.h"

#include <stdlib.h>

#define PROBE_ARENA_MAX ((size_t)256 << 10)
#define PROBE_JSON_MAX ((size_t)1 << 20)

struct bv_probe {
	struct bv_arena *arena;
	struct bv_snapshot snapshot;
	struct bv_profile_id profile;
	struct bv_rows rows;
	char *json; /* malloc */
	size_t json_len;
};

struct bv_probe *bv_probe_free(struct bv_probe *probe)
{
	if (!probe)
		return NULL;
	free(probe->json);
	bv_arena_free(probe->arena);
	free(probe);
	return NULL;
}

static void probe_freep(struct bv_probe **probe)
{
	*probe = bv_probe_free(*probe);
}

static int probe_write(struct bv_probe *probe, const char *backend, struct bv_error *err)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(PROBE_JSON_MAX);
	struct bv_json json;

	bv_json_start(&json, &buf);
	bv_json_object(&json);
	bv_json_kv_string(&json, "backend", backend);
	bv_json_key(&json, "budgets");
	bv_rows_write_budgets(&json, &probe->rows, BV_ROWS_PROBE);
	bv_json_key(&json, "evidence");
	bv_rows_write_evidence(&json, &probe->rows, BV_ROWS_PROBE);
	bv_json_kv_unsigned(&json, "probe", 1);
	bv_json_key(&json, "profile");
	bv_profile_write(&json, &probe->snapshot, &probe->profile);
	bv_json_key(&json, "requirements");
	bv_rows_write_requirements(&json, &probe->rows, BV_ROWS_PROBE);
	bv_json_object_end(&json);
	return bv_document_take(&json, "probe", &probe->json, &probe->json_len, err);
}

int bv_probe_new(struct bv_backend *backend, struct bv_probe **ret, struct bv_error *err)
{
	__attribute__((cleanup(probe_freep))) struct bv_probe *probe = NULL;
	struct bv_question question = {.backend = backend};
	int code;

	if (!backend || !ret)
		return bv_fail(err, BV_E_INVALID, "probe",
			"a backend and somewhere to put the answer are needed");
	probe = calloc(1, sizeof(*probe));
	if (probe)
		probe->arena = bv_arena_new(PROBE_ARENA_MAX);
	if (!probe || !probe->arena)
		return bv_fail(err, BV_E_NO_MEMORY, "probe", "no memory for the answers");
	probe->rows.arena = probe->arena;
	question.snapshot = &probe->snapshot;
	code = bv_backend_probe(backend, NULL, &probe->snapshot, &probe->profile, err);
	if (!code)
		code = bv_rows_fill(&probe->rows, &question, err);
	if (!code)
		code = probe_write(probe, backend->id, err);
	if (code)
		return code;
	*ret = probe;
	probe = NULL;
	return 0;
}

const struct bv_requirement_row *bv_probe_requirements(const struct bv_probe *probe,
	size_t *ret_count)
{
	*ret_count = probe->rows.requirement_count;
	return probe->rows.requirements;
}

const struct bv_budget_row *bv_probe_budgets(const struct bv_probe *probe, size_t *ret_count)
{
	*ret_count = probe->rows.budget_count;
	return probe->rows.budgets;
}

const struct bv_evidence_row *bv_probe_evidence(const struct bv_probe *probe, size_t *ret_count)
{
	*ret_count = probe->rows.evidence_count;
	return probe->rows.evidence;
}

const struct bv_snapshot *bv_probe_snapshot(const struct bv_probe *probe)
{
	return &probe->snapshot;
}

const struct bv_profile_id *bv_probe_profile(const struct bv_probe *probe)
{
	return &probe->profile;
}

const char *bv_probe_json(const struct bv_probe *probe, size_t *ret_len)
{
	*ret_len = probe->json_len;
	return probe->json;
}

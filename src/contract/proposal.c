/* SPDX-License-Identifier: MIT
 *
 * Making a proposal: every section is checked and copied, in the order of the spec, and the first
 * fault ends it. The canonical JSON is made at once, so that nothing about a proposal can fail
 * later.
 */
#include "contract/proposal.h"

#include <stdlib.h>

#include "base/fail.h"
#include "contract/spec_check.h"
#include "contract/spec_json.h"

/* More than a spec at all its bounds takes, so that running out means memory. */
#define ARENA_BYTES_MAX ((size_t)16 << 20)
/* The same for its JSON with every byte escaped; what a proposal may hold is checked afterwards. */
#define JSON_BUFFER_MAX ((size_t)64 << 20)

void bv_budgets_default(struct bv_budget budgets[BV_DIMENSION_COUNT])
{
#define BV_DIMENSION(name, number, text, unit, limit, meaning) \
	budgets[name] = (struct bv_budget){limit, BV_MEDIATED, 0, 0};
#include <bvisor/dimensions.def>
#undef BV_DIMENSION
}

static int sections_check(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	static int (*const sections[])(struct bv_check * check, const struct bv_spec *in,
		struct bv_spec *ret) = {
		bv_check_grants,
		bv_check_network,
		bv_check_environment,
		bv_check_descriptors,
		bv_check_isolation,
		bv_check_streams,
		bv_check_controls,
		bv_check_budgets,
	};
	int code = bv_check_workload(check, &in->workload, &ret->workload);

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && !code; i++)
		code = sections[i](check, in, ret);
	return code;
}

static int json_make(struct bv_proposal *proposal, struct bv_error *err)
{
	BV_CLEANUP_BUF struct bv_buf out = BV_BUF(JSON_BUFFER_MAX);
	struct bv_json json;

	bv_json_start(&json, &out);
	bv_spec_write(&json, &proposal->spec);
	if (!bv_json_end(&json))
		return bv_fail(err, BV_E_NO_MEMORY, "spec",
			"no memory for the spec's canonical form");
	if (out.len > BV_SPEC_JSON_BYTES_MAX)
		return bv_fail(err, BV_E_LIMIT, "spec",
			"the spec's canonical form takes %zu bytes; at most %d are allowed",
			out.len, BV_SPEC_JSON_BYTES_MAX);
	proposal->json = (char *)bv_buf_take(&out, &proposal->json_len);
	if (!proposal->json)
		return bv_fail(err, BV_E_NO_MEMORY, "spec",
			"no memory for the spec's canonical form");
	return BV_OK;
}

int bv_proposal_new(const struct bv_spec *spec, struct bv_proposal **ret, struct bv_error *err)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_arena_new(ARENA_BYTES_MAX);
	struct bv_proposal *proposal = arena ? bv_arena_alloc(arena, sizeof(*proposal)) : NULL;
	struct bv_check check = {.arena = arena, .err = err};
	int code = bv_check_memory(&check, proposal);

	if (code)
		return code;
	if (!spec)
		return bv_fail(err, BV_E_MISSING, "spec", "no spec is given");
	code = sections_check(&check, spec, &proposal->spec);
	if (code)
		return code;
	code = json_make(proposal, err);
	if (code)
		return code;
	proposal->arena = arena;
	arena = NULL;
	*ret = proposal;
	return BV_OK;
}

struct bv_proposal *bv_proposal_free(struct bv_proposal *proposal)
{
	if (!proposal)
		return NULL;
	free(proposal->json);
	(void)bv_arena_free(proposal->arena);
	return NULL;
}

const struct bv_spec *bv_proposal_spec(const struct bv_proposal *proposal)
{
	return &proposal->spec;
}

const char *bv_proposal_json(const struct bv_proposal *proposal, size_t *ret_len)
{
	*ret_len = proposal->json_len;
	return proposal->json;
}

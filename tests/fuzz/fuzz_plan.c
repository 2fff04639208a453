/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a backend. Its answers, facts and steps are the input's bytes, put raw into the
 * structs of the seam: unterminated text, numbers outside every table. Whatever it says, an
 * admission is canonical, says why for every row that is unmet, and holds a plan exactly if none
 * is; a plan's requirements are all met by a named mechanism.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "json/canonical.h"
#include <bvisor/backend.h>

static const uint8_t *input;
static size_t input_left;

/* The next bytes; zero when there are no more. */
static void take(void *out, size_t size)
{
	size_t n = size < input_left ? size : input_left;

	memset(out, 0, size);
	if (n)
		memcpy(out, input, n);
	input += n;
	input_left -= n;
}

static unsigned int take_byte(void)
{
	uint8_t byte;

	take(&byte, 1);
	return byte;
}

static void need(bool holds)
{
	if (!holds)
		abort();
}

/* Every answer that is not raw is the best there is, so that plans are reached too. */
static struct bv_verdict plan_support(enum bv_kind kind)
{
	(void)kind;
	return (struct bv_verdict){(enum bv_enforcement)(take_byte() ^ BV_ENFORCED), UINT32_MAX};
}

static int plan_probe(void *state, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err)
{
	(void)state;
	(void)spec;
	(void)err;
	(void)bv_snapshot_set(ret, "fuzz.view", BV_FACT_PRESENT, 1, "a fact");
	if (take_byte() & 1) {
		ret->count = take_byte() % (BV_FACTS_MAX + 2);
		take(ret->facts, sizeof(ret->facts[0]) * 2);
	}
	return 0;
}

static void answer(struct bv_answer *ret)
{
	if (take_byte() & 1) {
		take(ret, sizeof(*ret));
		return;
	}
	*ret = (struct bv_answer){.verdict = {BV_ENFORCED, BV_EVIDENCE_ALL}, .mechanism = "fuzz"};
}

static void plan_profile(const struct bv_snapshot *snapshot, enum bv_kind kind,
	struct bv_answer *ret)
{
	(void)snapshot;
	(void)kind;
	answer(ret);
}

static void plan_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	(void)snapshot;
	(void)spec;
	(void)kind;
	answer(ret);
}

static void plan_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	(void)snapshot;
	(void)spec;
	(void)dimension;
	*ret = (struct bv_availability){BV_ENFORCED, UINT64_MAX, UINT32_MAX, "fuzz", "exact", "",
		""};
	if (take_byte() & 1)
		take(ret, sizeof(*ret));
}

static void plan_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret)
{
	(void)snapshot;
	(void)spec;
	(void)claim;
	*ret = (struct bv_observer){1, "fuzz", "", ""};
	if (take_byte() & 1)
		take(ret, sizeof(*ret));
}

static int plan_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err)
{
	static const char *const ids[] = {"a", "b", "c", "", NULL, "\xff"};
	static const char *const lists[][3] = {{NULL, NULL, NULL}, {"a", NULL, NULL},
		{"b", "c", NULL}, {"x", NULL, NULL}};

	(void)snapshot;
	(void)spec;
	(void)err;
	ret->count = take_byte() % (BV_PRIMITIVES_MAX + 2);
	for (size_t i = 0; i < ret->count && i < BV_PRIMITIVES_MAX; i++) {
		ret->steps[i].primitive = (struct bv_primitive){ids[take_byte() % 6], take_byte(),
			take_byte(), lists[take_byte() % 4], lists[take_byte() % 4]};
		take(&ret->steps[i].parameters, 2);
	}
	return 0;
}

static int plan_execute(void *state, const struct bv_plan *plan,
	const struct bv_run_options *options, struct bv_report_body *body, struct bv_error *err)
{
	(void)state;
	(void)plan;
	(void)options;
	(void)body;
	(void)err;
	abort(); /* planning never runs anything */
}

static const struct bv_backend_ops ops = {sizeof(struct bv_backend_ops), "fuzz", plan_support,
	plan_probe, plan_profile, plan_classify, plan_budgets, plan_evidence, plan_lower,
	plan_execute, NULL};

static void check_canonical(const char *json, size_t len)
{
	BV_CLEANUP_BUF struct bv_buf canonical = BV_BUF(SIZE_MAX / 2);

	need(!bv_json_canonicalise(json, len, &canonical, NULL));
	need(canonical.len == len && memcmp(canonical.data, json, len) == 0);
}

static void check_plan(const struct bv_plan *plan)
{
	size_t count;
	const struct bv_requirement_row *rows = bv_plan_requirements(plan, &count);
	const char *json;
	struct bv_digest digest;

	for (size_t i = 0; i < count; i++) {
		need(rows[i].admitted && rows[i].verdict.enforcement > BV_UNSUPPORTED);
		need(rows[i].mechanism[0] || bv_kind_nature(rows[i].kind) == BV_NATURE_GRANT);
	}
	json = bv_plan_json(plan, &count);
	check_canonical(json, count);
	bv_sha256_once(json, count, &digest);
	need(memcmp(&digest, &bv_plan_id(plan)->digest, sizeof(digest)) == 0);
}

static void check_admission(const struct bv_admission *admission)
{
	size_t count, unmet = 0;
	const struct bv_requirement_row *rows = bv_admission_requirements(admission, &count);
	const struct bv_budget_row *budgets;
	const char *json;

	for (size_t i = 0; i < count; i++) {
		unmet += !rows[i].admitted;
		need(rows[i].admitted || (rows[i].missing[0] && rows[i].remedy[0]));
	}
	budgets = bv_admission_budgets(admission, &count);
	for (size_t i = 0; i < count; i++) {
		unmet += budgets[i].failure != BV_BUDGET_OK;
		need(!budgets[i].failure || (budgets[i].missing[0] && budgets[i].remedy[0]));
	}
	need(bv_admission_refusal_count(admission) >= unmet);
	need(!bv_admission_plan(admission) == (bv_admission_refusal_count(admission) > 0));
	json = bv_admission_json(admission, &count);
	check_canonical(json, count);
	if (bv_admission_plan(admission))
		check_plan(bv_admission_plan(admission));
}

static struct bv_proposal *proposal_new(unsigned int bits)
{
	struct bv_proposal *proposal = NULL;
	struct bv_spec spec = {
		.workload = {.program = "/bin/true"},
		.network = bits & 1 ? BV_NETWORK_AMBIENT : BV_NETWORK_DENY_ALL,
		.kill = bits & 2 ? BV_KILL_BEST_EFFORT : BV_KILL_ATOMIC,
		.temp_root = bits & 4 ? 1 : 0,
		.evidence = bits & 8 ? BV_EVIDENCE_ALL : 0,
	};

	bv_budgets_default(spec.budgets);
	spec.budgets[BV_NETWORK].guarantee = BV_ENFORCED;
	spec.budgets[BV_NETWORK].waived = (uint8_t)(bits >> 4 & 1);
	spec.budgets[BV_NETWORK].limit = bits & 32 ? 0 : 4096;
	spec.budgets[BV_STORAGE].limit = bits & 64 ? 0 : 4096;
	need(!bv_proposal_new(&spec, &proposal, NULL));
	return proposal;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bv_backend *backend = NULL;
	struct bv_admission *admission = NULL;
	struct bv_probe *probe = NULL;
	struct bv_proposal *proposal;
	const char *json;
	size_t len;

	input = data;
	input_left = size;
	proposal = proposal_new(take_byte());
	need(!bv_backend_new(&ops, NULL, &backend, NULL));
	if (!bv_admit(backend, proposal, &admission, NULL))
		check_admission(admission);
	if (!bv_probe_new(backend, &probe, NULL)) {
		json = bv_probe_json(probe, &len);
		check_canonical(json, len);
	}
	bv_probe_free(probe);
	bv_admission_free(admission);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
	return 0;
}

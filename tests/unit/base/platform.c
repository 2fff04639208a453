/* SPDX-License-Identifier: MIT
 *
 * Prints what must not depend on the platform: errors, normalised specs, plans and their ids,
 * refusals. The program is built twice, natively and for wasm32-wasi (with the portable digest),
 * and both must print the same bytes: that is what "the planner holds no OS code" means.
 */
#include <inttypes.h>
#include <stdio.h>

#include <bvisor/backend.h>
#include <bvisor/inert.h>
#include <bvisor/plan.h>

#include "base/digest.h"
#include "base/fail.h"
#include "base/json.h"

/* A backend on paper: it can do all that is asked, says so, and runs nothing. */
static struct bv_verdict paper_support(enum bv_kind kind)
{
	(void)kind;
	return (struct bv_verdict){BV_ENFORCED, UINT32_MAX >> (32 - BV_EVIDENCE_COUNT)};
}

static int paper_probe(void *state, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err)
{
	(void)state;
	(void)spec;
	(void)err;
	return bv_snapshot_set(ret, "paper.sheets", BV_FACT_PRESENT, 80, "g/m2");
}

static void paper_profile(const struct bv_snapshot *snapshot, enum bv_kind kind,
	struct bv_answer *ret)
{
	*ret = (struct bv_answer){.verdict = paper_support(kind)};
	(void)snprintf(ret->mechanism, sizeof(ret->mechanism), "%" PRIi64 " sheets on %s",
		bv_snapshot_value(snapshot, "paper.sheets"), bv_kind_name(kind));
}

static void paper_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	(void)spec;
	paper_profile(snapshot, kind, ret);
}

static void paper_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	(void)snapshot;
	(void)spec;
	*ret = (struct bv_availability){.enforcement = BV_ENFORCED,
		.capacity = UINT64_C(1) << 52,
		.evidence = 4};
	(void)snprintf(ret->mechanism, sizeof(ret->mechanism), "a tally of %s",
		bv_dimension_name(dimension));
	(void)snprintf(ret->granularity, sizeof(ret->granularity), "exact");
}

static void paper_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret)
{
	(void)snapshot;
	(void)spec;
	*ret = (struct bv_observer){.available = 1};
	(void)snprintf(ret->observer, sizeof(ret->observer), "a clerk for %s",
		bv_evidence_name(claim));
}

static int paper_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err)
{
	static const char *const after_fold[] = {"paper.fold", NULL}, *const none[] = {NULL};

	(void)snapshot;
	(void)spec;
	(void)err;
	*ret = (struct bv_lowering){.count = 2,
		.steps = {{.primitive = {"paper.stamp", 1, 2, after_fold, none}},
			{.primitive = {"paper.fold", 1, 1, none, none}}}};
	return 0;
}

static int paper_execute(void *state, const struct bv_plan *plan,
	const struct bv_run_options *options, struct bv_report_body *body, struct bv_error *err)
{
	(void)state;
	(void)plan;
	(void)options;
	(void)body;
	return bv_fail(err, BV_E_REFUSED, "paper", "nothing runs on paper");
}

static void paper_close(void *state)
{
	(void)state;
}

static const struct bv_backend_ops paper_ops = {
	.size = sizeof(struct bv_backend_ops),
	.id = "paper",
	.support = paper_support,
	.probe = paper_probe,
	.profile = paper_profile,
	.classify = paper_classify,
	.budgets = paper_budgets,
	.evidence = paper_evidence,
	.lower = paper_lower,
	.execute = paper_execute,
	.close = paper_close,
};

static int print_error(void)
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(4096);
	struct bv_error err = {0};
	struct bv_json json;

	bv_fail_at(&err, BV_E_LIMIT, UINT64_C(1) << 40, "a\nb", "%s of %" PRIu64, "\xff\xc3\xa9",
		UINT64_C(1) << 52);
	bv_json_start(&json, &buf);
	bv_json_object(&json);
	bv_json_kv_string(&json, "code", bv_code_name(err.code));
	bv_json_kv_integer(&json, "max", -BV_JSON_INTEGER_MAX);
	bv_json_kv_unsigned(&json, "offset", err.offset);
	bv_json_kv_string(&json, "place", err.place);
	bv_json_kv_string(&json, "text", err.text);
	bv_json_kv_string(&json, "version", bv_version());
	bv_json_object_end(&json);
	if (!bv_json_end(&json))
		return BV_E_FAULT;
	printf("%.*s\n", (int)buf.len, (const char *)buf.data);
	return 0;
}

/* The answer, and the plan with its id if there is one. */
static void print_admission(const struct bv_admission *admission)
{
	const struct bv_plan *plan = bv_admission_plan(admission);
	char hex[BV_DIGEST_HEX];
	const char *text;
	size_t len;

	text = bv_admission_json(admission, &len);
	printf("%.*s\n", (int)len, text);
	if (!plan)
		return;
	text = bv_plan_json(plan, &len);
	printf("%.*s\n%s\n", (int)len, text, bv_digest_hex(&bv_plan_id(plan)->digest, hex));
	printf("%s\n", bv_digest_hex(bv_plan_lowering_digest(plan), hex));
}

static int admit(const struct bv_proposal *proposal, struct bv_backend *backend,
	struct bv_error *err)
{
	struct bv_admission *admission = NULL;
	int code = bv_admit(backend, proposal, &admission, err);

	if (!code)
		print_admission(admission);
	bv_admission_free(admission);
	bv_backend_free(backend);
	return code;
}

static int print_plans(struct bv_error *err)
{
	static const char *const arguments[] = {"-c", "print('\xc3\xa9\n')"};
	static const struct bv_grant grants[] = {{"/usr", BV_READ | BV_EXECUTE},
		{"/data", BV_READ | BV_WRITE}, {"/usr", BV_READ}};
	static const struct bv_destination destinations[] = {{BV_TRANSPORT_TCP, "example.org", 443,
								     443},
		{BV_TRANSPORT_UDP, "2001:db8::/32", 0, 65535}};
	struct bv_spec spec = {
		.workload = {.program = "/usr/bin/python3",
			.arguments = arguments,
			.argument_count = 2},
		.grants = grants,
		.grant_count = 3,
		.network = BV_NETWORK_ALLOW_LIST,
		.destinations = destinations,
		.destination_count = 2,
		.streams = {[1] = {BV_STREAM_CAPTURE, NULL, 4096}},
		.evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_DENIED_ATTEMPTS),
	};
	struct bv_proposal *proposal = NULL;
	struct bv_backend *backend = NULL;
	int code;

	bv_budgets_default(spec.budgets);
	spec.budgets[BV_NETWORK].limit = 1 << 20;
	code = bv_proposal_new(&spec, &proposal, err);
	if (!code)
		code = bv_backend_new(&paper_ops, NULL, &backend, err);
	if (!code)
		code = admit(proposal, backend, err);
	if (!code)
		code = bv_inert_open(&backend, err);
	if (!code)
		code = admit(proposal, backend, err);
	bv_proposal_free(proposal);
	return code;
}

int main(void)
{
	struct bv_error err = {0};

	if (print_error() || print_plans(&err)) {
		fprintf(stderr, "platform: %s: %s: %s\n", bv_code_name(err.code), err.place,
			err.text);
		return 1;
	}
	return 0;
}

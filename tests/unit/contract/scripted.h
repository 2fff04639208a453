/* SPDX-License-Identifier: MIT
 *
 * A backend that answers what a test wrote down. The operations of the seam get no state, so the
 * script is the program's one variable; every answer starts as the best there is, and a test
 * changes the one it is about.
 */
#ifndef UNIT_CONTRACT_SCRIPTED_H
#define UNIT_CONTRACT_SCRIPTED_H

#include <stdbool.h>

#include <bvisor/backend.h>
#include "base/fail.h"

struct script {
	enum bv_enforcement support[BV_KIND_COUNT];
	struct bv_answer profile[BV_KIND_COUNT];
	struct bv_answer classify[BV_KIND_COUNT];
	struct bv_availability budgets[BV_DIMENSION_COUNT];
	struct bv_observer evidence[BV_EVIDENCE_COUNT];
	struct bv_snapshot snapshot;
	struct bv_lowering lowering;
	int probe_code;
	int lower_code;
	/* Fills the body; NULL: completed with status 0. */
	int (*run)(struct bv_report_body *body, struct bv_error *err);
	unsigned int probes, runs, closes;
};

static struct script script;

static const char *const scripted_needs[] = {"test.view", NULL};

static void script_reset(void)
{
	script = (struct script){0};
	for (int i = 0; i < BV_KIND_COUNT; i++) {
		script.support[i] = BV_ENFORCED;
		script.profile[i].verdict = (struct bv_verdict){BV_ENFORCED, BV_EVIDENCE_ALL};
		(void)snprintf(script.profile[i].mechanism, BV_MECHANISM_MAX, "scripted %s",
			bv_kind_name((enum bv_kind)i));
		script.classify[i] = script.profile[i];
	}
	for (int i = 0; i < BV_DIMENSION_COUNT; i++) {
		script.budgets[i] = (struct bv_availability){.enforcement = BV_ENFORCED,
			.capacity = UINT64_MAX,
			.evidence = BV_EVIDENCE_ALL,
			.mechanism = "scripted meter",
			.granularity = "exact"};
	}
	for (int i = 0; i < BV_EVIDENCE_COUNT; i++)
		script.evidence[i] =
			(struct bv_observer){.available = 1, .observer = "scripted eye"};
	(void)bv_snapshot_set(&script.snapshot, "test.view", BV_FACT_PRESENT, 3, "a view");
	(void)bv_snapshot_set(&script.snapshot, "test.filter", BV_FACT_UNKNOWN, 0, "");
	script.lowering.count = 2;
	script.lowering.steps[0].primitive =
		(struct bv_primitive){"test.filter", 2, 5, scripted_needs, NULL};
	script.lowering.steps[0].parameters.bytes[0] = 0xab;
	script.lowering.steps[1].primitive = (struct bv_primitive){"test.view", 1, 5, NULL, NULL};
}

static struct bv_verdict scripted_support(enum bv_kind kind)
{
	return (struct bv_verdict){script.support[kind], UINT32_MAX};
}

static int scripted_probe(void *state, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err)
{
	(void)state;
	(void)spec;
	script.probes++;
	if (script.probe_code)
		return bv_fail(err, script.probe_code, "scripted.probe", "the script says so");
	*ret = script.snapshot;
	return 0;
}

static void scripted_profile(const struct bv_snapshot *snapshot, enum bv_kind kind,
	struct bv_answer *ret)
{
	(void)snapshot;
	*ret = script.profile[kind];
}

static void scripted_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	(void)snapshot;
	(void)spec;
	*ret = script.classify[kind];
}

static void scripted_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	(void)snapshot;
	(void)spec;
	*ret = script.budgets[dimension];
}

static void scripted_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret)
{
	(void)snapshot;
	(void)spec;
	*ret = script.evidence[claim];
}

static int scripted_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err)
{
	(void)snapshot;
	(void)spec;
	if (script.lower_code)
		return bv_fail(err, script.lower_code, "scripted.lower", "the script says so");
	*ret = script.lowering;
	return 0;
}

static int scripted_execute(void *state, const struct bv_plan *plan,
	const struct bv_run_options *options, struct bv_report_body *body, struct bv_error *err)
{
	const struct bv_end end = {.outcome = BV_OUTCOME_COMPLETED, .exit = BV_EXIT_STATUS};

	(void)state;
	(void)plan;
	(void)options;
	script.runs++;
	if (script.run)
		return script.run(body, err);
	bv_body_end(body, &end);
	return 0;
}

static void scripted_close(void *state)
{
	(void)state;
	script.closes++;
}

static const struct bv_backend_ops scripted_ops = {
	.size = sizeof(struct bv_backend_ops),
	.id = "scripted",
	.support = scripted_support,
	.probe = scripted_probe,
	.profile = scripted_profile,
	.classify = scripted_classify,
	.budgets = scripted_budgets,
	.evidence = scripted_evidence,
	.lower = scripted_lower,
	.execute = scripted_execute,
	.close = scripted_close,
};

static struct bv_backend *scripted_open(void)
{
	struct bv_backend *backend = NULL;

	script_reset();
	assert_int_equal(bv_backend_new(&scripted_ops, NULL, &backend, NULL), 0);
	return backend;
}

/* The spec of the documents' examples: one grant, captured output, a secret, descendants. */
static struct bv_proposal *scripted_proposal(void (*change)(struct bv_spec *spec))
{
	static const struct bv_grant grants[] = {{"/usr", BV_READ | BV_EXECUTE}};
	static const char *const arguments[] = {"-c", "make"};
	static const struct bv_variable variables[] = {{"PATH", "/usr/bin", NULL},
		{"TOKEN", NULL, "vault:ci"}};
	struct bv_proposal *proposal = NULL;
	struct bv_spec spec = {
		.workload = {.program = "/usr/bin/sh", .arguments = arguments, .argument_count = 2},
		.grants = grants,
		.grant_count = 1,
		.spawn = BV_SPAWN_ALLOW_DESCENDANTS,
		.variables = variables,
		.variable_count = 2,
		.streams = {{0}, {BV_STREAM_CAPTURE, NULL, 65536},
			{BV_STREAM_CAPTURE, NULL, 65536}},
		.evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_TERMINAL_OUTCOME) |
			BV_EVIDENCE_BIT(BV_EVIDENCE_DENIED_ATTEMPTS),
	};

	bv_budgets_default(spec.budgets);
	if (change)
		change(&spec);
	assert_int_equal(bv_proposal_new(&spec, &proposal, NULL), 0);
	return proposal;
}

#endif

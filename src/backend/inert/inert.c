/* SPDX-License-Identifier: MIT
 *
 * The inert backend: it can do nothing, and every answer says so. A plan on it is always refused,
 * so `lower` and `execute` are never reached by a runner that works; they refuse all the same.
 * Invariant: no answer of this file carries a mechanism, an observer or a capacity.
 */
#include "backend/inert/ops.h"

#include "base/fail.h"
#include <bvisor/inert.h>

#include <stdio.h>

#define REMEDY "open a backend that can: bv_linux_open() runs native programs under Linux"

static struct bv_verdict inert_support(enum bv_kind kind)
{
	(void)kind;
	return (struct bv_verdict){BV_UNSUPPORTED, 0};
}

static int inert_probe(void *state, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err)
{
	(void)state;
	(void)spec;
	(void)err;
	*ret = (struct bv_snapshot){0};
	return 0;
}

static void inert_profile(const struct bv_snapshot *snapshot, enum bv_kind kind,
	struct bv_answer *ret)
{
	const char *name = bv_kind_name(kind);

	(void)snapshot;
	*ret = (struct bv_answer){.verdict = inert_support(kind)};
	(void)snprintf(ret->missing, sizeof(ret->missing),
		"the inert backend has no mechanism for %s", name ? name : "this kind");
	(void)snprintf(ret->remedy, sizeof(ret->remedy), REMEDY);
}

static void inert_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	(void)spec;
	inert_profile(snapshot, kind, ret);
}

static void inert_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	const char *name = bv_dimension_name(dimension);

	(void)snapshot;
	(void)spec;
	*ret = (struct bv_availability){.enforcement = BV_UNSUPPORTED};
	(void)snprintf(ret->missing, sizeof(ret->missing), "the inert backend cannot bound %s",
		name ? name : "this dimension");
	(void)snprintf(ret->remedy, sizeof(ret->remedy), REMEDY);
}

static void inert_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret)
{
	const char *name = bv_evidence_name(claim);

	(void)snapshot;
	(void)spec;
	*ret = (struct bv_observer){.available = 0};
	(void)snprintf(ret->missing, sizeof(ret->missing),
		"the inert backend observes nothing, so not %s", name ? name : "this claim");
	(void)snprintf(ret->remedy, sizeof(ret->remedy), REMEDY);
}

static int inert_refuse(struct bv_error *err)
{
	return bv_fail(err, BV_E_REFUSED, "inert", "the inert backend runs nothing; %s", REMEDY);
}

static int inert_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err)
{
	(void)snapshot;
	(void)spec;
	(void)ret;
	return inert_refuse(err);
}

static int inert_execute(void *state, const struct bv_plan *plan,
	const struct bv_run_options *options, struct bv_report_body *body, struct bv_error *err)
{
	(void)state;
	(void)plan;
	(void)options;
	(void)body;
	return inert_refuse(err);
}

static void inert_close(void *state)
{
	(void)state;
}

const struct bv_backend_ops bv_inert_ops = {
	.size = sizeof(struct bv_backend_ops),
	.id = "inert",
	.support = inert_support,
	.probe = inert_probe,
	.profile = inert_profile,
	.classify = inert_classify,
	.budgets = inert_budgets,
	.evidence = inert_evidence,
	.lower = inert_lower,
	.execute = inert_execute,
	.close = inert_close,
};

int bv_inert_open(struct bv_backend **ret, struct bv_error *err)
{
	return bv_backend_new(&bv_inert_ops, NULL, ret, err);
}

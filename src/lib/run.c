/* SPDX-License-Identifier: MIT
 *
 * Running a plan: look at the machine again, refuse if it changed, have the backend execute, and
 * seal what it observed. Everything that can fail for want of memory is allocated before the
 * start; from the start on there is a report, whatever happens.
 */
#include <bvisor/backend.h>

#include "base/fail.h"
#include "contract/lifecycle.h"
#include "contract/report_data.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static void report_freep(struct bv_report **report)
{
	*report = bv_report_free(*report);
}

static int attempt_new(struct bv_attempt_id *ret, struct bv_error *err)
{
	struct bv_attempt_id attempt;
	ssize_t len;

	/* Up to 256 bytes come whole, or not at all (getrandom(2)). */
	do {
		len = getrandom(attempt.digest.bytes, sizeof(attempt.digest.bytes), 0);
	} while (len < 0 && errno == EINTR);
	if (len != (ssize_t)sizeof(attempt.digest.bytes))
		return bv_fail_os(err, BV_E_OS, errno, "attempt",
			"no random bytes for the attempt's id");
	*ret = attempt;
	return 0;
}

static int plan_ours(const struct bv_backend *backend, const struct bv_plan *plan,
	struct bv_error *err)
{
	if (plan->backend == backend && strcmp(plan->backend_id, backend->id) == 0)
		return 0;
	return bv_fail(err, BV_E_FOREIGN, "plan",
		"the plan was made with another handle (of the %s backend); plan with this one",
		plan->backend_id);
}

/* Whether the machine still is the one that was planned for, fact by fact, and so by its profile;
 * if it is, the run counts as started. */
static int run_start(struct bv_backend *backend, const struct bv_plan *plan,
	const struct bv_attempt_id *attempt, struct bv_started *ret, struct bv_error *err)
{
	struct bv_proposed proposed = bv_lifecycle_propose(bv_plan_spec(plan));
	struct bv_planned planned = {0};
	struct bv_snapshot now = {0};
	int code = bv_backend_probe(backend, bv_plan_spec(plan), &now, NULL, err);

	if (!code)
		code = bv_lifecycle_plan(&proposed, plan, &planned, err);
	if (!code)
		code = bv_lifecycle_start(&planned, &now, attempt, ret, err);
	return code;
}

static void run_execute(struct bv_backend *backend, const struct bv_plan *plan,
	const struct bv_run_options *options, struct bv_report *report)
{
	struct bv_error failure = {0};
	int code = backend->ops.execute(backend->state, plan, options, report->body, &failure);

	bv_report_conclude(report, plan, code, &failure);
	bv_report_seal(report, plan);
}

int bv_run(struct bv_backend *backend, const struct bv_plan *plan,
	const struct bv_run_options *options, struct bv_report **ret, struct bv_error *err)
{
	static const struct bv_run_options defaults = BV_RUN_OPTIONS_DEFAULT;
	__attribute__((cleanup(report_freep))) struct bv_report *report = NULL;
	struct bv_attempt_id attempt;
	struct bv_started started = {0};
	struct bv_reported reported = {0};
	struct bv_provenance provenance;
	int code;

	if (!backend || !plan || !ret)
		return bv_fail(err, BV_E_INVALID, "run",
			"a backend, a plan and somewhere to put the report are needed");
	code = plan_ours(backend, plan, err);
	if (!code)
		code = attempt_new(&attempt, err);
	if (!code)
		code = bv_report_prepare(plan, &attempt, &report, err);
	if (!code)
		code = run_start(backend, plan, &attempt, &started, err);
	if (code)
		return code;
	run_execute(backend, plan, options ? options : &defaults, report);
	provenance = (struct bv_provenance){report->plan_id, report->attempt, report->id};
	code = bv_lifecycle_report(&started, &provenance, &reported, err);
	if (code)
		return code;
	*ret = report;
	report = NULL;
	return 0;
}

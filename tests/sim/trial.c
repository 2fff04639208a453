/* SPDX-License-Identifier: MIT
 *
 * Carrying out one trial. The harness changes the machine between plan and run where the
 * scenario says so, plays the resolver of secrets and the reader of output, and swaps reports
 * where the lie is that of a courier.
 */
#include "trial.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int code, const struct bv_error *err, const struct scenario *scenario)
{
	if (!code)
		return;
	fprintf(stderr, "seed %llu: %s at %s: %s\n", (unsigned long long)scenario->seed,
		bv_code_name(code), err->place, err->text);
	abort();
}

static int resolve(void *context, const char *reference, char *buffer, size_t capacity,
	size_t *ret_len)
{
	(void)context;
	if (strcmp(reference, "vault:token") != 0)
		return ENOENT;
	if (capacity < strlen(SCENARIO_SECRET))
		return ERANGE;
	memcpy(buffer, SCENARIO_SECRET, strlen(SCENARIO_SECRET));
	*ret_len = strlen(SCENARIO_SECRET);
	return 0;
}

static void output(void *context, int stream, const void *data, size_t len)
{
	struct trial *trial = context;

	if (stream != 1 || len > sizeof(trial->stdout_seen) - trial->stdout_seen_len)
		return;
	memcpy(trial->stdout_seen + trial->stdout_seen_len, data, len);
	trial->stdout_seen_len += len;
}

static void trial_execute(struct trial *trial)
{
	struct bv_run_options options = BV_RUN_OPTIONS_DEFAULT;
	struct bv_error err;

	options.on_output = output;
	options.resolve_secret = resolve;
	options.context = trial;
	if (trial->scenario->lost != SCENARIO_NO_CHANGE &&
		trial->world.facility[trial->scenario->lost]) {
		trial->changed = true;
		trial->world.facility[trial->scenario->lost] = BV_UNSUPPORTED;
	}
	trial->run_code = bv_run(trial->backend, trial->plan, &options, &trial->report, &err);
}

static void trial_deliver(struct trial *trial)
{
	size_t len;
	const char *json = bv_report_json(trial->report, &len);

	trial->delivered = BV_BUF(len + 4096);
	bv_sim_deliver(&trial->sim, bv_bytes(json, len), &trial->delivered);
	trial->json = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	if (!trial->json || !bv_buf_ok(&trial->delivered))
		abort();
}

static void trial_do(struct trial *trial, struct scenario *scenario, enum bv_sim_lie lie)
{
	struct bv_error err;

	memset(trial, 0, sizeof(*trial));
	trial->scenario = scenario;
	trial->world = scenario->world;
	trial->sim = (struct bv_sim){.world = &trial->world,
		.lie = lie,
		.variant = (uint32_t)scenario->seed};
	must(bv_sim_open(&trial->sim, &trial->backend, &err), &err, scenario);
	must(bv_proposal_new(&scenario->spec, &trial->proposal, &err), &err, scenario);
	must(bv_admit(trial->backend, trial->proposal, &trial->admission, &err), &err, scenario);
	trial->plan = bv_admission_plan(trial->admission);
	if (trial->plan)
		trial_execute(trial);
	if (trial->report)
		trial_deliver(trial);
}

/* Another plan for the same run: one more argument, which the guest ignores. */
static void trial_swap(struct trial *trial)
{
	static const char *const arguments[] = {"other"};
	struct bv_workload *workload = &trial->scenario->spec.workload;
	struct trial *other = malloc(sizeof(*other));

	if (!other)
		abort();
	workload->arguments = arguments;
	workload->argument_count = 1;
	trial_do(other, trial->scenario, BV_SIM_TRUTH);
	workload->arguments = NULL;
	workload->argument_count = 0;
	if (other->report && trial->report) {
		struct bv_report *report = trial->report;

		trial->report = other->report;
		other->report = report;
		bv_buf_free(&trial->delivered);
		json_decref(trial->json);
		trial_deliver(trial);
		(void)bv_sim_lies(&trial->sim, BV_SIM_REPORT_SWAPPED);
	}
	trial_close(other);
	free(other);
}

void trial_run(struct trial *trial, struct scenario *scenario, enum bv_sim_lie lie)
{
	trial_do(trial, scenario, lie);
	if (lie == BV_SIM_REPORT_SWAPPED)
		trial_swap(trial);
}

void trial_close(struct trial *trial)
{
	json_decref(trial->json);
	bv_buf_free(&trial->delivered);
	bv_report_free(trial->report);
	bv_admission_free(trial->admission);
	bv_proposal_free(trial->proposal);
	bv_backend_free(trial->backend);
}

bool trial_told(const struct trial *trial)
{
	return trial->report && !trial->world.happened.supervisor_died;
}

const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

bool check_says(struct trial *trial, const char *fmt, ...)
{
	va_list args;

	if (trial->text[0])
		return false;
	va_start(args, fmt);
	(void)vsnprintf(trial->text, sizeof(trial->text), fmt, args);
	va_end(args);
	return false;
}

const char *check_name(enum check check)
{
	static const char *const names[] = {
#define CHECK(name, what) #name,
#include "checks.def"
#undef CHECK
	};

	return names[check];
}

uint32_t checks_run(struct trial *trial)
{
	static bool (*const checks[])(struct trial *) = {
#define CHECK(name, what) check_##name,
#include "checks.def"
#undef CHECK
	};
	uint32_t fired = 0;

	for (int i = 0; i < CHECK_COUNT; i++)
		if (!checks[i](trial))
			fired |= CHECK_BIT(i);
	return fired;
}

/* SPDX-License-Identifier: MIT
 *
 * Runs on the scripted backend: a world with a plan, a body with something in every part of it,
 * and reports of both.
 */
#ifndef UNIT_CONTRACT_SCRIPTED_RUN_H
#define UNIT_CONTRACT_SCRIPTED_RUN_H

#include <errno.h>

#include "scripted.h"
#include "base/digest.h"
#include "contract/report_data.h"

struct world {
	struct bv_backend *backend;
	struct bv_proposal *proposal;
	struct bv_admission *admission;
	const struct bv_plan *plan;
};

static inline void world_open(struct world *world, void (*change)(struct bv_spec *spec))
{
	struct bv_error err = {0};

	world->backend = scripted_open();
	world->proposal = scripted_proposal(change);
	if (bv_admit(world->backend, world->proposal, &world->admission, &err))
		fail_msg("%s: %s", err.place, err.text);
	world->plan = bv_admission_plan(world->admission);
	assert_non_null(world->plan);
}

static inline void world_close(struct world *world)
{
	bv_admission_free(world->admission);
	bv_proposal_free(world->proposal);
	bv_backend_free(world->backend);
}

static inline struct bv_report *run(struct world *world)
{
	struct bv_report *report = NULL;
	struct bv_error err = {0};

	if (bv_run(world->backend, world->plan, NULL, &report, &err))
		fail_msg("%s: %s", err.place, err.text);
	return report;
}

static inline bool says(const struct bv_report *report, const char *text)
{
	size_t len;
	const char *json = bv_report_json(report, &len);

	return memmem(json, len, text, strlen(text)) != NULL;
}

static inline struct bv_verification_result verify(const char *json, size_t len)
{
	struct bv_verification_result result;
	struct bv_error err = {0};

	if (bv_report_verify(json, len, NULL, &result, &err))
		fail_msg("%s: %s", err.place, err.text);
	return result;
}

static inline void check_sound(const struct bv_report *report)
{
	size_t len;
	const char *json = bv_report_json(report, &len);
	struct bv_verification_result result = verify(json, len);

	if (result.status != BV_REPORT_SOUND)
		fail_msg("status %d at %s: %s\n%.*s", (int)result.status, result.place, result.text,
			(int)len, json);
	assert_memory_equal(&result.id, bv_report_id(report), sizeof(result.id));
}

/* A body with something in every part of it. */
static inline int run_full(struct bv_report_body *body, struct bv_error *err)
{
	static const struct bv_denial denials[] = {
		{BV_KIND_NETWORK_DENY_ALL, "socket", "AF_INET", EPERM, 2},
		{BV_KIND_FILESYSTEM, "openat", "/etc/shadow", EACCES, 1},
		{BV_KIND_FILESYSTEM, "unlinkat", NULL, EACCES, 3},
	};
	static const struct bv_change changes[] = {
		{BV_CHANGE_CREATED, BV_FILE_REGULAR, "/srv/new", 1, 4, {{0x33}}},
		{BV_CHANGE_DELETED, BV_FILE_DIRECTORY, "/srv/old", 0, 0, {{0}}},
		{BV_CHANGE_MODIFIED, BV_FILE_LINK, "/srv/it", 1, 3, {{0x44}}},
	};
	static const struct bv_end end = {.outcome = BV_OUTCOME_COMPLETED,
		.exit = BV_EXIT_STATUS,
		.exit_value = 2};
	struct bv_digest digest = {{0x11, 0x22}};

	(void)err;
	bv_body_executable(body, "/usr/bin/dash", &digest, 125640);
	bv_body_attest(body, "seccomp", "%d", 2);
	bv_body_attest(body, "no-new-privs", "1");
	bv_body_observe(body, "cgroup", "left empty");
	for (size_t i = 0; i < 3; i++)
		bv_body_deny(body, &denials[i]);
	for (size_t i = 0; i < 3; i++)
		bv_body_change(body, &changes[i]);
	bv_body_process(body, &(struct bv_process){71, 70, "dash", 0, 1, 12345});
	bv_body_process(body, &(struct bv_process){72, 71, "make", 10000, 0, 0});
	bv_body_usage(body, BV_WALL, &(struct bv_usage){1, 12345, "clock", "1 us"});
	bv_body_usage(body, BV_CPU, &(struct bv_usage){1, 60000000, "cgroup cpu.stat", "1 us"});
	bv_body_usage(body, BV_TASKS, &(struct bv_usage){1, 300, "cgroup pids.peak", "exact"});
	bv_body_stream(body, 1, "he", 2);
	bv_body_stream(body, 1, "llo\n", 4);
	bv_body_stream(body, 2, NULL, 0);
	bv_body_finding(body, "teardown-slow", "the tree took %d ms to die", 40);
	bv_body_cover(body, BV_EVIDENCE_TERMINAL_OUTCOME, BV_COVERAGE_COMPLETE, "launcher", "");
	bv_body_cover(body, BV_EVIDENCE_DENIED_ATTEMPTS, BV_COVERAGE_PARTIAL, "seccomp notify",
		"what Landlock refused");
	bv_body_cover(body, BV_EVIDENCE_FILESYSTEM_DELTA, BV_COVERAGE_COMPLETE, "host", "");
	bv_body_cover(body, BV_EVIDENCE_PROCESS_TREE, BV_COVERAGE_PARTIAL, "launcher",
		"what ended between two samples");
	bv_body_transcript(body, 0, "idle", "plan");
	bv_body_transcript(body, 812, "running", "exit");
	bv_body_end(body, &end);
	return 0;
}

static inline void with_outputs(struct bv_spec *spec)
{
	static const struct bv_output outputs[] = {{"out", NULL}, {"logs", "/var/log/app"}};

	spec->outputs = outputs;
	spec->output_count = sizeof(outputs) / sizeof(outputs[0]);
	spec->commit = BV_COMMIT_ATOMIC;
	spec->budgets[BV_STORAGE].limit = 1048576;
	spec->evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_ARTIFACT_LINEAGE);
}

static const struct bv_artifact scripted_artifacts[] = {
	{"out", "bin/tool", 4, {{0x11}}, 1},
	{"logs", "b", 0, {{0x22}}, 0},
	{"out", "a \xc3\xa9", 12345, {{0x33}}, 0},
};
#define SCRIPTED_ARTIFACTS (sizeof(scripted_artifacts) / sizeof(scripted_artifacts[0]))

/* The same, with artifacts of outputs. */
static inline int run_with_artifacts(struct bv_report_body *body, struct bv_error *err)
{
	for (size_t i = 0; i < SCRIPTED_ARTIFACTS; i++)
		bv_body_artifact(body, &scripted_artifacts[i]);
	bv_body_finding(body, "artifact-refused", "out: link: a symbolic link");
	bv_body_cover(body, BV_EVIDENCE_ARTIFACT_LINEAGE, BV_COVERAGE_COMPLETE, "host", "");
	return run_full(body, err);
}

/* With an attempt's id that does not change. */
static inline struct bv_report *seal(struct world *world)
{
	struct bv_attempt_id attempt;
	struct bv_report *report = NULL;
	struct bv_error err = {0};
	int code;

	memset(&attempt, 0xa7, sizeof(attempt));
	assert_int_equal(bv_report_prepare(world->plan, &attempt, &report, NULL), 0);
	code = scripted_execute(NULL, world->plan, NULL, report->body, &err);
	bv_report_conclude(report, world->plan, code, &err);
	bv_report_seal(report, world->plan);
	return report;
}

#endif

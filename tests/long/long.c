/* SPDX-License-Identifier: MIT */
#include "long.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

void long_die(const char *what, const struct bv_error *err)
{
	fprintf(stderr, "long: %s%s%s\n", what, err ? ": " : "", err ? err->text : "");
	exit(2);
}

void long_skip(const char *why)
{
	printf("# skip: %s\n", why);
	exit(77);
}

double long_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const char *why_not(const struct bv_admission *admission)
{
	size_t count;
	const struct bv_requirement_row *rows = bv_admission_requirements(admission, &count);

	for (size_t i = 0; i < count; i++)
		if (!rows[i].admitted)
			return rows[i].missing;
	return "refused";
}

static void admit(struct long_boundary *b, const char *leave, const char *const arguments[2])
{
	static const struct bv_grant granted[] = {{"/usr", BV_READ | BV_EXECUTE},
		{"/etc", BV_READ}};
	static const struct bv_output output = {"out", NULL};
	struct bv_spec spec = {.workload = {.program = leave,
				       .arguments = arguments,
				       .argument_count = 2},
		.grants = granted,
		.grant_count = 2,
		.spawn = BV_SPAWN_ALLOW_DESCENDANTS,
		.streams = {{0}, {BV_STREAM_CAPTURE, NULL, 4096}, {BV_STREAM_CAPTURE, NULL, 4096}},
		.temp_root = 1,
		.outputs = &output,
		.output_count = 1,
		.discard = 1,
		.kill = BV_KILL_BEST_EFFORT};
	struct bv_proposal *proposal = NULL;
	struct bv_error err;

	bv_budgets_default(spec.budgets);
	spec.budgets[BV_STORAGE].limit = UINT64_C(1) << 30;
	spec.budgets[BV_WALL].limit = UINT64_C(600000000);
	spec.budgets[BV_CPU].limit = UINT64_C(600000000);
	if (bv_proposal_new(&spec, &proposal, &err) ||
		bv_admit(b->backend, proposal, &b->admission, &err))
		long_die("admit", &err);
	bv_proposal_free(proposal);
	if (bv_admission_plan(b->admission))
		return;
	rmdir(b->staging);
	rmdir(b->work);
	long_skip(why_not(b->admission));
}

void long_open(struct long_boundary *b, const char *launcher, const char *leave, const char *count,
	const char *bytes)
{
	const char *const arguments[2] = {count, bytes};
	char program[4096];
	struct bv_linux_options options = {.launcher_path = launcher,
		.view = BV_LINUX_VIEW_ALWAYS,
		.staging = b->staging};
	struct bv_error err;

	memset(b, 0, sizeof(*b));
	if (!realpath(leave, program))
		long_die(leave, NULL);
	snprintf(b->work, sizeof(b->work), "/tmp/bvisor-long-XXXXXX");
	if (!mkdtemp(b->work))
		long_die("mkdtemp", NULL);
	snprintf(b->staging, sizeof(b->staging), "%s/staging", b->work);
	if (mkdir(b->staging, 0700) || setenv("TMPDIR", b->work, 1))
		long_die("mkdir", NULL);
	if (bv_linux_open(&options, &b->backend, &err))
		long_die("open", &err);
	admit(b, program, arguments);
}

struct bv_report *long_run(const struct long_boundary *b)
{
	struct bv_report *report = NULL;
	const struct bv_end *end;
	struct bv_error err;

	if (bv_run(b->backend, bv_admission_plan(b->admission), NULL, &report, &err))
		long_die("run", &err);
	end = bv_report_end(report);
	if (end->outcome != BV_OUTCOME_COMPLETED || end->exit_value != 0) {
		fprintf(stderr, "long: %s, %s, status %d\n", bv_outcome_name(end->outcome),
			end->detail ? end->detail : bv_reason_name(end->reason), end->exit_value);
		long_die("the run did not complete", NULL);
	}
	return report;
}

void long_discard(const struct long_boundary *b, const struct bv_report *report, size_t count)
{
	struct bv_artifacts *artifacts = NULL;
	struct bv_error err;
	size_t len, there;
	const char *json = bv_report_json(report, &len);

	if (bv_artifacts_open(json, len, b->staging, &artifacts, &err))
		long_die("artifacts", &err);
	bv_artifacts_list(artifacts, &there);
	if (there != count)
		long_die("not all artifacts are there", NULL);
	if (bv_artifacts_discard(artifacts, &err))
		long_die("discard", &err);
	bv_artifacts_free(artifacts);
}

bool long_close(struct long_boundary *b)
{
	bv_admission_free(b->admission);
	bv_backend_free(b->backend);
	if (rmdir(b->staging) == 0 && rmdir(b->work) == 0)
		return true;
	printf("something is left in %s\n", b->work);
	return false;
}

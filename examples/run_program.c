/* SPDX-License-Identifier: MIT
 *
 * Runs a program that may read and execute the system's own files, and nothing else: no network,
 * no other process, an empty environment. Prints what it wrote, how it ended and the report's id.
 *
 *     run_program [PROGRAM [ARGUMENT]...]
 *
 * BVISOR_LAUNCHER is the launcher's path if it is not installed. Exit status: 0 the program ran
 * and ended by itself, 1 it did not, 77 no launcher, or this machine refuses the spec.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bvisor/bvisor.h>

#define SKIP 77

static int complain(const struct bv_error *error)
{
	fprintf(stderr, "run_program: %s: %s: %s\n", bv_code_name(error->code), error->place,
		error->text);
	return 1;
}

/* The system's directories, as far as this machine has them. */
static size_t system_grants(struct bv_grant *grants)
{
	static const char *const roots[] = {"/usr", "/bin", "/lib", "/lib64"};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (access(roots[i], X_OK) == 0)
			grants[count++] = (struct bv_grant){roots[i], BV_READ | BV_EXECUTE};
	return count;
}

static int propose(const char *const *program, struct bv_proposal **ret, struct bv_error *error)
{
	struct bv_grant grants[4];
	struct bv_spec spec = {
		.workload = {.program = program[0], .arguments = program + 1},
		.grants = grants,
		.grant_count = system_grants(grants),
		.streams = {[1] = {.mode = BV_STREAM_CAPTURE, .limit_bytes = 65536},
			[2] = {.mode = BV_STREAM_CAPTURE, .limit_bytes = 65536}},
		.kill = BV_KILL_BEST_EFFORT,
	};

	while (program[spec.workload.argument_count + 1])
		spec.workload.argument_count++;
	bv_budgets_default(spec.budgets);
	return bv_proposal_new(&spec, ret, error);
}

static int print_refusal(const struct bv_admission *admission)
{
	size_t len;
	const char *json = bv_admission_json(admission, &len);

	printf("SKIP: this machine refuses the spec for %zu reasons:\n%.*s\n",
		bv_admission_refusal_count(admission), (int)len, json);
	return SKIP;
}

static int print_report(const struct bv_report *report)
{
	const struct bv_end *end = bv_report_end(report);
	char id[BV_DIGEST_HEX];
	size_t len = 0;
	const void *output = bv_report_stream(report, 1, &len, NULL);

	fwrite(output ? output : "", 1, len, stdout);
	printf("outcome %s, reason %s, exit %d\n", bv_outcome_name(end->outcome),
		bv_reason_name(end->reason), end->exit_value);
	if (end->detail)
		printf("detail %s\n", end->detail);
	printf("report %s\n", bv_digest_hex(&bv_report_id(report)->digest, id));
	return end->outcome == BV_OUTCOME_COMPLETED ? 0 : 1;
}

static int run(struct bv_backend *backend, const struct bv_admission *admission)
{
	struct bv_report *report = NULL;
	struct bv_error error;
	int status;

	if (!bv_admission_plan(admission))
		return print_refusal(admission);
	if (bv_run(backend, bv_admission_plan(admission), NULL, &report, &error))
		return complain(&error);
	status = print_report(report);
	bv_report_free(report);
	return status;
}

int main(int argc, char **argv)
{
	static const char *const fallback[] = {"/usr/bin/uname", "-s", NULL};
	struct bv_linux_options options = {.launcher_path = getenv("BVISOR_LAUNCHER")};
	struct bv_backend *backend = NULL;
	struct bv_proposal *proposal = NULL;
	struct bv_admission *admission = NULL;
	struct bv_error error;
	int code, status;

	if (options.launcher_path && access(options.launcher_path, X_OK) != 0) {
		printf("SKIP: there is no launcher at %s\n", options.launcher_path);
		return SKIP;
	}
	code = bv_linux_open(&options, &backend, &error);
	if (!code)
		code = propose(argc > 1 ? (const char *const *)argv + 1 : fallback, &proposal,
			&error);
	if (!code)
		code = bv_admit(backend, proposal, &admission, &error);
	status = code ? complain(&error) : run(backend, admission);
	bv_admission_free(admission);
	bv_proposal_free(proposal);
	bv_backend_free(backend);
	return status;
}

/* SPDX-License-Identifier: MIT
 *
 * Asks what a machine could do with a spec, without running anything: a plan's id, or everything
 * that is missing and what would help.
 *
 *     ask_plan inert               a backend that refuses everything
 *     ask_plan linux [LAUNCHER]    this machine; the launcher's path if it is not installed
 *
 * Exit status: 0 asked and answered, 1 could not ask, 77 no launcher at that path.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bvisor/bvisor.h>

static int complain(const struct bv_error *error)
{
	fprintf(stderr, "ask_plan: %s: %s: %s\n", bv_code_name(error->code), error->place,
		error->text);
	return 1;
}

/* Strict on purpose: what is not granted here is denied, and each budget must be held. */
static int propose(struct bv_proposal **ret, struct bv_error *error)
{
	static const struct bv_grant grants[] = {{"/usr", BV_READ | BV_EXECUTE}};
	struct bv_spec spec = {
		.workload = {.program = "/usr/bin/env"},
		.grants = grants,
		.grant_count = 1,
		.streams = {[1] = {.mode = BV_STREAM_CAPTURE, .limit_bytes = 65536}},
		.evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_TERMINAL_OUTCOME) |
			BV_EVIDENCE_BIT(BV_EVIDENCE_DENIED_ATTEMPTS),
	};

	bv_budgets_default(spec.budgets);
	return bv_proposal_new(&spec, ret, error);
}

static void print_one(const char *what, const char *missing, const char *remedy)
{
	printf("%s\n\tmissing: %s\n\tremedy:  %s\n", what, missing, remedy);
}

static void print_refusals(const struct bv_admission *admission)
{
	size_t requirements, budgets, claims;
	const struct bv_requirement_row *r = bv_admission_requirements(admission, &requirements);
	const struct bv_budget_row *b = bv_admission_budgets(admission, &budgets);
	const struct bv_evidence_row *e = bv_admission_evidence(admission, &claims);

	for (size_t i = 0; i < requirements; i++)
		if (!r[i].admitted)
			print_one(bv_kind_name(r[i].kind), r[i].missing, r[i].remedy);
	for (size_t i = 0; i < budgets; i++)
		if (b[i].failure != BV_BUDGET_OK)
			print_one(bv_dimension_name(b[i].dimension), b[i].missing, b[i].remedy);
	for (size_t i = 0; i < claims; i++)
		if (!e[i].admitted)
			print_one(bv_evidence_name(e[i].claim), e[i].missing, e[i].remedy);
}

static void print_plan(const struct bv_plan *plan)
{
	char id[BV_DIGEST_HEX];

	printf("admitted as plan %s\n", bv_digest_hex(&bv_plan_id(plan)->digest, id));
}

static int ask(struct bv_backend *backend)
{
	struct bv_proposal *proposal = NULL;
	struct bv_admission *admission = NULL;
	struct bv_error error;
	int code = propose(&proposal, &error);

	if (!code)
		code = bv_admit(backend, proposal, &admission, &error);
	bv_proposal_free(proposal);
	if (code)
		return complain(&error);
	if (bv_admission_plan(admission))
		print_plan(bv_admission_plan(admission));
	else
		printf("refused, for %zu reasons:\n", bv_admission_refusal_count(admission));
	print_refusals(admission);
	bv_admission_free(admission);
	return 0;
}

int main(int argc, char **argv)
{
	struct bv_linux_options options = {.launcher_path = argc > 2 ? argv[2] : NULL};
	struct bv_backend *backend = NULL;
	struct bv_error error;
	int code, status;

	if (argc < 2) {
		fprintf(stderr, "usage: ask_plan inert | linux [LAUNCHER]\n");
		return 1;
	}
	if (options.launcher_path && access(options.launcher_path, X_OK) != 0) {
		printf("SKIP: there is no launcher at %s\n", options.launcher_path);
		return 77;
	}
	if (strcmp(argv[1], "linux") == 0)
		code = bv_linux_open(&options, &backend, &error);
	else
		code = bv_inert_open(&backend, &error);
	if (code)
		return complain(&error);
	status = ask(backend);
	bv_backend_free(backend);
	return status;
}

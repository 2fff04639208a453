/* SPDX-License-Identifier: MIT
 *
 * A backend of one's own. Its guest is a sum: the arguments are the numbers, and nothing else
 * happens. So most restrictions hold by construction, and the backend says so; what it has no
 * way to do (show files, open sockets, commit artifacts) it answers as unsupported, and then
 * nothing runs. Prints the sealed report of one run, and one refusal.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bvisor/bvisor.h>

#define BY_CONSTRUCTION "the guest is arithmetic"

/* Restrictions of things that the guest has no words for, and the two controls that there are. */
static int sum_holds(enum bv_kind kind)
{
	return (bv_kind_nature(kind) == BV_NATURE_RESTRICTION &&
		       kind != BV_KIND_NETWORK_ALLOW_LIST && kind != BV_KIND_DESCRIPTORS_ONLY) ||
		kind == BV_KIND_LAUNCH_WORKLOAD || kind == BV_KIND_KILL_ATOMIC;
}

static struct bv_verdict sum_support(enum bv_kind kind)
{
	return (struct bv_verdict){sum_holds(kind) ? BV_ENFORCED : BV_UNSUPPORTED, 0};
}

/* There is nothing to find out about the machine. */
static int sum_probe(void *state, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err)
{
	(void)state;
	(void)spec;
	(void)err;
	memset(ret, 0, sizeof(*ret));
	return 0;
}

static void sum_profile(const struct bv_snapshot *snapshot, enum bv_kind kind,
	struct bv_answer *ret)
{
	(void)snapshot;
	memset(ret, 0, sizeof(*ret));
	ret->verdict = sum_support(kind);
	if (sum_holds(kind))
		snprintf(ret->mechanism, sizeof(ret->mechanism), BY_CONSTRUCTION);
	else
		snprintf(ret->missing, sizeof(ret->missing), "a sum cannot have %s",
			bv_kind_name(kind));
	if (!sum_holds(kind))
		snprintf(ret->remedy, sizeof(ret->remedy), "leave it out, or use another backend");
}

/* Restrictions hold by construction; what a spec grants, a sum has no use for. */
static void sum_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	sum_profile(snapshot, kind, ret);
	if (!(kind == BV_KIND_FILESYSTEM && spec->grant_count) &&
		!(kind == BV_KIND_ENVIRONMENT && spec->variable_count))
		return;
	memset(ret, 0, sizeof(*ret));
	snprintf(ret->missing, sizeof(ret->missing), "a sum reads no files and no variables");
	snprintf(ret->remedy, sizeof(ret->remedy), "take them out");
}

/* At most 4096 numbers are added: far below the least limit of any dimension. */
static void sum_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	(void)snapshot;
	(void)spec;
	(void)dimension;
	memset(ret, 0, sizeof(*ret));
	ret->enforcement = BV_ENFORCED;
	ret->capacity = UINT64_MAX;
	snprintf(ret->mechanism, sizeof(ret->mechanism), BY_CONSTRUCTION);
	snprintf(ret->granularity, sizeof(ret->granularity), "always below the least limit");
}

static void sum_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret)
{
	(void)snapshot;
	(void)spec;
	memset(ret, 0, sizeof(*ret));
	ret->available = claim == BV_EVIDENCE_TERMINAL_OUTCOME;
	snprintf(ret->observer, sizeof(ret->observer), ret->available ? "the adder" : "");
}

/* One step, because there is nothing to set up but the sum itself. */
static int sum_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err)
{
	static const char *const none[] = {NULL};

	(void)snapshot;
	(void)spec;
	(void)err;
	memset(ret, 0, sizeof(*ret));
	ret->count = 1;
	ret->steps[0].primitive = (struct bv_primitive){"sum.add", 1, 1, none, none};
	return 0;
}

/* 0 if the text is no number. */
static int sum_read(const char *text, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	return !errno && end != text && !*end;
}

static int sum_execute(void *state, const struct bv_plan *plan,
	const struct bv_run_options *options, struct bv_report_body *body, struct bv_error *err)
{
	const struct bv_workload *workload = &bv_plan_spec(plan)->workload;
	struct bv_end end = {.outcome = BV_OUTCOME_COMPLETED, .exit = BV_EXIT_STATUS};
	int64_t total = 0;

	(void)state;
	(void)options;
	(void)err;
	for (size_t i = 0; i < workload->argument_count; i++) {
		int64_t value;

		if (!sum_read(workload->arguments[i], &value) ||
			__builtin_add_overflow(total, value, &total))
			end.exit_value = 1;
	}
	if (!end.exit_value)
		bv_body_observe(body, "sum", "%" PRId64, total);
	bv_body_cover(body, BV_EVIDENCE_TERMINAL_OUTCOME, BV_COVERAGE_COMPLETE, "the adder", "");
	bv_body_end(body, &end);
	return 0;
}

static const struct bv_backend_ops sum_ops = {
	.size = sizeof(struct bv_backend_ops),
	.id = "sum",
	.support = sum_support,
	.probe = sum_probe,
	.profile = sum_profile,
	.classify = sum_classify,
	.budgets = sum_budgets,
	.evidence = sum_evidence,
	.lower = sum_lower,
	.execute = sum_execute,
};

static int complain(const struct bv_error *error)
{
	fprintf(stderr, "custom_backend: %s: %s: %s\n", bv_code_name(error->code), error->place,
		error->text);
	return 1;
}

/* Asks. The admission is the caller's. */
static int plan(struct bv_backend *backend, const struct bv_spec *spec, struct bv_admission **ret,
	struct bv_error *error)
{
	struct bv_proposal *proposal = NULL;
	int code = bv_proposal_new(spec, &proposal, error);

	if (!code)
		code = bv_admit(backend, proposal, ret, error);
	bv_proposal_free(proposal);
	return code;
}

static int run_one(struct bv_backend *backend)
{
	static const char *const numbers[] = {"20", "30", "-8"};
	struct bv_spec spec = {
		.workload = {.program = "/sum", .arguments = numbers, .argument_count = 3},
		.evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_TERMINAL_OUTCOME),
	};
	struct bv_admission *admission = NULL;
	struct bv_report *report = NULL;
	struct bv_error error = {0};
	const char *json;
	size_t len;
	int status = 1;

	bv_budgets_default(spec.budgets);
	if (plan(backend, &spec, &admission, &error) ||
		bv_run(backend, bv_admission_plan(admission), NULL, &report, &error)) {
		complain(&error);
	} else {
		json = bv_report_json(report, &len);
		printf("%.*s\n", (int)len, json);
		status = memmem(json, len, "\"detail\":\"42\"", 13) ? 0 : 1;
	}
	bv_report_free(report);
	bv_admission_free(admission);
	return status;
}

static int refuse_one(struct bv_backend *backend)
{
	static const struct bv_grant grant = {"/etc", BV_READ};
	struct bv_spec spec = {.workload = {.program = "/sum"}, .grants = &grant, .grant_count = 1};
	struct bv_admission *admission = NULL;
	struct bv_error error = {0};
	const struct bv_requirement_row *rows;
	size_t count;
	int status;

	bv_budgets_default(spec.budgets);
	if (plan(backend, &spec, &admission, &error))
		return complain(&error);
	rows = bv_admission_requirements(admission, &count);
	for (size_t i = 0; i < count; i++)
		if (!rows[i].admitted)
			printf("refused: %s: %s; %s\n", bv_kind_name(rows[i].kind), rows[i].missing,
				rows[i].remedy);
	status = bv_admission_plan(admission) ? 1 : 0;
	bv_admission_free(admission);
	return status;
}

int main(void)
{
	struct bv_backend *backend = NULL;
	struct bv_error error;
	int status;

	if (bv_backend_new(&sum_ops, NULL, &backend, &error))
		return complain(&error);
	status = run_one(backend) | refuse_one(backend);
	bv_backend_free(backend);
	return status;
}

/* SPDX-License-Identifier: MIT
 *
 * bvisor plan: what `run` would do with the same arguments, requirement by requirement, from the
 * very object that `run` would execute. Nothing runs.
 */
#include "cli/verbs.h"

#include <inttypes.h>
#include <stdio.h>

#include <bvisor/bvisor.h>

#include "cli/module.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/show.h"

static void show_head(const struct cli_show *show, const struct cli_session *session,
	const struct cli_module *module)
{
	const struct bv_plan *plan = bv_admission_plan(session->admission);
	const struct bv_workload *workload = &bv_proposal_spec(session->proposal)->workload;
	size_t refusals = bv_admission_refusal_count(session->admission);
	char hex[BV_DIGEST_HEX];
	char text[64];

	if (plan) {
		if (module->lack[0])
			cli_show_entry(show, CLI_TONE_BAD, "unfit", module->lack);
		else
			cli_show_entry(show, CLI_TONE_GOOD, "admitted", "the plan would run");
		cli_show_note(show, "plan", bv_digest_hex(&bv_plan_id(plan)->digest, hex));
	} else {
		(void)snprintf(text, sizeof(text), "%zu unmet; nothing would run", refusals);
		cli_show_entry(show, CLI_TONE_BAD, "refused", text);
	}
	cli_show_note(show, "program", workload->program);
	cli_show_note(show, "directory", workload->directory ? workload->directory : "/");
	cli_show_note(show, "backend", bv_backend_id(session->backend));
}

static void show_grants(const struct cli_show *show, const struct bv_spec *spec)
{
	char access[4] = "---";
	size_t i;

	if (spec->grant_count == 0)
		return;
	cli_show_heading(show, "Paths granted");
	for (i = 0; i < spec->grant_count; i++) {
		access[0] = spec->grants[i].access & BV_READ ? 'r' : '-';
		access[1] = spec->grants[i].access & BV_WRITE ? 'w' : '-';
		access[2] = spec->grants[i].access & BV_EXECUTE ? 'x' : '-';
		cli_show_entry(show, CLI_TONE_PLAIN, access, spec->grants[i].path);
	}
}

static void show_rows(const struct cli_show *show, const struct bv_admission *admission)
{
	struct cli_rows rows = {0};

	rows.requirements = bv_admission_requirements(admission, &rows.requirement_count);
	rows.budgets = bv_admission_budgets(admission, &rows.budget_count);
	rows.evidence = bv_admission_evidence(admission, &rows.evidence_count);
	cli_show_rows(show, &rows);
}

static void show_plan(const struct cli_session *session, const struct cli_module *module)
{
	struct cli_show show = cli_show_begin();

	show_head(&show, session, module);
	show_grants(&show, bv_proposal_spec(session->proposal));
	show_rows(&show, session->admission);
	if (module->module)
		cli_module_show(&show, module);
}

/* What a module lacks is no matter of the plan, but of what run would say of it: it says the same,
 * with the same status. */
static int show(struct cli_request *request, const struct cli_session *session)
{
	const struct bv_workload *workload = &bv_proposal_spec(session->proposal)->workload;
	struct cli_module module = {0};
	size_t len = 0;
	const char *json = bv_admission_json(session->admission, &len);
	int status;

	if (workload->kind == BV_WORKLOAD_WASM)
		cli_module_look(request, workload->program, &module);
	if (request->flags[CLI_FLAG_JSON])
		cli_show_json(json, len);
	else
		show_plan(session, &module);
	status = cli_show_end();
	if (module.lack[0])
		cli_say("%s: %s", module.path, module.lack);
	if (!status && module.lack[0])
		status = CLI_EXIT_NOT_EXECUTABLE;
	if (!status && !bv_admission_plan(session->admission))
		status = CLI_EXIT_FAILED;
	cli_module_close(&module);
	return status;
}

int cli_plan(struct cli_request *request)
{
	struct cli_session session = {0};
	struct bv_error err = {0};
	int status;

	if (cli_session_open(&session, request, &err)) {
		cli_say_error(&err);
		status = cli_exit_of(&err);
	} else if (request->flags[CLI_FLAG_PRINT_SPEC]) {
		status = cli_print_spec(session.proposal);
	} else {
		status = show(request, &session);
	}
	cli_session_close(&session);
	return status;
}

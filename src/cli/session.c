/* SPDX-License-Identifier: MIT
 *
 * The launcher is looked for beside the build the command came from, so that a fresh build works
 * without installing; otherwise the library knows where it was installed.
 */
#include "cli/session.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/draft.h"
#include "cli/file.h"
#include "cli/quantity.h"
#include "cli/say.h"
#include "cli/scope.h"
#include "cli/staging.h"

#define BUILT_LAUNCHER "/../launcher/bvisor-launcher"
#define BUILT_WORKER "/../guest/bvisor-wasm"

/* A program of the build tree we were started from, into path; false if there is none. */
static bool built(const char *name, char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - sizeof(BUILT_LAUNCHER));
	char *slash;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	strcpy(slash, name);
	return access(path, X_OK) == 0;
}

static int open_wasm(struct cli_request *request, const char *launcher, struct bv_backend **ret,
	struct bv_error *err)
{
	struct bv_wasm_backend_options options = {
		.worker = request->worker,
		.fuel = request->flags[CLI_FLAG_FUEL],
		.launcher_path = launcher,
		.view = request->view,
		.identity = request->identity,
		.worker_path = request->paths[CLI_PATH_WORKER],
	};
	char path[PATH_MAX];
	int code = cli_staging(request, &options.staging, err);

	if (!options.worker_path && built(BUILT_WORKER, path, sizeof(path)))
		options.worker_path = path;
	return code ? code : bv_wasm_backend_open(&options, ret, err);
}

static int open_linux(struct cli_request *request, struct bv_linux_options *options,
	struct bv_backend **ret, struct bv_error *err)
{
	int code = cli_staging(request, &options->staging, err);

	return code ? code : bv_linux_open(options, ret, err);
}

int cli_backend_open(struct cli_request *request, struct bv_backend **ret, struct bv_error *err)
{
	bool module = request->spec.workload.kind == BV_WORKLOAD_WASM;
	struct bv_linux_options options = {.launcher_path = request->paths[CLI_PATH_LAUNCHER],
		.view = request->view,
		.identity = request->identity};
	char path[PATH_MAX];

	if (!options.launcher_path && built(BUILT_LAUNCHER, path, sizeof(path)))
		options.launcher_path = path;
	switch (request->backend) {
	case CLI_BACKEND_INERT:
		return bv_inert_open(ret, err);
	case CLI_BACKEND_WASM:
		return open_wasm(request, options.launcher_path, ret, err);
	case CLI_BACKEND_LINUX:
		return open_linux(request, &options, ret, err);
	case CLI_BACKEND_FITTING:
		break;
	}
	return module ? open_wasm(request, options.launcher_path, ret, err)
		      : open_linux(request, &options, ret, err);
}

int cli_session_open(struct cli_session *session, struct cli_request *request, struct bv_error *err)
{
	int code = cli_draft_finish(request, &session->proposal, err);

	if (code || request->flags[CLI_FLAG_PRINT_SPEC])
		return code;
	code = cli_backend_open(request, &session->backend, err);
	if (code)
		return code;
	return bv_admit(session->backend, session->proposal, &session->admission, err);
}

void cli_session_close(struct cli_session *session)
{
	session->admission = bv_admission_free(session->admission);
	session->backend = bv_backend_free(session->backend);
	session->proposal = bv_proposal_free(session->proposal);
}

/* Whether a delegated cgroup would help is in the remedy. */
static bool say_refusal(const char *what, const char *missing, const char *remedy)
{
	if (remedy[0])
		cli_say("refused: %s: %s; remedy: %s", what, missing, remedy);
	else
		cli_say("refused: %s: %s", what, missing);
	return strstr(remedy, "delegated cgroup") != NULL;
}

static bool say_requirements(const struct bv_admission *admission)
{
	const struct bv_requirement_row *rows;
	char what[192];
	size_t count = 0;
	size_t i;
	bool delegate = false;

	rows = bv_admission_requirements(admission, &count);
	for (i = 0; i < count; i++) {
		if (rows[i].admitted)
			continue;
		(void)snprintf(what, sizeof(what), "%s (%s)", bv_kind_name(rows[i].kind),
			rows[i].policy);
		delegate |= say_refusal(what, rows[i].missing, rows[i].remedy);
	}
	return delegate;
}

static bool say_budgets(const struct bv_admission *admission)
{
	const struct bv_budget_row *rows;
	char what[128];
	char limit[32];
	size_t count = 0;
	size_t i;
	bool delegate = false;

	rows = bv_admission_budgets(admission, &count);
	for (i = 0; i < count; i++) {
		if (rows[i].failure == BV_BUDGET_OK)
			continue;
		(void)snprintf(what, sizeof(what), "budget-%s (%s, %s)",
			bv_dimension_name(rows[i].dimension),
			cli_quantity_format(rows[i].limit, cli_unit_of(rows[i].dimension), limit),
			bv_enforcement_name(rows[i].required));
		delegate |= say_refusal(what, rows[i].missing, rows[i].remedy);
	}
	return delegate;
}

static bool say_evidence(const struct bv_admission *admission)
{
	const struct bv_evidence_row *rows;
	char what[96];
	size_t count = 0;
	size_t i;
	bool delegate = false;

	rows = bv_admission_evidence(admission, &count);
	for (i = 0; i < count; i++) {
		if (rows[i].admitted)
			continue;
		(void)snprintf(what, sizeof(what), "evidence (%s)",
			bv_evidence_name(rows[i].claim));
		delegate |= say_refusal(what, rows[i].missing, rows[i].remedy);
	}
	return delegate;
}

void cli_say_refusals(const struct bv_admission *admission)
{
	bool delegate = say_requirements(admission);

	delegate |= say_budgets(admission);
	delegate |= say_evidence(admission);
	if (delegate && cli_scope_possible())
		cli_say("systemd can be asked for a delegated cgroup: bvisor run --scope ...");
}

int cli_print_spec(const struct bv_proposal *proposal)
{
	struct bv_verification_result result = {0};
	struct bv_error err = {0};
	char hex[BV_DIGEST_HEX];
	size_t len = 0;
	const char *json = bv_proposal_json(proposal, &len);
	int errnum;

	/* A check gives the SHA-256 of any bytes, whatever it thinks of them as a report. */
	if (bv_report_verify(json, len, NULL, &result, &err)) {
		cli_say_error(&err);
		return CLI_EXIT_FAILED;
	}
	errnum = cli_file_write(STDOUT_FILENO, json, len);
	if (!errnum && isatty(STDOUT_FILENO))
		errnum = cli_file_write(STDOUT_FILENO, "\n", 1);
	if (errnum) {
		cli_say("standard output: %s", cli_errno_text(errnum));
		return CLI_EXIT_FAILED;
	}
	cli_say("sha256 %s", bv_digest_hex(&result.id.digest, hex));
	return CLI_EXIT_OK;
}

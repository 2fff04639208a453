/* SPDX-License-Identifier: MIT
 *
 * The lists of the draft are arrays of the contract's own maximum, so they never grow and a
 * spec that is too big is refused here with the contract's own error.
 */
#include "cli/draft.h"

#include <string.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/path.h"
#include "cli/quantity.h"
#include "cli/say.h"
#include "cli/system.h"

static bool is_given(const struct cli_request *request, const char *name)
{
	for (size_t i = 0; i < request->given_count; i++)
		if (strcmp(request->given[i].option->name, name) == 0)
			return true;
	return false;
}

static int begin_default(struct cli_request *request, struct bv_error *err)
{
	struct bv_spec *spec = &request->spec;

	bv_budgets_default(spec->budgets);
	spec->kill = BV_KILL_BEST_EFFORT;
	spec->streams[0].mode = BV_STREAM_INHERIT;
	spec->streams[1].mode = BV_STREAM_CAPTURE;
	spec->streams[1].limit_bytes = CLI_CAPTURE_DEFAULT;
	spec->streams[2] = spec->streams[1];
	/* There may be none, which is why another is given. */
	if (is_given(request, "--cwd"))
		return 0;
	return cli_path_here(request, &spec->workload.directory, err);
}

static int begin_file(struct cli_request *request, const char *path, struct bv_error *err)
{
	struct bv_spec *spec = &request->spec;
	size_t len = 0;
	char *text = cli_file_read(request, path, BV_SPEC_JSON_BYTES_MAX, &len, err);
	int code;

	if (!text)
		return err->code;
	code = bv_proposal_from_json(text, len, &request->base, err);
	if (code)
		return code;
	*spec = *bv_proposal_spec(request->base);
	if (spec->grant_count)
		memcpy(request->grants, spec->grants, spec->grant_count * sizeof(spec->grants[0]));
	if (spec->variable_count)
		memcpy(request->variables, spec->variables,
			spec->variable_count * sizeof(spec->variables[0]));
	if (spec->descriptor_count)
		memcpy(request->descriptors, spec->descriptors,
			spec->descriptor_count * sizeof(spec->descriptors[0]));
	if (spec->exposure_count)
		memcpy(request->exposures, spec->exposures,
			spec->exposure_count * sizeof(spec->exposures[0]));
	if (spec->output_count)
		memcpy(request->outputs, spec->outputs,
			spec->output_count * sizeof(spec->outputs[0]));
	return 0;
}

int cli_draft_begin(struct cli_request *request, const char *path, struct bv_error *err)
{
	struct bv_spec *spec = &request->spec;
	int code = 0;

	if (!(request->verb->mask & (CLI_RUN | CLI_PLAN)))
		return 0;
	code = path ? begin_file(request, path, err) : begin_default(request, err);
	if (code)
		return code;
	spec->grants = request->grants;
	spec->variables = request->variables;
	spec->descriptors = request->descriptors;
	spec->exposures = request->exposures;
	spec->outputs = request->outputs;
	return 0;
}

int cli_draft_grant(struct cli_request *request, const char *path, uint32_t access,
	struct bv_error *err)
{
	struct bv_spec *spec = &request->spec;
	size_t i;

	for (i = 0; i < spec->grant_count; i++) {
		if (strcmp(request->grants[i].path, path) == 0) {
			request->grants[i].access |= access;
			return 0;
		}
	}
	if (spec->grant_count == BV_GRANTS_MAX)
		return cli_fail(err, BV_E_LIMIT, path, "more than %d grants", BV_GRANTS_MAX);
	request->grants[spec->grant_count].path = path;
	request->grants[spec->grant_count].access = access;
	spec->grant_count++;
	return 0;
}

int cli_draft_variable(struct cli_request *request, const struct bv_variable *variable,
	struct bv_error *err)
{
	struct bv_spec *spec = &request->spec;
	size_t i = 0;

	while (i < spec->variable_count && strcmp(request->variables[i].name, variable->name) != 0)
		i++;
	if (i == BV_VARIABLES_MAX)
		return cli_fail(err, BV_E_LIMIT, variable->name, "more than %d variables",
			BV_VARIABLES_MAX);
	request->variables[i] = *variable;
	if (i == spec->variable_count)
		spec->variable_count++;
	return 0;
}

int cli_draft_descriptor(struct cli_request *request, const struct bv_descriptor *descriptor,
	struct bv_error *err)
{
	struct bv_spec *spec = &request->spec;
	size_t i = 0;

	while (i < spec->descriptor_count && request->descriptors[i].target != descriptor->target)
		i++;
	if (i == BV_DESCRIPTORS_MAX)
		return cli_fail(err, BV_E_LIMIT, "--fd", "more than %d descriptors",
			BV_DESCRIPTORS_MAX);
	request->descriptors[i] = *descriptor;
	if (i == spec->descriptor_count)
		spec->descriptor_count++;
	return 0;
}

int cli_draft_exposure(struct cli_request *request, const struct bv_exposure *exposure,
	struct bv_error *err)
{
	struct bv_spec *spec = &request->spec;
	size_t i = 0;

	while (i < spec->exposure_count &&
		strcmp(request->exposures[i].destination, exposure->destination) != 0)
		i++;
	if (i == BV_EXPOSURES_MAX)
		return cli_fail(err, BV_E_LIMIT, exposure->destination,
			"more than %d of --bind and --overlay", BV_EXPOSURES_MAX);
	request->exposures[i] = *exposure;
	if (i == spec->exposure_count)
		spec->exposure_count++;
	request->storage_wanted = request->storage_wanted || exposure->overlay;
	return 0;
}

int cli_draft_output(struct cli_request *request, const struct bv_output *output,
	struct bv_error *err)
{
	struct bv_spec *spec = &request->spec;
	size_t i = 0;

	while (i < spec->output_count && strcmp(request->outputs[i].name, output->name) != 0)
		i++;
	if (i == BV_OUTPUTS_MAX)
		return cli_fail(err, BV_E_LIMIT, "--out", "more than %d outputs", BV_OUTPUTS_MAX);
	request->outputs[i] = *output;
	if (i == spec->output_count)
		spec->output_count++;
	request->storage_wanted = request->output_given = true;
	return 0;
}

/* A module may stand before `--`: it is no option, and nothing else could be meant. */
static int take_operands(struct cli_request *request, struct bv_error *err)
{
	size_t count = request->operand_count + request->command_count;
	char **command;

	if (request->operand_count == 0)
		return 0;
	if (access(request->operands[0], F_OK) < 0 && cli_path_names_module(request->operands[0]))
		return cli_fail(err, BV_E_NOT_FOUND, request->operands[0], "no such module");
	if (!cli_path_is_module(request->operands[0]))
		return cli_fail(err, BV_E_INVALID, NULL,
			"%s: the program and its arguments go after --", request->operands[0]);
	command = (char **)(void *)cli_keep(request, count * sizeof(*command), err);
	if (!command)
		return err->code;
	memcpy(command, request->operands, request->operand_count * sizeof(*command));
	if (request->command_count)
		memcpy(command + request->operand_count, request->command,
			request->command_count * sizeof(*command));
	request->command = command;
	request->command_count = count;
	return 0;
}

/* What a file is decides how it is run; a spec says it itself. */
static int take_kind(struct cli_request *request, struct bv_error *err)
{
	struct bv_workload *workload = &request->spec.workload;

	if (!request->base || request->command_count)
		workload->kind = cli_path_is_module(workload->program) ? BV_WORKLOAD_WASM
								       : BV_WORKLOAD_PROCESS;
	if (workload->kind == BV_WORKLOAD_WASM && request->system)
		return cli_fail(err, BV_E_INVALID, "--system",
			"a module needs nothing of the system");
	return 0;
}

static int take_command(struct cli_request *request, struct bv_error *err)
{
	struct bv_workload *workload = &request->spec.workload;
	const char *name;

	if (request->command_count == 0 && request->base)
		return cli_path_program(request, workload->program, &workload->program, err);
	if (request->command_count == 0)
		return cli_fail(err, BV_E_MISSING, NULL,
			"no program: bvisor %s [OPTION...] -- PROGRAM [ARGUMENT...]",
			request->verb->name);
	name = request->command[0];
	workload->name = name;
	workload->arguments = (const char *const *)request->command + 1;
	workload->argument_count = request->command_count - 1;
	return cli_path_program(request, name, &workload->program, err);
}

/* Outputs that the command line names may be taken out and dropped; a spec file says so itself. */
static void allow_taking_out(struct cli_request *request)
{
	struct bv_spec *spec = &request->spec;

	if (!request->output_given && !request->paths[CLI_PATH_COMMIT] &&
		!request->flags[CLI_FLAG_DISCARD])
		return;
	if (spec->commit == BV_COMMIT_NONE)
		spec->commit = BV_COMMIT_DURABLE;
	spec->discard = 1;
}

/* What is said of something that is not there would be passed over in silence. */
static int check_decision(const struct cli_request *request, struct bv_error *err)
{
	const char *commit = request->paths[CLI_PATH_COMMIT];
	const char *wants = commit                 ? "--commit"
		: request->flags[CLI_FLAG_DISCARD] ? "--discard"
						   : NULL;

	if (wants && !request->spec.output_count)
		return cli_fail(err, BV_E_INVALID, wants,
			"the run has no output that it could be about: --out PATH");
	if (!commit && request->paths[CLI_PATH_RECORD])
		return cli_fail(err, BV_E_INVALID, "--record",
			"it is of what a commit achieved, and there is none: --commit DIR");
	if (!commit && request->flags[CLI_FLAG_OVERWRITE])
		return cli_fail(err, BV_E_INVALID, "--overwrite",
			"it is about a commit, and there is none: --commit DIR");
	return 0;
}

static int limit_captures(struct cli_request *request, struct bv_error *err)
{
	struct bv_stream *streams = request->spec.streams;
	bool any = false;
	int i;

	for (i = 1; i < 3; i++) {
		if (streams[i].mode != BV_STREAM_CAPTURE)
			continue;
		streams[i].limit_bytes = request->capture_limit;
		any = true;
	}
	if (!any)
		return cli_fail(err, BV_E_INVALID, "--capture-limit", "nothing is captured");
	return 0;
}

int cli_draft_finish(struct cli_request *request, struct bv_proposal **ret, struct bv_error *err)
{
	struct bv_spec *spec = &request->spec;
	int code;

	if (request->network_ambient_given && !request->network_bytes_given)
		spec->budgets[BV_NETWORK] =
			(struct bv_budget){.limit = CLI_QUANTITY_MAX, .waived = 1};
	code = check_decision(request, err);
	if (code)
		return code;
	allow_taking_out(request);
	if (request->storage_wanted && !request->storage_given && !spec->budgets[BV_STORAGE].limit)
		spec->budgets[BV_STORAGE].limit = CLI_STORAGE_DEFAULT;
	code = take_operands(request, err);
	if (!code)
		code = take_command(request, err);
	if (!code)
		code = take_kind(request, err);
	if (!code && request->system)
		code = cli_system_grant(request, err);
	if (!code && request->capture_limit_given)
		code = limit_captures(request, err);
	if (code)
		return code;
	return bv_proposal_new(spec, ret, err);
}

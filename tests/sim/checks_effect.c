/* SPDX-License-Identifier: MIT
 *
 * Checks of what happened in the world, whatever was said about it: admission, authority,
 * budgets, teardown, commits.
 */
#include "trial.h"
#include "truth.h"

#include <string.h>

/* Row by row: each answer against the machine. */
static bool admission_rows(struct trial *trial)
{
	const struct scenario *scenario = trial->scenario;
	size_t count, budget_count, evidence_count;
	const struct bv_requirement_row *rows = bv_admission_requirements(trial->admission, &count);
	const struct bv_budget_row *budgets = bv_admission_budgets(trial->admission, &budget_count);
	const struct bv_evidence_row *evidence =
		bv_admission_evidence(trial->admission, &evidence_count);

	for (size_t i = 0; i < count; i++)
		if (!rows[i].verdict.enforcement != !truth_depth(&scenario->world, rows[i].kind))
			return check_says(trial, "%s is there or not, and told otherwise",
				bv_kind_name(rows[i].kind));
	for (size_t i = 0; i < budget_count; i++) {
		enum bv_dimension d = budgets[i].dimension;
		bool there = scenario->world.facility[BV_SIM_METER(d)];

		if (budgets[i].capacity != (there ? scenario->world.capacity[d] : 0))
			return check_says(trial, "the capacity of %s is not the machine's",
				bv_dimension_name(d));
	}
	for (size_t i = 0; i < evidence_count; i++)
		if (!evidence[i].admitted !=
			!scenario->world.facility[BV_SIM_WITNESS(evidence[i].claim)])
			return check_says(trial, "the witness of %s is there or not",
				bv_evidence_name(evidence[i].claim));
	return true;
}

bool check_admission(struct trial *trial)
{
	const char *obstacle = truth_obstacle(trial->scenario);

	if (trial->plan && obstacle)
		return check_says(trial, "admitted, and the machine lacks %s", obstacle);
	if (!trial->plan && !obstacle)
		return check_says(trial, "refused, and the machine lacks nothing");
	return admission_rows(trial);
}

/* A list of a report says of each entry, under `key`, what the machine really gives. */
static bool depth_told(struct trial *trial, const char *list, const char *name, const char *key)
{
	const json_t *rows = json_object_get(trial->json, list);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		enum bv_enforcement depth = BV_UNSUPPORTED;
		enum bv_dimension dimension;
		enum bv_kind kind;
		const char *want;

		if (bv_kind_parse(json_text(row, name), &kind))
			depth = truth_depth(&trial->scenario->world, kind);
		else if (bv_dimension_parse(json_text(row, name), &dimension))
			depth = trial->scenario->world.facility[BV_SIM_METER(dimension)];
		want = strstr(json_text(row, name), "-ambient") ? "granted"
								: bv_enforcement_name(depth);
		if (strcmp(json_text(row, key), want) != 0)
			return check_says(trial, "the report has %s as %s, and it is %s",
				json_text(row, name), json_text(row, key), want);
	}
	return true;
}

static bool depth_planned(struct trial *trial)
{
	const struct bv_sim_world *world = &trial->scenario->world;
	size_t count;
	const struct bv_requirement_row *rows = bv_admission_requirements(trial->admission, &count);
	const struct bv_budget_row *budgets;

	for (size_t i = 0; i < count; i++)
		if (truth_depth(world, rows[i].kind) == BV_MEDIATED &&
			rows[i].verdict.enforcement > BV_MEDIATED)
			return check_says(trial, "%s is mediated and told as enforced",
				bv_kind_name(rows[i].kind));
	budgets = bv_admission_budgets(trial->admission, &count);
	for (size_t i = 0; i < count; i++)
		if (world->facility[BV_SIM_METER(budgets[i].dimension)] == BV_MEDIATED &&
			budgets[i].provided > BV_MEDIATED)
			return check_says(trial, "%s is sampled and told as exact",
				bv_dimension_name(budgets[i].dimension));
	return true;
}

/* Every requirement and every budget has its line, or a gap would say nothing. */
static bool depth_whole(struct trial *trial)
{
	size_t due = 0;
	size_t requirements = json_array_size(json_object_get(trial->json, "requirements"));
	size_t budgets = json_array_size(json_object_get(trial->json, "budgets"));

	for (int kind = 0; kind < BV_KIND_COUNT; kind++)
		due += truth_requires(&trial->scenario->spec, (enum bv_kind)kind);
	if (requirements != due || budgets != BV_DIMENSION_COUNT)
		return check_says(trial,
			"the report has %zu of %zu requirements, %zu of %d budgets", requirements,
			due, budgets, BV_DIMENSION_COUNT);
	return true;
}

bool check_depth(struct trial *trial)
{
	if (trial->report && !depth_whole(trial))
		return false;
	return depth_planned(trial) && depth_told(trial, "requirements", "kind", "enforcement") &&
		depth_told(trial, "budgets", "dimension", "provided");
}

bool check_drift(struct trial *trial)
{
	bool ran = trial->world.happened.installs || trial->world.happened.started;

	if (!trial->plan && ran)
		return check_says(trial, "refused, and yet something ran");
	if (!trial->plan)
		return true;
	if (trial->changed && (trial->run_code != BV_E_DRIFT || ran))
		return check_says(trial, "the machine lost %s and the run went on",
			bv_sim_facility_fact((enum bv_sim_facility)trial->scenario->lost));
	if (!trial->changed && trial->run_code)
		return check_says(trial, "bv_run() failed with %s", bv_code_name(trial->run_code));
	return true;
}

/* No action of the set took effect without leave. */
static bool authority(struct trial *trial, uint32_t acts)
{
	for (size_t i = 0; i < trial->world.happened.log_count; i++) {
		const struct bv_sim_event *event = &trial->world.happened.log[i];

		if (!(acts & (UINT32_C(1) << event->action.act)) ||
			event->refuser != BV_SIM_NOBODY ||
			truth_allows(&trial->scenario->spec, &event->action))
			continue;
		return check_says(trial, "%s %s took effect and was not allowed",
			bv_sim_act_name(event->action.act), event->action.object);
	}
	return true;
}

#define ACT(act) (UINT32_C(1) << (act))

bool check_filesystem(struct trial *trial)
{
	return authority(trial,
		ACT(BV_SIM_READ) | ACT(BV_SIM_WRITE) | ACT(BV_SIM_EXECUTE) | ACT(BV_SIM_PRODUCE));
}

bool check_network(struct trial *trial)
{
	return authority(trial, ACT(BV_SIM_CONNECT));
}

bool check_spawn(struct trial *trial)
{
	return authority(trial, ACT(BV_SIM_THREAD) | ACT(BV_SIM_SPAWN) | ACT(BV_SIM_DETACH));
}

bool check_host_processes(struct trial *trial)
{
	return authority(trial, ACT(BV_SIM_SIGNAL));
}

bool check_ipc(struct trial *trial)
{
	return authority(trial, ACT(BV_SIM_MESSAGE));
}

bool check_kernel_surface(struct trial *trial)
{
	return authority(trial, ACT(BV_SIM_SYSCALL));
}

static bool environment_has(const struct bv_sim_world *world, const struct bv_variable *variable)
{
	const char *value = variable->secret ? SCENARIO_SECRET : variable->value;
	size_t len = strlen(variable->name);

	for (size_t i = 0; i < world->happened.environment_count; i++) {
		const char *entry = world->happened.environment[i];

		if (strncmp(entry, variable->name, len) == 0 && entry[len] == '=' &&
			strcmp(entry + len + 1, value) == 0)
			return true;
	}
	return false;
}

bool check_environment(struct trial *trial)
{
	const struct bv_spec *spec = &trial->scenario->spec;

	if (!trial->world.happened.started)
		return true;
	for (size_t i = 0; i < spec->variable_count; i++)
		if (!environment_has(&trial->world, &spec->variables[i]))
			return check_says(trial, "%s is not in the environment",
				spec->variables[i].name);
	if (trial->world.happened.environment_count != spec->variable_count)
		return check_says(trial, "the environment has %zu entries of %zu",
			trial->world.happened.environment_count, spec->variable_count);
	return true;
}

bool check_descriptors(struct trial *trial)
{
	const struct bv_spec *spec = &trial->scenario->spec;
	uint64_t want = 7, have = 0;

	if (!trial->world.happened.started)
		return true;
	for (size_t i = 0; i < spec->descriptor_count; i++)
		want |= UINT64_C(1) << spec->descriptors[i].target;
	for (size_t i = 0; i < trial->world.happened.number_count; i++)
		have |= UINT64_C(1) << trial->world.happened.numbers[i];
	if (want != have)
		return check_says(trial, "descriptors 0x%llx, and the spec says 0x%llx",
			(unsigned long long)have, (unsigned long long)want);
	return true;
}

bool check_grants(struct trial *trial)
{
	for (size_t i = 0; i < trial->world.happened.log_count; i++) {
		const struct bv_sim_event *event = &trial->world.happened.log[i];

		if (event->refuser == BV_SIM_GUARD &&
			truth_allows(&trial->scenario->spec, &event->action))
			return check_says(trial, "%s %s was denied and is granted",
				bv_sim_act_name(event->action.act), event->action.object);
	}
	return true;
}

/* How far a sampler may be late: by one action. */
static uint64_t budgets_slack(const struct scenario *scenario)
{
	uint64_t most = 0;

	for (size_t i = 0; i < scenario->world.script_count; i++)
		if (scenario->script[i].amount > most)
			most = scenario->script[i].amount;
	return most + 2 * BV_SIM_STEP_US;
}

bool check_budgets(struct trial *trial)
{
	const struct bv_sim_world *world = &trial->world;

	for (int d = 0; d < BV_DIMENSION_COUNT; d++) {
		const struct bv_budget *budget = &trial->scenario->spec.budgets[d];
		uint64_t used = world->happened.meters[d].peak;
		bool ended = world->happened.stop == BV_SIM_EXHAUSTED;

		if (!world->happened.started || used <= budget->limit ||
			budget->guarantee == BV_UNSUPPORTED)
			continue;
		if (world->facility[BV_SIM_METER(d)] == BV_ENFORCED || !ended ||
			used - budget->limit > budgets_slack(trial->scenario))
			return check_says(trial, "%s: %llu of %llu used",
				bv_dimension_name((enum bv_dimension)d), (unsigned long long)used,
				(unsigned long long)budget->limit);
	}
	return true;
}

bool check_teardown(struct trial *trial)
{
	for (size_t i = 0; i < trial->world.task_count; i++)
		if (!trial->world.tasks[i].host && trial->world.tasks[i].alive)
			return check_says(trial, "%s is still alive", trial->world.tasks[i].name);
	for (size_t i = 0; i < trial->world.file_count; i++)
		if (!trial->world.files[i].removed &&
			bv_sim_beneath(trial->world.files[i].path, BV_SIM_TEMP_PATH))
			return check_says(trial, "%s is left", trial->world.files[i].path);
	return true;
}

/* One path in the output directory, and its name on the host. */
static bool commit_path(struct trial *trial, const char *staged, const char *host)
{
	const struct bv_spec *spec = &trial->scenario->spec;
	uint64_t content = 0;
	const struct bv_sim_event *made = truth_written(&trial->world, staged, &content);
	const struct bv_sim_file *there = bv_sim_world_find(&trial->world, host);
	bool due = made && spec->commit && trial->world.happened.stop == BV_SIM_EXITED &&
		!trial->world.happened.supervisor_died;

	if (due != (there != NULL))
		return check_says(trial, "%s is on the host or not, against the decision", host);
	if (there && (there->content != content || there->size_bytes != made->action.amount))
		return check_says(trial, "%s is not what was made", host);
	if (trial_told(trial) && made &&
		(bv_sim_world_find(&trial->world, staged) == NULL) != spec->discard)
		return check_says(trial, "%s was removed or not, against the decision", staged);
	return true;
}

bool check_commit(struct trial *trial)
{
	return commit_path(trial, "/box/out/a", "/host/out/a") &&
		commit_path(trial, "/box/out/b", "/host/out/b") &&
		commit_path(trial, "/box/out/c", "/host/out/c");
}

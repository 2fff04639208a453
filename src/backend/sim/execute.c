/* SPDX-License-Identifier: MIT
 *
 * One run of a scripted guest: set up, read back, start, follow, tear down, tell. A step that
 * fails ends the run with its own reason and nothing starts; whatever happens, the tree is
 * killed and the private directory removed before execute returns.
 */
#include "backend/sim/run.h"

#include "base/fail.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define HOST_VARIABLE "HOST_TOKEN"
#define HOST_NUMBER 9

/* Enters a stage; false if the supervisor dies in it. */
static bool stage_enter(struct bv_sim_run *run, enum bv_sim_stage stage)
{
	if (run->world->fault == BV_SIM_SUPERVISOR_DIES &&
		run->world->fault_at == (uint32_t)stage) {
		run->world->happened.supervisor_died = true;
		return false;
	}
	bv_sim_observe_stage(run, stage);
	return true;
}

static void refuse(struct bv_sim_run *run, const struct bv_end *end)
{
	if (run->refused)
		return;
	run->refused = true;
	run->end = *end;
}

static int install_meter(struct bv_sim_run *run, enum bv_dimension dimension)
{
	uint64_t limit = run->spec->budgets[dimension].limit;

	/* Told only if the guest then passes the limit: see unheld(). */
	if (run->sim->lie == BV_SIM_BUDGET_UNHELD)
		limit = run->world->capacity[dimension];
	return bv_sim_world_limit(run->world, dimension, limit);
}

static int install(struct bv_sim_run *run, enum bv_sim_facility facility)
{
	if (facility >= BV_SIM_METER_WALL && facility <= BV_SIM_METER_NETWORK)
		return install_meter(run, (enum bv_dimension)(facility - BV_SIM_METER_WALL));
	return bv_sim_world_install(run->world, facility);
}

/* Applies the schedule of the plan, and returns the set of what it wants installed. */
static uint64_t setup_guards(struct bv_sim_run *run)
{
	const struct bv_lowering *schedule = bv_plan_lowering(run->plan);
	uint64_t needed = 0;

	for (size_t i = 0; i < schedule->count; i++) {
		enum bv_sim_facility facility =
			bv_sim_primitive_facility(schedule->steps[i].primitive.id);
		int errnum = facility == BV_SIM_FACILITY_COUNT ? ENOSYS : install(run, facility);

		if (errnum && !bv_sim_lies(run->sim, BV_SIM_SETUP_HIDDEN)) {
			refuse(run,
				&(struct bv_end){
					.outcome = BV_OUTCOME_FAILED,
					.reason = BV_REASON_SETUP,
					.stage = schedule->steps[i].primitive.id,
					.errnum = errnum,
				});
			return needed;
		}
		if (facility != BV_SIM_FACILITY_COUNT)
			needed |= SIM_BIT(facility);
	}
	bv_sim_world_decider(run->world, bv_sim_guard_decide, run);
	return needed;
}

/* Nothing starts before the machine has been seen to hold what was installed. */
static void setup_read_back(struct bv_sim_run *run, uint64_t needed)
{
	bv_sim_observe_guards(run, needed);
	if (!(needed & ~run->world->happened.installed))
		return;
	if (run->sim->told &&
		(run->sim->lie == BV_SIM_SETUP_HIDDEN ||
			run->sim->lie == BV_SIM_ATTESTATION_INVENTED))
		return;
	refuse(run,
		&(struct bv_end){
			.outcome = BV_OUTCOME_FAILED,
			.reason = BV_REASON_ATTESTATION,
			.detail = "a guard was reported installed and is not held",
		});
}

static bool setup_secret(struct bv_sim_run *run, const struct bv_variable *variable)
{
	char value[BV_SIM_TEXT_MAX] = "";
	size_t len = 0;

	if (!run->options->resolve_secret ||
		run->options->resolve_secret(run->options->context, variable->secret, value,
			sizeof(value) - 1, &len) ||
		len >= sizeof(value))
		return false;
	value[len] = '\0';
	if (bv_sim_lies(run->sim, BV_SIM_SECRET_PERSISTED))
		bv_body_observe(run->body, "environment", "%s=%s", variable->name, value);
	return bv_sim_world_variable(run->world, variable->name, value);
}

static bool setup_environment(struct bv_sim_run *run)
{
	for (size_t i = 0; i < run->spec->variable_count; i++) {
		const struct bv_variable *variable = &run->spec->variables[i];

		if (bv_sim_lies_once(run->sim, BV_SIM_VARIABLE_WITHHELD))
			continue;
		if (variable->secret ? !setup_secret(run, variable)
				     : !bv_sim_world_variable(run->world, variable->name,
					       variable->value))
			return false;
	}
	if (bv_sim_lies(run->sim, BV_SIM_ENVIRONMENT_LEAKED))
		return bv_sim_world_variable(run->world, HOST_VARIABLE, "1");
	return true;
}

static bool setup_numbers(struct bv_sim_run *run)
{
	for (uint32_t number = 0; number < 3; number++)
		if (!bv_sim_world_number(run->world, number))
			return false;
	for (size_t i = 0; i < run->spec->descriptor_count; i++)
		if (!bv_sim_world_number(run->world, run->spec->descriptors[i].target))
			return false;
	if (bv_sim_lies(run->sim, BV_SIM_DESCRIPTOR_LEAKED))
		return bv_sim_world_number(run->world, HOST_NUMBER);
	return true;
}

static void start(struct bv_sim_run *run)
{
	int errnum;

	if (!setup_environment(run) || !setup_numbers(run)) {
		refuse(run,
			&(struct bv_end){
				.outcome = BV_OUTCOME_FAILED,
				.reason = BV_REASON_SETUP,
				.stage = "sim.start",
				.errnum = E2BIG,
			});
		return;
	}
	if (run->spec->temp_root)
		(void)bv_sim_world_file(run->world, BV_SIM_TEMP_PATH, 0, 0);
	errnum = bv_sim_world_start(run->world, run->spec->workload.program);
	if (errnum)
		refuse(run,
			&(struct bv_end){
				.outcome = BV_OUTCOME_FAILED,
				.reason = BV_REASON_EXEC,
				.errnum = errnum,
			});
}

static void follow(struct bv_sim_run *run)
{
	const struct bv_sim_event *event;
	struct bv_sim_stream *streams = run->world->happened.streams;
	size_t told[3] = {0};

	while ((event = bv_sim_world_step(run->world))) {
		uint32_t s = event->action.stream;

		bv_sim_observe_event(run, event);
		if (event->action.act != BV_SIM_OUTPUT || !run->options->on_output ||
			run->spec->streams[s].mode != BV_STREAM_CAPTURE)
			continue;
		run->options->on_output(run->options->context, (int)s, streams[s].bytes + told[s],
			streams[s].len - told[s]);
		told[s] = streams[s].len;
	}
}

/* The run up to the guest's end; false if the supervisor died on the way. */
static bool run_forward(struct bv_sim_run *run)
{
	uint64_t needed;

	if (!stage_enter(run, BV_SIM_CREATED))
		return false;
	needed = setup_guards(run);
	if (!run->refused && !stage_enter(run, BV_SIM_GUARDED))
		return false;
	if (!run->refused)
		setup_read_back(run, needed);
	if (!run->refused && !stage_enter(run, BV_SIM_ATTESTED))
		return false;
	if (!run->refused)
		start(run);
	if (!run->refused && !stage_enter(run, BV_SIM_STARTED))
		return false;
	if (!run->refused)
		follow(run);
	return stage_enter(run, BV_SIM_ENDED);
}

/* True if there was a detached task to drop. */
static bool orphaned(const struct bv_sim_world *world)
{
	for (size_t i = 0; i < world->task_count; i++)
		if (world->tasks[i].detached && world->tasks[i].alive)
			return true;
	return false;
}

static void teardown(struct bv_sim_run *run)
{
	struct bv_sim_world *world = run->world;
	bool drop = orphaned(world) && bv_sim_lies(run->sim, BV_SIM_ORPHAN_DROPPED);

	if (bv_sim_world_kill(world, !drop)) {
		run->kill_repeated = true;
		(void)bv_sim_world_kill(world, !drop);
	}
	if (run->spec->temp_root && world->happened.started &&
		bv_sim_lies(run->sim, BV_SIM_TEMP_LEFT))
		return;
	for (size_t i = 0; i < world->file_count; i++)
		if (bv_sim_beneath(world->files[i].path, BV_SIM_TEMP_PATH))
			bv_sim_world_remove(world, world->files[i].path);
}

static int fault(struct bv_sim_run *run, struct bv_error *err)
{
	const struct bv_end end = {.outcome = BV_OUTCOME_COMPLETED, .exit = BV_EXIT_STATUS};

	if (bv_sim_lies(run->sim, BV_SIM_FAULT_HIDDEN)) {
		bv_body_end(run->body, &end);
		return 0;
	}
	return bv_fail(err, BV_E_LAUNCHER, "sim.execute", "the simulated supervisor died");
}

int bv_sim_execute(void *state, const struct bv_plan *plan, const struct bv_run_options *options,
	struct bv_report_body *body, struct bv_error *err)
{
	static const struct bv_run_options defaults = BV_RUN_OPTIONS_DEFAULT;
	struct bv_sim *sim = state;
	struct bv_sim_run run = {
		.sim = sim,
		.world = sim->world,
		.plan = plan,
		.spec = bv_plan_spec(plan),
		.options = options ? options : &defaults,
		.body = body,
	};
	bool whole = run_forward(&run);

	teardown(&run);
	bv_sim_world_decider(sim->world, NULL, NULL);
	if (!whole || !stage_enter(&run, BV_SIM_DRAINED))
		return fault(&run, err);
	bv_sim_artifacts(&run);
	bv_sim_observe_result(&run);
	return 0;
}

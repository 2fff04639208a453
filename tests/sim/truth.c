/* SPDX-License-Identifier: MIT
 *
 * Ground truth. Written as tables and direct readings of the words in vocabulary.h.
 */
#include "truth.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define ALWAYS (-1)

static bool inside(const char *path, const char *root)
{
	while (*root && *path == *root)
		path++, root++;
	return !*root && (!*path || *path == '/');
}

static bool allows_path(const struct bv_spec *spec, const char *path, uint32_t access)
{
	uint32_t held = 0;

	for (size_t i = 0; i < spec->grant_count; i++)
		if (inside(path, spec->grants[i].path))
			held |= spec->grants[i].access;
	for (size_t i = 0; i < spec->exposure_count; i++)
		if (inside(path, spec->exposures[i].destination))
			held |= spec->exposures[i].access;
	if (spec->temp_root && inside(path, "/box/tmp"))
		held |= BV_READ | BV_WRITE;
	if ((spec->commit || spec->list_outputs || spec->discard) && inside(path, "/box/out"))
		held |= BV_READ | BV_WRITE;
	return (held & access) == access;
}

static bool allows_destination(const struct bv_spec *spec, const struct bv_sim_action *action)
{
	bool listed = false;

	for (size_t i = 0; i < spec->destination_count; i++) {
		const struct bv_destination *d = &spec->destinations[i];

		listed |= !strcmp(d->host, action->object) &&
			(unsigned int)d->transport == action->stream &&
			d->port_first <= action->port && d->port_last >= action->port;
	}
	return listed;
}

bool truth_policed(enum bv_sim_act act)
{
	return act <= BV_SIM_SYSCALL || act == BV_SIM_PRODUCE;
}

bool truth_allows(const struct bv_spec *spec, const struct bv_sim_action *action)
{
	const char *object = action->object;

	if (!truth_policed(action->act))
		return true;
	if (action->act == BV_SIM_READ)
		return allows_path(spec, object, BV_READ);
	if (action->act == BV_SIM_WRITE || action->act == BV_SIM_PRODUCE)
		return allows_path(spec, object, BV_WRITE);
	if (action->act == BV_SIM_EXECUTE)
		return allows_path(spec, object, BV_EXECUTE);
	if (action->act == BV_SIM_THREAD)
		return spec->spawn >= BV_SPAWN_ALLOW_THREADS;
	if (action->act == BV_SIM_SPAWN || action->act == BV_SIM_DETACH)
		return spec->spawn >= BV_SPAWN_ALLOW_DESCENDANTS;
	if (action->act == BV_SIM_CONNECT)
		return spec->network == BV_NETWORK_AMBIENT ||
			(spec->network == BV_NETWORK_ALLOW_LIST &&
				allows_destination(spec, action));
	if (action->act == BV_SIM_SIGNAL)
		return spec->host_processes == BV_AMBIENT;
	if (action->act == BV_SIM_MESSAGE)
		return spec->ipc == BV_AMBIENT;
	return spec->kernel_surface == BV_AMBIENT || !strcmp(object, "getpid");
}

enum bv_kind truth_kind(const struct bv_spec *spec, enum bv_sim_act act)
{
	static const enum bv_kind spawn[] = {BV_KIND_SPAWN_DENY_NEW_TASKS,
		BV_KIND_SPAWN_ALLOW_THREADS, BV_KIND_SPAWN_ALLOW_DESCENDANTS};
	static const enum bv_kind network[] = {BV_KIND_NETWORK_DENY_ALL, BV_KIND_NETWORK_ALLOW_LIST,
		BV_KIND_NETWORK_AMBIENT};

	if (act >= BV_SIM_THREAD && act <= BV_SIM_DETACH)
		return spawn[spec->spawn];
	if (act == BV_SIM_CONNECT)
		return network[spec->network];
	if (act == BV_SIM_SIGNAL)
		return BV_KIND_HOST_PROCESSES_HIDDEN;
	if (act == BV_SIM_MESSAGE)
		return BV_KIND_IPC_PRIVATE;
	if (act == BV_SIM_SYSCALL)
		return BV_KIND_KERNEL_SURFACE_BASELINE;
	return BV_KIND_FILESYSTEM;
}

#define ASKED(name, expression) \
	static bool asked_##name(const struct bv_spec *spec) \
	{ \
		(void)spec; \
		return expression; \
	}

ASKED(always, true)
ASKED(deny_all, spec->network == BV_NETWORK_DENY_ALL)
ASKED(allow_list, spec->network == BV_NETWORK_ALLOW_LIST)
ASKED(network, spec->network == BV_NETWORK_AMBIENT)
ASKED(no_tasks, spec->spawn == BV_SPAWN_DENY_NEW_TASKS)
ASKED(threads, spec->spawn == BV_SPAWN_ALLOW_THREADS)
ASKED(descendants, spec->spawn == BV_SPAWN_ALLOW_DESCENDANTS)
ASKED(no_descriptors, spec->descriptor_count == 0)
ASKED(descriptors, spec->descriptor_count != 0)
ASKED(hidden, spec->host_processes == BV_ISOLATED)
ASKED(processes, spec->host_processes == BV_AMBIENT)
ASKED(private, spec->ipc == BV_ISOLATED)
ASKED(ipc, spec->ipc == BV_AMBIENT)
ASKED(baseline, spec->kernel_surface == BV_ISOLATED)
ASKED(surface, spec->kernel_surface == BV_AMBIENT)
ASKED(capture,
	spec->streams[1].mode == BV_STREAM_CAPTURE || spec->streams[2].mode == BV_STREAM_CAPTURE)
ASKED(temp, spec->temp_root)
ASKED(expose, spec->exposure_count != 0)
ASKED(atomic, spec->commit == BV_COMMIT_ATOMIC)
ASKED(durable, spec->commit == BV_COMMIT_DURABLE)
ASKED(copied, spec->commit == BV_COMMIT_BEST_EFFORT)
ASKED(discard, spec->discard)
ASKED(listing, spec->list_outputs)
ASKED(kill, spec->kill == BV_KILL_ATOMIC)
ASKED(sweep, spec->kill == BV_KILL_BEST_EFFORT)

/* Kind by kind: which facility holds it, and when a spec asks for it. */
static const struct {
	int facility;
	bool (*asked)(const struct bv_spec *spec);
} kinds[BV_KIND_COUNT] = {
	[BV_KIND_FILESYSTEM] = {BV_SIM_PATHS, asked_always},
	[BV_KIND_NETWORK_DENY_ALL] = {BV_SIM_NET, asked_deny_all},
	[BV_KIND_NETWORK_ALLOW_LIST] = {BV_SIM_BROKER, asked_allow_list},
	[BV_KIND_NETWORK_AMBIENT] = {ALWAYS, asked_network},
	[BV_KIND_SPAWN_DENY_NEW_TASKS] = {BV_SIM_TASKS, asked_no_tasks},
	[BV_KIND_SPAWN_ALLOW_THREADS] = {BV_SIM_TASKS, asked_threads},
	[BV_KIND_SPAWN_ALLOW_DESCENDANTS] = {BV_SIM_TREE, asked_descendants},
	[BV_KIND_ENVIRONMENT] = {BV_SIM_ENVP, asked_always},
	[BV_KIND_DESCRIPTORS_NONE] = {BV_SIM_TABLE, asked_no_descriptors},
	[BV_KIND_DESCRIPTORS_ONLY] = {BV_SIM_TABLE, asked_descriptors},
	[BV_KIND_HOST_PROCESSES_HIDDEN] = {BV_SIM_SCOPE, asked_hidden},
	[BV_KIND_HOST_PROCESSES_AMBIENT] = {ALWAYS, asked_processes},
	[BV_KIND_IPC_PRIVATE] = {BV_SIM_CHANNELS, asked_private},
	[BV_KIND_IPC_AMBIENT] = {ALWAYS, asked_ipc},
	[BV_KIND_KERNEL_SURFACE_BASELINE] = {BV_SIM_SURFACE, asked_baseline},
	[BV_KIND_KERNEL_SURFACE_AMBIENT] = {ALWAYS, asked_surface},
	[BV_KIND_LAUNCH_WORKLOAD] = {BV_SIM_LAUNCH, asked_always},
	[BV_KIND_CAPTURE_STREAMS] = {BV_SIM_DRAIN, asked_capture},
	[BV_KIND_TEMP_ROOT] = {BV_SIM_TEMP, asked_temp},
	[BV_KIND_EXPOSE_PATH] = {BV_SIM_VIEW, asked_expose},
	[BV_KIND_COMMIT_ATOMIC] = {BV_SIM_RENAME, asked_atomic},
	[BV_KIND_COMMIT_DURABLE] = {BV_SIM_SYNC, asked_durable},
	[BV_KIND_COMMIT_BEST_EFFORT] = {BV_SIM_COPY, asked_copied},
	[BV_KIND_DISCARD_ARTIFACT] = {BV_SIM_COPY, asked_discard},
	[BV_KIND_LIST_OUTPUTS] = {BV_SIM_WALK, asked_listing},
	[BV_KIND_KILL_ATOMIC] = {BV_SIM_REAP, asked_kill},
	[BV_KIND_KILL_BEST_EFFORT] = {BV_SIM_SWEEP, asked_sweep},
};

bool truth_requires(const struct bv_spec *spec, enum bv_kind kind)
{
	return kinds[kind].asked(spec);
}

enum bv_enforcement truth_depth(const struct bv_sim_world *world, enum bv_kind kind)
{
	return kinds[kind].facility == ALWAYS ? BV_ENFORCED : world->facility[kinds[kind].facility];
}

uint64_t truth_guards(const struct bv_spec *spec)
{
	uint64_t guards = 0;

	for (int kind = 0; kind < BV_KIND_COUNT; kind++)
		if (kinds[kind].asked(spec) && kinds[kind].facility != ALWAYS)
			guards |= SIM_BIT(kinds[kind].facility);
	for (int d = 0; d < BV_DIMENSION_COUNT; d++)
		if (spec->budgets[d].guarantee != BV_UNSUPPORTED)
			guards |= SIM_BIT(BV_SIM_METER(d));
	return guards;
}

static const char *obstacle_budget(const struct scenario *scenario, enum bv_dimension dimension)
{
	const struct bv_budget *budget = &scenario->spec.budgets[dimension];

	if (budget->guarantee == BV_UNSUPPORTED)
		return NULL;
	if (scenario->world.facility[BV_SIM_METER(dimension)] < budget->guarantee ||
		scenario->world.capacity[dimension] < budget->limit)
		return bv_dimension_name(dimension);
	return NULL;
}

/* The least that any machine needs; plan.h calls it the minimum derived from the spec. */
static const char *obstacle_minimum(const struct bv_spec *spec)
{
	if (spec->temp_root && spec->budgets[BV_STORAGE].limit < 4096)
		return "storage";
	return NULL;
}

const char *truth_obstacle(const struct scenario *scenario)
{
	const struct bv_spec *spec = &scenario->spec;
	const char *obstacle = obstacle_minimum(spec);

	for (int k = 0; k < BV_KIND_COUNT && !obstacle; k++) {
		enum bv_kind kind = (enum bv_kind)k;
		enum bv_enforcement least = kind == BV_KIND_KILL_ATOMIC ? BV_ENFORCED : BV_MEDIATED;

		if (truth_requires(spec, kind) && truth_depth(&scenario->world, kind) < least)
			obstacle = bv_kind_name(kind);
	}
	for (int d = 0; d < BV_DIMENSION_COUNT && !obstacle; d++)
		obstacle = obstacle_budget(scenario, (enum bv_dimension)d);
	for (int c = 0; c < BV_EVIDENCE_COUNT && !obstacle; c++)
		if ((spec->evidence & BV_EVIDENCE_BIT(c)) &&
			!scenario->world.facility[BV_SIM_WITNESS(c)])
			obstacle = bv_evidence_name((enum bv_evidence)c);
	return obstacle;
}

static struct bv_end end_unstarted(const struct bv_sim_world *world)
{
	struct bv_end end = {.outcome = BV_OUTCOME_FAILED, .reason = BV_REASON_SETUP};

	if (world->fault == BV_SIM_INSTALL_IGNORED)
		end.reason = BV_REASON_ATTESTATION;
	if (world->fault == BV_SIM_START_FAILS)
		end.reason = BV_REASON_EXEC;
	return end;
}

static struct bv_end end_exhausted(enum bv_dimension dimension)
{
	struct bv_end end = {BV_OUTCOME_KILLED, BV_REASON_BUDGET, BV_EXIT_SIGNAL, SIGKILL,
		.dimension = dimension};

	if (dimension <= BV_CPU)
		end.outcome = BV_OUTCOME_TIMEOUT;
	if (dimension == BV_MEMORY)
		end.reason = BV_REASON_OUT_OF_MEMORY;
	return end;
}

struct bv_end truth_end(const struct bv_sim_world *world)
{
	int value = (int)world->happened.stop_value;

	if (world->happened.supervisor_died)
		return (struct bv_end){BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_LAUNCHER,
			BV_EXIT_NONE, 0};
	if (!world->happened.started)
		return end_unstarted(world);
	switch (world->happened.stop) {
	case BV_SIM_EXITED:
		return (struct bv_end){BV_OUTCOME_COMPLETED, BV_REASON_NONE, BV_EXIT_STATUS, value};
	case BV_SIM_CRASHED:
		return (struct bv_end){BV_OUTCOME_FAILED, BV_REASON_SIGNAL, BV_EXIT_SIGNAL, value};
	case BV_SIM_EXHAUSTED:
		return end_exhausted((enum bv_dimension)value);
	case BV_SIM_BARRED:
		return (struct bv_end){BV_OUTCOME_DENIED, BV_REASON_POLICY, BV_EXIT_SIGNAL, SIGSYS,
			.kind = BV_KIND_KERNEL_SURFACE_BASELINE};
	case BV_SIM_HUNG:
		return (struct bv_end){BV_OUTCOME_KILLED, BV_REASON_KILLED_OUTSIDE, BV_EXIT_SIGNAL,
			SIGKILL};
	case BV_SIM_RUNNING:
		break;
	}
	abort(); /* a world that is still running after a run is a bug of world.c */
}

enum bv_coverage truth_coverage(const struct scenario *scenario, const struct bv_sim_world *world,
	enum bv_evidence claim)
{
	bool asked = scenario->spec.evidence & BV_EVIDENCE_BIT(claim);

	if (!asked || !world->facility[BV_SIM_WITNESS(claim)] || world->happened.supervisor_died)
		return BV_COVERAGE_NONE;
	return world->happened.blind ? BV_COVERAGE_PARTIAL : BV_COVERAGE_COMPLETE;
}

const struct bv_sim_event *truth_written(const struct bv_sim_world *world, const char *path,
	uint64_t *ret_content)
{
	for (size_t i = world->happened.log_count; i-- > 0;) {
		const struct bv_sim_event *event = &world->happened.log[i];

		if (event->refuser != BV_SIM_NOBODY || strcmp(event->action.object, path) != 0 ||
			(event->action.act != BV_SIM_WRITE && event->action.act != BV_SIM_PRODUCE))
			continue;
		*ret_content = i + 1;
		return event;
	}
	return NULL;
}

/* SPDX-License-Identifier: MIT
 *
 * The simulated backend's answers: pure functions of the snapshot. Only the probe looks at the
 * world, so only the probe can lie about it. One facility stands behind each kind; a grant of
 * something ambient needs none.
 */
#include "backend/sim/run.h"

#include "base/digest.h"
#include "base/fail.h"

#include <stdio.h>
#include <string.h>

#define NO_FACILITY BV_SIM_FACILITY_COUNT
#define ID_PREFIX "sim."

static const uint32_t kind_facility[BV_KIND_COUNT] = {
	[BV_KIND_FILESYSTEM] = BV_SIM_PATHS,
	[BV_KIND_NETWORK_DENY_ALL] = BV_SIM_NET,
	[BV_KIND_NETWORK_ALLOW_LIST] = BV_SIM_BROKER,
	[BV_KIND_NETWORK_AMBIENT] = NO_FACILITY,
	[BV_KIND_SPAWN_DENY_NEW_TASKS] = BV_SIM_TASKS,
	[BV_KIND_SPAWN_ALLOW_THREADS] = BV_SIM_TASKS,
	[BV_KIND_SPAWN_ALLOW_DESCENDANTS] = BV_SIM_TREE,
	[BV_KIND_ENVIRONMENT] = BV_SIM_ENVP,
	[BV_KIND_DESCRIPTORS_NONE] = BV_SIM_TABLE,
	[BV_KIND_DESCRIPTORS_ONLY] = BV_SIM_TABLE,
	[BV_KIND_HOST_PROCESSES_HIDDEN] = BV_SIM_SCOPE,
	[BV_KIND_HOST_PROCESSES_AMBIENT] = NO_FACILITY,
	[BV_KIND_IPC_PRIVATE] = BV_SIM_CHANNELS,
	[BV_KIND_IPC_AMBIENT] = NO_FACILITY,
	[BV_KIND_KERNEL_SURFACE_BASELINE] = BV_SIM_SURFACE,
	[BV_KIND_KERNEL_SURFACE_AMBIENT] = NO_FACILITY,
	[BV_KIND_LAUNCH_WORKLOAD] = BV_SIM_LAUNCH,
	[BV_KIND_CAPTURE_STREAMS] = BV_SIM_DRAIN,
	[BV_KIND_TEMP_ROOT] = BV_SIM_TEMP,
	[BV_KIND_EXPOSE_PATH] = BV_SIM_VIEW,
	[BV_KIND_COMMIT_ATOMIC] = BV_SIM_RENAME,
	[BV_KIND_COMMIT_DURABLE] = BV_SIM_SYNC,
	[BV_KIND_COMMIT_BEST_EFFORT] = BV_SIM_COPY,
	[BV_KIND_DISCARD_ARTIFACT] = BV_SIM_COPY,
	[BV_KIND_LIST_OUTPUTS] = BV_SIM_WALK,
	[BV_KIND_KILL_ATOMIC] = BV_SIM_REAP,
	[BV_KIND_KILL_BEST_EFFORT] = BV_SIM_SWEEP,
};

static const char *const primitive_id[BV_SIM_FACILITY_COUNT] = {
#define SIM_FACILITY(name, number, fact, what) [number] = ID_PREFIX fact,
#include "backend/sim/facilities.def"
#undef SIM_FACILITY
};

static const char *const dimension_fact[BV_DIMENSION_COUNT] = {
#define BV_DIMENSION(name, number, text, unit, limit, meaning) [number] = "capacity." text,
#include <bvisor/dimensions.def>
#undef BV_DIMENSION
};

static struct bv_verdict ops_support(enum bv_kind kind)
{
	(void)kind;
	return (struct bv_verdict){BV_ENFORCED, BV_EVIDENCE_ALL};
}

static enum bv_enforcement ops_depth(const struct bv_snapshot *snapshot,
	enum bv_sim_facility facility)
{
	const char *fact = bv_sim_facility_fact(facility);

	if (!bv_snapshot_has(snapshot, fact))
		return BV_UNSUPPORTED;
	return bv_snapshot_value(snapshot, fact) >= BV_ENFORCED ? BV_ENFORCED : BV_MEDIATED;
}

static uint32_t ops_claims(const struct bv_snapshot *snapshot)
{
	uint32_t claims = 0;

	for (int claim = 0; claim < BV_EVIDENCE_COUNT; claim++)
		if (ops_depth(snapshot, BV_SIM_WITNESS(claim)))
			claims |= BV_EVIDENCE_BIT(claim);
	return claims;
}

static void ops_lack(enum bv_enforcement depth, const char *fact, char missing[BV_MISSING_MAX],
	char remedy[BV_REMEDY_MAX])
{
	if (depth == BV_ENFORCED)
		return;
	(void)snprintf(missing, BV_MISSING_MAX, "the simulated machine %s %s",
		depth == BV_MEDIATED ? "only mediates" : "does not have", fact);
	(void)snprintf(remedy, BV_REMEDY_MAX, "give the simulated world an enforcing %s", fact);
}

static void ops_profile(const struct bv_snapshot *snapshot, enum bv_kind kind,
	struct bv_answer *ret)
{
	uint32_t facility = kind_facility[kind];
	enum bv_enforcement depth = BV_ENFORCED;
	const char *fact = "ambient";

	*ret = (struct bv_answer){.verdict = {BV_UNSUPPORTED, 0}};
	if (facility != NO_FACILITY) {
		depth = ops_depth(snapshot, (enum bv_sim_facility)facility);
		fact = bv_sim_facility_fact((enum bv_sim_facility)facility);
	}
	ops_lack(depth, fact, ret->missing, ret->remedy);
	if (depth == BV_UNSUPPORTED)
		return;
	ret->verdict = (struct bv_verdict){depth, ops_claims(snapshot)};
	(void)snprintf(ret->mechanism, sizeof(ret->mechanism), "simulated %s", fact);
}

static void ops_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	if (kind == BV_KIND_LAUNCH_WORKLOAD && spec->workload.kind != BV_WORKLOAD_PROCESS) {
		*ret = (struct bv_answer){.verdict = {BV_UNSUPPORTED, 0}};
		(void)snprintf(ret->missing, sizeof(ret->missing),
			"the simulated machine runs scripted programs only");
		(void)snprintf(ret->remedy, sizeof(ret->remedy), "ask for a process workload");
		return;
	}
	ops_profile(snapshot, kind, ret);
}

static void ops_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret)
{
	enum bv_sim_facility facility = BV_SIM_METER(dimension);
	const char *fact = bv_sim_facility_fact(facility);

	(void)spec;
	*ret = (struct bv_availability){.enforcement = ops_depth(snapshot, facility)};
	ops_lack(ret->enforcement, fact, ret->missing, ret->remedy);
	if (ret->enforcement == BV_UNSUPPORTED)
		return;
	ret->capacity = (uint64_t)bv_snapshot_value(snapshot, dimension_fact[dimension]);
	ret->evidence = ops_claims(snapshot) & BV_EVIDENCE_BIT(BV_EVIDENCE_RESOURCE_USAGE);
	(void)snprintf(ret->mechanism, sizeof(ret->mechanism), "simulated %s", fact);
	(void)snprintf(ret->granularity, sizeof(ret->granularity), "%s",
		ret->enforcement == BV_ENFORCED ? "exact" : "after each action");
}

static void ops_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret)
{
	enum bv_sim_facility facility = BV_SIM_WITNESS(claim);
	const char *fact = bv_sim_facility_fact(facility);

	(void)spec;
	*ret = (struct bv_observer){.available = ops_depth(snapshot, facility) != BV_UNSUPPORTED};
	if (ret->available)
		(void)snprintf(ret->observer, sizeof(ret->observer), "simulated %s", fact);
	else
		ops_lack(BV_UNSUPPORTED, fact, ret->missing, ret->remedy);
}

/* The facilities behind the capabilities and controls of a spec. */
static uint64_t ops_needs(const struct bv_spec *spec)
{
	static const uint64_t commit[] = {0, SIM_BIT(BV_SIM_RENAME), SIM_BIT(BV_SIM_SYNC),
		SIM_BIT(BV_SIM_COPY)};
	static const uint64_t network[] = {SIM_BIT(BV_SIM_NET), SIM_BIT(BV_SIM_BROKER), 0};
	uint64_t needs = SIM_BIT(BV_SIM_PATHS) | SIM_BIT(BV_SIM_ENVP) | SIM_BIT(BV_SIM_TABLE) |
		SIM_BIT(BV_SIM_LAUNCH) | network[spec->network] | commit[spec->commit];

	needs |= SIM_BIT(spec->spawn == BV_SPAWN_ALLOW_DESCENDANTS ? BV_SIM_TREE : BV_SIM_TASKS);
	needs |= SIM_BIT(spec->kill == BV_KILL_ATOMIC ? BV_SIM_REAP : BV_SIM_SWEEP);
	needs |= spec->host_processes == BV_ISOLATED ? SIM_BIT(BV_SIM_SCOPE) : 0;
	needs |= spec->ipc == BV_ISOLATED ? SIM_BIT(BV_SIM_CHANNELS) : 0;
	needs |= spec->kernel_surface == BV_ISOLATED ? SIM_BIT(BV_SIM_SURFACE) : 0;
	needs |= spec->temp_root ? SIM_BIT(BV_SIM_TEMP) : 0;
	needs |= spec->exposure_count ? SIM_BIT(BV_SIM_VIEW) : 0;
	needs |= spec->discard ? SIM_BIT(BV_SIM_COPY) : 0;
	needs |= spec->list_outputs ? SIM_BIT(BV_SIM_WALK) : 0;
	for (int stream = 1; stream < 3; stream++)
		needs |=
			spec->streams[stream].mode == BV_STREAM_CAPTURE ? SIM_BIT(BV_SIM_DRAIN) : 0;
	for (int d = 0; d < BV_DIMENSION_COUNT; d++)
		if (spec->budgets[d].guarantee != BV_UNSUPPORTED)
			needs |= SIM_BIT(BV_SIM_METER(d));
	return needs;
}

/* Guards first, then meters, the launch last. */
static uint32_t ops_phase(enum bv_sim_facility facility)
{
	if (facility == BV_SIM_LAUNCH)
		return 3;
	return facility >= BV_SIM_METER_WALL ? 2 : 1;
}

static void ops_step(const struct bv_spec *spec, enum bv_sim_facility facility, struct bv_step *ret)
{
	static const char *const none[] = {NULL};
	uint64_t parameters[2] = {(uint64_t)facility, 0};

	if (facility >= BV_SIM_METER_WALL && facility <= BV_SIM_METER_NETWORK)
		parameters[1] = spec->budgets[facility - BV_SIM_METER_WALL].limit;
	*ret = (struct bv_step){.primitive = {
					.id = primitive_id[facility],
					.version = 1,
					.phase = ops_phase(facility),
					.prerequisites = none,
					.conflicts = none,
				}};
	bv_sha256_once(parameters, sizeof(parameters), &ret->parameters);
}

static int ops_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err)
{
	uint64_t needs = ops_needs(spec);
	struct bv_lowering local = {0};

	(void)snapshot;
	for (int facility = 0; facility < BV_SIM_FACILITY_COUNT; facility++) {
		if (!(needs & SIM_BIT(facility)))
			continue;
		if (local.count == BV_PRIMITIVES_MAX)
			return bv_fail(err, BV_E_LIMIT, "sim", "more than %d steps",
				BV_PRIMITIVES_MAX);
		ops_step(spec, (enum bv_sim_facility)facility, &local.steps[local.count++]);
	}
	*ret = local;
	return 0;
}

enum bv_sim_facility bv_sim_primitive_facility(const char *id)
{
	int facility = 0;

	while (facility < BV_SIM_FACILITY_COUNT && strcmp(primitive_id[facility], id) != 0)
		facility++;
	return (enum bv_sim_facility)facility;
}

/* What a spec makes the machine be asked about: the facilities it needs, and its witnesses. */
static uint64_t probe_asked(const struct bv_spec *spec)
{
	uint64_t asked = spec ? ops_needs(spec) : UINT64_MAX;

	for (int claim = 0; spec && claim < BV_EVIDENCE_COUNT; claim++)
		if (spec->evidence & BV_EVIDENCE_BIT(claim))
			asked |= SIM_BIT(BV_SIM_WITNESS(claim));
	return asked;
}

/* The lie there is occasion for; BV_SIM_TRUTH: none. */
static enum bv_sim_lie probe_lie(enum bv_sim_facility facility, enum bv_enforcement depth)
{
	if (depth == BV_UNSUPPORTED)
		return BV_SIM_CAPABILITY_INVENTED;
	if (depth == BV_MEDIATED && facility < BV_SIM_METER_WALL)
		return BV_SIM_DEPTH_OVERCLAIMED;
	if (depth == BV_MEDIATED && facility <= BV_SIM_METER_NETWORK)
		return BV_SIM_BUDGET_DEPTH_OVERCLAIMED;
	return facility == BV_SIM_PATHS ? BV_SIM_CAPABILITY_CONCEALED : BV_SIM_TRUTH;
}

/* The depth that is told of a facility that somebody asks about. A second look repeats the lies
 * of the first and adds none, or it would only be telling of a machine that changed. */
static enum bv_enforcement probe_depth(struct bv_sim *sim, enum bv_sim_facility facility)
{
	enum bv_enforcement depth = sim->world->facility[facility];
	enum bv_sim_lie lie = probe_lie(facility, depth);

	if (sim->probed && !(sim->lied_about & SIM_BIT(facility)))
		return depth;
	if (!bv_sim_lies(sim, lie))
		return depth;
	sim->lied_about |= SIM_BIT(facility);
	return lie == BV_SIM_CAPABILITY_CONCEALED ? BV_UNSUPPORTED : BV_ENFORCED;
}

static int probe_look(struct bv_sim *sim, uint64_t asked, struct bv_snapshot *ret)
{
	int code = 0;

	for (int i = 0; i < BV_SIM_FACILITY_COUNT && !code; i++) {
		enum bv_sim_facility facility = (enum bv_sim_facility)i;
		enum bv_enforcement depth = asked & SIM_BIT(facility)
			? probe_depth(sim, facility)
			: sim->world->facility[facility];

		code = bv_snapshot_set(ret, bv_sim_facility_fact(facility),
			depth ? BV_FACT_PRESENT : BV_FACT_ABSENT, depth, "");
	}
	for (int d = 0; d < BV_DIMENSION_COUNT && !code; d++) {
		uint64_t capacity = sim->world->capacity[d];

		if (bv_sim_lies(sim, BV_SIM_CAPACITY_INVENTED))
			capacity *= 1000;
		code = bv_snapshot_set(ret, dimension_fact[d], BV_FACT_PRESENT, (int64_t)capacity,
			"");
	}
	return code;
}

static bool probe_differs(const struct bv_snapshot *a, const struct bv_snapshot *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->facts[i].state != b->facts[i].state ||
			a->facts[i].value != b->facts[i].value)
			return true;
	return false;
}

static int ops_probe(void *state, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err)
{
	struct bv_sim *sim = state;
	struct bv_snapshot local = {0};
	uint32_t told = sim->told;

	if (probe_look(sim, probe_asked(spec), &local))
		return bv_fail(err, BV_E_LIMIT, "sim.probe", "the snapshot is full");
	/* The lies of a second look are those of the first. */
	if (sim->probed)
		sim->told = told;
	if (sim->probed && probe_differs(&local, &sim->first) &&
		bv_sim_lies(sim, BV_SIM_DRIFT_HIDDEN))
		local = sim->first;
	if (!sim->probed)
		sim->first = local;
	sim->probed = true;
	*ret = local;
	return 0;
}

static void ops_close(void *state)
{
	(void)state;
}

const struct bv_backend_ops bv_sim_ops = {
	.size = sizeof(struct bv_backend_ops),
	.id = "sim",
	.support = ops_support,
	.probe = ops_probe,
	.profile = ops_profile,
	.classify = ops_classify,
	.budgets = ops_budgets,
	.evidence = ops_evidence,
	.lower = ops_lower,
	.execute = bv_sim_execute,
	.close = ops_close,
};

/* SPDX-License-Identifier: MIT
 *
 * Scenarios. The pools hold traps on purpose: a path that only begins like a granted one, a port
 * beside an allowed range, the right host over the wrong transport.
 */
#include "scenario.h"

#include "rng.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define PICK(rng, array) ((array)[rng_below((rng), sizeof(array) / sizeof((array)[0]))])

static const char *const paths[] = {
	"/usr/lib/a.so",
	"/usr/bin/tool",
	"/usr",
	"/usrlocal/x",
	"/etc/app/conf",
	"/etc/shadow",
	"/srv/data/x",
	"/srv/database",
	"/var/lib/new",
	"/home/.ssh/id",
	"/data/in",
	"/data/deep/in",
	"/box/tmp/t",
	"/box/out/a",
};

static const char *const hosts[] = {"10.0.0.1", "10.0.0.2", "db.example"};
static const uint16_t ports[] = {53, 54, 443, 444, 5000, 5010, 5011};
static const char *const artifacts[] = {"/box/out/a", "/box/out/b", "/box/out/c"};
static const char *const syscalls[] = {"getpid", "getpid", "mount", "mount", "mount", "foreign"};

static void make_machine(struct rng *rng, struct bv_sim_world *world)
{
	static const uint64_t capacity[BV_DIMENSION_COUNT] = {1000000000, 1000000000,
		UINT64_C(8) << 30, 64, 512, 1 << 30, 1 << 30};

	for (int i = 0; i < BV_SIM_FACILITY_COUNT; i++) {
		uint32_t die = rng_below(rng, 100);
		bool spare = i >= BV_SIM_METER_WALL;

		world->facility[i] = BV_ENFORCED;
		if (die < (spare ? 5u : 1u))
			world->facility[i] = BV_UNSUPPORTED;
		else if (die < 15)
			world->facility[i] = BV_MEDIATED;
	}
	memcpy(world->capacity, capacity, sizeof(capacity));
	if (rng_percent(rng, 5))
		world->capacity[rng_below(rng, BV_DIMENSION_COUNT)] = 2;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) - 2; i++)
		(void)bv_sim_world_file(world, paths[i], 1000 + i, 10 * i);
	(void)bv_sim_world_file(world, "/bin/guest", rng_next(rng), 4096);
	(void)bv_sim_world_host_task(world, "sshd");
	if (rng_percent(rng, 30)) {
		world->fault = (enum bv_sim_fault)(1 + rng_below(rng, BV_SIM_FAULT_COUNT - 1));
		world->fault_at = rng_below(rng, world->fault == BV_SIM_SUPERVISOR_DIES ? 6 : 20);
	}
}

static void make_files(struct rng *rng, struct scenario *scenario)
{
	static const char *const roots[] = {"/usr", "/etc/app", "/srv/data", "/var/lib"};
	struct bv_spec *spec = &scenario->spec;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		if (rng_percent(rng, 40))
			continue;
		scenario->grants[spec->grant_count++] =
			(struct bv_grant){roots[i], 1 + rng_below(rng, 7)};
	}
	spec->grants = scenario->grants;
	if (rng_percent(rng, 40)) {
		scenario->exposure = (struct bv_exposure){"/srv/feed", "/data",
			rng_percent(rng, 50) ? BV_READ : BV_READ | BV_WRITE, 0};
		spec->exposures = &scenario->exposure;
		spec->exposure_count = 1;
	}
	spec->temp_root = rng_percent(rng, 50);
	spec->commit = (enum bv_commit)rng_below(rng, 4);
	spec->discard = rng_percent(rng, 30);
	spec->list_outputs = rng_percent(rng, 60);
}

static void make_network(struct rng *rng, struct scenario *scenario)
{
	static const struct bv_destination pool[] = {
		{BV_TRANSPORT_TCP, "10.0.0.1", 443, 443},
		{BV_TRANSPORT_TCP, "db.example", 5000, 5010},
		{BV_TRANSPORT_UDP, "10.0.0.2", 53, 53},
	};
	static const enum bv_network policies[] = {BV_NETWORK_DENY_ALL, BV_NETWORK_DENY_ALL,
		BV_NETWORK_ALLOW_LIST, BV_NETWORK_ALLOW_LIST, BV_NETWORK_AMBIENT};
	struct bv_spec *spec = &scenario->spec;

	spec->network = PICK(rng, policies);
	if (spec->network != BV_NETWORK_ALLOW_LIST)
		return;
	memcpy(scenario->destinations, pool, sizeof(pool));
	spec->destinations = scenario->destinations;
	spec->destination_count = 1 + rng_below(rng, 3);
}

static void make_handover(struct rng *rng, struct scenario *scenario)
{
	static const struct bv_variable variables[] = {{"LANG", "C", NULL},
		{"TOKEN", NULL, "vault:token"}, {"ZONE", "utc", NULL}};
	static const struct bv_descriptor descriptors[] = {{20, 4}, {21, 7}};
	struct bv_spec *spec = &scenario->spec;

	memcpy(scenario->variables, variables, sizeof(variables));
	spec->variables = scenario->variables;
	spec->variable_count = rng_below(rng, 4);
	memcpy(scenario->descriptors, descriptors, sizeof(descriptors));
	spec->descriptors = scenario->descriptors;
	spec->descriptor_count = rng_below(rng, 3);
	spec->spawn = (enum bv_spawn)rng_below(rng, 3);
	spec->host_processes = rng_percent(rng, 25) ? BV_AMBIENT : BV_ISOLATED;
	spec->ipc = rng_percent(rng, 25) ? BV_AMBIENT : BV_ISOLATED;
	spec->kernel_surface = rng_percent(rng, 25) ? BV_AMBIENT : BV_ISOLATED;
	spec->kill = rng_percent(rng, 50) ? BV_KILL_ATOMIC : BV_KILL_BEST_EFFORT;
	for (int stream = 1; stream < 3; stream++) {
		if (rng_percent(rng, 30))
			continue;
		spec->streams[stream].mode = BV_STREAM_CAPTURE;
		spec->streams[stream].limit_bytes = rng_percent(rng, 50) ? 16 : 4096;
	}
}

/* Mostly roomy; sometimes so tight that the script runs into it. */
static void make_budgets(struct rng *rng, struct scenario *scenario)
{
	struct bv_spec *spec = &scenario->spec;
	const uint64_t roomy[BV_DIMENSION_COUNT] = {900000, 900000, 1 << 30, 48, 256, 1 << 24,
		1 << 20};
	const uint64_t tight[BV_DIMENSION_COUNT] = {1000 + rng_below(rng, 2000),
		1000 + rng_below(rng, 1000), 1 << 20, 1 + rng_below(rng, 3),
		3 + spec->descriptor_count + rng_below(rng, 3), 4096, 1 + rng_below(rng, 200)};

	for (int d = 0; d < BV_DIMENSION_COUNT; d++) {
		enum bv_enforcement depth = scenario->world.facility[BV_SIM_METER(d)];
		struct bv_budget *budget = &spec->budgets[d];

		budget->limit = rng_percent(rng, 15) ? tight[d] : roomy[d];
		/* Usually what the machine gives; now and then more, and then it must refuse. */
		budget->guarantee = rng_percent(rng, 4)
			? BV_ENFORCED
			: (enum bv_enforcement)rng_below(rng, depth + 1u);
		budget->waived = budget->guarantee == BV_UNSUPPORTED;
	}
}

static void make_evidence(struct rng *rng, struct scenario *scenario)
{
	for (int claim = 0; claim < BV_EVIDENCE_COUNT; claim++) {
		bool there = scenario->world.facility[BV_SIM_WITNESS(claim)] != BV_UNSUPPORTED;

		if (rng_percent(rng, there ? 80 : 4))
			scenario->spec.evidence |= BV_EVIDENCE_BIT(claim);
	}
}

static struct bv_sim_action make_named(enum bv_sim_act act, const char *object, uint64_t amount)
{
	struct bv_sim_action action = {.act = act, .amount = amount};

	(void)snprintf(action.object, sizeof(action.object), "%s", object);
	return action;
}

static struct bv_sim_action make_action(struct rng *rng)
{
	enum bv_sim_act act = (enum bv_sim_act)rng_below(rng, BV_SIM_EXIT);
	struct bv_sim_action action = {.act = act};

	switch (act) {
	case BV_SIM_READ:
	case BV_SIM_WRITE:
	case BV_SIM_EXECUTE:
		return make_named(act, PICK(rng, paths), 1 + rng_below(rng, 1000));
	case BV_SIM_CONNECT:
		action = make_named(act, PICK(rng, hosts), 1 + rng_below(rng, 100));
		action.stream = rng_percent(rng, 70) ? BV_TRANSPORT_TCP : BV_TRANSPORT_UDP;
		action.port = PICK(rng, ports);
		return action;
	case BV_SIM_THREAD:
	case BV_SIM_SPAWN:
	case BV_SIM_DETACH:
		return make_named(act, rng_percent(rng, 50) ? "child" : "helper", 0);
	case BV_SIM_SIGNAL:
		return make_named(act, "sshd", 0);
	case BV_SIM_MESSAGE:
		return make_named(act, "bus", 0);
	case BV_SIM_SYSCALL:
		return make_named(act, PICK(rng, syscalls), 0);
	case BV_SIM_PRODUCE:
		return make_named(act, PICK(rng, artifacts), 1 + rng_below(rng, 1000));
	case BV_SIM_OUTPUT:
		action.stream = 1 + rng_below(rng, 2);
		action.amount = 1 + rng_below(rng, 40);
		return action;
	case BV_SIM_OPEN:
		action.amount = 1 + rng_below(rng, 3);
		return action;
	case BV_SIM_ALLOCATE:
		action.amount = UINT64_C(1) << (10 + rng_below(rng, 12));
		return action;
	case BV_SIM_BURN:
	case BV_SIM_SLEEP:
	case BV_SIM_EXIT:
	case BV_SIM_CRASH:
	case BV_SIM_HANG:
		break;
	}
	action.amount = 1 + rng_below(rng, 900);
	return action;
}

static struct bv_sim_action make_end(struct rng *rng)
{
	static const enum bv_sim_act ends[] = {BV_SIM_EXIT, BV_SIM_EXIT, BV_SIM_EXIT, BV_SIM_EXIT,
		BV_SIM_CRASH, BV_SIM_HANG};
	struct bv_sim_action action = {.act = PICK(rng, ends)};

	if (action.act == BV_SIM_EXIT)
		action.amount = rng_below(rng, 4);
	if (action.act == BV_SIM_CRASH)
		action.amount = rng_percent(rng, 50) ? SIGSEGV : SIGABRT;
	return action;
}

static void make_script(struct rng *rng, struct scenario *scenario)
{
	size_t count = 8 + rng_below(rng, SCENARIO_ACTIONS_MAX - 9);

	for (size_t i = 0; i < count; i++)
		scenario->script[i] = make_action(rng);
	scenario->script[count++] = make_end(rng);
	scenario->world.script = scenario->script;
	scenario->world.script_count = count;
}

void scenario_make(struct scenario *scenario, uint64_t seed)
{
	struct rng rng = {seed};

	memset(scenario, 0, sizeof(*scenario));
	scenario->seed = seed;
	scenario->spec.workload.program = "/bin/guest";
	make_machine(&rng, &scenario->world);
	make_files(&rng, scenario);
	make_network(&rng, scenario);
	make_handover(&rng, scenario);
	make_budgets(&rng, scenario);
	make_evidence(&rng, scenario);
	make_script(&rng, scenario);
	scenario->lost = SCENARIO_NO_CHANGE;
	if (rng_percent(&rng, 10))
		scenario->lost = rng_below(&rng, BV_SIM_FACILITY_COUNT);
}

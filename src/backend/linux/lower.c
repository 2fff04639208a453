/* SPDX-License-Identifier: MIT
 *
 * Lowering: the steps of a run with what each is applied with. The prerequisites say why the
 * order is what it is; the contract compiles them into the schedule.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/fail.h"
#include "choice.h"

enum primitive {
#define PRIMITIVE(name, id, version, phase, apply) PRIMITIVE_##name,
#include "wire/primitives.def"
#undef PRIMITIVE
	PRIMITIVE_COUNT
};

static const char *const *lower_prerequisites(enum primitive primitive)
{
	static const char *const session[] = {NULL};
	static const char *const after_session[] = {"linux.session", NULL};
	/* The limit on descriptors would keep set-up from placing them, and, which its phase sees
	 * to, Landlock's canary from being tried. */
	static const char *const limits[] = {"linux.descriptors", NULL};
	static const char *const view[] = {"linux.namespaces", "linux.session", NULL};
	static const char *const process[] = {"linux.identity", NULL};
	/* Both need no_new_privs. */
	static const char *const landlock[] = {"linux.identity", "linux.descriptors", NULL};
	/* Last: the filter need not allow what the steps before it do. */
	static const char *const seccomp[] = {"linux.identity", "linux.process", NULL};
	static const char *const attest[] = {"linux.descriptors", "linux.identity", NULL};
	static const char *const exec[] = {"linux.attest", NULL};

	switch (primitive) {
	case PRIMITIVE_CGROUP:
	case PRIMITIVE_NAMESPACE:
	case PRIMITIVE_SUBREAPER:
	case PRIMITIVE_NAMESPACES:
	case PRIMITIVE_SESSION:
	case PRIMITIVE_COUNT:
		return session;
	case PRIMITIVE_STREAMS:
	case PRIMITIVE_VIEW:
		return view;
	case PRIMITIVE_DIRECTORY:
	case PRIMITIVE_DESCRIPTORS:
	case PRIMITIVE_IDENTITY:
		return after_session;
	case PRIMITIVE_LIMITS:
		return limits;
	case PRIMITIVE_PROCESS:
		return process;
	case PRIMITIVE_LANDLOCK:
		return landlock;
	case PRIMITIVE_SECCOMP:
		return seccomp;
	case PRIMITIVE_ATTEST:
		return attest;
	case PRIMITIVE_EXEC:
		return exec;
	}
	return session;
}

static const char *const *lower_conflicts(enum primitive primitive)
{
	static const char *const none[] = {NULL};
	static const char *const cgroup[] = {"linux.subreaper", NULL};
	static const char *const namespace[] = {"linux.subreaper", NULL};
	static const char *const subreaper[] = {"linux.cgroup", "linux.pid-namespace", NULL};

	if (primitive == PRIMITIVE_CGROUP)
		return cgroup;
	if (primitive == PRIMITIVE_NAMESPACE)
		return namespace;
	return primitive == PRIMITIVE_SUBREAPER ? subreaper : none;
}

static struct bv_step *lower_add(struct bv_lowering *lowering, enum primitive primitive)
{
	static const struct bv_primitive table[PRIMITIVE_COUNT] = {
#define PRIMITIVE(name, id, version, phase, apply) {id, version, phase, NULL, NULL},
#include "wire/primitives.def"
#undef PRIMITIVE
	};
	struct bv_step *step = &lowering->steps[lowering->count++];

	step->primitive = table[primitive];
	step->primitive.prerequisites = lower_prerequisites(primitive);
	step->primitive.conflicts = lower_conflicts(primitive);
	bv_sha256_once("", 0, &step->parameters);
	return step;
}

static void lower_limits_digest(const struct choice *choice, const struct bv_spec *spec,
	struct bv_digest *ret)
{
	struct wire_rlimit limits[WIRE_RLIMITS_MAX];
	size_t count = lower_rlimits(choice, spec, limits);
	struct bv_sha256 state;

	bv_sha256_init(&state);
	for (size_t i = 0; i < count; i++) {
		char line[96];
		int len = snprintf(line, sizeof(line), "%u %llu %llu\n", limits[i].resource,
			(unsigned long long)limits[i].soft, (unsigned long long)limits[i].hard);

		bv_sha256_update(&state, line, (size_t)len);
	}
	bv_sha256_final(&state, ret);
}

/* What appears elsewhere than it is, or is made. */
static void lower_shown_digest(const struct choice *choice, const struct bv_spec *spec,
	struct bv_sha256 *state)
{
	char line[48];

	for (size_t i = 0; i < spec->exposure_count; i++) {
		const struct bv_exposure *exposure = &spec->exposures[i];
		int len =
			snprintf(line, sizeof(line), "%x %x ", exposure->access, exposure->overlay);

		bv_sha256_update(state, line, (size_t)len);
		bv_sha256_update(state, exposure->source, strlen(exposure->source) + 1);
		bv_sha256_update(state, exposure->destination, strlen(exposure->destination) + 1);
	}
	if (choice->store) {
		int len = snprintf(line, sizeof(line), "%llu %d ",
			(unsigned long long)choice_storage(choice, spec), choice->outputs_stored);

		bv_sha256_update(state, line, (size_t)len);
	}
	if (spec->temp_root)
		bv_sha256_update(state, spec->temp_path, strlen(spec->temp_path) + 1);
	for (size_t i = 0; i < spec->output_count; i++) {
		const char *path = spec->outputs[i].path ? spec->outputs[i].path : "";

		bv_sha256_update(state, spec->outputs[i].name, strlen(spec->outputs[i].name) + 1);
		bv_sha256_update(state, path, strlen(path) + 1);
	}
}

static void lower_landlock_digest(const struct choice *choice, const struct bv_spec *spec,
	struct bv_digest *ret)
{
	char line[128];
	struct bv_sha256 state;

	bv_sha256_init(&state);
	bv_sha256_update(&state, line,
		(size_t)snprintf(line, sizeof(line), "%llx %llx %llx %llx %s\n",
			(unsigned long long)choice->handled_fs,
			(unsigned long long)choice->handled_net, (unsigned long long)choice->scoped,
			(unsigned long long)choice->rights_own, choice->canary));
	for (size_t i = 0; i < spec->grant_count; i++) {
		const struct bv_grant *grant = &spec->grants[i];

		bv_sha256_update(&state, line,
			(size_t)snprintf(line, sizeof(line), "%llx %llx ",
				(unsigned long long)choice_rights(choice, spec, grant->access,
					true),
				(unsigned long long)choice_rights(choice, spec, grant->access,
					false)));
		bv_sha256_update(&state, grant->path, strlen(grant->path) + 1);
	}
	lower_shown_digest(choice, spec, &state);
	bv_sha256_final(&state, ret);
}

static int lower_filter_digest(const struct choice *choice, struct bv_digest *ret,
	struct bv_error *err)
{
	struct bv_filter filter;
	int code = bv_filter_compile(&choice->filter, &filter, err);

	if (code)
		return code;
	bv_sha256_once(filter.insns, filter.count * sizeof(filter.insns[0]), ret);
	return 0;
}

static void lower_leaf_digest(const struct choice *choice, const struct bv_spec *spec,
	struct bv_digest *ret)
{
	char line[96];
	int len = snprintf(line, sizeof(line), "memory.max %llu pids.max %llu\n",
		(unsigned long long)(choice->memory == MEMORY_CGROUP
				? spec->budgets[BV_MEMORY].limit
				: 0),
		(unsigned long long)(choice->pids ? spec->budgets[BV_TASKS].limit : 0));

	bv_sha256_once(line, (size_t)len, ret);
}

/* Of the view what the plan knows: the host's own links and inodes are the run's to find. */
static void lower_view_digest(const struct choice *choice, const struct bv_spec *spec,
	struct bv_digest *ret)
{
	struct bv_sha256 state;
	char line[32];

	bv_sha256_init(&state);
	bv_sha256_update(&state, choice->proc ? "proc\n" : "\n", choice->proc ? 5 : 1);
	bv_sha256_update(&state, spec->workload.directory, strlen(spec->workload.directory) + 1);
	for (size_t i = 0; i < spec->grant_count; i++) {
		int len = snprintf(line, sizeof(line), "%x ", spec->grants[i].access);

		bv_sha256_update(&state, line, (size_t)len);
		bv_sha256_update(&state, spec->grants[i].path, strlen(spec->grants[i].path) + 1);
	}
	lower_shown_digest(choice, spec, &state);
	bv_sha256_final(&state, ret);
}

/* The launcher compares this one with what it makes. */
static void lower_namespaces(const struct choice *choice, struct bv_lowering *lowering)
{
	uint8_t namespaces = (uint8_t)choice->namespaces;

	if (choice_has_namespace(choice, WIRE_NAMESPACE_PID))
		lower_add(lowering, PRIMITIVE_NAMESPACE);
	if (namespaces)
		bv_sha256_once(&namespaces, 1,
			&lower_add(lowering, PRIMITIVE_NAMESPACES)->parameters);
}

static void lower_containment(const struct choice *choice, const struct bv_spec *spec,
	struct bv_lowering *lowering)
{
	switch (choice->containment) {
	case WIRE_CONTAIN_PROCESS:
	case WIRE_CONTAIN_NAMESPACE:
		return;
	case WIRE_CONTAIN_CGROUP:
		lower_leaf_digest(choice, spec, &lower_add(lowering, PRIMITIVE_CGROUP)->parameters);
		return;
	case WIRE_CONTAIN_SUBREAPER:
		lower_add(lowering, PRIMITIVE_SUBREAPER);
		return;
	}
}

int linux_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err)
{
	struct choice choice = choice_make(snapshot, spec);
	struct bv_lowering lowering = {0};
	int code;

	lower_containment(&choice, spec, &lowering);
	lower_namespaces(&choice, &lowering);
	lower_add(&lowering, PRIMITIVE_SESSION);
	if (choice.modes)
		lower_add(&lowering, PRIMITIVE_STREAMS);
	if (choice.view)
		lower_view_digest(&choice, spec, &lower_add(&lowering, PRIMITIVE_VIEW)->parameters);
	lower_add(&lowering, PRIMITIVE_DIRECTORY);
	lower_add(&lowering, PRIMITIVE_DESCRIPTORS);
	lower_limits_digest(&choice, spec, &lower_add(&lowering, PRIMITIVE_LIMITS)->parameters);
	lower_add(&lowering, PRIMITIVE_IDENTITY);
	lower_add(&lowering, PRIMITIVE_PROCESS);
	if (choice.landlock_abi)
		lower_landlock_digest(&choice, spec,
			&lower_add(&lowering, PRIMITIVE_LANDLOCK)->parameters);
	code = lower_filter_digest(&choice, &lower_add(&lowering, PRIMITIVE_SECCOMP)->parameters,
		err);
	if (code)
		return code;
	lower_add(&lowering, PRIMITIVE_ATTEST);
	lower_add(&lowering, PRIMITIVE_EXEC);
	*ret = lowering;
	return 0;
}

static void lower_rlimit(struct wire_rlimit *limits, size_t *count, int resource, uint64_t value)
{
	limits[(*count)++] = (struct wire_rlimit){(uint32_t)resource, value, value};
}

/* Where the spec's budget allows more stack than this, this is enough. */
#define STACK_BYTES (UINT64_C(8) << 20)

size_t lower_rlimits(const struct choice *choice, const struct bv_spec *spec,
	struct wire_rlimit ret[WIRE_RLIMITS_MAX])
{
	uint64_t memory = spec->budgets[BV_MEMORY].limit;
	uint64_t stack = memory / 4 < STACK_BYTES ? memory / 4 : STACK_BYTES;
	const struct bv_budget *cpu = &spec->budgets[BV_CPU];
	const struct bv_budget *handles = &spec->budgets[BV_HANDLES];
	size_t count = 0;

	lower_rlimit(ret, &count, RLIMIT_CORE, 0);
	lower_rlimit(ret, &count, RLIMIT_MSGQUEUE, 0);
	lower_rlimit(ret, &count, RLIMIT_NICE, 0);
	lower_rlimit(ret, &count, RLIMIT_RTPRIO, 0);
	if (handles->guarantee != BV_UNSUPPORTED)
		lower_rlimit(ret, &count, RLIMIT_NOFILE, handles->limit);
	/* Behind the watch, which is finer: a whole second and one more. */
	if (cpu->guarantee != BV_UNSUPPORTED && choice_single(spec))
		lower_rlimit(ret, &count, RLIMIT_CPU, cpu->limit / 1000000 + 2);
	if (choice->memory == MEMORY_ADDRESS_SPACE)
		lower_rlimit(ret, &count, RLIMIT_AS, memory);
	if (choice->memory == MEMORY_DATA)
		lower_rlimit(ret, &count, RLIMIT_DATA, memory - stack);
	if (choice->memory == MEMORY_DATA || choice->memory == MEMORY_ADDRESS_SPACE)
		lower_rlimit(ret, &count, RLIMIT_STACK, stack);
	return count;
}

/* A waived budget is not watched; one that the kernel holds exactly need not be. */
void lower_watch(const struct choice *choice, const struct bv_spec *spec, struct wire_frame *frame)
{
	uint64_t limits[BV_DIMENSION_COUNT];

	for (size_t i = 0; i < BV_DIMENSION_COUNT; i++)
		limits[i] = spec->budgets[i].guarantee == BV_UNSUPPORTED ? UINT64_MAX
									 : spec->budgets[i].limit;
	if (choice->memory == MEMORY_ADDRESS_SPACE || choice->memory == MEMORY_CGROUP)
		limits[BV_MEMORY] = UINT64_MAX;
	if (choice->pids || spec->spawn == BV_SPAWN_DENY_NEW_TASKS)
		limits[BV_TASKS] = UINT64_MAX;
	if (choice_single(spec))
		limits[BV_HANDLES] = UINT64_MAX;
	frame->wall_us = limits[BV_WALL];
	frame->cpu_us = limits[BV_CPU];
	frame->memory_bytes = limits[BV_MEMORY];
	frame->tasks_count = limits[BV_TASKS];
	frame->handles_count = limits[BV_HANDLES];
}

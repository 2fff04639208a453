/* SPDX-License-Identifier: MIT
 *
 * The physics of the simulated machine. One action goes: guard, then meters, then effect; what
 * came of it is appended to the log in every case. Nothing here knows a spec or a plan.
 */
#include "backend/sim/world.h"

#include "base/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A guest that nothing ends is ended by the world, long past any budget. */
#define HUNG_US UINT64_C(1000000000000)

static uint64_t act_guards(enum bv_sim_act act)
{
	static const uint64_t guards[] = {
#define SIM_ACTION(name, number, text, guards) [number] = guards,
#include "backend/sim/actions.def"
#undef SIM_ACTION
	};

	return guards[act];
}

static void text_copy(char out[BV_SIM_TEXT_MAX], const char *text)
{
	(void)snprintf(out, BV_SIM_TEXT_MAX, "%s", text);
}

bool bv_sim_beneath(const char *path, const char *root)
{
	size_t len = strlen(root);

	if (strcmp(root, "/") == 0)
		return path[0] == '/';
	return strncmp(path, root, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static struct bv_sim_file *file_find(struct bv_sim_world *world, const char *path)
{
	for (size_t i = 0; i < world->file_count; i++)
		if (!world->files[i].removed && strcmp(world->files[i].path, path) == 0)
			return &world->files[i];
	return NULL;
}

const struct bv_sim_file *bv_sim_world_find(const struct bv_sim_world *world, const char *path)
{
	for (size_t i = 0; i < world->file_count; i++)
		if (!world->files[i].removed && strcmp(world->files[i].path, path) == 0)
			return &world->files[i];
	return NULL;
}

bool bv_sim_world_file(struct bv_sim_world *world, const char *path, uint64_t content,
	uint64_t size_bytes)
{
	struct bv_sim_file *file = file_find(world, path);

	if (!file) {
		if (world->file_count == BV_SIM_FILES_MAX)
			return false;
		file = &world->files[world->file_count++];
	}
	*file = (struct bv_sim_file){.content = content, .size_bytes = size_bytes};
	text_copy(file->path, path);
	return true;
}

static bool task_add(struct bv_sim_world *world, const char *name, bool host, bool detached)
{
	struct bv_sim_task *task;

	if (world->task_count == BV_SIM_TASKS_MAX)
		return false;
	task = &world->tasks[world->task_count++];
	*task = (struct bv_sim_task){.host = host, .detached = detached, .alive = true};
	text_copy(task->name, name);
	return true;
}

bool bv_sim_world_host_task(struct bv_sim_world *world, const char *name)
{
	return task_add(world, name, true, false);
}

int bv_sim_world_install(struct bv_sim_world *world, enum bv_sim_facility facility)
{
	uint32_t n = world->happened.installs++;

	if (world->facility[facility] == BV_UNSUPPORTED)
		return ENOSYS;
	if (world->fault == BV_SIM_INSTALL_FAILS && world->fault_at == n)
		return EPERM;
	if (world->fault == BV_SIM_INSTALL_IGNORED && world->fault_at == n)
		return 0;
	world->happened.installed |= SIM_BIT(facility);
	return 0;
}

int bv_sim_world_limit(struct bv_sim_world *world, enum bv_dimension dimension, uint64_t limit)
{
	enum bv_sim_facility facility = BV_SIM_METER(dimension);
	struct bv_sim_meter *meter = &world->happened.meters[dimension];
	int errnum;

	if (limit > world->capacity[dimension])
		return ERANGE;
	errnum = bv_sim_world_install(world, facility);
	if (errnum)
		return errnum;
	meter->installed = bv_sim_world_holds(world, facility);
	meter->depth = world->facility[facility];
	meter->limit = limit;
	return 0;
}

void bv_sim_world_decider(struct bv_sim_world *world, bv_sim_decide decide, void *context)
{
	world->happened.decide = decide;
	world->happened.decide_context = context;
}

bool bv_sim_world_holds(const struct bv_sim_world *world, enum bv_sim_facility facility)
{
	return world->happened.installed & SIM_BIT(facility);
}

bool bv_sim_world_variable(struct bv_sim_world *world, const char *name, const char *value)
{
	int n;

	if (world->happened.environment_count == BV_SIM_VARIABLES_MAX)
		return false;
	n = snprintf(world->happened.environment[world->happened.environment_count],
		BV_SIM_TEXT_MAX, "%s=%s", name, value);
	if (n < 0 || n >= BV_SIM_TEXT_MAX)
		return false;
	world->happened.environment_count++;
	return true;
}

bool bv_sim_world_number(struct bv_sim_world *world, uint32_t number)
{
	if (world->happened.number_count == BV_SIM_NUMBERS_MAX)
		return false;
	world->happened.numbers[world->happened.number_count++] = number;
	return true;
}

int bv_sim_world_start(struct bv_sim_world *world, const char *program)
{
	const struct bv_sim_file *file = bv_sim_world_find(world, program);
	struct bv_sim_meter *tasks = &world->happened.meters[BV_TASKS];
	struct bv_sim_meter *handles = &world->happened.meters[BV_HANDLES];

	if (!file)
		return ENOENT;
	if (world->fault == BV_SIM_START_FAILS)
		return ENOEXEC;
	if (!task_add(world, program, false, false))
		return EAGAIN;
	world->happened.program = *file;
	world->happened.started = true;
	tasks->live = tasks->peak = 1;
	handles->live = handles->peak = world->happened.number_count;
	return 0;
}

bool bv_sim_world_sees(const struct bv_sim_world *world, enum bv_evidence claim)
{
	return world->facility[BV_SIM_WITNESS(claim)] != BV_UNSUPPORTED && !world->happened.blind;
}

static void stop(struct bv_sim_world *world, enum bv_sim_stop how, uint64_t value)
{
	if (world->happened.stop != BV_SIM_RUNNING)
		return;
	world->happened.stop = how;
	world->happened.stop_value = value;
}

/* What the guest sees of a limit that holds without ending it; 0 for those that end it. */
static int limit_errno(enum bv_dimension dimension)
{
	switch (dimension) {
	case BV_TASKS:
		return EAGAIN;
	case BV_HANDLES:
		return EMFILE;
	case BV_STORAGE:
		return ENOSPC;
	case BV_WALL:
	case BV_CPU:
	case BV_MEMORY:
	case BV_NETWORK:
		break;
	}
	return 0;
}

/* Charges `amount`. An exact meter never lets use pass the limit; a sampling one sees it
 * afterwards and ends the guest. Returns 0, or the errno of an effect that must not happen. */
static int charge(struct bv_sim_world *world, enum bv_dimension dimension, uint64_t amount)
{
	struct bv_sim_meter *meter = &world->happened.meters[dimension];
	uint64_t next = meter->live + amount;

	if (meter->installed && next > meter->limit && meter->depth == BV_ENFORCED) {
		if (limit_errno(dimension))
			return limit_errno(dimension);
		if (dimension == BV_WALL || dimension == BV_CPU)
			meter->live = meter->peak = meter->limit;
		stop(world, BV_SIM_EXHAUSTED, (uint64_t)dimension);
		return ENOMEM;
	}
	meter->live = next;
	if (next > meter->peak)
		meter->peak = next;
	if (meter->installed && next > meter->limit)
		stop(world, BV_SIM_EXHAUSTED, (uint64_t)dimension);
	return 0;
}

static int hang(struct bv_sim_world *world)
{
	struct bv_sim_meter *wall = &world->happened.meters[BV_WALL];

	(void)charge(world, BV_WALL, wall->installed ? wall->limit - wall->live + 1 : HUNG_US);
	stop(world, BV_SIM_HUNG, 0);
	return 0;
}

/* Two charges of one action: a burn costs time of both kinds. */
static int charge_action(struct bv_sim_world *world, const struct bv_sim_action *action)
{
	bool boxed = bv_sim_beneath(action->object, "/box");

	switch (action->act) {
	case BV_SIM_THREAD:
	case BV_SIM_SPAWN:
	case BV_SIM_DETACH:
		return charge(world, BV_TASKS, 1);
	case BV_SIM_OPEN:
		return charge(world, BV_HANDLES, action->amount);
	case BV_SIM_BURN:
		(void)charge(world, BV_WALL, action->amount);
		return charge(world, BV_CPU, action->amount);
	case BV_SIM_SLEEP:
		return charge(world, BV_WALL, action->amount);
	case BV_SIM_ALLOCATE:
		return charge(world, BV_MEMORY, action->amount);
	case BV_SIM_CONNECT:
		return charge(world, BV_NETWORK, action->amount);
	case BV_SIM_WRITE:
	case BV_SIM_PRODUCE:
		return boxed ? charge(world, BV_STORAGE, action->amount) : 0;
	case BV_SIM_READ:
	case BV_SIM_EXECUTE:
	case BV_SIM_SIGNAL:
	case BV_SIM_MESSAGE:
	case BV_SIM_SYSCALL:
	case BV_SIM_OUTPUT:
	case BV_SIM_EXIT:
	case BV_SIM_CRASH:
	case BV_SIM_HANG:
		break;
	}
	return 0;
}

static void output(struct bv_sim_stream *stream, uint64_t amount)
{
	for (uint64_t i = 0; i < amount && stream->len < BV_SIM_STREAM_MAX; i++) {
		stream->bytes[stream->len] = (uint8_t)('a' + stream->len % 26);
		stream->len++;
	}
}

/* What is left of an action once nobody refused it. */
static int effect(struct bv_sim_world *world, const struct bv_sim_action *action)
{
	switch (action->act) {
	case BV_SIM_WRITE:
	case BV_SIM_PRODUCE:
		return bv_sim_world_file(world, action->object, world->happened.log_count + 1,
			       action->amount)
			? 0
			: ENFILE;
	case BV_SIM_THREAD:
	case BV_SIM_SPAWN:
		return task_add(world, action->object, false, false) ? 0 : ENFILE;
	case BV_SIM_DETACH:
		return task_add(world, action->object, false, true) ? 0 : ENFILE;
	case BV_SIM_OUTPUT:
		output(&world->happened.streams[action->stream], action->amount);
		break;
	case BV_SIM_EXIT:
		stop(world, BV_SIM_EXITED, action->amount);
		break;
	case BV_SIM_CRASH:
		stop(world, BV_SIM_CRASHED, action->amount);
		break;
	case BV_SIM_HANG:
		return hang(world);
	case BV_SIM_READ:
	case BV_SIM_EXECUTE:
	case BV_SIM_CONNECT:
	case BV_SIM_SIGNAL:
	case BV_SIM_MESSAGE:
	case BV_SIM_SYSCALL:
	case BV_SIM_OPEN:
	case BV_SIM_BURN:
	case BV_SIM_SLEEP:
	case BV_SIM_ALLOCATE:
		break;
	}
	return 0;
}

static bool guarded(const struct bv_sim_world *world, enum bv_sim_act act)
{
	return world->happened.decide && (world->happened.installed & act_guards(act));
}

static void attempt(struct bv_sim_world *world, struct bv_sim_event *event)
{
	const struct bv_sim_action *action = &event->action;
	int answer = 0;

	(void)charge(world, BV_WALL, BV_SIM_STEP_US);
	if (world->happened.stop != BV_SIM_RUNNING) {
		event->refuser = BV_SIM_LIMIT;
		event->errnum = ETIME;
		return;
	}
	if (guarded(world, action->act))
		answer = world->happened.decide(world->happened.decide_context, action);
	if (answer) {
		event->refuser = BV_SIM_GUARD;
		event->errnum = answer == BV_SIM_BAR ? EPERM : answer;
		if (answer == BV_SIM_BAR)
			stop(world, BV_SIM_BARRED, 0);
		return;
	}
	answer = charge_action(world, action);
	if (!answer)
		answer = effect(world, action);
	if (answer) {
		event->refuser = BV_SIM_LIMIT;
		event->errnum = answer;
	}
}

const struct bv_sim_event *bv_sim_world_step(struct bv_sim_world *world)
{
	uint32_t n = world->happened.actions;
	struct bv_sim_event *event;

	if (world->happened.stop != BV_SIM_RUNNING || !world->happened.started)
		return NULL;
	if (n == world->script_count || world->happened.log_count == BV_SIM_LOG_MAX) {
		stop(world, BV_SIM_EXITED, 0);
		return NULL;
	}
	if (world->fault == BV_SIM_WITNESS_DIES && world->fault_at == n)
		world->happened.blind = true;
	event = &world->happened.log[world->happened.log_count];
	*event = (struct bv_sim_event){
		.action = world->script[n],
		.watched = !world->happened.blind,
		.at_us = bv_sim_world_clock(world),
	};
	attempt(world, event);
	world->happened.actions++;
	world->happened.log_count++;
	return event;
}

size_t bv_sim_world_kill(struct bv_sim_world *world, bool detached)
{
	bool miss = world->fault == BV_SIM_KILL_MISSES && world->happened.kills == 0;
	size_t left = 0;

	for (size_t i = 0; i < world->task_count; i++) {
		struct bv_sim_task *task = &world->tasks[i];
		bool reached =
			!task->detached || (detached && bv_sim_world_holds(world, BV_SIM_TREE));

		if (task->host || !task->alive)
			continue;
		if (miss || !reached)
			left++;
		else
			task->alive = false;
		miss = false;
	}
	world->happened.kills++;
	world->happened.kills_short += left != 0;
	return left;
}

bool bv_sim_world_store(struct bv_sim_world *world, const char *path,
	const struct bv_sim_file *from)
{
	return bv_sim_world_file(world, path, from->content, from->size_bytes);
}

void bv_sim_world_remove(struct bv_sim_world *world, const char *path)
{
	struct bv_sim_file *file = file_find(world, path);

	if (file)
		file->removed = true;
}

void bv_sim_file_digest(const struct bv_sim_file *file, struct bv_digest *ret)
{
	uint64_t bytes[2] = {file->content, file->size_bytes};

	bv_sha256_once(bytes, sizeof(bytes), ret);
}

uint64_t bv_sim_world_clock(const struct bv_sim_world *world)
{
	return world->happened.meters[BV_WALL].live;
}

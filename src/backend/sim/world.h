/* SPDX-License-Identifier: MIT
 *
 * A simulated machine: files, listeners, host tasks, IPC channels, a clock, meters, and a guest
 * that follows a script. It is physics, not policy: whatever no installed guard refuses happens,
 * and everything that was attempted stands in the log. Tests take the log for the truth; the
 * backend that runs in the world cannot write to it except by acting.
 *
 * The first part of the struct is set by a test and read-only during a run; everything below
 * `happened` belongs to world.c. A world is good for one run. Fixed arrays, no allocation.
 */
#ifndef BACKEND_SIM_WORLD_H
#define BACKEND_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bvisor/backend.h>

enum bv_sim_facility {
#define SIM_FACILITY(name, number, fact, what) name = number,
#include "backend/sim/facilities.def"
#undef SIM_FACILITY
};
#define BV_SIM_FACILITY_COUNT 37
#define BV_SIM_METER(dimension) ((enum bv_sim_facility)(BV_SIM_METER_WALL + (int)(dimension)))
#define BV_SIM_WITNESS(claim) ((enum bv_sim_facility)(BV_SIM_WITNESS_OUTCOME + (int)(claim)))
#define SIM_BIT(facility) (UINT64_C(1) << (facility))

enum bv_sim_act {
#define SIM_ACTION(name, number, text, guards) name = number,
#include "backend/sim/actions.def"
#undef SIM_ACTION
};
#define BV_SIM_ACT_COUNT 19

enum bv_sim_fault {
#define SIM_FAULT(name, number, text, unit, what) name = number,
#include "backend/sim/faults.def"
#undef SIM_FAULT
};
#define BV_SIM_FAULT_COUNT 7

#define BV_SIM_TEXT_MAX 96
#define BV_SIM_FILES_MAX 64
#define BV_SIM_TASKS_MAX 64
#define BV_SIM_LOG_MAX 256
#define BV_SIM_STREAM_MAX 8192
#define BV_SIM_VARIABLES_MAX 24
#define BV_SIM_NUMBERS_MAX 24
#define BV_SIM_STEP_US 10 /* what every action takes of the clock */

/* Where the private directory, the artifacts and what is committed stand. */
#define BV_SIM_TEMP_PATH "/box/tmp"
#define BV_SIM_OUT_PATH "/box/out"
#define BV_SIM_HOST_PATH "/host/out"

/* What `object` and `amount` mean: a path, and the bytes written; a host, its transport in
 * `stream`, its port, and the bytes exchanged; a host task's or channel's or system call's name;
 * descriptors opened; microseconds; bytes; a stream's number and bytes; a status; a signal. */
struct bv_sim_action {
	enum bv_sim_act act;
	uint16_t port;
	uint32_t stream;
	uint64_t amount;
	char object[BV_SIM_TEXT_MAX];
};

struct bv_sim_file {
	char path[BV_SIM_TEXT_MAX];
	uint64_t content; /* stands for the bytes */
	uint64_t size_bytes;
	bool removed;
};

struct bv_sim_task {
	char name[BV_SIM_TEXT_MAX];
	bool host;
	bool detached;
	bool alive;
};

enum bv_sim_refuser {
	BV_SIM_NOBODY = 0, /* it took effect */
	BV_SIM_GUARD = 1,
	BV_SIM_LIMIT = 2, /* a meter */
};

struct bv_sim_event {
	struct bv_sim_action action;
	enum bv_sim_refuser refuser;
	int errnum;
	bool watched; /* the observers could see it */
	uint64_t at_us;
};

/* How the guest ended. */
enum bv_sim_stop {
	BV_SIM_RUNNING = 0,
	BV_SIM_EXITED = 1,    /* value */
	BV_SIM_CRASHED = 2,   /* value: the signal */
	BV_SIM_EXHAUSTED = 3, /* value: the dimension */
	BV_SIM_BARRED = 4,    /* by the kernel surface's guard */
	BV_SIM_HUNG = 5,      /* nothing ended it: the world did, at its own end */
};

struct bv_sim_meter {
	bool installed;
	enum bv_enforcement depth;
	uint64_t limit;
	uint64_t live; /* the total so far, or what is held now */
	uint64_t peak; /* what counts as use */
};

struct bv_sim_stream {
	size_t len;
	uint8_t bytes[BV_SIM_STREAM_MAX];
};

/* A guard's answer: 0, or the errno the guest sees; BV_SIM_BAR ends the guest. */
#define BV_SIM_BAR (-1)
typedef int (*bv_sim_decide)(void *context, const struct bv_sim_action *action);

struct bv_sim_world {
	enum bv_enforcement facility[BV_SIM_FACILITY_COUNT];
	uint64_t capacity[BV_DIMENSION_COUNT];
	struct bv_sim_file files[BV_SIM_FILES_MAX];
	size_t file_count;
	struct bv_sim_task tasks[BV_SIM_TASKS_MAX];
	size_t task_count;
	const struct bv_sim_action *script;
	size_t script_count;
	enum bv_sim_fault fault;
	uint32_t fault_at;

	struct {
		uint64_t installed; /* set of facilities, as they really are */
		uint32_t installs;
		uint32_t actions;
		bool blind; /* the observers died */
		bool supervisor_died;
		bool started;
		uint32_t kills;
		uint32_t kills_short; /* kills that left a task alive */
		char environment[BV_SIM_VARIABLES_MAX][BV_SIM_TEXT_MAX];
		size_t environment_count;
		uint32_t numbers[BV_SIM_NUMBERS_MAX];
		size_t number_count;
		struct bv_sim_file program;
		struct bv_sim_meter meters[BV_DIMENSION_COUNT];
		struct bv_sim_stream streams[3];
		struct bv_sim_event log[BV_SIM_LOG_MAX];
		size_t log_count;
		enum bv_sim_stop stop;
		uint64_t stop_value;
		bv_sim_decide decide;
		void *decide_context;
	} happened;
};

const char *bv_sim_act_name(enum bv_sim_act act);
const char *bv_sim_facility_fact(enum bv_sim_facility facility);
const char *bv_sim_fault_name(enum bv_sim_fault fault);

/* Setting the scene. Return false if the arrays are full. */
bool bv_sim_world_file(struct bv_sim_world *world, const char *path, uint64_t content,
	uint64_t size_bytes);
bool bv_sim_world_host_task(struct bv_sim_world *world, const char *name);

/* What a backend may do. Installing answers 0 or an errno value; it can also lie (a fault). */
int bv_sim_world_install(struct bv_sim_world *world, enum bv_sim_facility facility);
int bv_sim_world_limit(struct bv_sim_world *world, enum bv_dimension dimension, uint64_t limit);
void bv_sim_world_decider(struct bv_sim_world *world, bv_sim_decide decide, void *context);
bool bv_sim_world_holds(const struct bv_sim_world *world, enum bv_sim_facility facility);
bool bv_sim_world_variable(struct bv_sim_world *world, const char *name, const char *value);
bool bv_sim_world_number(struct bv_sim_world *world, uint32_t number);
int bv_sim_world_start(struct bv_sim_world *world, const char *program);
/* One action of the script; NULL when the guest has ended. */
const struct bv_sim_event *bv_sim_world_step(struct bv_sim_world *world);
/* True if somebody with that claim's eyes can still see. */
bool bv_sim_world_sees(const struct bv_sim_world *world, enum bv_evidence claim);
/* Kills the tasks of the run; without `detached` only those still in sight. Returns how many
 * stay alive. */
size_t bv_sim_world_kill(struct bv_sim_world *world, bool detached);
bool bv_sim_world_store(struct bv_sim_world *world, const char *path,
	const struct bv_sim_file *from);
void bv_sim_world_remove(struct bv_sim_world *world, const char *path);

const struct bv_sim_file *bv_sim_world_find(const struct bv_sim_world *world, const char *path);
void bv_sim_file_digest(const struct bv_sim_file *file, struct bv_digest *ret);
uint64_t bv_sim_world_clock(const struct bv_sim_world *world);
bool bv_sim_beneath(const char *path, const char *root);

#endif

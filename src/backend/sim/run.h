/* SPDX-License-Identifier: MIT
 *
 * What the parts of the simulated backend share about one run. Internal to this folder.
 */
#ifndef BACKEND_SIM_RUN_H
#define BACKEND_SIM_RUN_H

#include "backend/sim/sim.h"

enum bv_sim_stage {
#define SIM_STAGE(name, number, state, event) name = number,
#include "backend/sim/stages.def"
#undef SIM_STAGE
};

struct bv_sim_run {
	struct bv_sim *sim;
	struct bv_sim_world *world;
	const struct bv_plan *plan;
	const struct bv_spec *spec;
	const struct bv_run_options *options;
	struct bv_report_body *body;
	struct bv_end end; /* why nothing was started, if so; else unused */
	bool refused;      /* `end` is set */
	bool kill_repeated;
};

extern const struct bv_backend_ops bv_sim_ops;

/* guard.c, pure: 0, an errno value, or BV_SIM_BAR. */
int bv_sim_guard(const struct bv_spec *spec, const struct bv_sim_action *action);
enum bv_kind bv_sim_guard_kind(const struct bv_spec *spec, enum bv_sim_act act);
/* The same with the run's lie; `context` is a struct bv_sim_run. */
int bv_sim_guard_decide(void *context, const struct bv_sim_action *action);

/* ops.c, pure: the facility a primitive of the schedule stands for; _COUNT if none. */
enum bv_sim_facility bv_sim_primitive_facility(const char *id);

/* execute.c */
int bv_sim_execute(void *state, const struct bv_plan *plan, const struct bv_run_options *options,
	struct bv_report_body *body, struct bv_error *err);

/* artifacts.c: what becomes of what the guest made. */
void bv_sim_artifacts(struct bv_sim_run *run);

/* observe.c: filling the body. */
void bv_sim_observe_event(struct bv_sim_run *run, const struct bv_sim_event *event);
void bv_sim_observe_stage(struct bv_sim_run *run, enum bv_sim_stage stage);
void bv_sim_observe_guards(struct bv_sim_run *run, uint64_t needed);
void bv_sim_observe_result(struct bv_sim_run *run);
/* True if the spec wants the claim witnessed and somebody can. */
bool bv_sim_watches(const struct bv_sim_run *run, enum bv_evidence claim);

#endif

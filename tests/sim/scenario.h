/* SPDX-License-Identifier: MIT
 *
 * A scenario: a machine, a spec and what the guest will try, all made from one seed. It is the
 * harness's own knowledge: what the backend says is judged against it and against the world's
 * log, never the other way round. A scenario holds pointers into itself: never copy one.
 */
#ifndef TESTS_SIM_SCENARIO_H
#define TESTS_SIM_SCENARIO_H

#include "backend/sim/world.h"

#define SCENARIO_ACTIONS_MAX 40
#define SCENARIO_SECRET "hunter2-is-not-for-reports"
#define SCENARIO_NO_CHANGE BV_SIM_FACILITY_COUNT

struct scenario {
	uint64_t seed;
	struct bv_sim_world world; /* before anything happened */
	struct bv_sim_action script[SCENARIO_ACTIONS_MAX];
	/* The facility that is lost between plan and run; SCENARIO_NO_CHANGE: none. */
	uint32_t lost;
	struct bv_spec spec;
	struct bv_grant grants[4];
	struct bv_destination destinations[3];
	struct bv_variable variables[3];
	struct bv_descriptor descriptors[2];
	struct bv_exposure exposure;
};

void scenario_make(struct scenario *scenario, uint64_t seed);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The simulated backend: runs a scripted guest in a simulated machine, enforces the plan and
 * reports the truth, or tells the one lie it was asked to tell. Test-only; never part of the
 * library. It exists to prove that the harness in tests/sim can tell the difference.
 *
 *     struct bv_sim sim = {.world = &world, .lie = BV_SIM_TRUTH};
 *     bv_sim_open(&sim, &backend, &error), then bv_admit() and bv_run() as with any backend;
 *     sim.told says how often there was an opportunity to lie, and it was taken.
 *
 * The caller owns the struct and the world; both outlive the backend. One run at a time.
 */
#ifndef BACKEND_SIM_SIM_H
#define BACKEND_SIM_SIM_H

#include "backend/sim/world.h"
#include "base/buf.h"

enum bv_sim_lie {
#define SIM_LIE(name, number, text, layer, check, what) name = number,
#include "backend/sim/lies.def"
#undef SIM_LIE
};
#define BV_SIM_LIE_COUNT 64

struct bv_sim {
	struct bv_sim_world *world;
	enum bv_sim_lie lie;
	uint32_t variant; /* which of several opportunities a lie takes; any number */
	uint32_t told;
	bool probed;
	uint64_t lied_about; /* facilities, by the first probe */
	struct bv_snapshot first;
};

int bv_sim_open(struct bv_sim *sim, struct bv_backend **ret, struct bv_error *err);
const char *bv_sim_lie_name(enum bv_sim_lie lie);

/* True if the sim is to tell this lie, and counts it as told: ask only where the lie would
 * differ from the truth. The second form tells it once a run. */
bool bv_sim_lies(struct bv_sim *sim, enum bv_sim_lie lie);
bool bv_sim_lies_once(struct bv_sim *sim, enum bv_sim_lie lie);

/* Hands over a sealed report's bytes, as they are or not (layer `courier`). */
void bv_sim_deliver(struct bv_sim *sim, struct bv_bytes sealed, struct bv_buf *ret);

#endif

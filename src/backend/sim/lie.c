/* SPDX-License-Identifier: MIT
 *
 * Choosing and counting lies, and opening the simulated backend.
 */
#include "backend/sim/run.h"

const char *bv_sim_lie_name(enum bv_sim_lie lie)
{
	static const char *const names[] = {
#define SIM_LIE(name, number, text, layer, check, what) [number] = text,
#include "backend/sim/lies.def"
#undef SIM_LIE
	};

	return (size_t)lie < sizeof(names) / sizeof(names[0]) ? names[lie] : NULL;
}

bool bv_sim_lies(struct bv_sim *sim, enum bv_sim_lie lie)
{
	if (sim->lie == BV_SIM_TRUTH || sim->lie != lie)
		return false;
	sim->told++;
	return true;
}

bool bv_sim_lies_once(struct bv_sim *sim, enum bv_sim_lie lie)
{
	return sim->told == 0 && bv_sim_lies(sim, lie);
}

int bv_sim_open(struct bv_sim *sim, struct bv_backend **ret, struct bv_error *err)
{
	return bv_backend_new(&bv_sim_ops, sim, ret, err);
}

/* SPDX-License-Identifier: MIT
 *
 * The names in the tables of the simulated machine; NULL for a number outside a table.
 */
#include "backend/sim/world.h"

const char *bv_sim_act_name(enum bv_sim_act act)
{
	static const char *const names[] = {
#define SIM_ACTION(name, number, text, guards) [number] = text,
#include "backend/sim/actions.def"
#undef SIM_ACTION
	};

	return (size_t)act < sizeof(names) / sizeof(names[0]) ? names[act] : NULL;
}

const char *bv_sim_facility_fact(enum bv_sim_facility facility)
{
	static const char *const names[] = {
#define SIM_FACILITY(name, number, fact, what) [number] = fact,
#include "backend/sim/facilities.def"
#undef SIM_FACILITY
	};

	return (size_t)facility < sizeof(names) / sizeof(names[0]) ? names[facility] : NULL;
}

const char *bv_sim_fault_name(enum bv_sim_fault fault)
{
	static const char *const names[] = {
#define SIM_FAULT(name, number, text, unit, what) [number] = text,
#include "backend/sim/faults.def"
#undef SIM_FAULT
	};

	return (size_t)fault < sizeof(names) / sizeof(names[0]) ? names[fault] : NULL;
}

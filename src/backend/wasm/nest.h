/* SPDX-License-Identifier: MIT
 *
 * The second boundary: from what a guest is granted to the spec of the worker that runs it. Pure,
 * so that what is answered and what is done come from the same value.
 */
#ifndef WASM_NEST_H
#define WASM_NEST_H

#include <stdbool.h>

#include "wire/guest.h"
#include <bvisor/backend.h>
#include <bvisor/wasm_backend.h>

#define FACT_WASM_WORKER "wasm.worker"
#define FACT_WASM_CPU "wasm.cpu"
#define FACT_WASM_CLOCK "wasm.thread-clock"
#define FACT_WASM_ENGINE "wasm.engine"
#define FACT_WASM_PATHS "wasm.paths"
#define FACT_WASM_ROOTS "wasm.roots"

#define NEST_FUEL_PER_US 1000u
/* The worker's processor time behind the fuel: so much for each microsecond of it, so much whatever
 * is run (a module of 64 MiB is read in less), and a microsecond for so many bytes of memory. */
#define NEST_CPU_PER_FUEL 16u
#define NEST_CPU_FLOOR_US UINT64_C(10000000)
#define NEST_MEMORY_PER_US 64u
#define NEST_MEMORY_MAX (UINT64_C(4) << 30)
/* What a guest finds its outputs under, unless the spec has a path for them: the same in every run,
 * and no word about the host. */
#define NEST_OUT "/bvisor-out"
/* What the worker itself has open while it serves a guest. */
#define NEST_HANDLES 8u

struct nest {
	struct bv_spec spec;
	struct bv_grant grants[BV_GRANTS_MAX + BV_EXPOSURES_MAX];
	struct bv_exposure exposures[BV_EXPOSURES_MAX];
	struct bv_output outputs[BV_OUTPUTS_MAX];
	struct bv_descriptor descriptors[WIRE_GUEST_FDS];
};

/* The worker's spec. The result holds pointers into itself and into `guest`. Where its descriptors
 * come from is each run's to say: in the spec every one is its own. */
void nest_make(const struct bv_spec *guest, bool fuel, struct nest *ret);

/* Whether the guest runs in a worker: asked for, there, and (with a spec) confined as it should
 * be. If not, *ret_lack says what is missing; `ret_lack` may be NULL. */
bool nest_stands(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_answer *ret_lack);
enum bv_wasm_worker nest_wish(const struct bv_snapshot *snapshot);
bool nest_fuel(const struct bv_snapshot *snapshot);

/* ---- what the backend answers: answer.c, budget.c, observer.c, lower.c ---- */

struct bv_verdict wasm_support(enum bv_kind kind);
void wasm_profile(const struct bv_snapshot *snapshot, enum bv_kind kind, struct bv_answer *ret);
void wasm_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret);
void wasm_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret);
void wasm_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret);
int wasm_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err);

#endif

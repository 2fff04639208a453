/* SPDX-License-Identifier: MIT
 *
 * The harness's own ground truth: what a spec allows, what it needs of a machine and how a run
 * must be told, written a second time and without looking at the backend's or the planner's
 * code. It reads the scenario (what was asked) and the world's log (what happened).
 */
#ifndef TESTS_SIM_TRUTH_H
#define TESTS_SIM_TRUTH_H

#include "scenario.h"

/* May the guest do this under this spec? */
bool truth_allows(const struct bv_spec *spec, const struct bv_sim_action *action);
/* True for actions that a policy decides about, as opposed to budgets only. */
bool truth_policed(enum bv_sim_act act);
/* The kind a denial of this action belongs to. */
enum bv_kind truth_kind(const struct bv_spec *spec, enum bv_sim_act act);
/* Does the spec make this requirement? */
bool truth_requires(const struct bv_spec *spec, enum bv_kind kind);
/* How deep the machine holds a kind; a grant of something ambient is always there. */
enum bv_enforcement truth_depth(const struct bv_sim_world *world, enum bv_kind kind);
/* The facilities that must be installed before the guest starts. */
uint64_t truth_guards(const struct bv_spec *spec);
/* Can the machine do all that is asked? NULL, or what it cannot. */
const char *truth_obstacle(const struct scenario *scenario);
/* The end that must be reported; strings in it are NULL. */
struct bv_end truth_end(const struct bv_sim_world *world);
enum bv_coverage truth_coverage(const struct scenario *scenario, const struct bv_sim_world *world,
	enum bv_evidence claim);
/* What stands at a path beneath the output directory when the guest has ended; NULL: nothing.
 * The content is numbered after the event that wrote it. */
const struct bv_sim_event *truth_written(const struct bv_sim_world *world, const char *path,
	uint64_t *ret_content);

#endif

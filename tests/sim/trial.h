/* SPDX-License-Identifier: MIT
 *
 * One trial: a scenario carried out through the public interface on a simulated backend that
 * tells one lie or none, and everything the checks need to judge it. `checks_run` gives the set
 * of checks that fired, with what the first of them said.
 */
#ifndef TESTS_SIM_TRIAL_H
#define TESTS_SIM_TRIAL_H

#include <jansson.h>

#include "backend/sim/sim.h"
#include "scenario.h"
#include <bvisor/report.h>

struct trial {
	struct scenario *scenario;
	struct bv_sim_world world; /* afterwards */
	struct bv_sim sim;
	bool changed; /* the machine lost a facility between plan and run */
	struct bv_backend *backend;
	struct bv_proposal *proposal;
	struct bv_admission *admission;
	const struct bv_plan *plan; /* NULL: refused */
	int run_code;               /* of bv_run(), if there was a plan */
	struct bv_report *report;   /* as it was handed over */
	struct bv_buf delivered;    /* its bytes, as they were handed over */
	json_t *json;               /* the report's own bytes, read by another reader */
	char stdout_seen[BV_SIM_STREAM_MAX];
	size_t stdout_seen_len;
	char text[512]; /* what the first check to fire said */
};

/* Aborts the program on an error of the harness itself (no memory, a spec that is not valid). */
void trial_run(struct trial *trial, struct scenario *scenario, enum bv_sim_lie lie);
void trial_close(struct trial *trial);

enum check {
#define CHECK(name, what) CHECK_##name,
#include "checks.def"
#undef CHECK
	CHECK_COUNT,
};
#define CHECK_BIT(check) (UINT32_C(1) << (check))

const char *check_name(enum check check);
/* The set of checks that fired. */
uint32_t checks_run(struct trial *trial);

/* For checks: says what is wrong, in trial->text if it is the first, and returns false. */
bool check_says(struct trial *trial, const char *fmt, ...) BV_PRINTF(2, 3);
/* A member's text; one that is not there, or is no text, reads as "". */
const char *json_text(const json_t *object, const char *key);
/* True if the backend came to its end and reported. */
bool trial_told(const struct trial *trial);

#define CHECK(name, what) bool check_##name(struct trial *trial);
#include "checks.def"
#undef CHECK

#endif

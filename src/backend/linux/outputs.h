/* SPDX-License-Identifier: MIT
 *
 * The output directories of a run: made before it, granted by their own descriptors, watched while
 * it runs, and collected after its tree is dead.
 */
#ifndef LINUX_OUTPUTS_H
#define LINUX_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include <bvisor/bounds.h>
#include <bvisor/error.h>

struct execution;

struct outputs {
	int root;    /* of the staging; -1: there are no outputs */
	int attempt; /* this run's directory in it */
	int dirs[BV_OUTPUTS_MAX];
	size_t count;
	char *place;        /* where the attempt's directory is; malloc */
	uint64_t bytes;     /* the most that was seen in them */
	bool exceeded;      /* more than the budget: the run is ended for it */
	int64_t measure_ms; /* when they are measured next */
	uint64_t measured_count;
};

#define OUTPUTS_NONE ((struct outputs){.root = -1, .attempt = -1})

/* How often they are measured, unless that takes long. */
#define OUTPUTS_PERIOD_MS 50

/* Makes and opens them. */
int outputs_open(struct execution *run, struct bv_error *err);
/* To the workload, in Landlock's ruleset and in the view as far as there are these. */
int outputs_grant(struct execution *run, struct bv_error *err);
/* The value of BVISOR_OUT; malloc, NULL without memory. */
char *outputs_variable(const struct execution *run);
/* Measures if it is time. How long until the next time, -1 if never. */
int outputs_watch(struct execution *run, int64_t now_ms);
/* All that they occupy, each called on the first look after the end. False if some was not seen. */
bool outputs_measure(struct execution *run);
/* collect.c: what is in them goes into the body, and is closed against changes. */
void outputs_collect(struct execution *run);
/* Nothing stays behind of a run that left nothing, or never began. */
void outputs_close(struct execution *run);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The output directories of a run: made before it, handed to it by whoever runs it, watched while
 * it runs, and collected after its tree is dead. Whatever writes in them is not trusted.
 */
#ifndef ARTIFACT_OUTPUTS_H
#define ARTIFACT_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include <bvisor/body.h>
#include <bvisor/spec.h>

struct outputs {
	int root;    /* of the staging; -1: there are no outputs */
	int attempt; /* this run's directory in it */
	struct bv_attempt_id id;
	int dirs[BV_OUTPUTS_MAX]; /* as the spec lists them */
	size_t count;
	int beside;         /* another directory that counts with them, borrowed; -1: none */
	char *place;        /* where the attempt's directory is; malloc */
	uint64_t bytes;     /* the most that was seen in them */
	bool exceeded;      /* more than the budget: the run is to be ended for it */
	int64_t measure_ms; /* when they are measured next */
	uint64_t measured_count;
	/* Of fetching. */
	size_t refused;
	const char *missed; /* NULL: nothing */
};

#define OUTPUTS_NONE ((struct outputs){.root = -1, .attempt = -1, .beside = -1})
#define OUTPUTS_UNLIMITED UINT64_MAX

/* How often they are measured, unless that takes long. */
#define OUTPUTS_PERIOD_MS 50

/* Makes and opens those of the spec, if it has any, beneath a staging directory (NULL: there is
 * none). What was made before a failure is outputs_close()'s. */
int outputs_open(struct outputs *outputs, const char *staging, const struct bv_spec *spec,
	const struct bv_attempt_id *attempt, struct bv_error *err);
/* Measures if it is time. How long until the next time, -1 if never. */
int outputs_watch(struct outputs *outputs, uint64_t limit_bytes, int64_t now_ms);
/* All that they occupy, each called on the first look after the end. False if some was not seen. */
bool outputs_measure(struct outputs *outputs);
#define OUTPUTS_STORED_NAME 24
/* fetch.c: an output's name in a boundary's own storage, where each was kept instead. */
void outputs_stored_name(size_t index, char ret[OUTPUTS_STORED_NAME]);
/* From there into the directories made for them; `store` is that storage. */
void outputs_fetch(struct outputs *outputs, const struct bv_spec *spec, int store,
	struct bv_report_body *body);
/* collect.c: how many bytes are read at most. */
uint64_t outputs_bytes_max(const struct bv_spec *spec);
/* What is in them goes into the body, and is closed against changes. `drained`: nobody
 * can have outlived the run. */
void outputs_collect(const struct outputs *outputs, const struct bv_spec *spec, bool drained,
	struct bv_report_body *body);
/* Nothing stays behind of a run that left nothing, or never began. */
void outputs_close(struct outputs *outputs);

#endif

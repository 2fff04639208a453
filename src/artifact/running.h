/* SPDX-License-Identifier: MIT
 *
 * That a run is at work in an attempt's directory: a mark in it, and a lock on it that goes with
 * whoever holds it. What is marked and not locked was left by a supervisor that was killed before
 * it had a report, so nobody can ever decide on it: it goes when the next run begins.
 */
#ifndef ARTIFACT_RUNNING_H
#define ARTIFACT_RUNNING_H

#include <stdbool.h>

#include <bvisor/error.h>

/* Whether a lock is seen by all who can reach the file system: by one kernel only, so a network's
 * is none, where flock(2) may well succeed on every host at once. Elsewhere nothing is swept. */
bool running_locks_hold(int directory);
int running_begin(int attempt_dir, struct bv_error *err);
void running_end(int attempt_dir);
/* Offers so many names to `remove`, which says whether it removed; it removes a bounded number. */
void running_sweep_names(int directory, int names_max,
	bool (*remove)(int directory, const char *name));
/* As far as it goes: what is left over keeps nobody from a run. */
void running_sweep(int root);

#endif

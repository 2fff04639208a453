/* SPDX-License-Identifier: MIT
 *
 * That a run is at work in an attempt's directory: a mark in it, and a lock on it that goes with
 * whoever holds it. What is marked and not locked was left by a supervisor that was killed before
 * it had a report, so nobody can ever decide on it: it goes when the next run begins.
 */
#ifndef ARTIFACT_RUNNING_H
#define ARTIFACT_RUNNING_H

#include <bvisor/error.h>

int running_begin(int attempt_dir, struct bv_error *err);
void running_end(int attempt_dir);
/* As far as it goes: what is left over keeps nobody from a run. */
void running_sweep(int root);

#endif

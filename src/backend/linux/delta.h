/* SPDX-License-Identifier: MIT
 *
 * What a run did to the files it may write: the writable roots are walked before it starts and
 * after its tree is gone, relative to descriptors and following no link, and the two are compared.
 * It costs two walks and the reading of what changed, and so is done only when asked for. What was
 * written to an overlay is read from its upper layer instead, see upper.h.
 */
#ifndef LINUX_DELTA_H
#define LINUX_DELTA_H

#include <stdbool.h>

#include <bvisor/body.h>
#include <bvisor/error.h>
#include <bvisor/spec.h>

struct delta;

/* *ret stays NULL if the spec does not ask for it; then the others do nothing. */
int delta_new(const struct bv_spec *spec, bool settable, struct delta **ret, struct bv_error *err);
/* One that the run may write, by the descriptor (also of O_PATH) that it is granted by. */
int delta_root(struct delta *delta, const char *path, int fd, struct bv_error *err);
/* The source of an overlay, which the workload sees at `path`. */
int delta_overlay(struct delta *delta, const char *path, int fd, struct bv_error *err);
/* The first walk. */
void delta_begin(struct delta *delta, const struct bv_spec *spec);
/* The second walk, and what is different, also in overlays, whose upper layers are in the store
 * (-1: there is none); `settled`: nothing of the run is left to change more. */
void delta_fill(struct delta *delta, bool settled, int store, struct bv_report_body *body);
struct delta *delta_free(struct delta *delta);

#endif

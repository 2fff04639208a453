/* SPDX-License-Identifier: MIT
 *
 * Argument classes: for each call whose arguments matter, the values on both sides of every
 * border, in all combinations, each with clean and with dirty upper halves. For all other calls,
 * nothing and garbage.
 */
#ifndef UNIT_BPF_GRID_H
#define UNIT_BPF_GRID_H

#include "bpf/filter.h"

#define GRID_SELF 4242 /* the id that tests bind */

struct grid;

const struct grid *grid_of(const char *name); /* name may be NULL */
size_t grid_size(const struct grid *grid);
void grid_at(const struct grid *grid, size_t i, __u64 args[6]);

/* The next state of a small generator, for what is not enumerable. */
uint32_t grid_random(uint64_t *state);

#endif

/* SPDX-License-Identifier: MIT
 *
 * What the long programs share: a boundary with all there is to it (a view, a temporary root, an
 * output), and a directory of their own to keep things in. They end the program when something
 * cannot be had: a long program that measures something else would be worse than none.
 */
#ifndef LONG_H
#define LONG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <bvisor/bvisor.h>

struct long_boundary {
	struct bv_backend *backend;
	struct bv_admission *admission;
	char work[64];    /* everything below; TMPDIR as well */
	char staging[80]; /* beneath it */
};

_Noreturn void long_die(const char *what, const struct bv_error *err);
/* This machine has nothing to measure it on. Status 77. */
_Noreturn void long_skip(const char *why);
/* `leave` with COUNT and BYTES, see leave.c. */
void long_open(struct long_boundary *b, const char *launcher, const char *leave, const char *count,
	const char *bytes);
struct bv_report *long_run(const struct long_boundary *b);
/* The decision on what a run left: all of it dropped. `count` artifacts must be there. */
void long_discard(const struct long_boundary *b, const struct bv_report *report, size_t count);
/* False, and said, if anything is left in the staging directory. */
bool long_close(struct long_boundary *b);
double long_now(void);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The tests' own knowledge of system call numbers: what the preprocessor says of the kernel's
 * headers (a dump of their macros), and a list of calls that are newer than them. It shares
 * nothing with the table under test.
 */
#ifndef UNIT_BPF_NAMES_H
#define UNIT_BPF_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/filter.h"

#define NAMES_MAX 1024

struct names {
	char text[NAMES_MAX][32]; /* by number; "" for none */
	bool header[NAMES_MAX];   /* said by the headers, not only by the list */
	size_t count;
};

/* Reads a dump of macros (cc -E -dM) and adds the list. Fails the test if it can't. */
void names_read(struct names *names, const char *path, enum bv_filter_arch arch);
/* The names of the headers whose dump the build made for this machine. */
const struct names *names_of(enum bv_filter_arch arch);
const char *names_at(const struct names *names, int number); /* NULL for none */
int names_find(const struct names *names, const char *name); /* -1 for none */

#endif

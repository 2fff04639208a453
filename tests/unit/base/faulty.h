/* SPDX-License-Identifier: MIT
 *
 * Allocations that fail on demand: link with faulty.c and -Wl,--wrap for malloc, calloc and
 * realloc. Only the code under test allocates between faulty_arm() and faulty_disarm().
 */
#ifndef UNIT_BASE_FAULTY_H
#define UNIT_BASE_FAULTY_H

/* The n-th allocation from now (0 is the next) fails; the others work. */
void faulty_arm(long n);
/* Returns how many allocations were asked for since faulty_arm(). */
long faulty_disarm(void);

#endif

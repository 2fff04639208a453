/* SPDX-License-Identifier: MIT
 *
 * The guest of the oracles: a static program that makes attempts and says what came of each, as
 * `name=OK` or `name=ERRNO` on its standard output. Every attempt is a function that returns 0
 * or an errno value; GUEST_SAID if it has printed its own line.
 */
#ifndef ORACLE_GUEST_H
#define ORACLE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_SAID (-1)

#define ATTEMPT(name, function, arguments) int function(char **args);
#include "attempts.def"
#undef ATTEMPT

/* 0, or errno if the value is negative. */
int guest_result(long value);
/* The same for a descriptor, which is closed. */
int guest_close(int fd);
/* Prints at once, however stdout is buffered, and whoever else may be writing. */
void guest_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
unsigned long guest_number(const char *text);

#endif

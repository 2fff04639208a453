/* SPDX-License-Identifier: MIT
 *
 * The command's own words: one line each, on standard error, after "bvisor: ". What goes in may
 * quote hostile text, so control and direction characters leave as '?'.
 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <stddef.h>

#include <bvisor/error.h>

void cli_say(const char *fmt, ...) BV_PRINTF(1, 2);
void cli_say_error(const struct bv_error *err);
/* Raises an error: fills *err and returns the code. `place` may be NULL. */
int cli_fail(struct bv_error *err, int code, const char *place, const char *fmt, ...)
	BV_PRINTF(4, 5);
/* The same for the system's refusals: BV_E_OS, and the text of errnum is appended. */
int cli_fail_os(struct bv_error *err, int errnum, const char *place, const char *fmt, ...)
	BV_PRINTF(4, 5);
/* The exit status for an error. */
int cli_exit_of(const struct bv_error *err);
/* What an errno value means, in words that need no locale. */
const char *cli_errno_text(int errnum);

/* Copies text so that it is safe on a terminal; returns dst. Cuts at capacity - 1 bytes. */
char *cli_neutral(char *dst, size_t capacity, const char *text);

#endif

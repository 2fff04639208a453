/* SPDX-License-Identifier: MIT
 *
 * How a run ended, for the shell (an exit status) and for people (one line, unless the program
 * ended by itself).
 */
#ifndef CLI_ENDING_H
#define CLI_ENDING_H

#include <bvisor/report.h>
#include <bvisor/spec.h>

/* `cancelled_by` is the signal that cancelled the run, or 0. */
int cli_ending_status(const struct bv_end *end, int cancelled_by);
void cli_ending_say(const struct bv_end *end, const struct bv_spec *spec, int cancelled_by);

#endif

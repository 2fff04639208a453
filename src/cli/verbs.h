/* SPDX-License-Identifier: MIT
 *
 * One function a verb. Each gets an applied request, says its own words on standard error, and
 * returns the exit status of the command.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/request.h"

#define VERB(name, mask, function, operands, help) int function(struct cli_request *request);
#include "cli/verbs.def"
#undef VERB

/* The help of a verb that was asked for with --help. */
int cli_help_verb(const struct cli_verb *verb);

#endif

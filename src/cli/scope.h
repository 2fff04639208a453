/* SPDX-License-Identifier: MIT
 *
 * --scope: the command runs again, once, in a delegated cgroup that systemd is asked for.
 */
#ifndef CLI_SCOPE_H
#define CLI_SCOPE_H

#include "cli/request.h"

/* With --scope: executes systemd-run, and returns only on failure. Within the scope: leaves the
 * scope's own group for one beneath, so that the scope may hand its controllers on. */
int cli_scope_enter(const struct cli_request *request, struct bv_error *err);
/* Is there a systemd of the caller's that could be asked? */
bool cli_scope_possible(void);

#endif

/* SPDX-License-Identifier: MIT
 *
 * What --system grants: a documented list (bvisor-run(1)), without write, of what programs of
 * the distribution need to start. Only what exists is granted; `plan` shows it.
 */
#ifndef CLI_SYSTEM_H
#define CLI_SYSTEM_H

#include "cli/request.h"

int cli_system_grant(struct cli_request *request, struct bv_error *err);

#endif

/* SPDX-License-Identifier: MIT
 *
 * What `run` and `plan` share: the proposal made of the request, the backend, its answer.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <bvisor/bvisor.h>

#include "cli/request.h"

struct cli_session {
	struct bv_proposal *proposal;
	struct bv_backend *backend;
	struct bv_admission *admission;
};

/* `session` begins zeroed, and is to be closed whatever comes back. */
int cli_session_open(struct cli_session *session, struct cli_request *request,
	struct bv_error *err);
void cli_session_close(struct cli_session *session);

int cli_backend_open(struct cli_request *request, struct bv_backend **ret, struct bv_error *err);

/* One line for each requirement, budget and claim that is not met. */
void cli_say_refusals(const struct bv_admission *admission);

/* --print-spec: the canonical bytes on standard output, their SHA-256 on standard error. Returns
 * the exit status. */
int cli_print_spec(const struct bv_proposal *proposal);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The spec while the options add to it. It starts as the defaults of the command, or as the spec
 * file; grants only ever add, everything else replaces what has the same name or destination. It
 * ends as a proposal, which is the validated value.
 */
#ifndef CLI_DRAFT_H
#define CLI_DRAFT_H

#include "cli/request.h"

#define CLI_CAPTURE_DEFAULT UINT64_C(1048576)
#define CLI_STORAGE_DEFAULT UINT64_C(1073741824) /* once something is asked that stores */

/* `path` NULL: the defaults. */
int cli_draft_begin(struct cli_request *request, const char *path, struct bv_error *err);

int cli_draft_grant(struct cli_request *request, const char *path, uint32_t access,
	struct bv_error *err);
int cli_draft_variable(struct cli_request *request, const struct bv_variable *variable,
	struct bv_error *err);
int cli_draft_descriptor(struct cli_request *request, const struct bv_descriptor *descriptor,
	struct bv_error *err);
int cli_draft_exposure(struct cli_request *request, const struct bv_exposure *exposure,
	struct bv_error *err);
int cli_draft_output(struct cli_request *request, const struct bv_output *output,
	struct bv_error *err);

/* Adds the program of the command line, or checks the spec's, and makes the proposal. */
int cli_draft_finish(struct cli_request *request, struct bv_proposal **ret, struct bv_error *err);

#endif

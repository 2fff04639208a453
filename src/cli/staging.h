/* SPDX-License-Identifier: MIT
 *
 * What becomes of a run's outputs, once its report is sealed.
 */
#ifndef CLI_STAGING_H
#define CLI_STAGING_H

#include "cli/request.h"
#include <bvisor/artifact.h>

/* The staging directory: the one that was named, or the usual one, which is made if it is missing
 * and the spec has outputs. NULL if there is none. */
int cli_staging(struct cli_request *request, const char **ret, struct bv_error *err);

/* Takes all out into the directory, and says what came of it; the exit status. */
int cli_staging_commit(struct cli_request *request, struct bv_artifacts *artifacts,
	const char *directory);
int cli_staging_discard(struct bv_artifacts *artifacts);
/* After a run: --commit, --discard, or a word on what stays. `status` is the run's, and what is
 * returned unless something fails. */
int cli_staging_decide(struct cli_request *request, const char *report, size_t len, bool succeeded,
	int status);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The secrets file: REFERENCE=VALUE lines. It must belong to the user who asks and be closed to
 * everyone else; its bytes are locked in memory where the limit allows, kept out of core dumps,
 * and wiped when the run is over.
 */
#ifndef CLI_SECRETS_H
#define CLI_SECRETS_H

#include "cli/request.h"

struct cli_secrets {
	char *text;
	size_t size; /* of the mapping */
	size_t len;
};

/* `secrets` begins zeroed. Checks that each reference of the spec has a line. */
int cli_secrets_load(struct cli_secrets *secrets, const char *path, const struct bv_spec *spec,
	struct bv_error *err);
/* As bv_run_options.resolve_secret wants it, with a struct cli_secrets as context. */
int cli_secrets_resolve(const struct cli_secrets *secrets, const char *reference, char *buffer,
	size_t capacity, size_t *ret_len);
void cli_secrets_wipe(struct cli_secrets *secrets);

#endif

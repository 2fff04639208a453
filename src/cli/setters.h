/* SPDX-License-Identifier: MIT
 *
 * The setters that options.def names. Each understands one argument and puts it into the
 * request; on failure the request is as it was, and the error's place is the option.
 */
#ifndef CLI_SETTERS_H
#define CLI_SETTERS_H

#include "cli/request.h"

#define CLI_SETTER(name) \
	int name(struct cli_request *request, const struct cli_option *option, const char *value, \
		struct bv_error *err)

CLI_SETTER(cli_set_grant);
CLI_SETTER(cli_set_system);
CLI_SETTER(cli_set_path);
CLI_SETTER(cli_set_temp);
CLI_SETTER(cli_set_bind);
CLI_SETTER(cli_set_overlay);
CLI_SETTER(cli_set_output);
CLI_SETTER(cli_set_choice);
CLI_SETTER(cli_set_env);
CLI_SETTER(cli_set_env_file);
CLI_SETTER(cli_set_secret);
CLI_SETTER(cli_set_descriptor);
CLI_SETTER(cli_set_stream);
CLI_SETTER(cli_set_capture_limit);
CLI_SETTER(cli_set_budget);
CLI_SETTER(cli_set_evidence);
CLI_SETTER(cli_set_id);
CLI_SETTER(cli_set_flag);

#endif

/* SPDX-License-Identifier: MIT
 *
 * What a WebAssembly module asks for and offers: read and validated here, and not run.
 */
#ifndef CLI_MODULE_H
#define CLI_MODULE_H

#include "cli/request.h"
#include "cli/show.h"

/* The sections "Imports" and "Exports". An import that no backend of ours has is a refusal, and so
 * is a module that does not validate: then the status of run. */
int cli_module_show(struct cli_request *request, const struct cli_show *show, const char *path);

#endif

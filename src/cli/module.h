/* SPDX-License-Identifier: MIT
 *
 * What a WebAssembly module asks for and offers: read and validated here, and not run.
 */
#ifndef CLI_MODULE_H
#define CLI_MODULE_H

#include "cli/request.h"
#include "cli/show.h"

struct cli_module {
	struct bv_wasm_module *module; /* NULL: it could not be loaded */
	const char *path;
	size_t size_bytes;
	struct bv_digest sha256;
	size_t refused; /* imports that no backend of ours has */
	bool command;   /* exports a _start that takes and gives nothing */
	char lack[320]; /* why it would not run, or "" */
};

/* Whatever it finds, cli_module_close() is to be called. */
void cli_module_look(struct cli_request *request, const char *path, struct cli_module *ret);
void cli_module_close(struct cli_module *module);
/* The sections "Imports" and "Exports" of what was loaded. */
void cli_module_show(const struct cli_show *show, const struct cli_module *module);

#endif

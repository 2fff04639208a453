/* SPDX-License-Identifier: MIT
 *
 * Paths as people type them, made absolute. Nothing here decides authority: the contract sees an
 * absolute path, and the backend opens it once.
 */
#ifndef CLI_PATH_H
#define CLI_PATH_H

#include "cli/request.h"

/* The current directory. */
int cli_path_here(struct cli_request *request, const char **ret, struct bv_error *err);
/* Absolute, without "." or empty components. With ".." in it the path goes through the links of
 * the file system (realpath), for there is no other way to say what it means. */
int cli_path_absolute(struct cli_request *request, const char *place, const char *path,
	const char **ret, struct bv_error *err);
/* A program: with a slash a path, else the first executable file of that name in PATH. Raises
 * BV_E_NOT_FOUND or BV_E_NOT_EXECUTABLE. */
int cli_path_program(struct cli_request *request, const char *name, const char **ret,
	struct bv_error *err);
/* Whether a file begins as WebAssembly modules do. */
bool cli_path_is_module(const char *path);
/* Whether a name is one of a module, by its ending. */
bool cli_path_names_module(const char *name);

#endif

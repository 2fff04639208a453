/* SPDX-License-Identifier: MIT
 *
 * Where a report goes. The file appears whole or not at all: it is written beside its place,
 * without a name where the file system can, flushed, and renamed. It is opened before the run, so
 * that a report that cannot be written stops the run and not the evidence.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include <bvisor/error.h>

struct cli_output {
	int fd;      /* -1: not open */
	bool direct; /* standard output, a device or a pipe: no rename */
	bool named;  /* `temporary` exists */
	bool record; /* of a commit, and not the report */
	char place[PATH_MAX];
	char temporary[PATH_MAX];
};

#define CLI_OUTPUT_NONE \
	{ \
		.fd = -1 \
	}

/* `path` NULL opens nothing and writes nothing. */
int cli_output_open(struct cli_output *output, const char *path, struct bv_error *err);
int cli_output_commit(struct cli_output *output, const void *bytes, size_t len,
	struct bv_error *err);
/* Leaves nothing behind if nothing was committed. */
void cli_output_close(struct cli_output *output);

#endif

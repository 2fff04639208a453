/* SPDX-License-Identifier: MIT
 *
 * Files the command reads whole, and the one it writes.
 */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "cli/request.h"

/* The bytes of a file ("-": standard input), NUL-terminated, kept by the request; NULL on
 * failure. More than `max` bytes are an error. */
char *cli_file_read(struct cli_request *request, const char *path, size_t max, size_t *ret_len,
	struct bv_error *err);
/* The same of a file that is neither a pipe nor a device. */
char *cli_file_read_regular(struct cli_request *request, const char *path, size_t max,
	size_t *ret_len, struct bv_error *err);
/* Reads what is left of a descriptor into at most `max` bytes; 0 and *ret_len, or an errno
 * value (EFBIG if there is more). */
int cli_file_drain(int fd, char *buffer, size_t max, size_t *ret_len);
/* Writes everything; 0 or an errno value. */
int cli_file_write(int fd, const void *bytes, size_t len);

/* The lines of a text in turn: NULL at the end. Ends each line with a NUL in place. */
char *cli_file_line(char **cursor);

#endif

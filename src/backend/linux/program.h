/* SPDX-License-Identifier: MIT
 *
 * The file that is executed: opened once, hashed through that descriptor, executed through that
 * descriptor. For a script the interpreter of its first line is found by the host, the way the
 * kernel would (execve(2)), and is what is executed; the script is then named to it, and read by
 * it with the workload's own authority.
 */
#ifndef LINUX_PROGRAM_H
#define LINUX_PROGRAM_H

#include "base/buf.h"
#include "base/digest.h"
#include "state.h"

#define PROGRAM_SCRIPTS_MAX 4 /* scripts whose interpreter is a script */
#define PROGRAM_LINE_MAX 256  /* BINPRM_BUF_SIZE */

struct program_file {
	int fd;
	char *path;
	struct file_identity identity;
	struct bv_digest digest;
	bool digested;
	bool changed; /* while it was hashed */
	struct bv_sha256 state;
	off_t at;
};

struct program {
	struct program_file script; /* fd -1: the program is not a script */
	struct program_file image;  /* what execveat gets */
	/* argv in front of the workload's own arguments, NUL-terminated one after the other. */
	struct bv_buf arguments;
	uint32_t argument_count;
	char loader[PROGRAM_LINE_MAX]; /* the image's PT_INTERP, "" if it has none */
};

int program_open(const struct bv_workload *workload, struct program *ret, struct bv_error *err);
void program_close(struct program *program);
/* Hashes a piece; true while there is more. Known digests come from the handle's cache. */
bool program_digest_step(struct linux_state *state, struct program_file *file);
/* What a workload's author should grant when executing it was refused. */
void program_explain_denial(const struct program *program, char *text, size_t size);

#endif

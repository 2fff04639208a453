/* SPDX-License-Identifier: MIT
 *
 * Where outputs are kept until they are taken out or dropped: ROOT/ATTEMPT/NAME, directories that
 * only their owner may enter, ATTEMPT in hexadecimal. The root is the caller's; what is beneath
 * it is made, found and removed here, always relative to a descriptor.
 */
#ifndef ARTIFACT_STAGING_H
#define ARTIFACT_STAGING_H

#include <stdbool.h>

#include <bvisor/digest.h>
#include <bvisor/error.h>

/* The root, which must be a directory of the caller's that nobody else can write. Descriptor, or
 * -1 with the error filled. */
int staging_open(const char *path, struct bv_error *err);
/* A new directory in it for one attempt. */
int staging_make(int root, const struct bv_attempt_id *attempt, struct bv_error *err);
/* A new directory for one output. */
int staging_make_output(int attempt_dir, const char *name, struct bv_error *err);
/* What an attempt left; -1 with errno, ENOENT if it left nothing or it is gone. */
int staging_find(int root, const struct bv_attempt_id *attempt);
/* Removes all of it, whatever is in it and however deep. */
int staging_remove(int root, const struct bv_attempt_id *attempt, struct bv_error *err);
/* What is at an attempt's name goes last of all there (resume.h). */
#define STAGING_LAST ".naming"
/* The same for any name in a directory. */
int staging_remove_name(int root, const char *name, const char *last, struct bv_error *err);
/* Only if nothing is in it but empty output directories; false if something is. */
bool staging_remove_empty(int root, const struct bv_attempt_id *attempt);
/* Changes the mode of exactly the file that is open, which may be so as O_PATH only. */
bool staging_chmod(int fd, unsigned int mode);

#endif

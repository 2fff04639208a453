/* SPDX-License-Identifier: MIT
 *
 * The guest's descriptors and their rights. A right is only ever taken away: by the grant, by the
 * type of the file, or by the guest itself.
 */
#ifndef WASI_TABLE_H
#define WASI_TABLE_H

#include "wasi/state.h"

extern const struct bv_wasi_fd bv_wasi_fd_none; /* one that is not open */

/* What a grant of read or write access means for a directory, and for files opened in it. */
uint64_t bv_wasi_rights_directory(bool read, bool write);
uint64_t bv_wasi_rights_file(bool read, bool write);
/* Of the guest's input, or of its two outputs. */
uint64_t bv_wasi_rights_stream(bool input);
/* What can apply to a file of a type at all. */
uint64_t bv_wasi_rights_of_type(enum bv_wasi_filetype type, bool listener);

/* BADF unless open with all of `rights`. A right that the type cannot have gives the error of
 * the type (ISDIR, SPIPE ...); one that was not granted gives NOTCAPABLE. */
enum bv_wasi_errno bv_wasi_fd_need(struct bv_wasi *wasi, uint32_t number, uint64_t rights,
	struct bv_wasi_fd **ret);
/* A number that is free, never one of the three streams'. NFILE when all are in use: asked for
 * before anything is opened, so that a full table has no effect outside. */
enum bv_wasi_errno bv_wasi_fd_free_slot(struct bv_wasi *wasi, uint32_t *ret);
/* Counts one that was just entered. */
void bv_wasi_fd_opened(struct bv_wasi *wasi);
void bv_wasi_fd_close_entry(struct bv_wasi *wasi, struct bv_wasi_fd *fd);

#endif

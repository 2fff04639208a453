/* SPDX-License-Identifier: MIT
 *
 * Records of preview1 in guest memory. The caller has checked that they fit.
 */
#ifndef WASI_RECORD_H
#define WASI_RECORD_H

#include "wasi/guest.h"

/* NULL when the record does not fit there. */
uint8_t *bv_wasi_record_filestat_place(struct bv_wasi *wasi, uint32_t pointer);
void bv_wasi_record_filestat(const struct bv_wasi *wasi, uint8_t *out,
	const struct bv_wasi_stat *st);
void bv_wasi_record_fdstat(uint8_t *out, const struct bv_wasi_fd *fd);
/* From three arguments: accessed, modified, flags. INVAL when the flags contradict. */
enum bv_wasi_errno bv_wasi_record_times(const union bv_wasm_value *args, struct bv_wasi_times *ret);
/* An array of vectors, each checked, the first BV_WASI_VECS_MAX of them into wasi->vecs. FAULT
 * outside memory, INVAL when their lengths do not fit an i32. */
enum bv_wasi_errno bv_wasi_record_vecs(struct bv_wasi *wasi, uint32_t pointer, uint32_t count,
	size_t *ret_count);

#endif

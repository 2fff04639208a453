/* SPDX-License-Identifier: MIT
 *
 * Encoding and decoding the records that several calls share.
 */
#include <string.h>

#include "wasi/record.h"

uint8_t *bv_wasi_record_filestat_place(struct bv_wasi *wasi, uint32_t pointer)
{
	return bv_wasi_guest(wasi, pointer,
		wasi->preview0 ? BV_WASI_PREVIEW0_FILESTAT_SIZE : BV_WASI_FILESTAT_SIZE);
}

void bv_wasi_record_filestat(const struct bv_wasi *wasi, uint8_t *out,
	const struct bv_wasi_stat *st)
{
	uint8_t *rest = out + (wasi->preview0 ? 24 : 32);

	memset(out, 0, wasi->preview0 ? BV_WASI_PREVIEW0_FILESTAT_SIZE : BV_WASI_FILESTAT_SIZE);
	bv_wasi_store64(out, st->device);
	bv_wasi_store64(out + 8, st->inode);
	out[16] = (uint8_t)st->type;
	if (wasi->preview0)
		bv_wasi_store32(out + 20,
			st->links < UINT32_MAX ? (uint32_t)st->links : UINT32_MAX);
	else
		bv_wasi_store64(out + 24, st->links);
	bv_wasi_store64(rest, st->size);
	bv_wasi_store64(rest + 8, st->accessed_ns);
	bv_wasi_store64(rest + 16, st->modified_ns);
	bv_wasi_store64(rest + 24, st->changed_ns);
}

void bv_wasi_record_fdstat(uint8_t *out, const struct bv_wasi_fd *fd)
{
	memset(out, 0, BV_WASI_FDSTAT_SIZE);
	out[0] = (uint8_t)fd->type;
	bv_wasi_store16(out + 2, fd->flags);
	bv_wasi_store64(out + 8, fd->base);
	bv_wasi_store64(out + 16, fd->inheriting);
}

enum bv_wasi_errno bv_wasi_record_times(const union bv_wasm_value *args, struct bv_wasi_times *ret)
{
	const uint32_t accessed = BV_WASI_TIME_ACCESS | BV_WASI_TIME_ACCESS_NOW;
	const uint32_t modified = BV_WASI_TIME_MODIFY | BV_WASI_TIME_MODIFY_NOW;
	uint32_t flags = args[2].i32;

	if ((flags & ~BV_WASI_TIMES_ALL) || (flags & accessed) == accessed ||
		(flags & modified) == modified)
		return BV_WASI_INVAL;
	*ret = (struct bv_wasi_times){.accessed_ns = args[0].i64,
		.modified_ns = args[1].i64,
		.flags = flags};
	return BV_WASI_SUCCESS;
}

enum bv_wasi_errno bv_wasi_record_vecs(struct bv_wasi *wasi, uint32_t pointer, uint32_t count,
	size_t *ret_count)
{
	const uint8_t *array = bv_wasi_guest(wasi, pointer, (uint64_t)count * BV_WASI_IOVEC_SIZE);
	size_t used = count < BV_WASI_VECS_MAX ? count : BV_WASI_VECS_MAX;
	uint64_t total = 0;

	if (!array)
		return BV_WASI_FAULT;
	for (size_t i = 0; i < used; i++, array += BV_WASI_IOVEC_SIZE) {
		uint32_t len = bv_wasi_load32(array + 4);

		wasi->vecs[i].base = bv_wasi_guest(wasi, bv_wasi_load32(array), len);
		wasi->vecs[i].len = len;
		if (!wasi->vecs[i].base)
			return BV_WASI_FAULT;
		total += len;
	}
	if (total > INT32_MAX)
		return BV_WASI_INVAL;
	*ret_count = used;
	return BV_WASI_SUCCESS;
}

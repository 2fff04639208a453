/* SPDX-License-Identifier: MIT
 *
 * A growable buffer with a mandatory maximum. Once an append fails (memory or maximum), the
 * buffer is broken: later appends do nothing, bv_buf_ok() is false, its view is empty and it
 * cannot be taken, so a long encoding checks once at its end and half of one is never used.
 * What is appended must not lie in the buffer itself.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bvisor/api.h>
#include "base/bytes.h"

struct bv_buf {
	uint8_t *data;
	size_t len;
	size_t capacity;
	size_t max;
	bool broken;
};

#define BV_BUF(bytes_max) ((struct bv_buf){.max = (bytes_max)})

void bv_buf_append(struct bv_buf *buf, const void *data, size_t len);
void bv_buf_str(struct bv_buf *buf, const char *s);
void bv_buf_byte(struct bv_buf *buf, uint8_t byte);
void bv_buf_printf(struct bv_buf *buf, const char *fmt, ...) BV_PRINTF(2, 3);
bool bv_buf_ok(const struct bv_buf *buf);
struct bv_bytes bv_buf_view(const struct bv_buf *buf);
/* Hands the memory over (free() it; a NUL follows the contents) and leaves the buffer empty.
 * NULL only if the buffer is broken or memory is short; *ret_len is then untouched. */
uint8_t *bv_buf_take(struct bv_buf *buf, size_t *ret_len);
/* Frees the memory; the buffer is then empty, sound and usable again. */
void bv_buf_free(struct bv_buf *buf);

#define BV_CLEANUP_BUF __attribute__((cleanup(bv_buf_free)))

#endif

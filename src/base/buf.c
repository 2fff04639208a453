/* SPDX-License-Identifier: MIT
 *
 * The growable buffer. `capacity` is what may be filled; the memory is one byte longer, and that
 * byte after the contents is always NUL, so that text taken from a buffer is a C string.
 * Invariant: len <= capacity <= max, or data is NULL and len and capacity are 0.
 */
#include "base/buf.h"
#include "base/checked.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CAPACITY_MIN 256

/* Capacity for `need` bytes (at most max): doubling, so that appends are linear in total. */
static size_t capacity_for(const struct bv_buf *buf, size_t need)
{
	size_t capacity = buf->capacity > CAPACITY_MIN ? buf->capacity : CAPACITY_MIN;

	while (capacity < need) {
		if (!bv_size_mul(capacity, 2, &capacity))
			return need;
	}
	return capacity < buf->max ? capacity : buf->max;
}

/* Makes room for `extra` more bytes and the NUL, or breaks the buffer. */
static bool reserve(struct bv_buf *buf, size_t extra)
{
	size_t need, capacity, memory;
	uint8_t *data;

	if (buf->broken)
		return false;
	buf->broken = true;
	if (!bv_size_add(buf->len, extra, &need) || need > buf->max)
		return false;
	if (!buf->data || need > buf->capacity) {
		capacity = capacity_for(buf, need);
		if (!bv_size_add(capacity, 1, &memory))
			return false;
		data = realloc(buf->data, memory);
		if (!data)
			return false;
		buf->data = data;
		buf->capacity = capacity;
	}
	buf->broken = false;
	return true;
}

void bv_buf_append(struct bv_buf *buf, const void *data, size_t len)
{
	if (!len || !reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void bv_buf_str(struct bv_buf *buf, const char *s)
{
	bv_buf_append(buf, s, strlen(s));
}

void bv_buf_byte(struct bv_buf *buf, uint8_t byte)
{
	bv_buf_append(buf, &byte, 1);
}

void bv_buf_printf(struct bv_buf *buf, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0) {
		buf->broken = true;
		return;
	}
	if (!reserve(buf, (size_t)len))
		return;
	va_start(args, fmt);
	(void)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, fmt, args);
	va_end(args);
	buf->len += (size_t)len;
}

bool bv_buf_ok(const struct bv_buf *buf)
{
	return !buf->broken;
}

struct bv_bytes bv_buf_view(const struct bv_buf *buf)
{
	if (buf->broken)
		return bv_bytes(NULL, 0);
	return bv_bytes(buf->data, buf->len);
}

uint8_t *bv_buf_take(struct bv_buf *buf, size_t *ret_len)
{
	uint8_t *data;

	if (!reserve(buf, 0))
		return NULL;
	data = buf->data;
	data[buf->len] = '\0';
	*ret_len = buf->len;
	*buf = BV_BUF(buf->max);
	return data;
}

void bv_buf_free(struct bv_buf *buf)
{
	free(buf->data);
	*buf = BV_BUF(buf->max);
}

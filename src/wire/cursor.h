/* SPDX-License-Identifier: MIT
 *
 * Little-endian, bounded reading and writing. Both kinds of cursor latch their first failure: a
 * reader past its end yields zeros, a writer past its capacity writes nothing, and `ok` stays
 * false from then on, so a codec checks once at its end.
 */
#ifndef WIRE_CURSOR_H
#define WIRE_CURSOR_H

#include <stdbool.h>

#include "base/bytes.h"

struct wire_reader {
	const uint8_t *data;
	size_t len;
	size_t at;
	bool ok;
};

struct wire_writer {
	uint8_t *data;
	size_t capacity;
	size_t at;
	bool ok;
};

static inline struct wire_reader wire_reader(struct bv_bytes bytes)
{
	return (struct wire_reader){.data = bytes.data, .len = bytes.len, .ok = true};
}

static inline struct wire_writer wire_writer(uint8_t *data, size_t capacity)
{
	return (struct wire_writer){.data = data, .capacity = capacity, .ok = true};
}

static inline const uint8_t *wire_take(struct wire_reader *r, size_t len)
{
	if (!r->ok || len > r->len - r->at) {
		r->ok = false;
		return NULL;
	}
	r->at += len;
	return r->data + r->at - len;
}

static inline uint64_t wire_get(struct wire_reader *r, size_t width)
{
	const uint8_t *p = wire_take(r, width);
	uint64_t value = 0;

	for (size_t i = 0; p && i < width; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

static inline uint8_t wire_get8(struct wire_reader *r)
{
	return (uint8_t)wire_get(r, 1);
}

static inline uint16_t wire_get16(struct wire_reader *r)
{
	return (uint16_t)wire_get(r, 2);
}

static inline uint32_t wire_get32(struct wire_reader *r)
{
	return (uint32_t)wire_get(r, 4);
}

static inline uint64_t wire_get64(struct wire_reader *r)
{
	return wire_get(r, 8);
}

/* A 32-bit length, then as many bytes; a view into the input. */
static inline struct bv_bytes wire_get_bytes(struct wire_reader *r)
{
	size_t len = wire_get32(r);
	const uint8_t *p = wire_take(r, len);

	return bv_bytes(p, p ? len : 0);
}

static inline void wire_put_raw(struct wire_writer *w, const void *data, size_t len)
{
	if (!w->ok || len > w->capacity - w->at) {
		w->ok = false;
		return;
	}
	if (len)
		memcpy(w->data + w->at, data, len);
	w->at += len;
}

static inline void wire_put(struct wire_writer *w, uint64_t value, size_t width)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	wire_put_raw(w, bytes, width);
}

static inline void wire_put_bytes(struct wire_writer *w, struct bv_bytes bytes)
{
	if (bytes.len > UINT32_MAX)
		w->ok = false;
	wire_put(w, bytes.len, 4);
	wire_put_raw(w, bytes.data, bytes.len);
}

/* Nothing may follow: a codec that leaves bytes over has not understood its input. */
static inline bool wire_end(const struct wire_reader *r)
{
	return r->ok && r->at == r->len;
}

#endif

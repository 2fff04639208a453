/* SPDX-License-Identifier: MIT
 *
 * The captured streams of a report's body. Whoever drains a stream hands on what came, and that is
 * all it does: counting, digesting and keeping are done here, for every backend alike.
 */
#include "contract/body_data.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_FIRST_BYTES 4096

/* Room for `len` more, by doubling, up to the limit. */
static bool stream_grow(struct bv_body_stream *stream, size_t len)
{
	size_t capacity = stream->capacity ? stream->capacity : STREAM_FIRST_BYTES;
	uint8_t *grown;

	if (stream->kept_len + len <= stream->capacity)
		return true;
	while (capacity < stream->kept_len + len)
		capacity *= 2;
	if (capacity > stream->limit)
		capacity = stream->limit;
	grown = realloc(stream->kept, capacity);
	if (!grown)
		return false;
	stream->kept = grown;
	stream->capacity = capacity;
	return true;
}

/* Without memory the rest is not kept, which shows as a cut. */
static bool stream_keep(struct bv_body_stream *stream, const void *data, size_t len)
{
	size_t room = stream->limit - stream->kept_len;

	len = len < room ? len : room;
	if (!len)
		return true;
	if (!stream_grow(stream, len)) {
		stream->limit = stream->kept_len;
		return false;
	}
	memcpy(stream->kept + stream->kept_len, data, len);
	stream->kept_len += len;
	return true;
}

void bv_body_stream(struct bv_report_body *body, int number, const void *data, size_t len)
{
	struct bv_body_stream *stream;

	if (number < 1 || number > 2 || !body->streams[number].wanted || (len && !data) ||
		len > (uint64_t)BV_JSON_INTEGER_MAX - body->streams[number].length_bytes) {
		body->dropped++;
		return;
	}
	stream = &body->streams[number];
	if (!stream->captured)
		bv_sha256_init(&stream->state);
	stream->captured = 1;
	if (!len)
		return;
	bv_sha256_update(&stream->state, data, len);
	stream->length_bytes += len;
	body->dropped += !stream_keep(stream, data, len);
}

void bv_body_streams_finish(struct bv_report_body *body)
{
	for (size_t i = 0; i < 3; i++)
		if (body->streams[i].captured)
			bv_sha256_final(&body->streams[i].state, &body->streams[i].digest);
}

/* SPDX-License-Identifier: MIT
 *
 * Any bytes as what host and launcher say to each other. The first byte chooses: even, the rest is
 * a message; odd, it is the body of a launch frame, put under a right head, since a wrong digest
 * would hide the tables from the fuzzer. What is refused leaves the output untouched; what is taken
 * means exactly its bytes: encoded again it is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "wire/message.h"

#define HEAD (4 + 4 + 8 + BV_DIGEST_BYTES)

static void need(bool holds)
{
	if (!holds)
		abort();
}

static void put(uint8_t *at, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void try_message(const uint8_t *data, size_t size)
{
	static uint8_t again[WIRE_MESSAGE_BYTES_MAX];
	struct wire_message message, untouched;

	memset(&message, 0x5a, sizeof(message));
	untouched = message;
	if (wire_message_decode(bv_bytes(data, size), &message) != WIRE_OK) {
		need(memcmp(&message, &untouched, sizeof(message)) == 0);
		return;
	}
	need(wire_message_encode(&message, again, sizeof(again)) == size);
	need(memcmp(again, data, size) == 0);
}

/* Every string of a block must end within it: the launcher walks them by their NULs. */
static void walk(struct bv_bytes block, uint32_t count)
{
	size_t at = 0;

	for (uint32_t i = 0; i < count; i++)
		at += strlen((const char *)block.data + at) + 1;
	need(at == block.len);
}

static void check_frame(const struct wire_frame *frame, const uint8_t *data, size_t size)
{
	uint8_t *again = malloc(size);

	need(frame->step_count <= WIRE_STEPS_MAX && frame->slot_count <= WIRE_SLOTS_MAX);
	need(frame->rlimit_count <= WIRE_RLIMITS_MAX && frame->filter.len / 8 <= WIRE_FILTER_MAX);
	walk(frame->arguments, frame->argument_count);
	walk(frame->environment, frame->variable_count);
	need(again && wire_frame_size(frame) == size && wire_frame_encode(frame, again, size));
	need(memcmp(again, data, size) == 0);
	free(again);
}

static void try_frame(const uint8_t *data, size_t size)
{
	struct wire_frame frame, untouched;
	struct bv_digest digest;
	uint8_t *bytes = malloc(HEAD + size);

	need(bytes);
	if (size)
		memcpy(bytes + HEAD, data, size);
	bv_sha256_once(bytes + HEAD, size, &digest);
	put(bytes, WIRE_FRAME_MAGIC, 4);
	put(bytes + 4, WIRE_FRAME_VERSION, 4);
	put(bytes + 8, HEAD + size, 8);
	memcpy(bytes + 16, digest.bytes, BV_DIGEST_BYTES);
	memset(&frame, 0x5a, sizeof(frame));
	untouched = frame;
	if (wire_frame_decode(bv_bytes(bytes, HEAD + size), &frame) == WIRE_OK)
		check_frame(&frame, bytes, HEAD + size);
	else
		need(memcmp(&frame, &untouched, sizeof(frame)) == 0);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] % 2)
		try_frame(data + 1, size - 1);
	else
		try_message(data + 1, size - 1);
	return 0;
}

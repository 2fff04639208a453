/* SPDX-License-Identifier: MIT
 *
 * The launch frame's codec; see frame.h. Encode stands beside decode so that the format is
 * reviewed in one place.
 */
#include "wire/frame.h"

#include "base/digest.h"
#include "wire/cursor.h"

/* magic, version, length, digest of the rest */
#define FRAME_HEAD (4 + 4 + 8 + BV_DIGEST_BYTES)

static void frame_put_tables(struct wire_writer *w, const struct wire_frame *frame)
{
	wire_put(w, frame->step_count, 4);
	for (size_t i = 0; i < frame->step_count; i++) {
		wire_put_bytes(w, frame->steps[i].id);
		wire_put(w, frame->steps[i].version, 4);
		wire_put(w, frame->steps[i].phase, 4);
		wire_put_raw(w, frame->steps[i].parameters.bytes, BV_DIGEST_BYTES);
	}
	wire_put(w, frame->slot_count, 4);
	for (size_t i = 0; i < frame->slot_count; i++) {
		wire_put(w, frame->slots[i].role, 1);
		wire_put(w, frame->slots[i].file, 1);
		wire_put(w, frame->slots[i].writable, 1);
		wire_put(w, frame->slots[i].target, 4);
	}
	wire_put(w, frame->rlimit_count, 4);
	for (size_t i = 0; i < frame->rlimit_count; i++) {
		wire_put(w, frame->rlimits[i].resource, 4);
		wire_put(w, frame->rlimits[i].soft, 8);
		wire_put(w, frame->rlimits[i].hard, 8);
	}
}

static void frame_put(struct wire_writer *w, const struct wire_frame *frame)
{
	wire_put_raw(w, frame->attempt.bytes, BV_DIGEST_BYTES);
	wire_put_raw(w, frame->lowering.bytes, BV_DIGEST_BYTES);
	wire_put(w, frame->flags, 4);
	wire_put(w, frame->containment, 1);
	wire_put(w, frame->namespaces, 4);
	wire_put(w, frame->wall_us, 8);
	wire_put(w, frame->cpu_us, 8);
	wire_put(w, frame->memory_bytes, 8);
	wire_put(w, frame->tasks_count, 8);
	wire_put(w, frame->handles_count, 8);
	wire_put_bytes(w, frame->canary);
	frame_put_tables(w, frame);
	wire_put_bytes(w, frame->filter);
	wire_put(w, frame->self_count, 4);
	for (size_t i = 0; i < frame->self_count; i++)
		wire_put(w, frame->self[i], 2);
	wire_put(w, frame->mount_count, 4);
	wire_put_bytes(w, frame->mounts);
	wire_put_bytes(w, frame->directory);
	wire_put_bytes(w, frame->program);
	wire_put(w, frame->argument_count, 4);
	wire_put_bytes(w, frame->arguments);
	wire_put(w, frame->variable_count, 4);
	wire_put_bytes(w, frame->environment);
}

size_t wire_frame_size(const struct wire_frame *frame)
{
	size_t len = FRAME_HEAD + 2 * BV_DIGEST_BYTES + 4 + 1 + 4 + 5 * 8 + 4 + frame->canary.len;

	for (size_t i = 0; i < frame->step_count; i++)
		len += 4 + frame->steps[i].id.len + 4 + 4 + BV_DIGEST_BYTES;
	len += 4 + frame->slot_count * (3 + 4) + 4 + frame->rlimit_count * (4 + 8 + 8) + 4;
	len += 4 + 4 + frame->mounts.len + 4 + frame->directory.len + 4 + frame->program.len;
	len += 4 + frame->filter.len + 4 + 2 * (size_t)frame->self_count + 4 + 4 +
		frame->arguments.len + 4 + 4 + frame->environment.len;
	return len <= WIRE_FRAME_BYTES_MAX ? len : 0;
}

bool wire_frame_encode(const struct wire_frame *frame, uint8_t *data, size_t len)
{
	struct wire_writer body;
	struct wire_writer head = wire_writer(data, FRAME_HEAD);
	struct bv_digest digest;

	if (len < FRAME_HEAD)
		return false;
	body = wire_writer(data + FRAME_HEAD, len - FRAME_HEAD);
	frame_put(&body, frame);
	if (!body.ok || body.at != body.capacity)
		return false;
	bv_sha256_once(body.data, body.at, &digest);
	wire_put(&head, WIRE_FRAME_MAGIC, 4);
	wire_put(&head, WIRE_FRAME_VERSION, 4);
	wire_put(&head, len, 8);
	wire_put_raw(&head, digest.bytes, BV_DIGEST_BYTES);
	return head.ok;
}

static void frame_get_digest(struct wire_reader *r, struct bv_digest *ret)
{
	const uint8_t *p = wire_take(r, BV_DIGEST_BYTES);

	if (p)
		memcpy(ret->bytes, p, BV_DIGEST_BYTES);
}

/* A count within its table, or the reader is broken and the count is 0. */
static size_t frame_get_count(struct wire_reader *r, size_t max)
{
	size_t count = wire_get32(r);

	if (count > max)
		r->ok = false;
	return r->ok ? count : 0;
}

/* An enum value below its count, else the reader is broken. */
static unsigned int frame_get_enum(struct wire_reader *r, unsigned int count)
{
	unsigned int value = wire_get8(r);

	if (value >= count)
		r->ok = false;
	return r->ok ? value : 0;
}

static void frame_get_tables(struct wire_reader *r, struct wire_frame *frame)
{
	frame->step_count = frame_get_count(r, WIRE_STEPS_MAX);
	for (size_t i = 0; i < frame->step_count; i++) {
		frame->steps[i].id = wire_get_bytes(r);
		frame->steps[i].version = wire_get32(r);
		frame->steps[i].phase = wire_get32(r);
		frame_get_digest(r, &frame->steps[i].parameters);
	}
	frame->slot_count = frame_get_count(r, WIRE_SLOTS_MAX);
	for (size_t i = 0; i < frame->slot_count; i++) {
		frame->slots[i].role = (enum wire_role)frame_get_enum(r, WIRE_ROLE_COUNT);
		frame->slots[i].file = (enum wire_file)frame_get_enum(r, WIRE_FILE_COUNT);
		frame->slots[i].writable = frame_get_enum(r, 2) != 0;
		frame->slots[i].target = wire_get32(r);
	}
	frame->rlimit_count = frame_get_count(r, WIRE_RLIMITS_MAX);
	for (size_t i = 0; i < frame->rlimit_count; i++) {
		frame->rlimits[i].resource = wire_get32(r);
		frame->rlimits[i].soft = wire_get64(r);
		frame->rlimits[i].hard = wire_get64(r);
	}
}

/* Exactly `count` NUL-terminated strings fill the block. */
static bool frame_strings_ok(struct bv_bytes block, uint32_t count)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < block.len; i++)
		seen += block.data[i] == 0;
	return seen == count && (block.len == 0 || block.data[block.len - 1] == 0);
}

static void frame_get(struct wire_reader *r, struct wire_frame *frame)
{
	frame_get_digest(r, &frame->attempt);
	frame_get_digest(r, &frame->lowering);
	frame->flags = wire_get32(r);
	frame->containment = (enum wire_containment)frame_get_enum(r, WIRE_CONTAIN_COUNT);
	frame->namespaces = wire_get32(r);
	frame->wall_us = wire_get64(r);
	frame->cpu_us = wire_get64(r);
	frame->memory_bytes = wire_get64(r);
	frame->tasks_count = wire_get64(r);
	frame->handles_count = wire_get64(r);
	frame->canary = wire_get_bytes(r);
	frame_get_tables(r, frame);
	frame->filter = wire_get_bytes(r);
	frame->self_count = (uint32_t)frame_get_count(r, WIRE_SELF_MAX);
	for (size_t i = 0; i < frame->self_count; i++)
		frame->self[i] = wire_get16(r);
	frame->mount_count = wire_get32(r);
	frame->mounts = wire_get_bytes(r);
	frame->directory = wire_get_bytes(r);
	frame->program = wire_get_bytes(r);
	frame->argument_count = wire_get32(r);
	frame->arguments = wire_get_bytes(r);
	frame->variable_count = wire_get32(r);
	frame->environment = wire_get_bytes(r);
}

/* A view has its table, its mount namespace and its working directory; without one there is none
 * of them. */
static bool frame_view_sound(const struct wire_frame *frame)
{
	bool view = frame->mount_count > 0;
	bool own = frame->namespaces & WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_MOUNT);
	bool mapped = frame->namespaces & WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_USER);

	return own == view && (view || !mapped) && (frame->directory.len > 0) == view &&
		frame_strings_ok(frame->directory, view) && (view || frame->program.len == 0) &&
		(!mapped || frame->program.len > 0) &&
		frame_strings_ok(frame->program, frame->program.len > 0) &&
		(view || !(frame->flags & WIRE_FLAG_OWN_DIRECTORY)) &&
		(view ? wire_mounts_sound(frame->mounts, frame->mount_count)
		      : frame->mounts.len == 0);
}

/* Only what the launcher can have made, and what holds a tree is there. */
static bool frame_namespaces_sound(const struct wire_frame *frame)
{
	const uint32_t pid = WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_PID);
	const uint32_t all = WIRE_NAMESPACE_BIT(WIRE_NAMESPACES) - 1;

	return (frame->namespaces & ~all) == 0 &&
		(frame->containment != WIRE_CONTAIN_NAMESPACE || (frame->namespaces & pid)) &&
		(frame->containment != WIRE_CONTAIN_SUBREAPER || !(frame->namespaces & pid));
}

static bool frame_sound(const struct wire_frame *frame)
{
	/* The canary, when there is one, is a C string. */
	if (frame->canary.len && !frame_strings_ok(frame->canary, 1))
		return false;
	if (!frame_namespaces_sound(frame) || !frame_view_sound(frame))
		return false;
	for (size_t i = 0; i < frame->self_count; i++)
		if (frame->self[i] >= frame->filter.len / 8)
			return false;
	return (frame->flags & ~WIRE_FLAG_ALL) == 0 && frame->filter.len % 8 == 0 &&
		frame->filter.len / 8 <= WIRE_FILTER_MAX && frame->argument_count > 0 &&
		frame_strings_ok(frame->arguments, frame->argument_count) &&
		frame_strings_ok(frame->environment, frame->variable_count);
}

enum wire_result wire_frame_decode(struct bv_bytes bytes, struct wire_frame *ret)
{
	struct wire_reader r = wire_reader(bytes);
	struct wire_frame frame = {0};
	struct bv_digest claimed = {{0}}, actual;
	uint32_t magic = wire_get32(&r), version = wire_get32(&r);
	uint64_t len = wire_get64(&r);

	frame_get_digest(&r, &claimed);
	if (!r.ok)
		return WIRE_TRUNCATED;
	if (magic != WIRE_FRAME_MAGIC)
		return WIRE_MALFORMED;
	if (version != WIRE_FRAME_VERSION)
		return WIRE_VERSION;
	if (len > bytes.len)
		return WIRE_TRUNCATED;
	if (len < bytes.len || len > WIRE_FRAME_BYTES_MAX)
		return WIRE_MALFORMED;
	bv_sha256_once(bytes.data + FRAME_HEAD, bytes.len - FRAME_HEAD, &actual);
	if (memcmp(actual.bytes, claimed.bytes, BV_DIGEST_BYTES) != 0)
		return WIRE_DIGEST;
	frame_get(&r, &frame);
	if (!wire_end(&r) || !frame_sound(&frame))
		return WIRE_MALFORMED;
	*ret = frame;
	return WIRE_OK;
}

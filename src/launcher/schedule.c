/* SPDX-License-Identifier: MIT
 *
 * Binds the schedule of a frame to the code that applies it. A step the launcher does not know,
 * knows in another version or phase, or meets out of order is refused; so is a schedule whose
 * digest is not the plan's, and a filter that is not the one the plan was made with.
 */
#include <errno.h>
#include <string.h>

#include "base/digest.h"
#include "contract/lowering.h"
#include "launcher/launcher.h"

struct schedule_entry {
	const char *id;
	uint32_t version;
	uint32_t phase;
	step_apply apply;
};

static const struct schedule_entry entries[] = {
#define PRIMITIVE(name, id, version, phase, apply) {id, version, phase, apply},
#include "wire/primitives.def"
#undef PRIMITIVE
};

static const struct schedule_entry *schedule_find(struct bv_bytes id)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (bv_bytes_eq(bv_bytes_str(entries[i].id), id))
			return &entries[i];
	return NULL;
}

static bool schedule_refuse(struct run *run, size_t step, int errnum)
{
	run->done.ended = WIRE_ENDED_SETUP;
	run->done.stage = WIRE_STAGE_LOWERING;
	run->done.step = (uint32_t)step;
	run->done.errnum = errnum;
	return false;
}

/* The one parameter the launcher holds in full. */
static bool schedule_filter_matches(const struct wire_frame *frame, const struct wire_step *step)
{
	struct bv_digest digest;

	bv_sha256_once(frame->filter.data, frame->filter.len, &digest);
	return memcmp(digest.bytes, step->parameters.bytes, BV_DIGEST_BYTES) == 0;
}

static const struct wire_step *schedule_step(const struct wire_frame *frame, const char *id)
{
	for (size_t i = 0; i < frame->step_count; i++)
		if (bv_bytes_eq(frame->steps[i].id, bv_bytes_str(id)))
			return &frame->steps[i];
	return NULL;
}

/* What the clone does by the frame is what the plan scheduled: these namespaces, and a view if and
 * only if there is a table for one. */
static bool schedule_namespaces_match(const struct wire_frame *frame)
{
	const struct wire_step *step = schedule_step(frame, "linux.namespaces");
	bool pid = frame->namespaces & WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_PID);
	uint8_t namespaces = (uint8_t)frame->namespaces;
	struct bv_digest digest;

	if ((schedule_step(frame, "linux.view") != NULL) != (frame->mount_count > 0) ||
		(schedule_step(frame, "linux.streams") && !frame->program.len) ||
		(schedule_step(frame, "linux.pid-namespace") != NULL) != pid ||
		(step != NULL) != (namespaces != 0))
		return false;
	bv_sha256_once(&namespaces, 1, &digest);
	return !step || memcmp(digest.bytes, step->parameters.bytes, BV_DIGEST_BYTES) == 0;
}

/* As bv_lowering_digest() does, but into memory the launcher already has. */
static bool schedule_digest(const struct bv_lowering *lowering, struct bv_digest *ret)
{
	static uint8_t storage[16384];
	struct bv_buf buf = {.data = storage, .capacity = sizeof(storage), .max = sizeof(storage)};
	struct bv_json json;

	bv_json_start(&json, &buf);
	bv_lowering_write(&json, lowering);
	if (!bv_json_end(&json))
		return false;
	bv_sha256_once(buf.data, buf.len, ret);
	return true;
}

bool schedule_bind(struct run *run)
{
	const struct wire_frame *frame = &run->frame;
	struct bv_lowering lowering = {.count = frame->step_count};
	struct bv_digest digest;
	uint32_t phase = 0;

	for (size_t i = 0; i < frame->step_count; i++) {
		const struct schedule_entry *entry = schedule_find(frame->steps[i].id);

		if (!entry || entry->version != frame->steps[i].version)
			return schedule_refuse(run, i, ENOSYS);
		if (entry->phase != frame->steps[i].phase || entry->phase < phase)
			return schedule_refuse(run, i, EINVAL);
		if (entry->apply == child_seccomp &&
			!schedule_filter_matches(frame, &frame->steps[i]))
			return schedule_refuse(run, i, EBADMSG);
		phase = entry->phase;
		run->steps[i] = entry->apply;
		lowering.steps[i].primitive = (struct bv_primitive){.id = entry->id,
			.version = entry->version,
			.phase = entry->phase};
		lowering.steps[i].parameters = frame->steps[i].parameters;
	}
	if (!schedule_namespaces_match(frame))
		return schedule_refuse(run, frame->step_count, EBADMSG);
	/* Attested, then executed: a schedule that ends in anything else starts nothing. */
	if (frame->step_count < 2 || run->steps[frame->step_count - 2] != child_attest ||
		run->steps[frame->step_count - 1] != child_exec)
		return schedule_refuse(run, frame->step_count, EINVAL);
	if (!schedule_digest(&lowering, &digest) ||
		memcmp(digest.bytes, frame->lowering.bytes, BV_DIGEST_BYTES) != 0)
		return schedule_refuse(run, frame->step_count, EBADMSG);
	return true;
}

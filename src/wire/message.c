/* SPDX-License-Identifier: MIT
 *
 * The message codec; see message.h. A `walk` visits the fields of a body in their order on the
 * wire, reading or writing each.
 */
#include "wire/message.h"

#include "wire/cursor.h"

#define MESSAGE_MAGIC UINT32_C(0x4d565642) /* "BVVM" */

struct walk {
	bool writing;
	struct wire_reader r;
	struct wire_writer w;
};

static uint64_t walk_number(struct walk *walk, uint64_t value, size_t width)
{
	if (!walk->writing)
		return wire_get(&walk->r, width);
	wire_put(&walk->w, value, width);
	return value;
}

static void walk8(struct walk *walk, uint8_t *field)
{
	*field = (uint8_t)walk_number(walk, *field, 1);
}

static void walk32(struct walk *walk, uint32_t *field)
{
	*field = (uint32_t)walk_number(walk, *field, 4);
}

static void walk_signed(struct walk *walk, int32_t *field)
{
	*field = (int32_t)(uint32_t)walk_number(walk, (uint32_t)*field, 4);
}

static void walk64(struct walk *walk, uint64_t *field)
{
	*field = walk_number(walk, *field, 8);
}

/* An enum below its count; anything else breaks the walk. */
static unsigned int walk_enum(struct walk *walk, unsigned int value, unsigned int count)
{
	value = (unsigned int)walk_number(walk, value, 1);
	if (value < count)
		return value;
	walk->r.ok = walk->w.ok = false;
	return 0;
}

/* A fixed field holding a NUL-terminated string. */
static void walk_text(struct walk *walk, char *field, size_t size)
{
	if (walk->writing) {
		wire_put_raw(&walk->w, field, size);
		return;
	}
	const uint8_t *p = wire_take(&walk->r, size);

	if (p && memchr(p, 0, size))
		memcpy(field, p, size);
	else
		walk->r.ok = false;
}

static void walk_findings(struct walk *walk, struct wire_finding *findings)
{
	for (size_t i = 0; i < WIRE_CANARY_COUNT; i++) {
		findings[i].state = (uint8_t)walk_enum(walk, findings[i].state, 3);
		walk_signed(walk, &findings[i].errnum);
	}
}

static void walk_attestation(struct walk *walk, struct wire_attestation *a)
{
	walk32(walk, &a->pid);
	walk32(walk, &a->parent);
	walk32(walk, &a->uid);
	walk32(walk, &a->gid);
	walk8(walk, &a->seccomp_mode);
	walk8(walk, &a->no_new_privs);
	walk32(walk, &a->seccomp_filters);
	walk32(walk, &a->threads);
	for (size_t i = 0; i < WIRE_CAPABILITY_SETS; i++)
		walk64(walk, &a->capabilities[i]);
	for (size_t i = 0; i < WIRE_NAMESPACES; i++)
		walk64(walk, &a->namespaces[i]);
	walk32(walk, &a->descriptor_count);
	walk8(walk, &a->descriptors_exact);
	walk32(walk, &a->mount_count);
	walk_signed(walk, &a->canary_errno);
	walk_text(walk, a->cgroup, sizeof(a->cgroup));
}

static void walk_moments(struct walk *walk, struct wire_done *done)
{
	walk32(walk, &done->moment_count);
	if (done->moment_count > WIRE_TRANSCRIPT_MAX) {
		walk->r.ok = walk->w.ok = false;
		return;
	}
	for (size_t i = 0; i < done->moment_count; i++) {
		walk32(walk, &done->moments[i].at_us);
		walk8(walk, &done->moments[i].state);
		walk8(walk, &done->moments[i].event);
	}
}

static void walk_done(struct walk *walk, struct wire_done *done)
{
	done->ended = (enum wire_ended)walk_enum(walk, done->ended, WIRE_ENDED_COUNT);
	done->stage = (enum wire_stage)walk_enum(walk, done->stage, WIRE_STAGE_COUNT);
	walk32(walk, &done->step);
	walk32(walk, &done->item);
	walk_signed(walk, &done->errnum);
	walk32(walk, &done->wait_status);
	walk8(walk, &done->reaped);
	walk8(walk, &done->drained);
	walk32(walk, &done->stragglers);
	walk64(walk, &done->wall_us);
	walk64(walk, &done->cpu_us);
	walk64(walk, &done->memory_bytes);
	walk64(walk, &done->sampled_memory_bytes);
	walk64(walk, &done->sampled_tasks_count);
	walk64(walk, &done->sampled_handles_count);
	walk64(walk, &done->leaf_memory_bytes);
	walk64(walk, &done->leaf_tasks_count);
	walk64(walk, &done->oom_kills);
	walk8(walk, &done->storage_known);
	walk64(walk, &done->storage_bytes);
	walk32(walk, &done->samples);
	walk_moments(walk, done);
}

static void walk_census(struct walk *walk, struct wire_census *census)
{
	walk32(walk, &census->count);
	walk32(walk, &census->missed);
	if (census->count > WIRE_PROCESSES_MAX) {
		walk->r.ok = walk->w.ok = false;
		return;
	}
	for (size_t i = 0; i < census->count; i++) {
		struct wire_process *process = &census->processes[i];

		walk32(walk, &process->pid);
		walk32(walk, &process->parent);
		walk64(walk, &process->began_us);
		walk64(walk, &process->ended_us);
		walk8(walk, &process->ended);
		walk_text(walk, process->name, sizeof(process->name));
	}
}

static void walk_body(struct walk *walk, struct wire_message *message)
{
	switch (message->type) {
	case WIRE_HELLO:
		walk32(walk, &message->body.hello.protocol);
		walk32(walk, &message->body.hello.namespace_errnum);
		return;
	case WIRE_PROBE:
		walk32(walk, &message->body.canaries);
		return;
	case WIRE_PROBED:
		walk_findings(walk, message->body.findings);
		return;
	case WIRE_STARTED:
		walk_attestation(walk, &message->body.attestation);
		return;
	case WIRE_DONE:
		walk_done(walk, &message->body.done);
		return;
	case WIRE_PROCESSES:
		walk_census(walk, &message->body.census);
		return;
	case WIRE_RUN:
	case WIRE_KILL:
	case WIRE_STORE:
		return;
	}
}

size_t wire_message_encode(const struct wire_message *message, uint8_t *data, size_t capacity)
{
	struct walk walk = {.writing = true, .r.ok = true, .w = wire_writer(data, capacity)};
	struct wire_message copy = *message;

	wire_put(&walk.w, MESSAGE_MAGIC, 4);
	walk_enum(&walk, copy.type, WIRE_TYPE_COUNT);
	if (walk.w.ok)
		walk_body(&walk, &copy);
	return walk.w.ok ? walk.w.at : 0;
}

enum wire_result wire_message_decode(struct bv_bytes bytes, struct wire_message *ret)
{
	struct walk walk = {.r = wire_reader(bytes), .w.ok = true};
	struct wire_message message = {0};

	if (wire_get32(&walk.r) != MESSAGE_MAGIC)
		return walk.r.ok ? WIRE_MALFORMED : WIRE_TRUNCATED;
	message.type = (enum wire_type)walk_enum(&walk, 0, WIRE_TYPE_COUNT);
	if (walk.r.ok)
		walk_body(&walk, &message);
	if (!wire_end(&walk.r))
		return WIRE_MALFORMED;
	*ret = message;
	return WIRE_OK;
}

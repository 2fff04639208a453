/* SPDX-License-Identifier: MIT
 *
 * The message codec: what is encoded is decoded, and everything else is refused with the output
 * untouched.
 */
#include "unit.h"

#include "wire/message.h"

static struct wire_message sample(enum wire_type type)
{
	struct wire_message message;

	/* Every field a value of its own, in its range. */
	memset(&message, 0, sizeof(message));
	message.type = type;
	if (type == WIRE_HELLO || type == WIRE_PROBE)
		message.body.canaries = 0x01020304;
	if (type == WIRE_PROBED)
		for (unsigned int i = 0; i < WIRE_CANARY_COUNT; i++)
			message.body.findings[i] =
				(struct wire_finding){(uint8_t)(i % 3), -(int32_t)i - 1};
	if (type == WIRE_STARTED) {
		message.body.attestation = (struct wire_attestation){.pid = 1,
			.parent = 2,
			.uid = UINT32_MAX,
			.gid = 3,
			.seccomp_mode = 2,
			.no_new_privs = 1,
			.seccomp_filters = 5,
			.threads = 6,
			.descriptor_count = 7,
			.descriptors_exact = 1,
			.canary_errno = -13};
		for (unsigned int i = 0; i < WIRE_CAPABILITY_SETS; i++)
			message.body.attestation.capabilities[i] = UINT64_MAX - i;
		for (unsigned int i = 0; i < WIRE_NAMESPACES; i++)
			message.body.attestation.namespaces[i] = 4026531835 + i;
		memset(message.body.attestation.cgroup, 'g', WIRE_CGROUP_MAX - 1);
	}
	if (type == WIRE_DONE) {
		message.body.done = (struct wire_done){.ended = WIRE_ENDED_BLIND,
			.stage = WIRE_STAGE_ATTEST,
			.step = 3,
			.errnum = -4,
			.wait_status = 5,
			.reaped = 1,
			.drained = 1,
			.stragglers = 8,
			.wall_us = UINT64_MAX,
			.cpu_us = 10,
			.memory_bytes = 11,
			.sampled_memory_bytes = 12,
			.sampled_tasks_count = 13,
			.sampled_handles_count = 14,
			.storage_known = 1,
			.storage_bytes = 16,
			.samples = 15,
			.moment_count = WIRE_TRANSCRIPT_MAX};
		for (unsigned int i = 0; i < WIRE_TRANSCRIPT_MAX; i++)
			message.body.done.moments[i] =
				(struct wire_moment){i * 7, (uint8_t)i, (uint8_t)(i + 1)};
	}
	if (type == WIRE_PROCESSES) {
		message.body.census.count = WIRE_PROCESSES_MAX;
		message.body.census.missed = 9;
		for (unsigned int i = 0; i < WIRE_PROCESSES_MAX; i++) {
			struct wire_process *process = &message.body.census.processes[i];

			process->pid = i + 1;
			process->parent = UINT32_MAX - i;
			process->began_us = UINT64_MAX - i;
			process->ended_us = i * 1000;
			process->ended = i % 2;
			memset(process->name, 'a' + (int)(i % 26), i % WIRE_PROCESS_NAME);
		}
	}
	return message;
}

static size_t encode(enum wire_type type, uint8_t *data)
{
	struct wire_message message = sample(type);
	size_t len = wire_message_encode(&message, data, WIRE_MESSAGE_BYTES_MAX);

	assert_true(len > 0);
	return len;
}

static void every_message_comes_back_as_it_was(void **state)
{
	uint8_t data[WIRE_MESSAGE_BYTES_MAX];

	(void)state;
	for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
		struct wire_message want = sample(type), got;
		size_t len = encode(type, data);

		memset(&got, 0, sizeof(got));
		assert_int_equal(wire_message_decode(bv_bytes(data, len), &got), WIRE_OK);
		assert_memory_equal(&got, &want, sizeof(got));
	}
}

/* Cut at every length, with the cut at the end of a page before an unmapped one. */
static void every_truncation_is_refused(void **state)
{
	uint8_t data[WIRE_MESSAGE_BYTES_MAX], *map = edge_open();

	(void)state;
	for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
		size_t len = encode(type, data);

		for (size_t cut = 0; cut < len; cut++) {
			struct wire_message got, before;

			memset(&got, 0x5a, sizeof(got));
			before = got;
			assert_int_not_equal(wire_message_decode(bv_bytes(edge_put(map, data, cut),
									 cut),
						     &got),
				WIRE_OK);
			assert_memory_equal(&got, &before, sizeof(got));
		}
	}
	edge_close(map);
}

static void a_byte_too_many_is_refused(void **state)
{
	uint8_t data[WIRE_MESSAGE_BYTES_MAX + 1] = {0};
	struct wire_message got;

	(void)state;
	for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++)
		assert_int_equal(wire_message_decode(bv_bytes(data, encode(type, data) + 1), &got),
			WIRE_MALFORMED);
}

/* Whatever a flipped bit makes of a message, it is refused or is a message: encoding it again
 * gives the same bytes. */
static void a_flipped_bit_is_refused_or_means_itself(void **state)
{
	uint8_t data[WIRE_MESSAGE_BYTES_MAX], again[WIRE_MESSAGE_BYTES_MAX], *map = edge_open();

	(void)state;
	for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
		size_t len = encode(type, data);

		for (size_t bit = 0; bit < len * 8; bit++) {
			struct wire_message got;
			uint8_t *at;

			data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
			at = edge_put(map, data, len);
			if (wire_message_decode(bv_bytes(at, len), &got) == WIRE_OK) {
				assert_int_equal(wire_message_encode(&got, again, sizeof(again)),
					len);
				assert_memory_equal(again, data, len);
			}
			data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		}
	}
	edge_close(map);
}

static void a_transcript_longer_than_its_table_is_refused(void **state)
{
	uint8_t data[WIRE_MESSAGE_BYTES_MAX];
	struct wire_message message = sample(WIRE_DONE);

	(void)state;
	message.body.done.moment_count = WIRE_TRANSCRIPT_MAX + 1;
	assert_int_equal(wire_message_encode(&message, data, sizeof(data)), 0);
	message.body.done.moment_count = UINT32_MAX;
	assert_int_equal(wire_message_encode(&message, data, sizeof(data)), 0);
}

static void too_small_a_buffer_takes_nothing(void **state)
{
	uint8_t data[WIRE_MESSAGE_BYTES_MAX];

	(void)state;
	for (unsigned int type = 0; type < WIRE_TYPE_COUNT; type++) {
		struct wire_message message = sample(type);
		size_t len = encode(type, data);

		for (size_t capacity = 0; capacity < len; capacity++)
			assert_int_equal(wire_message_encode(&message, data, capacity), 0);
	}
}

static void text_without_an_end_is_refused(void **state)
{
	uint8_t data[WIRE_MESSAGE_BYTES_MAX];
	struct wire_message got;
	size_t len = encode(WIRE_STARTED, data);

	(void)state;
	data[len - 1] = 'g';
	assert_int_not_equal(wire_message_decode(bv_bytes(data, len), &got), WIRE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_comes_back_as_it_was),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_byte_too_many_is_refused),
		cmocka_unit_test(a_flipped_bit_is_refused_or_means_itself),
		cmocka_unit_test(a_transcript_longer_than_its_table_is_refused),
		cmocka_unit_test(too_small_a_buffer_takes_nothing),
		cmocka_unit_test(text_without_an_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

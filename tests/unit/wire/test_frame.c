/* SPDX-License-Identifier: MIT
 *
 * The launch frame: what is encoded is decoded, a torn or foreign one is refused before anything
 * is looked at, and counts that no table holds are refused under a right digest too.
 */
#include "unit.h"

#include "base/digest.h"
#include "wire/frame.h"

#define HEAD (4 + 4 + 8 + BV_DIGEST_BYTES)
/* Up to the canary, all fields have a fixed width. */
#define CANARY (HEAD + 2 * BV_DIGEST_BYTES + 4 + 1 + 5 * 8)

static const uint8_t filter[16] = {6, 0, 0, 0, 0, 0, 0xff, 0x7f, 6, 0, 0, 0, 1, 0, 0, 0};
static const char canary[] = "/proc";

/* The smallest table of a view. */
static struct bv_bytes mounts(void)
{
	static const struct wire_mount root = {.kind = WIRE_MOUNT_TMPFS,
		.size_bytes = 4096,
		.destination = "/",
		.source = ""};
	static uint8_t data[128];
	struct wire_writer w = wire_writer(data, sizeof(data));

	wire_mount_put(&w, &root);
	return bv_bytes(data, w.at);
}

static struct wire_frame sample(void)
{
	struct wire_frame frame;

	memset(&frame, 0, sizeof(frame));
	memset(frame.attempt.bytes, 1, BV_DIGEST_BYTES);
	memset(frame.lowering.bytes, 2, BV_DIGEST_BYTES);
	frame.containment = WIRE_CONTAIN_SUBREAPER;
	frame.namespaces =
		WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_MOUNT) | WIRE_NAMESPACE_BIT(WIRE_NAMESPACE_UTS);
	frame.flags = WIRE_FLAG_OWN_DIRECTORY;
	frame.mount_count = 1;
	frame.mounts = mounts();
	frame.directory = bv_bytes("/", 2);
	frame.wall_us = 1;
	frame.cpu_us = UINT64_MAX;
	frame.memory_bytes = UINT64_C(1) << 40;
	frame.tasks_count = 4;
	frame.handles_count = 5;
	frame.canary = bv_bytes(canary, sizeof(canary));
	frame.step_count = 2;
	frame.steps[0] =
		(struct wire_step){.id = bv_bytes_str("linux.session"), .version = 1, .phase = 2};
	frame.steps[1] =
		(struct wire_step){.id = bv_bytes_str("linux.exec"), .version = 3, .phase = 4};
	frame.slot_count = 3;
	frame.slots[0] = (struct wire_slot){WIRE_ROLE_PROGRAM, WIRE_FILE_REGULAR, false, 0};
	frame.slots[1] = (struct wire_slot){WIRE_ROLE_STREAM, WIRE_FILE_ANY, true, 2};
	frame.slots[2] = (struct wire_slot){WIRE_ROLE_INHERITED, WIRE_FILE_DIRECTORY, false, 65535};
	frame.rlimit_count = 1;
	frame.rlimits[0] = (struct wire_rlimit){7, 100, UINT64_MAX};
	frame.filter = bv_bytes(filter, sizeof(filter));
	frame.self_count = 1;
	frame.self[0] = 1;
	frame.argument_count = 2;
	frame.arguments = bv_bytes("name\0argument", 14);
	frame.variable_count = 1;
	frame.environment = bv_bytes("A=b", 4);
	return frame;
}

static size_t encode(const struct wire_frame *frame, uint8_t *data)
{
	size_t len = wire_frame_size(frame);

	assert_true(len > 0 && len <= EDGE_BYTES);
	assert_true(wire_frame_encode(frame, data, len));
	return len;
}

/* Makes a changed frame whole again: its length and its digest. */
static void mend(uint8_t *data, size_t len)
{
	struct bv_digest digest;

	for (size_t i = 0; i < 8; i++)
		data[8 + i] = (uint8_t)((uint64_t)len >> (8 * i));
	bv_sha256_once(data + HEAD, len - HEAD, &digest);
	memcpy(data + 16, digest.bytes, BV_DIGEST_BYTES);
}

static bool same(struct bv_bytes a, struct bv_bytes b)
{
	return bv_bytes_eq(a, b);
}

static void a_frame_comes_back_as_it_was(void **state)
{
	static uint8_t data[EDGE_BYTES], again[EDGE_BYTES];
	struct wire_frame want = sample(), got;
	size_t len = encode(&want, data);

	(void)state;
	assert_int_equal(wire_frame_decode(bv_bytes(data, len), &got), WIRE_OK);
	assert_true(same(got.canary, want.canary) && same(got.filter, want.filter) &&
		same(got.arguments, want.arguments) && same(got.environment, want.environment) &&
		same(got.steps[0].id, want.steps[0].id) && same(got.steps[1].id, want.steps[1].id));
	assert_memory_equal(got.slots, want.slots, sizeof(got.slots));
	assert_memory_equal(got.rlimits, want.rlimits, sizeof(got.rlimits));
	assert_int_equal(got.containment, want.containment);
	assert_true(got.cpu_us == UINT64_MAX && got.wall_us == 1 && got.handles_count == 5);
	assert_int_equal(encode(&got, again), len);
	assert_memory_equal(again, data, len);
}

static void every_truncation_is_refused(void **state)
{
	static uint8_t data[EDGE_BYTES];
	uint8_t *map = edge_open();
	struct wire_frame frame = sample();
	size_t len = encode(&frame, data);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		struct wire_frame got, before;

		memset(&got, 0x5a, sizeof(got));
		before = got;
		assert_int_equal(wire_frame_decode(bv_bytes(edge_put(map, data, cut), cut), &got),
			WIRE_TRUNCATED);
		assert_memory_equal(&got, &before, sizeof(got));
	}
	edge_close(map);
}

/* The same with length and digest made to fit, so that the tables themselves are cut. */
static void every_truncation_under_a_right_digest_is_refused(void **state)
{
	static uint8_t data[EDGE_BYTES];
	uint8_t *map = edge_open();
	struct wire_frame frame = sample(), got;
	size_t len = encode(&frame, data);

	(void)state;
	for (size_t cut = HEAD; cut < len; cut++) {
		uint8_t *at = edge_put(map, data, cut);

		mend(at, cut);
		assert_int_equal(wire_frame_decode(bv_bytes(at, cut), &got), WIRE_MALFORMED);
	}
	edge_close(map);
}

static void every_flipped_bit_is_seen(void **state)
{
	static uint8_t data[EDGE_BYTES];
	struct wire_frame frame = sample(), got;
	size_t len = encode(&frame, data);

	(void)state;
	for (size_t bit = 0; bit < len * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		assert_int_not_equal(wire_frame_decode(bv_bytes(data, len), &got), WIRE_OK);
		data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
}

/* Under a right digest a flipped bit is refused, or it means itself. */
static void a_flipped_bit_under_a_right_digest_means_itself(void **state)
{
	static uint8_t data[EDGE_BYTES], again[EDGE_BYTES];
	uint8_t *map = edge_open();
	struct wire_frame frame = sample(), got;
	size_t len = encode(&frame, data), taken = 0;

	(void)state;
	for (size_t bit = HEAD * 8; bit < len * 8; bit++) {
		uint8_t *at;

		data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		at = edge_put(map, data, len);
		mend(at, len);
		if (wire_frame_decode(bv_bytes(at, len), &got) == WIRE_OK) {
			assert_int_equal(encode(&got, again), len);
			assert_memory_equal(again, at, len);
			taken++;
		}
		data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	assert_true(taken > 0);
	edge_close(map);
}

static void put32(uint8_t *at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* Every 32-bit word of the body set to huge numbers: lengths and counts among them. */
static void huge_counts_are_refused(void **state)
{
	static const uint32_t huge[] = {UINT32_MAX, 0x80000000U, 0x7fffffffU, 0x10000, 33, 161, 17,
		513, 7};
	static uint8_t data[EDGE_BYTES], again[EDGE_BYTES];
	uint8_t *map = edge_open();
	struct wire_frame frame = sample(), got;
	size_t len = encode(&frame, data);

	(void)state;
	for (size_t at = CANARY; at + 4 <= len; at++)
		for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
			uint8_t *bytes = edge_put(map, data, len);

			put32(bytes + at, huge[i]);
			mend(bytes, len);
			if (wire_frame_decode(bv_bytes(bytes, len), &got) != WIRE_OK)
				continue;
			assert_int_equal(encode(&got, again), len);
			assert_memory_equal(again, bytes, len);
		}
	edge_close(map);
}

static enum wire_result decoded(const struct wire_frame *frame)
{
	static uint8_t data[EDGE_BYTES];
	struct wire_frame got;

	return wire_frame_decode(bv_bytes(data, encode(frame, data)), &got);
}

static void an_unsound_frame_is_refused(void **state)
{
	struct wire_frame frame = sample();

	(void)state;
	assert_int_equal(decoded(&frame), WIRE_OK);
	frame.argument_count = 3;
	assert_int_equal(decoded(&frame), WIRE_MALFORMED);
	frame = sample();
	frame.argument_count = 0;
	frame.arguments = bv_bytes(NULL, 0);
	assert_int_equal(decoded(&frame), WIRE_MALFORMED);
	frame = sample();
	frame.environment = bv_bytes("A=b", 3);
	assert_int_equal(decoded(&frame), WIRE_MALFORMED);
	frame = sample();
	frame.canary = bv_bytes("/a\0/b", 6);
	assert_int_equal(decoded(&frame), WIRE_MALFORMED);
	frame = sample();
	frame.canary = bv_bytes("/a", 2);
	assert_int_equal(decoded(&frame), WIRE_MALFORMED);
	frame = sample();
	frame.filter.len = 15;
	assert_int_equal(decoded(&frame), WIRE_MALFORMED);
	frame = sample();
	frame.self[0] = 2;
	assert_int_equal(decoded(&frame), WIRE_MALFORMED);
	frame = sample();
	frame.flags = 1U << 31;
	assert_int_equal(decoded(&frame), WIRE_MALFORMED);
}

static void another_version_is_told_apart(void **state)
{
	static uint8_t data[EDGE_BYTES];
	struct wire_frame frame = sample(), got;
	size_t len = encode(&frame, data);

	(void)state;
	data[4]++;
	assert_int_equal(wire_frame_decode(bv_bytes(data, len), &got), WIRE_VERSION);
	data[4]--;
	data[0]++;
	assert_int_equal(wire_frame_decode(bv_bytes(data, len), &got), WIRE_MALFORMED);
	data[0]--;
	data[len - 1] ^= 1;
	assert_int_equal(wire_frame_decode(bv_bytes(data, len), &got), WIRE_DIGEST);
}

static void a_frame_past_the_maximum_has_no_size(void **state)
{
	struct wire_frame frame = sample();

	(void)state;
	frame.environment.len = WIRE_FRAME_BYTES_MAX;
	assert_int_equal(wire_frame_size(&frame), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_comes_back_as_it_was),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_truncation_under_a_right_digest_is_refused),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(a_flipped_bit_under_a_right_digest_means_itself),
		cmocka_unit_test(huge_counts_are_refused),
		cmocka_unit_test(an_unsound_frame_is_refused),
		cmocka_unit_test(another_version_is_told_apart),
		cmocka_unit_test(a_frame_past_the_maximum_has_no_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

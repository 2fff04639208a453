/* SPDX-License-Identifier: MIT
 *
 * The order of a worker, and the ledger of what it says: what is written is read, and everything
 * else is refused. A ledger comes from who may have been taken over, so every byte of one is tried
 * in every state that matters.
 */
#include "unit.h"

#include <stdio.h>

#include "wire/guest.h"
#include "wire/ledger.h"

static struct wire_guest order_make(void)
{
	struct wire_guest order = {
		.flags = WIRE_GUEST_FUEL | WIRE_GUEST_ACTIONS,
		.fuel_units = UINT64_MAX,
		.memory_bytes = 1 << 20,
		.handles_count = 17,
		.argument_count = 2,
		.arguments = bv_bytes("name\0argument", 14),
		.variable_count = 1,
		.environment = bv_bytes("A=b", 4),
		.preopen_count = 2,
	};

	order.preopens[0] =
		(struct wire_preopen){bv_bytes(".", 2), bv_bytes("/srv", 5), true, false};
	order.preopens[1] = (struct wire_preopen){bv_bytes("/x", 3), bv_bytes("/y", 3), true, true};
	return order;
}

static void an_order_is_read_as_it_was_written(void **state)
{
	struct wire_guest order = order_make();
	static struct wire_guest got;
	uint8_t data[256];
	size_t len = wire_guest_size(&order);

	(void)state;
	assert_in_range(len, 1, sizeof(data));
	assert_true(wire_guest_encode(&order, data, len));
	assert_true(wire_guest_decode(bv_bytes(data, len), &got));
	assert_int_equal(got.fuel_units, UINT64_MAX);
	assert_int_equal(got.handles_count, 17);
	assert_int_equal(got.argument_count, 2);
	assert_string_equal((const char *)got.arguments.data + 5, "argument");
	assert_int_equal(got.preopen_count, 2);
	assert_string_equal((const char *)got.preopens[1].host.data, "/y");
	assert_true(got.preopens[1].write);
	assert_false(got.preopens[0].write);
}

/* Cut short anywhere, with a byte too many, or with any one bit turned in its head or counts, an
 * order is refused or read within its bounds: the page behind it is not there. */
static void a_broken_order_is_refused_and_never_read_past_its_end(void **state)
{
	struct wire_guest order = order_make();
	static struct wire_guest got;
	uint8_t data[256], *map = edge_open();
	size_t len = wire_guest_size(&order), refused = 0;

	(void)state;
	assert_true(wire_guest_encode(&order, data, len));
	for (size_t cut = 0; cut < len; cut++)
		assert_false(wire_guest_decode(bv_bytes(edge_put(map, data, cut), cut), &got));
	for (size_t i = 0; i < len * 8; i++) {
		data[i / 8] ^= (uint8_t)(1 << i % 8);
		refused += !wire_guest_decode(bv_bytes(edge_put(map, data, len), len), &got);
		data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_in_range(refused, len, len * 8);
	assert_false(wire_guest_encode(&order, data, len - 1));
	edge_close(map);
}

static struct wire_attempt attempt_make(const char *path)
{
	return (struct wire_attempt){.denied = true,
		.call = 31,
		.error = 76,
		.root = bv_bytes_str("/data"),
		.path = bv_bytes_str(path)};
}

static void a_ledger_is_read_as_it_was_written(void **state)
{
	uint8_t *data = test_malloc(WIRE_LEDGER_BYTES);
	struct wire_attempt one = attempt_make("../one"), two = attempt_make("../two");
	struct wire_guest_end end = {.kind = WIRE_GUEST_TRAPPED,
		.trap = 2,
		.function = 7,
		.offset = UINT64_MAX,
		.place = "place",
		.text = "text",
		.call_count = 2,
		.calls = {{1, 2}, {3, UINT64_MAX}}};
	struct wire_ledger ledger;
	struct wire_entry entry;
	size_t cursor = 0;

	(void)state;
	wire_ledger_begin(&ledger, data, WIRE_LEDGER_BYTES);
	wire_ledger_started(&ledger);
	for (int i = 0; i < 1000; i++) {
		wire_ledger_attempt(&ledger, &one);
		if (i % 2)
			wire_ledger_attempt(&ledger, &two);
	}
	wire_ledger_end(&ledger, &end);
	assert_true(wire_ledger_next(bv_bytes(data, WIRE_LEDGER_BYTES), &cursor, &entry));
	assert_int_equal(entry.kind, WIRE_ENTRY_STARTED);
	assert_true(wire_ledger_next(bv_bytes(data, WIRE_LEDGER_BYTES), &cursor, &entry));
	assert_int_equal(entry.attempt.count, 1000);
	assert_memory_equal(entry.attempt.path.data, "../one", 6);
	assert_true(wire_ledger_next(bv_bytes(data, WIRE_LEDGER_BYTES), &cursor, &entry));
	assert_int_equal(entry.attempt.count, 500);
	assert_true(wire_ledger_next(bv_bytes(data, WIRE_LEDGER_BYTES), &cursor, &entry));
	assert_int_equal(entry.kind, WIRE_ENTRY_END);
	assert_string_equal(entry.end.text, "text");
	assert_int_equal(entry.end.calls[1].bad, UINT64_MAX);
	assert_false(wire_ledger_next(bv_bytes(data, WIRE_LEDGER_BYTES), &cursor, &entry));
	test_free(data);
}

/* However much a guest tries, there is room for its end, and what was left out is counted. */
static void a_full_ledger_still_takes_the_end(void **state)
{
	uint8_t *data = test_malloc(WIRE_LEDGER_BYTES);
	struct wire_guest_end end = {.kind = WIRE_GUEST_UNFIT, .call_count = WIRE_CALLS_MAX};
	struct wire_ledger ledger;
	struct wire_entry entry = {0};
	size_t cursor = 0, attempts = 0;

	(void)state;
	memset(end.place, 'p', sizeof(end.place) - 1);
	memset(end.text, 't', sizeof(end.text) - 1);
	wire_ledger_begin(&ledger, data, WIRE_LEDGER_BYTES);
	for (int i = 0; i < 20000; i++) {
		char path[64];
		struct wire_attempt attempt = attempt_make(path);

		snprintf(path, sizeof(path), "a/rather/long/path/to/number/%d", i);
		attempt.path = bv_bytes_str(path);
		wire_ledger_attempt(&ledger, &attempt);
	}
	wire_ledger_end(&ledger, &end);
	while (wire_ledger_next(bv_bytes(data, WIRE_LEDGER_BYTES), &cursor, &entry))
		attempts += entry.kind == WIRE_ENTRY_ATTEMPT;
	assert_int_equal(entry.kind, WIRE_ENTRY_END);
	assert_int_equal(strlen(entry.end.text), WIRE_LEDGER_TEXT_MAX);
	assert_int_equal(attempts + wire_ledger_dropped(bv_bytes(data, WIRE_LEDGER_BYTES)), 20000);
	assert_in_range(attempts, 1000, 19999);
	test_free(data);
}

/* What a guest that took its worker over could write there. */
static void a_hostile_ledger_is_read_within_its_bounds(void **state)
{
	uint8_t data[512] = {0}, *map = edge_open();
	struct wire_attempt attempt = attempt_make("../one");
	struct wire_guest_end end = {.call_count = 3, .text = "text"};
	struct wire_ledger ledger;
	size_t ended = 0;

	(void)state;
	/* The smallest that takes an end beside the room kept for one. */
	wire_ledger_begin(&ledger, data, sizeof(data));
	wire_ledger_attempt(&ledger, &attempt);
	assert_int_equal(wire_ledger_dropped(bv_bytes(data, sizeof(data))), 1);
	wire_ledger_end(&ledger, &end);
	for (size_t i = 0; i < ledger.used * 8; i++) {
		struct wire_entry entry = {0};
		size_t cursor = 0;

		data[i / 8] ^= (uint8_t)(1 << i % 8);
		for (size_t len = ledger.used; len + 8 > ledger.used; len--) {
			struct bv_bytes view = bv_bytes(edge_put(map, data, len), len);

			cursor = 0;
			while (wire_ledger_next(view, &cursor, &entry))
				assert_true(cursor <= len);
			ended += entry.kind == WIRE_ENTRY_END;
		}
		data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_true(ended > 0);
	edge_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_is_read_as_it_was_written),
		cmocka_unit_test(a_broken_order_is_refused_and_never_read_past_its_end),
		cmocka_unit_test(a_ledger_is_read_as_it_was_written),
		cmocka_unit_test(a_full_ledger_still_takes_the_end),
		cmocka_unit_test(a_hostile_ledger_is_read_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * capture-streams: output is drained, bounded and digested; and kill: the end comes when it is
 * asked for.
 */
#include "oracle.h"

#include <fcntl.h>
#include <pthread.h>

#include "base/digest.h"

/* The digest of the guest's pattern, computed here. */
static void pattern_hex(size_t len, char hex[BV_DIGEST_HEX])
{
	struct bv_sha256 state;
	struct bv_digest digest;

	bv_sha256_init(&state);
	for (size_t i = 0; i < len; i++)
		bv_sha256_update(&state, &(unsigned char){(unsigned char)(i % 251)}, 1);
	bv_sha256_final(&state, &digest);
	bv_digest_hex(&digest, hex);
}

static size_t seen_by_callback;

static void count_output(void *context, int stream, const void *data, size_t len)
{
	(void)context;
	(void)data;
	if (stream == 1)
		seen_by_callback += len;
}

static void everything_is_digested_and_a_part_is_kept(void **state)
{
	struct oracle *o = *state;
	char hex[BV_DIGEST_HEX], text[64];
	int truncated = 0;
	size_t len = 0;

	seen_by_callback = 0;
	o->options.on_output = count_output;
	o->spec.streams[1].limit_bytes = 1000;
	oracle_attempts(o, "spew 1 1000000");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_non_null(bv_report_stream(o->report, 1, &len, &truncated));
	assert_int_equal(len, 1000);
	assert_int_equal(truncated, 1);
	for (size_t i = 0; i < len; i++)
		assert_int_equal((unsigned char)o->out[i], i % 251);
	pattern_hex(1000000, hex);
	assert_true(oracle_report_has(o, hex));
	snprintf(text, sizeof(text), "1000000");
	assert_true(oracle_report_has(o, text));
	assert_int_equal(seen_by_callback, 1000000);
}

static void output_to_the_byte_is_not_truncated(void **state)
{
	struct oracle *o = *state;
	int truncated = 1;
	size_t len;

	for (size_t want = 999; want <= 1001; want++) {
		o->spec.streams[1].limit_bytes = 1000;
		oracle_attempts(o, "spew 1 %zu", want);
		oracle_again(o);
		oracle_run(o);
		oracle_completed(o, 0);
		assert_non_null(bv_report_stream(o->report, 1, &len, &truncated));
		assert_int_equal(len, want < 1000 ? want : 1000);
		assert_int_equal(truncated, want > 1000);
	}
}

static void both_streams_are_kept_apart(void **state)
{
	struct oracle *o = *state;
	const char *text;
	size_t len;

	oracle_attempts(o, "spew 2 300000 say done");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_string_equal(o->out, "done\n");
	text = bv_report_stream(o->report, 2, &len, NULL);
	assert_int_equal(len, 65536);
	assert_int_equal((unsigned char)text[65535], 65535 % 251);
}

static void a_guest_that_closes_its_output_runs_on(void **state)
{
	struct oracle *o = *state;

	oracle_grant(o, o->root, BV_READ | BV_WRITE);
	/* The guest cannot say what came of it, and ends because of that: with 98. */
	oracle_attempts(o, "close 1 close 2 create after");
	oracle_run(o);
	oracle_completed(o, 98);
	assert_true(world_exists(o, "after"));
	assert_int_equal(o->out_len, 0);
}

static void endless_output_ends_with_the_wall_budget(void **state)
{
	struct oracle *o = *state;
	uint64_t begun = world_ms();

	o->spec.budgets[BV_WALL].limit = 300000;
	oracle_attempts(o, "spew 1 0");
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_WALL);
	assert_true(world_ms() - begun < 5000);
	assert_int_equal(o->out_len, sizeof(o->out) - 1);
}

/* What a descendant writes after the first process has ended, and before the tree is killed, is
 * the run's; the run does not wait for it. */
static void a_writing_daemon_does_not_hold_the_run(void **state)
{
	struct oracle *o = *state;
	uint64_t begun = world_ms();

	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_attempts(o, "daemon-writer");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(world_ms() - begun < 5000);
	assert_true(world_gone(o->marker, 0));
}

static void a_file_stream_is_created_and_emptied(void **state)
{
	struct oracle *o = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/out", o->root);
	o->spec.streams[1] = (struct bv_stream){BV_STREAM_FILE, path, 0};
	oracle_attempts(o, "say first-and-longer");
	oracle_run(o);
	oracle_completed(o, 0);
	world_same(o, "out", "first-and-longer\n");
	oracle_attempts(o, "say second");
	oracle_again(o);
	oracle_run(o);
	oracle_completed(o, 0);
	world_same(o, "out", "second\n");
}

struct canceller {
	int fd;
	unsigned int ms;
};

static void *cancel_later(void *argument)
{
	struct canceller *canceller = argument;

	world_sleep(canceller->ms);
	if (write(canceller->fd, "x", 1) != 1)
		abort();
	return NULL;
}

static void cancelled(struct oracle *o)
{
	int ends[2];
	struct canceller canceller = {.ms = 150};
	pthread_t thread;
	uint64_t begun = world_ms();
	char byte;

	oracle_plan(o); /* no test is skipped while its thread runs */
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	canceller.fd = ends[1];
	o->options.cancel_borrow_fd = ends[0];
	pthread_create(&thread, NULL, cancel_later, &canceller);
	oracle_run(o);
	pthread_join(thread, NULL);
	oracle_ended(o, BV_OUTCOME_KILLED, BV_REASON_CANCELLED);
	assert_true(world_ms() - begun < 5000);
	/* It is ours: not read from. */
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
}

static void a_run_is_cancelled_when_asked(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "sleep 20000");
	cancelled(o);
}

static void the_whole_tree_is_cancelled(void **state)
{
	struct oracle *o = *state;

	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_attempts(o, "daemon 20000 forks 5 20000");
	cancelled(o);
	assert_true(world_gone(o->marker, 0));
}

static void a_cancelled_start_runs_nothing_long(void **state)
{
	struct oracle *o = *state;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	o->options.cancel_borrow_fd = ends[0];
	oracle_attempts(o, "sleep 20000");
	for (int i = 0; i < 20; i++) {
		oracle_run(o);
		oracle_ended(o, BV_OUTCOME_KILLED, BV_REASON_CANCELLED);
	}
	close(ends[0]);
	close(ends[1]);
	/* The launcher is none the worse. */
	o->options.cancel_borrow_fd = -1;
	oracle_attempts(o, "say well");
	oracle_again(o);
	oracle_says(o, "well\n");
}

#define TESTS(T) \
	T(everything_is_digested_and_a_part_is_kept) \
	T(output_to_the_byte_is_not_truncated) \
	T(both_streams_are_kept_apart) \
	T(a_guest_that_closes_its_output_runs_on) \
	T(endless_output_ends_with_the_wall_budget) \
	T(a_writing_daemon_does_not_hold_the_run) \
	T(a_file_stream_is_created_and_emptied) \
	T(a_run_is_cancelled_when_asked) \
	T(the_whole_tree_is_cancelled) \
	T(a_cancelled_start_runs_nothing_long)

ORACLE_MAIN(TESTS)

/* SPDX-License-Identifier: MIT
 *
 * The wasm backend, as a program that links the library has it: what a guest reaches, uses and
 * leaves behind, in a worker and in this process. What the guest says is one channel; the other is
 * the files, and the memory of whoever ran it.
 */
#include "wasm.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

/* ---- files ---- */

static void nothing_outside_is_read(struct oracle *o)
{
	char link[256];

	snprintf(link, sizeof(link), "%s/in/link", o->root);
	assert_int_equal(symlink("../outside/secret", link), 0);
	oracle_grant(o, "in", BV_READ);
	oracle_attempts(o,
		"read %s/in/file read %s/in/link read %s/in/../outside/secret read /etc/passwd "
		"read %s/outside/secret",
		o->root, o->root, o->root, o->root);
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "read granted");
	assert_null(strstr(o->out, TREASURE));
	assert_null(strstr(o->out, "root:"));
	assert_true(oracle_report_has(o, "\"call\":\"path_open\",\"count\":1"));
	assert_true(oracle_report_has(o, "/in: link\""));
	assert_true(oracle_report_has(o, "/in: ../outside/secret\""));
}

static void a_guest_in_a_worker_reads_nothing_outside(void **state)
{
	wasm_needs(true);
	nothing_outside_is_read(*state);
}

static void a_guest_in_process_reads_nothing_outside(void **state)
{
	wasm_needs(false);
	nothing_outside_is_read(*state);
}

static void only_writable_is_written(struct oracle *o)
{
	oracle_grant(o, "in", BV_READ);
	oracle_grant(o, "rw", BV_READ | BV_WRITE);
	oracle_attempts(o,
		"write %s/rw/new text write %s/in/file spoiled write %s/in/new text unlink "
		"%s/in/file link /etc %s/in/way",
		o->root, o->root, o->root, o->root, o->root);
	oracle_run(o);
	oracle_completed(o, 0);
	world_same(o, "rw/new", "text");
	world_same(o, "in/file", "granted");
	assert_false(world_exists(o, "in/new") || world_exists(o, "in/way"));
	assert_true(oracle_report_has(o, "\"call\":\"path_unlink_file\""));
	assert_true(oracle_report_has(o, "\"call\":\"path_symlink\""));
}

static void a_guest_in_a_worker_writes_only_where_it_may(void **state)
{
	wasm_needs(true);
	only_writable_is_written(*state);
}

static void a_guest_in_process_writes_only_where_it_may(void **state)
{
	wasm_needs(false);
	only_writable_is_written(*state);
}

/* What it tried before it was killed is in the report. */
static void attempts_stay(struct oracle *o)
{
	oracle_grant(o, "in", BV_READ);
	o->spec.budgets[BV_WALL].limit = 300000;
	oracle_attempts(o, "unlink %s/in/file loop", o->root);
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_WALL);
	assert_true(oracle_report_has(o, "\"call\":\"path_unlink_file\",\"count\":1"));
	world_same(o, "in/file", "granted");
}

static void attempts_of_a_killed_worker_stay(void **state)
{
	wasm_needs(true);
	attempts_stay(*state);
}

static void attempts_of_a_guest_stopped_in_process_stay(void **state)
{
	wasm_needs(false);
	attempts_stay(*state);
}

/* ---- budgets ---- */

static void time_is_up(struct oracle *o)
{
	o->spec.budgets[BV_WALL].limit = 300000;
	oracle_attempts(o, "sleep");
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_WALL);
	oracle_no_line(o, "woke");
	oracle_again(o);
	o->spec.budgets[BV_WALL].limit = 60000000;
	o->spec.budgets[BV_CPU].limit = 200000;
	oracle_attempts(o, "loop");
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
}

static void time_of_a_worker_ends(void **state)
{
	wasm_needs(true);
	time_is_up(*state);
}

static void time_in_process_ends(void **state)
{
	wasm_needs(false);
	time_is_up(*state);
}

static uint64_t measured(const struct oracle *o, enum bv_dimension dimension)
{
	uint64_t used = 0;

	if (!bv_report_usage(o->report, dimension, &used))
		fail_msg("%s was not measured", bv_dimension_name(dimension));
	return used;
}

static const enum bv_wasm_worker everywhere[] = {BV_WASM_WORKER_REQUIRED, BV_WASM_WORKER_NONE};

/* To the unit, wherever it runs: also where the host's time goes into what the guest is given. */
static void fuel_ends_at_the_same_instruction_everywhere(void **state)
{
	struct oracle *o = *state;
	char first[256] = "";

	wasm_needs(true);
	o->spec.budgets[BV_CPU].limit = 20000;
	o->spec.budgets[BV_MEMORY].limit = UINT64_C(640) << 20;
	for (size_t i = 0; i < 2; i++) {
		wasm_reopen(o, everywhere[i], true);
		oracle_attempts(o, "room 8192 loop");
		oracle_run(o);
		oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
		assert_true(oracle_report_has(o, "\"20000000 units\""));
		assert_int_equal(measured(o, BV_CPU), 20000);
		assert_true(oracle_report_has(o, "\"kind\":\"processor-time\""));
		oracle_line(o, "room 8192");
		oracle_line(o, "ready");
		if (!i)
			snprintf(first, sizeof(first), "%s", bv_report_end(o->report)->detail);
	}
	assert_string_equal(bv_report_end(o->report)->detail, first);
	assert_non_null(strstr(first, " at offset 0x"));
}

/* Nor is the worker's own start, which takes longer than this, the guest's. */
static void fuel_is_not_the_time_of_a_worker(void **state)
{
	struct oracle *o = *state;
	uint64_t used = 0;

	wasm_needs(true);
	wasm_reopen(o, BV_WASM_WORKER_REQUIRED, true);
	o->spec.budgets[BV_CPU].limit = 1000;
	oracle_attempts(o, "%s", "");
	for (int i = 0; i < 10; i++) {
		oracle_again(o);
		oracle_run(o);
		oracle_completed(o, 0);
		assert_true(measured(o, BV_CPU) < 1000 && (!i || measured(o, BV_CPU) == used));
		used = measured(o, BV_CPU);
	}
	assert_true(oracle_report_has(o, "\"kind\":\"processor-time\""));
}

/* What the kernel does at the end of RLIMIT_CPU. */
static void time_out(struct oracle *o)
{
	(void)o;
	assert_int_equal(kill(wasm_worker(), SIGXCPU), 0);
}

/* Neither the reason nor the measure says that it was fuel. */
static void time_that_ends_a_guest_with_fuel_left_is_said(void **state)
{
	struct oracle *o = *state;
	uint64_t used = 0;

	wasm_needs(true);
	wasm_reopen(o, BV_WASM_WORKER_REQUIRED, true);
	oracle_attempts(o, "hold");
	oracle_hold(o, time_out);
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
	assert_non_null(strstr(bv_report_end(o->report)->detail, "the worker's processor time"));
	assert_int_equal(bv_report_usage(o->report, BV_CPU, &used), 0);
	assert_true(oracle_report_has(o, "\"kind\":\"processor-time\""));
}

static long grown(const struct oracle *o)
{
	const char *at = strstr(o->out, "grown ");

	return at ? strtol(at + 6, NULL, 10) : -1;
}

/* It is refused the page that would be too many, and goes on; what it had is what is measured. */
static void memory_grows_to_its_limit_in_process(void **state)
{
	struct oracle *o = *state;

	wasm_needs(false);
	o->spec.budgets[BV_MEMORY].limit = UINT64_C(8) << 20;
	oracle_attempts(o, "grow 100000");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(grown(o) > 64 && grown(o) < 128);
	assert_int_equal(measured(o, BV_MEMORY), UINT64_C(8) << 20);
}

static void peak(struct oracle *o)
{
	static char status[4096];

	assert_true(world_proc(wasm_worker(), "status", status, sizeof(status)));
	o->seen[0] = world_number(status, "VmHWM:\t");
}

/* Linear memory and the worker itself: what the kernel says of it stays below the limit too. */
static void memory_of_a_worker_stays_below_its_limit(void **state)
{
	struct oracle *o = *state;

	wasm_needs(true);
	o->spec.budgets[BV_MEMORY].limit = UINT64_C(32) << 20;
	oracle_attempts(o, "grow 256 hold");
	oracle_hold(o, peak);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_int_equal(grown(o), 256);
	assert_true(o->seen[0] > 16 << 10 && o->seen[0] < 32 << 10);
	oracle_again(o);
	oracle_attempts(o, "grow 100000");
	oracle_run(o);
	if (bv_report_end(o->report)->outcome == BV_OUTCOME_COMPLETED)
		assert_true(grown(o) < 512);
	else
		oracle_spent(o, BV_OUTCOME_KILLED, BV_MEMORY);
}

/* By the kernel's own count, whatever holds the budget. */
static void room_takes_memory_when_touched(struct oracle *o, enum bv_enforcement guarantee)
{
	wasm_needs(true);
	o->spec.budgets[BV_MEMORY] =
		(struct bv_budget){.limit = UINT64_C(640) << 20, .guarantee = guarantee};
	oracle_attempts(o, "room 8192 hold");
	oracle_hold(o, peak);
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "room 8192");
	assert_in_range(o->seen[0], 1 << 10, 32 << 10);
}

static void room_in_a_worker_takes_memory_when_touched(void **state)
{
	room_takes_memory_when_touched(*state, BV_MEDIATED);
}

static void room_within_a_limit_on_addresses_does_too(void **state)
{
	room_takes_memory_when_touched(*state, BV_ENFORCED);
}

static void a_table_is_full(struct oracle *o)
{
	oracle_grant(o, "in", BV_READ);
	o->spec.budgets[BV_HANDLES].limit = 16;
	oracle_attempts(o, "open %s/in/file read %s/in/file", o->root, o->root);
	oracle_run(o);
	oracle_completed(o, 0);
	/* Three streams and one root. */
	oracle_line(o, "opened 12 then ENFILE");
	oracle_line(o, "read ENFILE");
	assert_int_equal(measured(o, BV_HANDLES), 16);
}

static void handles_of_a_worker_s_guest_end(void **state)
{
	wasm_needs(true);
	a_table_is_full(*state);
}

static void handles_in_process_end(void **state)
{
	wasm_needs(false);
	a_table_is_full(*state);
}

/* ---- secrets ---- */

/* Never in the clear in this program: each byte with a mask. */
static const unsigned char masked[] = {0x11, 0x3f, 0x22, 0x0c, 0x6b, 0x77, 0x1d, 0x2e, 0x38, 0x69,
	0x10, 0x6e, 0x33, 0x0f, 0x62, 0x1b, 0x36, 0x2a, 0x6d, 0x15, 0x20, 0x3c, 0x68, 0x0d};
#define MASK 0x5a
#define PIECE 8

static int unmask(void *context, const char *reference, char *buffer, size_t capacity,
	size_t *ret_len)
{
	(void)context, (void)reference;
	if (capacity < sizeof(masked))
		return ENOSPC;
	for (size_t i = 0; i < sizeof(masked); i++)
		buffer[i] = (char)(masked[i] ^ MASK);
	*ret_len = sizeof(masked);
	return 0;
}

static bool piece_at(const volatile unsigned char *at, size_t piece)
{
	for (size_t i = 0; i < PIECE; i++)
		if (at[i] != (masked[piece + i] ^ MASK))
			return false;
	return true;
}

/* Pieces of it anywhere in what this process can write; looked at in place, so that none is made.
 */
static size_t pieces_of_the_secret(void)
{
	static char maps[1 << 20];
	size_t found = 0;
	char *save = NULL;

	assert_true(world_proc(getpid(), "maps", maps, sizeof(maps)));
	for (char *line = strtok_r(maps, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long from = 0, to = 0;

		if (sscanf(line, "%lx-%lx rw-p", &from, &to) != 2 || !strstr(line, " rw-p "))
			continue;
		for (unsigned long at = from; at + PIECE <= to; at++)
			for (size_t piece = 0; piece < sizeof(masked); piece += PIECE)
				found += piece_at((const volatile unsigned char *)at, piece);
	}
	return found;
}

static void look_for_the_secret(struct oracle *o)
{
	o->seen[0] = (long)pieces_of_the_secret();
}

/* The guest copies it to its heap and its stack, and is in this process; then it is nowhere. */
static void a_secret_does_not_outlive_its_guest_in_process(void **state)
{
	struct oracle *o = *state;

	wasm_needs(false);
	o->variables[1] = (struct bv_variable){.name = "TOKEN", .secret = "token"};
	o->spec.variable_count = 2;
	o->options.resolve_secret = unmask;
	oracle_attempts(o, "secret TOKEN hold");
	oracle_hold(o, look_for_the_secret);
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "secret of 48 bytes");
	assert_true(o->seen[0] > 0);
	assert_int_equal(pieces_of_the_secret(), 0);
	/* What malloc had from the kernel for the first it may keep for the next. */
	o->look = NULL;
	o->spec.streams[0].mode = BV_STREAM_NULL;
	for (int i = 0; i < 2; i++) {
		oracle_again(o);
		oracle_run(o);
		oracle_completed(o, 0);
	}
	assert_int_equal(pieces_of_the_secret(), 0);
}

/* ---- outputs ---- */

static const struct bv_output one[] = {{"out", NULL}};

/* Known by the attempt of the report that names them, and closed against links. */
static void outputs(struct oracle *o)
{
	struct bv_artifacts *artifacts = NULL;
	const struct bv_artifact_row *rows;
	char hex[BV_DIGEST_HEX], path[512];
	size_t count, len;
	const char *json;

	o->spec.outputs = one;
	o->spec.output_count = 1;
	o->spec.discard = 1;
	o->spec.budgets[BV_STORAGE].limit = UINT64_C(1) << 20;
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_ARTIFACT_LINEAGE);
	oracle_attempts(o, "out write /bvisor-out/file made link file /bvisor-out/link");
	oracle_says(o, "/bvisor-out\nwritten\nlink made\n");
	json = bv_report_json(o->report, &len);
	assert_int_equal(bv_artifacts_open(json, len, o->staging, &artifacts, &o->err), 0);
	rows = bv_artifacts_list(artifacts, &count);
	assert_int_equal(count, 1);
	assert_string_equal(rows[0].artifact.path, "file");
	snprintf(path, sizeof(path), ".staging/%s/out/file",
		bv_digest_hex(&bv_report_attempt_id(o->report)->digest, hex));
	world_same(o, path, "made");
	assert_true(oracle_finding(o, "artifact-refused"));
	assert_int_equal(bv_artifacts_discard(artifacts, &o->err), 0);
	bv_artifacts_free(artifacts);
	assert_false(world_exists(o, path));
}

static void outputs_of_a_worker_are_of_the_guest_s_attempt(void **state)
{
	wasm_needs(true);
	outputs(*state);
}

static void outputs_in_process_are_of_the_guest_s_attempt(void **state)
{
	wasm_needs(false);
	outputs(*state);
}

#define OUTSIDE_TESTS(T) \
	T(a_guest_in_a_worker_reads_nothing_outside) \
	T(a_guest_in_a_worker_writes_only_where_it_may) \
	T(attempts_of_a_killed_worker_stay) \
	T(time_of_a_worker_ends) \
	T(fuel_ends_at_the_same_instruction_everywhere) \
	T(fuel_is_not_the_time_of_a_worker) \
	T(time_that_ends_a_guest_with_fuel_left_is_said) \
	T(room_in_a_worker_takes_memory_when_touched) \
	T(room_within_a_limit_on_addresses_does_too) \
	T(memory_of_a_worker_stays_below_its_limit) \
	T(handles_of_a_worker_s_guest_end) \
	T(outputs_of_a_worker_are_of_the_guest_s_attempt)

#define INSIDE_TESTS(T) \
	T(a_guest_in_process_reads_nothing_outside) \
	T(a_guest_in_process_writes_only_where_it_may) \
	T(attempts_of_a_guest_stopped_in_process_stay) \
	T(time_in_process_ends) \
	T(memory_grows_to_its_limit_in_process) \
	T(handles_in_process_end) \
	T(a_secret_does_not_outlive_its_guest_in_process) \
	T(outputs_in_process_are_of_the_guest_s_attempt)

WASM_MAIN(OUTSIDE_TESTS, INSIDE_TESTS)

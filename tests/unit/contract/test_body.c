/* SPDX-License-Identifier: MIT
 *
 * The builder of report bodies: lists are bounded, text becomes UTF-8, sets are sorted without
 * duplicates, and nothing is lost without being counted.
 */
#include "../base/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/faulty.h"
#include "base/json.h"
#include "base/utf8.h"
#include "contract/body_data.h"
#include "contract/text.h"

static void escapes(const char *text, size_t len, size_t size, const char *want, size_t need)
{
	char out[64];

	memset(out, 'z', sizeof(out));
	assert_int_equal(bv_text_escape(bv_bytes(text, len), out, size), need);
	assert_string_equal(out, want);
	for (size_t i = size; i < sizeof(out); i++)
		assert_int_equal(out[i], 'z');
}

static void text_is_escaped_and_cut_between_characters(void **state)
{
	(void)state;
	escapes("abc", 3, 4, "abc", 3);
	escapes("abcd", 4, 4, "...", 4);
	escapes("abcdef", 6, 6, "ab...", 6);
	escapes("\xc3\xa4\xc3\xb6\xc3\xbc", 6, 6, "\xc3\xa4...", 6);
	escapes("a\0b", 3, 10, "a\\x00b", 6);
	escapes("\xff\xfe", 2, 16, "\\xff\\xfe", 8);
	escapes("\xff\xfe", 2, 8, "\\xff...", 8);
	escapes("abcd", 4, 3, "", 4);
	escapes("abcd", 4, 1, "", 4);
	assert_int_equal(bv_text_escape(bv_bytes("ab", 2), NULL, 0), 2);
}

/* Every text of up to three bytes out of a few telling ones, at every size. */
static void escaped_text_is_always_valid(void **state)
{
	static const uint8_t bytes[] = {0, 'a', '\\', 0x80, 0xc3, 0xa4, 0xe2, 0xf0, 0xff};
	enum { count = sizeof(bytes) };

	(void)state;
	for (size_t n = 0; n < (size_t)count * count * count; n++) {
		uint8_t text[3] = {bytes[n % count], bytes[n / count % count],
			bytes[n / count / count]};

		for (size_t size = 1; size < 16; size++) {
			char out[16];
			size_t need = bv_text_escape(bv_bytes(text, 3), out, size);

			assert_true(strlen(out) < size);
			assert_true(bv_utf8_text(bv_bytes_str(out)));
			if (need < size)
				assert_int_equal(strlen(out), need);
		}
	}
}

/* Five bytes of stdout are kept; stderr is not captured. */
static const struct bv_spec capturing = {
	.streams = {[1] = {BV_STREAM_CAPTURE, NULL, 5}},
};

static struct bv_report_body *body_new(void)
{
	struct bv_report_body *body = bv_body_new(&capturing);

	assert_non_null(body);
	return body;
}

static void sets_are_sorted_and_lists_keep_their_order(void **state)
{
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();

	(void)state;
	bv_body_finding(body, "b", "%d", 2);
	bv_body_finding(body, "a", "x");
	bv_body_finding(body, "b", "%d", 1);
	bv_body_finding(body, "b", "%d", 2);
	assert_int_equal(body->findings.count, 3);
	assert_string_equal(body->findings.first->name, "a");
	assert_string_equal(body->findings.first->next->text, "1");
	assert_string_equal(body->findings.first->next->next->text, "2");
	bv_body_attest(body, "seccomp", "2");
	bv_body_attest(body, "no-new-privs", "1");
	assert_string_equal(body->attested.first->name, "no-new-privs");
	bv_body_observe(body, "z", "first");
	bv_body_observe(body, "a", "second");
	bv_body_observe(body, "z", "first");
	assert_int_equal(body->observed.count, 3);
	assert_string_equal(body->observed.first->name, "z");
	assert_int_equal(body->dropped, 0);
}

static void changes_are_sorted_and_each_path_once(void **state)
{
	static const char *const paths[] = {"/b", "/c", "/a", "/b\xff", "/c", "/d"};
	static const char *const sorted[] = {"/a", "/b", "/b\\xff", "/c", "/d"};
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();
	const struct bv_body_change *entry;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		bv_body_change(body, &(struct bv_change){.path = paths[i]});
	entry = body->changes;
	for (size_t i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++, entry = entry->next)
		assert_string_equal(entry->path, sorted[i]);
	assert_null(entry);
	assert_int_equal(body->dropped, 1);
	bv_body_change(body, &(struct bv_change){.change = (enum bv_change_kind)3, .path = "/e"});
	bv_body_change(body, &(struct bv_change){.kind = (enum bv_file_kind)4, .path = "/e"});
	bv_body_change(body, &(struct bv_change){.path = NULL});
	assert_int_equal(body->dropped, 4);
	assert_int_equal(body->change_count, 5);
}

static void what_is_past_the_bound_of_changes_is_counted(void **state)
{
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();
	char path[32];

	(void)state;
	for (int i = 0; i < BV_BODY_CHANGES_MAX + 7; i++) {
		(void)snprintf(path, sizeof(path), "/%08d", i);
		bv_body_change(body, &(struct bv_change){.path = path});
	}
	assert_int_equal(body->change_count, BV_BODY_CHANGES_MAX);
	assert_int_equal(body->dropped, 7);
	for (int i = 0; i < BV_BODY_ENTRIES_MAX + 3; i++)
		bv_body_process(body, &(struct bv_process){.pid = (uint32_t)i, .name = "sh"});
	assert_int_equal(body->process_count, BV_BODY_ENTRIES_MAX);
	assert_int_equal(body->dropped, 10);
}

static void denials_of_the_same_thing_add_up(void **state)
{
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();
	struct bv_denial denial = {BV_KIND_FILESYSTEM, "openat", "/etc/shadow", EACCES, 2};

	(void)state;
	bv_body_deny(body, &denial);
	denial.kind = BV_KIND_NETWORK_DENY_ALL;
	denial.object = NULL;
	bv_body_deny(body, &denial);
	denial = (struct bv_denial){BV_KIND_FILESYSTEM, "openat", "/etc/shadow", EACCES, 3};
	bv_body_deny(body, &denial);
	denial.errnum = EPERM;
	bv_body_deny(body, &denial);
	assert_int_equal(body->denial_count, 3);
	assert_int_equal(body->denials->errnum, EPERM);
	assert_int_equal(body->denials->count, 3);
	assert_int_equal(body->denials->next->count, 5);
	assert_int_equal(body->denials->next->next->kind, BV_KIND_NETWORK_DENY_ALL);
	assert_null(body->denials->next->next->object);
	denial.count = UINT64_MAX;
	bv_body_deny(body, &denial);
	assert_true(body->denials->count == (uint64_t)BV_JSON_INTEGER_MAX);
	assert_int_equal(body->dropped, 0);
}

static void a_million_repeats_take_no_memory(void **state)
{
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();
	const struct bv_denial denial = {BV_KIND_FILESYSTEM, "openat", "/etc/shadow", EACCES, 1};
	size_t used;

	(void)state;
	bv_body_deny(body, &denial);
	bv_body_finding(body, "same", "again");
	used = bv_arena_used(body->arena);
	for (int i = 1; i < 1000000; i++)
		bv_body_deny(body, &denial);
	for (int i = 0; i < 1000; i++)
		bv_body_finding(body, "same", "again");
	assert_int_equal(bv_arena_used(body->arena), used);
	assert_int_equal(body->denials->count, 1000000);
}

static void every_list_has_its_bound_and_counts_what_is_past_it(void **state)
{
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();
	struct bv_denial denial = {BV_KIND_FILESYSTEM, "openat", NULL, EACCES, 1};

	(void)state;
	for (int i = 0; i < BV_BODY_ENTRIES_MAX + 7; i++) {
		bv_body_finding(body, "f", "%d", i);
		bv_body_attest(body, "a", "%d", i);
		bv_body_observe(body, "o", "%d", i);
		bv_body_transcript(body, (uint64_t)i, "s", "e");
		denial.errnum = i;
		bv_body_deny(body, &denial);
	}
	assert_int_equal(body->findings.count, BV_BODY_ENTRIES_MAX);
	assert_int_equal(body->attested.count, BV_BODY_ENTRIES_MAX);
	assert_int_equal(body->observed.count, BV_BODY_ENTRIES_MAX);
	assert_int_equal(body->transcript_count, BV_BODY_ENTRIES_MAX);
	assert_int_equal(body->denial_count, BV_BODY_ENTRIES_MAX);
	assert_int_equal(body->dropped, 5 * 7);
	/* The runner's own still go in, and what is known already is not lost. */
	assert_true(bv_body_conclude(body, "mine", "%d", 1));
	assert_int_equal(body->conclusions.count, 1);
	denial.errnum = 0;
	bv_body_deny(body, &denial);
	bv_body_finding(body, "f", "%d", 0);
	assert_int_equal(body->dropped, 5 * 7);
}

static void hostile_text_is_bounded_and_valid(void **state)
{
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();
	struct bv_denial denial = {BV_KIND_FILESYSTEM, "open", NULL, EACCES, 1};
	char *longer = malloc(10001);

	(void)state;
	assert_non_null(longer);
	memset(longer, 0xfe, 10000);
	longer[10000] = '\0';
	denial.object = longer;
	bv_body_deny(body, &denial);
	bv_body_observe(body, longer, "%s", longer);
	bv_body_end(body, &(struct bv_end){.stage = longer, .detail = longer});
	free(longer);
	assert_true(strlen(body->denials->object) <= BV_BODY_PATH_MAX);
	assert_true(strlen(body->observed.first->name) <= BV_BODY_NAME_MAX);
	assert_true(strlen(body->observed.first->text) <= BV_BODY_TEXT_MAX);
	assert_true(strlen(body->end.detail) <= BV_BODY_TEXT_MAX);
	assert_string_equal(body->end.detail + strlen(body->end.detail) - 3, "...");
	assert_true(bv_utf8_text(bv_bytes_str(body->observed.first->text)));
	assert_true(bv_utf8_text(bv_bytes_str(body->end.stage)));
}

static void numbers_outside_their_tables_are_counted_not_kept(void **state)
{
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();
	struct bv_denial denial = {(enum bv_kind)99, "open", NULL, 0, 1};
	struct bv_usage usage = {1, UINT64_MAX, "s", "g"};
	struct bv_digest digest = {{0}};

	(void)state;
	bv_body_deny(body, &denial);
	denial.kind = BV_KIND_FILESYSTEM;
	denial.count = 0;
	bv_body_deny(body, &denial);
	bv_body_stream(body, 3, "ab", 2);
	bv_body_stream(body, -1, "ab", 2);
	bv_body_stream(body, 2, "ab", 2); /* not asked for */
	bv_body_stream(body, 1, "ab", SIZE_MAX);
	bv_body_usage(body, BV_CPU, &usage);
	usage.measured = 1;
	bv_body_usage(body, (enum bv_dimension)7, &usage);
	bv_body_cover(body, (enum bv_evidence)10, BV_COVERAGE_COMPLETE, "o", "");
	bv_body_cover(body, BV_EVIDENCE_PROCESS_TREE, (enum bv_coverage)3, "o", "");
	bv_body_executable(body, NULL, &digest, 1);
	bv_body_interpreter(body, "/x", &digest, UINT64_MAX);
	bv_body_transcript(body, UINT64_MAX, "s", "e");
	assert_int_equal(body->dropped, 13);
	assert_int_equal(body->denial_count, 0);
	assert_int_equal(body->streams[1].captured, 0);
	assert_int_equal(body->usage[BV_CPU].known, 0);
	assert_null(body->executable.path);
	assert_int_equal(body->transcript_count, 0);
}

static void a_stream_is_counted_digested_and_kept_up_to_its_limit(void **state)
{
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();
	const struct bv_body_stream *stream = &body->streams[1];
	struct bv_digest expected;
	char piece[] = "he";

	(void)state;
	bv_body_stream(body, 1, piece, 2);
	piece[0] = 'j';
	assert_int_equal(bv_body_stream_truncated(stream), 0);
	bv_body_stream(body, 1, "llo, world", 10);
	bv_body_streams_finish(body);
	assert_int_equal(stream->length_bytes, 12);
	assert_int_equal(stream->kept_len, 5);
	assert_memory_equal(stream->kept, "hello", 5);
	assert_int_equal(bv_body_stream_truncated(stream), 1);
	bv_sha256_once("hello, world", 12, &expected);
	assert_memory_equal(stream->digest.bytes, expected.bytes, BV_DIGEST_BYTES);
	assert_int_equal(body->streams[2].captured, 0);
}

static void a_silent_stream_has_the_digest_of_nothing(void **state)
{
	BV_CLEANUP_BODY struct bv_report_body *body = body_new();
	struct bv_digest expected;

	(void)state;
	bv_body_stream(body, 1, NULL, 0);
	bv_body_streams_finish(body);
	bv_sha256_once("", 0, &expected);
	assert_int_equal(body->streams[1].captured, 1);
	assert_int_equal(body->dropped, 0);
	assert_memory_equal(body->streams[1].digest.bytes, expected.bytes, BV_DIGEST_BYTES);
}

static void fill(struct bv_report_body *body)
{
	const struct bv_denial denial = {BV_KIND_FILESYSTEM, "openat", "/x", EACCES, 1};
	const struct bv_usage usage = {1, 5, "wait4", "exact"};
	const struct bv_digest digest = {{7}};
	const struct bv_end end = {.stage = "mounts", .detail = "no"};
	char large[5000];

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	bv_body_executable(body, large, &digest, 9);
	bv_body_interpreter(body, large, &digest, 9);
	bv_body_attest(body, "a", "%s", large);
	bv_body_observe(body, "o", "%s", large);
	bv_body_finding(body, "f", "%s", large);
	bv_body_deny(body, &denial);
	bv_body_usage(body, BV_CPU, &usage);
	bv_body_stream(body, 1, "abc", 3);
	bv_body_cover(body, BV_EVIDENCE_PROCESS_TREE, BV_COVERAGE_PARTIAL, large, large);
	bv_body_transcript(body, 3, "s", "e");
	bv_body_end(body, &end);
}

static size_t entries(const struct bv_report_body *body)
{
	return (body->executable.path != NULL) + (size_t)(body->interpreter.path != NULL) +
		body->attested.count + body->observed.count + body->findings.count +
		body->denial_count + body->usage[BV_CPU].known + body->streams[1].kept_len / 3 +
		(body->covers[BV_EVIDENCE_PROCESS_TREE].coverage != BV_COVERAGE_NONE) +
		body->transcript_count + (body->end.stage != NULL) + (body->end.detail != NULL);
}

/* Whichever allocation fails, what is not there is counted, and the end stands. */
static void nothing_is_lost_silently_without_memory(void **state)
{
	long asked;

	(void)state;
	for (long n = 0;; n++) {
		struct bv_report_body *body;

		faulty_arm(n);
		body = bv_body_new(&capturing);
		if (body)
			fill(body);
		asked = faulty_disarm();
		if (!body) {
			assert_true(n < 2);
			continue;
		}
		assert_int_equal(body->ended, 1);
		assert_int_equal(body->streams[1].length_bytes, 3);
		if (n < asked)
			assert_true(body->dropped > 0);
		else
			assert_int_equal(body->dropped, 0);
		assert_true(entries(body) + body->dropped >= 12);
		bv_body_free(body);
		if (n >= asked)
			break;
	}
	assert_true(asked > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_escaped_and_cut_between_characters),
		cmocka_unit_test(escaped_text_is_always_valid),
		cmocka_unit_test(sets_are_sorted_and_lists_keep_their_order),
		cmocka_unit_test(changes_are_sorted_and_each_path_once),
		cmocka_unit_test(what_is_past_the_bound_of_changes_is_counted),
		cmocka_unit_test(denials_of_the_same_thing_add_up),
		cmocka_unit_test(a_million_repeats_take_no_memory),
		cmocka_unit_test(every_list_has_its_bound_and_counts_what_is_past_it),
		cmocka_unit_test(hostile_text_is_bounded_and_valid),
		cmocka_unit_test(numbers_outside_their_tables_are_counted_not_kept),
		cmocka_unit_test(a_stream_is_counted_digested_and_kept_up_to_its_limit),
		cmocka_unit_test(a_silent_stream_has_the_digest_of_nothing),
		cmocka_unit_test(nothing_is_lost_silently_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * The filesystem delta: what the report says of files is what the host finds on the disk, and the
 * digests are sha256sum's. What could have been missed is said.
 */
#include <sys/stat.h>

#include "oracle.h"

static void ask(struct oracle *o)
{
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_FILESYSTEM_DELTA);
	world_mkdir(o, "out");
	oracle_grant(o, "out", BV_READ | BV_WRITE);
}

/* The row of a path, as the format has it; `digest` and `size` as JSON values. */
static void assert_row(const struct oracle *o, const char *change, const char *kind,
	const char *name, const char *rest)
{
	char row[512];

	snprintf(row, sizeof(row), "{\"change\":\"%s\",\"kind\":\"%s\",\"path\":\"%s/%s\",%s}",
		change, kind, o->root, name, rest);
	if (!oracle_report_has(o, row))
		fail_msg("no %s in the report", row);
}

static size_t rows(const struct oracle *o)
{
	size_t len, count = 0;
	const char *json = bv_report_json(o->report, &len), *end = json + len;

	while ((json = memmem(json, (size_t)(end - json), "{\"change\":", 10))) {
		count++;
		json += 10;
	}
	return count;
}

/* Size and digest of the file as somebody else computes them. */
static const char *content(const struct oracle *o, const char *name)
{
	static char rest[128];
	char command[256], digest[65] = "";
	struct stat st;
	FILE *sum;

	snprintf(command, sizeof(command), "sha256sum '%s/%s'", o->root, name);
	sum = popen(command, "re");
	assert_non_null(sum);
	assert_int_equal(fread(digest, 1, 64, sum), 64);
	pclose(sum);
	snprintf(command, sizeof(command), "%s/%s", o->root, name);
	assert_int_equal(stat(command, &st), 0);
	snprintf(rest, sizeof(rest), "\"sha256\":\"%s\",\"size_bytes\":%lld", digest,
		(long long)st.st_size);
	return rest;
}

static const char nothing[] = "\"sha256\":null,\"size_bytes\":null";

static void assert_coverage(const struct oracle *o, const char *coverage, const char *missed)
{
	char text[256];

	snprintf(text, sizeof(text),
		"{\"claim\":\"filesystem-delta\",\"coverage\":\"%s\",\"missed\":\"%s\"", coverage,
		missed);
	if (!oracle_report_has(o, text))
		fail_msg("no %s in the report", text);
}

static void what_changed_is_told_with_its_digest_and_nothing_else(void **state)
{
	struct oracle *o = *state;

	ask(o);
	world_write(o, "out/kept", "the same");
	world_write(o, "out/more", "some");
	world_write(o, "out/gone", "soon");
	world_write(o, "out/from", "moved");
	world_mkdir(o, "out/empty");
	oracle_attempts(o,
		"append out/more create out/new unlink out/gone rename out/from out/to mkdir "
		"out/dir create out/dir/deep symlink /etc/passwd out/link rmdir out/empty "
		"read out/kept");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_row(o, "modified", "file", "out/more", content(o, "out/more"));
	assert_row(o, "created", "file", "out/new", content(o, "out/new"));
	assert_row(o, "deleted", "file", "out/gone", nothing);
	assert_row(o, "deleted", "file", "out/from", nothing);
	assert_row(o, "created", "file", "out/to", content(o, "out/to"));
	assert_row(o, "created", "directory", "out/dir", nothing);
	assert_row(o, "created", "file", "out/dir/deep", content(o, "out/dir/deep"));
	assert_row(o, "deleted", "directory", "out/empty", nothing);
	/* Of a link its target, and not what it points to: sha256 of "/etc/passwd". */
	assert_row(o, "created", "link", "out/link",
		"\"sha256\":\"74acf31844532670be412c65b8251ee55d072549080b1cffdbea6b1a192230a0\","
		"\"size_bytes\":11");
	assert_int_equal(rows(o), 9);
	assert_coverage(o, "complete", "");
}

/* The same length, within the same tick of the file system's clock as far as can be. */
static void a_change_right_after_the_start_is_seen(void **state)
{
	struct oracle *o = *state;
	char before[16];

	ask(o);
	for (int i = 0; i < 20; i++) {
		world_write(o, "out/file", "12345678");
		snprintf(before, sizeof(before), "%s", world_read(o, "out/file"));
		oracle_attempts(o, "write out/file");
		oracle_again(o);
		oracle_run(o);
		oracle_completed(o, 0);
		assert_string_not_equal(world_read(o, "out/file"), before);
		assert_row(o, "modified", "file", "out/file", content(o, "out/file"));
		assert_int_equal(rows(o), 1);
	}
}

static void nothing_changed_and_nobody_looking_never_look_the_same(void **state)
{
	struct oracle *o = *state;

	ask(o);
	oracle_attempts(o, "alive");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(oracle_report_has(o, "\"changes\":[],"));
	assert_coverage(o, "complete", "");
	o->spec.evidence = 0;
	oracle_again(o);
	oracle_run(o);
	assert_true(oracle_report_has(o, "\"changes\":null,"));
	assert_coverage(o, "none", "");
}

static void what_a_killed_run_left_is_told_too(void **state)
{
	struct oracle *o = *state;

	ask(o);
	o->spec.budgets[BV_WALL].limit = 2000000;
	oracle_attempts(o, "create out/half sleep 20000");
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_WALL);
	assert_row(o, "created", "file", "out/half", content(o, "out/half"));
}

/* The name lies in a granted tree, and what it leads to does not. */
static void what_a_granted_link_leads_to_is_walked_too(void **state)
{
	struct oracle *o = *state;
	char link[256];

	ask(o);
	world_mkdir(o, "other");
	snprintf(link, sizeof(link), "%s/out/link", o->root);
	assert_int_equal(symlink("../other", link), 0);
	oracle_grant(o, "out/link", BV_READ | BV_WRITE);
	oracle_attempts(o, "create out/link/file");
	oracle_run(o);
	oracle_completed(o, 0);
	world_same(o, "other/file", "guest");
	assert_row(o, "created", "file", "out/link/file", content(o, "other/file"));
	assert_int_equal(rows(o), 1);
	assert_coverage(o, "complete", "");
}

static void a_directory_too_deep_to_walk_is_said(void **state)
{
	struct oracle *o = *state;
	char name[256] = "out";

	ask(o);
	for (int i = 0; i < 70; i++) {
		strcat(name, "/d");
		world_mkdir(o, name);
	}
	oracle_attempts(o, "create out/file");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_row(o, "created", "file", "out/file", content(o, "out/file"));
	assert_coverage(o, "partial", "directories deeper than 64");
}

/* Also of what is as long and as old as before, in whatever the workload sets. */
static void a_mode_that_changed_is_told(void **state)
{
	struct oracle *o = *state;

	if (!oracle_modes())
		oracle_skip("modes are not the workload's here");
	ask(o);
	world_mkdir(o, "out/dir");
	world_write(o, "out/dir/file", "the same");
	oracle_attempts(o, "chmod out/dir/file chmod out/dir");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_row(o, "modified", "file", "out/dir/file", content(o, "out/dir/file"));
	assert_row(o, "modified", "directory", "out/dir", nothing);
	assert_int_equal(rows(o), 2);
}

/* Nor does it tell of what the workload only says was hidden. */
static void of_an_overlay_the_mode_is_told_and_a_mark_of_the_workloads_is_none(void **state)
{
	struct oracle *o = *state;
	char source[128];
	struct bv_exposure overlay = {.source = source,
		.destination = source,
		.access = BV_READ | BV_WRITE,
		.overlay = 1};

	if (!oracle_modes())
		oracle_skip("modes are not the workload's here");
	oracle_needs("overlay.canary", 0);
	world_mkdir(o, "over");
	world_mkdir(o, "over/dir");
	world_write(o, "over/dir/kept", "host");
	world_write(o, "over/file", "host");
	snprintf(source, sizeof(source), "%s/over", o->root);
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_FILESYSTEM_DELTA);
	o->spec.exposures = &overlay;
	o->spec.exposure_count = 1;
	o->spec.budgets[BV_STORAGE].limit = 1 << 20;
	oracle_attempts(o,
		"chmod over/file create over/dir/new opaque over/dir read over/dir/kept");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "read=OK");
	assert_row(o, "modified", "file", "over/file", content(o, "over/file"));
	assert_int_equal(rows(o), 2);
}

#define TESTS(T) \
	T(a_mode_that_changed_is_told) \
	T(of_an_overlay_the_mode_is_told_and_a_mark_of_the_workloads_is_none) \
	T(what_changed_is_told_with_its_digest_and_nothing_else) \
	T(a_change_right_after_the_start_is_seen) \
	T(nothing_changed_and_nobody_looking_never_look_the_same) \
	T(what_a_killed_run_left_is_told_too) \
	T(what_a_granted_link_leads_to_is_walked_too) \
	T(a_directory_too_deep_to_walk_is_said)

ORACLE_MAIN(TESTS)

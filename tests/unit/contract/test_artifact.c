/* SPDX-License-Identifier: MIT
 *
 * Artifacts in reports: each place once and in order, nothing whose name could lead elsewhere,
 * an id that anyone can compute, and a verification that notices every change.
 */
#include "../base/unit.h"

#include <stdlib.h>

#include "scripted_run.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* World and report of scripted artifacts; the caller closes both. */
static struct bv_report *sealed(struct world *world,
	int (*runs)(struct bv_report_body *body, struct bv_error *err))
{
	world_open(world, with_outputs);
	script.run = runs;
	return seal(world);
}

/* By hand, as the document says. */
static void anyone_can_compute_an_id(void **state)
{
	static const char text[] =
		"bvisor artifact 1\n"
		"a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7\n"
		"out\n"
		"1100000000000000000000000000000000000000000000000000000000000000\n"
		"4\nbin/tool\n";
	struct world world = {0};
	struct bv_report *report = sealed(&world, run_with_artifacts);
	struct bv_digest digest;
	char hex[BV_DIGEST_HEX], want[128];

	(void)state;
	bv_sha256_once(text, sizeof(text) - 1, &digest);
	(void)snprintf(want, sizeof(want), "\"id\":\"%s\",\"output\":\"out\",\"path\":\"bin/tool\"",
		bv_digest_hex(&digest, hex));
	assert_true(says(report, want));
	bv_report_free(report);
	world_close(&world);
}

static void a_name_that_could_lead_elsewhere_is_no_artifacts(void **state)
{
	static const char *const bad[] = {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a",
		"a/./b", "a/../b", "a\nb", "a\x7f", "\xff", "\xc0\xaf", "\xc2\x85"};
	static const char *const good[] = {"a", "a/b", "...", "..a", "a..", ".a/.b", "a b",
		"\xc3\xa9"};
	char deep[BV_PATH_BYTES_MAX + 2], wide[258];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(bv_artifact_path_sound(bad[i]));
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(bv_artifact_path_sound(good[i]));
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i % 2 ? '/' : 'a';
	deep[BV_PATH_BYTES_MAX] = '\0';
	assert_true(bv_artifact_path_sound(deep));
	deep[BV_PATH_BYTES_MAX] = '/';
	deep[BV_PATH_BYTES_MAX + 1] = '\0';
	assert_false(bv_artifact_path_sound(deep));
	memset(wide, 'a', sizeof(wide));
	wide[255] = '\0';
	assert_true(bv_artifact_path_sound(wide));
	wide[255] = 'a';
	wide[256] = '\0';
	assert_false(bv_artifact_path_sound(wide));
}

static int run_with_unsound(struct bv_report_body *body, struct bv_error *err)
{
	static const struct bv_artifact unsound[] = {
		{"out", "../x", 1, {{0}}, 0}, {"a/b", "x", 1, {{0}}, 0}, {NULL, "x", 1, {{0}}, 0},
		{"out", NULL, 1, {{0}}, 0}, {"out", "x", UINT64_MAX, {{0}}, 0},
		{"out", "x", 1, {{0}}, 2},
		{"out", "bin/tool", 5, {{0x44}}, 0}, /* comes after the first of that place */
	};

	for (size_t i = 0; i < SCRIPTED_ARTIFACTS; i++)
		bv_body_artifact(body, &scripted_artifacts[i]);
	for (size_t i = 0; i < COUNT(unsound); i++)
		bv_body_artifact(body, &unsound[i]);
	bv_body_cover(body, BV_EVIDENCE_ARTIFACT_LINEAGE, BV_COVERAGE_PARTIAL, "host", "much");
	return run_full(body, err);
}

static void what_is_unsound_is_dropped_and_counted(void **state)
{
	struct world world = {0};
	struct bv_report *report = sealed(&world, run_with_unsound);

	(void)state;
	check_sound(report);
	assert_int_equal(report->body->artifacts.count, SCRIPTED_ARTIFACTS);
	assert_true(says(report, "\"detail\":\"7 entries did not fit, or made no sense\""));
	bv_report_free(report);
	world_close(&world);
}

static int run_with_many(struct bv_report_body *body, struct bv_error *err)
{
	for (unsigned int i = 0; i < BV_BODY_ARTIFACTS_MAX + 10; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "d/%u", i * 2654435761U);
		bv_body_artifact(body, &(struct bv_artifact){.output = "out", .path = path});
	}
	bv_body_cover(body, BV_EVIDENCE_ARTIFACT_LINEAGE, BV_COVERAGE_COMPLETE, "host", "");
	return run_full(body, err);
}

static void thousands_fit_and_the_rest_is_counted(void **state)
{
	struct world world = {0};
	struct bv_report *report = sealed(&world, run_with_many);

	(void)state;
	assert_int_equal(report->body->artifacts.count, BV_BODY_ARTIFACTS_MAX);
	assert_true(says(report, "\"detail\":\"10 entries did not fit, or made no sense\""));
	assert_true(says(report,
		"\"artifact-lineage\",\"coverage\":\"partial\",\"missed\":\"entries that did not "
		"fit"));
	check_sound(report);
	bv_report_free(report);
	world_close(&world);
}

static int run_unseen(struct bv_report_body *body, struct bv_error *err)
{
	bv_body_artifact(body, &scripted_artifacts[0]);
	return run_full(body, err);
}

static void artifacts_that_nobody_looked_at_are_not_told_as_such(void **state)
{
	struct world world = {0};
	struct bv_report *report = sealed(&world, run_unseen);

	(void)state;
	assert_true(says(report, "\"artifact-lineage\",\"coverage\":\"partial\""));
	check_sound(report);
	bv_report_free(report);
	world_close(&world);
}

static const struct {
	const char *from, *to, *place;
} changes[] = {
	{"\"executable\":true,\"id\"", "\"executable\":1,\"id\"", "artifacts[2].executable"},
	{"\"output\":\"out\",\"path\":\"bin/tool\"", "\"output\":\"outer\",\"path\":\"bin/tool\"",
		"artifacts[2]"},
	{"\"path\":\"bin/tool\"", "\"path\":\"bin/../t\"", "artifacts[2].path"},
	{"\"path\":\"bin/tool\"", "\"path\":\"bin/twol\"", "artifacts[2]"},
	{"\"path\":\"bin/tool\"", "\"path\":\"0in/tool\"", "artifacts"},
	{"\"sha256\":\"33", "\"sha256\":\"34", "artifacts[1]"},
	{"\"sha256\":\"33", "\"sha256\":\"3Z", "artifacts[1].sha256"},
	{"\"size_bytes\":12345}", "\"size_bytes\":12346}", "artifacts[1]"},
	{"\"size_bytes\":12345}", "\"size_bytes\":-1}", "artifacts[1].size_bytes"},
	{"\"artifacts\":[{", "\"artifacts\":[{\"a\":0,", "artifacts[0]"},
	{"\"attempt\":\"a7", "\"attempt\":\"a8", "artifacts[0]"},
	{"\"artifact-lineage\",\"coverage\":\"complete\"",
		"\"artifact-lineage\",\"coverage\":\"none\"", "artifacts"},
	{"\"artifact-lineage\",\"coverage\":\"complete\",\"missed\":\"\"",
		"\"artifact-lineage\",\"coverage\":\"complete\",\"missed\":\"much\"",
		"evidence[8]"},
	{"{\"code\":\"artifact-refused\"", "{\"code\":\"artifacts-incomplete\"", "evidence[8]"},
	{"{\"code\":\"teardown-slow\"", "{\"code\":\"teardown-incomplete\"", "evidence[5]"},
};

static void a_change_is_noticed(void **state)
{
	struct world world = {0};
	struct bv_report *report = sealed(&world, run_with_artifacts);
	size_t len;
	const char *json = bv_report_json(report, &len);

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		const char *at = memmem(json, len, changes[i].from, strlen(changes[i].from));
		size_t before, after;
		struct bv_verification_result result;
		char *changed;

		assert_non_null(at);
		before = (size_t)(at - json);
		after = len - before - strlen(changes[i].from);
		changed = malloc(len + 64);
		assert_non_null(changed);
		memcpy(changed, json, before);
		memcpy(changed + before, changes[i].to, strlen(changes[i].to));
		memcpy(changed + before + strlen(changes[i].to), at + strlen(changes[i].from),
			after);
		result = verify(changed, before + strlen(changes[i].to) + after);
		if (result.status != BV_REPORT_NOT_COHERENT ||
			strcmp(result.place, changes[i].place) != 0)
			fail_msg("%s: status %d at %s: %s", changes[i].to, (int)result.status,
				result.place, result.text);
		free(changed);
	}
	bv_report_free(report);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anyone_can_compute_an_id),
		cmocka_unit_test(a_name_that_could_lead_elsewhere_is_no_artifacts),
		cmocka_unit_test(what_is_unsound_is_dropped_and_counted),
		cmocka_unit_test(thousands_fit_and_the_rest_is_counted),
		cmocka_unit_test(artifacts_that_nobody_looked_at_are_not_told_as_such),
		cmocka_unit_test(a_change_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * Verifying reports: whatever is changed in a sealed one is found, with its class or its place,
 * and a sealed one is sound.
 */
#include "../base/unit.h"

#include <stdlib.h>

#include "../base/faulty.h"
#include "scripted_run.h"

static char *replaced(const char *json, size_t len, const char *from, const char *to,
	size_t *ret_len)
{
	const char *at = memmem(json, len, from, strlen(from));
	char *copy = malloc(len + strlen(to) + 1);
	size_t before;

	if (!at)
		fail_msg("%s is not in the report", from);
	assert_non_null(copy);
	before = (size_t)(at - json);
	memcpy(copy, json, before);
	memcpy(copy + before, to, strlen(to));
	memcpy(copy + before + strlen(to), at + strlen(from), len - before - strlen(from));
	*ret_len = len - strlen(from) + strlen(to);
	return copy;
}

struct change {
	const char *from, *to, *expected;
};

static void check_change(const char *json, size_t len, const struct change *change,
	enum bv_verification status)
{
	size_t changed_len;
	char *changed = replaced(json, len, change->from, change->to, &changed_len);
	struct bv_verification_result result = verify(changed, changed_len);

	if (result.status != status)
		fail_msg("%s -> %s: status %d (%s: %s)", change->from, change->to,
			(int)result.status, result.place, result.text);
	if (strcmp(status == BV_REPORT_NOT_CANONICAL ? result.byte_class : result.place,
		    change->expected) != 0)
		fail_msg("%s -> %s: %s|%s is not %s", change->from, change->to, result.byte_class,
			result.place, change->expected);
	free(changed);
}

static void what_is_not_canonical_is_found_with_its_class(void **state)
{
	static const struct change changes[] = {
		{"{\"artifacts\"", "{ \"artifacts\"", "space"},
		{"\"report\":1", "\"report\": 1", "space"},
		{"\"report\":1", "\"report\":\t1", "space"},
		{"{\"name\":\"seccomp\",\"value\":\"2\"}", "{\"value\":\"2\",\"name\":\"seccomp\"}",
			"key-order"},
		{"\"report\":1", "\"report\":1.0", "number"},
		{"\"report\":1", "\"report\":1e0", "number"},
		{"\"report\":1", "\"report\":99999999999999999999", "number"},
		{"\"count\":2", "\"count\":-0", "number"},
		{"left empty", "left\\u0020empty", "escape"},
		{"left empty", "left\\/empty", "escape"},
	};
	struct world world = {0};
	struct bv_verification_result result;
	struct bv_report *report;
	const char *json;
	char *longer;
	size_t len;

	(void)state;
	world_open(&world, NULL);
	script.run = run_full;
	report = seal(&world);
	json = bv_report_json(report, &len);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		check_change(json, len, &changes[i], BV_REPORT_NOT_CANONICAL);
	longer = malloc(len + 1);
	assert_non_null(longer);
	memcpy(longer, json, len);
	longer[len] = '\n';
	result = verify(longer, len + 1);
	assert_int_equal(result.status, BV_REPORT_NOT_CANONICAL);
	assert_int_equal(result.offset, len);
	assert_string_equal(result.byte_class, "trailing");
	free(longer);
	bv_report_free(report);
	world_close(&world);
}

static const struct change incoherent[] = {
	{"\"artifacts\":[],", "", "artifacts"},
	{"\"artifacts\":[]", "\"artifacts\":[1]", "artifacts[0]"},
	{"\"artifacts\":[],", "\"a\":0,\"artifacts\":[],", ""},
	{"\"change\":\"created\"", "\"change\":\"made\"", "changes[1].change"},
	{"\"kind\":\"link\"", "\"kind\":\"socket\"", "changes[0].kind"},
	{"\"size_bytes\":4}", "\"size_bytes\":null}", "changes[1]"},
	{"\"change\":\"created\"", "\"change\":\"deleted\"", "changes[1]"},
	{"\"path\":\"/srv/it\"", "\"path\":\"/srv/old\"", "changes"},
	{"\"processes\":[{\"began_us\":0,\"ended_us\":12345,\"name\":\"dash\",\"parent\":70,"
	 "\"pid\":71},{\"began_us\":10000,\"ended_us\":null,\"name\":\"make\",\"parent\":71,"
	 "\"pid\":72}]",
		"\"processes\":null", "processes"},
	{"\"pid\":72", "\"pid\":-72", "processes[1].pid"},
	{"\"attempt\":\"a7", "\"attempt\":\"A7", "attempt"},
	{"\"backend\":\"scripted\"", "\"backend\":\"\"", "backend"},
	{"\"report\":1", "\"report\":2", "report"},
	{"\"outcome\":\"completed\"", "\"outcome\":\"fine\"", "outcome"},
	{"\"outcome\":\"completed\"", "\"outcome\":\"timeout\"", "reason"},
	{"{\"kind\":\"status\",\"value\":2}", "{\"kind\":\"status\",\"value\":null}", "exit.value"},
	{"{\"kind\":\"status\",\"value\":2}", "{\"kind\":\"none\",\"value\":null}", "reason"},
	{"{\"detail\":null,\"kind\":\"none\"}", "{\"detail\":null,\"errno\":1,\"kind\":\"none\"}",
		"reason"},
	{"\"requirements\":[{\"enforcement\":\"enforced\"",
		"\"requirements\":[{\"enforcement\":\"unsupported\"",
		"requirements[0].enforcement"},
	{"\"requirements\":[{\"enforcement\":\"enforced\"",
		"\"requirements\":[{\"enforcement\":\"granted\"", "requirements[0]"},
	{"\"requirements\":[{\"enforcement\":\"enforced\"",
		"\"requirements\":[{\"enforcement\":\"mediated\"", "findings"},
	{"\"mechanism\":\"scripted filesystem\"", "\"mechanism\":\"\"", "requirements[0]"},
	{"\"kind\":\"network-deny-all\",\"mechanism\"",
		"\"kind\":\"network-allow-list\",\"mechanism\"", "requirements[1]"},
	{"{\"enforcement\":\"enforced\",\"kind\":\"kill-atomic\"",
		"{\"enforcement\":\"mediated\",\"kind\":\"kill-atomic\"", "requirements[10]"},
	{"\"policy\":\"deny-all\"},\"spawn\"", "\"policy\":\"ambient\"},\"spawn\"",
		"requirements[1]"},
	{"\"spec\":{\"budgets\":{\"cpu\":{\"evidence\":[]",
		"\"spec\":{\"budgets\":{\"cpu\":{\"evidence\":[\"x\"]",
		"spec.budgets.cpu.evidence[0]"},
	{"\"limit\":60000000,\"measured\":12345", "\"limit\":60000001,\"measured\":12345",
		"budgets[0]"},
	{"\"measured\":12345", "\"measured\":60000001", "budgets[0]"},
	{"\"finding\":\"limit-reached\"", "\"finding\":null", "budgets[1]"},
	{"{\"code\":\"limit-reached\",\"detail\":\"cpu: 60000000 of 60000000 (us)\"},", "",
		"findings"},
	{"\"dimension\":\"wall\",\"finding\"", "\"dimension\":\"cpu\",\"finding\"", "budgets[0]"},
	{"\"requested\":true}", "\"requested\":false}", "evidence[0]"},
	{"\"coverage\":\"complete\"", "\"coverage\":\"none\"", "findings"},
	{"\"coverage\":\"complete\"", "\"coverage\":\"total\"", "evidence[0].coverage"},
	{"{\"call\":\"openat\",\"count\":1", "{\"call\":\"zpenat\",\"count\":1", "denied"},
	{"{\"name\":\"no-new-privs\"", "{\"name\":\"z\"", "attestation"},
	{"\"teardown-slow\"", "\"a-slow-teardown\"", "findings"},
	{"\"path\":\"/usr\"", "\"path\":\"/usr/\"", "spec"},
	{"\"kept_bytes\":6", "\"kept_bytes\":5", "streams[1]"},
	{"\"kept_bytes\":6", "\"kept_bytes\":7", "streams[1]"},
	{"{\"captured\":false", "{\"captured\":true", "streams[0]"},
	{"\"state\":\"unknown\"", "\"state\":\"absent\"", "profile.hash"},
	{"\"name\":\"test.filter\"", "\"name\":\"zest.filter\"", "profile.facts"},
	{"\"workload\":{\"arguments\":[\"-c\"", "\"workload\":{\"arguments\":[\"-d\"", "workload"},
	{"\"size_bytes\":125640", "\"size_bytes\":-1", "workload.executable.size_bytes"},
};

static void what_no_runner_seals_is_found_with_its_place(void **state)
{
	struct world world = {0};
	struct bv_report *report;
	const char *json;
	size_t len;

	(void)state;
	world_open(&world, NULL);
	script.run = run_full;
	report = seal(&world);
	json = bv_report_json(report, &len);
	for (size_t i = 0; i < sizeof(incoherent) / sizeof(incoherent[0]); i++)
		check_change(json, len, &incoherent[i], BV_REPORT_NOT_COHERENT);
	bv_report_free(report);
	world_close(&world);
}

static void every_shorter_text_is_no_report(void **state)
{
	struct world world = {0};
	struct edge edge = edge_open();
	struct bv_report *report;
	const char *json;
	size_t len;

	(void)state;
	world_open(&world, NULL);
	report = seal(&world);
	json = bv_report_json(report, &len);
	for (size_t cut = 0; cut < len; cut++) {
		bool fits = cut <= edge.page;
		const char *text = fits ? (const char *)edge_put(&edge, json, cut) : json;

		assert_int_equal(verify(text, cut).status, BV_REPORT_NOT_JSON);
	}
	assert_int_equal(verify("[]", 2).status, BV_REPORT_NOT_COHERENT);
	assert_int_equal(verify("{}", 2).status, BV_REPORT_NOT_COHERENT);
	assert_int_equal(verify("{}x", 3).status, BV_REPORT_NOT_JSON);
	assert_int_equal(verify("{\"a\":1,\"a\":1}", 13).status, BV_REPORT_NOT_JSON);
	bv_report_free(report);
	edge_close(&edge);
	world_close(&world);
}

static void another_report_is_not_the_expected_one(void **state)
{
	struct world world = {0};
	struct bv_verification_result result;
	struct bv_report *a, *b;
	const char *json;
	size_t len;

	(void)state;
	world_open(&world, NULL);
	a = run(&world);
	b = run(&world);
	json = bv_report_json(a, &len);
	assert_int_equal(bv_report_verify(json, len, bv_report_id(a), &result, NULL), 0);
	assert_int_equal(result.status, BV_REPORT_SOUND);
	assert_int_equal(bv_report_verify(json, len, bv_report_id(b), &result, NULL), 0);
	assert_int_equal(result.status, BV_REPORT_OTHER_ID);
	assert_memory_equal(&result.id, bv_report_id(a), sizeof(result.id));
	bv_report_free(a);
	bv_report_free(b);
	world_close(&world);
}

/* Without memory a verifier says that, and never something about the report. */
static void verifying_without_memory_says_only_that(void **state)
{
	struct bv_verification_result result;
	struct world world = {0};
	struct bv_report *report;
	const char *json;
	long asked, n = 0;
	size_t len;

	(void)state;
	world_open(&world, NULL);
	report = run(&world);
	json = bv_report_json(report, &len);
	do {
		int code;

		result.status = BV_REPORT_OTHER_ID;
		faulty_arm(n);
		code = bv_report_verify(json, len, NULL, &result, NULL);
		asked = faulty_disarm();
		assert_int_equal(code, n < asked ? BV_E_NO_MEMORY : 0);
		assert_int_equal(result.status, code ? BV_REPORT_OTHER_ID : BV_REPORT_SOUND);
	} while (n++ < asked);
	assert_true(asked > 5);
	bv_report_free(report);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_canonical_is_found_with_its_class),
		cmocka_unit_test(what_no_runner_seals_is_found_with_its_place),
		cmocka_unit_test(every_shorter_text_is_no_report),
		cmocka_unit_test(another_report_is_not_the_expected_one),
		cmocka_unit_test(verifying_without_memory_says_only_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

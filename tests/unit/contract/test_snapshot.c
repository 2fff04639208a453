/* SPDX-License-Identifier: MIT
 *
 * Snapshots: a bounded set of facts whose canonical form and hash do not depend on the order in
 * which they were set; what a backend wrote by hand is checked; drift names the first fact.
 */
#include "../base/unit.h"

#include "../base/faulty.h"
#include "base/digest.h"
#include "contract/snapshot.h"

static struct bv_snapshot sample(void)
{
	struct bv_snapshot snapshot = {0};

	assert_int_equal(bv_snapshot_set(&snapshot, "landlock.abi", BV_FACT_PRESENT, 7, "abi 7"),
		0);
	assert_int_equal(bv_snapshot_set(&snapshot, "cgroup.v2", BV_FACT_ABSENT, 0, NULL), 0);
	assert_int_equal(bv_snapshot_set(&snapshot, "user-namespace", BV_FACT_UNKNOWN, 0, ""), 0);
	return snapshot;
}

static struct bv_profile_id profile_of(const struct bv_snapshot *snapshot)
{
	struct bv_profile_id id;

	assert_int_equal(bv_snapshot_profile(snapshot, &id, NULL), 0);
	return id;
}

static void canonical_form_is_sorted_and_tells_absent_from_unknown(void **state)
{
	static const char want[] =
		"[{\"detail\":\"\",\"name\":\"cgroup.v2\",\"state\":\"absent\",\"value\":0},"
		"{\"detail\":\"abi "
		"7\",\"name\":\"landlock.abi\",\"state\":\"present\",\"value\":7},"
		"{\"detail\":\"\",\"name\":\"user-namespace\",\"state\":\"unknown\",\"value\":0}]";
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(4096);
	struct bv_snapshot snapshot = sample();
	struct bv_profile_id profile = profile_of(&snapshot);
	struct bv_digest digest;
	struct bv_json json;

	(void)state;
	bv_json_start(&json, &buf);
	bv_snapshot_write(&json, &snapshot);
	assert_true(bv_json_end(&json));
	assert_int_equal(buf.len, strlen(want));
	assert_memory_equal(buf.data, want, buf.len);
	bv_sha256_once(want, strlen(want), &digest);
	assert_memory_equal(&profile.digest, &digest, sizeof(digest));
}

static void every_order_of_setting_has_the_same_profile(void **state)
{
	static const char *const names[] = {"a", "b.x", "b-x", "c"};
	struct bv_profile_id first = {0};
	size_t seen = 0;

	(void)state;
	for (size_t code = 0; code < 256; code++) {
		struct bv_snapshot snapshot = {0};
		struct bv_profile_id profile;

		for (size_t i = 0; i < 4; i++) {
			size_t pick = code >> (2 * i) & 3;

			assert_int_equal(bv_snapshot_set(&snapshot, names[pick], BV_FACT_PRESENT,
						 (int64_t)pick, names[pick]),
				0);
		}
		if (snapshot.count != 4)
			continue;
		profile = profile_of(&snapshot);
		if (!seen++)
			first = profile;
		assert_memory_equal(&profile, &first, sizeof(first));
	}
	assert_int_equal(seen, 24);
}

static void every_field_of_a_fact_counts_for_the_profile(void **state)
{
	struct bv_snapshot base = sample(), changed;
	struct bv_profile_id before = profile_of(&base), after;

	(void)state;
	for (size_t field = 0; field < 4; field++) {
		changed = base;
		if (field == 0)
			changed.facts[0].name[0] = 'm';
		if (field == 1)
			changed.facts[0].state = BV_FACT_UNKNOWN;
		if (field == 2)
			changed.facts[0].value++;
		if (field == 3)
			changed.facts[0].detail[0] = 'b';
		after = profile_of(&changed);
		assert_memory_not_equal(&before, &after, sizeof(after));
	}
}

static void setting_replaces_and_the_bound_is_exact(void **state)
{
	struct bv_snapshot snapshot = {0};
	char name[32];

	(void)state;
	for (int i = 0; i < BV_FACTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "fact-%d", i);
		assert_int_equal(bv_snapshot_set(&snapshot, name, BV_FACT_PRESENT, i, ""), 0);
	}
	assert_int_equal(bv_snapshot_set(&snapshot, "one-more", BV_FACT_PRESENT, 1, ""),
		BV_E_LIMIT);
	assert_null(bv_snapshot_find(&snapshot, "one-more"));
	assert_int_equal(bv_snapshot_set(&snapshot, "fact-9", BV_FACT_ABSENT, 5, "new"), 0);
	assert_int_equal(snapshot.count, BV_FACTS_MAX);
	assert_string_equal(bv_snapshot_find(&snapshot, "fact-9")->detail, "new");
	assert_int_equal(bv_snapshot_check(&snapshot, NULL), 0);
}

static void only_what_somebody_found_is_there(void **state)
{
	struct bv_snapshot snapshot = sample();

	(void)state;
	assert_true(bv_snapshot_has(&snapshot, "landlock.abi"));
	assert_int_equal(bv_snapshot_value(&snapshot, "landlock.abi"), 7);
	assert_int_equal(bv_snapshot_set(&snapshot, "cgroup.v2", BV_FACT_ABSENT, 9, ""), 0);
	assert_int_equal(bv_snapshot_set(&snapshot, "user-namespace", BV_FACT_UNKNOWN, 9, ""), 0);
	assert_false(bv_snapshot_has(&snapshot, "cgroup.v2"));
	assert_int_equal(bv_snapshot_value(&snapshot, "cgroup.v2"), 0);
	assert_false(bv_snapshot_has(&snapshot, "user-namespace"));
	assert_int_equal(bv_snapshot_value(&snapshot, "user-namespace"), 0);
	assert_false(bv_snapshot_has(&snapshot, "never-set"));
}

static void what_is_not_a_fact_is_not_set(void **state)
{
	static const char *const bad[] = {NULL, "", "Upper", "under_score", "sp ace", "new\nline",
		"a23456789012345678901234567890123456789x"};
	struct bv_snapshot snapshot = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(bv_snapshot_set(&snapshot, bad[i], BV_FACT_PRESENT, 0, ""),
			BV_E_INVALID);
	assert_int_equal(bv_snapshot_set(&snapshot, "a", (enum bv_fact_state)3, 0, ""),
		BV_E_INVALID);
	assert_int_equal(bv_snapshot_set(&snapshot, "a", BV_FACT_PRESENT, INT64_MAX, ""),
		BV_E_INVALID);
	assert_int_equal(bv_snapshot_set(&snapshot, "a", BV_FACT_PRESENT, INT64_MIN, ""),
		BV_E_INVALID);
	assert_int_equal(snapshot.count, 0);
	assert_int_equal(bv_snapshot_set(&snapshot, "a2345678901234567890123456789012345678x",
				 BV_FACT_PRESENT, BV_JSON_INTEGER_MAX, ""),
		0);
}

static void details_are_cut_and_made_utf8(void **state)
{
	struct bv_snapshot snapshot = {0};
	char longer[2 * BV_FACT_DETAIL_MAX];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(bv_snapshot_set(&snapshot, "long", BV_FACT_PRESENT, 0, longer), 0);
	assert_int_equal(strlen(snapshot.facts[0].detail), BV_FACT_DETAIL_MAX - 1);
	assert_string_equal(snapshot.facts[0].detail + BV_FACT_DETAIL_MAX - 4, "...");
	assert_int_equal(bv_snapshot_set(&snapshot, "raw", BV_FACT_PRESENT, 0, "a\xff\xc3"), 0);
	assert_string_equal(snapshot.facts[1].detail, "a\\xff\\xc3");
	assert_int_equal(bv_snapshot_check(&snapshot, NULL), 0);
}

static void a_snapshot_written_by_hand_is_checked(void **state)
{
	struct bv_error err;

	(void)state;
	for (int fault = 0; fault < 8; fault++) {
		struct bv_snapshot snapshot = sample();
		struct bv_fact *fact = &snapshot.facts[1];

		if (fault == 0)
			snapshot.count = BV_FACTS_MAX + 1;
		if (fault == 1)
			memset(fact->name, 'a', sizeof(fact->name));
		if (fault == 2)
			fact->name[0] = '\0';
		if (fault == 3)
			fact->state = (enum bv_fact_state)9;
		if (fault == 4)
			fact->value = INT64_MAX;
		if (fault == 5)
			memset(fact->detail, 'a', sizeof(fact->detail));
		if (fault == 6)
			memcpy(fact->detail, "\xff", 2);
		if (fault == 7)
			memcpy(fact->name, "landlock.abi", sizeof("landlock.abi"));
		assert_int_equal(bv_snapshot_check(&snapshot, &err), BV_E_FAULT);
		assert_string_equal(err.place, "snapshot");
		assert_true(err.text[0]);
	}
}

static void drift_names_the_first_fact_that_differs(void **state)
{
	struct bv_snapshot then = sample(), now;
	struct bv_error err;

	(void)state;
	now = then;
	assert_int_equal(bv_snapshot_compare(&then, &now, NULL), 0);
	now.facts[0].value = 6;
	now.facts[2].state = BV_FACT_PRESENT;
	assert_int_equal(bv_snapshot_compare(&then, &now, &err), BV_E_DRIFT);
	assert_string_equal(err.place, "landlock.abi");
	assert_non_null(strstr(err.text, "7"));
	assert_non_null(strstr(err.text, "6"));

	now = then;
	assert_int_equal(bv_snapshot_set(&now, "aaa", BV_FACT_PRESENT, 1, ""), 0);
	assert_int_equal(bv_snapshot_compare(&then, &now, &err), BV_E_DRIFT);
	assert_string_equal(err.place, "aaa");
	assert_int_equal(bv_snapshot_compare(&now, &then, &err), BV_E_DRIFT);
	assert_string_equal(err.place, "aaa");

	now = then;
	now.count = 2;
	assert_int_equal(bv_snapshot_compare(&then, &now, &err), BV_E_DRIFT);
	assert_string_equal(err.place, "user-namespace");
	assert_int_equal(bv_snapshot_compare(&now, &then, &err), BV_E_DRIFT);
	assert_string_equal(err.place, "user-namespace");
}

static void hashing_without_memory_fails_and_leaves_the_output(void **state)
{
	struct bv_snapshot snapshot = sample();
	struct bv_profile_id id, untouched;
	long asked;

	(void)state;
	memset(&id, 0x5a, sizeof(id));
	untouched = id;
	faulty_arm(1000);
	assert_int_equal(bv_snapshot_profile(&snapshot, &(struct bv_profile_id){0}, NULL), 0);
	asked = faulty_disarm();
	assert_true(asked > 0);
	for (long n = 0; n < asked; n++) {
		faulty_arm(n);
		assert_int_equal(bv_snapshot_profile(&snapshot, &id, NULL), BV_E_NO_MEMORY);
		faulty_disarm();
		assert_memory_equal(&id, &untouched, sizeof(id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_form_is_sorted_and_tells_absent_from_unknown),
		cmocka_unit_test(every_order_of_setting_has_the_same_profile),
		cmocka_unit_test(every_field_of_a_fact_counts_for_the_profile),
		cmocka_unit_test(setting_replaces_and_the_bound_is_exact),
		cmocka_unit_test(only_what_somebody_found_is_there),
		cmocka_unit_test(what_is_not_a_fact_is_not_set),
		cmocka_unit_test(details_are_cut_and_made_utf8),
		cmocka_unit_test(a_snapshot_written_by_hand_is_checked),
		cmocka_unit_test(drift_names_the_first_fact_that_differs),
		cmocka_unit_test(hashing_without_memory_fails_and_leaves_the_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

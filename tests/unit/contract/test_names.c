/* SPDX-License-Identifier: MIT
 *
 * Every word of the vocabulary has a name and comes back from it; nothing else has one.
 */
#include "../base/unit.h"

#include <stdbool.h>

#include <bvisor/vocabulary.h>

static bool word_is_plain(const char *word)
{
	size_t len = strlen(word);

	return len && strspn(word, "abcdefghijklmnopqrstuvwxyz-") == len && word[0] != '-' &&
		word[len - 1] != '-';
}

static void every_kind_returns_from_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < BV_KIND_COUNT; i++) {
		enum bv_kind kind = (enum bv_kind)(i ^ 1);

		assert_true(word_is_plain(bv_kind_name((enum bv_kind)i)));
		assert_true(strlen(bv_kind_meaning((enum bv_kind)i)) > 10);
		assert_int_equal(bv_kind_parse(bv_kind_name((enum bv_kind)i), &kind), 1);
		assert_int_equal(kind, i);
	}
}

static void every_claim_returns_from_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < BV_EVIDENCE_COUNT; i++) {
		enum bv_evidence claim = (enum bv_evidence)(i ^ 1);

		assert_true(word_is_plain(bv_evidence_name((enum bv_evidence)i)));
		assert_true(strlen(bv_evidence_meaning((enum bv_evidence)i)) > 10);
		assert_int_equal(bv_evidence_parse(bv_evidence_name((enum bv_evidence)i), &claim),
			1);
		assert_int_equal(claim, i);
	}
}

static void every_dimension_returns_from_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < BV_DIMENSION_COUNT; i++) {
		enum bv_dimension dimension = (enum bv_dimension)(i ^ 1);
		const char *name = bv_dimension_name((enum bv_dimension)i);

		assert_true(word_is_plain(name));
		assert_true(word_is_plain(bv_dimension_unit((enum bv_dimension)i)));
		assert_true(strlen(bv_dimension_meaning((enum bv_dimension)i)) > 10);
		assert_int_equal(bv_dimension_parse(name, &dimension), 1);
		assert_int_equal(dimension, i);
	}
}

static void every_enforcement_returns_from_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < BV_ENFORCEMENT_COUNT; i++) {
		enum bv_enforcement got = (enum bv_enforcement)(i ^ 1);

		assert_int_equal(bv_enforcement_parse(bv_enforcement_name((enum bv_enforcement)i),
					 &got),
			1);
		assert_int_equal(got, i);
	}
}

static void outcomes_and_reasons_have_distinct_names(void **state)
{
	(void)state;
	for (int i = 0; i < BV_OUTCOME_COUNT; i++) {
		assert_true(word_is_plain(bv_outcome_name((enum bv_outcome)i)));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(bv_outcome_name((enum bv_outcome)i),
				bv_outcome_name((enum bv_outcome)j));
	}
	for (int i = 0; i < BV_REASON_COUNT; i++) {
		assert_true(word_is_plain(bv_reason_name((enum bv_reason)i)));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(bv_reason_name((enum bv_reason)i),
				bv_reason_name((enum bv_reason)j));
	}
}

static void numbers_outside_the_tables_have_no_name(void **state)
{
	static const int outside[] = {-1, 64, INT32_MAX, INT32_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		int n = outside[i];

		assert_null(bv_kind_name((enum bv_kind)n));
		assert_null(bv_kind_meaning((enum bv_kind)n));
		assert_null(bv_evidence_name((enum bv_evidence)n));
		assert_null(bv_evidence_meaning((enum bv_evidence)n));
		assert_null(bv_dimension_name((enum bv_dimension)n));
		assert_null(bv_dimension_unit((enum bv_dimension)n));
		assert_null(bv_dimension_meaning((enum bv_dimension)n));
		assert_null(bv_enforcement_name((enum bv_enforcement)n));
		assert_null(bv_outcome_name((enum bv_outcome)n));
		assert_null(bv_reason_name((enum bv_reason)n));
		assert_int_equal(bv_kind_nature((enum bv_kind)n), BV_NATURE_RESTRICTION);
	}
	assert_null(bv_kind_name((enum bv_kind)BV_KIND_COUNT));
	assert_null(bv_evidence_name((enum bv_evidence)BV_EVIDENCE_COUNT));
	assert_null(bv_dimension_name((enum bv_dimension)BV_DIMENSION_COUNT));
	assert_null(bv_outcome_name((enum bv_outcome)BV_OUTCOME_COUNT));
	assert_null(bv_reason_name((enum bv_reason)BV_REASON_COUNT));
	assert_null(bv_enforcement_name((enum bv_enforcement)BV_ENFORCEMENT_COUNT));
}

static void other_texts_name_nothing_and_touch_nothing(void **state)
{
	static const char *const texts[] = {NULL, "", "Filesystem", "filesystem ", "file", "none"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum bv_kind kind = BV_KIND_KILL_ATOMIC;
		enum bv_evidence claim = BV_EVIDENCE_PROCESS_TREE;
		enum bv_dimension dimension = BV_STORAGE;
		enum bv_enforcement enforcement = BV_MEDIATED;

		assert_int_equal(bv_kind_parse(texts[i], &kind), 0);
		assert_int_equal(bv_evidence_parse(texts[i], &claim), 0);
		assert_int_equal(bv_dimension_parse(texts[i], &dimension), 0);
		assert_int_equal(bv_enforcement_parse(texts[i], &enforcement), 0);
		assert_int_equal(kind, BV_KIND_KILL_ATOMIC);
		assert_int_equal(claim, BV_EVIDENCE_PROCESS_TREE);
		assert_int_equal(dimension, BV_STORAGE);
		assert_int_equal(enforcement, BV_MEDIATED);
	}
}

static void ambient_kinds_are_grants_and_host_work_is_control(void **state)
{
	(void)state;
	for (int i = 0; i < BV_KIND_COUNT; i++) {
		enum bv_kind kind = (enum bv_kind)i;
		bool ambient = strstr(bv_kind_name(kind), "ambient") != NULL;

		assert_int_equal(bv_kind_nature(kind) == BV_NATURE_GRANT, ambient);
		assert_int_equal(bv_kind_nature(kind) == BV_NATURE_CONTROL,
			kind >= BV_KIND_LAUNCH_WORKLOAD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_returns_from_its_name),
		cmocka_unit_test(every_claim_returns_from_its_name),
		cmocka_unit_test(every_dimension_returns_from_its_name),
		cmocka_unit_test(every_enforcement_returns_from_its_name),
		cmocka_unit_test(outcomes_and_reasons_have_distinct_names),
		cmocka_unit_test(numbers_outside_the_tables_have_no_name),
		cmocka_unit_test(other_texts_name_nothing_and_touch_nothing),
		cmocka_unit_test(ambient_kinds_are_grants_and_host_work_is_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * Budgets: the derived minimums, and the adjudication against an oracle over a small universe of
 * limits, minimums, capacities, guarantees and evidence.
 */
#include "../base/unit.h"

#include <stdbool.h>

#include "contract/budget.h"

static void minimums_follow_from_the_spec(void **state)
{
	struct bv_spec spec = {.workload = {.program = "/bin/true"}};

	(void)state;
	assert_int_equal(bv_budget_minimum(&spec, BV_WALL).value, 1000);
	assert_int_equal(bv_budget_minimum(&spec, BV_CPU).value, 1000);
	assert_int_equal(bv_budget_minimum(&spec, BV_MEMORY).value, 1048576);
	assert_int_equal(bv_budget_minimum(&spec, BV_TASKS).value, 1);
	assert_int_equal(bv_budget_minimum(&spec, BV_HANDLES).value, 3);
	assert_int_equal(bv_budget_minimum(&spec, BV_STORAGE).value, 0);
	assert_int_equal(bv_budget_minimum(&spec, BV_NETWORK).value, 0);
	spec.workload.kind = BV_WORKLOAD_WASM;
	spec.descriptor_count = 2;
	spec.temp_root = 1;
	spec.network = BV_NETWORK_AMBIENT;
	assert_int_equal(bv_budget_minimum(&spec, BV_MEMORY).value, 65536);
	assert_int_equal(bv_budget_minimum(&spec, BV_HANDLES).value, 5);
	assert_int_equal(bv_budget_minimum(&spec, BV_STORAGE).value, 4096);
	assert_int_equal(bv_budget_minimum(&spec, BV_NETWORK).value, 1);
	spec.network = BV_NETWORK_ALLOW_LIST;
	assert_int_equal(bv_budget_minimum(&spec, BV_NETWORK).value, 1);
	for (int i = 0; i < BV_DIMENSION_COUNT; i++)
		assert_true(bv_budget_minimum(&spec, (enum bv_dimension)i).why[0]);
	assert_true(bv_budget_minimum(&spec, (enum bv_dimension)99).value == UINT64_MAX);
}

static void the_default_limits_meet_the_minimums_of_a_plain_spec(void **state)
{
	static const uint64_t limits[] = {
#define BV_DIMENSION(name, number, text, unit, limit, meaning) limit,
#include <bvisor/dimensions.def>
#undef BV_DIMENSION
	};
	const struct bv_spec spec = {.workload = {.program = "/bin/true"}};

	(void)state;
	for (int i = 0; i < BV_DIMENSION_COUNT; i++)
		assert_true(limits[i] >= bv_budget_minimum(&spec, (enum bv_dimension)i).value);
}

/* The four failures as they are documented, each asked on its own; the first that holds counts. */
static enum bv_budget_failure oracle(const struct bv_budget *asked, uint64_t minimum,
	const struct bv_availability *available)
{
	bool fails[5] = {
		[BV_BUDGET_BELOW_MINIMUM] = asked->limit < minimum,
		[BV_BUDGET_CAPACITY] =
			asked->guarantee != BV_UNSUPPORTED && asked->limit > available->capacity,
		[BV_BUDGET_GUARANTEE] = (asked->guarantee == BV_ENFORCED &&
						available->enforcement != BV_ENFORCED) ||
			(asked->guarantee == BV_MEDIATED &&
				available->enforcement == BV_UNSUPPORTED),
		[BV_BUDGET_EVIDENCE] = (asked->evidence & 1 && !(available->evidence & 1)) ||
			(asked->evidence & 2 && !(available->evidence & 2)),
	};

	for (int i = BV_BUDGET_BELOW_MINIMUM; i <= BV_BUDGET_EVIDENCE; i++) {
		if (fails[i])
			return (enum bv_budget_failure)i;
	}
	return BV_BUDGET_OK;
}

static void adjudication_is_the_first_of_four_failures(void **state)
{
	unsigned int seen[5] = {0};

	(void)state;
	/* limit 3, minimum 3, capacity 3, guarantee 3, enforcement 3, wanted 4, offered 4 */
	for (unsigned int n = 0; n < 3 * 3 * 3 * 3 * 3 * 4 * 4; n++) {
		struct bv_budget asked = {n % 3, (enum bv_enforcement)(n / 3 % 3), n / 9 % 4,
			n / 3 % 3 == 0};
		struct bv_availability available = {
			.enforcement = (enum bv_enforcement)(n / 36 % 3),
			.capacity = n / 108 % 3,
			.evidence = n / 324 % 4,
		};
		uint64_t minimum = n / 1296 % 3;
		enum bv_budget_failure failure = bv_budget_adjudicate(&asked, minimum, &available);

		assert_int_equal(failure, oracle(&asked, minimum, &available));
		seen[failure]++;
	}
	for (int i = 0; i < 5; i++)
		assert_true(seen[i] > 0);
}

static void failures_have_names(void **state)
{
	(void)state;
	assert_null(bv_budget_failure_name(BV_BUDGET_OK));
	assert_string_equal(bv_budget_failure_name(BV_BUDGET_BELOW_MINIMUM), "below-minimum");
	assert_string_equal(bv_budget_failure_name(BV_BUDGET_CAPACITY), "capacity");
	assert_string_equal(bv_budget_failure_name(BV_BUDGET_GUARANTEE), "guarantee");
	assert_string_equal(bv_budget_failure_name(BV_BUDGET_EVIDENCE), "evidence");
	assert_null(bv_budget_failure_name((enum bv_budget_failure)9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimums_follow_from_the_spec),
		cmocka_unit_test(the_default_limits_meet_the_minimums_of_a_plain_spec),
		cmocka_unit_test(adjudication_is_the_first_of_four_failures),
		cmocka_unit_test(failures_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * The laws of the verdict lattice over its whole universe: 3 enforcements and 2^10 sets of
 * claims. Claims are independent bits, so the laws in three variables run over every set of
 * three claims, and those in two over all sets.
 */
#include "../base/unit.h"

#include "contract/lattice.h"

#define VERDICTS (BV_ENFORCEMENT_COUNT << BV_EVIDENCE_COUNT)
#define SMALL (BV_ENFORCEMENT_COUNT << 3)

static struct bv_verdict nth(unsigned int n)
{
	return (struct bv_verdict){
		.enforcement = (enum bv_enforcement)(n >> BV_EVIDENCE_COUNT),
		.evidence = n & BV_EVIDENCE_ALL,
	};
}

static struct bv_verdict nth_small(unsigned int n)
{
	return (struct bv_verdict){.enforcement = (enum bv_enforcement)(n >> 3), .evidence = n & 7};
}

static bool same(struct bv_verdict a, struct bv_verdict b)
{
	return a.enforcement == b.enforcement && a.evidence == b.evidence;
}

/* What "at most as strong" means, said claim by claim. */
static bool weaker(struct bv_verdict a, struct bv_verdict b)
{
	for (unsigned int claim = 0; claim < BV_EVIDENCE_COUNT; claim++) {
		if ((a.evidence >> claim & 1) > (b.evidence >> claim & 1))
			return false;
	}
	return a.enforcement <= b.enforcement;
}

static void meet_is_idempotent_and_bounded(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < VERDICTS; i++) {
		struct bv_verdict a = nth(i);

		assert_true(same(bv_verdict_meet(a, a), a));
		assert_true(same(bv_verdict_meet(a, BV_VERDICT_TOP), a));
		assert_true(same(bv_verdict_meet(a, BV_VERDICT_BOTTOM), BV_VERDICT_BOTTOM));
		assert_true(bv_verdict_le(a, BV_VERDICT_TOP));
		assert_true(bv_verdict_le(BV_VERDICT_BOTTOM, a));
		assert_true(bv_verdict_le(a, a));
	}
}

static void meet_is_commutative_and_orders_like_le(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < VERDICTS; i++) {
		for (unsigned int j = 0; j < VERDICTS; j++) {
			struct bv_verdict a = nth(i), b = nth(j), m = bv_verdict_meet(a, b);

			/* One plain test a pair: there are nine million. */
			if (same(m, bv_verdict_meet(b, a)) && bv_verdict_le(m, a) &&
				bv_verdict_le(m, b) && bv_verdict_le(a, b) == same(m, a))
				continue;
			fail_msg("a law breaks for %u and %u", i, j);
		}
	}
}

static void le_is_the_order_of_both_axes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SMALL; i++) {
		for (unsigned int j = 0; j < SMALL; j++)
			assert_int_equal(bv_verdict_le(nth_small(i), nth_small(j)),
				weaker(nth_small(i), nth_small(j)));
	}
}

static void three_verdicts(unsigned int i, unsigned int j, unsigned int k)
{
	struct bv_verdict a = nth_small(i), b = nth_small(j), c = nth_small(k);
	struct bv_verdict left = bv_verdict_meet(bv_verdict_meet(a, b), c);

	assert_true(same(left, bv_verdict_meet(a, bv_verdict_meet(b, c))));
	if (bv_verdict_le(a, b)) {
		/* Monotone, and transitive. */
		assert_true(bv_verdict_le(bv_verdict_meet(a, c), bv_verdict_meet(b, c)));
		if (bv_verdict_le(b, c))
			assert_true(bv_verdict_le(a, c));
	}
	/* The greatest of the lower bounds. */
	if (bv_verdict_le(c, a) && bv_verdict_le(c, b))
		assert_true(bv_verdict_le(c, bv_verdict_meet(a, b)));
}

static void meet_is_associative_monotone_and_greatest(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SMALL * SMALL * SMALL; i++)
		three_verdicts(i / (SMALL * SMALL), i / SMALL % SMALL, i % SMALL);
}

static void le_is_antisymmetric(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SMALL * SMALL; i++) {
		struct bv_verdict a = nth_small(i / SMALL), b = nth_small(i % SMALL);

		if (bv_verdict_le(a, b) && bv_verdict_le(b, a))
			assert_true(same(a, b));
	}
}

static void neither_axis_stands_in_for_the_other(void **state)
{
	struct bv_verdict blind = {BV_ENFORCED, 0};
	struct bv_verdict watched = {BV_UNSUPPORTED, BV_EVIDENCE_ALL};

	(void)state;
	assert_false(bv_verdict_le(blind, watched));
	assert_false(bv_verdict_le(watched, blind));
	assert_true(same(bv_verdict_meet(blind, watched), BV_VERDICT_BOTTOM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meet_is_idempotent_and_bounded),
		cmocka_unit_test(meet_is_commutative_and_orders_like_le),
		cmocka_unit_test(le_is_the_order_of_both_axes),
		cmocka_unit_test(meet_is_associative_monotone_and_greatest),
		cmocka_unit_test(le_is_antisymmetric),
		cmocka_unit_test(neither_axis_stands_in_for_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

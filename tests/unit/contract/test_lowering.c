/* SPDX-License-Identifier: MIT
 *
 * Compiling lowerings. Over every set of four steps with two phases and every relation of
 * prerequisites among them, the schedule is what a naive search through all permutations finds
 * first, or both find none; and the order in which the set is given changes nothing.
 */
#include "../base/unit.h"

#include "../base/faulty.h"
#include "base/digest.h"
#include "contract/lowering.h"

#define SMALL 4
#define ORDERS 24
#define RELATIONS 4096

static const char *const ids[SMALL] = {"a", "b", "c", "d"};

/* A small set: phases by bit, prerequisites by bit (step i needs step j: bit 4i + j). */
struct world {
	const char *needs[SMALL][SMALL + 1];
	struct bv_lowering set;
};

/* Twelve bits to sixteen: no step needs itself, which has a test of its own. */
static unsigned int relation(unsigned int bits)
{
	unsigned int needs = 0, next = 0;

	for (unsigned int i = 0; i < SMALL * SMALL; i++) {
		if (i / SMALL != i % SMALL)
			needs |= (bits >> next++ & 1) << i;
	}
	return needs;
}

static void world_build(struct world *world, unsigned int phases, unsigned int needs)
{
	memset(world, 0, sizeof(*world));
	world->set.count = SMALL;
	for (unsigned int i = 0; i < SMALL; i++) {
		size_t count = 0;

		for (unsigned int j = 0; j < SMALL; j++) {
			if (needs >> (SMALL * i + j) & 1)
				world->needs[i][count++] = ids[j];
		}
		world->set.steps[i].primitive = (struct bv_primitive){
			.id = ids[i],
			.version = 1,
			.phase = phases >> i & 1,
			.prerequisites = world->needs[i],
		};
		world->set.steps[i].parameters.bytes[0] = (uint8_t)i;
	}
}

/* The n-th permutation of 0..3 in lexicographic order. */
static void permutation(unsigned int n, unsigned int ret[SMALL])
{
	static const unsigned int below[SMALL] = {6, 2, 1, 1};
	unsigned int left[SMALL] = {0, 1, 2, 3};

	for (unsigned int i = 0; i < SMALL; i++) {
		unsigned int pick = n / below[i];

		n %= below[i];
		ret[i] = left[pick];
		for (unsigned int j = pick; j + 1 < SMALL; j++)
			left[j] = left[j + 1];
	}
}

static bool admissible(unsigned int phases, unsigned int needs, const unsigned int order[SMALL])
{
	unsigned int done = 0, phase = 0;

	for (unsigned int i = 0; i < SMALL; i++) {
		unsigned int step = order[i];

		if ((needs >> (SMALL * step) & 15) & ~done)
			return false;
		if ((phases >> step & 1) < phase)
			return false;
		phase = phases >> step & 1;
		done |= 1u << step;
	}
	return true;
}

/* Permutations come in lexicographic order, and phases first: so the least by (phase, id) at
 * every place is the first admissible one. */
static bool oracle(unsigned int phases, unsigned int needs, unsigned int ret[SMALL])
{
	for (unsigned int n = 0; n < ORDERS; n++) {
		permutation(n, ret);
		if (admissible(phases, needs, ret))
			return true;
	}
	return false;
}

static void shuffle(const struct bv_lowering *set, unsigned int n, struct bv_lowering *ret)
{
	unsigned int order[SMALL];

	permutation(n, order);
	ret->count = SMALL;
	for (size_t i = 0; i < SMALL; i++)
		ret->steps[i] = set->steps[order[i]];
}

static void check_order(const struct bv_lowering *set, bool possible,
	const unsigned int want[SMALL])
{
	struct bv_lowering schedule = {.count = 99};
	int code = bv_lowering_compile(set, &schedule, NULL);

	if (!possible) {
		if (code != BV_E_LOWERING || schedule.count != 99)
			fail_msg("an impossible set was scheduled, or the output touched");
		return;
	}
	if (code || schedule.count != SMALL)
		fail_msg("a possible set was refused");
	for (size_t i = 0; i < SMALL; i++) {
		if (strcmp(schedule.steps[i].primitive.id, ids[want[i]]) != 0 ||
			schedule.steps[i].parameters.bytes[0] != want[i])
			fail_msg("step %zu is %s, not %s", i, schedule.steps[i].primitive.id,
				ids[want[i]]);
	}
}

static void every_small_set_compiles_to_the_first_admissible_order(void **state)
{
	unsigned int possible = 0;

	(void)state;
	for (unsigned int phases = 0; phases < 16; phases++) {
		for (unsigned int bits = 0; bits < RELATIONS; bits++) {
			unsigned int needs = relation(bits), want[SMALL];
			bool found = oracle(phases, needs, want);
			struct world world;
			struct bv_lowering shuffled = {0};

			possible += found;
			world_build(&world, phases, needs);
			/* One input order each here; all of them below, for fewer sets. */
			shuffle(&world.set, (phases * 7 + bits) % ORDERS, &shuffled);
			check_order(&shuffled, found, want);
		}
	}
	/* There are 543 acyclic relations on four steps, and all fit when there is one phase. */
	assert_true(possible > 2 * 543);
}

static void every_input_order_gives_the_same_schedule_and_the_same_refusal(void **state)
{
	(void)state;
	for (unsigned int bits = 0; bits < RELATIONS; bits++) {
		struct bv_error first = {0}, err = {0};
		unsigned int needs = relation(bits), want[SMALL];
		bool found = oracle(6, needs, want);
		struct world world;

		world_build(&world, 6, needs);
		for (unsigned int n = 0; n < ORDERS; n++) {
			struct bv_lowering shuffled = {0}, schedule;

			shuffle(&world.set, n, &shuffled);
			check_order(&shuffled, found, want);
			(void)bv_lowering_compile(&shuffled, &schedule, n ? &err : &first);
			if (n)
				assert_memory_equal(&err, &first, sizeof(err));
		}
	}
}

static struct bv_lowering chain(void)
{
	static const char *const needs_a[] = {"a", NULL};
	struct bv_lowering set = {.count = 3};

	for (size_t i = 0; i < 3; i++) {
		set.steps[i].primitive = (struct bv_primitive){.id = ids[i],
			.version = 1,
			.phase = 1,
			.prerequisites = i ? needs_a : NULL};
	}
	return set;
}

static void refused(const struct bv_lowering *set, const char *place, const char *says)
{
	struct bv_lowering schedule = {.count = 77};
	struct bv_error err;

	assert_int_equal(bv_lowering_compile(set, &schedule, &err), BV_E_LOWERING);
	assert_int_equal(schedule.count, 77);
	assert_string_equal(err.place, place);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void each_refusal_names_the_step_and_the_cause(void **state)
{
	static const char *const needs_x[] = {"x", NULL}, *const needs_b[] = {"b", NULL};
	static const char *const not_c[] = {"c", NULL}, *const needs_self[] = {"a", NULL};
	struct bv_lowering set, schedule;

	(void)state;
	set = chain();
	assert_int_equal(bv_lowering_compile(&set, &schedule, NULL), 0);
	set.steps[2].primitive.id = "b";
	refused(&set, "b", "twice");
	set = chain();
	set.steps[1].primitive.prerequisites = needs_x;
	refused(&set, "b", "x");
	set = chain();
	set.steps[1].primitive.conflicts = not_c;
	refused(&set, "b", "together with c");
	set = chain();
	set.steps[0].primitive.phase = 2;
	refused(&set, "b", "later phase");
	set = chain();
	set.steps[0].primitive.prerequisites = needs_b;
	refused(&set, "a", "no order");
	set = chain();
	set.steps[0].primitive.prerequisites = needs_self;
	refused(&set, "a", "no order");
	set = chain();
	set.steps[1].primitive.id = NULL;
	refused(&set, "lowering", "no id");
	set = chain();
	set.steps[1].primitive.id = "";
	refused(&set, "lowering", "no id");
	set = chain();
	set.steps[1].primitive.id = "\xff";
	refused(&set, "lowering", "no id");
	set = chain();
	set.count = BV_PRIMITIVES_MAX + 1;
	refused(&set, "lowering", "at most");
}

static void the_largest_set_compiles_in_place(void **state)
{
	struct bv_lowering set = {.count = BV_PRIMITIVES_MAX};
	char names[BV_PRIMITIVES_MAX][8];

	(void)state;
	for (size_t i = 0; i < BV_PRIMITIVES_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "s%02zu", BV_PRIMITIVES_MAX - 1 - i);
		set.steps[i].primitive = (struct bv_primitive){.id = names[i], .version = 1};
	}
	assert_int_equal(bv_lowering_compile(&set, &set, NULL), 0);
	for (size_t i = 0; i < BV_PRIMITIVES_MAX; i++)
		assert_string_equal(set.steps[i].primitive.id, names[BV_PRIMITIVES_MAX - 1 - i]);
}

static void the_digest_covers_id_version_phase_and_parameters(void **state)
{
	static const char want[] =
		"[{\"id\":\"a\",\"parameters\":\""
		"0000000000000000000000000000000000000000000000000000000000000000"
		"\",\"phase\":1,\"version\":1}]";
	struct bv_lowering set = chain(), changed;
	struct bv_digest digest, other, expected;

	(void)state;
	set.count = 1;
	assert_int_equal(bv_lowering_digest(&set, &digest, NULL), 0);
	bv_sha256_once(want, strlen(want), &expected);
	assert_memory_equal(&digest, &expected, sizeof(digest));
	for (int field = 0; field < 4; field++) {
		changed = set;
		if (field == 0)
			changed.steps[0].primitive.id = "b";
		if (field == 1)
			changed.steps[0].primitive.version++;
		if (field == 2)
			changed.steps[0].primitive.phase++;
		if (field == 3)
			changed.steps[0].parameters.bytes[31] = 1;
		assert_int_equal(bv_lowering_digest(&changed, &other, NULL), 0);
		assert_memory_not_equal(&digest, &other, sizeof(digest));
	}
}

static void a_digest_without_memory_fails(void **state)
{
	struct bv_lowering set = chain();
	struct bv_digest digest = {{1}};

	(void)state;
	faulty_arm(0);
	assert_int_equal(bv_lowering_digest(&set, &digest, NULL), BV_E_NO_MEMORY);
	faulty_disarm();
	assert_int_equal(digest.bytes[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_small_set_compiles_to_the_first_admissible_order),
		cmocka_unit_test(every_input_order_gives_the_same_schedule_and_the_same_refusal),
		cmocka_unit_test(each_refusal_names_the_step_and_the_cause),
		cmocka_unit_test(the_largest_set_compiles_in_place),
		cmocka_unit_test(the_digest_covers_id_version_phase_and_parameters),
		cmocka_unit_test(a_digest_without_memory_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

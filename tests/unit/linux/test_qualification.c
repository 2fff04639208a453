/* SPDX-License-Identifier: MIT
 *
 * The ledger against the answers: every machine there could be, as far as the facts say, and every
 * spec that chooses between mechanisms. Whatever is answered enforced has a row, and every row is
 * some machine's answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choice.h"

static const struct row {
	enum bv_kind kind;
	const char *mechanism;
} rows[] = {
#define QUALIFIED(kind, mechanism, file, test) {kind, mechanism},
#include "qualification.def"
#undef QUALIFIED
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static unsigned int used[ROWS];

static void fact(struct bv_snapshot *snapshot, const char *name, bool there, int64_t value)
{
	assert_int_equal(bv_snapshot_set(snapshot, name, there ? BV_FACT_PRESENT : BV_FACT_ABSENT,
				 there ? value : 0, ""),
		0);
}

/* A machine as a number: which canaries bit, and the Landlock ABI. */
#define MACHINES 256
#define ABI_MAX 11

static struct bv_snapshot machine(unsigned int number, int64_t abi)
{
	struct bv_snapshot snapshot = {0};

	fact(&snapshot, FACT_LANDLOCK, abi > 0, abi);
	fact(&snapshot, FACT_LANDLOCK_CANARY, abi > 0 && (number & 1), 0);
	fact(&snapshot, FACT_SECCOMP_CANARY, number & 2, 0);
	fact(&snapshot, FACT_SCOPE_CANARY, abi >= 6 && (number & 4), 0);
	fact(&snapshot, FACT_NAMESPACE_CANARY, number & 8, 0);
	fact(&snapshot, FACT_CGROUP_CANARY, number & 16, 0);
	fact(&snapshot, FACT_CHILDREN, number & 32, 0);
	fact(&snapshot, FACT_CAPABILITIES, true, INT64_C(1) << 21);
	fact(&snapshot, FACT_VIEW, true, abi % 3);
	fact(&snapshot, FACT_IDENTITY, true, number % 3);
	fact(&snapshot, FACT_VIEW_CANARY, number & 64, 0);
	fact(&snapshot, FACT_VIEW_PROC, (number & 64) && (number & 128), 0);
	fact(&snapshot, FACT_VIEW_NETWORK, (number & 64) && (number & 128), 0);
	fact(&snapshot, FACT_OVERLAY_CANARY, (number & 64) && (number & 32), 0);
	fact(&snapshot, FACT_MAPPED, (number & 64) && (number & 8), 0);
	fact(&snapshot, FACT_STAGING, number & 1, 0);
	fact(&snapshot, FACT_NAMES_SEALED, number & 4, 0);
	return snapshot;
}

static void assert_qualified(enum bv_kind kind, const struct bv_answer *answer)
{
	bool found = false;

	if (answer->verdict.enforcement != BV_ENFORCED)
		return;
	assert_true(answer->mechanism[0] != 0);
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].kind != kind || !strstr(answer->mechanism, rows[i].mechanism))
			continue;
		used[i]++;
		found = true;
	}
	if (!found)
		fail_msg("%s is called enforced by '%s', and no row says what proves it",
			bv_kind_name(kind), answer->mechanism);
}

/* Each answer is one of: enforced, or with what is missing and what would help; never above what
 * the family claims to be able to. */
static void assert_answer(enum bv_kind kind, const struct bv_answer *answer)
{
	assert_true(answer->verdict.enforcement <= linux_support(kind).enforcement);
	assert_int_equal(answer->verdict.evidence & ~linux_support(kind).evidence, 0);
	if (answer->verdict.enforcement == BV_ENFORCED)
		assert_string_equal(answer->missing, "");
	else
		assert_true(answer->missing[0] && answer->remedy[0]);
	assert_qualified(kind, answer);
}

static void every_machine(void (*body)(const struct bv_snapshot *snapshot))
{
	for (int64_t abi = 0; abi <= ABI_MAX; abi++)
		for (unsigned int number = 0; number < MACHINES; number++) {
			struct bv_snapshot snapshot = machine(number, abi);

			body(&snapshot);
		}
}

static void profile(const struct bv_snapshot *snapshot)
{
	for (int kind = 0; kind < BV_KIND_COUNT; kind++) {
		struct bv_answer answer = {0};

		linux_profile(snapshot, (enum bv_kind)kind, &answer);
		assert_answer((enum bv_kind)kind, &answer);
	}
}

static void every_profile_is_qualified(void **state)
{
	(void)state;
	every_machine(profile);
}

static struct bv_spec spec_make(enum bv_spawn spawn, enum bv_isolation processes)
{
	struct bv_spec spec = {.workload = {.program = "/bin/true", .directory = "/"},
		.spawn = spawn,
		.host_processes = processes};

	bv_budgets_default(spec.budgets);
	return spec;
}

static const struct bv_exposure overlay = {.source = "/srv",
	.destination = "/srv",
	.access = BV_READ | BV_WRITE,
	.overlay = 1};

static void classify(const struct bv_snapshot *snapshot)
{
	for (unsigned int i = 0; i < 12; i++) {
		struct bv_spec spec =
			spec_make((enum bv_spawn)(i % 3), (enum bv_isolation)(i / 3 % 2));

		spec.exposures = &overlay;
		spec.exposure_count = i / 6;

		for (int kind = 0; kind < BV_KIND_COUNT; kind++) {
			struct bv_answer answer = {0}, ceiling = {0};

			/* The other spawn policies are not this spec's to be asked about. */
			if (kind >= BV_KIND_SPAWN_DENY_NEW_TASKS &&
				kind <= BV_KIND_SPAWN_ALLOW_DESCENDANTS &&
				kind - BV_KIND_SPAWN_DENY_NEW_TASKS != (int)spec.spawn)
				continue;
			linux_classify(snapshot, &spec, (enum bv_kind)kind, &answer);
			linux_profile(snapshot, (enum bv_kind)kind, &ceiling);
			assert_answer((enum bv_kind)kind, &answer);
			assert_true(answer.verdict.enforcement <= ceiling.verdict.enforcement);
		}
	}
}

static void every_answer_is_qualified_and_below_the_profile(void **state)
{
	(void)state;
	every_machine(classify);
}

/* Runs last: what the machines above never answered. */
static void no_row_is_nobodys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (!used[i])
			fail_msg("no machine answers '%s' for %s", rows[i].mechanism,
				bv_kind_name(rows[i].kind));
}

/* Without a filter nothing that needs one is admitted. */
static void nothing_is_confined_without_seccomp(void **state)
{
	static const enum bv_kind kinds[] = {BV_KIND_FILESYSTEM, BV_KIND_NETWORK_DENY_ALL,
		BV_KIND_SPAWN_DENY_NEW_TASKS, BV_KIND_SPAWN_ALLOW_THREADS,
		BV_KIND_SPAWN_ALLOW_DESCENDANTS, BV_KIND_HOST_PROCESSES_HIDDEN, BV_KIND_IPC_PRIVATE,
		BV_KIND_KERNEL_SURFACE_BASELINE, BV_KIND_LAUNCH_WORKLOAD};

	(void)state;
	for (unsigned int number = 0; number < MACHINES; number++)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			struct bv_snapshot snapshot = machine(number & ~2U, ABI_MAX);
			struct bv_answer answer = {0};

			linux_profile(&snapshot, kinds[i], &answer);
			assert_int_equal(answer.verdict.enforcement, BV_UNSUPPORTED);
		}
}

/* A fact that nobody looked at counts as absent. */
static void an_unknown_machine_confines_nothing(void **state)
{
	const struct bv_snapshot unknown = {0};
	struct bv_answer answer = {0};

	(void)state;
	linux_profile(&unknown, BV_KIND_FILESYSTEM, &answer);
	assert_int_equal(answer.verdict.enforcement, BV_UNSUPPORTED);
	linux_profile(&unknown, BV_KIND_SPAWN_ALLOW_DESCENDANTS, &answer);
	assert_int_equal(answer.verdict.enforcement, BV_UNSUPPORTED);
}

static struct bv_answer answered(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind)
{
	struct bv_answer answer = {0};

	linux_classify(snapshot, spec, kind, &answer);
	assert_answer(kind, &answer);
	return answer;
}

static void assert_advice(const struct bv_answer *answer, bool view, bool read)
{
	assert_int_equal(answer->verdict.enforcement, BV_UNSUPPORTED);
	assert_int_equal(!!strstr(answer->remedy, "Linux 5.12"), view);
	assert_int_equal(!!strstr(answer->remedy, "read with every grant"), read);
}

/* What is advised where nothing holds the files is what the same spec is admitted with. */
static void a_view_is_advised_exactly_where_it_would_help(void **state)
{
	static const struct bv_exposure moved = {.source = "/a", .destination = "/b"};
	struct bv_grant grant = {"/srv", BV_READ | BV_WRITE};
	struct bv_snapshot bare = machine(2, 0), viewed = machine(2 | 64, 0);
	struct bv_spec spec = spec_make(BV_SPAWN_DENY_NEW_TASKS, BV_ISOLATED);
	struct bv_answer answer;

	(void)state;
	spec.grants = &grant;
	spec.grant_count = 1;
	answer = answered(&bare, &spec, BV_KIND_FILESYSTEM);
	assert_advice(&answer, true, false);
	assert_non_null(strstr(answer.remedy, "Linux 5.13"));
	answer = answered(&viewed, &spec, BV_KIND_FILESYSTEM);
	assert_int_equal(answer.verdict.enforcement, BV_ENFORCED);
	grant.access = BV_WRITE;
	answer = answered(&bare, &spec, BV_KIND_FILESYSTEM);
	assert_advice(&answer, true, true);
	answer = answered(&viewed, &spec, BV_KIND_FILESYSTEM);
	assert_advice(&answer, false, true);
	spec.temp_root = 1;
	spec.temp_path = BV_TEMP_PATH;
	answer = answered(&bare, &spec, BV_KIND_TEMP_ROOT);
	assert_advice(&answer, true, false);
	spec.exposures = &moved;
	spec.exposure_count = 1;
	answer = answered(&bare, &spec, BV_KIND_EXPOSE_PATH);
	assert_advice(&answer, true, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_profile_is_qualified),
		cmocka_unit_test(every_answer_is_qualified_and_below_the_profile),
		cmocka_unit_test(no_row_is_nobodys),
		cmocka_unit_test(nothing_is_confined_without_seccomp),
		cmocka_unit_test(an_unknown_machine_confines_nothing),
		cmocka_unit_test(a_view_is_advised_exactly_where_it_would_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

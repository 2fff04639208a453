/* SPDX-License-Identifier: MIT
 *
 * A spec makes exactly the requirements it names, in the order of kinds.
 */
#include "../base/unit.h"
#include "specs.h"

#include <stdbool.h>

#include "base/utf8.h"
#include "contract/requirement.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	enum bv_kind kind;
	const char *policy;
};

static void assert_requirements(const struct bv_spec *spec, const struct row *rows, size_t count)
{
	struct bv_requirement got[BV_KIND_COUNT];
	size_t got_count = bv_requirements_of(spec, got);

	assert_int_equal(got_count, count);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(bv_kind_name(got[i].kind), bv_kind_name(rows[i].kind));
		assert_string_equal(got[i].policy, rows[i].policy);
	}
}

static void the_smallest_spec_requires_every_capability(void **state)
{
	static const struct row rows[] = {{BV_KIND_FILESYSTEM, "no paths"},
		{BV_KIND_NETWORK_DENY_ALL, "deny-all"},
		{BV_KIND_SPAWN_DENY_NEW_TASKS, "deny-new-tasks"},
		{BV_KIND_ENVIRONMENT, "no variables"}, {BV_KIND_DESCRIPTORS_NONE, "none"},
		{BV_KIND_HOST_PROCESSES_HIDDEN, "hidden"}, {BV_KIND_IPC_PRIVATE, "private"},
		{BV_KIND_KERNEL_SURFACE_BASELINE, "baseline"}, {BV_KIND_LAUNCH_WORKLOAD, "process"},
		{BV_KIND_KILL_ATOMIC, "atomic"}};
	struct bv_spec spec = spec_smallest();

	(void)state;
	assert_requirements(&spec, rows, COUNT(rows));
}

static void a_full_spec_requires_what_it_names(void **state)
{
	static const struct row rows[] = {{BV_KIND_FILESYSTEM, "3 paths"},
		{BV_KIND_NETWORK_ALLOW_LIST, "3 destinations"},
		{BV_KIND_SPAWN_ALLOW_DESCENDANTS, "allow-descendants"},
		{BV_KIND_ENVIRONMENT, "3 variables, of them 1 secret, and BVISOR_OUT and TMPDIR"},
		{BV_KIND_DESCRIPTORS_ONLY, "2 descriptors"},
		{BV_KIND_HOST_PROCESSES_HIDDEN, "hidden"}, {BV_KIND_IPC_AMBIENT, "ambient"},
		{BV_KIND_KERNEL_SURFACE_BASELINE, "baseline"}, {BV_KIND_LAUNCH_WORKLOAD, "process"},
		{BV_KIND_CAPTURE_STREAMS, "stdout 1048576 bytes"}, {BV_KIND_TEMP_ROOT, "private"},
		{BV_KIND_EXPOSE_PATH, "2 paths"}, {BV_KIND_COMMIT_DURABLE, "durable"},
		{BV_KIND_DISCARD_ARTIFACT, "discard"}, {BV_KIND_LIST_OUTPUTS, "2 outputs"},
		{BV_KIND_KILL_BEST_EFFORT, "best-effort"}};
	struct bv_spec spec = spec_full();

	(void)state;
	assert_requirements(&spec, rows, COUNT(rows));
}

static void captures_say_which_streams(void **state)
{
	struct bv_requirement got[BV_KIND_COUNT];
	struct bv_spec spec = spec_smallest();

	(void)state;
	spec.streams[2] = (struct bv_stream){BV_STREAM_CAPTURE, NULL, 7};
	assert_int_equal(bv_requirements_of(&spec, got), 11);
	assert_int_equal(got[9].kind, BV_KIND_CAPTURE_STREAMS);
	assert_string_equal(got[9].policy, "stderr 7 bytes");
	spec.streams[1] = (struct bv_stream){BV_STREAM_CAPTURE, NULL, BV_CAPTURE_BYTES_MAX};
	assert_int_equal(bv_requirements_of(&spec, got), 11);
	assert_string_equal(got[9].policy, "stdout 1073741824 bytes, stderr 7 bytes");
}

/* For every spec: sorted, no kind twice, one kind of each family that always has one. */
static void any_spec_makes_a_sorted_set(void **state)
{
	static struct spec_pool plain, other;
	uint64_t seed = 7, seen = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct bv_requirement got[BV_KIND_COUNT];
		size_t count;

		spec_random_pair(&seed, &plain, &other);
		count = bv_requirements_of(&plain.spec, got);
		assert_true(count >= 10);
		for (size_t j = 0; j < count; j++) {
			assert_true(j == 0 || got[j - 1].kind < got[j].kind);
			assert_true(got[j].policy[0] && bv_utf8_line(bv_bytes_str(got[j].policy)));
			seen |= UINT64_C(1) << got[j].kind;
		}
	}
	/* And there is no kind that no spec asks for. */
	assert_true(seen == (UINT64_C(1) << BV_KIND_COUNT) - 1);
}

static void every_kind_has_a_field(void **state)
{
	(void)state;
	for (int i = 0; i < BV_KIND_COUNT; i++) {
		const char *field = bv_kind_field((enum bv_kind)i);
		bool control = bv_kind_nature((enum bv_kind)i) == BV_NATURE_CONTROL;

		assert_int_equal(strncmp(field, "capabilities.", 13) == 0, !control);
	}
	assert_string_equal(bv_kind_field(BV_KIND_KILL_ATOMIC), "controls.kill");
	assert_string_equal(bv_kind_field(BV_KIND_IPC_PRIVATE), "capabilities.ipc");
	assert_string_equal(bv_kind_field((enum bv_kind)99), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_spec_requires_every_capability),
		cmocka_unit_test(a_full_spec_requires_what_it_names),
		cmocka_unit_test(captures_say_which_streams),
		cmocka_unit_test(any_spec_makes_a_sorted_set),
		cmocka_unit_test(every_kind_has_a_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

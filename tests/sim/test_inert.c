/* SPDX-License-Identifier: MIT
 *
 * The inert backend refuses everything, and says of each thing what is missing and what would
 * help: over every kind, dimension and claim, and over every combination of policies.
 */
#include "unit.h"

#include <string.h>

#include "backend/inert/ops.h"
#include <bvisor/inert.h>

static void says_why(const char *missing, const char *remedy)
{
	assert_true(strlen(missing) > 10);
	assert_true(strlen(remedy) > 10);
}

static void every_kind_is_unsupported_with_a_reason(void **state)
{
	const struct bv_snapshot snapshot = {0};
	const struct bv_spec spec = {0};

	(void)state;
	for (int k = 0; k < BV_KIND_COUNT; k++) {
		enum bv_kind kind = (enum bv_kind)k;
		struct bv_verdict verdict = bv_inert_ops.support(kind);
		struct bv_answer profile, classify;

		memset(&profile, 0xff, sizeof(profile));
		memset(&classify, 0xff, sizeof(classify));
		bv_inert_ops.profile(&snapshot, kind, &profile);
		bv_inert_ops.classify(&snapshot, &spec, kind, &classify);
		assert_int_equal(verdict.enforcement, BV_UNSUPPORTED);
		assert_int_equal(verdict.evidence, 0);
		assert_int_equal(profile.verdict.enforcement, BV_UNSUPPORTED);
		assert_int_equal(profile.verdict.evidence, 0);
		assert_string_equal(profile.mechanism, "");
		assert_non_null(strstr(profile.missing, bv_kind_name(kind)));
		says_why(profile.missing, profile.remedy);
		assert_memory_equal(&profile, &classify, sizeof(profile));
	}
}

static void every_dimension_and_claim_is_unsupported_with_a_reason(void **state)
{
	const struct bv_snapshot snapshot = {0};

	(void)state;
	for (int d = 0; d < BV_DIMENSION_COUNT; d++) {
		struct bv_availability have;

		memset(&have, 0xff, sizeof(have));
		bv_inert_ops.budgets(&snapshot, NULL, (enum bv_dimension)d, &have);
		assert_int_equal(have.enforcement, BV_UNSUPPORTED);
		assert_int_equal(have.capacity, 0);
		assert_int_equal(have.evidence, 0);
		assert_string_equal(have.mechanism, "");
		assert_non_null(strstr(have.missing, bv_dimension_name((enum bv_dimension)d)));
		says_why(have.missing, have.remedy);
	}
	for (int c = 0; c < BV_EVIDENCE_COUNT; c++) {
		struct bv_observer observer;

		memset(&observer, 0xff, sizeof(observer));
		bv_inert_ops.evidence(&snapshot, NULL, (enum bv_evidence)c, &observer);
		assert_int_equal(observer.available, 0);
		assert_string_equal(observer.observer, "");
		assert_non_null(strstr(observer.missing, bv_evidence_name((enum bv_evidence)c)));
		says_why(observer.missing, observer.remedy);
	}
}

static void lowering_and_executing_are_refused(void **state)
{
	const struct bv_snapshot snapshot = {0};
	const struct bv_spec spec = {0};
	struct bv_lowering lowering;
	struct bv_error err = {0};

	(void)state;
	memset(&lowering, 0x5a, sizeof(lowering));
	assert_int_equal(bv_inert_ops.lower(&snapshot, &spec, &lowering, &err), BV_E_REFUSED);
	assert_int_equal(lowering.steps[0].primitive.version, 0x5a5a5a5a);
	assert_int_equal(bv_inert_ops.execute(NULL, NULL, NULL, NULL, &err), BV_E_REFUSED);
	assert_non_null(strstr(err.text, "bv_linux_open()"));
}

/* Digits of a number in mixed base: one combination of policies. */
static void combine(unsigned int n, struct bv_spec *spec)
{
	spec->network = (enum bv_network)(n % 3);
	spec->spawn = (enum bv_spawn)(n / 3 % 3);
	spec->host_processes = (enum bv_isolation)(n / 9 % 2);
	spec->ipc = (enum bv_isolation)(n / 18 % 2);
	spec->kernel_surface = (enum bv_isolation)(n / 36 % 2);
	spec->commit = (enum bv_commit)(n / 72 % 4);
	spec->kill = (enum bv_kill)(n / 288 % 2);
	spec->temp_root = n / 576 % 2;
	spec->discard = spec->list_outputs = n / 1152 % 2;
	spec->descriptor_count = n / 2304 % 2;
	spec->exposure_count = spec->descriptor_count;
	spec->destination_count = spec->network == BV_NETWORK_ALLOW_LIST;
	for (int d = 0; d < BV_DIMENSION_COUNT; d++)
		spec->budgets[d] = (struct bv_budget){.limit = 4096 * 1024, .waived = 1};
}
#define COMBINATIONS 4608

/* How many requirements the combination makes: one for each capability, the launch, the kill,
 * and each control it names. */
static size_t requirements_due(const struct bv_spec *spec)
{
	return 8 + 2 + (size_t)(spec->commit != BV_COMMIT_NONE) + spec->temp_root + spec->discard +
		spec->list_outputs + (size_t)(spec->exposure_count != 0);
}

static void refuse(struct bv_backend *backend, const struct bv_spec *spec)
{
	struct bv_proposal *proposal = NULL;
	struct bv_admission *admission = NULL;
	const struct bv_requirement_row *rows;
	struct bv_error err = {0};
	size_t count;

	if (bv_proposal_new(spec, &proposal, &err))
		fail_msg("%s: %s", err.place, err.text);
	assert_int_equal(bv_admit(backend, proposal, &admission, &err), 0);
	assert_null(bv_admission_plan(admission));
	rows = bv_admission_requirements(admission, &count);
	assert_int_equal(count, requirements_due(spec));
	assert_in_range(bv_admission_refusal_count(admission), count, count + BV_DIMENSION_COUNT);
	for (size_t i = 0; i < count; i++) {
		assert_false(rows[i].admitted);
		assert_int_equal(rows[i].verdict.enforcement, BV_UNSUPPORTED);
		assert_string_equal(rows[i].mechanism, "");
		says_why(rows[i].missing, rows[i].remedy);
	}
	bv_admission_free(admission);
	bv_proposal_free(proposal);
}

static void every_spec_is_refused_and_every_requirement_listed(void **state)
{
	static const struct bv_destination destination = {BV_TRANSPORT_TCP, "example.org", 443,
		443};
	static const struct bv_descriptor descriptor = {5, 5};
	static const struct bv_exposure exposure = {"/srv", "/data", BV_READ, 0};
	struct bv_spec spec = {
		.workload = {.program = "/bin/true"},
		.destinations = &destination,
		.descriptors = &descriptor,
		.exposures = &exposure,
	};
	struct bv_backend *backend = NULL;
	struct bv_error err = {0};

	(void)state;
	assert_int_equal(bv_inert_open(&backend, &err), 0);
	assert_string_equal(bv_backend_id(backend), "inert");
	for (unsigned int n = 0; n < COMBINATIONS; n++) {
		combine(n, &spec);
		refuse(backend, &spec);
	}
	bv_backend_free(backend);
}

static void its_probe_lists_every_kind_and_admits_none(void **state)
{
	struct bv_backend *backend = NULL;
	struct bv_probe *probe = NULL;
	const struct bv_requirement_row *rows;
	const struct bv_evidence_row *evidence;
	struct bv_error err = {0};
	size_t count;

	(void)state;
	assert_int_equal(bv_inert_open(&backend, &err), 0);
	assert_int_equal(bv_probe_new(backend, &probe, &err), 0);
	rows = bv_probe_requirements(probe, &count);
	assert_int_equal(count, BV_KIND_COUNT);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rows[i].kind, i);
		assert_false(rows[i].admitted);
	}
	evidence = bv_probe_evidence(probe, &count);
	assert_int_equal(count, BV_EVIDENCE_COUNT);
	for (size_t i = 0; i < count; i++)
		assert_false(evidence[i].admitted);
	bv_probe_free(probe);
	bv_backend_free(backend);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_unsupported_with_a_reason),
		cmocka_unit_test(every_dimension_and_claim_is_unsupported_with_a_reason),
		cmocka_unit_test(lowering_and_executing_are_refused),
		cmocka_unit_test(every_spec_is_refused_and_every_requirement_listed),
		cmocka_unit_test(its_probe_lists_every_kind_and_admits_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

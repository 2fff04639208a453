/* SPDX-License-Identifier: MIT
 *
 * What a valid spec becomes: the normal form, its bytes, and that specs that mean the same have
 * the same bytes and others do not.
 */
#include "../base/unit.h"
#include "../base/faulty.h"
#include "specs.h"

#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAIRS 3000

static struct bv_proposal *made(const struct bv_spec *spec)
{
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};

	if (bv_proposal_new(spec, &proposal, &err))
		fail_msg("%s: %s", err.place, err.text);
	return proposal;
}

static void assert_json(const struct bv_proposal *proposal, const char *expected)
{
	size_t len = 0;
	const char *json = bv_proposal_json(proposal, &len);

	if (len != strlen(expected) || memcmp(json, expected, len) != 0)
		fail_msg("%.*s\nis not\n%s", (int)len, json, expected);
}

static void silence_denies(void **state)
{
	struct bv_spec spec = spec_smallest();
	struct bv_proposal *proposal = made(&spec);

	(void)state;
	assert_json(proposal,
		"{\"budgets\":{\"cpu\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_us\":0},"
		"\"handles\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_count\":0},"
		"\"memory\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_bytes\":0},"
		"\"network\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_bytes\":0},"
		"\"storage\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_bytes\":0},"
		"\"tasks\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_count\":0},"
		"\"wall\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_us\":0}},"
		"\"capabilities\":{\"descriptors\":[],\"environment\":[],\"filesystem\":[],"
		"\"host_processes\":\"hidden\",\"ipc\":\"private\",\"kernel_surface\":\"baseline\","
		"\"network\":{\"policy\":\"deny-all\"},\"spawn\":\"deny-new-tasks\"},"
		"\"controls\":{\"commit_artifact\":\"none\",\"discard_artifact\":false,"
		"\"expose_path\":[],\"kill\":\"atomic\",\"list_outputs\":false,\"outputs\":[],"
		"\"temp_root\":false}"
		","
		"\"evidence\":[],\"spec\":1,\"streams\":{\"stderr\":{\"mode\":\"null\"},"
		"\"stdin\":{\"mode\":\"null\"},\"stdout\":{\"mode\":\"null\"}},"
		"\"workload\":{\"arguments\":[],\"directory\":\"/\",\"kind\":\"process\","
		"\"name\":\"/bin/true\",\"program\":\"/bin/true\"}}");
	bv_proposal_free(proposal);
}

static void every_part_is_written(void **state)
{
	struct bv_spec spec = spec_full();
	struct bv_proposal *proposal = made(&spec);

	(void)state;
	assert_json(proposal,
		"{\"budgets\":{\"cpu\":{\"evidence\":[],\"guarantee\":\"none\",\"limit_us\":"
		"60000000},"
		"\"handles\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_count\":1024},"
		"\"memory\":{\"evidence\":[],\"guarantee\":\"enforced\",\"limit_bytes\":1073741824}"
		","
		"\"network\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_bytes\":0},"
		"\"storage\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_bytes\":0},"
		"\"tasks\":{\"evidence\":[\"resource-usage\"],\"guarantee\":\"mediated\","
		"\"limit_count\":256},"
		"\"wall\":{\"evidence\":[],\"guarantee\":\"mediated\",\"limit_us\":60000000}},"
		"\"capabilities\":{\"descriptors\":[{\"source\":0,\"target\":3},"
		"{\"source\":7,\"target\":4}],"
		"\"environment\":[{\"name\":\"EMPTY\",\"value\":\"\"},"
		"{\"name\":\"PATH\",\"value\":\"/usr/bin\"},"
		"{\"name\":\"TOKEN\",\"secret\":\"vault:token\"}],"
		"\"filesystem\":[{\"access\":[\"read\"],\"path\":\"/etc\"},"
		"{\"access\":[\"read\",\"write\"],\"path\":\"/tmp/work\"},"
		"{\"access\":[\"execute\",\"read\"],\"path\":\"/usr\"}],"
		"\"host_processes\":\"hidden\",\"ipc\":\"ambient\",\"kernel_surface\":\"baseline\","
		"\"network\":{\"destinations\":[{\"host\":\"192.0.2.0/24\",\"ports\":[0,65535],"
		"\"transport\":\"udp\"},{\"host\":\"2001:db8::1\",\"ports\":[80,90],"
		"\"transport\":\"tcp\"},{\"host\":\"example.org\",\"ports\":[443,443],"
		"\"transport\":\"tcp\"}],\"policy\":\"allow-list\"},\"spawn\":\"allow-"
		"descendants\"},"
		"\"controls\":{\"commit_artifact\":\"durable\",\"discard_artifact\":true,"
		"\"expose_path\":[{\"access\":[\"read\",\"write\"],\"destination\":"
		"\"/data/tree\",\"overlay\":true,\"source\":\"/srv/tree\"},"
		"{\"access\":[\"read\"],\"destination\":\"/in\",\"overlay\":false,"
		"\"source\":\"/srv/in\"}],\"kill\":\"best-effort\",\"list_outputs\":true,"
		"\"outputs\":[{\"name\":\"log.d\",\"path\":null},"
		"{\"name\":\"out\",\"path\":\"/data/out\"}],"
		"\"temp_path\":\"/"
		"tmp\",\"temp_root\":true},\"evidence\":[\"denied-attempts\",\"terminal-outcome\"],"
		"\"spec\":1,\"streams\":{\"stderr\":{\"mode\":\"inherit\"},"
		"\"stdin\":{\"mode\":\"file\",\"path\":\"/dev/zero\"},"
		"\"stdout\":{\"limit_bytes\":1048576,\"mode\":\"capture\"}},"
		"\"workload\":{\"arguments\":[\"-c\",\"print(\\\"\xc3\xa9\\\")\",\"\"],"
		"\"directory\":\"/tmp\",\"kind\":\"process\",\"name\":\"python\","
		"\"program\":\"/usr/bin/python3\"}}");
	bv_proposal_free(proposal);
}

static void paths_have_one_spelling(void **state)
{
	static const char *const rows[][2] = {{"/", "/"}, {"//", "/"}, {"/.", "/"}, {"/./.", "/"},
		{"/a/", "/a"}, {"//a///b//", "/a/b"}, {"/./a/./b/.", "/a/b"}, {"/...", "/..."},
		{"/.a", "/.a"}, {"/a./.b", "/a./.b"}, {"/a..", "/a.."}, {"/..a", "/..a"}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bv_spec spec = spec_smallest();
		struct bv_proposal *proposal;

		spec.workload.directory = rows[i][0];
		proposal = made(&spec);
		assert_string_equal(bv_proposal_spec(proposal)->workload.directory, rows[i][1]);
		bv_proposal_free(proposal);
	}
}

/* Joined if they touch, kept apart if not, never across hosts or transports. */
static void port_ranges_that_touch_are_joined(void **state)
{
	static const struct bv_destination list[] = {{BV_TRANSPORT_TCP, "a", 10, 20},
		{BV_TRANSPORT_TCP, "a", 21, 21}, {BV_TRANSPORT_TCP, "a", 12, 13},
		{BV_TRANSPORT_TCP, "a", 23, 30}, {BV_TRANSPORT_UDP, "a", 22, 22},
		{BV_TRANSPORT_TCP, "b", 22, 22}, {BV_TRANSPORT_TCP, "a", 65535, 65535},
		{BV_TRANSPORT_TCP, "a", 65535, 65535}};
	static const struct bv_destination expected[] = {{BV_TRANSPORT_TCP, "a", 10, 21},
		{BV_TRANSPORT_TCP, "a", 23, 30}, {BV_TRANSPORT_TCP, "a", 65535, 65535},
		{BV_TRANSPORT_UDP, "a", 22, 22}, {BV_TRANSPORT_TCP, "b", 22, 22}};
	struct bv_spec spec = spec_smallest();
	struct bv_proposal *proposal;

	(void)state;
	spec.network = BV_NETWORK_ALLOW_LIST;
	spec.destinations = list;
	spec.destination_count = COUNT(list);
	proposal = made(&spec);
	assert_int_equal(bv_proposal_spec(proposal)->destination_count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct bv_destination *got = &bv_proposal_spec(proposal)->destinations[i];

		assert_string_equal(got->host, expected[i].host);
		assert_int_equal(got->transport, expected[i].transport);
		assert_int_equal(got->port_first, expected[i].port_first);
		assert_int_equal(got->port_last, expected[i].port_last);
	}
	bv_proposal_free(proposal);
}

/* Everything is copied: the caller's memory may go. */
static void a_proposal_owns_what_it_holds(void **state)
{
	static struct spec_pool plain, other;
	uint64_t seed = 42;
	struct bv_proposal *proposal;
	const struct bv_spec *spec;

	(void)state;
	do {
		spec_random_pair(&seed, &plain, &other);
	} while (!plain.spec.grant_count || !plain.spec.variable_count);
	proposal = made(&plain.spec);
	spec = bv_proposal_spec(proposal);
	assert_ptr_not_equal(spec->grants, plain.grants);
	assert_ptr_not_equal(spec->grants[0].path, plain.grants[0].path);
	assert_ptr_not_equal(spec->workload.program, plain.spec.workload.program);
	memset(&plain, 0xff, sizeof(plain));
	assert_string_equal(spec->workload.program, "/opt/app/run");
	assert_int_equal(spec->variables[0].name[0], 'V');
	bv_proposal_free(proposal);
	assert_null(bv_proposal_free(NULL));
}

static void assert_same_bytes(const struct bv_proposal *a, const struct bv_proposal *b)
{
	size_t a_len = 0, b_len = 0;
	const char *a_json = bv_proposal_json(a, &a_len), *b_json = bv_proposal_json(b, &b_len);

	if (a_len != b_len || memcmp(a_json, b_json, a_len) != 0)
		fail_msg("%.*s\nis not\n%.*s", (int)a_len, a_json, (int)b_len, b_json);
}

static void equal_meaning_gives_equal_bytes(void **state)
{
	static struct spec_pool plain, other;
	uint64_t seed = 20240229;

	(void)state;
	for (int i = 0; i < PAIRS; i++) {
		struct bv_proposal *a, *b, *again;

		spec_random_pair(&seed, &plain, &other);
		a = made(&plain.spec);
		b = made(&other.spec);
		again = made(bv_proposal_spec(b));
		assert_same_bytes(a, b);
		assert_same_bytes(a, again);
		bv_proposal_free(a);
		bv_proposal_free(b);
		bv_proposal_free(again);
	}
}

#define VARY(name, change) \
	static void name(struct bv_spec *spec) \
	{ \
		change; \
	}
VARY(as_it_is, (void)spec)
VARY(kind, spec->workload.kind = BV_WORKLOAD_WASM)
VARY(program, spec->workload.program = "/usr/bin/python")
VARY(name, spec->workload.name = NULL)
VARY(fewer_arguments, spec->workload.argument_count = 2)
VARY(no_arguments, spec->workload.argument_count = 0)
VARY(directory, spec->workload.directory = NULL)
VARY(fewer_grants, spec->grant_count = 2)
VARY(ambient_network, spec->network = BV_NETWORK_AMBIENT; spec->destination_count = 0)
VARY(no_network, spec->network = BV_NETWORK_DENY_ALL; spec->destination_count = 0)
VARY(fewer_destinations, spec->destination_count = 2)
VARY(threads, spec->spawn = BV_SPAWN_ALLOW_THREADS)
VARY(no_tasks, spec->spawn = BV_SPAWN_DENY_NEW_TASKS)
VARY(fewer_variables, spec->variable_count = 2)
VARY(fewer_descriptors, spec->descriptor_count = 1)
VARY(processes, spec->host_processes = BV_AMBIENT)
VARY(ipc, spec->ipc = BV_ISOLATED)
VARY(surface, spec->kernel_surface = BV_AMBIENT)
VARY(stdin_null, spec->streams[0] = (struct bv_stream){0})
VARY(stdin_path, spec->streams[0].path = "/dev/null")
VARY(stdout_null, spec->streams[1] = (struct bv_stream){0})
VARY(stdout_limit, spec->streams[1].limit_bytes--)
VARY(stderr_null, spec->streams[2] = (struct bv_stream){0})
VARY(temp_root, spec->temp_root = 0)
VARY(temp_path, spec->temp_path = "/var/tmp")
VARY(fewer_exposures, spec->exposure_count = 1)
VARY(fewer_outputs, spec->output_count = 1)
VARY(no_outputs, spec->output_count = 0)
VARY(unlisted, spec->output_count = 0; spec->list_outputs = 0)
VARY(commit_none, spec->commit = BV_COMMIT_NONE)
VARY(commit_atomic, spec->commit = BV_COMMIT_ATOMIC)
VARY(commit_best, spec->commit = BV_COMMIT_BEST_EFFORT)
VARY(discard, spec->discard = 0)
VARY(kill_atomic, spec->kill = BV_KILL_ATOMIC)
VARY(wall, spec->budgets[BV_WALL].limit++)
VARY(cpu, spec->budgets[BV_CPU].limit++)
VARY(storage, spec->budgets[BV_STORAGE].limit++)
VARY(network_bytes, spec->budgets[BV_NETWORK].limit++)
VARY(guarantee, spec->budgets[BV_WALL].guarantee = BV_ENFORCED)
VARY(waiver, spec->budgets[BV_WALL].waived = 1)
VARY(budget_evidence, spec->budgets[BV_WALL].evidence = 1)
VARY(evidence, spec->evidence ^= 1)

/* Each differs from the full spec in one thing, so no two may have the same bytes. */
static void other_meaning_gives_other_bytes(void **state)
{
	static void (*const vary[])(struct bv_spec * spec) = {as_it_is, kind, program, name,
		fewer_arguments, no_arguments, directory, fewer_grants, ambient_network, no_network,
		fewer_destinations, threads, no_tasks, fewer_variables, fewer_descriptors,
		processes, ipc, surface, stdin_null, stdin_path, stdout_null, stdout_limit,
		stderr_null, temp_root, temp_path, fewer_exposures, fewer_outputs, no_outputs,
		unlisted, commit_none, commit_atomic, commit_best, discard, kill_atomic, wall, cpu,
		storage, network_bytes, guarantee, waiver, budget_evidence, evidence};
	struct bv_proposal *all[COUNT(vary)];

	(void)state;
	for (size_t i = 0; i < COUNT(vary); i++) {
		struct bv_spec spec = spec_full();
		size_t len = 0;
		const char *json;

		vary[i](&spec);
		all[i] = made(&spec);
		json = bv_proposal_json(all[i], &len);
		for (size_t j = 0; j < i; j++) {
			size_t other_len = 0;
			const char *other = bv_proposal_json(all[j], &other_len);

			if (len == other_len && memcmp(json, other, len) == 0)
				fail_msg("variations %zu and %zu have the same bytes", i, j);
		}
	}
	for (size_t i = 0; i < COUNT(vary); i++)
		bv_proposal_free(all[i]);
}

static void defaults_are_those_of_the_table(void **state)
{
	struct bv_budget budgets[BV_DIMENSION_COUNT];

	(void)state;
	memset(budgets, 0xff, sizeof(budgets));
	bv_budgets_default(budgets);
#define BV_DIMENSION(name, number, text, unit, default_limit, meaning) \
	assert_true(budgets[name].limit == (default_limit)); \
	assert_int_equal(budgets[name].guarantee, BV_MEDIATED); \
	assert_int_equal(budgets[name].evidence, 0);
#include <bvisor/dimensions.def>
#undef BV_DIMENSION
	assert_true(budgets[BV_WALL].limit == 60000000);
	assert_true(budgets[BV_NETWORK].limit == 0);
}

static void a_budget_is_waived_by_name_only(void **state)
{
	struct bv_spec spec = {.workload.program = "/bin/true"};
	struct bv_proposal *silent, *named;

	(void)state;
	silent = made(&spec);
	for (int i = 0; i < BV_DIMENSION_COUNT; i++)
		spec.budgets[i].waived = 1;
	named = made(&spec);
	for (int i = 0; i < BV_DIMENSION_COUNT; i++) {
		assert_int_equal(bv_proposal_spec(silent)->budgets[i].guarantee, BV_MEDIATED);
		assert_int_equal(bv_proposal_spec(named)->budgets[i].guarantee, BV_UNSUPPORTED);
	}
	bv_proposal_free(silent);
	bv_proposal_free(named);
}

static void every_failing_allocation_is_reported(void **state)
{
	struct bv_spec spec = spec_full();
	struct bv_proposal *whole = made(&spec);
	long n = 0;

	(void)state;
	for (bool done = false; !done; n++) {
		struct bv_proposal *proposal = NULL;
		struct bv_error err = {0};
		int code;

		faulty_arm(n);
		code = bv_proposal_new(&spec, &proposal, &err);
		done = faulty_disarm() <= n;
		if (done) {
			assert_int_equal(code, 0);
			assert_same_bytes(proposal, whole);
			bv_proposal_free(proposal);
			continue;
		}
		assert_int_equal(code, BV_E_NO_MEMORY);
		assert_int_equal(err.code, code);
		assert_true(err.place[0] && err.text[0]);
		assert_null(proposal);
	}
	assert_true(n > 4);
	bv_proposal_free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_denies),
		cmocka_unit_test(every_part_is_written),
		cmocka_unit_test(paths_have_one_spelling),
		cmocka_unit_test(port_ranges_that_touch_are_joined),
		cmocka_unit_test(a_proposal_owns_what_it_holds),
		cmocka_unit_test(equal_meaning_gives_equal_bytes),
		cmocka_unit_test(other_meaning_gives_other_bytes),
		cmocka_unit_test(defaults_are_those_of_the_table),
		cmocka_unit_test(a_budget_is_waived_by_name_only),
		cmocka_unit_test(every_failing_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

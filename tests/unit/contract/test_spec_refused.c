/* SPDX-License-Identifier: MIT
 *
 * What a spec is refused for: the code, the place, and that nothing else is touched. Each row
 * spoils a valid spec in one way.
 */
#include "../base/unit.h"
#include "specs.h"

#include <stdbool.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct spoiling {
	const char *title;
	int code;
	const char *place;
	void (*spoil)(struct bv_spec *spec);
};

/* Memory for rows that need more than a constant; filled once, in main. */
static char long_text[2 * 1024 * 1024];
static const char *many_texts[BV_ARGUMENTS_MAX + 1];
static struct bv_grant many_grants[BV_GRANTS_MAX + 1];
static struct bv_destination many_destinations[BV_DESTINATIONS_MAX + 1];
static struct bv_variable many_variables[BV_VARIABLES_MAX + 1];
static struct bv_descriptor many_descriptors[BV_DESCRIPTORS_MAX + 1];
static struct bv_exposure many_exposures[BV_EXPOSURES_MAX + 1];
static struct bv_output many_outputs[BV_OUTPUTS_MAX + 1];

#define SPOIL(name, ...) \
	static void name(struct bv_spec *spec) \
	{ \
		__VA_ARGS__; \
	}
#define LIST(name, type, list, number, ...) \
	SPOIL(name, static const struct type entries[] = {__VA_ARGS__}; spec->list = entries; \
		spec->number = COUNT(entries))
#define GRANTS(name, ...) LIST(name, bv_grant, grants, grant_count, __VA_ARGS__)
#define DESTINATIONS(name, ...) \
	LIST(name, bv_destination, destinations, destination_count, __VA_ARGS__)
#define VARIABLES(name, ...) LIST(name, bv_variable, variables, variable_count, __VA_ARGS__)
#define DESCRIPTORS(name, ...) LIST(name, bv_descriptor, descriptors, descriptor_count, __VA_ARGS__)
#define OUTPUTS(name, ...) LIST(name, bv_output, outputs, output_count, __VA_ARGS__)
#define EXPOSURES(name, ...) LIST(name, bv_exposure, exposures, exposure_count, __VA_ARGS__)

SPOIL(kind, spec->workload.kind = (enum bv_workload_kind)2)
SPOIL(kind_huge, spec->workload.kind = (enum bv_workload_kind)INT32_MIN)
SPOIL(program_none, spec->workload.program = NULL)
SPOIL(program_empty, spec->workload.program = "")
SPOIL(program_relative, spec->workload.program = "bin/true")
SPOIL(program_root, spec->workload.program = "//.")
SPOIL(program_up, spec->workload.program = "/usr/../bin/true")
SPOIL(program_up_last, spec->workload.program = "/usr/..")
SPOIL(program_bytes, spec->workload.program = "/\xff")
SPOIL(program_long, spec->workload.program = long_text + sizeof(long_text) - 4097)
SPOIL(name_empty, spec->workload.name = "")
SPOIL(name_bytes, spec->workload.name = "a\xc0\xaf")
SPOIL(name_long, spec->workload.name = long_text + sizeof(long_text) - 131073)
SPOIL(arguments_null, spec->workload.arguments = NULL)
SPOIL(arguments_many, spec->workload.arguments = many_texts;
	spec->workload.argument_count = BV_ARGUMENTS_MAX + 1)
SPOIL(argument_null, static const char *const list[] = {"a", NULL}; spec->workload.arguments = list;
	spec->workload.argument_count = 2)
SPOIL(argument_bytes, static const char *const list[] = {"a", "b", "\xed\xa0\x80"};
	spec->workload.arguments = list; spec->workload.argument_count = 3)
SPOIL(argument_long, static const char *list[1]; list[0] = long_text + sizeof(long_text) - 131073;
	spec->workload.arguments = list; spec->workload.argument_count = 1)
SPOIL(arguments_long, static const char *list[9];
	for (size_t i = 0; i < 9; i++) list[i] = long_text + sizeof(long_text) - 131072;
	spec->workload.arguments = list; spec->workload.argument_count = 9)
SPOIL(directory_relative, spec->workload.directory = ".")

SPOIL(grants_null, spec->grants = NULL)
SPOIL(grants_many, spec->grants = many_grants; spec->grant_count = BV_GRANTS_MAX + 1)
SPOIL(grants_huge, spec->grant_count = SIZE_MAX)
GRANTS(grant_path_null, {"/a", 1}, {NULL, 1})
GRANTS(grant_relative, {"/a", 1}, {"/b", 1}, {"c", 1})
GRANTS(grant_up, {"/a/../../b", 1})
GRANTS(grant_access_none, {"/a", 1}, {"/b", 1}, {"/c", 0})
GRANTS(grant_access_unknown, {"/a", 8})
GRANTS(grant_access_mixed, {"/a", UINT32_C(0x80000001)})

SPOIL(network, spec->network = (enum bv_network)3)
SPOIL(allow_list_empty, spec->destination_count = 0)
SPOIL(destinations_denied, spec->network = BV_NETWORK_DENY_ALL)
SPOIL(destinations_ambient, spec->network = BV_NETWORK_AMBIENT)
SPOIL(destinations_null, spec->destinations = NULL)
SPOIL(destinations_many, spec->destinations = many_destinations;
	spec->destination_count = BV_DESTINATIONS_MAX + 1)
DESTINATIONS(host_null, {BV_TRANSPORT_TCP, NULL, 1, 2})
DESTINATIONS(host_bad, {BV_TRANSPORT_TCP, "a", 1, 2}, {BV_TRANSPORT_TCP, "127.1", 1, 2})
DESTINATIONS(host_bits, {BV_TRANSPORT_TCP, "10.0.0.1/8", 1, 2})
DESTINATIONS(ports_order, {BV_TRANSPORT_TCP, "a", 2, 1})
DESTINATIONS(transport, {(enum bv_transport)2, "a", 1, 1})

SPOIL(spawn, spec->spawn = (enum bv_spawn)3)
SPOIL(processes, spec->host_processes = (enum bv_isolation)2)
SPOIL(ipc, spec->ipc = (enum bv_isolation)2)
SPOIL(surface, spec->kernel_surface = (enum bv_isolation) - 1)

SPOIL(variables_null, spec->variables = NULL)
SPOIL(variables_many, spec->variables = many_variables; spec->variable_count = BV_VARIABLES_MAX + 1)
VARIABLES(variable_nameless, {NULL, "x", NULL})
VARIABLES(variable_empty_name, {"A", "x", NULL}, {"", "x", NULL})
VARIABLES(variable_equals, {"A=B", "x", NULL})
VARIABLES(variable_name_bytes, {"A\x80", "x", NULL})
VARIABLES(variable_twice, {"A", "x", NULL}, {"B", "x", NULL}, {"A", "x", NULL})
VARIABLES(variable_twice_secret, {"A", "x", NULL}, {"A", NULL, "x"})
VARIABLES(variable_both, {"A", "x", "y"})
VARIABLES(variable_neither, {"A", "x", NULL}, {"B", NULL, NULL})
VARIABLES(variable_value_bytes, {"A", "\xff", NULL})
VARIABLES(variable_secret_bytes, {"A", NULL, "\xff"})
VARIABLES(variable_secret_empty, {"A", NULL, ""})
SPOIL(environment_long, static struct bv_variable list[2];
	list[0] = (struct bv_variable){"A", long_text + sizeof(long_text) - 65536, NULL};
	list[1] = (struct bv_variable){"BC", NULL, long_text + sizeof(long_text) - 65533};
	spec->variables = list; spec->variable_count = 2)
SPOIL(environment_huge, static struct bv_variable list[BV_VARIABLES_MAX];
	for (size_t i = 0; i < COUNT(list); i++)
		list[i] = (struct bv_variable){"A", long_text, NULL};
	spec->variables = list; spec->variable_count = COUNT(list))

SPOIL(descriptors_null, spec->descriptors = NULL)
SPOIL(descriptors_many, spec->descriptors = many_descriptors;
	spec->descriptor_count = BV_DESCRIPTORS_MAX + 1)
DESCRIPTORS(descriptor_source, {65536, 3})
DESCRIPTORS(descriptor_target, {3, 65536})
DESCRIPTORS(descriptor_low, {3, 3}, {3, 2})
DESCRIPTORS(descriptor_twice, {3, 5}, {3, 4}, {4, 5})

SPOIL(stream_mode, spec->streams[2].mode = (enum bv_stream_mode)4)
SPOIL(stdin_captured, spec->streams[0] = (struct bv_stream){BV_STREAM_CAPTURE, NULL, 1})
SPOIL(capture_nothing, spec->streams[1].limit_bytes = 0)
SPOIL(capture_much, spec->streams[1].limit_bytes = BV_CAPTURE_BYTES_MAX + UINT64_C(1))
SPOIL(capture_path, spec->streams[1].path = "/x")
SPOIL(null_limit, spec->streams[2] = (struct bv_stream){BV_STREAM_NULL, NULL, 1})
SPOIL(inherit_path, spec->streams[2] = (struct bv_stream){BV_STREAM_INHERIT, "/x", 0})
SPOIL(file_limit, spec->streams[0].limit_bytes = 1)
SPOIL(file_pathless, spec->streams[0].path = NULL)
SPOIL(file_relative, spec->streams[0].path = "x")
SPOIL(file_root, spec->streams[0].path = "/./")

SPOIL(exposures_null, spec->exposures = NULL)
SPOIL(exposures_many, spec->exposures = many_exposures; spec->exposure_count = BV_EXPOSURES_MAX + 1)
EXPOSURES(exposure_source, {"a", "/b", BV_READ, 0})
EXPOSURES(exposure_destination, {"/a", NULL, BV_READ, 0})
EXPOSURES(exposure_twice, {"/a", "/b", BV_READ, 0}, {"/c", "//b/", BV_READ, 0})
EXPOSURES(exposure_access, {"/a", "/b", 8, 0})
EXPOSURES(exposure_access_none, {"/a", "/b", 0, 0})
EXPOSURES(exposure_root, {"/a", "/", BV_READ, 0})
EXPOSURES(exposure_beneath, {"/a", "/b", BV_READ, 0}, {"/a", "/bc", BV_READ, 0},
	{"/a", "/b/c", BV_READ, 0})
EXPOSURES(exposure_above, {"/a", "/b/c", BV_READ, 0}, {"/a", "/b", BV_READ, 0})
EXPOSURES(exposure_overlay, {"/a", "/b", BV_READ | BV_WRITE, 2})
EXPOSURES(exposure_overlay_read, {"/a", "/b", BV_READ, 1})
EXPOSURES(exposure_granted, {"/a", "/etc", BV_READ, 0})
SPOIL(temp_path_alone, spec->temp_root = 0; spec->temp_path = "/t")
SPOIL(temp_path_relative, spec->temp_path = "t")
SPOIL(temp_path_root, spec->temp_path = "/./")
SPOIL(temp_path_granted, spec->temp_path = "/usr/")
SPOIL(temp_path_exposed, spec->temp_path = "/data/tree/x")
SPOIL(outputs_null, spec->outputs = NULL)
SPOIL(outputs_many, spec->outputs = many_outputs; spec->output_count = BV_OUTPUTS_MAX + 1)
OUTPUTS(output_name_empty, {"", NULL})
OUTPUTS(output_name_upper, {"Out", NULL})
OUTPUTS(output_name_dots, {"..", NULL})
OUTPUTS(output_name_dash, {"-o", NULL})
OUTPUTS(output_name_slash, {"a/b", NULL})
OUTPUTS(output_name_long,
	{"a2345678901234567890123456789012345678901234567890123456789012345", NULL})
OUTPUTS(output_name_twice, {NULL, NULL}, {"out", "/x"})
OUTPUTS(output_path, {"a", "b"})
OUTPUTS(output_path_root, {"a", "/"})
OUTPUTS(output_path_twice, {"a", "/x"}, {"b", "/x/"})
OUTPUTS(output_path_temp, {"a", "/tmp/x"})
OUTPUTS(output_path_exposed, {"a", "/data"})
OUTPUTS(output_path_granted, {"a", "/etc"})
VARIABLES(variable_out, {"BVISOR_OUT", "x", NULL})
SPOIL(temp_root, spec->temp_root = 2)
SPOIL(discard, spec->discard = 255)
SPOIL(list_outputs, spec->list_outputs = 3)
SPOIL(commit, spec->commit = (enum bv_commit)4)
SPOIL(kill_mode, spec->kill = (enum bv_kill)2)

SPOIL(limit, spec->budgets[BV_MEMORY].limit = UINT64_C(1) << 53)
SPOIL(limit_max, spec->budgets[BV_WALL].limit = UINT64_MAX)
SPOIL(guarantee, spec->budgets[BV_TASKS].guarantee = (enum bv_enforcement)3)
SPOIL(budget_evidence, spec->budgets[BV_CPU].evidence = BV_EVIDENCE_ALL + 1)
SPOIL(evidence, spec->evidence = UINT32_MAX)

#define ROW(name, code, place) \
	{ \
#name, code, place, name \
	}
static const struct spoiling spoilings[] = {
	ROW(kind, BV_E_INVALID, "workload.kind"),
	ROW(kind_huge, BV_E_INVALID, "workload.kind"),
	ROW(program_none, BV_E_MISSING, "workload.program"),
	ROW(program_empty, BV_E_INVALID, "workload.program"),
	ROW(program_relative, BV_E_INVALID, "workload.program"),
	ROW(program_root, BV_E_INVALID, "workload.program"),
	ROW(program_up, BV_E_INVALID, "workload.program"),
	ROW(program_up_last, BV_E_INVALID, "workload.program"),
	ROW(program_bytes, BV_E_ENCODING, "workload.program"),
	ROW(program_long, BV_E_LIMIT, "workload.program"),
	ROW(name_empty, BV_E_INVALID, "workload.name"),
	ROW(name_bytes, BV_E_ENCODING, "workload.name"),
	ROW(name_long, BV_E_LIMIT, "workload.name"),
	ROW(arguments_null, BV_E_MISSING, "workload.arguments"),
	ROW(arguments_many, BV_E_LIMIT, "workload.arguments"),
	ROW(argument_null, BV_E_MISSING, "workload.arguments[1]"),
	ROW(argument_bytes, BV_E_ENCODING, "workload.arguments[2]"),
	ROW(argument_long, BV_E_LIMIT, "workload.arguments[0]"),
	ROW(arguments_long, BV_E_LIMIT, "workload.arguments[8]"),
	ROW(directory_relative, BV_E_INVALID, "workload.directory"),
	ROW(grants_null, BV_E_MISSING, "capabilities.filesystem"),
	ROW(grants_many, BV_E_LIMIT, "capabilities.filesystem"),
	ROW(grants_huge, BV_E_LIMIT, "capabilities.filesystem"),
	ROW(grant_path_null, BV_E_MISSING, "capabilities.filesystem[1].path"),
	ROW(grant_relative, BV_E_INVALID, "capabilities.filesystem[2].path"),
	ROW(grant_up, BV_E_INVALID, "capabilities.filesystem[0].path"),
	ROW(grant_access_none, BV_E_INVALID, "capabilities.filesystem[2].access"),
	ROW(grant_access_unknown, BV_E_INVALID, "capabilities.filesystem[0].access"),
	ROW(grant_access_mixed, BV_E_INVALID, "capabilities.filesystem[0].access"),
	ROW(network, BV_E_INVALID, "capabilities.network.policy"),
	ROW(allow_list_empty, BV_E_MISSING, "capabilities.network.destinations"),
	ROW(destinations_denied, BV_E_INVALID, "capabilities.network.destinations"),
	ROW(destinations_ambient, BV_E_INVALID, "capabilities.network.destinations"),
	ROW(destinations_null, BV_E_MISSING, "capabilities.network.destinations"),
	ROW(destinations_many, BV_E_LIMIT, "capabilities.network.destinations"),
	ROW(host_null, BV_E_MISSING, "capabilities.network.destinations[0].host"),
	ROW(host_bad, BV_E_INVALID, "capabilities.network.destinations[1].host"),
	ROW(host_bits, BV_E_INVALID, "capabilities.network.destinations[0].host"),
	ROW(ports_order, BV_E_INVALID, "capabilities.network.destinations[0].ports"),
	ROW(transport, BV_E_INVALID, "capabilities.network.destinations[0].transport"),
	ROW(spawn, BV_E_INVALID, "capabilities.spawn"),
	ROW(processes, BV_E_INVALID, "capabilities.host_processes"),
	ROW(ipc, BV_E_INVALID, "capabilities.ipc"),
	ROW(surface, BV_E_INVALID, "capabilities.kernel_surface"),
	ROW(variables_null, BV_E_MISSING, "capabilities.environment"),
	ROW(variables_many, BV_E_LIMIT, "capabilities.environment"),
	ROW(variable_nameless, BV_E_MISSING, "capabilities.environment[0].name"),
	ROW(variable_empty_name, BV_E_INVALID, "capabilities.environment[1].name"),
	ROW(variable_equals, BV_E_INVALID, "capabilities.environment[0].name"),
	ROW(variable_name_bytes, BV_E_ENCODING, "capabilities.environment[0].name"),
	ROW(variable_twice, BV_E_DUPLICATE, "capabilities.environment[2].name"),
	ROW(variable_twice_secret, BV_E_DUPLICATE, "capabilities.environment[1].name"),
	ROW(variable_both, BV_E_INVALID, "capabilities.environment[0].value"),
	ROW(variable_neither, BV_E_MISSING, "capabilities.environment[1]"),
	ROW(variable_value_bytes, BV_E_ENCODING, "capabilities.environment[0].value"),
	ROW(variable_secret_bytes, BV_E_ENCODING, "capabilities.environment[0].secret"),
	ROW(variable_secret_empty, BV_E_INVALID, "capabilities.environment[0].secret"),
	ROW(environment_long, BV_E_LIMIT, "capabilities.environment"),
	ROW(environment_huge, BV_E_LIMIT, "capabilities.environment"),
	ROW(descriptors_null, BV_E_MISSING, "capabilities.descriptors"),
	ROW(descriptors_many, BV_E_LIMIT, "capabilities.descriptors"),
	ROW(descriptor_source, BV_E_LIMIT, "capabilities.descriptors[0].source"),
	ROW(descriptor_target, BV_E_LIMIT, "capabilities.descriptors[0].target"),
	ROW(descriptor_low, BV_E_INVALID, "capabilities.descriptors[1].target"),
	ROW(descriptor_twice, BV_E_DUPLICATE, "capabilities.descriptors[2].target"),
	ROW(stream_mode, BV_E_INVALID, "streams.stderr.mode"),
	ROW(stdin_captured, BV_E_INVALID, "streams.stdin.mode"),
	ROW(capture_nothing, BV_E_INVALID, "streams.stdout.limit_bytes"),
	ROW(capture_much, BV_E_LIMIT, "streams.stdout.limit_bytes"),
	ROW(capture_path, BV_E_INVALID, "streams.stdout.path"),
	ROW(null_limit, BV_E_INVALID, "streams.stderr.limit_bytes"),
	ROW(inherit_path, BV_E_INVALID, "streams.stderr.path"),
	ROW(file_limit, BV_E_INVALID, "streams.stdin.limit_bytes"),
	ROW(file_pathless, BV_E_MISSING, "streams.stdin.path"),
	ROW(file_relative, BV_E_INVALID, "streams.stdin.path"),
	ROW(file_root, BV_E_INVALID, "streams.stdin.path"),
	ROW(exposures_null, BV_E_MISSING, "controls.expose_path"),
	ROW(exposures_many, BV_E_LIMIT, "controls.expose_path"),
	ROW(exposure_source, BV_E_INVALID, "controls.expose_path[0].source"),
	ROW(exposure_destination, BV_E_MISSING, "controls.expose_path[0].destination"),
	ROW(exposure_twice, BV_E_DUPLICATE, "controls.expose_path[1].destination"),
	ROW(exposure_access, BV_E_INVALID, "controls.expose_path[0].access"),
	ROW(exposure_access_none, BV_E_INVALID, "controls.expose_path[0].access"),
	ROW(exposure_root, BV_E_INVALID, "controls.expose_path[0].destination"),
	ROW(exposure_beneath, BV_E_INVALID, "controls.expose_path[2].destination"),
	ROW(exposure_above, BV_E_INVALID, "controls.expose_path[1].destination"),
	ROW(exposure_overlay, BV_E_INVALID, "controls.expose_path[0].overlay"),
	ROW(exposure_overlay_read, BV_E_INVALID, "controls.expose_path[0].overlay"),
	ROW(exposure_granted, BV_E_INVALID, "controls.expose_path[0].destination"),
	ROW(temp_path_alone, BV_E_INVALID, "controls.temp_path"),
	ROW(temp_path_relative, BV_E_INVALID, "controls.temp_path"),
	ROW(temp_path_root, BV_E_INVALID, "controls.temp_path"),
	ROW(temp_path_granted, BV_E_INVALID, "controls.temp_path"),
	ROW(temp_path_exposed, BV_E_INVALID, "controls.temp_path"),
	ROW(outputs_null, BV_E_MISSING, "controls.outputs"),
	ROW(outputs_many, BV_E_LIMIT, "controls.outputs"),
	ROW(output_name_empty, BV_E_INVALID, "controls.outputs[0].name"),
	ROW(output_name_upper, BV_E_INVALID, "controls.outputs[0].name"),
	ROW(output_name_dots, BV_E_INVALID, "controls.outputs[0].name"),
	ROW(output_name_dash, BV_E_INVALID, "controls.outputs[0].name"),
	ROW(output_name_slash, BV_E_INVALID, "controls.outputs[0].name"),
	ROW(output_name_long, BV_E_INVALID, "controls.outputs[0].name"),
	ROW(output_name_twice, BV_E_DUPLICATE, "controls.outputs[1].name"),
	ROW(output_path, BV_E_INVALID, "controls.outputs[0].path"),
	ROW(output_path_root, BV_E_INVALID, "controls.outputs[0].path"),
	ROW(output_path_twice, BV_E_DUPLICATE, "controls.outputs[1].path"),
	ROW(output_path_temp, BV_E_INVALID, "controls.outputs[0].path"),
	ROW(output_path_exposed, BV_E_INVALID, "controls.outputs[0].path"),
	ROW(output_path_granted, BV_E_INVALID, "controls.outputs[0].path"),
	ROW(variable_out, BV_E_INVALID, "capabilities.environment[0].name"),
	ROW(temp_root, BV_E_INVALID, "controls.temp_root"),
	ROW(discard, BV_E_INVALID, "controls.discard_artifact"),
	ROW(list_outputs, BV_E_INVALID, "controls.list_outputs"),
	ROW(commit, BV_E_INVALID, "controls.commit_artifact"),
	ROW(kill_mode, BV_E_INVALID, "controls.kill"),
	ROW(limit, BV_E_LIMIT, "budgets.memory.limit_bytes"),
	ROW(limit_max, BV_E_LIMIT, "budgets.wall.limit_us"),
	ROW(guarantee, BV_E_INVALID, "budgets.tasks.guarantee"),
	ROW(budget_evidence, BV_E_INVALID, "budgets.cpu.evidence"),
	ROW(evidence, BV_E_INVALID, "evidence"),
};

static void refused(const struct spoiling *row)
{
	struct bv_spec spec = spec_full();
	struct bv_proposal *untouched = (struct bv_proposal *)&spec, *proposal = untouched;
	struct bv_error err = {0};
	int code;

	row->spoil(&spec);
	code = bv_proposal_new(&spec, &proposal, &err);
	if (code != row->code || err.code != code || strcmp(err.place, row->place) != 0)
		fail_msg("%s: %d %s: %s", row->title, code, err.place, err.text);
	/* A sentence, whole. */
	if (strlen(err.text) < 15 || strstr(err.text, "...") == err.text + strlen(err.text) - 3)
		fail_msg("%s: \"%s\"", row->title, err.text);
	assert_ptr_equal(proposal, untouched);
	/* The error may be left out. */
	assert_int_equal(bv_proposal_new(&spec, &proposal, NULL), row->code);
}

static void a_spoilt_spec_is_refused_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(spoilings); i++)
		refused(&spoilings[i]);
}

static void no_spec_is_refused(void **state)
{
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};

	(void)state;
	assert_int_equal(bv_proposal_new(NULL, &proposal, &err), BV_E_MISSING);
	assert_null(proposal);
	assert_string_equal(err.place, "spec");
}

/* At its bounds a list or text is accepted: the refusals above are one past them. */
static void the_bounds_themselves_are_allowed(void **state)
{
	struct bv_spec spec = spec_full();
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};

	(void)state;
	spec.workload.program = long_text + sizeof(long_text) - 4096;
	spec.workload.name = long_text + sizeof(long_text) - 131072;
	spec.workload.arguments = many_texts;
	spec.workload.argument_count = BV_ARGUMENTS_MAX;
	spec.grants = many_grants;
	spec.grant_count = BV_GRANTS_MAX;
	spec.destinations = many_destinations;
	spec.destination_count = BV_DESTINATIONS_MAX;
	spec.variables = many_variables;
	spec.variable_count = BV_VARIABLES_MAX;
	spec.descriptors = many_descriptors;
	spec.descriptor_count = BV_DESCRIPTORS_MAX;
	spec.exposures = many_exposures;
	spec.exposure_count = BV_EXPOSURES_MAX;
	spec.outputs = many_outputs;
	spec.output_count = BV_OUTPUTS_MAX;
	spec.streams[1].limit_bytes = BV_CAPTURE_BYTES_MAX;
	spec.budgets[BV_WALL].limit = (UINT64_C(1) << 53) - 1;
	if (bv_proposal_new(&spec, &proposal, &err))
		fail_msg("%s: %s", err.place, err.text);
	assert_int_equal(bv_proposal_spec(proposal)->grant_count, BV_GRANTS_MAX);
	assert_int_equal(bv_proposal_spec(proposal)->destination_count, BV_DESTINATIONS_MAX);
	bv_proposal_free(proposal);
}

/* Each list within its bounds, but all of it too long in JSON: the bound is named, not memory. */
static void the_canonical_form_is_bounded(void **state)
{
	static struct bv_grant grants[BV_GRANTS_MAX];
	static struct bv_exposure exposures[BV_EXPOSURES_MAX];
	static char paths[BV_GRANTS_MAX][BV_PATH_BYTES_MAX + 1];
	static char others[BV_EXPOSURES_MAX][8];
	struct bv_spec spec = spec_smallest();
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(grants); i++) {
		memset(paths[i], '\n', BV_PATH_BYTES_MAX);
		paths[i][0] = '/';
		paths[i][1] = (char)('!' + i % 64);
		paths[i][2] = (char)('A' + i / 64);
		grants[i] = (struct bv_grant){paths[i], BV_READ};
	}
	for (size_t i = 0; i < COUNT(exposures); i++) {
		(void)snprintf(others[i], sizeof(others[i]), "/%zu", i);
		exposures[i] = (struct bv_exposure){paths[i], others[i], BV_READ, 0};
	}
	spec.grants = grants;
	spec.grant_count = COUNT(grants);
	spec.exposures = exposures;
	spec.exposure_count = COUNT(exposures);
	assert_int_equal(bv_proposal_new(&spec, &proposal, &err), BV_E_LIMIT);
	assert_string_equal(err.place, "spec");
	assert_non_null(strstr(err.text, "4194304"));
	assert_null(proposal);
}

static void memory_fill(void)
{
	static char names[BV_GRANTS_MAX + 1 + BV_EXPOSURES_MAX + 1][16];

	memset(long_text, 'x', sizeof(long_text) - 1);
	/* Wherever a path may begin in it. */
	long_text[sizeof(long_text) - 4096] = '/';
	long_text[sizeof(long_text) - 4097] = '/';
	for (size_t i = 0; i < COUNT(names); i++)
		(void)snprintf(names[i], sizeof(names[i]), "/n%zu", i);
	for (size_t i = 0; i < COUNT(many_texts); i++)
		many_texts[i] = "";
	for (size_t i = 0; i < COUNT(many_grants); i++)
		many_grants[i] = (struct bv_grant){names[i], BV_READ};
	for (size_t i = 0; i < COUNT(many_destinations); i++)
		many_destinations[i] =
			(struct bv_destination){BV_TRANSPORT_TCP, names[i] + 1, 443, 443};
	for (size_t i = 0; i < COUNT(many_variables); i++)
		many_variables[i] = (struct bv_variable){names[i], names[i], NULL};
	for (size_t i = 0; i < COUNT(many_descriptors); i++)
		many_descriptors[i] = (struct bv_descriptor){0, 3 + (uint32_t)i};
	for (size_t i = 0; i < COUNT(many_exposures); i++)
		many_exposures[i] =
			(struct bv_exposure){names[i], names[BV_GRANTS_MAX + 1 + i], BV_READ, 0};
	for (size_t i = 0; i < COUNT(many_outputs); i++)
		many_outputs[i] = (struct bv_output){names[i] + 1, NULL};
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spoilt_spec_is_refused_at_its_place),
		cmocka_unit_test(no_spec_is_refused),
		cmocka_unit_test(the_bounds_themselves_are_allowed),
		cmocka_unit_test(the_canonical_form_is_bounded),
	};

	memory_fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

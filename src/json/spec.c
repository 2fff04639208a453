/* SPDX-License-Identifier: MIT
 *
 * A spec from JSON: tables say which key fills which field of struct bv_spec, and nothing else
 * does. What the values must be is not decided here but by bv_proposal_new(), so that a spec in C
 * and one in JSON obey the same rules; its errors get the line and column of the place they name.
 */
#include <bvisor/spec.h>

#include "base/fail.h"
#include "json/reader.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OBJECT(name) \
	static const struct bv_object_shape name##_shape = {name##_members, COUNT(name##_members)}
/* A list field, the count that belongs to it, and how an entry is read. */
#define LIST(name, type, list, number, reader, shape) \
	static const struct bv_list_shape name##_shape = {sizeof(*((type *)0)->list), reader, \
		shape, offsetof(type, number) - offsetof(type, list)}
#define SPEC(field) offsetof(struct bv_spec, field)

#define SPEC_VERSION 1

/* Words are read into enums as the unsigned integers that they are. */
_Static_assert(sizeof(enum bv_network) == sizeof(unsigned int), "enums have an int's size");

static int version_read(struct bv_reader *reader, const struct bv_node *node, void *at,
	const void *shape)
{
	int code = bv_read_type(reader, node, BV_NODE_INTEGER);

	(void)at;
	(void)shape;
	if (code || node->integer == SPEC_VERSION)
		return code;
	return bv_reader_fail(reader, BV_E_VERSION, node->offset,
		"version %lld of the format; this library reads version %d",
		(long long)node->integer, SPEC_VERSION);
}

/* [first, last] into port_first, and port_last behind it. */
static int ports_read(struct bv_reader *reader, const struct bv_node *node, void *at,
	const void *shape)
{
	int code = bv_read_type(reader, node, BV_NODE_ARRAY);
	uint16_t *ports = at;

	(void)shape;
	if (code)
		return code;
	if (node->count != 2)
		return bv_reader_fail(reader, BV_E_INVALID, node->offset,
			"%zu numbers; the first and the last port are needed, as in [443, 443]",
			node->count);
	for (size_t i = 0; i < 2 && !code; i++) {
		size_t mark = bv_reader_enter_index(reader, i);
		uint64_t port = 0;

		code = bv_read_number(reader, node->child[i], UINT16_MAX, &port);
		ports[i] = (uint16_t)port;
		bv_reader_leave(reader, mark);
	}
	return code;
}
_Static_assert(offsetof(struct bv_destination, port_last) ==
		offsetof(struct bv_destination, port_first) + sizeof(uint16_t),
	"ports_read() fills both");

#define WORKLOAD(field) offsetof(struct bv_workload, field)
LIST(arguments, struct bv_workload, arguments, argument_count, bv_read_text, NULL);
static const struct bv_member workload_members[] = {
	{"kind", false, bv_read_word, WORKLOAD(kind), &bv_words_workload},
	{"program", true, bv_read_text, WORKLOAD(program), NULL},
	{"name", false, bv_read_optional_text, WORKLOAD(name), NULL},
	{"arguments", false, bv_read_list, WORKLOAD(arguments), &arguments_shape},
	{"directory", false, bv_read_text, WORKLOAD(directory), NULL},
};
OBJECT(workload);

#define GRANT(field) offsetof(struct bv_grant, field)
static const struct bv_member grant_members[] = {
	{"path", true, bv_read_text, GRANT(path), NULL},
	{"access", true, bv_read_set, GRANT(access), &bv_words_access},
};
OBJECT(grant);
LIST(grants, struct bv_spec, grants, grant_count, bv_read_object, &grant_shape);

#define DESTINATION(field) offsetof(struct bv_destination, field)
static const struct bv_member destination_members[] = {
	{"host", true, bv_read_text, DESTINATION(host), NULL},
	{"ports", true, ports_read, DESTINATION(port_first), NULL},
	{"transport", false, bv_read_word, DESTINATION(transport), &bv_words_transport},
};
OBJECT(destination);
LIST(destinations, struct bv_spec, destinations, destination_count, bv_read_object,
	&destination_shape);

static const struct bv_member network_members[] = {
	{"policy", true, bv_read_word, SPEC(network), &bv_words_network},
	{"destinations", false, bv_read_list, SPEC(destinations), &destinations_shape},
};
OBJECT(network);

#define VARIABLE(field) offsetof(struct bv_variable, field)
static const struct bv_member variable_members[] = {
	{"name", true, bv_read_text, VARIABLE(name), NULL},
	{"value", false, bv_read_text, VARIABLE(value), NULL},
	{"secret", false, bv_read_text, VARIABLE(secret), NULL},
};
OBJECT(variable);
LIST(variables, struct bv_spec, variables, variable_count, bv_read_object, &variable_shape);

#define DESCRIPTOR(field) offsetof(struct bv_descriptor, field)
static const struct bv_member descriptor_members[] = {
	{"source", true, bv_read_u32, DESCRIPTOR(source), NULL},
	{"target", true, bv_read_u32, DESCRIPTOR(target), NULL},
};
OBJECT(descriptor);
LIST(descriptors, struct bv_spec, descriptors, descriptor_count, bv_read_object, &descriptor_shape);

static const struct bv_member capability_members[] = {
	{"filesystem", false, bv_read_list, SPEC(grants), &grants_shape},
	{"network", false, bv_read_object, 0, &network_shape},
	{"spawn", false, bv_read_word, SPEC(spawn), &bv_words_spawn},
	{"environment", false, bv_read_list, SPEC(variables), &variables_shape},
	{"descriptors", false, bv_read_list, SPEC(descriptors), &descriptors_shape},
	{"host_processes", false, bv_read_word, SPEC(host_processes), &bv_words_host_processes},
	{"ipc", false, bv_read_word, SPEC(ipc), &bv_words_ipc},
	{"kernel_surface", false, bv_read_word, SPEC(kernel_surface), &bv_words_kernel_surface},
};
OBJECT(capability);

#define STREAM(field) offsetof(struct bv_stream, field)
static const struct bv_member stream_members[] = {
	{"mode", true, bv_read_word, STREAM(mode), &bv_words_stream},
	{"path", false, bv_read_text, STREAM(path), NULL},
	{"limit_bytes", false, bv_read_u64, STREAM(limit_bytes), NULL},
};
OBJECT(stream);
static const struct bv_member streams_members[] = {
	{"stdin", false, bv_read_object, SPEC(streams[0]), &stream_shape},
	{"stdout", false, bv_read_object, SPEC(streams[1]), &stream_shape},
	{"stderr", false, bv_read_object, SPEC(streams[2]), &stream_shape},
};
OBJECT(streams);

#define EXPOSURE(field) offsetof(struct bv_exposure, field)
static const struct bv_member exposure_members[] = {
	{"source", true, bv_read_text, EXPOSURE(source), NULL},
	{"destination", true, bv_read_text, EXPOSURE(destination), NULL},
	{"access", true, bv_read_set, EXPOSURE(access), &bv_words_access},
	{"overlay", false, bv_read_flag, EXPOSURE(overlay), NULL},
};
OBJECT(exposure);
LIST(exposures, struct bv_spec, exposures, exposure_count, bv_read_object, &exposure_shape);

#define OUTPUT(field) offsetof(struct bv_output, field)
static const struct bv_member output_members[] = {
	{"name", false, bv_read_text, OUTPUT(name), NULL},
	{"path", false, bv_read_optional_text, OUTPUT(path), NULL},
};
OBJECT(output);
LIST(outputs, struct bv_spec, outputs, output_count, bv_read_object, &output_shape);

static const struct bv_member control_members[] = {
	{"temp_root", false, bv_read_flag, SPEC(temp_root), NULL},
	{"temp_path", false, bv_read_text, SPEC(temp_path), NULL},
	{"expose_path", false, bv_read_list, SPEC(exposures), &exposures_shape},
	{"outputs", false, bv_read_list, SPEC(outputs), &outputs_shape},
	{"commit_artifact", false, bv_read_word, SPEC(commit), &bv_words_commit},
	{"discard_artifact", false, bv_read_flag, SPEC(discard), NULL},
	{"list_outputs", false, bv_read_flag, SPEC(list_outputs), NULL},
	{"kill", false, bv_read_word, SPEC(kill), &bv_words_kill},
};
OBJECT(control);

/* A budget's table for each dimension, because the key of the limit carries the unit. */
#define BUDGET(field) offsetof(struct bv_budget, field)
#define BV_DIMENSION(name, number, text, unit, limit_, meaning) \
	static const struct bv_member name##_members[] = { \
		{"limit_" unit, false, bv_read_u64, BUDGET(limit), NULL}, \
		{"guarantee", false, bv_read_word, BUDGET(guarantee), &bv_words_guarantee}, \
		{"evidence", false, bv_read_set, BUDGET(evidence), &bv_words_claim}, \
	}; \
	OBJECT(name);
#include <bvisor/dimensions.def>
#undef BV_DIMENSION

static const struct bv_member budget_members[] = {
#define BV_DIMENSION(name, number, text, unit, limit_, meaning) \
	{text, false, bv_read_object, SPEC(budgets[name]), &name##_shape},
#include <bvisor/dimensions.def>
#undef BV_DIMENSION
};
OBJECT(budget);

static const struct bv_member spec_members[] = {
	{"spec", true, version_read, 0, NULL},
	{"workload", true, bv_read_object, SPEC(workload), &workload_shape},
	{"capabilities", false, bv_read_object, 0, &capability_shape},
	{"streams", false, bv_read_object, 0, &streams_shape},
	{"controls", false, bv_read_object, 0, &control_shape},
	{"budgets", false, bv_read_object, 0, &budget_shape},
	{"evidence", false, bv_read_set, SPEC(evidence), &bv_words_claim},
};
OBJECT(spec);

/* The version comes before everything: another one may well have keys that this one lacks. */
static int spec_read(struct bv_reader *reader, const struct bv_node *root, struct bv_spec *ret)
{
	const struct bv_node *version = bv_tree_find(root, "spec");
	size_t mark = bv_reader_enter(reader, "spec");
	int code = version ? version_read(reader, version, NULL, NULL) : BV_OK;

	bv_reader_leave(reader, mark);
	/* A waiver is only ever given by name. */
	for (int i = 0; i < BV_DIMENSION_COUNT; i++)
		ret->budgets[i].guarantee = BV_MEDIATED;
	if (!code)
		code = bv_read_object(reader, root, ret, &spec_shape);
	for (int i = 0; !code && i < BV_DIMENSION_COUNT; i++)
		ret->budgets[i].waived = ret->budgets[i].guarantee == BV_UNSUPPORTED;
	return code;
}

/* What the contract found fault with, and where that stands in the text. */
static int contract_fail(struct bv_reader *reader, const struct bv_node *root,
	const struct bv_error *found)
{
	if (found->code == BV_E_NO_MEMORY) {
		if (reader->err)
			*reader->err = *found;
		return found->code;
	}
	return bv_tree_fail(reader->err, found->code, reader->text,
		bv_tree_locate(root, found->place), found);
}

int bv_proposal_from_json(const char *text, size_t len, struct bv_proposal **ret,
	struct bv_error *err)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = NULL;
	struct bv_reader reader = {.text = bv_bytes(text, len), .err = err};
	struct bv_error found = {0};
	struct bv_spec spec = {0};
	struct bv_node *root;
	int code;

	if (len > BV_SPEC_JSON_BYTES_MAX)
		return bv_fail(err, BV_E_LIMIT, "json",
			"a text of %zu bytes; at most %d are allowed", len, BV_SPEC_JSON_BYTES_MAX);
	arena = bv_tree_arena(len);
	if (!arena)
		return bv_fail(err, BV_E_NO_MEMORY, "json", "no memory for a text of %zu bytes",
			len);
	reader.arena = arena;
	code = bv_tree_parse(arena, reader.text, &root, err);
	if (!code)
		code = spec_read(&reader, root, &spec);
	if (code)
		return code;
	code = bv_proposal_new(&spec, ret, &found);
	return code ? contract_fail(&reader, root, &found) : BV_OK;
}

/* SPDX-License-Identifier: MIT
 *
 * The artifacts of a report: in a form that paths can be made of, each from an output of the spec
 * inside, once, sorted, and with the id that follows from the rest.
 */
#include "json/report_check.h"

#include <stdio.h>
#include <string.h>

#include "contract/body_data.h"

static bool is_sound(const struct bv_node *value)
{
	return bv_artifact_path_sound(node_text(value));
}

static bool is_truth(const struct bv_node *value)
{
	return node_is(value, BV_NODE_BOOLEAN);
}

static bool is_size(const struct bv_node *value)
{
	return node_is(value, BV_NODE_INTEGER) && node_integer(value) >= 0;
}

static const struct field artifact_fields[] = {
	{"executable", is_truth, "true or false"},
	{"id", check_is_digest, "64 lower-case hexadecimal digits"},
	{"output", is_sound, "an output's name"},
	{"path", is_sound, "a relative path of plain names"},
	{"sha256", check_is_digest, "64 lower-case hexadecimal digits"},
	{"size_bytes", is_size, "a count"},
};

bool report_check_artifacts_form(struct check *check, const struct bv_node *report)
{
	return check_rows(check, "artifacts", node_get(report, "artifacts"), artifact_fields,
		sizeof(artifact_fields) / sizeof(artifact_fields[0]));
}

static bool of_an_output(const struct bv_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->output_count; i++) {
		if (strcmp(spec->outputs[i].name, name) == 0)
			return true;
	}
	return false;
}

static unsigned int hex_digit(char c)
{
	return (unsigned int)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

void report_read_digest(const struct bv_node *value, struct bv_digest *ret)
{
	const char *hex = node_text(value);

	for (size_t i = 0; i < BV_DIGEST_BYTES; i++)
		ret->bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
}

void report_read_artifact(const struct bv_node *row, struct bv_artifact *ret)
{
	*ret = (struct bv_artifact){
		.output = text_of(row, "output"),
		.path = text_of(row, "path"),
		.size_bytes = (uint64_t)node_integer(node_get(row, "size_bytes")),
		.executable = node_true(node_get(row, "executable")),
	};
	report_read_digest(node_get(row, "sha256"), &ret->sha256);
}

static bool sense_artifact(struct check *check, const char *place, const struct bv_node *row,
	const struct bv_attempt_id *attempt)
{
	struct bv_artifact artifact;
	struct bv_artifact_id id;
	char hex[BV_DIGEST_HEX];

	report_read_artifact(row, &artifact);
	bv_artifact_identify(attempt, &artifact, &id);
	if (strcmp(text_of(row, "id"), bv_digest_hex(&id.digest, hex)) != 0)
		return check_fault(check, place, "has the id %s", hex);
	return true;
}

static bool in_order(const struct bv_node *a, const struct bv_node *b)
{
	int order = strcmp(text_of(a, "output"), text_of(b, "output"));

	return order < 0 || (!order && strcmp(text_of(a, "path"), text_of(b, "path")) < 0);
}

bool report_check_artifacts_sense(struct check *check, const struct bv_node *report,
	const struct bv_spec *spec)
{
	const struct bv_node *rows = node_get(report, "artifacts");
	struct bv_attempt_id attempt;
	char place[32];

	report_read_digest(node_get(report, "attempt"), &attempt.digest);
	for (size_t i = 0; i < node_count(rows); i++) {
		const struct bv_node *row = rows->child[i];

		(void)snprintf(place, sizeof(place), "artifacts[%zu]", i);
		if (i && !in_order(rows->child[i - 1], row))
			return check_fault(check, "artifacts", "must be sorted, each entry once");
		if (!of_an_output(spec, text_of(row, "output")))
			return check_fault(check, place, "is of no output of the spec");
		if (!sense_artifact(check, place, row, &attempt))
			return false;
	}
	return true;
}

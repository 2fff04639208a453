/* SPDX-License-Identifier: MIT
 *
 * Nothing of a report is read before the whole of it was verified.
 */
#include "json/report_read.h"

#include "base/fail.h"
#include "json/report_check.h"

static int verified(const void *bytes, size_t len, struct bv_report_id *ret, struct bv_error *err)
{
	struct bv_verification_result result;
	int code = bv_report_verify(bytes, len, NULL, &result, err);

	if (code)
		return code;
	if (result.status != BV_REPORT_SOUND)
		return bv_fail_at(err, BV_E_INVALID, result.offset, "report",
			"this is no sound report: %s%s%s", result.place,
			result.place[0] ? ": " : "",
			result.text[0] ? result.text : result.byte_class);
	*ret = result.id;
	return 0;
}

/* The spec's text ends where the comma before the next key is. */
static int spec_read(struct report_read *read, struct bv_bytes text, struct bv_error *err)
{
	const struct bv_node *spec = node_get(read->root, "spec");
	const struct bv_node *next = node_get(read->root, "streams");

	return bv_proposal_from_json((const char *)text.data + spec->offset,
		next->key_offset - 1 - spec->offset, &read->proposal, err);
}

int report_read(const void *bytes, size_t len, struct report_read *ret, struct bv_error *err)
{
	struct report_read read = {0};
	struct bv_bytes text = bv_bytes(bytes, len);
	int code = verified(bytes, len, &read.id, err);

	if (code)
		return code;
	read.arena = bv_tree_arena(len);
	code = read.arena ? bv_tree_parse(read.arena, text, &read.root, err)
			  : bv_fail(err, BV_E_NO_MEMORY, "report", "no memory to read the report");
	if (!code)
		code = spec_read(&read, text, err);
	if (code) {
		report_read_free(&read);
		return code;
	}
	report_read_digest(node_get(read.root, "attempt"), &read.attempt.digest);
	*ret = read;
	return 0;
}

void report_read_free(struct report_read *read)
{
	read->proposal = bv_proposal_free(read->proposal);
	bv_arena_free(read->arena);
	read->arena = NULL;
}

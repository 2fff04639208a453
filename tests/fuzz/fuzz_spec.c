/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a spec. Whatever is accepted has a canonical form that is accepted again and is
 * its own canonical form; whatever is refused says where and why. And what our reader takes for
 * JSON, jansson does too, as the same value.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <bvisor/spec.h>

#include "json/canonical.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int holds)
{
	if (!holds)
		abort();
}

static void check_spec(const char *text, size_t len)
{
	struct bv_proposal *proposal = NULL, *again = NULL;
	struct bv_error err = {0};
	size_t json_len = 0, again_len = 0;
	const char *json, *again_json;

	if (bv_proposal_from_json(text, len, &proposal, &err)) {
		demand(!proposal && err.code && err.place[0] && err.text[0] && err.offset <= len);
		return;
	}
	json = bv_proposal_json(proposal, &json_len);
	demand(bv_proposal_from_json(json, json_len, &again, &err) == 0);
	again_json = bv_proposal_json(again, &again_len);
	demand(json_len == again_len && memcmp(json, again_json, json_len) == 0);
	bv_proposal_free(again);
	demand(bv_proposal_new(bv_proposal_spec(proposal), &again, &err) == 0);
	again_json = bv_proposal_json(again, &again_len);
	demand(json_len == again_len && memcmp(json, again_json, json_len) == 0);
	bv_proposal_free(again);
	bv_proposal_free(proposal);
}

static void check_canonical(const char *text, size_t len)
{
	struct bv_buf out = BV_BUF(1 << 24), again = BV_BUF(1 << 24);
	json_t *theirs = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	struct bv_error err = {0};
	int code = bv_json_canonicalise(text, len, &out, &err);

	if (code) {
		/* What they take and we do not: reals, what is past a bound of ours, and a NUL,
		 * at which they stop reading. */
		demand(!theirs || code == BV_E_TYPE || code == BV_E_LIMIT ||
			(code == BV_E_ENCODING && memchr(text, 0, len)));
	} else {
		json_t *ours = json_loadb((const char *)out.data, out.len, JSON_DECODE_ANY, NULL);

		demand(theirs && json_equal(ours, theirs));
		demand(bv_json_canonicalise(out.data, out.len, &again, &err) == 0);
		demand(out.len == again.len && memcmp(out.data, again.data, out.len) == 0);
		json_decref(ours);
	}
	json_decref(theirs);
	bv_buf_free(&out);
	bv_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_spec((const char *)data, size);
	check_canonical((const char *)data, size);
	return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * Checking bytes that call themselves a report: first whether they are JSON, then whether they
 * are in canonical form, then whether a runner could have sealed them, then whether they are the
 * ones expected. The first that fails is the answer; the id is of the bytes as they are.
 */
#include "json/report_check.h"

#include <stdio.h>

#include "base/digest.h"
#include "base/fail.h"
#include "contract/text.h"
#include "json/canonical.h"

static void say(struct bv_verification_result *result, const char *place, const char *text)
{
	bv_text_escape(bv_bytes_str(place), result->place, sizeof(result->place));
	bv_text_escape(bv_bytes_str(text), result->text, sizeof(result->text));
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* What kind of byte it is that differs first. Both texts mean the same, and agree before `at`. */
static const char *class_of(struct bv_bytes text, struct bv_bytes canonical, size_t at)
{
	if (at == canonical.len)
		return "trailing";
	if (at == text.len)
		return "key-order";
	if (is_space(text.data[at]))
		return "space";
	if (text.data[at] == '\\' || canonical.data[at] == '\\' ||
		(at && text.data[at - 1] == '\\'))
		return "escape";
	if (text.data[at] == '-')
		return "number";
	return "key-order";
}

static void not_canonical(struct bv_verification_result *result, struct bv_bytes text,
	struct bv_bytes canonical)
{
	size_t at = 0;
	const char *class;

	while (at < text.len && at < canonical.len && text.data[at] == canonical.data[at])
		at++;
	class = class_of(text, canonical, at);
	result->status = BV_REPORT_NOT_CANONICAL;
	result->offset = at;
	(void)snprintf(result->byte_class, sizeof(result->byte_class), "%s", class);
	say(result, "", "the same value has another canonical form; its id is not of these bytes");
}

/* A number that our formats do not have is still JSON: a fraction, an exponent, one too large. */
static bool is_number(int code, struct bv_bytes text, uint64_t offset)
{
	size_t digits = 0;

	if (code == BV_E_TYPE)
		return true;
	if (code != BV_E_LIMIT || offset >= text.len)
		return false;
	offset += text.data[offset] == '-';
	while (offset + digits < text.len && text.data[offset + digits] >= '0' &&
		text.data[offset + digits] <= '9')
		digits++;
	return digits >= 16;
}

static void not_json(struct bv_verification_result *result, struct bv_bytes text,
	const struct bv_error *err)
{
	result->status = BV_REPORT_NOT_JSON;
	result->offset = err->offset;
	if (is_number(err->code, text, err->offset)) {
		result->status = BV_REPORT_NOT_CANONICAL;
		(void)snprintf(result->byte_class, sizeof(result->byte_class), "number");
	}
	say(result, err->place, err->text);
}

/* Canonical: parsed once more, now with offsets that are those of the canonical bytes. */
static int check_coherent(struct bv_bytes text, struct bv_verification_result *result,
	struct bv_error *err)
{
	BV_CLEANUP_ARENA struct bv_arena *arena = bv_tree_arena(text.len);
	struct bv_node *report = NULL;
	struct check check = {0};
	int code;

	if (!arena)
		return bv_fail(err, BV_E_NO_MEMORY, "report", "no memory to check the report");
	code = bv_tree_parse(arena, text, &report, err);
	if (code)
		return code;
	if (report_check_form(&check, report))
		(void)report_check_sense(&check, report, text);
	if (check.starved)
		return bv_fail(err, BV_E_NO_MEMORY, "report", "no memory to check the report");
	if (check.failed) {
		result->status = BV_REPORT_NOT_COHERENT;
		result->offset = bv_tree_locate(report, check.place);
		say(result, check.place, check.text);
	}
	return 0;
}

static int check_canonical(struct bv_bytes text, struct bv_verification_result *result,
	struct bv_error *err)
{
	BV_CLEANUP_BUF struct bv_buf canonical = BV_BUF(SIZE_MAX / 2);
	struct bv_error why = {0};
	int code = bv_json_canonicalise(text.data, text.len, &canonical, &why);

	if (code == BV_E_NO_MEMORY)
		return bv_fail(err, code, "report", "no memory to check the report");
	if (code)
		not_json(result, text, &why);
	else if (!bv_bytes_eq(text, bv_buf_view(&canonical)))
		not_canonical(result, text, bv_buf_view(&canonical));
	return 0;
}

int bv_report_verify(const void *bytes, size_t len, const struct bv_report_id *expected,
	struct bv_verification_result *ret, struct bv_error *err)
{
	struct bv_verification_result result = {.status = BV_REPORT_SOUND};
	struct bv_bytes text = bv_bytes(bytes, len);
	int code;

	if ((!bytes && len) || !ret)
		return bv_fail(err, BV_E_INVALID, "report",
			"bytes and somewhere to put the answer are needed");
	bv_sha256_once(bytes, len, &result.id.digest);
	code = check_canonical(text, &result, err);
	if (!code && result.status == BV_REPORT_SOUND)
		code = check_coherent(text, &result, err);
	if (code)
		return code;
	if (result.status == BV_REPORT_SOUND && expected &&
		memcmp(expected, &result.id, sizeof(result.id)) != 0) {
		result.status = BV_REPORT_OTHER_ID;
		say(&result, "", "this is a sound report, and not the one that was expected");
	}
	*ret = result;
	return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * The sealed report of one run: what was asked, admitted, enforced, observed and denied. It is
 * canonical JSON (docs/formats/report.md) and its id is the SHA-256 of exactly those bytes, so
 * `sha256sum` checks it. Reports are immutable and may be shared between threads.
 */
#ifndef BVISOR_REPORT_H
#define BVISOR_REPORT_H

#include <bvisor/body.h>
#include <bvisor/digest.h>
#include <bvisor/error.h>

struct bv_report;

/* What a file that calls itself a report turned out to be. */
enum bv_verification {
	BV_REPORT_SOUND = 0,         /* canonical, coherent, and the id if one was expected */
	BV_REPORT_NOT_JSON = 1,      /* not a JSON text at all, or cut short */
	BV_REPORT_NOT_CANONICAL = 2, /* the same value, written differently: `byte_class` */
	BV_REPORT_NOT_COHERENT = 3,  /* canonical, but not what a runner seals: `place` */
	BV_REPORT_OTHER_ID = 4,      /* canonical and coherent, but not the expected content */
};

struct bv_verification_result {
	enum bv_verification status;
	struct bv_report_id id; /* of the bytes as they are */
	uint64_t offset;        /* first byte that differs from the canonical form */
	char byte_class[32];    /* "space", "key-order", "number", "escape", "trailing" */
	char place[96];         /* the field at fault */
	char text[192];
};

BV_BEGIN_DECLS
BV_API struct bv_report *bv_report_free(struct bv_report *report);
/* Exactly the sealed bytes, not NUL-terminated; lives as long as the report. */
BV_API const char *bv_report_json(const struct bv_report *report, size_t *ret_len);
BV_API const struct bv_report_id *bv_report_id(const struct bv_report *report);
BV_API const struct bv_plan_id *bv_report_plan_id(const struct bv_report *report);
BV_API const struct bv_attempt_id *bv_report_attempt_id(const struct bv_report *report);
/* How it ended; the strings in it live as long as the report. */
BV_API const struct bv_end *bv_report_end(const struct bv_report *report);
/* What was kept of stdout (1) or stderr (2); NULL if it was not captured. */
BV_API const void *bv_report_stream(const struct bv_report *report, int stream, size_t *ret_len,
	int *ret_truncated);
/* Measured use of a budget; 0 if it is not known. */
BV_API int bv_report_usage(const struct bv_report *report, enum bv_dimension dimension,
	uint64_t *ret_measured);

/* Checks bytes somebody handed you. `expected` may be NULL. Returns an error only if the check
 * itself could not be made (no memory); what was found is in *ret. */
BV_API BV_MUST_CHECK int bv_report_verify(const void *bytes, size_t len,
	const struct bv_report_id *expected, struct bv_verification_result *ret,
	struct bv_error *err);
BV_END_DECLS

#endif

/* SPDX-License-Identifier: MIT
 *
 * Reading a sealed report. What is read is the body it was written from, so that nobody has to
 * parse the bytes of a report just made.
 */
#include "contract/report_data.h"

#include <stdlib.h>

struct bv_report *bv_report_free(struct bv_report *report)
{
	if (!report)
		return NULL;
	bv_body_free(report->body);
	bv_buf_free(&report->json);
	free(report);
	return NULL;
}

const char *bv_report_json(const struct bv_report *report, size_t *ret_len)
{
	struct bv_bytes view = bv_buf_view(&report->json);

	*ret_len = view.len;
	return (const char *)view.data;
}

const struct bv_report_id *bv_report_id(const struct bv_report *report)
{
	return &report->id;
}

const struct bv_plan_id *bv_report_plan_id(const struct bv_report *report)
{
	return &report->plan_id;
}

const struct bv_attempt_id *bv_report_attempt_id(const struct bv_report *report)
{
	return &report->attempt;
}

const struct bv_end *bv_report_end(const struct bv_report *report)
{
	return &report->body->end;
}

const void *bv_report_stream(const struct bv_report *report, int stream, size_t *ret_len,
	int *ret_truncated)
{
	const struct bv_body_stream *seen;

	if (stream < 1 || stream > 2 || !report->body->streams[stream].captured)
		return NULL;
	seen = &report->body->streams[stream];
	*ret_len = seen->kept_len;
	if (ret_truncated)
		*ret_truncated = bv_body_stream_truncated(seen);
	return seen->kept ? (const void *)seen->kept : "";
}

int bv_report_usage(const struct bv_report *report, enum bv_dimension dimension,
	uint64_t *ret_measured)
{
	if (!bv_dimension_name(dimension) || !report->body->usage[dimension].known)
		return 0;
	*ret_measured = report->body->usage[dimension].measured;
	return 1;
}

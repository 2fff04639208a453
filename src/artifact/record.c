/* SPDX-License-Identifier: MIT
 *
 * The record as canonical JSON (docs/formats/commit.md).
 */
#include "artifact/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "contract/spec_words.h"

/* Of a row with an empty place, and of what stands around the rows. */
#define ROW_BYTES 512
#define FRAME_BYTES 1024

int record_new(const struct bv_artifacts *artifacts, struct bv_commit_record **ret,
	struct bv_error *err)
{
	struct bv_commit_record *record = calloc(1, sizeof(*record));
	size_t bytes = FRAME_BYTES + ROW_BYTES * artifacts->count;

	/* A byte of a name takes two at most: it has no control character. */
	for (size_t i = 0; i < artifacts->count; i++)
		bytes += 2 * strlen(artifacts->rows[i].place);
	if (record) {
		record->count = artifacts->count;
		record->achieved = calloc(artifacts->count + 1, sizeof(record->achieved[0]));
		record->errnums = calloc(artifacts->count + 1, sizeof(record->errnums[0]));
		record->json = BV_BUF(bytes);
		record->json.data = malloc(bytes + 1);
		record->json.capacity = record->json.data ? bytes : 0;
	}
	if (!record || !record->achieved || !record->errnums || !record->json.data) {
		bv_commit_record_free(record);
		return bv_fail(err, BV_E_NO_MEMORY, "commit", "no memory for the record");
	}
	*ret = record;
	return 0;
}

static void row_write(struct bv_json *json, const struct bv_artifact_row *row,
	enum bv_commit achieved, int errnum)
{
	bv_json_object(json);
	bv_json_kv_string(json, "achieved", bv_words_name(&bv_words_commit, achieved));
	bv_json_kv_unsigned(json, "errno", (uint64_t)errnum);
	bv_json_kv_digest(json, "id", &row->id.digest);
	bv_json_kv_string(json, "place", row->place);
	bv_json_kv_digest(json, "sha256", &row->artifact.sha256);
	bv_json_kv_unsigned(json, "size_bytes", row->artifact.size_bytes);
	bv_json_object_end(json);
}

int record_write(struct bv_commit_record *record, const struct bv_artifacts *artifacts,
	struct bv_error *err)
{
	struct bv_json json;

	bv_json_start(&json, &record->json);
	bv_json_object(&json);
	bv_json_key(&json, "artifacts");
	bv_json_array(&json);
	for (size_t i = 0; i < record->count; i++)
		row_write(&json, &artifacts->rows[i], record->achieved[i], record->errnums[i]);
	bv_json_array_end(&json);
	bv_json_kv_string(&json, "asked", bv_words_name(&bv_words_commit, artifacts->spec->commit));
	bv_json_kv_digest(&json, "attempt", &artifacts->report.attempt.digest);
	bv_json_kv_unsigned(&json, "commit", 1);
	bv_json_kv_boolean(&json, "complete", record->committed == record->count);
	bv_json_kv_digest(&json, "report_id", &artifacts->report.id.digest);
	bv_json_kv_boolean(&json, "staging_removed", record->removed);
	bv_json_object_end(&json);
	if (!bv_json_end(&json))
		return bv_fail(err, BV_E_FAULT, "commit", "the record does not fit");
	return 0;
}

const char *bv_commit_record_json(const struct bv_commit_record *record, size_t *ret_len)
{
	*ret_len = record->json.len;
	return (const char *)record->json.data;
}

size_t bv_commit_record_committed(const struct bv_commit_record *record, size_t *ret_of)
{
	*ret_of = record->count;
	return record->committed;
}

int bv_commit_record_errno(const struct bv_commit_record *record)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->errnums[i])
			return record->errnums[i];
	return 0;
}

struct bv_commit_record *bv_commit_record_free(struct bv_commit_record *record)
{
	if (!record)
		return NULL;
	free(record->achieved);
	free(record->errnums);
	bv_buf_free(&record->json);
	free(record);
	return NULL;
}

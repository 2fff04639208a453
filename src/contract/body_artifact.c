/* SPDX-License-Identifier: MIT
 *
 * Artifacts in a body. They come in any order and may be many, so they are kept in an array that
 * is sorted once, when the body is finished; of two for the same place the first to come stays.
 * The names they are known by are checked here, because whoever commits them later makes paths
 * of them: what is not sound is dropped, and counted.
 */
#include "contract/report_data.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"

#define COMPONENT_BYTES_MAX 255

static bool component_sound(const char *at, size_t len)
{
	if (!len || len > COMPONENT_BYTES_MAX)
		return false;
	return !(at[0] == '.' && (len == 1 || (len == 2 && at[1] == '.')));
}

bool bv_artifact_path_sound(const char *path)
{
	struct bv_bytes text = bv_bytes_str(path);

	if (!text.len || text.len > BV_PATH_BYTES_MAX || !bv_utf8_line(text))
		return false;
	for (;;) {
		size_t len = strcspn(path, "/");

		if (!component_sound(path, len))
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

void bv_artifact_identify(const struct bv_attempt_id *attempt, const struct bv_artifact *artifact,
	struct bv_artifact_id *ret)
{
	char attempt_hex[BV_DIGEST_HEX], content_hex[BV_DIGEST_HEX], head[512];
	struct bv_sha256 state;
	int len = snprintf(head, sizeof(head), "bvisor artifact 1\n%s\n%s\n%s\n%llu\n",
		bv_digest_hex(&attempt->digest, attempt_hex), artifact->output,
		bv_digest_hex(&artifact->sha256, content_hex),
		(unsigned long long)artifact->size_bytes);

	bv_sha256_init(&state);
	bv_sha256_update(&state, head, (size_t)len);
	bv_sha256_update(&state, artifact->path, strlen(artifact->path));
	bv_sha256_update(&state, "\n", 1);
	bv_sha256_final(&state, &ret->digest);
}

const struct bv_attempt_id *bv_body_attempt(const struct bv_report_body *body)
{
	return &body->attempt;
}

static bool artifact_sound(const struct bv_artifact *artifact)
{
	return artifact->output && artifact->path && artifact->executable <= 1 &&
		strlen(artifact->output) <= BV_OUTPUT_NAME_BYTES_MAX &&
		!strchr(artifact->output, '/') && bv_artifact_path_sound(artifact->output) &&
		bv_artifact_path_sound(artifact->path) &&
		artifact->size_bytes <= (uint64_t)BV_JSON_INTEGER_MAX;
}

static bool artifacts_grow(struct bv_body_artifacts *all)
{
	size_t capacity = all->capacity ? 2 * all->capacity : 64;
	struct bv_artifact *grown;

	if (all->count < all->capacity)
		return true;
	grown = realloc(all->list, capacity * sizeof(*grown));
	if (!grown)
		return false;
	all->list = grown;
	all->capacity = capacity;
	return true;
}

void bv_body_artifact(struct bv_report_body *body, const struct bv_artifact *artifact)
{
	struct bv_body_artifacts *all = &body->artifacts;
	struct bv_artifact copy = *artifact;

	if (!artifact_sound(artifact) || all->count == BV_BODY_ARTIFACTS_MAX ||
		!artifacts_grow(all)) {
		bv_body_lose(body, BV_EVIDENCE_ARTIFACT_LINEAGE);
		return;
	}
	copy.output = bv_arena_str(body->arena, artifact->output);
	copy.path = bv_arena_str(body->arena, artifact->path);
	if (copy.output && copy.path)
		all->list[all->count++] = copy;
	else
		bv_body_lose(body, BV_EVIDENCE_ARTIFACT_LINEAGE);
}

static int artifact_order(const void *a, const void *b)
{
	const struct bv_artifact *x = a, *y = b;
	int order = strcmp(x->output, y->output);

	return order ? order : strcmp(x->path, y->path);
}

void bv_body_artifacts_finish(struct bv_report_body *body)
{
	struct bv_body_artifacts *all = &body->artifacts;
	size_t kept = 0;

	if (all->count)
		qsort(all->list, all->count, sizeof(all->list[0]), artifact_order);
	for (size_t i = 0; i < all->count; i++) {
		if (kept && artifact_order(&all->list[kept - 1], &all->list[i]) == 0)
			bv_body_lose(body, BV_EVIDENCE_ARTIFACT_LINEAGE);
		else
			all->list[kept++] = all->list[i];
	}
	all->count = kept;
}

void bv_body_artifacts_write(struct bv_json *json, const struct bv_report_body *body)
{
	bv_json_array(json);
	for (size_t i = 0; i < body->artifacts.count; i++) {
		const struct bv_artifact *artifact = &body->artifacts.list[i];
		struct bv_artifact_id id;

		bv_artifact_identify(&body->attempt, artifact, &id);
		bv_json_object(json);
		bv_json_kv_boolean(json, "executable", artifact->executable);
		bv_json_kv_digest(json, "id", &id.digest);
		bv_json_kv_string(json, "output", artifact->output);
		bv_json_kv_string(json, "path", artifact->path);
		bv_json_kv_digest(json, "sha256", &artifact->sha256);
		bv_json_kv_unsigned(json, "size_bytes", artifact->size_bytes);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

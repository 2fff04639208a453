/* SPDX-License-Identifier: MIT
 *
 * The canonical JSON writer. Its output is a function of the value alone: UTF-8, no
 * insignificant space, object keys in strictly ascending byte order, integers within
 * ±(2^53 - 1), the shortest escapes. The writer refuses (marks itself broken) rather than emit
 * something not canonical: keys out of order, a value where a key is due, an integer too large,
 * text that is not UTF-8 or holds a NUL (which our readers refuse), nesting past the maximum.
 * A refusal breaks the buffer too, so that half a document can't be taken for a whole one.
 * Between start and end nobody else may write to the buffer.
 *
 * docs/formats/canonical-json.md describes the form.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include <bvisor/digest.h>

#define BV_JSON_DEPTH_MAX 16
#define BV_JSON_INTEGER_MAX ((int64_t)9007199254740991)

struct bv_json {
	struct bv_buf *out;
	int depth;
	bool fault;
	struct bv_json_level {
		bool object;
		bool any;          /* something was written at this level */
		bool key_due;      /* in an object, between entries */
		size_t key_offset; /* where the last key stands in out, for the order check */
		size_t key_len;
	} level[BV_JSON_DEPTH_MAX];
	bool done;
};

void bv_json_start(struct bv_json *json, struct bv_buf *out);
/* True if exactly one whole value was written and nothing was refused. */
bool bv_json_end(struct bv_json *json);

void bv_json_object(struct bv_json *json);
void bv_json_object_end(struct bv_json *json);
void bv_json_array(struct bv_json *json);
void bv_json_array_end(struct bv_json *json);
void bv_json_key(struct bv_json *json, const char *key);
void bv_json_string(struct bv_json *json, const char *s); /* NULL writes null */
void bv_json_text(struct bv_json *json, struct bv_bytes text);
void bv_json_integer(struct bv_json *json, int64_t value);
void bv_json_unsigned(struct bv_json *json, uint64_t value);
void bv_json_boolean(struct bv_json *json, bool value);
void bv_json_null(struct bv_json *json);
void bv_json_hex(struct bv_json *json, struct bv_bytes bytes);
void bv_json_digest(struct bv_json *json, const struct bv_digest *digest);

/* Key and value in one call. */
void bv_json_kv_string(struct bv_json *json, const char *key, const char *value);
void bv_json_kv_unsigned(struct bv_json *json, const char *key, uint64_t value);
void bv_json_kv_integer(struct bv_json *json, const char *key, int64_t value);
void bv_json_kv_boolean(struct bv_json *json, const char *key, bool value);
void bv_json_kv_digest(struct bv_json *json, const char *key, const struct bv_digest *digest);

#endif

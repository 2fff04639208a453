/* SPDX-License-Identifier: MIT
 *
 * Prints what must not depend on the platform: canonical JSON, and digests of it. The program is
 * built twice, natively and for wasm32-wasi (with the portable digest), and both must print the
 * same bytes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/utf8.h"

static void write_leaves(struct bv_json *json)
{
	struct bv_error err = {0};

	bv_fail_at(&err, BV_E_LIMIT, UINT64_C(1) << 40, "a\nb", "%s of %" PRIu64, "\xff\xc3\xa9",
		UINT64_C(1) << 52);
	bv_json_object(json);
	bv_json_kv_string(json, "code", bv_code_name(err.code));
	bv_json_kv_integer(json, "max", -BV_JSON_INTEGER_MAX);
	bv_json_kv_unsigned(json, "offset", err.offset);
	bv_json_kv_string(json, "place", err.place);
	bv_json_kv_string(json, "text", err.text);
	bv_json_kv_string(json, "version", bv_version());
	bv_json_object_end(json);
}

/* Each line is a document and the digest of its bytes. */
static int print(void (*write)(struct bv_json *json))
{
	BV_CLEANUP_BUF struct bv_buf buf = BV_BUF(1 << 16);
	char hex[BV_DIGEST_HEX];
	struct bv_digest digest;
	struct bv_bytes text;
	struct bv_json json;

	bv_json_start(&json, &buf);
	write(&json);
	if (!bv_json_end(&json))
		return 1;
	text = bv_buf_view(&buf);
	bv_sha256_once(text.data, text.len, &digest);
	printf("%.*s %s\n", (int)text.len, (const char *)text.data, bv_digest_hex(&digest, hex));
	return 0;
}

int main(void)
{
	return print(write_leaves);
}

/* SPDX-License-Identifier: MIT
 *
 * The canonical JSON writer. Each level of nesting knows whether a key or a value is due, and
 * where its last key stands in the output; the order of keys is checked against that, so the
 * writer needs no memory of its own. Order is that of the keys' own bytes, not of their escaped
 * form, so the last key is read back unescaped.
 */
#include "base/json.h"
#include "base/hex.h"
#include "base/utf8.h"

static void refuse(struct bv_json *json)
{
	json->fault = true;
	json->out->broken = true;
}

static bool sound(const struct bv_json *json)
{
	return !json->fault && bv_buf_ok(json->out);
}

static struct bv_json_level *level_now(struct bv_json *json)
{
	return json->depth ? &json->level[json->depth - 1] : NULL;
}

void bv_json_start(struct bv_json *json, struct bv_buf *out)
{
	*json = (struct bv_json){.out = out};
}

bool bv_json_end(struct bv_json *json)
{
	if (!json->done || json->depth)
		refuse(json);
	return sound(json);
}

/* Called before every value: is one due here? Writes the comma between elements. */
static bool value_begin(struct bv_json *json)
{
	struct bv_json_level *level = level_now(json);

	if (!sound(json))
		return false;
	if (level ? level->object && level->key_due : json->done) {
		refuse(json);
		return false;
	}
	if (!level) {
		json->done = true;
		return true;
	}
	if (level->object)
		level->key_due = true;
	else if (level->any)
		bv_buf_byte(json->out, ',');
	level->any = true;
	return true;
}

static void level_push(struct bv_json *json, bool object)
{
	if (!value_begin(json))
		return;
	if (json->depth == BV_JSON_DEPTH_MAX) {
		refuse(json);
		return;
	}
	json->level[json->depth++] = (struct bv_json_level){.object = object, .key_due = object};
	bv_buf_byte(json->out, object ? '{' : '[');
}

static void level_pop(struct bv_json *json, bool object)
{
	const struct bv_json_level *level = level_now(json);

	if (!sound(json))
		return;
	if (!level || level->object != object || (object && !level->key_due)) {
		refuse(json);
		return;
	}
	json->depth--;
	bv_buf_byte(json->out, object ? '}' : ']');
}

void bv_json_object(struct bv_json *json)
{
	level_push(json, true);
}

void bv_json_object_end(struct bv_json *json)
{
	level_pop(json, true);
}

void bv_json_array(struct bv_json *json)
{
	level_push(json, false);
}

void bv_json_array_end(struct bv_json *json)
{
	level_pop(json, false);
}

/* The letter of a two-character escape, or 0. Letter and character stand at the same index. */
static char escape_letter(uint8_t byte)
{
	static const char bytes[] = "\"\\\b\t\n\f\r";
	static const char letters[] = "\"\\btnfr";
	const char *found = byte ? strchr(bytes, byte) : NULL;

	return found ? letters[found - bytes] : '\0';
}

static uint8_t escape_byte(char letter)
{
	uint8_t byte = 1;

	while (escape_letter(byte) != letter)
		byte++;
	return byte;
}

static void escaped(struct bv_buf *out, uint8_t byte)
{
	char letter = escape_letter(byte);

	bv_buf_byte(out, '\\');
	if (letter)
		bv_buf_byte(out, (uint8_t)letter);
	else
		bv_buf_printf(out, "u%04x", byte);
}

/* Writes valid text with the shortest escapes, in runs of bytes that need none. */
static void text_escape(struct bv_buf *out, struct bv_bytes text)
{
	size_t run = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] >= 0x20 && !escape_letter(text.data[i]))
			continue;
		bv_buf_append(out, text.data + run, i - run);
		escaped(out, text.data[i]);
		run = i + 1;
	}
	if (run < text.len)
		bv_buf_append(out, text.data + run, text.len - run);
}

static uint8_t nibble(uint8_t digit)
{
	return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Takes one byte of the original off the front of text that text_escape() wrote. */
static uint8_t text_unescape(struct bv_bytes *text)
{
	const uint8_t *p = text->data;
	uint8_t byte = p[0];
	size_t n = 1;

	if (p[0] == '\\' && p[1] == 'u') {
		byte = (uint8_t)(nibble(p[4]) << 4 | nibble(p[5]));
		n = 6;
	} else if (p[0] == '\\') {
		byte = escape_byte((char)p[1]);
		n = 2;
	}
	*text = bv_bytes(p + n, text->len - n);
	return byte;
}

/* True if `key` comes strictly after `last`, which is escaped. */
static bool key_after(struct bv_bytes key, struct bv_bytes last)
{
	for (size_t i = 0; i < key.len; i++) {
		uint8_t byte;

		if (!last.len)
			return true;
		byte = text_unescape(&last);
		if (byte != key.data[i])
			return key.data[i] > byte;
	}
	return false;
}

static bool key_fits(const struct bv_json *json, const struct bv_json_level *level,
	struct bv_bytes key)
{
	if (!level || !level->object || !level->key_due || !bv_utf8_text(key))
		return false;
	if (!level->any)
		return true;
	return key_after(key, bv_bytes(json->out->data + level->key_offset, level->key_len));
}

void bv_json_key(struct bv_json *json, const char *key)
{
	struct bv_json_level *level = level_now(json);
	struct bv_bytes text = bv_bytes_str(key);

	if (!sound(json))
		return;
	if (!key_fits(json, level, text)) {
		refuse(json);
		return;
	}
	if (level->any)
		bv_buf_byte(json->out, ',');
	bv_buf_byte(json->out, '"');
	level->any = true;
	level->key_due = false;
	level->key_offset = json->out->len;
	text_escape(json->out, text);
	level->key_len = json->out->len - level->key_offset;
	bv_buf_str(json->out, "\":");
}

void bv_json_text(struct bv_json *json, struct bv_bytes text)
{
	if (!value_begin(json))
		return;
	if (!bv_utf8_text(text)) {
		refuse(json);
		return;
	}
	bv_buf_byte(json->out, '"');
	text_escape(json->out, text);
	bv_buf_byte(json->out, '"');
}

void bv_json_string(struct bv_json *json, const char *s)
{
	if (s)
		bv_json_text(json, bv_bytes_str(s));
	else
		bv_json_null(json);
}

void bv_json_integer(struct bv_json *json, int64_t value)
{
	if (!value_begin(json))
		return;
	if (value > BV_JSON_INTEGER_MAX || value < -BV_JSON_INTEGER_MAX) {
		refuse(json);
		return;
	}
	bv_buf_printf(json->out, "%lld", (long long)value);
}

void bv_json_unsigned(struct bv_json *json, uint64_t value)
{
	if (value > (uint64_t)BV_JSON_INTEGER_MAX)
		refuse(json);
	else
		bv_json_integer(json, (int64_t)value);
}

void bv_json_boolean(struct bv_json *json, bool value)
{
	if (value_begin(json))
		bv_buf_str(json->out, value ? "true" : "false");
}

void bv_json_null(struct bv_json *json)
{
	if (value_begin(json))
		bv_buf_str(json->out, "null");
}

void bv_json_hex(struct bv_json *json, struct bv_bytes bytes)
{
	if (!value_begin(json))
		return;
	bv_buf_byte(json->out, '"');
	for (size_t i = 0; i < bytes.len; i++) {
		char pair[2];

		bv_hex(bv_bytes(bytes.data + i, 1), pair);
		bv_buf_append(json->out, pair, sizeof(pair));
	}
	bv_buf_byte(json->out, '"');
}

void bv_json_digest(struct bv_json *json, const struct bv_digest *digest)
{
	bv_json_hex(json, bv_bytes(digest->bytes, sizeof(digest->bytes)));
}

void bv_json_kv_string(struct bv_json *json, const char *key, const char *value)
{
	bv_json_key(json, key);
	bv_json_string(json, value);
}

void bv_json_kv_unsigned(struct bv_json *json, const char *key, uint64_t value)
{
	bv_json_key(json, key);
	bv_json_unsigned(json, value);
}

void bv_json_kv_integer(struct bv_json *json, const char *key, int64_t value)
{
	bv_json_key(json, key);
	bv_json_integer(json, value);
}

void bv_json_kv_boolean(struct bv_json *json, const char *key, bool value)
{
	bv_json_key(json, key);
	bv_json_boolean(json, value);
}

void bv_json_kv_digest(struct bv_json *json, const char *key, const struct bv_digest *digest)
{
	bv_json_key(json, key);
	bv_json_digest(json, digest);
}

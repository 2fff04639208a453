/* SPDX-License-Identifier: MIT
 *
 * Checks of single values. What is quoted from the input is cut to 80 bytes, so that the rest of
 * the sentence always fits.
 */
#include "contract/spec_check.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/utf8.h"

struct bv_place bv_place_at(const char *list, size_t index, const char *field)
{
	struct bv_place place;

	(void)snprintf(place.text, sizeof(place.text), "%s[%zu]%s%s", list, index, field ? "." : "",
		field ? field : "");
	return place;
}

int bv_check_memory(struct bv_check *check, const void *allocated)
{
	if (allocated)
		return BV_OK;
	return bv_fail(check->err, BV_E_NO_MEMORY, "spec", "no memory for a copy of the spec");
}

int bv_check_text(struct bv_check *check, const char *place, const char *in, const char **ret)
{
	const char *copy;
	int code;

	if (!in)
		return bv_fail(check->err, BV_E_MISSING, place,
			"a text is needed here, none is given");
	if (!bv_utf8_text(bv_bytes_str(in)))
		return bv_fail(check->err, BV_E_ENCODING, place, "\"%.80s\" is not valid UTF-8",
			in);
	copy = bv_arena_str(check->arena, in);
	code = bv_check_memory(check, copy);
	if (code)
		return code;
	*ret = copy;
	return BV_OK;
}

/* Copies component by component; false if one is "..", which only the file system can resolve. */
static bool path_normalise(const char *in, char *out)
{
	char *end = out;

	while (*in) {
		size_t n = strcspn(in, "/");

		if (n == 2 && memcmp(in, "..", 2) == 0)
			return false;
		if (n && !(n == 1 && in[0] == '.')) {
			*end++ = '/';
			memcpy(end, in, n);
			end += n;
		}
		in += n + (in[n] == '/');
	}
	if (end == out)
		*end++ = '/';
	*end = '\0';
	return true;
}

static int path_refuse(struct bv_check *check, const char *place, const char *in)
{
	if (!in)
		return bv_fail(check->err, BV_E_MISSING, place,
			"a path is needed here, none is given");
	if (in[0] != '/')
		return bv_fail(check->err, BV_E_INVALID, place,
			"\"%.80s\" is not an absolute path; it must begin with '/'", in);
	if (strlen(in) > BV_PATH_BYTES_MAX)
		return bv_fail(check->err, BV_E_LIMIT, place,
			"a path of %zu bytes; at most %d are allowed", strlen(in),
			BV_PATH_BYTES_MAX);
	if (!bv_utf8_text(bv_bytes_str(in)))
		return bv_fail(check->err, BV_E_ENCODING, place, "\"%.80s\" is not valid UTF-8",
			in);
	return BV_OK;
}

int bv_check_path(struct bv_check *check, const char *place, const char *in, const char **ret)
{
	int code = path_refuse(check, place, in);
	char *copy;

	if (code)
		return code;
	/* Never longer than what is given, but for the empty path, which was refused. */
	copy = bv_arena_alloc(check->arena, strlen(in) + 1);
	code = bv_check_memory(check, copy);
	if (code)
		return code;
	if (!path_normalise(in, copy))
		return bv_fail(check->err, BV_E_INVALID, place,
			"\"%.80s\" has a \"..\", whose meaning depends on links in the file "
			"system; "
			"write the path it leads to",
			in);
	*ret = copy;
	return BV_OK;
}

int bv_check_word(struct bv_check *check, const char *place, unsigned int value,
	const struct bv_words *words)
{
	char list[160];

	if (value < words->count)
		return BV_OK;
	return bv_fail(check->err, BV_E_INVALID, place,
		"%u is not a value of this field; it is %s (0 to %u)", value,
		bv_words_list(words, list, sizeof(list)), words->count - 1);
}

int bv_check_bits(struct bv_check *check, const char *place, uint32_t bits,
	const struct bv_words *words)
{
	uint32_t known = (UINT32_C(1) << words->count) - 1;

	if (!(bits & ~known))
		return BV_OK;
	return bv_fail(check->err, BV_E_INVALID, place,
		"0x%x has bits without a meaning; 0x%x are known", (unsigned int)bits,
		(unsigned int)known);
}

int bv_check_flag(struct bv_check *check, const char *place, uint8_t value)
{
	if (value <= 1)
		return BV_OK;
	return bv_fail(check->err, BV_E_INVALID, place, "%u is no truth value; it is 0 or 1",
		value);
}

int bv_check_list(struct bv_check *check, const char *place, const void *list, size_t count,
	size_t max)
{
	if (count > max)
		return bv_fail(check->err, BV_E_LIMIT, place,
			"%zu entries; at most %zu are allowed", count, max);
	if (count && !list)
		return bv_fail(check->err, BV_E_MISSING, place,
			"%zu entries announced, but no list given", count);
	return BV_OK;
}

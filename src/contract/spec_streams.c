/* SPDX-License-Identifier: MIT
 *
 * The three standard streams. What a mode does not use must not be given, so that a limit or a
 * path never looks as if it did something.
 */
#include "contract/spec_check.h"

#include <stdio.h>

#include "base/fail.h"

static struct bv_place stream_place(int stream, const char *field)
{
	static const char *const names[] = {"stdin", "stdout", "stderr"};
	struct bv_place place;

	(void)snprintf(place.text, sizeof(place.text), "streams.%s.%s", names[stream], field);
	return place;
}

/* The limit belongs to captures, and to nothing else. */
static int stream_limit_check(struct bv_check *check, int stream, const struct bv_stream *in)
{
	struct bv_place place = stream_place(stream, "limit_bytes");
	const char *mode = bv_words_name(&bv_words_stream, in->mode);

	if (in->mode != BV_STREAM_CAPTURE && in->limit_bytes)
		return bv_fail(check->err, BV_E_INVALID, place.text,
			"a limit of %llu bytes in mode %s; only mode capture has a limit",
			(unsigned long long)in->limit_bytes, mode);
	if (in->mode == BV_STREAM_CAPTURE && !in->limit_bytes)
		return bv_fail(check->err, BV_E_INVALID, place.text,
			"a capture needs a limit of 1 to %d bytes", BV_CAPTURE_BYTES_MAX);
	if (in->limit_bytes > BV_CAPTURE_BYTES_MAX)
		return bv_fail(check->err, BV_E_LIMIT, place.text,
			"a limit of %llu bytes; at most %d are allowed",
			(unsigned long long)in->limit_bytes, BV_CAPTURE_BYTES_MAX);
	return BV_OK;
}

static int stream_path_check(struct bv_check *check, int stream, const struct bv_stream *in,
	struct bv_stream *ret)
{
	struct bv_place place = stream_place(stream, "path");
	int code;

	if (in->mode != BV_STREAM_FILE && in->path)
		return bv_fail(check->err, BV_E_INVALID, place.text,
			"a path in mode %s; only mode file has a path",
			bv_words_name(&bv_words_stream, in->mode));
	if (in->mode != BV_STREAM_FILE)
		return BV_OK;
	code = bv_check_path(check, place.text, in->path, &ret->path);
	if (!code && !ret->path[1])
		return bv_fail(check->err, BV_E_INVALID, place.text,
			"\"/\" is a directory, not a file");
	return code;
}

static int stream_check(struct bv_check *check, int stream, const struct bv_stream *in,
	struct bv_stream *ret)
{
	struct bv_place place = stream_place(stream, "mode");
	int code = bv_check_word(check, place.text, (unsigned int)in->mode, &bv_words_stream);

	if (code)
		return code;
	if (stream == 0 && in->mode == BV_STREAM_CAPTURE)
		return bv_fail(check->err, BV_E_INVALID, place.text,
			"standard input cannot be captured; it is null, inherit or file");
	code = stream_limit_check(check, stream, in);
	if (!code)
		code = stream_path_check(check, stream, in, ret);
	if (code)
		return code;
	ret->mode = in->mode;
	ret->limit_bytes = in->limit_bytes;
	return BV_OK;
}

int bv_check_streams(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	int code = BV_OK;

	for (int i = 0; i < 3 && !code; i++)
		code = stream_check(check, i, &in->streams[i], &ret->streams[i]);
	return code;
}

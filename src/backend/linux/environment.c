/* SPDX-License-Identifier: MIT
 *
 * Making an environment; see environment.h.
 */
#include "environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "contract/requirement.h"

static const char PLACE[] = "capabilities.environment";

static int environment_secret(const struct bv_run_options *options,
	const struct bv_variable *variable, struct bv_buf *buf, struct bv_error *err)
{
	char *value = malloc(BV_SECRET_BYTES_MAX);
	size_t len = 0;
	int code = 0, errnum = ENOSYS;

	if (!value)
		return bv_fail(err, BV_E_NO_MEMORY, PLACE, "no memory for a secret");
	if (options->resolve_secret)
		errnum = options->resolve_secret(options->context, variable->secret, value,
			BV_SECRET_BYTES_MAX, &len);
	if (!errnum && (len > BV_SECRET_BYTES_MAX || memchr(value, 0, len)))
		errnum = EINVAL;
	if (errnum)
		code = bv_fail_os(err, BV_E_SECRET, errnum, PLACE,
			"the secret '%s' for %s cannot be resolved", variable->secret,
			variable->name);
	else
		bv_buf_append(buf, value, len);
	explicit_bzero(value, BV_SECRET_BYTES_MAX);
	free(value);
	return code;
}

static const char *environment_temp(const struct bv_spec *spec, const struct environment_told *told)
{
	return told->temp ? told->temp : spec->temp_path;
}

static size_t environment_room(const struct bv_spec *spec, const struct environment_told *told)
{
	size_t room = 1;

	for (size_t i = 0; i < spec->variable_count; i++) {
		const struct bv_variable *variable = &spec->variables[i];

		room += strlen(variable->name) + 2;
		room += variable->secret ? BV_SECRET_BYTES_MAX : strlen(variable->value);
	}
	if (bv_spec_tells_temp(spec))
		room += sizeof(BV_TEMP_VARIABLE) + 1 + strlen(environment_temp(spec, told));
	if (told->outputs)
		room += sizeof(BV_OUTPUT_VARIABLE) + 1 + strlen(told->outputs);
	return room;
}

static void environment_put(struct bv_buf *buf, const char *name, const char *value)
{
	bv_buf_str(buf, name);
	bv_buf_byte(buf, '=');
	bv_buf_str(buf, value);
	bv_buf_byte(buf, 0);
}

static int environment_fill(const struct bv_spec *spec, const struct bv_run_options *options,
	struct bv_buf *buf, struct bv_error *err)
{
	int code = 0;

	for (size_t i = 0; !code && i < spec->variable_count; i++) {
		const struct bv_variable *variable = &spec->variables[i];

		if (!variable->secret) {
			environment_put(buf, variable->name, variable->value);
			continue;
		}
		bv_buf_str(buf, variable->name);
		bv_buf_byte(buf, '=');
		code = environment_secret(options, variable, buf, err);
		bv_buf_byte(buf, 0);
	}
	return code;
}

int environment_make(const struct bv_spec *spec, const struct bv_run_options *options,
	const struct environment_told *told, struct bv_buf *ret, struct bv_error *err)
{
	size_t room = environment_room(spec, told);
	struct bv_buf buf = {.data = malloc(room), .capacity = room, .max = room};
	int code;

	if (!buf.data)
		return bv_fail(err, BV_E_NO_MEMORY, PLACE, "no memory for %zu bytes", room);
	code = environment_fill(spec, options, &buf, err);
	if (bv_spec_tells_temp(spec))
		environment_put(&buf, BV_TEMP_VARIABLE, environment_temp(spec, told));
	if (told->outputs)
		environment_put(&buf, BV_OUTPUT_VARIABLE, told->outputs);
	if (!code && !bv_buf_ok(&buf))
		code = bv_fail(err, BV_E_FAULT, PLACE, "%zu bytes do not hold it", room);
	if (code) {
		environment_wipe(&buf);
		return code;
	}
	*ret = buf;
	return 0;
}

uint32_t environment_count(const struct bv_spec *spec, const struct environment_told *told)
{
	return (uint32_t)spec->variable_count + bv_spec_tells_temp(spec) + (told->outputs != NULL);
}

void environment_wipe(struct bv_buf *environment)
{
	if (environment->data)
		explicit_bzero(environment->data, environment->capacity);
	bv_buf_free(environment);
}

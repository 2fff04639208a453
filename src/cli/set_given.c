/* SPDX-License-Identifier: MIT
 *
 * Setters of what the program is given: environment, descriptors, streams.
 */
#include "cli/setters.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/draft.h"
#include "cli/file.h"
#include "cli/path.h"
#include "cli/quantity.h"
#include "cli/say.h"

#define ENV_FILE_MAX BV_ENVIRONMENT_BYTES_MAX

/* `text` is NAME=VALUE, or NAME for the value it has here. */
static int set_variable(struct cli_request *request, const char *place, const char *text,
	struct bv_error *err)
{
	size_t len = strcspn(text, "=");
	char *name = cli_keep_text(request, text, len, err);
	struct bv_variable variable = {.name = name};

	if (!name)
		return err->code;
	if (len == 0)
		return cli_fail(err, BV_E_INVALID, place, "the name is empty");
	variable.value = text[len] ? text + len + 1 : getenv(name);
	if (!variable.value)
		return cli_fail(err, BV_E_MISSING, place, "%s is not set here", name);
	return cli_draft_variable(request, &variable, err);
}

CLI_SETTER(cli_set_env)
{
	return set_variable(request, option->name, value, err);
}

CLI_SETTER(cli_set_env_file)
{
	size_t len = 0;
	char *cursor = cli_file_read(request, value, ENV_FILE_MAX, &len, err);
	char *line;
	int code = 0;

	if (!cursor)
		return err->code;
	if (strlen(cursor) != len)
		return cli_fail(err, BV_E_ENCODING, option->name, "%s holds a NUL", value);
	while (!code && (line = cli_file_line(&cursor))) {
		if (line[0] && line[0] != '#')
			code = set_variable(request, value, line, err);
	}
	return code;
}

CLI_SETTER(cli_set_secret)
{
	size_t len = strcspn(value, "=");
	struct bv_variable variable = {.secret = value + len + 1};

	if (len == 0 || !value[len] || !value[len + 1])
		return cli_fail(err, BV_E_INVALID, option->name, "wants %s", option->form);
	variable.name = cli_keep_text(request, value, len, err);
	if (!variable.name)
		return err->code;
	return cli_draft_variable(request, &variable, err);
}

static int read_number(const char *text, size_t len, uint32_t *ret)
{
	uint64_t number;

	if (cli_quantity_parse(text, len, CLI_UNIT_COUNT, &number) < 0 ||
		number > BV_DESCRIPTOR_NUMBER_MAX)
		return -1;
	*ret = (uint32_t)number;
	return 0;
}

CLI_SETTER(cli_set_descriptor)
{
	size_t len = strcspn(value, ":");
	const char *target = value[len] ? value + len + 1 : value;
	struct bv_descriptor descriptor = {0};

	if (read_number(value, len, &descriptor.source) < 0 ||
		read_number(target, value[len] ? strlen(target) : len, &descriptor.target) < 0)
		return cli_fail(err, BV_E_INVALID, option->name,
			"%s is not %s, of numbers up to %d", value, option->form,
			BV_DESCRIPTOR_NUMBER_MAX);
	if (descriptor.target < 3)
		return cli_fail(err, BV_E_INVALID, option->name,
			"%u is a standard stream; use --stdin, --stdout or --stderr",
			descriptor.target);
	if (fcntl((int)descriptor.source, F_GETFD) < 0)
		return cli_fail(err, BV_E_INVALID, option->name,
			"descriptor %u is not open here; the shell opens one with %u<FILE",
			descriptor.source, descriptor.source);
	return cli_draft_descriptor(request, &descriptor, err);
}

CLI_SETTER(cli_set_stream)
{
	struct bv_stream *stream = &request->spec.streams[option->detail];
	struct bv_stream chosen = {.mode = BV_STREAM_FILE};
	int code = 0;

	if (strcmp(value, "null") == 0) {
		chosen.mode = BV_STREAM_NULL;
	} else if (strcmp(value, "inherit") == 0) {
		chosen.mode = BV_STREAM_INHERIT;
	} else if (option->detail != 0 && strcmp(value, "capture") == 0) {
		chosen.mode = BV_STREAM_CAPTURE;
		chosen.limit_bytes =
			stream->limit_bytes ? stream->limit_bytes : CLI_CAPTURE_DEFAULT;
	} else {
		code = cli_path_absolute(request, option->name, value, &chosen.path, err);
	}
	if (code)
		return code;
	*stream = chosen;
	return 0;
}

CLI_SETTER(cli_set_capture_limit)
{
	if (cli_quantity_parse(value, strlen(value), CLI_UNIT_BYTES, &request->capture_limit) < 0)
		return cli_fail(err, BV_E_INVALID, option->name, "%s is not a size: %s", value,
			cli_unit_hint(CLI_UNIT_BYTES));
	request->capture_limit_given = true;
	return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * Setters of what is made to appear in the boundary: the temporary root, bound paths, overlays
 * and outputs. A colon parts source, destination and access, so a path with one goes into a spec
 * file.
 */
#include "cli/setters.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/draft.h"
#include "cli/path.h"
#include "cli/say.h"

CLI_SETTER(cli_set_temp)
{
	request->storage_wanted = true;
	request->spec.temp_root = 1;
	if (!value)
		return 0;
	return cli_path_absolute(request, option->name, value, &request->spec.temp_path, err);
}

/* The words of access; 0 if it is none of them. */
static uint32_t access_of(const char *word)
{
	static const struct {
		const char *word;
		uint32_t access;
	} words[] = {
		{"ro", BV_READ},
		{"rw", BV_READ | BV_WRITE},
		{"rox", BV_READ | BV_EXECUTE},
		{"rwx", BV_READ | BV_WRITE | BV_EXECUTE},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) == 0)
			return words[i].access;
	}
	return 0;
}

/* An existing path, made absolute. */
static int source_read(struct cli_request *request, const char *place, const char *text,
	const char **ret, struct bv_error *err)
{
	const char *path = NULL;
	int code = cli_path_absolute(request, place, text, &path, err);

	if (code)
		return code;
	if (access(path, F_OK) < 0)
		return cli_fail_os(err, errno, place, "%s", path);
	*ret = path;
	return 0;
}

/* Cuts a copy of `value` at its colons: up to `max` parts, whose number is returned; 0 if there
 * are more, -1 without memory. */
static int parts_of(struct cli_request *request, const char *value, char *parts[], int max,
	struct bv_error *err)
{
	char *text = cli_keep_text(request, value, strlen(value), err);
	int count = 0;

	if (!text)
		return -1;
	while (text && count < max) {
		parts[count++] = text;
		text = strchr(text, ':');
		if (text)
			*text++ = '\0';
	}
	return text ? 0 : count;
}

static int wanted(const struct cli_option *option, struct bv_error *err)
{
	return cli_fail(err, BV_E_INVALID, option->name,
		"wants %s; a path with a colon goes into a spec file", option->form);
}

CLI_SETTER(cli_set_bind)
{
	struct bv_exposure exposure = {.access = BV_READ};
	char *parts[3] = {NULL, NULL, NULL};
	int count = parts_of(request, value, parts, 3, err);
	int code;

	if (count < 0)
		return err->code;
	if (parts[2])
		exposure.access = access_of(parts[2]);
	if (count < 2 || !exposure.access)
		return wanted(option, err);
	code = source_read(request, option->name, parts[0], &exposure.source, err);
	if (!code)
		code = cli_path_absolute(request, option->name, parts[1], &exposure.destination,
			err);
	return code ? code : cli_draft_exposure(request, &exposure, err);
}

CLI_SETTER(cli_set_overlay)
{
	struct bv_exposure exposure = {.access = BV_READ | BV_WRITE, .overlay = 1};
	char *parts[2] = {NULL, NULL};
	int count = parts_of(request, value, parts, 2, err);
	int code;

	if (count < 0)
		return err->code;
	if (parts[1])
		exposure.access = access_of(parts[1]);
	if (count < 1 || !(exposure.access & BV_WRITE))
		return wanted(option, err);
	code = source_read(request, option->name, parts[0], &exposure.source, err);
	exposure.destination = exposure.source;
	return code ? code : cli_draft_exposure(request, &exposure, err);
}

/* "NAME=" without a path leaves the place to the backend. A "=" behind a slash is the path's. */
CLI_SETTER(cli_set_output)
{
	struct bv_output output = {.name = "out"};
	size_t len = strcspn(value, "=/");

	if (value[len] == '=') {
		output.name = cli_keep_text(request, value, len, err);
		if (!output.name)
			return err->code;
		value += len + 1;
		if (!value[0])
			return cli_draft_output(request, &output, err);
	}
	if (cli_path_absolute(request, option->name, value, &output.path, err))
		return err->code;
	return cli_draft_output(request, &output, err);
}

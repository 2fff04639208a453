/* SPDX-License-Identifier: MIT
 *
 * bvisor spec: checks a spec file without asking any backend, and prints the schema and an
 * example. Both texts are files of the source tree, embedded by the build.
 */
#include "cli/verbs.h"

#include <inttypes.h>
#include <stdio.h>

#include <bvisor/spec.h>

#include "cli/embedded.h"
#include "cli/file.h"
#include "cli/say.h"
#include "cli/show.h"

static void say_fault(const char *path, const struct bv_error *err)
{
	const char *place = err->place[0] ? err->place : "the text";

	if (err->offset)
		cli_say("%s: %s, byte %" PRIu64 ": %s (%s)", path, place, err->offset, err->text,
			bv_code_name(err->code));
	else
		cli_say("%s: %s: %s (%s)", path, place, err->text, bv_code_name(err->code));
}

static int check(struct cli_request *request, const char *path)
{
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};
	char name[256];
	size_t len = 0;
	const char *text = cli_file_read(request, path, BV_SPEC_JSON_BYTES_MAX, &len, &err);

	if (!text) {
		cli_say_error(&err);
		return CLI_EXIT_FAILED;
	}
	if (bv_proposal_from_json(text, len, &proposal, &err)) {
		say_fault(path, &err);
		return CLI_EXIT_UNSOUND;
	}
	bv_proposal_free(proposal);
	printf("%s: valid\n", cli_neutral(name, sizeof(name), path));
	return cli_show_end();
}

int cli_spec(struct cli_request *request)
{
	const char *path = request->paths[CLI_PATH_CHECK];
	bool schema = request->flags[CLI_FLAG_SCHEMA];
	bool example = request->flags[CLI_FLAG_EXAMPLE];

	if ((path != NULL) + schema + example != 1 || request->operand_count > 0) {
		cli_say("spec wants one of: --check FILE, --schema, --example");
		return CLI_EXIT_FAILED;
	}
	if (path)
		return check(request, path);
	(void)fputs(schema ? cli_embedded_schema : cli_embedded_example, stdout);
	return cli_show_end();
}

/* SPDX-License-Identifier: MIT
 *
 * bvisor artifacts: list, diff, commit and discard what the run of a report left. A list is what
 * sha256sum prints, so that it can check what was taken out.
 */
#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/say.h"
#include "cli/show.h"
#include "cli/staging.h"

#define REPORT_MAX ((size_t)1 << 28)
#define NAME_SHOWN 8192

static int failed(const struct bv_error *err)
{
	cli_say_error(err);
	return CLI_EXIT_FAILED;
}

/* A name with a backslash is marked and escaped as sha256sum does it; on a terminal nothing that
 * could act on it gets through. */
static void print_name(const char *name)
{
	char shown[NAME_SHOWN];

	if (isatty(STDOUT_FILENO))
		name = cli_neutral(shown, sizeof(shown), name);
	for (; *name; name++) {
		if (*name == '\\')
			(void)putchar('\\');
		(void)putchar(*name);
	}
	(void)putchar('\n');
}

static int list(struct cli_request *request, struct bv_artifacts *artifacts)
{
	size_t count;
	const struct bv_artifact_row *rows = bv_artifacts_list(artifacts, &count);

	(void)request;
	for (size_t i = 0; i < count; i++) {
		char hex[BV_DIGEST_HEX];

		printf("%s%s  ", strchr(rows[i].place, '\\') ? "\\" : "",
			bv_digest_hex(&rows[i].artifact.sha256, hex));
		print_name(rows[i].place);
	}
	return cli_show_end();
}

static int diff(struct cli_request *request, struct bv_artifacts *artifacts)
{
	static const char *const words[] = {
		[BV_DIFFERENCE_CREATED] = "created",
		[BV_DIFFERENCE_CHANGED] = "changed",
		[BV_DIFFERENCE_SAME] = "same",
	};
	const char *directory = request->operands[2];
	struct bv_error err = {0};
	size_t count;
	const struct bv_artifact_row *rows = bv_artifacts_list(artifacts, &count);
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = CLI_EXIT_OK;

	if (fd < 0) {
		(void)cli_fail_os(&err, errno, directory, "cannot be opened");
		return failed(&err);
	}
	for (size_t i = 0; i < count && status != CLI_EXIT_FAILED; i++) {
		enum bv_difference difference = BV_DIFFERENCE_SAME;

		if (bv_artifacts_compare(artifacts, i, fd, &difference, &err)) {
			status = failed(&err);
			break;
		}
		if (difference != BV_DIFFERENCE_SAME)
			status = CLI_EXIT_UNSOUND;
		printf("%-7s ", words[difference]);
		print_name(rows[i].place);
	}
	(void)close(fd);
	return cli_show_end() ? CLI_EXIT_FAILED : status;
}

static int commit(struct cli_request *request, struct bv_artifacts *artifacts)
{
	return cli_staging_commit(request, artifacts, request->operands[2]);
}

static int discard(struct cli_request *request, struct bv_artifacts *artifacts)
{
	(void)request;
	return cli_staging_discard(artifacts);
}

static const struct action {
	const char *name;
	size_t operands; /* with itself and the report */
	bool staged;     /* it needs what is staged */
	bool takes;      /* it takes something out */
	int (*act)(struct cli_request *request, struct bv_artifacts *artifacts);
} actions[] = {
	{"list", 2, false, false, list},
	{"diff", 3, false, false, diff},
	{"commit", 3, true, true, commit},
	{"discard", 2, true, false, discard},
};

static const struct action *action_find(const struct cli_request *request)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (request->operand_count && strcmp(actions[i].name, request->operands[0]) == 0)
			return request->operand_count == actions[i].operands ? &actions[i] : NULL;
	}
	return NULL;
}

/* What is said and would not be heeded; NULL: nothing. */
static const char *idle_option(const struct cli_request *request, const struct action *action)
{
	if (!action->takes && request->paths[CLI_PATH_RECORD])
		return "--record";
	if (!action->takes && request->flags[CLI_FLAG_OVERWRITE])
		return "--overwrite";
	return !action->staged && request->paths[CLI_PATH_STAGING] ? "--staging" : NULL;
}

static int open_artifacts(struct cli_request *request, const struct action *action,
	struct bv_artifacts **ret, struct bv_error *err)
{
	const char *staging = NULL, *bytes;
	size_t len = 0;
	int code = action->staged ? cli_staging(request, &staging, err) : 0;

	if (code)
		return code;
	bytes = cli_file_read(request, request->operands[1], REPORT_MAX, &len, err);
	return bytes ? bv_artifacts_open(bytes, len, staging, ret, err) : (int)err->code;
}

int cli_artifacts(struct cli_request *request)
{
	const struct action *action = action_find(request);
	struct bv_artifacts *artifacts = NULL;
	struct bv_error err = {0};
	int status;

	if (!action || request->command_count > 0) {
		cli_say("artifacts wants: list REPORT, diff REPORT DIR, commit REPORT DIR, or "
			"discard REPORT");
		return CLI_EXIT_FAILED;
	}
	if (idle_option(request, action)) {
		cli_say("artifacts %s has no use for %s", action->name,
			idle_option(request, action));
		return CLI_EXIT_FAILED;
	}
	if (open_artifacts(request, action, &artifacts, &err))
		return failed(&err);
	status = action->act(request, artifacts);
	(void)bv_artifacts_free(artifacts);
	return status;
}

/* SPDX-License-Identifier: MIT
 *
 * The usual staging directory follows the XDG base directory specification (state), and for root
 * the file system hierarchy. An environment that names no absolute path names none.
 */
#include "cli/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/say.h"

#define ROOT_STAGING "/var/lib/bvisor"

static bool usual(char path[PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int len = -1;

	if (geteuid() == 0)
		len = snprintf(path, PATH_MAX, ROOT_STAGING);
	else if (state && state[0] == '/')
		len = snprintf(path, PATH_MAX, "%s/bvisor", state);
	else if (home && home[0] == '/')
		len = snprintf(path, PATH_MAX, "%s/.local/state/bvisor", home);
	return len > 0 && len < PATH_MAX;
}

/* Each directory on the way; what fails shows when the last one is opened. They are ours, so we can
 * enter them whatever the umask is. */
static void make_path(char *path)
{
	mode_t mask = umask(077);

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	(void)mkdir(path, 0700);
	(void)umask(mask);
}

int cli_staging(struct cli_request *request, const char **ret, struct bv_error *err)
{
	char path[PATH_MAX];

	*ret = request->paths[CLI_PATH_STAGING];
	if (*ret || !usual(path))
		return 0;
	if (request->spec.output_count)
		make_path(path);
	*ret = cli_keep_text(request, path, strlen(path), err);
	return *ret ? 0 : (int)err->code;
}

static int say_failed(const struct bv_error *err)
{
	cli_say_error(err);
	return CLI_EXIT_FAILED;
}

static int directory_open(const char *path, int *ret, struct bv_error *err)
{
	bool made = mkdir(path, 0777) == 0;
	int above;

	if (!made && errno != EEXIST)
		return cli_fail_os(err, errno, path, "cannot be made");
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret < 0)
		return cli_fail_os(err, errno, path, "cannot be opened");
	if (!made)
		return 0;
	/* What is flushed into it must be found after a crash. */
	above = openat(*ret, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above < 0 || fsync(above))
		(void)cli_fail_os(err, errno, path, "its own name cannot be flushed to the disk");
	else
		made = false;
	if (above >= 0)
		(void)close(above);
	return made ? (int)err->code : 0;
}

static int record_write(struct cli_output *output, const struct bv_artifacts *artifacts,
	const struct bv_commit_record *record)
{
	struct bv_error err = {0};
	size_t len = 0, of = 0, committed = bv_commit_record_committed(record, &of);
	const char *json = bv_commit_record_json(record, &len);

	if (cli_output_commit(output, json, len, &err))
		return say_failed(&err);
	if (committed != of)
		cli_say("%zu of %zu artifacts were taken out as asked (%s); what was staged still "
			"is: the same commit goes on where this one stopped",
			committed, of, strerror(bv_commit_record_errno(record)));
	else if (bv_artifacts_staged(artifacts))
		cli_say("all that the report lists was taken out, but more may be staged, which "
			"still is: bvisor artifacts discard drops it");
	else
		return CLI_EXIT_OK;
	return CLI_EXIT_FAILED;
}

/* The record's file is opened first: what cannot be told is not done. */
int cli_staging_commit(struct cli_request *request, struct bv_artifacts *artifacts,
	const char *directory)
{
	uint32_t flags = request->flags[CLI_FLAG_OVERWRITE] ? BV_COMMIT_OVERWRITE : 0;
	struct cli_output output = {.fd = -1, .record = true};
	struct bv_commit_record *record = NULL;
	struct bv_error err = {0};
	int fd = -1, status;
	int code = cli_output_open(&output, request->paths[CLI_PATH_RECORD], &err);

	if (!code)
		code = directory_open(directory, &fd, &err);
	if (!code)
		code = bv_artifacts_commit(artifacts, fd, flags, &record, &err);
	if (code) {
		status = say_failed(&err);
		cli_say("nothing was taken out; what was staged still is");
	} else {
		status = record_write(&output, artifacts, record);
	}
	if (fd >= 0)
		(void)close(fd);
	cli_output_close(&output);
	(void)bv_commit_record_free(record);
	return status;
}

int cli_staging_discard(struct bv_artifacts *artifacts)
{
	struct bv_error err = {0};
	int code = bv_artifacts_staged(artifacts) ? bv_artifacts_discard(artifacts, &err) : 0;

	return code && code != BV_E_NOT_FOUND ? say_failed(&err) : CLI_EXIT_OK;
}

int cli_staging_decide(struct cli_request *request, const char *report, size_t len, bool succeeded,
	int status)
{
	const char *directory = request->paths[CLI_PATH_COMMIT], *staging = NULL;
	struct bv_artifacts *artifacts = NULL;
	struct bv_error err = {0};
	int decided = CLI_EXIT_OK;

	if (cli_staging(request, &staging, &err) ||
		bv_artifacts_open(report, len, staging, &artifacts, &err))
		return say_failed(&err);
	if (directory && succeeded)
		decided = cli_staging_commit(request, artifacts, directory);
	if (request->flags[CLI_FLAG_DISCARD] && decided == CLI_EXIT_OK)
		decided = cli_staging_discard(artifacts);
	else if (directory && !succeeded && bv_artifacts_staged(artifacts))
		cli_say("the run did not succeed, so nothing was taken out; what it left is "
			"staged");
	if (!request->paths[CLI_PATH_REPORT] && bv_artifacts_staged(artifacts))
		cli_say("only its report can take out or drop what is staged, and none was kept: "
			"--report FILE");
	(void)bv_artifacts_free(artifacts);
	return decided == CLI_EXIT_OK ? status : decided;
}

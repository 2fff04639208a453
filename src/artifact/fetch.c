/* SPDX-License-Identifier: MIT
 *
 * Outputs that were kept in the boundary's storage are fetched into the staging directory when the
 * run is over: what the collector takes, regular files with one name, and no more than it would
 * read. The walk is the collector's own (artifact/walk.h): it trusts nothing that lies there. Nor
 * is the staging trusted, for a grant may have covered it: the way down goes word by word and
 * through no link, and no file is written to that was there before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/outputs.h"
#include "artifact/walk.h"
#include "sys/fd.h"
#include "sys/quiet.h"

#define FETCH_NAMES_MAX ((size_t)4 * BV_BODY_ARTIFACTS_MAX)
#define FETCH_NAMED_MAX 64

struct fetch {
	struct outputs *outputs;
	const struct bv_spec *spec;
	struct bv_report_body *body;
	int store;
	size_t index;
	uint64_t bytes_left;
};

void outputs_stored_name(size_t index, char ret[OUTPUTS_STORED_NAME])
{
	snprintf(ret, OUTPUTS_STORED_NAME, "o%zu", index);
}

static void on_refused(void *context, const char *path, const char *why)
{
	const struct fetch *fetch = context;

	if (fetch->outputs->refused++ < FETCH_NAMED_MAX)
		bv_body_finding(fetch->body, "artifact-refused", "%s: %s: %s",
			fetch->spec->outputs[fetch->index].name, path[0] ? path : ".", why);
}

/* The directory of the file in the staging, made where it is missing: a descriptor or -1; the last
 * word of the path comes back. */
static int fetch_parent(int to, const char *path, const char **ret_name)
{
	char word[WALK_PATH_MAX + 1];
	int dir = walk_reopen(to);

	for (const char *end; dir >= 0 && (end = strchr(path, '/')); path = end + 1) {
		CLEANUP_FD int above = dir;

		memcpy(word, path, (size_t)(end - path));
		word[end - path] = 0;
		if (mkdirat(above, word, 0700) && errno != EEXIST)
			return -1;
		dir = walk_open(above, word, O_RDONLY | O_DIRECTORY);
	}
	*ret_name = path;
	return dir;
}

/* Exactly its size, and then its end. */
static bool fetch_bytes(int from, int to, uint64_t size)
{
	struct sys_quiet quiet = sys_quiet_begin();
	int errnum = 0;
	char byte;

	while (size && !errnum) {
		ssize_t n = sendfile(to, from, NULL, size < 0x40000000 ? size : 0x40000000);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			errnum = n < 0 ? errno : EIO;
		else
			size -= (uint64_t)n;
	}
	sys_quiet_end(&quiet, errnum);
	return !errnum && read(from, &byte, 1) == 0;
}

static void on_file(void *context, int fd, const char *path, const struct stat *st)
{
	struct fetch *fetch = context;
	int to = fetch->outputs->dirs[fetch->index];
	mode_t mode = st->st_mode & S_IXUSR ? 0700 : 0600;
	const char *name;
	CLEANUP_FD int dir = -1;
	CLEANUP_FD int copy = -1;

	if ((uint64_t)st->st_size > fetch->bytes_left) {
		on_refused(fetch, path, "it is too large, with those before it");
		return;
	}
	fetch->bytes_left -= (uint64_t)st->st_size;
	dir = fetch_parent(to, path, &name);
	if (dir >= 0)
		copy = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			mode);
	if (copy >= 0 && fetch_bytes(fd, copy, (uint64_t)st->st_size))
		return;
	on_refused(fetch, path, "it cannot be copied from the storage of the run");
	if (copy >= 0)
		(void)unlinkat(dir, name, 0);
}

static void fetch_one(struct fetch *fetch)
{
	char name[OUTPUTS_STORED_NAME];
	CLEANUP_FD int from = -1;
	struct walk walk = {.names_max = FETCH_NAMES_MAX,
		.file = on_file,
		.refused = on_refused,
		.context = fetch};

	outputs_stored_name(fetch->index, name);
	from = openat(fetch->store, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	walk.root = from;
	if (from >= 0)
		walk_tree(&walk);
	else
		walk.missed = "all of it: the storage of the run cannot be opened";
	if (walk.missed[0])
		fetch->outputs->missed = walk.missed;
}

void outputs_fetch(struct outputs *outputs, const struct bv_spec *spec, int store,
	struct bv_report_body *body)
{
	struct fetch fetch = {.outputs = outputs,
		.spec = spec,
		.body = body,
		.store = store,
		.bytes_left = outputs_bytes_max(spec)};

	for (; fetch.index < outputs->count; fetch.index++)
		fetch_one(&fetch);
}

/* SPDX-License-Identifier: MIT
 *
 * Collecting artifacts. Each file is closed against changes, looked at, hashed through the same
 * descriptor and looked at again: what somebody changed meanwhile is not an artifact. Nothing is
 * believed of the tree's death: a survivor can make files go missing, never lead us out (walk.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "artifact/outputs.h"
#include "artifact/walk.h"
#include "base/digest.h"

#define COLLECT_PIECE ((size_t)128 << 10)
#define COLLECT_NAMES_MAX ((size_t)4 * BV_BODY_ARTIFACTS_MAX)
/* Findings that name what was refused; then there is one that counts. */
#define COLLECT_NAMED_MAX 64
/* Read at most, where no budget says less: holes cost nothing to make, and time to read. */
#define COLLECT_BYTES_MAX (UINT64_C(64) << 30)

struct collector {
	struct bv_report_body *body;
	const char *output;
	unsigned char *piece;
	uint64_t bytes_left;
	size_t taken;
	size_t refused;
	bool full;
};

static void collect_refuse(struct collector *collector, const char *path, const char *why)
{
	if (collector->refused++ < COLLECT_NAMED_MAX)
		bv_body_finding(collector->body, "artifact-refused", "%s: %s: %s",
			collector->output, path[0] ? path : ".", why);
}

static void on_refused(void *context, const char *path, const char *why)
{
	collect_refuse(context, path, why);
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_nlink == b->st_nlink &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
		a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Reads exactly `size` bytes, and sees the end behind them. */
static bool collect_digest(struct collector *collector, int fd, uint64_t size,
	struct bv_digest *ret)
{
	struct bv_sha256 state;

	bv_sha256_init(&state);
	for (;;) {
		ssize_t n = read(fd, collector->piece, COLLECT_PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (uint64_t)n > size)
			return false;
		if (!n)
			break;
		bv_sha256_update(&state, collector->piece, (size_t)n);
		size -= (uint64_t)n;
	}
	bv_sha256_final(&state, ret);
	return !size;
}

static void on_file(void *context, int fd, const char *path, const struct stat *found)
{
	struct collector *collector = context;
	struct bv_artifact artifact = {.output = collector->output, .path = path};
	struct stat before, after;

	if (collector->taken == BV_BODY_ARTIFACTS_MAX) {
		collector->full = true;
		return;
	}
	artifact.executable = (found->st_mode & S_IXUSR) != 0;
	if (fchmod(fd, artifact.executable ? 0500 : 0400) || fstat(fd, &before)) {
		collect_refuse(collector, path, "it cannot be closed against changes");
		return;
	}
	artifact.size_bytes = (uint64_t)before.st_size;
	if (artifact.size_bytes > collector->bytes_left) {
		collect_refuse(collector, path, "it is too large, with those before it");
		return;
	}
	collector->bytes_left -= artifact.size_bytes;
	if (!collect_digest(collector, fd, artifact.size_bytes, &artifact.sha256) ||
		fstat(fd, &after) || !same(&before, &after)) {
		collect_refuse(collector, path, "it changed while it was read");
		return;
	}
	bv_body_artifact(collector->body, &artifact);
	collector->taken++;
}

static void on_left(void *context, int fd, const char *path)
{
	(void)context;
	(void)path;
	(void)fchmod(fd, 0500);
}

/* One output; what was missed of it, or "". */
static const char *collect_output(struct collector *collector, int directory)
{
	struct walk walk = {.root = directory,
		.names_max = COLLECT_NAMES_MAX,
		.file = on_file,
		.refused = on_refused,
		.left = on_left,
		.context = collector};

	walk_tree(&walk);
	return walk.missed;
}

uint64_t outputs_bytes_max(const struct bv_spec *spec)
{
	const struct bv_budget *storage = &spec->budgets[BV_STORAGE];

	return storage->guarantee != BV_UNSUPPORTED && storage->limit < COLLECT_BYTES_MAX
		? storage->limit
		: COLLECT_BYTES_MAX;
}

static void collect_say(struct collector *collector, const char *missed)
{
	struct bv_report_body *body = collector->body;

	if (collector->refused > COLLECT_NAMED_MAX)
		bv_body_finding(body, "artifact-refused", "%zu more, which are not named",
			collector->refused - COLLECT_NAMED_MAX);
	if (missed[0])
		bv_body_finding(body, "artifacts-incomplete", "%s", missed);
	bv_body_observe(body, "outputs-collected", "%zu artifacts, %zu refused", collector->taken,
		collector->refused);
	bv_body_cover(body, BV_EVIDENCE_ARTIFACT_LINEAGE,
		missed[0] ? BV_COVERAGE_PARTIAL : BV_COVERAGE_COMPLETE,
		"host (walk of the output directories)", missed);
}

void outputs_collect(const struct outputs *outputs, const struct bv_spec *spec, bool drained,
	struct bv_report_body *body)
{
	struct collector collector = {.body = body,
		.bytes_left = outputs_bytes_max(spec),
		.refused = outputs->refused};
	const char *missed = "";

	if (!outputs->count)
		return;
	collector.piece = malloc(COLLECT_PIECE);
	if (!collector.piece)
		missed = "all of it, for want of memory";
	if (outputs->missed)
		missed = outputs->missed;
	for (size_t i = 0; collector.piece && i < outputs->count; i++) {
		const char *why;

		collector.output = spec->outputs[i].name;
		why = collect_output(&collector, outputs->dirs[i]);
		missed = missed[0] ? missed : why;
	}
	free(collector.piece);
	if (collector.full)
		missed = "files beyond the most that a report holds";
	if (!missed[0] && !drained)
		missed = "what a process that outlived the run may have done meanwhile";
	collect_say(&collector, missed);
}

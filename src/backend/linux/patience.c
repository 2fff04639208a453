/* SPDX-License-Identifier: MIT
 *
 * See patience.h. Everything is opened without blocking, and made to block when it is open.
 */
#include "patience.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "sys/call.h"
#include "sys/fd.h"

/* How often a FIFO is looked at: nothing tells of its other end being opened. */
#define PATIENCE_STEP_MS 10

static const char *const places[3] = {"streams.stdin", "streams.stdout", "streams.stderr"};

static uint64_t patience_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

struct patience patience_make(const struct bv_budget *wall, int cancel)
{
	uint64_t now = patience_now();
	bool ever = wall->guarantee == BV_UNSUPPORTED || wall->limit > (UINT64_MAX - now) / 1000;

	return (struct patience){.began_ns = now,
		.end_ns = ever ? UINT64_MAX : now + wall->limit * 1000,
		.cancel = cancel};
}

uint64_t patience_left_us(const struct patience *patience)
{
	uint64_t now = patience_now();

	if (patience->end_ns == UINT64_MAX)
		return UINT64_MAX;
	return now < patience->end_ns ? (patience->end_ns - now) / 1000 : 0;
}

uint64_t patience_passed_us(const struct patience *patience)
{
	return (patience_now() - patience->began_ns) / 1000;
}

/* After at most so long. */
static bool patience_over_in(struct patience *patience, int ms)
{
	struct pollfd cancel = {.fd = patience->cancel, .events = POLLIN};

	if ((ms || cancel.fd >= 0) && poll(&cancel, 1, ms) > 0)
		patience->cancelled = true;
	return patience->cancelled || patience_now() >= patience->end_ns;
}

bool patience_over(struct patience *patience)
{
	return patience_over_in(patience, 0);
}

void patience_fill(const struct patience *patience, const char *detail, struct bv_report_body *body)
{
	const struct bv_usage passed = {.known = 1,
		.measured = patience_passed_us(patience),
		.source = "host's monotonic clock",
		.granularity = "1 us"};
	struct bv_end end = {.outcome = BV_OUTCOME_TIMEOUT,
		.reason = BV_REASON_BUDGET,
		.dimension = BV_WALL,
		.detail = detail};

	if (patience->cancelled)
		end = (struct bv_end){.outcome = BV_OUTCOME_KILLED,
			.reason = BV_REASON_CANCELLED,
			.detail = detail};
	bv_body_end(body, &end);
	bv_body_usage(body, BV_WALL, &passed);
	bv_body_cover(body, BV_EVIDENCE_TERMINAL_OUTCOME, BV_COVERAGE_COMPLETE, "host", "");
	bv_body_cover(body, BV_EVIDENCE_RESOURCE_USAGE, BV_COVERAGE_COMPLETE, "host", "");
}

/* A step; false when there is to be no other. */
static bool patience_wait(struct patience *patience)
{
	return !patience_over_in(patience, PATIENCE_STEP_MS);
}

static int patience_lost(int stream, const char *path, struct bv_error *err)
{
	return bv_fail(err, BV_E_INTERRUPTED, places[stream], "nobody opened the other end of '%s'",
		path);
}

/* An empty pipe without a writer is at its end, and one with a writer would block: tee(2) tells
 * them apart and takes nothing. A writer that came and went leaves POLLHUP (fs/pipe.c). */
static bool patience_has_writer(int fd, int scratch)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	ssize_t len;

	if (poll(&polled, 1, 0) > 0)
		return true;
	len = tee(fd, scratch, 1, SPLICE_F_NONBLOCK);
	return len > 0 || (len < 0 && errno == EAGAIN);
}

static int patience_for_writer(struct patience *patience, int fd, const char *path,
	struct bv_error *err)
{
	int ends[2];
	bool there;

	if (pipe2(ends, O_CLOEXEC))
		return bv_fail_os(err, BV_E_OS, errno, places[0], "no pipe");
	do
		there = patience_has_writer(fd, ends[1]);
	while (!there && patience_wait(patience));
	close(ends[0]);
	close(ends[1]);
	return there ? 0 : patience_lost(0, path, err);
}

/* ENXIO: a FIFO that nobody reads. */
static bool patience_is_unread(const char *path)
{
	struct stat st;

	return errno == ENXIO && stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

static int patience_open_file(struct patience *patience, int stream, const char *path, int *ret,
	struct bv_error *err)
{
	uint64_t flags = (stream ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = sys_openat2(AT_FDCWD, path, flags, RESOLVE_NO_MAGICLINKS);

	while (fd < 0 && stream && patience_is_unread(path)) {
		if (!patience_wait(patience))
			return patience_lost(stream, path, err);
		fd = sys_openat2(AT_FDCWD, path, flags, RESOLVE_NO_MAGICLINKS);
	}
	if (fd < 0 && errno == ENOENT && stream)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return bv_fail_os(err, errno == ENOENT ? BV_E_NOT_FOUND : BV_E_OS, errno,
			places[stream], "'%s' cannot be opened", path);
	*ret = fd;
	return 0;
}

int patience_open(struct patience *patience, int stream, const char *path, int *ret,
	struct bv_error *err)
{
	CLEANUP_FD int fd = -1;
	struct stat st;
	int code = patience_open_file(patience, stream, path, &fd, err);

	if (!code && (fstat(fd, &st) || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK)))
		code = bv_fail_os(err, BV_E_OS, errno, places[stream], "'%s'", path);
	if (!code && !stream && S_ISFIFO(st.st_mode))
		code = patience_for_writer(patience, fd, path, err);
	/* Not at the opening: a device or a pipe is fine here, and cannot be truncated. */
	if (!code && stream && ftruncate(fd, 0) && errno != EINVAL)
		code = bv_fail_os(err, BV_E_OS, errno, places[stream], "'%s' cannot be emptied",
			path);
	if (!code)
		*ret = fd_take(&fd);
	return code;
}

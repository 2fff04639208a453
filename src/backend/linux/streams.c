/* SPDX-License-Identifier: MIT
 *
 * The three streams. A captured one is a pipe that is always drained: everything is handed
 * on as it comes, to the body and to whoever listens; only what is kept is bounded. So a workload
 * can neither fill the host's memory nor hold up its own end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "run.h"
#include "sys/call.h"

static const char *const places[3] = {"streams.stdin", "streams.stdout", "streams.stderr"};

static int streams_pipe(struct execution *run, int stream, struct bv_error *err)
{
	struct capture *capture = &run->captures[stream];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return bv_fail_os(err, BV_E_OS, errno, places[stream], "no pipe");
	capture->fd = ends[0];
	run->streams[stream] = ends[1];
	capture->wanted = true;
	/* Who has it by number may want to open it by name: /dev/stdout. */
	if (run->choice.mapped && fchown(ends[1], WIRE_HOST_ID, WIRE_HOST_ID))
		return bv_fail_os(err, BV_E_OS, errno, places[stream],
			"the pipe cannot be given away");
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK))
		return bv_fail_os(err, BV_E_OS, errno, places[stream], "the pipe cannot be polled");
	return 0;
}

/* A duplicate of what the caller named. Taken before the run opens anything itself, so that a
 * number the caller never opened is not one of ours by then. */
static int streams_dup(struct execution *run, int fd, const char *place, int *ret,
	struct bv_error *err)
{
	int duplicate = pool_owns(run->state, fd) ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (duplicate < 0)
		return bv_fail_os(err, BV_E_OS, EBADF, place, "descriptor %d is not the caller's",
			fd);
	*ret = duplicate;
	return 0;
}

int streams_borrow(struct execution *run, struct bv_error *err)
{
	const int inherited[3] = {run->options->stdin_borrow_fd, run->options->stdout_borrow_fd,
		run->options->stderr_borrow_fd};
	int code = 0;

	for (int stream = 0; !code && stream < 3; stream++)
		if (run->spec->streams[stream].mode == BV_STREAM_INHERIT)
			code = streams_dup(run, inherited[stream], places[stream],
				&run->streams[stream], err);
	for (size_t i = 0; !code && i < run->spec->descriptor_count; i++) {
		code = streams_dup(run,
			run->given ? run->given[i] : (int)run->spec->descriptors[i].source,
			"capabilities.descriptors", &run->sources[i], err);
		run->source_count += !code;
	}
	return code;
}

static int streams_open_one(struct execution *run, int stream, struct bv_error *err)
{
	const struct bv_stream *spec = &run->spec->streams[stream];

	switch (spec->mode) {
	case BV_STREAM_NULL:
		return patience_open(&run->patience, stream, "/dev/null", &run->streams[stream],
			err);
	case BV_STREAM_CAPTURE:
		return streams_pipe(run, stream, err);
	case BV_STREAM_INHERIT:
		return 0; /* borrowed already */
	case BV_STREAM_FILE:
		return patience_open(&run->patience, stream, spec->path, &run->streams[stream],
			err);
	}
	return bv_fail(err, BV_E_FAULT, places[stream], "no such mode");
}

int streams_open(struct execution *run, struct bv_error *err)
{
	int code = 0;

	for (int stream = 0; !code && stream < 3; stream++)
		code = streams_open_one(run, stream, err);
	return code;
}

bool streams_read(struct execution *run, int stream)
{
	struct capture *capture = &run->captures[stream];
	uint8_t data[32768];
	ssize_t len = read(capture->fd, data, sizeof(data));

	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	if (len == 0)
		return false;
	capture->length_bytes += (uint64_t)len;
	bv_body_stream(run->body, stream, data, (size_t)len);
	if (run->options->on_output)
		run->options->on_output(run->options->context, stream, data, (size_t)len);
	return true;
}

/* No more than a full pipe: should a task have survived the launcher, it may write for ever. */
void streams_drain(struct execution *run)
{
	for (int stream = 1; stream < 3; stream++) {
		struct capture *capture = &run->captures[stream];
		uint64_t before, end;

		if (capture->fd < 0)
			continue;
		end = capture->length_bytes + (uint64_t)fcntl(capture->fd, F_GETPIPE_SZ);
		do
			before = capture->length_bytes;
		while (streams_read(run, stream) && capture->length_bytes != before &&
			before < end);
		close(capture->fd);
		capture->fd = -1;
	}
}

/* Also the streams that gave nothing were looked at. */
void streams_fill(struct execution *run)
{
	for (int stream = 1; stream < 3; stream++)
		if (run->captures[stream].wanted)
			bv_body_stream(run->body, stream, NULL, 0);
}

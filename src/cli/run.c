/* SPDX-License-Identifier: MIT
 *
 * bvisor run. Signals that would end the command are blocked and arrive on a signalfd, which is
 * at the same time what cancels the run; so there is no handler, and nothing dies half-way.
 * SIGPIPE is one of them: when nobody reads the forwarded output any more, the run ends as the
 * program would have by writing there itself.
 */
#include "cli/verbs.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <bvisor/bvisor.h>

#include "cli/ending.h"
#include "cli/file.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/secrets.h"
#include "cli/session.h"
#include "cli/staging.h"

static const int cancelling[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

struct live {
	struct cli_secrets secrets;
	int signal_fd;
	int forward_errnum[3]; /* by stream: why forwarding stopped */
};

/* A signal that was ignored when we began (nohup) stays ignored. */
static bool is_ignored(int signo)
{
	struct sigaction action;

	return sigaction(signo, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int watch_signals(struct live *live, struct bv_error *err)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	for (i = 0; i < sizeof(cancelling) / sizeof(cancelling[0]); i++)
		if (!is_ignored(cancelling[i]))
			sigaddset(&set, cancelling[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return cli_fail_os(err, errno, NULL, "signals cannot be blocked");
	live->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (live->signal_fd < 0)
		return cli_fail_os(err, errno, NULL, "signals cannot be watched");
	return 0;
}

/* The signal that arrived, or 0. */
static int arrived(const struct live *live)
{
	struct signalfd_siginfo info;

	if (read(live->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

/* Waits until the stream takes more, or fails; false if it does not and a signal came, which
 * cancels the run. */
static bool wait_for(const struct live *live, int stream)
{
	struct pollfd fds[2] = {
		{.fd = stream, .events = POLLOUT},
		{.fd = live->signal_fd, .events = POLLIN},
	};

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return fds[0].revents != 0;
}

/* A pipe that polls as writable takes PIPE_BUF bytes without blocking. So a reader who stands
 * still holds up the workload's output, and not the end of the run. */
static void forward(void *context, int stream, const void *data, size_t len)
{
	struct live *live = context;
	const char *p = data;

	while (len > 0 && !live->forward_errnum[stream]) {
		size_t piece = len < PIPE_BUF ? len : PIPE_BUF;

		if (!wait_for(live, stream))
			return;
		live->forward_errnum[stream] = cli_file_write(stream, p, piece);
		p += piece;
		len -= piece;
	}
}

static int resolve_secret(void *context, const char *reference, char *buffer, size_t capacity,
	size_t *ret_len)
{
	struct live *live = context;

	return cli_secrets_resolve(&live->secrets, reference, buffer, capacity, ret_len);
}

static bool succeeded(const struct bv_end *end)
{
	return end->outcome == BV_OUTCOME_COMPLETED && end->exit == BV_EXIT_STATUS &&
		end->exit_value == 0;
}

/* Says what there is to say about a finished run; the exit status of the command. */
static int conclude(const struct live *live, struct cli_request *request,
	const struct bv_report *report, const struct bv_spec *spec, struct cli_output *output)
{
	const struct bv_end *end = bv_report_end(report);
	int cancelled_by = end->reason == BV_REASON_CANCELLED ? arrived(live) : 0;
	struct bv_error err = {0};
	size_t len = 0;
	const char *json = bv_report_json(report, &len);
	int status = cli_ending_status(end, cancelled_by);
	int stream;

	cli_ending_say(end, spec, cancelled_by);
	for (stream = 1; stream < 3; stream++) {
		int errnum = live->forward_errnum[stream];

		if (!errnum || errnum == EPIPE)
			continue;
		cli_say("standard %s: %s", stream == 1 ? "output" : "error",
			cli_errno_text(errnum));
		status = CLI_EXIT_FAILED;
	}
	if (cli_output_commit(output, json, len, &err)) {
		cli_say_error(&err);
		return CLI_EXIT_FAILED;
	}
	if (!spec->output_count)
		return status;
	return cli_staging_decide(request, json, len, succeeded(end), status);
}

static int run_plan(struct live *live, struct cli_request *request, struct cli_session *session,
	struct cli_output *output)
{
	const struct bv_plan *plan = bv_admission_plan(session->admission);
	struct bv_run_options options = BV_RUN_OPTIONS_DEFAULT;
	struct bv_report *report = NULL;
	struct bv_error err = {0};
	int status;

	options.cancel_borrow_fd = live->signal_fd;
	options.on_output = forward;
	options.resolve_secret = resolve_secret;
	options.context = live;
	if (bv_run(session->backend, plan, &options, &report, &err)) {
		cli_say_error(&err);
		return cli_exit_of(&err);
	}
	status = conclude(live, request, report, bv_plan_spec(plan), output);
	bv_report_free(report);
	return status;
}

static int prepare(struct live *live, struct cli_session *session, struct cli_request *request,
	struct cli_output *output, struct bv_error *err)
{
	int code = watch_signals(live, err);

	if (!code)
		code = cli_session_open(session, request, err);
	if (code || request->flags[CLI_FLAG_PRINT_SPEC] || !bv_admission_plan(session->admission))
		return code;
	code = cli_secrets_load(&live->secrets, request->paths[CLI_PATH_SECRETS],
		bv_proposal_spec(session->proposal), err);
	if (!code)
		code = cli_output_open(output, request->paths[CLI_PATH_REPORT], err);
	return code;
}

int cli_run(struct cli_request *request)
{
	struct live live = {.signal_fd = -1};
	struct cli_session session = {0};
	struct cli_output output = CLI_OUTPUT_NONE;
	struct bv_error err = {0};
	int status;

	if (prepare(&live, &session, request, &output, &err)) {
		cli_say_error(&err);
		status = cli_exit_of(&err);
	} else if (request->flags[CLI_FLAG_PRINT_SPEC]) {
		status = cli_print_spec(session.proposal);
	} else if (!bv_admission_plan(session.admission)) {
		cli_say_refusals(session.admission);
		status = CLI_EXIT_FAILED;
	} else {
		status = run_plan(&live, request, &session, &output);
	}
	cli_output_close(&output);
	cli_secrets_wipe(&live.secrets);
	cli_session_close(&session);
	if (live.signal_fd >= 0)
		(void)close(live.signal_fd);
	return status;
}

/* SPDX-License-Identifier: MIT
 *
 * The statuses are those of env, timeout and shells. They cannot be told from a program that
 * exits with the same number; the report can.
 */
#include "cli/ending.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/quantity.h"
#include "cli/request.h"
#include "cli/say.h"

int cli_ending_status(const struct bv_end *end, int cancelled_by)
{
	switch (end->reason) {
	case BV_REASON_NONE:
		return end->exit == BV_EXIT_STATUS ? end->exit_value : CLI_EXIT_FAILED;
	case BV_REASON_SIGNAL:
	case BV_REASON_POLICY:
		return end->exit == BV_EXIT_SIGNAL ? CLI_EXIT_SIGNAL + end->exit_value
						   : CLI_EXIT_FAILED;
	case BV_REASON_BUDGET:
		return end->outcome == BV_OUTCOME_TIMEOUT ? CLI_EXIT_TIMEOUT
							  : CLI_EXIT_SIGNAL + SIGKILL;
	case BV_REASON_TRAP:
		return CLI_EXIT_SIGNAL + SIGABRT;
	case BV_REASON_KILLED_OUTSIDE:
	case BV_REASON_OUT_OF_MEMORY:
		return CLI_EXIT_SIGNAL + SIGKILL;
	case BV_REASON_CANCELLED:
		return CLI_EXIT_SIGNAL + (cancelled_by ? cancelled_by : SIGKILL);
	case BV_REASON_EXEC:
		return end->errnum == ENOENT ? CLI_EXIT_NOT_FOUND : CLI_EXIT_NOT_EXECUTABLE;
	case BV_REASON_SETUP:
	case BV_REASON_LAUNCHER:
	case BV_REASON_ATTESTATION:
	case BV_REASON_REFUSED:
		return CLI_EXIT_FAILED;
	}
	return CLI_EXIT_FAILED;
}

static const char *signal_name(int signo)
{
	const char *name = sigabbrev_np(signo);

	return name ? name : "?";
}

static void say_signal(const struct bv_end *end)
{
	int signo = end->exit == BV_EXIT_SIGNAL ? end->exit_value : SIGKILL;
	const char *meaning = sigdescr_np(signo);

	cli_say("the workload was ended by signal %d (SIG%s, %s)", signo, signal_name(signo),
		meaning ? meaning : "unknown");
}

static void say_budget(const struct bv_end *end, const struct bv_spec *spec)
{
	const char *detail = end->detail ? end->detail : "";
	char limit[32];

	cli_say("the workload was ended: %s budget of %s used up%s%s%s",
		bv_dimension_name(end->dimension),
		cli_quantity_format(spec->budgets[end->dimension].limit,
			cli_unit_of(end->dimension), limit),
		detail[0] ? " (" : "", detail, detail[0] ? ")" : "");
}

/* "what: detail (errno text)", with the parts that are known. */
static void say_failure(const char *what, const struct bv_end *end)
{
	const char *detail = end->detail ? end->detail : "";

	/* A detail that comes from a failed call already ends with its error. */
	if (end->errnum && !strstr(detail, cli_errno_text(end->errnum)))
		cli_say("%s%s%s: %s", what, detail[0] ? ": " : "", detail,
			cli_errno_text(end->errnum));
	else
		cli_say("%s%s%s", what, detail[0] ? ": " : "", detail);
}

static void say_setup(const struct bv_end *end)
{
	char what[128];

	(void)snprintf(what, sizeof(what), "the boundary could not be set up: stage %s",
		end->stage ? end->stage : "unknown");
	say_failure(what, end);
}

void cli_ending_say(const struct bv_end *end, const struct bv_spec *spec, int cancelled_by)
{
	switch (end->reason) {
	case BV_REASON_NONE:
		return;
	case BV_REASON_SIGNAL:
		say_signal(end);
		return;
	case BV_REASON_KILLED_OUTSIDE:
		cli_say("the workload was ended by SIGKILL, which was not sent by bvisor");
		return;
	case BV_REASON_BUDGET:
		say_budget(end, spec);
		return;
	case BV_REASON_OUT_OF_MEMORY:
		say_budget(end, spec);
		return;
	case BV_REASON_POLICY:
		cli_say("the workload was ended by policy %s", bv_kind_name(end->kind));
		return;
	case BV_REASON_SETUP:
		say_setup(end);
		return;
	case BV_REASON_EXEC:
		say_failure("the program could not be executed", end);
		return;
	case BV_REASON_CANCELLED:
		if (cancelled_by != SIGPIPE)
			cli_say("the run was cancelled by SIG%s", signal_name(cancelled_by));
		return;
	case BV_REASON_LAUNCHER:
		say_failure("the launcher failed", end);
		return;
	case BV_REASON_ATTESTATION:
		say_failure("the kernel's state was not what was planned; nothing ran", end);
		return;
	case BV_REASON_REFUSED:
		say_failure("refused", end);
		return;
	case BV_REASON_TRAP:
		say_failure("the module trapped", end);
		return;
	}
}

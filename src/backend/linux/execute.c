/* SPDX-License-Identifier: MIT
 *
 * One run, from the host's side: open everything, hand it to a launcher, drain the streams while
 * the launcher works, and fill the body with what was seen. Until the frame is sent nothing has
 * happened, and an error says so; after that whatever happens is in the body.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "place.h"
#include "run.h"
#include "sys/call.h"
#include "sys/fd.h"
#include "worker.h"

/* Longer than the launcher may take to empty a tree (TREE_DRAIN_US). */
#define EXECUTE_GRACE_MS 12000
/* For what was killed. Less than that: a reaper of orphans that does not reap keeps a namespace's
 * init from ending. */
#define EXECUTE_ABANDON_MS 3000

static int execute_open_directory(struct execution *run, struct bv_error *err)
{
	const char *path = run->spec->workload.directory;

	run->directory = sys_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC,
		RESOLVE_NO_MAGICLINKS);
	if (run->directory < 0)
		return bv_fail_os(err, errno == ENOENT ? BV_E_NOT_FOUND : BV_E_OS, errno,
			"workload.directory", "'%s' cannot be opened", path);
	return 0;
}

static int execute_limit_one(struct execution *run, const char *file, uint64_t limit,
	struct bv_error *err)
{
	if (cgroup_leaf_limit(run->leaf, file, limit))
		return 0;
	return bv_fail_os(err, BV_E_OS, errno, "cgroup", "%s of the run's leaf does not take %llu",
		file, (unsigned long long)limit);
}

/* Before anything is in it. A kernel without swap accounting has no file for it, and no swap. */
static int execute_limit_leaf(struct execution *run, struct bv_error *err)
{
	const struct bv_budget *budgets = run->spec->budgets;
	int code = 0;

	if (run->choice.memory == MEMORY_CGROUP) {
		code = execute_limit_one(run, "memory.max", budgets[BV_MEMORY].limit, err);
		if (!code && faccessat(run->leaf, "memory.swap.max", F_OK, 0) == 0)
			code = execute_limit_one(run, "memory.swap.max", 0, err);
		if (!code)
			code = execute_limit_one(run, "memory.oom.group", 1, err);
	}
	if (!code && run->choice.pids)
		code = execute_limit_one(run, "pids.max", budgets[BV_TASKS].limit, err);
	return code;
}

static int execute_open_leaf(struct execution *run, struct bv_error *err)
{
	char path[4096];
	const char *why = "";
	uint64_t number = 0;

	if (run->choice.containment != WIRE_CONTAIN_CGROUP)
		return 0;
	run->cgroup_base = cgroup_base(path, sizeof(path), &why);
	if (run->cgroup_base < 0)
		return bv_fail(err, BV_E_DRIFT, "cgroup", "the cgroup of the plan is gone: %s",
			why);
	/* The number tells an administrator whose it is; the rest tells a workload nothing. */
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return bv_fail_os(err, BV_E_OS, errno, "cgroup", "no random bytes for a name");
	snprintf(run->leaf_name, sizeof(run->leaf_name), "bvisor-%d-%016llx", (int)getpid(),
		(unsigned long long)number);
	run->leaf = cgroup_leaf_make(run->cgroup_base, run->leaf_name);
	if (run->leaf < 0)
		return bv_fail_os(err, BV_E_OS, errno, "cgroup", "no leaf can be made in '%s'",
			path);
	return execute_limit_leaf(run, err);
}

static int execute_take_launcher(struct execution *run, struct bv_error *err)
{
	bool namespace = choice_wants_namespace_launcher(&run->choice, bv_plan_snapshot(run->plan));
	int code = pool_take(run->state, namespace, &run->launcher, err);

	if (code || run->launcher->namespace == namespace)
		return code;
	return bv_fail_os(err, BV_E_DRIFT, run->launcher->namespace_errnum, "launcher",
		"the user namespace of the plan cannot be had any more");
}

static int execute_prepare(struct execution *run, struct bv_error *err)
{
	int code = streams_borrow(run, err);

	if (!code)
		code = program_open(&run->spec->workload, &run->program, err);
	if (!code)
		code = execute_open_directory(run, err);
	if (!code)
		code = streams_open(run, err);
	if (!code)
		code = outputs_open(&run->outputs, run->state->staging, run->spec,
			bv_body_attempt(run->body), err);
	if (!code)
		code = place_check_staging(run->spec, run->outputs.root, err);
	if (!code)
		code = temp_open(run, err);
	if (!code)
		code = delta_new(run->spec, run->choice.modes, &run->delta, err);
	if (!code)
		code = grants_open(run, err);
	if (!code)
		code = execute_open_leaf(run, err);
	if (!code)
		code = frame_build(run, err);
	if (code)
		return code;
	return execute_take_launcher(run, err);
}

/* What the child got is the launcher's now; the host keeps only its ends of the pipes. */
static void execute_close_passed(struct execution *run)
{
	for (int stream = 0; stream < 3; stream++) {
		if (run->streams[stream] >= 0)
			close(run->streams[stream]);
		run->streams[stream] = -1;
	}
	while (run->source_count)
		close(run->sources[--run->source_count]);
	if (run->fd_count)
		close(run->fds[0]);
	run->fd_count = 0;
}

static void execute_close(struct execution *run)
{
	int *owned[] = {&run->directory, &run->ruleset, &run->leaf, &run->cgroup_base, &run->child,
		&run->store};

	execute_close_passed(run);
	if (run->leaf >= 0 && !cgroup_leaf_remove(run->cgroup_base, run->leaf_name, run->leaf))
		bv_body_finding(run->body, "cgroup-teardown-incomplete",
			"the leaf %s could not be removed", run->leaf_name);
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		if (*owned[i] >= 0)
			close(*owned[i]);
	for (int stream = 0; stream < 3; stream++)
		if (run->captures[stream].fd >= 0)
			close(run->captures[stream].fd);
	program_close(&run->program);
	run->delta = delta_free(run->delta);
	view_close(run);
	procfs_free(&run->procfs);
	temp_close(run);
	outputs_close(&run->outputs);
	if (run->launcher)
		pool_give(run->state, run->launcher,
			run->done && !run->launcher_died && run->result.drained);
}

static void execute_processes(struct execution *run, const struct wire_census *census)
{
	for (uint32_t i = 0; i < census->count; i++) {
		const struct wire_process *seen = &census->processes[i];
		struct bv_process process = {.pid = seen->pid,
			.parent = seen->parent,
			.name = seen->name,
			.began_us = seen->began_us,
			.ended = seen->ended != 0,
			.ended_us = seen->ended_us};

		bv_body_process(run->body, &process);
	}
	run->processes_missed += census->missed;
}

static void execute_message(struct execution *run)
{
	struct wire_message message;
	CLEANUP_FD int attached = -1;
	int got = host_receive(run->launcher->socket, 0, &message, &attached);

	if (got == 0)
		return;
	if (got > 0 && message.type == WIRE_STORE && run->store < 0 && attached >= 0) {
		run->store = fd_take(&attached);
	} else if (got > 0 && message.type == WIRE_STARTED && !run->started) {
		run->started = true;
		run->child = fd_take(&attached);
		run->attestation = message.body.attestation;
		view_unpin(&run->view);
	} else if (got > 0 && message.type == WIRE_PROCESSES) {
		execute_processes(run, &message.body.census);
	} else if (got > 0 && message.type == WIRE_DONE) {
		run->done = true;
		run->result = message.body.done;
	} else {
		run->launcher_died = true;
	}
}

static void execute_cancel(struct execution *run)
{
	struct wire_message kill = {.type = WIRE_KILL};

	run->cancelled = true;
	if (host_send(run->launcher->socket, &kill, NULL, 0, NULL))
		run->launcher_died = true;
}

static int64_t execute_now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For so long, however often a signal of the host's comes between. */
static bool execute_readable(int fd, int64_t ms)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int64_t end = execute_now_ms() + ms;
	int ready;

	do
		ready = poll(&polled, 1, ms > 0 ? (int)ms : 0);
	while (ready < 0 && errno == EINTR && (ms = end - execute_now_ms()) > 0);
	return ready == 1;
}

/* The launcher is gone, or is as good as gone: what holds the tree is ended here, the init of its
 * namespace or else its first process. The parent-death signal would do that too, if the guest
 * left it alone. */
static void execute_abandon(struct execution *run)
{
	sys_pidfd_send_signal(run->launcher->pidfd, SIGKILL);
	/* It may have started the program, and nobody had read so yet. */
	run->launcher_died = false;
	while (!run->done && !run->launcher_died &&
		execute_readable(run->launcher->socket, EXECUTE_ABANDON_MS))
		execute_message(run);
	run->launcher_died = true;
	if (run->child < 0)
		return;
	sys_pidfd_send_signal(run->child, SIGKILL);
	run->child_ended = execute_readable(run->child, EXECUTE_ABANDON_MS);
}

/* Before anything that the tree wrote is looked at. A group can only be removed when no process is
 * in it, and a namespace's init ends last; of a tree that only the launcher held nothing is known.
 */
static bool execute_empty(struct execution *run)
{
	if (run->done && run->result.drained)
		return true;
	switch (run->choice.containment) {
	case WIRE_CONTAIN_CGROUP:
		return cgroup_leaf_remove(run->cgroup_base, run->leaf_name, run->leaf);
	case WIRE_CONTAIN_PROCESS:
	case WIRE_CONTAIN_NAMESPACE:
		/* What was never told to begin has executed nothing. */
		return !run->done && (!run->started || run->child_ended);
	case WIRE_CONTAIN_SUBREAPER:
		break;
	}
	return !run->done && !run->started;
}

/* The launcher holds the wall budget. One that was stopped cannot, so some time after it should
 * have told of the end it is not waited for any longer. */
static int64_t execute_deadline_ms(const struct execution *run)
{
	if (run->patience.end_ns == UINT64_MAX)
		return INT64_MAX;
	return (int64_t)(run->patience.end_ns / 1000000) + EXECUTE_GRACE_MS;
}

static int execute_left_ms(const struct execution *run)
{
	int64_t left = run->deadline_ms == INT64_MAX ? -1 : run->deadline_ms - execute_now_ms();

	if (run->deadline_ms == INT64_MAX || left > INT_MAX)
		return -1;
	return left > 0 ? (int)left : 0;
}

/* Until the deadline, or until the outputs are measured again, which may end the run. */
static int execute_timeout_ms(struct execution *run)
{
	int left = execute_left_ms(run), watch = -1;

	if (run->started && !run->cancelled)
		watch = outputs_watch(&run->outputs, output_limit(run), execute_now_ms());
	if (run->outputs.exceeded && !run->cancelled)
		execute_cancel(run);
	return watch >= 0 && (left < 0 || watch < left) ? watch : left;
}

/* One turn; `busy` means there is something to hash meanwhile. */
static void execute_turn(struct execution *run, bool busy)
{
	struct pollfd polled[4] = {
		{.fd = run->launcher->socket, .events = POLLIN},
		{.fd = run->captures[1].fd, .events = POLLIN},
		{.fd = run->captures[2].fd, .events = POLLIN},
		{.fd = run->cancelled ? -1 : run->options->cancel_borrow_fd, .events = POLLIN},
	};

	if (poll(polled, 4, busy ? 0 : execute_timeout_ms(run)) <= 0) {
		run->launcher_died = execute_left_ms(run) == 0;
		return;
	}
	for (int stream = 1; stream < 3; stream++) {
		if (!polled[stream].revents || streams_read(run, stream))
			continue;
		close(run->captures[stream].fd);
		run->captures[stream].fd = -1;
	}
	if (polled[3].revents)
		execute_cancel(run);
	if (polled[0].revents)
		execute_message(run);
}

/* The program is hashed while it starts: through the descriptor that is executed. */
static void execute_wait(struct execution *run)
{
	bool busy = true;

	run->deadline_ms = execute_deadline_ms(run);
	while (!run->done && !run->launcher_died) {
		if (busy)
			busy = program_digest_step(run->state, &run->program.image) ||
				program_digest_step(run->state, &run->program.script);
		execute_turn(run, busy);
	}
	if (!run->done)
		execute_abandon(run);
	while (busy)
		busy = program_digest_step(run->state, &run->program.image) ||
			program_digest_step(run->state, &run->program.script);
}

int linux_execute_worker(void *opaque, const struct bv_plan *plan,
	const struct worker_errand *errand, const struct bv_run_options *options,
	struct bv_report_body *body, struct bv_error *err)
{
	struct wire_message start = {.type = WIRE_RUN};
	struct execution run = {
		.state = opaque,
		.plan = plan,
		.spec = bv_plan_spec(plan),
		.options = options,
		.body = body,
		.choice = choice_make(bv_plan_snapshot(plan), bv_plan_spec(plan)),
		.program = {.script.fd = -1, .image.fd = -1},
		.directory = -1,
		.given = errand->sources,
		.patience = errand->patience,
		.streams = {-1, -1, -1},
		.captures = {{.fd = -1}, {.fd = -1}, {.fd = -1}},
		.outputs = OUTPUTS_NONE,
		.temp = TEMP_NONE,
		.ruleset = -1,
		.cgroup_base = -1,
		.child = -1,
		.store = -1,
		.leaf = -1,
	};
	int code;

	code = execute_prepare(&run, err);
	if (!code)
		delta_begin(run.delta, run.spec);
	run.waited_us = patience_passed_us(&run.patience);
	if (!code)
		code = host_send(run.launcher->socket, &start, run.fds, run.fd_count, err);
	execute_close_passed(&run);
	if (!code) {
		execute_wait(&run);
		run.empty = execute_empty(&run);
		streams_drain(&run);
		fill_body(&run);
		if (run.choice.outputs_stored && run.store >= 0)
			outputs_fetch(&run.outputs, run.spec, run.store, body);
		outputs_collect(&run.outputs, run.spec, run.empty, body);
	}
	/* Waiting for the other end of a stream's file is a part of the run, and ends as that
	 * would. */
	if (code == BV_E_INTERRUPTED) {
		patience_fill(&run.patience,
			"nothing ran: nobody opened the other end of a stream's file", body);
		code = 0;
	}
	execute_close(&run);
	return code;
}

int linux_execute(void *opaque, const struct bv_plan *plan, const struct bv_run_options *options,
	struct bv_report_body *body, struct bv_error *err)
{
	const struct worker_errand errand = {
		.patience = patience_make(&bv_plan_spec(plan)->budgets[BV_WALL],
			options->cancel_borrow_fd),
	};

	return linux_execute_worker(opaque, plan, &errand, options, body, err);
}

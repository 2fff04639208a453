/* SPDX-License-Identifier: MIT
 *
 * From a plan and opened descriptors to the sealed frame. Secrets are resolved here, last, into
 * memory that is wiped; the frame is the only place they go.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "environment.h"
#include "run.h"
#include "sys/fd.h"
#include "sys/memfd.h"

_Static_assert(WIRE_SELF_MAX == BV_FILTER_SELF_MAX && WIRE_FILTER_MAX == BV_FILTER_MAX,
	"a filter fits a frame");

static int frame_slot(struct execution *run, enum wire_role role, int fd, uint32_t target,
	struct bv_error *err)
{
	struct wire_frame *frame = &run->frame;
	struct wire_slot *slot = &frame->slots[frame->slot_count];
	struct stat st;
	int mode;

	if (frame->slot_count == WIRE_SLOTS_MAX)
		return bv_fail(err, BV_E_LIMIT, "descriptors", "more than %d descriptors",
			WIRE_SLOTS_MAX);
	mode = fcntl(fd, F_GETFL);
	if (mode < 0 || fstat(fd, &st))
		return bv_fail_os(err, BV_E_OS, errno, "descriptors", "descriptor %d is not open",
			fd);
	slot->role = role;
	slot->target = target;
	slot->file = WIRE_FILE_ANY;
	if (S_ISREG(st.st_mode))
		slot->file = WIRE_FILE_REGULAR;
	else if (S_ISDIR(st.st_mode))
		slot->file = WIRE_FILE_DIRECTORY;
	else if ((st.st_mode & S_IFMT) == 0)
		slot->file = WIRE_FILE_ANONYMOUS;
	slot->writable = (mode & O_ACCMODE) != O_RDONLY && !(mode & O_PATH);
	run->fds[1 + frame->slot_count++] = fd;
	return 0;
}

static int frame_slots(struct execution *run, struct bv_error *err)
{
	int code = frame_slot(run, WIRE_ROLE_PROGRAM, run->program.image.fd, 0, err);

	if (!code)
		code = frame_slot(run, WIRE_ROLE_DIRECTORY, run->directory, 0, err);
	if (!code && run->ruleset >= 0)
		code = frame_slot(run, WIRE_ROLE_RULESET, run->ruleset, 0, err);
	for (uint32_t stream = 0; !code && stream < 3; stream++)
		code = frame_slot(run, WIRE_ROLE_STREAM, run->streams[stream], stream, err);
	for (size_t i = 0; !code && i < run->spec->descriptor_count; i++)
		code = frame_slot(run, WIRE_ROLE_INHERITED, run->sources[i],
			run->spec->descriptors[i].target, err);
	if (!code && run->leaf >= 0)
		code = frame_slot(run, WIRE_ROLE_CGROUP, run->leaf, 0, err);
	if (!code && run->choice.mapped)
		code = frame_slot(run, WIRE_ROLE_USERNS, run->state->mapped.userns, 0, err);
	return code;
}

static void frame_steps(struct execution *run)
{
	const struct bv_lowering *lowering = bv_plan_lowering(run->plan);
	struct wire_frame *frame = &run->frame;

	for (size_t i = 0; i < lowering->count; i++)
		frame->steps[i] = (struct wire_step){
			.id = bv_bytes_str(lowering->steps[i].primitive.id),
			.version = lowering->steps[i].primitive.version,
			.phase = lowering->steps[i].primitive.phase,
			.parameters = lowering->steps[i].parameters,
		};
	frame->step_count = lowering->count;
	frame->lowering = *bv_plan_lowering_digest(run->plan);
}

static void frame_view(struct execution *run)
{
	struct wire_frame *frame = &run->frame;
	const char *directory = run->spec->workload.directory;

	frame->mount_count = run->view.mounts;
	frame->mounts = bv_buf_view(&run->view.block);
	frame->directory = bv_bytes(directory, strlen(directory) + 1);
	if (run->choice.modes || run->choice.mapped)
		frame->program = bv_bytes(run->view.program, strlen(run->view.program) + 1);
	if (run->view.own_directory)
		frame->flags |= WIRE_FLAG_OWN_DIRECTORY;
}

static void frame_arguments(struct execution *run, struct bv_buf *buf)
{
	const struct bv_workload *workload = &run->spec->workload;

	bv_buf_append(buf, run->program.arguments.data, run->program.arguments.len);
	for (size_t i = 0; i < workload->argument_count; i++)
		bv_buf_append(buf, workload->arguments[i], strlen(workload->arguments[i]) + 1);
	run->frame.argument_count =
		run->program.argument_count + (uint32_t)workload->argument_count;
	run->frame.arguments = bv_buf_view(buf);
}

static int frame_environment(struct execution *run, struct bv_buf *ret, struct bv_error *err)
{
	char *outputs = run->outputs.count ? output_variable(run) : NULL;
	const struct environment_told told = {.outputs = outputs, .temp = run->temp.path};
	int code;

	if (run->outputs.count && !outputs)
		return bv_fail(err, BV_E_NO_MEMORY, "capabilities.environment", "no memory");
	code = environment_make(run->spec, run->options, &told, ret, err);
	run->frame.variable_count = environment_count(run->spec, &told);
	run->frame.environment = bv_buf_view(ret);
	free(outputs);
	return code;
}

/* Secrets are in it, and do not stay in the host's memory. */
static int frame_seal(struct execution *run, struct bv_error *err)
{
	size_t len = wire_frame_size(&run->frame);
	int memfd = -1, errnum;
	void *data;
	bool ok;

	if (!len)
		return bv_fail(err, BV_E_LIMIT, "launcher",
			"arguments and environment do not fit a frame");
	data = calloc(1, len);
	if (!data)
		return bv_fail(err, BV_E_NO_MEMORY, "launcher", "no memory for the frame");
	ok = wire_frame_encode(&run->frame, data, len);
	if (ok)
		memfd = sys_memfd_of("bvisor-frame", data, len);
	errnum = errno;
	explicit_bzero(data, len);
	free(data);
	if (!ok)
		return bv_fail(err, BV_E_FAULT, "launcher", "the frame cannot be encoded");
	if (memfd < 0)
		return bv_fail_os(err, BV_E_OS, errnum, "launcher", "no memory for the frame%s",
			errnum == EFBIG ? "; " SYS_MEMFD_LIMIT : "");
	run->fds[0] = memfd;
	run->fd_count = 1 + run->frame.slot_count;
	return 0;
}

/* The filter of the plan: compiled again if the handle has forgotten it; the launcher checks its
 * digest against the plan's. */
static int frame_filter(struct execution *run, struct bv_filter *ret, struct bv_error *err)
{
	const struct bv_filter_policy *policy = &run->choice.filter;
	struct linux_state *state = run->state;
	bool found = false;
	int code;

	pthread_mutex_lock(&state->lock);
	for (size_t i = 0; i < STATE_FILTERS && !found; i++) {
		found = state->filters[i].filled &&
			state->filters[i].policy.flags == policy->flags &&
			state->filters[i].policy.spawn == policy->spawn;
		if (found)
			*ret = state->filters[i].filter;
	}
	pthread_mutex_unlock(&state->lock);
	if (found)
		return 0;
	code = bv_filter_compile(policy, ret, err);
	if (code)
		return code;
	pthread_mutex_lock(&state->lock);
	state->filters[state->filter_next].policy = *policy;
	state->filters[state->filter_next].filter = *ret;
	state->filters[state->filter_next].filled = true;
	state->filter_next = (state->filter_next + 1) % STATE_FILTERS;
	pthread_mutex_unlock(&state->lock);
	return 0;
}

int frame_build(struct execution *run, struct bv_error *err)
{
	struct bv_buf arguments = BV_BUF(WIRE_FRAME_BYTES_MAX), environment = {0};
	struct wire_frame *frame = &run->frame;
	struct bv_filter filter;
	int code = frame_slots(run, err);

	if (!code)
		code = frame_filter(run, &filter, err);
	if (code)
		return code;
	frame_steps(run);
	frame->containment = run->choice.containment;
	if (!choice_single(run->spec) &&
		(run->spec->evidence & BV_EVIDENCE_BIT(BV_EVIDENCE_PROCESS_TREE)))
		frame->flags |= WIRE_FLAG_PROCESSES;
	frame->namespaces = run->choice.namespaces;
	if (run->choice.view)
		frame_view(run);
	frame->filter = bv_bytes(filter.insns, filter.count * sizeof(filter.insns[0]));
	frame->self_count = filter.self_count;
	memcpy(frame->self, filter.self, sizeof(frame->self));
	frame->canary = bv_bytes(run->choice.canary,
		run->choice.canary[0] ? strlen(run->choice.canary) + 1 : 0);
	frame->rlimit_count = lower_rlimits(&run->choice, run->spec, frame->rlimits);
	lower_watch(&run->choice, run->spec, frame);
	/* What was waited for has been taken from it. */
	frame->wall_us = patience_left_us(&run->patience);
	if (!frame->wall_us)
		return bv_fail(err, BV_E_INTERRUPTED, "launcher", "the time was up already");
	frame_arguments(run, &arguments);
	code = bv_buf_ok(&arguments)
		? frame_environment(run, &environment, err)
		: bv_fail(err, BV_E_NO_MEMORY, "workload.arguments", "no memory for arguments");
	if (!code)
		code = frame_seal(run, err);
	bv_buf_free(&arguments);
	environment_wipe(&environment);
	return code;
}

/* SPDX-License-Identifier: MIT
 *
 * From what the launcher and the host saw to the body. Facts only: whether they are good enough
 * is the runner's to say.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/machine.h"
#include "run.h"

static const char *const namespaces[WIRE_NAMESPACES] = {"cgroup", "ipc", "mnt", "net", "pid",
	"user", "uts"};

/* Which namespaces were seen not to be the launcher's, and what the child's root is made of. */
static void fill_attested_view(struct execution *run)
{
	char own[96] = "";
	struct statfs fs;

	for (unsigned int i = 0; i < WIRE_NAMESPACES; i++)
		if (run->frame.namespaces & WIRE_NAMESPACE_BIT(i))
			snprintf(own + strlen(own), sizeof(own) - strlen(own), "%s%s",
				own[0] ? " " : "", namespaces[i]);
	if (own[0])
		bv_body_attest(run->body, "namespaces-own", "%s", own);
	if (run->store >= 0 && fstatfs(run->store, &fs) == 0)
		bv_body_attest(run->body, "storage", "a tmpfs of %llu bytes",
			(unsigned long long)fs.f_blocks * (unsigned long long)fs.f_bsize);
	if (run->choice.mapped)
		bv_body_attest(run->body, "host-user",
			"%u, which is user 0 inside; what is root's in the grants is its own",
			run->attestation.uid);
	if (run->attestation.mount_count)
		bv_body_attest(run->body, "view-mounts",
			"%u, exactly the planned ones, restricted as planned",
			run->attestation.mount_count);
}

static void fill_attestation(struct execution *run)
{
	static const char *const sets[WIRE_CAPABILITY_SETS] = {"inheritable", "permitted",
		"effective", "bounding", "ambient"};
	const struct wire_attestation *a = &run->attestation;

	bv_body_attest(run->body, "seccomp-mode", "%u", a->seccomp_mode);
	bv_body_attest(run->body, "seccomp-filters", "%u", a->seccomp_filters);
	bv_body_attest(run->body, "no-new-privs", "%u", a->no_new_privs);
	bv_body_attest(run->body, "uid", "%u", a->uid);
	bv_body_attest(run->body, "gid", "%u", a->gid);
	bv_body_attest(run->body, "threads", "%u", a->threads);
	for (size_t i = 0; i < WIRE_CAPABILITY_SETS; i++) {
		char name[40];

		snprintf(name, sizeof(name), "capabilities-%s", sets[i]);
		bv_body_attest(run->body, name, "%016llx", (unsigned long long)a->capabilities[i]);
	}
	for (size_t i = 0; i < WIRE_NAMESPACES; i++) {
		char name[40];

		snprintf(name, sizeof(name), "namespace-%s", namespaces[i]);
		bv_body_attest(run->body, name, "%llu", (unsigned long long)a->namespaces[i]);
	}
	bv_body_attest(run->body, "descriptors", "%u, %s", a->descriptor_count,
		a->descriptors_exact ? "exactly the planned ones" : "not the planned ones");
	if (a->cgroup[0])
		bv_body_attest(run->body, "cgroup", "%s", a->cgroup);
	fill_attested_view(run);
	if (run->choice.memory == MEMORY_CGROUP)
		bv_body_attest(run->body, "cgroup-memory.max", "%llu, read back",
			(unsigned long long)run->spec->budgets[BV_MEMORY].limit);
	if (run->choice.pids)
		bv_body_attest(run->body, "cgroup-pids.max", "%llu, read back",
			(unsigned long long)run->spec->budgets[BV_TASKS].limit);
	if (a->canary_errno)
		bv_body_attest(run->body, "landlock-canary", "opening %s: %s", run->choice.canary,
			strerrorname_np(a->canary_errno));
}

static void fill_exit(int status, struct bv_end *end)
{
	end->exit = WIFEXITED(status) ? BV_EXIT_STATUS : BV_EXIT_SIGNAL;
	end->exit_value = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

/* How the process ended, where nothing of ours ended it. */
static void fill_own_end(const struct execution *run, struct bv_end *end)
{
	int status = (int)run->result.wait_status;

	if (WIFEXITED(status)) {
		end->outcome = BV_OUTCOME_COMPLETED;
		end->exit = BV_EXIT_STATUS;
		end->exit_value = WEXITSTATUS(status);
		return;
	}
	end->exit = BV_EXIT_SIGNAL;
	end->exit_value = WTERMSIG(status);
	end->outcome = BV_OUTCOME_FAILED;
	end->reason = BV_REASON_SIGNAL;
	if (WTERMSIG(status) == SIGSYS) {
		end->outcome = BV_OUTCOME_DENIED;
		end->reason = BV_REASON_POLICY;
		end->kind = BV_KIND_KERNEL_SURFACE_BASELINE;
		end->detail = "a system call through a foreign ABI";
	} else if (WTERMSIG(status) == SIGXCPU ||
		(WTERMSIG(status) == SIGKILL &&
			run->result.cpu_us >= run->spec->budgets[BV_CPU].limit &&
			run->spec->budgets[BV_CPU].guarantee != BV_UNSUPPORTED)) {
		end->outcome = BV_OUTCOME_TIMEOUT;
		end->reason = BV_REASON_BUDGET;
		end->dimension = BV_CPU;
	} else if (WTERMSIG(status) == SIGKILL && run->result.oom_kills) {
		end->outcome = BV_OUTCOME_KILLED;
		end->reason = BV_REASON_OUT_OF_MEMORY;
		end->dimension = BV_MEMORY;
	} else if (WTERMSIG(status) == SIGKILL) {
		end->outcome = BV_OUTCOME_KILLED;
		end->reason = BV_REASON_KILLED_OUTSIDE;
	}
}

static void fill_view_end(const struct execution *run, char *detail, size_t size)
{
	const char *path = view_destination(&run->view, run->result.item);

	if (run->result.errnum == ESTALE)
		snprintf(detail, size,
			"'%s' is not what it was when the run began: it was replaced meanwhile",
			path);
	else if (run->result.errnum == ENOENT && view_is_exposed(&run->view, run->result.item))
		snprintf(detail, size,
			"'%s' is within a grant, and does not exist there: make it, "
			"or show it elsewhere",
			path);
	else
		snprintf(detail, size, "the private view cannot be made, at '%s'", path);
}

/* What the workload would hold is a file of the host's, and could be changed through it. */
static void fill_streams_end(const struct execution *run, char *detail, size_t size)
{
	static const char *const names[] = {"standard input", "standard output", "standard error"};
	uint32_t item = run->result.item;

	snprintf(detail, size,
		"the %s cannot be opened anew where its mode and times are safe (%s); pass it by a "
		"pipe: cat FILE | bvisor run",
		item < 3 ? names[item] : "descriptor", strerrordesc_np(run->result.errnum));
}

/* In a view what is not granted does not exist, and so the kernel does not find the loader that
 * the host has: that is a denial. */
static bool fill_loader_hidden(const struct execution *run)
{
	return run->result.errnum == ENOENT && run->choice.view && run->program.loader[0] &&
		access(run->program.loader, F_OK) == 0;
}

static void fill_setup_end(const struct execution *run, struct bv_end *end, char *detail,
	size_t size)
{
	static const char *const items[] = {"read", "seccomp", "no-new-privs", "capabilities",
		"threads", "descriptors", "cgroup", "set of namespaces", "view", "storage", "user"};
	static const char *const stages[WIRE_STAGE_COUNT] = {"none", "frame", "descriptor-table",
		"lowering", "clone", "step", "attestation"};
	const struct wire_done *done = &run->result;
	bool step = done->stage == WIRE_STAGE_STEP && done->step < run->frame.step_count;

	end->outcome = BV_OUTCOME_FAILED;
	end->reason = BV_REASON_SETUP;
	end->stage = stages[done->stage];
	end->errnum = done->errnum;
	if (step)
		end->stage = bv_plan_lowering(run->plan)->steps[done->step].primitive.id;
	if (done->stage == WIRE_STAGE_ATTEST) {
		end->reason = BV_REASON_ATTESTATION;
		snprintf(detail, size, "the child's %s is not the plan's",
			done->step < sizeof(items) / sizeof(items[0]) ? items[done->step]
								      : "state");
		end->detail = detail;
	}
	if (step && strcmp(end->stage, "linux.view") == 0) {
		fill_view_end(run, detail, size);
		end->detail = detail;
	}
	if (step && strcmp(end->stage, "linux.streams") == 0) {
		fill_streams_end(run, detail, size);
		end->detail = detail;
	}
	if (!step || strcmp(end->stage, "linux.exec") != 0)
		return;
	end->reason = BV_REASON_EXEC;
	if (done->errnum == EACCES || fill_loader_hidden(run)) {
		end->errnum = EACCES;
		program_explain_denial(&run->program, detail, size);
	} else {
		snprintf(detail, size, "the kernel does not execute '%s'", run->program.image.path);
	}
	end->detail = detail;
}

static void fill_budget_end(struct bv_end *end, enum bv_outcome outcome,
	enum bv_dimension dimension)
{
	end->outcome = outcome;
	end->reason = BV_REASON_BUDGET;
	end->dimension = dimension;
}

static void fill_end(struct execution *run)
{
	struct bv_end end = {0};
	char detail[512] = "";

	if (!run->done) {
		end.outcome = BV_OUTCOME_SUPERVISOR_FAULT;
		end.reason = BV_REASON_LAUNCHER;
		end.detail = "the launcher died; the boundary was torn down";
		bv_body_end(run->body, &end);
		return;
	}
	if (run->result.reaped && run->started)
		fill_exit((int)run->result.wait_status, &end);
	switch (run->result.ended) {
	case WIRE_ENDED_SELF:
		fill_own_end(run, &end);
		break;
	case WIRE_ENDED_SETUP:
		end.exit = BV_EXIT_NONE;
		end.exit_value = 0;
		fill_setup_end(run, &end, detail, sizeof(detail));
		break;
	case WIRE_ENDED_WALL:
		fill_budget_end(&end, BV_OUTCOME_TIMEOUT, BV_WALL);
		break;
	case WIRE_ENDED_CPU:
		fill_budget_end(&end, BV_OUTCOME_TIMEOUT, BV_CPU);
		break;
	case WIRE_ENDED_MEMORY:
		fill_budget_end(&end, BV_OUTCOME_KILLED, BV_MEMORY);
		break;
	case WIRE_ENDED_TASKS:
		fill_budget_end(&end, BV_OUTCOME_KILLED, BV_TASKS);
		break;
	case WIRE_ENDED_HANDLES:
		fill_budget_end(&end, BV_OUTCOME_KILLED, BV_HANDLES);
		break;
	case WIRE_ENDED_CANCEL:
		if (run->outputs.exceeded) {
			fill_budget_end(&end, BV_OUTCOME_KILLED, BV_STORAGE);
			break;
		}
		end.outcome = BV_OUTCOME_KILLED;
		end.reason = BV_REASON_CANCELLED;
		break;
	case WIRE_ENDED_BLIND:
		fill_budget_end(&end, BV_OUTCOME_KILLED, BV_HANDLES);
		end.detail = "a task of the run could no longer be measured";
		break;
	}
	bv_body_end(run->body, &end);
}

static void fill_file(struct execution *run, const struct program_file *file,
	void (*add)(struct bv_report_body *, const char *, const struct bv_digest *, uint64_t))
{
	if (file->fd < 0 || !file->digested)
		return;
	add(run->body, file->path, &file->digest, (uint64_t)file->identity.size);
	if (file->changed)
		bv_body_finding(run->body, "program-changed", "'%s' was changed during the run",
			file->path);
}

static void fill_program(struct execution *run)
{
	bool script = run->program.script.fd >= 0;

	fill_file(run, script ? &run->program.script : &run->program.image, bv_body_executable);
	if (script)
		fill_file(run, &run->program.image, bv_body_interpreter);
}

static void fill_observed(struct execution *run)
{
	const struct wire_done *done = &run->result;

	bv_body_observe(run->body, "spawn-lowered", "%s",
		bv_kind_name((enum bv_kind)(BV_KIND_SPAWN_DENY_NEW_TASKS + (int)run->spec->spawn)));
	if (run->leaf >= 0)
		bv_body_observe(run->body, "cgroup-leaf-prepared", "%s", run->leaf_name);
	if (!run->empty)
		bv_body_finding(run->body, "teardown-incomplete", "%s",
			!run->done && run->choice.containment == WIRE_CONTAIN_SUBREAPER
				? "nothing but the launcher held the run tree: descendants may "
				  "have survived it"
				: "the run tree was not seen to be empty");
	else if (!run->done || !done->drained)
		bv_body_observe(run->body, "tree-empty", "seen by the host, which emptied it");
	if (!run->done)
		return;
	if (done->drained)
		bv_body_observe(run->body, "tree-empty",
			"seen after %llu us, %u killed with the tree",
			(unsigned long long)done->wall_us, done->stragglers);
	for (uint32_t i = 0; i < done->moment_count; i++) {
		const char *state = machine_state_name(done->moments[i].state);
		const char *event = machine_event_name(done->moments[i].event);

		bv_body_transcript(run->body, done->moments[i].at_us, state ? state : "?",
			event ? event : "?");
	}
}

/* Where one process is the tree, it is known; elsewhere the launcher told of those it saw. */
static void fill_processes(struct execution *run)
{
	struct bv_process first = {.pid = run->attestation.pid,
		.parent = run->attestation.parent,
		.name = strrchr(run->program.image.path, '/') + 1,
		.ended = run->result.ended == WIRE_ENDED_SELF,
		.ended_us = run->result.wall_us};

	if (!run->done)
		return;
	if (choice_single(run->spec)) {
		if (run->started)
			bv_body_process(run->body, &first);
		bv_body_cover(run->body, BV_EVIDENCE_PROCESS_TREE, BV_COVERAGE_COMPLETE,
			"launcher (one process, by filter)", "");
	} else if (run->frame.flags & WIRE_FLAG_PROCESSES) {
		bv_body_cover(run->body, BV_EVIDENCE_PROCESS_TREE, BV_COVERAGE_PARTIAL,
			"launcher (/proc, every 10 ms)",
			run->processes_missed ? "processes past 512"
					      : "what began and ended between two looks, reaped by "
						"its own parent");
	}
}

static void fill_coverage(struct execution *run)
{
	bool complete = run->done && run->result.drained;
	bool captured = run->captures[1].wanted || run->captures[2].wanted;

	bv_body_cover(run->body, BV_EVIDENCE_TERMINAL_OUTCOME,
		run->done ? BV_COVERAGE_COMPLETE : BV_COVERAGE_NONE, "launcher (wait4)",
		run->done ? "" : "the launcher died");
	if (captured)
		bv_body_cover(run->body, BV_EVIDENCE_CAPTURED_STREAMS,
			complete ? BV_COVERAGE_COMPLETE : BV_COVERAGE_PARTIAL, "host (pipes)",
			complete ? "" : "what was written after the launcher died");
	bv_body_cover(run->body, BV_EVIDENCE_MECHANISM_ATTESTATION,
		run->started ? BV_COVERAGE_COMPLETE : BV_COVERAGE_NONE,
		"launcher (/proc of the child)",
		run->started ? "" : "the child did not get as far");
	fill_processes(run);
	if (run->spec->network == BV_NETWORK_DENY_ALL)
		bv_body_cover(run->body, BV_EVIDENCE_NETWORK_ACTIVITY, BV_COVERAGE_COMPLETE,
			"none possible (network-deny-all)", "");
}

/* And why it is not another user: nobody asked where something is ambient. */
static void fill_root(struct execution *run)
{
	const struct bv_fact *mapped = bv_snapshot_find(bv_plan_snapshot(run->plan), FACT_MAPPED);
	bool why = mapped && mapped->detail[0];

	bv_body_finding(run->body, "runs-as-root",
		"the workload is uid 0 without any capability; it owns root's files where "
		"they are granted%s%s",
		why ? ". It is not another user: " : "", why ? mapped->detail : "");
}

void fill_body(struct execution *run)
{
	fill_end(run);
	fill_program(run);
	if (run->started)
		fill_attestation(run);
	fill_observed(run);
	usage_fill(run);
	streams_fill(run);
	fill_coverage(run);
	delta_fill(run->delta, run->empty, run->store, run->body);
	if (run->started && run->attestation.uid == 0)
		fill_root(run);
}

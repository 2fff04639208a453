/* SPDX-License-Identifier: MIT
 *
 * Telling what was seen. A claim nobody wanted, or nobody could see, is told as not covered, and
 * then nothing is recorded under it: an empty list means something only where somebody looked.
 * Observations read "<action> <object>"; tests/sim/truth.c writes the same from the log.
 */
#include "backend/sim/run.h"

#include "base/digest.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

bool bv_sim_watches(const struct bv_sim_run *run, enum bv_evidence claim)
{
	return (run->spec->evidence & BV_EVIDENCE_BIT(claim)) &&
		bv_sim_world_sees(run->world, claim);
}

static void observe_denial(struct bv_sim_run *run, const struct bv_sim_event *event)
{
	struct bv_denial denial = {
		.kind = bv_sim_guard_kind(run->spec, event->action.act),
		.call = bv_sim_act_name(event->action.act),
		.object = event->action.object,
		.errnum = event->errnum,
		.count = 1,
	};

	if (!bv_sim_watches(run, BV_EVIDENCE_DENIED_ATTEMPTS))
		return;
	if (bv_sim_lies_once(run->sim, BV_SIM_DENIAL_DROPPED))
		return;
	if (bv_sim_lies_once(run->sim, BV_SIM_DENIAL_MISCOUNTED))
		denial.count++;
	if (bv_sim_lies_once(run->sim, BV_SIM_DENIAL_MISFILED))
		denial.kind = denial.kind == BV_KIND_FILESYSTEM ? BV_KIND_IPC_PRIVATE
								: BV_KIND_FILESYSTEM;
	bv_body_deny(run->body, &denial);
}

/* One line under `kind`, if the claim is watched and the lie of that claim is not due. */
static void observe_line(struct bv_sim_run *run, enum bv_evidence claim, const char *kind,
	enum bv_sim_lie lie, const struct bv_sim_action *action)
{
	if (!bv_sim_watches(run, claim) || bv_sim_lies_once(run->sim, lie))
		return;
	bv_body_observe(run->body, kind, "%s %s", bv_sim_act_name(action->act), action->object);
}

static void observe_effect(struct bv_sim_run *run, const struct bv_sim_action *action)
{
	if (action->act < BV_SIM_OPEN || action->act == BV_SIM_PRODUCE)
		observe_line(run, BV_EVIDENCE_ALLOWED_ACTIONS, "allowed", BV_SIM_ALLOWED_DROPPED,
			action);
	if (action->act == BV_SIM_WRITE || action->act == BV_SIM_PRODUCE)
		observe_line(run, BV_EVIDENCE_FILESYSTEM_DELTA, "file", BV_SIM_DELTA_DROPPED,
			action);
	if (action->act >= BV_SIM_THREAD && action->act <= BV_SIM_DETACH)
		observe_line(run, BV_EVIDENCE_PROCESS_TREE, "task", BV_SIM_TASK_DROPPED, action);
	if (action->act == BV_SIM_CONNECT)
		observe_line(run, BV_EVIDENCE_NETWORK_ACTIVITY, "connection",
			BV_SIM_CONNECTION_DROPPED, action);
}

void bv_sim_observe_event(struct bv_sim_run *run, const struct bv_sim_event *event)
{
	switch (event->refuser) {
	case BV_SIM_NOBODY:
		observe_effect(run, &event->action);
		break;
	case BV_SIM_GUARD:
		observe_denial(run, event);
		break;
	case BV_SIM_LIMIT:
		break;
	}
}

void bv_sim_observe_stage(struct bv_sim_run *run, enum bv_sim_stage stage)
{
	static const char *const states[] = {
#define SIM_STAGE(name, number, state, event) [number] = state,
#include "backend/sim/stages.def"
#undef SIM_STAGE
	};
	static const char *const events[] = {
#define SIM_STAGE(name, number, state, event) [number] = event,
#include "backend/sim/stages.def"
#undef SIM_STAGE
	};

	if (bv_sim_lies(run->sim, BV_SIM_TRANSCRIPT_MISSING))
		return;
	if ((stage == BV_SIM_CREATED || stage == BV_SIM_DRAINED) &&
		run->sim->variant % 2 == (stage == BV_SIM_CREATED) &&
		bv_sim_lies(run->sim, BV_SIM_TRANSCRIPT_SKIPS))
		return;
	bv_body_transcript(run->body, bv_sim_world_clock(run->world), states[stage], events[stage]);
}

void bv_sim_observe_guards(struct bv_sim_run *run, uint64_t needed)
{
	for (int i = 0; i < BV_SIM_FACILITY_COUNT; i++) {
		enum bv_sim_facility facility = (enum bv_sim_facility)i;
		bool held = bv_sim_world_holds(run->world, facility);

		if (!(needed & SIM_BIT(facility)))
			continue;
		if (held && bv_sim_lies_once(run->sim, BV_SIM_ATTESTATION_MISSING))
			continue;
		if (!held && bv_sim_lies(run->sim, BV_SIM_ATTESTATION_INVENTED))
			held = true;
		bv_body_attest(run->body, bv_sim_facility_fact(facility), "%s",
			held ? "held" : "not held");
	}
}

static enum bv_coverage coverage_seen(struct bv_sim_run *run, enum bv_evidence claim)
{
	if (bv_sim_watches(run, claim))
		return BV_COVERAGE_COMPLETE;
	if ((run->spec->evidence & BV_EVIDENCE_BIT(claim)) &&
		run->world->facility[BV_SIM_WITNESS(claim)]) {
		/* There, wanted, and blind since some action. */
		return bv_sim_lies(run->sim, BV_SIM_COVERAGE_BLIND) ? BV_COVERAGE_COMPLETE
								    : BV_COVERAGE_PARTIAL;
	}
	return bv_sim_lies_once(run->sim, BV_SIM_COVERAGE_UNWATCHED) ? BV_COVERAGE_COMPLETE
								     : BV_COVERAGE_NONE;
}

static void observe_coverage(struct bv_sim_run *run)
{
	for (int i = 0; i < BV_EVIDENCE_COUNT; i++) {
		enum bv_evidence claim = (enum bv_evidence)i;
		const char *observer = bv_sim_facility_fact(BV_SIM_WITNESS(claim));

		switch (coverage_seen(run, claim)) {
		case BV_COVERAGE_NONE:
			bv_body_cover(run->body, claim, BV_COVERAGE_NONE, "", "nobody looked");
			break;
		case BV_COVERAGE_PARTIAL:
			bv_body_cover(run->body, claim, BV_COVERAGE_PARTIAL, observer,
				"everything after the observer died");
			break;
		case BV_COVERAGE_COMPLETE:
			bv_body_cover(run->body, claim, BV_COVERAGE_COMPLETE, observer, "");
			break;
		}
	}
}

static void observe_usage(struct bv_sim_run *run)
{
	for (int i = 0; i < BV_DIMENSION_COUNT; i++) {
		enum bv_dimension dimension = (enum bv_dimension)i;
		const struct bv_sim_meter *meter = &run->world->happened.meters[dimension];
		struct bv_usage usage = {
			.known = run->world->facility[BV_SIM_METER(dimension)] != BV_UNSUPPORTED,
			.measured = meter->peak,
			.source = bv_sim_facility_fact(BV_SIM_METER(dimension)),
			.granularity = "exact",
		};

		if (!usage.known && bv_sim_lies(run->sim, BV_SIM_USAGE_INVENTED)) {
			usage.known = 1;
			usage.measured = 0;
		}
		if (usage.known && meter->peak &&
			bv_sim_lies_once(run->sim, BV_SIM_USAGE_FALSIFIED))
			usage.measured = meter->peak - 1;
		if (usage.known)
			bv_body_usage(run->body, dimension, &usage);
	}
}

/* What a liar hands on of a stream; the truth goes in and, as a rule, comes out. The digest is the
 * body's own, so all a liar can do is to hand on something else. */
static size_t stream_lie(struct bv_sim_run *run, uint8_t *bytes, size_t len, size_t kept)
{
	if (len > kept && bv_sim_lies(run->sim, BV_SIM_STREAM_DECLARED_WHOLE))
		len = kept;
	if (len > kept && bv_sim_lies_once(run->sim, BV_SIM_STREAM_DIGEST))
		bytes[len - 1] ^= 1;
	if (len > kept + 1 && bv_sim_lies_once(run->sim, BV_SIM_STREAM_LENGTH))
		len--;
	if (kept && bv_sim_lies_once(run->sim, BV_SIM_STREAM_ALTERED))
		bytes[kept - 1] ^= 1;
	return len;
}

static void observe_stream(struct bv_sim_run *run, int number)
{
	const struct bv_sim_stream *stream = &run->world->happened.streams[number];
	const struct bv_stream *asked = &run->spec->streams[number];
	size_t kept = stream->len < asked->limit_bytes ? stream->len : (size_t)asked->limit_bytes;
	uint8_t bytes[BV_SIM_STREAM_MAX];

	if (asked->mode != BV_STREAM_CAPTURE)
		return;
	memcpy(bytes, stream->bytes, stream->len);
	bv_body_stream(run->body, number, bytes, stream_lie(run, bytes, stream->len, kept));
}

static void observe_program(struct bv_sim_run *run)
{
	const struct bv_sim_file *program = &run->world->happened.program;
	struct bv_digest digest;

	if (!run->world->happened.started)
		return;
	bv_sim_file_digest(program, &digest);
	if (bv_sim_lies(run->sim, BV_SIM_EXECUTABLE_DIGEST))
		digest.bytes[31] ^= 1;
	bv_body_executable(run->body, program->path, &digest, program->size_bytes);
}

static void observe_findings(struct bv_sim_run *run)
{
	if (run->world->happened.blind && !bv_sim_lies(run->sim, BV_SIM_FINDING_DROPPED))
		bv_body_finding(run->body, "witness-lost", "the observers died during the run");
	if (run->kill_repeated && !bv_sim_lies(run->sim, BV_SIM_FINDING_DROPPED))
		bv_body_finding(run->body, "kill-repeated", "the tree was killed a second time");
}

static struct bv_end end_exhausted(enum bv_dimension dimension)
{
	struct bv_end end = {
		.outcome = BV_OUTCOME_KILLED,
		.reason = BV_REASON_BUDGET,
		.exit = BV_EXIT_SIGNAL,
		.exit_value = SIGKILL,
		.dimension = dimension,
	};

	if (dimension == BV_WALL || dimension == BV_CPU)
		end.outcome = BV_OUTCOME_TIMEOUT;
	if (dimension == BV_MEMORY)
		end.reason = BV_REASON_OUT_OF_MEMORY;
	return end;
}

static struct bv_end end_seen(const struct bv_sim_world *world)
{
	int value = (int)world->happened.stop_value;

	switch (world->happened.stop) {
	case BV_SIM_EXHAUSTED:
		return end_exhausted((enum bv_dimension)value);
	case BV_SIM_CRASHED:
		return (struct bv_end){.outcome = BV_OUTCOME_FAILED,
			.reason = BV_REASON_SIGNAL,
			.exit = BV_EXIT_SIGNAL,
			.exit_value = value};
	case BV_SIM_BARRED:
		return (struct bv_end){.outcome = BV_OUTCOME_DENIED,
			.reason = BV_REASON_POLICY,
			.exit = BV_EXIT_SIGNAL,
			.exit_value = SIGSYS,
			.kind = BV_KIND_KERNEL_SURFACE_BASELINE};
	case BV_SIM_HUNG:
		return (struct bv_end){.outcome = BV_OUTCOME_KILLED,
			.reason = BV_REASON_KILLED_OUTSIDE,
			.exit = BV_EXIT_SIGNAL,
			.exit_value = SIGKILL};
	case BV_SIM_RUNNING:
	case BV_SIM_EXITED:
		break;
	}
	return (struct bv_end){.outcome = BV_OUTCOME_COMPLETED,
		.exit = BV_EXIT_STATUS,
		.exit_value = value};
}

/* The lie that calls this end a completed run. */
static enum bv_sim_lie end_lie(enum bv_sim_stop stop)
{
	switch (stop) {
	case BV_SIM_CRASHED:
		return BV_SIM_CRASH_COMPLETED;
	case BV_SIM_EXHAUSTED:
		return BV_SIM_TIMEOUT_COMPLETED;
	case BV_SIM_BARRED:
		return BV_SIM_DENIAL_COMPLETED;
	case BV_SIM_RUNNING:
	case BV_SIM_EXITED:
	case BV_SIM_HUNG:
		break;
	}
	return BV_SIM_TRUTH;
}

/* The lie of a budget not held is told only where a limit was really passed. */
static void observe_unheld(struct bv_sim_run *run)
{
	for (int d = 0; d < BV_DIMENSION_COUNT; d++)
		if (run->world->happened.meters[d].installed &&
			run->world->happened.meters[d].peak > run->spec->budgets[d].limit)
			(void)bv_sim_lies(run->sim, BV_SIM_BUDGET_UNHELD);
}

static void observe_end(struct bv_sim_run *run)
{
	const struct bv_end completed = {.outcome = BV_OUTCOME_COMPLETED, .exit = BV_EXIT_STATUS};
	struct bv_end end = run->refused ? run->end : end_seen(run->world);

	if (bv_sim_lies(run->sim, BV_SIM_END_MISSING))
		return;
	if (bv_sim_lies(run->sim, end_lie(run->world->happened.stop)))
		end = completed;
	if (end.exit == BV_EXIT_STATUS && bv_sim_lies(run->sim, BV_SIM_EXIT_WRONG))
		end.exit_value ^= 1;
	bv_body_end(run->body, &end);
}

void bv_sim_observe_result(struct bv_sim_run *run)
{
	const struct bv_denial invented = {.kind = BV_KIND_FILESYSTEM,
		.call = "read",
		.object = "/nowhere",
		.errnum = 13,
		.count = 1};

	if (bv_sim_watches(run, BV_EVIDENCE_DENIED_ATTEMPTS) &&
		bv_sim_lies(run->sim, BV_SIM_DENIAL_INVENTED))
		bv_body_deny(run->body, &invented);
	observe_coverage(run);
	observe_usage(run);
	observe_stream(run, 1);
	observe_stream(run, 2);
	observe_program(run);
	observe_findings(run);
	observe_unheld(run);
	observe_end(run);
}

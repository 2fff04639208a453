/* SPDX-License-Identifier: MIT
 *
 * Who would witness each evidence claim of a run.
 */
#include <stdio.h>

#include "choice.h"

static void seen_by(struct bv_observer *ret, const char *observer)
{
	ret->available = 1;
	snprintf(ret->observer, sizeof(ret->observer), "%s", observer);
}

static void unseen(struct bv_observer *ret, const char *missing, const char *remedy)
{
	snprintf(ret->missing, sizeof(ret->missing), "%s", missing);
	snprintf(ret->remedy, sizeof(ret->remedy), "%s", remedy);
}

static void observer_streams(const struct bv_spec *spec, struct bv_observer *ret)
{
	if (!spec || spec->streams[1].mode == BV_STREAM_CAPTURE ||
		spec->streams[2].mode == BV_STREAM_CAPTURE)
		seen_by(ret, "host (pipes)");
	else
		unseen(ret, "no stream is captured", "--stdout capture or --stderr capture");
}

static void observer_processes(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_observer *ret)
{
	if (!spec || choice_single(spec))
		seen_by(ret, "launcher (one process, by filter)");
	else if (bv_snapshot_has(snapshot, FACT_CHILDREN))
		seen_by(ret, "launcher (/proc, every 10 ms)");
	else
		unseen(ret, "/proc/<pid>/task/<tid>/children is not there, so a tree is not seen",
			"a kernel with CONFIG_PROC_CHILDREN, or --spawn deny or threads");
}

void linux_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret)
{
	switch (claim) {
	case BV_EVIDENCE_TERMINAL_OUTCOME:
		seen_by(ret, "launcher (wait4)");
		return;
	case BV_EVIDENCE_CAPTURED_STREAMS:
		observer_streams(spec, ret);
		return;
	case BV_EVIDENCE_RESOURCE_USAGE:
		seen_by(ret, "launcher (wait4, /proc)");
		return;
	case BV_EVIDENCE_MECHANISM_ATTESTATION:
		seen_by(ret, "launcher (/proc of the child, before it executes)");
		return;
	case BV_EVIDENCE_PROCESS_TREE:
		observer_processes(snapshot, spec, ret);
		return;
	case BV_EVIDENCE_NETWORK_ACTIVITY:
		if (!spec || spec->network == BV_NETWORK_DENY_ALL)
			seen_by(ret, "none possible (network-deny-all)");
		else
			unseen(ret, "traffic is not observed", "--net deny");
		return;
	case BV_EVIDENCE_ALLOWED_ACTIONS:
	case BV_EVIDENCE_DENIED_ATTEMPTS:
		unseen(ret, "system calls are filtered, not recorded", "drop the claim");
		return;
	case BV_EVIDENCE_FILESYSTEM_DELTA:
		seen_by(ret,
			spec && choice_has_overlay(spec)
				? "host (walks before and after the run; an overlay's upper layer)"
				: "host (walks before and after the run)");
		return;
	case BV_EVIDENCE_ARTIFACT_LINEAGE:
		if (!spec || spec->output_count)
			seen_by(ret, "host (walk of the output directories)");
		else
			unseen(ret, "there is no output to collect from", "--out PATH");
		return;
	}
}

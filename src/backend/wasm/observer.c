/* SPDX-License-Identifier: MIT
 *
 * Who would witness each evidence claim of a guest's run.
 */
#include <stdio.h>

#include "backend/linux/choice.h"
#include "nest.h"

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

static void observer_in_process(const struct bv_spec *spec, enum bv_evidence claim,
	struct bv_observer *ret)
{
	if (claim == BV_EVIDENCE_MECHANISM_ATTESTATION)
		unseen(ret, "in this process nothing but the engine itself holds the guest",
			"a worker (--worker required)");
	else if (claim == BV_EVIDENCE_CAPTURED_STREAMS && spec &&
		spec->streams[1].mode != BV_STREAM_CAPTURE &&
		spec->streams[2].mode != BV_STREAM_CAPTURE)
		unseen(ret, "no stream is captured", "--stdout capture or --stderr capture");
	else if (claim == BV_EVIDENCE_FILESYSTEM_DELTA)
		unseen(ret, "granted directories are not compared before and after",
			"drop the claim");
	else
		seen_by(ret, "host (engine)");
}

void wasm_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret)
{
	bool worker = nest_stands(snapshot, spec, NULL);
	struct nest nest;

	if (claim == BV_EVIDENCE_DENIED_ATTEMPTS || claim == BV_EVIDENCE_ALLOWED_ACTIONS) {
		seen_by(ret, worker ? "worker (WASI host)" : "host (WASI host)");
		return;
	}
	/* What is compared of a worker is not handed on to its guest's report. */
	if (claim != BV_EVIDENCE_ARTIFACT_LINEAGE &&
		(!worker || claim == BV_EVIDENCE_FILESYSTEM_DELTA)) {
		observer_in_process(spec, claim, ret);
		return;
	}
	if (spec)
		nest_make(spec, nest_fuel(snapshot), &nest);
	linux_evidence(snapshot, spec ? &nest.spec : NULL, claim, ret);
}

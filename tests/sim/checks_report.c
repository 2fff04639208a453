/* SPDX-License-Identifier: MIT
 *
 * Checks of what was said, against what happened. The report's own bytes are read with another
 * JSON reader, and its accessors are held against them.
 */
#include "base/digest.h"
#include "trial.h"
#include "truth.h"

#include <stdio.h>
#include <string.h>

bool check_seal(struct trial *trial)
{
	struct bv_bytes bytes = bv_buf_view(&trial->delivered);
	struct bv_verification_result result;
	struct bv_error err;

	if (!trial->report)
		return true;
	if (bv_report_verify(bytes.data, bytes.len, bv_report_id(trial->report), &result, &err))
		return check_says(trial, "could not verify: %s", err.text);
	if (result.status != BV_REPORT_SOUND)
		return check_says(trial, "status %d at %s: %s", (int)result.status, result.place,
			result.text);
	return true;
}

bool check_identity(struct trial *trial)
{
	char hex[BV_DIGEST_HEX];

	if (!trial->report)
		return true;
	bv_digest_hex(&bv_plan_id(trial->plan)->digest, hex);
	if (memcmp(bv_report_plan_id(trial->report), bv_plan_id(trial->plan),
		    sizeof(struct bv_plan_id)) != 0 ||
		strcmp(json_text(trial->json, "plan_id"), hex) != 0)
		return check_says(trial, "the report is of plan %.8s, not %.8s",
			json_text(trial->json, "plan_id"), hex);
	return true;
}

bool check_end(struct trial *trial)
{
	struct bv_end want;
	const struct bv_end *have;
	const json_t *json_exit = json_object_get(trial->json, "exit");

	if (!trial->report)
		return true;
	want = truth_end(&trial->world);
	have = bv_report_end(trial->report);
	if (want.outcome != have->outcome || want.reason != have->reason ||
		want.exit != have->exit || want.exit_value != have->exit_value ||
		want.dimension != have->dimension || want.kind != have->kind)
		return check_says(trial, "ended %s/%s %d, and is told as %s/%s %d",
			bv_outcome_name(want.outcome), bv_reason_name(want.reason), want.exit_value,
			bv_outcome_name(have->outcome), bv_reason_name(have->reason),
			have->exit_value);
	if (strcmp(json_text(trial->json, "outcome"), bv_outcome_name(want.outcome)) != 0 ||
		(want.exit != BV_EXIT_NONE &&
			json_integer_value(json_object_get(json_exit, "value")) != want.exit_value))
		return check_says(trial, "the bytes tell another end than the report");
	return true;
}

bool check_usage(struct trial *trial)
{
	for (int i = 0; i < BV_DIMENSION_COUNT && trial_told(trial); i++) {
		enum bv_dimension d = (enum bv_dimension)i;
		bool metered = trial->world.facility[BV_SIM_METER(d)];
		uint64_t peak = trial->world.happened.meters[d].peak, said = 0;
		bool known = bv_report_usage(trial->report, d, &said);

		if (known != metered || (known && said != peak))
			return check_says(trial, "%s: %llu used, told as %llu (%s)",
				bv_dimension_name(d), (unsigned long long)peak,
				(unsigned long long)said, known ? "known" : "unknown");
	}
	return true;
}

static bool stream_told(struct trial *trial, int number, const json_t *told)
{
	const struct bv_stream *asked = &trial->scenario->spec.streams[number];
	const struct bv_sim_stream *written = &trial->world.happened.streams[number];
	size_t want = written->len < asked->limit_bytes ? written->len : asked->limit_bytes;
	size_t len = 0;
	int truncated = 0;
	const void *kept = bv_report_stream(trial->report, number, &len, &truncated);
	struct bv_digest digest;
	char hex[BV_DIGEST_HEX];

	if ((kept != NULL) != (asked->mode == BV_STREAM_CAPTURE))
		return check_says(trial, "stream %d is captured or not, against the spec", number);
	if (!kept)
		return true;
	if (truncated != (written->len > want) || len != want ||
		memcmp(kept, written->bytes, want) != 0)
		return check_says(trial, "stream %d: %zu of %zu bytes kept", number, len, want);
	bv_sha256_once(written->bytes, written->len, &digest);
	if (strcmp(json_text(told, "sha256"), bv_digest_hex(&digest, hex)) != 0 ||
		(size_t)json_integer_value(json_object_get(told, "length_bytes")) != written->len)
		return check_says(trial, "stream %d is told with another length or digest", number);
	return true;
}

bool check_streams(struct trial *trial)
{
	const struct bv_sim_stream *written = &trial->world.happened.streams[1];
	const json_t *streams = json_object_get(trial->json, "streams");

	if (!trial_told(trial))
		return true;
	if (trial->scenario->spec.streams[1].mode == BV_STREAM_CAPTURE &&
		(trial->stdout_seen_len != written->len ||
			memcmp(trial->stdout_seen, written->bytes, written->len) != 0))
		return check_says(trial, "the caller saw %zu of %zu bytes of stdout",
			trial->stdout_seen_len, written->len);
	return stream_told(trial, 1, json_array_get(streams, 1)) &&
		stream_told(trial, 2, json_array_get(streams, 2));
}

bool check_executable(struct trial *trial)
{
	const struct bv_sim_file *program =
		bv_sim_world_find(&trial->scenario->world, "/bin/guest");
	const json_t *told =
		json_object_get(json_object_get(trial->json, "workload"), "executable");
	uint64_t bytes[2] = {program->content, program->size_bytes};
	struct bv_digest digest;
	char hex[BV_DIGEST_HEX];

	if (!trial_told(trial))
		return true;
	if (!trial->world.happened.started)
		return json_is_null(told) ||
			check_says(trial, "a program is told to have run, and none did");
	bv_sha256_once(bytes, sizeof(bytes), &digest);
	if (strcmp(json_text(told, "sha256"), bv_digest_hex(&digest, hex)) != 0 ||
		strcmp(json_text(told, "path"), program->path) != 0)
		return check_says(trial, "another program is told to have run");
	return true;
}

bool check_coverage(struct trial *trial)
{
	static const char *const names[] = {"none", "partial", "complete"};
	const json_t *evidence = json_object_get(trial->json, "evidence");

	for (size_t i = 0; i < BV_EVIDENCE_COUNT && trial->report; i++) {
		const json_t *entry = json_array_get(evidence, i);
		const char *want =
			names[truth_coverage(trial->scenario, &trial->world, (enum bv_evidence)i)];

		if (strcmp(json_text(entry, "coverage"), want) != 0)
			return check_says(trial, "coverage of %s is %s, and told as %s",
				bv_evidence_name((enum bv_evidence)i), want,
				json_text(entry, "coverage"));
	}
	return true;
}

static size_t findings_count(const struct trial *trial, const char *code)
{
	const json_t *findings = json_object_get(trial->json, "findings");
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(findings); i++)
		count += strcmp(json_text(json_array_get(findings, i), "code"), code) == 0;
	return count;
}

static bool findings_want(struct trial *trial, const char *code, size_t want)
{
	size_t have = findings_count(trial, code);

	return have == want ||
		check_says(trial, "%zu findings \"%s\", and %zu are due", have, code, want);
}

bool check_findings(struct trial *trial)
{
	const struct bv_spec *spec = &trial->scenario->spec;
	size_t ambient = (size_t)(spec->network == BV_NETWORK_AMBIENT) +
		(size_t)(spec->host_processes == BV_AMBIENT) + (size_t)(spec->ipc == BV_AMBIENT) +
		(size_t)(spec->kernel_surface == BV_AMBIENT);
	size_t waived = 0;
	bool told = trial_told(trial);

	if (!trial->report)
		return true;
	for (int d = 0; d < BV_DIMENSION_COUNT; d++)
		waived += spec->budgets[d].guarantee == BV_UNSUPPORTED;
	return findings_want(trial, "ambient-authority", ambient) &&
		findings_want(trial, "budget-waived", waived) &&
		findings_want(trial, "witness-lost", told && trial->world.happened.blind) &&
		findings_want(trial, "kill-repeated",
			told && trial->world.happened.kills_short != 0);
}

bool check_attestation(struct trial *trial)
{
	const json_t *attested = json_object_get(trial->json, "attestation");
	uint64_t said = 0;

	if (!trial->report)
		return true;
	for (size_t i = 0; i < json_array_size(attested); i++) {
		const json_t *entry = json_array_get(attested, i);

		for (int f = 0; f < BV_SIM_FACILITY_COUNT; f++)
			if (strcmp(json_text(entry, "value"), "held") == 0 &&
				strcmp(json_text(entry, "name"),
					bv_sim_facility_fact((enum bv_sim_facility)f)) == 0)
				said |= SIM_BIT(f);
	}
	if (said & ~trial->world.happened.installed)
		return check_says(trial, "a guard is attested that the machine does not hold");
	if (trial->world.happened.started && (truth_guards(&trial->scenario->spec) & ~said))
		return check_says(trial, "the guest was started without every guard attested");
	return true;
}

/* The states a run goes through; where it was cut short, the middle is missing. */
static size_t transcript_due(const struct bv_sim_world *world, const char *ret[8])
{
	static const char *const states[] = {"created", "guarded", "attested", "started", "ended",
		"drained"};
	size_t count = 0, through = 4, last = 6;

	if (world->happened.supervisor_died)
		last = world->fault_at;
	else if (!world->happened.started)
		through = world->fault == BV_SIM_START_FAILS     ? 3
			: world->fault == BV_SIM_INSTALL_IGNORED ? 2
								 : 1;
	for (size_t i = 0; i < last; i++)
		if (i < through || i >= 4)
			ret[count++] = states[i];
	return count;
}

bool check_transcript(struct trial *trial)
{
	const json_t *steps = json_object_get(trial->json, "launcher");
	json_int_t last = 0;
	const char *due[8];
	size_t count = transcript_due(&trial->world, due);

	if (!trial->report)
		return true;
	if (json_array_size(steps) != count)
		return check_says(trial, "%zu steps told, %zu are due", json_array_size(steps),
			count);
	for (size_t i = 0; i < count; i++) {
		const json_t *step = json_array_get(steps, i);
		json_int_t at = json_integer_value(json_object_get(step, "at_us"));

		if (strcmp(json_text(step, "state"), due[i]) != 0 || at < last)
			return check_says(trial, "step %zu is \"%s\" at %lld", i,
				json_text(step, "state"), (long long)at);
		last = at;
	}
	return true;
}

bool check_secrets(struct trial *trial)
{
	size_t len;
	const char *bytes;

	if (!trial->report)
		return true;
	bytes = bv_report_json(trial->report, &len);
	return !memmem(bytes, len, SCENARIO_SECRET, strlen(SCENARIO_SECRET)) ||
		check_says(trial, "the report holds the value of a secret");
}

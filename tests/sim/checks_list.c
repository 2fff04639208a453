/* SPDX-License-Identifier: MIT
 *
 * Checks of the lists in a report: denials, observations, artifacts and outputs, each as often
 * as it happened where somebody looked, and nothing else.
 */
#include "base/digest.h"
#include "trial.h"
#include "truth.h"

#include <stdio.h>
#include <string.h>

/* How often the log has this very denial, as far as the observers could see it. */
static json_int_t denials_happened(const struct trial *trial, const struct bv_sim_event *like)
{
	json_int_t count = 0;

	for (size_t i = 0; i < trial->world.happened.log_count; i++) {
		const struct bv_sim_event *event = &trial->world.happened.log[i];

		count += event->refuser == BV_SIM_GUARD && event->watched &&
			event->action.act == like->action.act && event->errnum == like->errnum &&
			strcmp(event->action.object, like->action.object) == 0;
	}
	return count;
}

/* How often the report has it. */
static json_int_t denials_told(const struct trial *trial, const struct bv_sim_event *like)
{
	enum bv_kind kind = truth_kind(&trial->scenario->spec, like->action.act);
	const json_t *denied = json_object_get(trial->json, "denied");
	json_int_t count = 0;

	for (size_t i = 0; i < json_array_size(denied); i++) {
		const json_t *entry = json_array_get(denied, i);

		if (strcmp(json_text(entry, "call"), bv_sim_act_name(like->action.act)) == 0 &&
			strcmp(json_text(entry, "object"), like->action.object) == 0 &&
			strcmp(json_text(entry, "kind"), bv_kind_name(kind)) == 0 &&
			json_integer_value(json_object_get(entry, "errno")) == like->errnum)
			count += json_integer_value(json_object_get(entry, "count"));
	}
	return count;
}

bool check_denials(struct trial *trial)
{
	const struct bv_sim_world *world = &trial->world;
	const json_t *denied = json_object_get(trial->json, "denied");
	json_int_t total = 0, seen = 0;
	bool watched =
		(trial->scenario->spec.evidence & BV_EVIDENCE_BIT(BV_EVIDENCE_DENIED_ATTEMPTS)) &&
		world->facility[BV_SIM_WITNESS_DENIED];

	if (!trial->report)
		return true;
	for (size_t i = 0; i < json_array_size(denied); i++)
		total += json_integer_value(json_object_get(json_array_get(denied, i), "count"));
	for (size_t i = 0; i < world->happened.log_count && watched; i++) {
		const struct bv_sim_event *event = &world->happened.log[i];

		if (event->refuser != BV_SIM_GUARD || !event->watched)
			continue;
		seen++;
		if (denials_told(trial, event) != denials_happened(trial, event))
			return check_says(trial, "%s %s was denied %d times, told %d",
				bv_sim_act_name(event->action.act), event->action.object,
				(int)denials_happened(trial, event),
				(int)denials_told(trial, event));
	}
	if (total != seen)
		return check_says(trial, "%d denials told, %d seen", (int)total, (int)seen);
	return true;
}

/* How often the report has the line under the kind. A NULL detail counts them all. */
static size_t lines_told(const struct trial *trial, const char *kind, const char *detail)
{
	const json_t *observed = json_object_get(trial->json, "observed");
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(observed); i++) {
		const json_t *entry = json_array_get(observed, i);

		count += strcmp(json_text(entry, "kind"), kind) == 0 &&
			(!detail || strcmp(json_text(entry, "detail"), detail) == 0);
	}
	return count;
}

/* How often the log has a watched effect of the set that reads like this one. */
static size_t lines_happened(const struct trial *trial, uint32_t acts,
	const struct bv_sim_action *like)
{
	size_t count = 0;

	for (size_t i = 0; i < trial->world.happened.log_count; i++) {
		const struct bv_sim_event *event = &trial->world.happened.log[i];

		count += event->refuser == BV_SIM_NOBODY && event->watched &&
			(acts & (UINT32_C(1) << event->action.act)) &&
			(!like ||
				(like->act == event->action.act &&
					strcmp(like->object, event->action.object) == 0));
	}
	return count;
}

static bool lines_match(struct trial *trial, enum bv_evidence claim, const char *kind,
	uint32_t acts)
{
	bool watched = (trial->scenario->spec.evidence & BV_EVIDENCE_BIT(claim)) &&
		trial->world.facility[BV_SIM_WITNESS(claim)];
	size_t total = watched ? lines_happened(trial, acts, NULL) : 0;
	char line[2 * BV_SIM_TEXT_MAX];

	if (lines_told(trial, kind, NULL) != total)
		return check_says(trial, "%zu lines of \"%s\", and %zu are due",
			lines_told(trial, kind, NULL), kind, total);
	for (size_t i = 0; i < trial->world.happened.log_count && watched; i++) {
		const struct bv_sim_action *action = &trial->world.happened.log[i].action;
		size_t due = lines_happened(trial, acts, action);

		(void)snprintf(line, sizeof(line), "%s %s", bv_sim_act_name(action->act),
			action->object);
		if (due && lines_told(trial, kind, line) != due)
			return check_says(trial, "\"%s %s\" is not told as often as it happened",
				kind, line);
	}
	return true;
}

/* The artifacts that stand when the guest has ended, each with the digest of what was made. */
static bool lineage_match(struct trial *trial)
{
	static const char *const paths[] = {"/box/out/a", "/box/out/b", "/box/out/c"};
	size_t due = 0;

	if (!trial_told(trial))
		return true;
	for (size_t i = 0; i < 3; i++) {
		uint64_t bytes[2];
		const struct bv_sim_event *made = truth_written(&trial->world, paths[i], &bytes[0]);
		struct bv_digest digest;
		char hex[BV_DIGEST_HEX], line[BV_SIM_TEXT_MAX + BV_DIGEST_HEX];

		if (!made ||
			truth_coverage(trial->scenario, &trial->world,
				BV_EVIDENCE_ARTIFACT_LINEAGE) != BV_COVERAGE_COMPLETE)
			continue;
		due++;
		bytes[1] = made->action.amount;
		bv_sha256_once(bytes, sizeof(bytes), &digest);
		(void)snprintf(line, sizeof(line), "%s %s", paths[i], bv_digest_hex(&digest, hex));
		if (lines_told(trial, "artifact", line) != 1)
			return check_says(trial, "\"%s\" is not told", line);
	}
	return lines_told(trial, "artifact", NULL) == due ||
		check_says(trial, "artifacts are told that were not made");
}

#define ACT(act) (UINT32_C(1) << (act))
#define POLICED ((ACT(BV_SIM_SYSCALL + 1) - 1) | ACT(BV_SIM_PRODUCE))

bool check_observations(struct trial *trial)
{
	if (!trial->report)
		return true;
	return lines_match(trial, BV_EVIDENCE_ALLOWED_ACTIONS, "allowed", POLICED) &&
		lines_match(trial, BV_EVIDENCE_FILESYSTEM_DELTA, "file",
			ACT(BV_SIM_WRITE) | ACT(BV_SIM_PRODUCE)) &&
		lines_match(trial, BV_EVIDENCE_PROCESS_TREE, "task",
			ACT(BV_SIM_THREAD) | ACT(BV_SIM_SPAWN) | ACT(BV_SIM_DETACH)) &&
		lines_match(trial, BV_EVIDENCE_NETWORK_ACTIVITY, "connection",
			ACT(BV_SIM_CONNECT)) &&
		lineage_match(trial);
}

bool check_outputs(struct trial *trial)
{
	static const char *const paths[] = {"/box/out/a", "/box/out/b", "/box/out/c"};
	size_t due = 0;
	uint64_t content;

	if (!trial_told(trial))
		return true;
	for (size_t i = 0; i < 3; i++) {
		if (!trial->scenario->spec.list_outputs ||
			!truth_written(&trial->world, paths[i], &content))
			continue;
		due++;
		if (lines_told(trial, "output", paths[i]) != 1)
			return check_says(trial, "%s is there and not listed", paths[i]);
	}
	return lines_told(trial, "output", NULL) == due ||
		check_says(trial, "outputs are listed that are not there");
}

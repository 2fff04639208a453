/* SPDX-License-Identifier: MIT
 *
 * What becomes of what the guest made beneath its output directory: listed, traced to the run,
 * committed to the host, removed, each only as the spec decided. Only a guest that ended by
 * itself has its artifacts committed.
 */
#include "backend/sim/run.h"

#include <stdio.h>
#include <string.h>

static void artifact_report(struct bv_sim_run *run, const struct bv_sim_file *file)
{
	struct bv_sim_file seen = *file;
	char hex[BV_DIGEST_HEX];
	struct bv_digest digest;

	if (run->spec->list_outputs && !bv_sim_lies_once(run->sim, BV_SIM_OUTPUT_UNLISTED))
		bv_body_observe(run->body, "output", "%s", file->path);
	if (!bv_sim_watches(run, BV_EVIDENCE_ARTIFACT_LINEAGE))
		return;
	if (bv_sim_lies_once(run->sim, BV_SIM_LINEAGE_FORGED))
		seen.content++;
	bv_sim_file_digest(&seen, &digest);
	bv_body_observe(run->body, "artifact", "%s %s", file->path, bv_digest_hex(&digest, hex));
}

static void artifact_commit(struct bv_sim_run *run, const struct bv_sim_file *file)
{
	struct bv_sim_file copy = *file;
	char path[2 * BV_SIM_TEXT_MAX];

	if (run->spec->commit == BV_COMMIT_NONE && !bv_sim_lies(run->sim, BV_SIM_COMMIT_UNDECIDED))
		return;
	if (bv_sim_lies_once(run->sim, BV_SIM_COMMIT_ALTERED))
		copy.content++;
	(void)snprintf(path, sizeof(path), "%s%s", BV_SIM_HOST_PATH,
		file->path + strlen(BV_SIM_OUT_PATH));
	(void)bv_sim_world_store(run->world, path, &copy);
}

void bv_sim_artifacts(struct bv_sim_run *run)
{
	struct bv_sim_world *world = run->world;
	size_t count = world->file_count;

	for (size_t i = 0; i < count; i++) {
		struct bv_sim_file file = world->files[i];

		if (file.removed || !bv_sim_beneath(file.path, BV_SIM_OUT_PATH))
			continue;
		artifact_report(run, &file);
		if (world->happened.stop == BV_SIM_EXITED)
			artifact_commit(run, &file);
		if (run->spec->discard && !bv_sim_lies(run->sim, BV_SIM_DISCARD_SKIPPED))
			bv_sim_world_remove(world, file.path);
	}
}

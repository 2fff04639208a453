/* SPDX-License-Identifier: MIT
 *
 * The changes and the processes in a report. Nobody looked: null. Somebody looked and saw
 * nothing: an empty list.
 */
#include "contract/report_data.h"

static bool looked(const struct bv_report_body *body, enum bv_evidence claim)
{
	return body->covers[claim].coverage != BV_COVERAGE_NONE;
}

static void change_write(struct bv_json *json, const struct bv_body_change *entry)
{
	const struct bv_change *change = &entry->change;

	bv_json_object(json);
	bv_json_kv_string(json, "change", bv_change_name(change->change));
	bv_json_kv_string(json, "kind", bv_file_kind_name(change->kind));
	bv_json_kv_string(json, "path", entry->path);
	bv_json_key(json, "sha256");
	if (change->digested)
		bv_json_digest(json, &change->sha256);
	else
		bv_json_null(json);
	bv_json_key(json, "size_bytes");
	if (change->digested)
		bv_json_unsigned(json, change->size_bytes);
	else
		bv_json_null(json);
	bv_json_object_end(json);
}

void bv_report_write_changes(struct bv_json *json, const struct bv_report_body *body)
{
	if (!body->changes && !looked(body, BV_EVIDENCE_FILESYSTEM_DELTA)) {
		bv_json_null(json);
		return;
	}
	bv_json_array(json);
	for (const struct bv_body_change *entry = body->changes; entry; entry = entry->next)
		change_write(json, entry);
	bv_json_array_end(json);
}

static void process_write(struct bv_json *json, const struct bv_body_process *entry)
{
	const struct bv_process *process = &entry->process;

	bv_json_object(json);
	bv_json_kv_unsigned(json, "began_us", process->began_us);
	bv_json_key(json, "ended_us");
	if (process->ended)
		bv_json_unsigned(json, process->ended_us);
	else
		bv_json_null(json);
	bv_json_kv_string(json, "name", entry->name);
	bv_json_kv_unsigned(json, "parent", process->parent);
	bv_json_kv_unsigned(json, "pid", process->pid);
	bv_json_object_end(json);
}

void bv_report_write_processes(struct bv_json *json, const struct bv_report_body *body)
{
	if (!body->processes && !looked(body, BV_EVIDENCE_PROCESS_TREE)) {
		bv_json_null(json);
		return;
	}
	bv_json_array(json);
	for (const struct bv_body_process *entry = body->processes; entry; entry = entry->next)
		process_write(json, entry);
	bv_json_array_end(json);
}

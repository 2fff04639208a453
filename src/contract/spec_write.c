/* SPDX-License-Identifier: MIT
 *
 * Writing a normalised spec. Everything is written, also what has its default, so that a reader
 * need not know the defaults; only fields that a policy or mode forbids are absent. The order of
 * the statements is the byte order of the keys: the writer refuses any other.
 */
#include "contract/spec_json.h"

#include <stdio.h>

#include "contract/spec_words.h"

static void word_write(struct bv_json *json, const char *key, const struct bv_words *words,
	unsigned int value)
{
	bv_json_kv_string(json, key, bv_words_name(words, value));
}

/* The word of the set's smallest bit that comes after `last` in byte order; NULL at the end. */
static const char *word_after(const struct bv_words *words, uint32_t bits, const char *last)
{
	const char *best = NULL;

	for (unsigned int i = 0; i < words->count; i++) {
		const char *word = words->word[i];

		if (!(bits >> i & 1) || (last && strcmp(word, last) <= 0))
			continue;
		if (!best || strcmp(word, best) < 0)
			best = word;
	}
	return best;
}

/* A set of words, in byte order. */
static void set_write(struct bv_json *json, const char *key, const struct bv_words *words,
	uint32_t bits)
{
	bv_json_key(json, key);
	bv_json_array(json);
	for (const char *word = word_after(words, bits, NULL); word;
		word = word_after(words, bits, word))
		bv_json_string(json, word);
	bv_json_array_end(json);
}

static void budget_write(struct bv_json *json, enum bv_dimension dimension,
	const struct bv_budget *budget)
{
	char limit_key[24];

	(void)snprintf(limit_key, sizeof(limit_key), "limit_%s", bv_dimension_unit(dimension));
	bv_json_key(json, bv_dimension_name(dimension));
	bv_json_object(json);
	set_write(json, "evidence", &bv_words_claim, budget->evidence);
	word_write(json, "guarantee", &bv_words_guarantee, budget->guarantee);
	bv_json_kv_unsigned(json, limit_key, budget->limit);
	bv_json_object_end(json);
}

static void budgets_write(struct bv_json *json, const struct bv_budget *budgets)
{
	static const enum bv_dimension order[BV_DIMENSION_COUNT] = {
		BV_CPU,
		BV_HANDLES,
		BV_MEMORY,
		BV_NETWORK,
		BV_STORAGE,
		BV_TASKS,
		BV_WALL,
	};

	bv_json_key(json, "budgets");
	bv_json_object(json);
	for (int i = 0; i < BV_DIMENSION_COUNT; i++)
		budget_write(json, order[i], &budgets[order[i]]);
	bv_json_object_end(json);
}

static void descriptors_write(struct bv_json *json, const struct bv_spec *spec)
{
	bv_json_key(json, "descriptors");
	bv_json_array(json);
	for (size_t i = 0; i < spec->descriptor_count; i++) {
		bv_json_object(json);
		bv_json_kv_unsigned(json, "source", spec->descriptors[i].source);
		bv_json_kv_unsigned(json, "target", spec->descriptors[i].target);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void environment_write(struct bv_json *json, const struct bv_spec *spec)
{
	bv_json_key(json, "environment");
	bv_json_array(json);
	for (size_t i = 0; i < spec->variable_count; i++) {
		const struct bv_variable *variable = &spec->variables[i];

		bv_json_object(json);
		bv_json_kv_string(json, "name", variable->name);
		if (variable->secret)
			bv_json_kv_string(json, "secret", variable->secret);
		else
			bv_json_kv_string(json, "value", variable->value);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void filesystem_write(struct bv_json *json, const struct bv_spec *spec)
{
	bv_json_key(json, "filesystem");
	bv_json_array(json);
	for (size_t i = 0; i < spec->grant_count; i++) {
		bv_json_object(json);
		set_write(json, "access", &bv_words_access, spec->grants[i].access);
		bv_json_kv_string(json, "path", spec->grants[i].path);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void destination_write(struct bv_json *json, const struct bv_destination *destination)
{
	bv_json_object(json);
	bv_json_kv_string(json, "host", destination->host);
	bv_json_key(json, "ports");
	bv_json_array(json);
	bv_json_unsigned(json, destination->port_first);
	bv_json_unsigned(json, destination->port_last);
	bv_json_array_end(json);
	word_write(json, "transport", &bv_words_transport, destination->transport);
	bv_json_object_end(json);
}

static void network_write(struct bv_json *json, const struct bv_spec *spec)
{
	bv_json_key(json, "network");
	bv_json_object(json);
	if (spec->network == BV_NETWORK_ALLOW_LIST) {
		bv_json_key(json, "destinations");
		bv_json_array(json);
		for (size_t i = 0; i < spec->destination_count; i++)
			destination_write(json, &spec->destinations[i]);
		bv_json_array_end(json);
	}
	word_write(json, "policy", &bv_words_network, spec->network);
	bv_json_object_end(json);
}

static void capabilities_write(struct bv_json *json, const struct bv_spec *spec)
{
	bv_json_key(json, "capabilities");
	bv_json_object(json);
	descriptors_write(json, spec);
	environment_write(json, spec);
	filesystem_write(json, spec);
	word_write(json, "host_processes", &bv_words_host_processes, spec->host_processes);
	word_write(json, "ipc", &bv_words_ipc, spec->ipc);
	word_write(json, "kernel_surface", &bv_words_kernel_surface, spec->kernel_surface);
	network_write(json, spec);
	word_write(json, "spawn", &bv_words_spawn, spec->spawn);
	bv_json_object_end(json);
}

static void exposures_write(struct bv_json *json, const struct bv_spec *spec)
{
	bv_json_key(json, "expose_path");
	bv_json_array(json);
	for (size_t i = 0; i < spec->exposure_count; i++) {
		const struct bv_exposure *exposure = &spec->exposures[i];

		bv_json_object(json);
		set_write(json, "access", &bv_words_access, exposure->access);
		bv_json_kv_string(json, "destination", exposure->destination);
		bv_json_kv_boolean(json, "overlay", exposure->overlay);
		bv_json_kv_string(json, "source", exposure->source);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void outputs_write(struct bv_json *json, const struct bv_spec *spec)
{
	bv_json_key(json, "outputs");
	bv_json_array(json);
	for (size_t i = 0; i < spec->output_count; i++) {
		const struct bv_output *output = &spec->outputs[i];

		bv_json_object(json);
		bv_json_kv_string(json, "name", output->name);
		bv_json_kv_string(json, "path", output->path);
		bv_json_object_end(json);
	}
	bv_json_array_end(json);
}

static void controls_write(struct bv_json *json, const struct bv_spec *spec)
{
	bv_json_key(json, "controls");
	bv_json_object(json);
	word_write(json, "commit_artifact", &bv_words_commit, spec->commit);
	bv_json_kv_boolean(json, "discard_artifact", spec->discard);
	exposures_write(json, spec);
	word_write(json, "kill", &bv_words_kill, spec->kill);
	bv_json_kv_boolean(json, "list_outputs", spec->list_outputs);
	outputs_write(json, spec);
	if (spec->temp_root)
		bv_json_kv_string(json, "temp_path", spec->temp_path);
	bv_json_kv_boolean(json, "temp_root", spec->temp_root);
	bv_json_object_end(json);
}

static void stream_write(struct bv_json *json, const char *key, const struct bv_stream *stream)
{
	bv_json_key(json, key);
	bv_json_object(json);
	if (stream->mode == BV_STREAM_CAPTURE)
		bv_json_kv_unsigned(json, "limit_bytes", stream->limit_bytes);
	word_write(json, "mode", &bv_words_stream, stream->mode);
	if (stream->mode == BV_STREAM_FILE)
		bv_json_kv_string(json, "path", stream->path);
	bv_json_object_end(json);
}

static void workload_write(struct bv_json *json, const struct bv_workload *workload)
{
	bv_json_key(json, "workload");
	bv_json_object(json);
	bv_json_key(json, "arguments");
	bv_json_array(json);
	for (size_t i = 0; i < workload->argument_count; i++)
		bv_json_string(json, workload->arguments[i]);
	bv_json_array_end(json);
	bv_json_kv_string(json, "directory", workload->directory);
	word_write(json, "kind", &bv_words_workload, workload->kind);
	bv_json_kv_string(json, "name", workload->name);
	bv_json_kv_string(json, "program", workload->program);
	bv_json_object_end(json);
}

void bv_spec_write(struct bv_json *json, const struct bv_spec *spec)
{
	bv_json_object(json);
	budgets_write(json, spec->budgets);
	capabilities_write(json, spec);
	controls_write(json, spec);
	set_write(json, "evidence", &bv_words_claim, spec->evidence);
	bv_json_kv_unsigned(json, "spec", 1);
	bv_json_key(json, "streams");
	bv_json_object(json);
	stream_write(json, "stderr", &spec->streams[2]);
	stream_write(json, "stdin", &spec->streams[0]);
	stream_write(json, "stdout", &spec->streams[1]);
	bv_json_object_end(json);
	workload_write(json, &spec->workload);
	bv_json_object_end(json);
}

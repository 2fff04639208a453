/* SPDX-License-Identifier: MIT
 *
 * Specs for tests. Random lists are drawn from small vocabularies, so that duplicates and
 * neighbours are common, and each word has several spellings.
 */
#include "specs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct bv_spec spec_smallest(void)
{
	return (struct bv_spec){.workload = {.program = "/bin/true"}};
}

struct bv_spec spec_full(void)
{
	static const char *const arguments[] = {"-c", "print(\"\xc3\xa9\")", ""};
	static const struct bv_grant grants[] = {{"/usr", BV_READ | BV_EXECUTE},
		{"/tmp/work", BV_READ | BV_WRITE}, {"/etc", BV_READ}};
	static const struct bv_destination destinations[] = {{BV_TRANSPORT_TCP, "example.org", 443,
								     443},
		{BV_TRANSPORT_UDP, "192.0.2.0/24", 0, 65535},
		{BV_TRANSPORT_TCP, "2001:db8::1", 80, 90}};
	static const struct bv_variable variables[] = {{"PATH", "/usr/bin", NULL},
		{"TOKEN", NULL, "vault:token"}, {"EMPTY", "", NULL}};
	static const struct bv_descriptor descriptors[] = {{7, 4}, {0, 3}};
	static const struct bv_exposure exposures[] = {{"/srv/in", "/in", BV_READ, 0},
		{"/srv/tree", "/data/tree", BV_READ | BV_WRITE, 1}};
	static const struct bv_output outputs[] = {{"log.d", NULL}, {NULL, "/data/out"}};
	struct bv_spec spec = {
		.workload = {BV_WORKLOAD_PROCESS, "/usr/bin/python3", "python", arguments, 3,
			"/tmp"},
		.grants = grants,
		.grant_count = COUNT(grants),
		.network = BV_NETWORK_ALLOW_LIST,
		.destinations = destinations,
		.destination_count = COUNT(destinations),
		.spawn = BV_SPAWN_ALLOW_DESCENDANTS,
		.variables = variables,
		.variable_count = COUNT(variables),
		.descriptors = descriptors,
		.descriptor_count = COUNT(descriptors),
		.ipc = BV_AMBIENT,
		.streams = {{BV_STREAM_FILE, "/dev/zero", 0}, {BV_STREAM_CAPTURE, NULL, 1048576},
			{BV_STREAM_INHERIT, NULL, 0}},
		.temp_root = 1,
		.exposures = exposures,
		.exposure_count = COUNT(exposures),
		.outputs = outputs,
		.output_count = COUNT(outputs),
		.commit = BV_COMMIT_DURABLE,
		.discard = 1,
		.list_outputs = 1,
		.kill = BV_KILL_BEST_EFFORT,
		.evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_TERMINAL_OUTCOME) |
			BV_EVIDENCE_BIT(BV_EVIDENCE_DENIED_ATTEMPTS),
	};

	bv_budgets_default(spec.budgets);
	spec.budgets[BV_MEMORY].guarantee = BV_ENFORCED;
	spec.budgets[BV_CPU].waived = 1;
	spec.budgets[BV_TASKS].evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_RESOURCE_USAGE);
	return spec;
}

uint64_t spec_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(2685821657736338717);
}

static size_t below(uint64_t *seed, size_t bound)
{
	return (size_t)(spec_random(seed) >> 32) % bound;
}

static char *text_add(struct spec_pool *pool, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = pool->text + pool->used;

	if (pool->used + size > sizeof(pool->text))
		abort();
	memcpy(copy, text, size);
	pool->used += size;
	return copy;
}

/* The same path with slashes and dots that mean nothing. */
static const char *path_respell(uint64_t *seed, struct spec_pool *pool, const char *path)
{
	static const char *const glue[] = {"/", "//", "/./", "/.//"};
	static const char *const ends[] = {"", "/", "/.", "//"};
	char out[1024] = "";

	for (const char *at = path; *at;) {
		size_t n = strcspn(at + 1, "/");

		strcat(out, glue[below(seed, COUNT(glue))]);
		strncat(out, at + 1, n);
		at += 1 + n;
	}
	strcat(out, ends[below(seed, COUNT(ends))]);
	return text_add(pool, out);
}

static const char *random_path(uint64_t *seed)
{
	static const char *const paths[] = {"/", "/usr", "/usr/lib", "/a", "/a/b", "/a.b", "/a/..b",
		"/\xc3\xa9", "/tmp/x y", "/q\"\\\n"};

	return paths[below(seed, COUNT(paths))];
}

struct spelling {
	const char *plain;
	const char *other;
};

static void grants_fill(uint64_t *seed, struct spec_pool *plain, struct spec_pool *other)
{
	size_t count = below(seed, 12), twice = 0;

	for (size_t i = 0; i < count; i++) {
		const char *path = random_path(seed);
		uint32_t access = 1 + (uint32_t)below(seed, 7);

		plain->grants[i] = (struct bv_grant){path, access};
		/* The other says it bit by bit. */
		for (uint32_t bit = 1; bit <= 4; bit <<= 1) {
			if (access & bit)
				other->grants[twice++] =
					(struct bv_grant){path_respell(seed, other, path), bit};
		}
	}
	plain->spec.grants = plain->grants;
	plain->spec.grant_count = count;
	other->spec.grants = other->grants;
	other->spec.grant_count = twice;
}

static void destinations_fill(uint64_t *seed, struct spec_pool *plain, struct spec_pool *other)
{
	static const struct spelling hosts[] = {{"example.org", "Example.ORG."},
		{"192.0.2.1", "192.0.2.1/32"}, {"192.0.2.1", "::FFFF:192.0.2.1"},
		{"10.0.0.0/8", "::ffff:10.0.0.0/104"}, {"2001:db8::1", "2001:0DB8:0:0:0:0:0:1"},
		{"::1", "0::0.0.0.1/128"}, {"0.0.0.0/0", "::ffff:0:0/96"}, {"::/0", "0:0::/0"}};
	size_t count = below(seed, 3) ? 0 : 1 + below(seed, 12), twice = 0;

	for (size_t i = 0; i < count; i++) {
		const struct spelling *host = &hosts[below(seed, COUNT(hosts))];
		uint16_t first = (uint16_t)below(seed, 40);
		uint16_t last = (uint16_t)(first + below(seed, 20));
		uint16_t middle = (uint16_t)(first + below(seed, (size_t)(last - first) + 1));
		enum bv_transport transport = (enum bv_transport)below(seed, 2);

		plain->destinations[i] =
			(struct bv_destination){transport, host->plain, first, last};
		/* The other says the range in two parts that touch or overlap. */
		other->destinations[twice++] =
			(struct bv_destination){transport, host->other, first, middle};
		other->destinations[twice++] = (struct bv_destination){transport, host->other,
			middle < last ? (uint16_t)(middle + 1) : middle, last};
	}
	plain->spec.network = count ? BV_NETWORK_ALLOW_LIST : (enum bv_network)(2 * below(seed, 2));
	plain->spec.destinations = plain->destinations;
	plain->spec.destination_count = count;
	other->spec.network = plain->spec.network;
	other->spec.destinations = other->destinations;
	other->spec.destination_count = twice;
}

/* Lists whose entries must differ: a number makes them so. */
static void lists_fill(uint64_t *seed, struct spec_pool *plain, struct spec_pool *other)
{
	size_t count = below(seed, 10);
	char text[64];

	for (size_t i = 0; i < count; i++) {
		bool secret = below(seed, 2);
		size_t mark = below(seed, 100) * SPEC_POOL_ENTRIES + i;
		const char *value;

		(void)snprintf(text, sizeof(text), "V%zu", mark);
		value = text_add(plain, text);
		plain->variables[i] =
			(struct bv_variable){value, secret ? NULL : value, secret ? value : NULL};
		plain->descriptors[i] =
			(struct bv_descriptor){(uint32_t)below(seed, 9), 3 + (uint32_t)mark};
		(void)snprintf(text, sizeof(text), "/d/%zu", mark);
		plain->exposures[i] = (struct bv_exposure){random_path(seed), text_add(plain, text),
			BV_WRITE | (uint32_t)below(seed, 8), (uint8_t)below(seed, 2)};
		(void)snprintf(text, sizeof(text), "/o/%zu", mark);
		plain->outputs[i].path = below(seed, 3) ? text_add(plain, text) : NULL;
		plain->outputs[i].name = i ? text_add(plain, text + 3) : NULL;
		plain->arguments[i] = value;
		other->variables[i] = plain->variables[i];
		other->descriptors[i] = plain->descriptors[i];
		other->exposures[i] =
			(struct bv_exposure){path_respell(seed, other, plain->exposures[i].source),
				path_respell(seed, other, plain->exposures[i].destination),
				plain->exposures[i].access, plain->exposures[i].overlay};
		other->outputs[i] = plain->outputs[i];
		if (!i)
			other->outputs[i].name = "out";
		if (plain->outputs[i].path)
			other->outputs[i].path = path_respell(seed, other, plain->outputs[i].path);
		other->arguments[i] = value;
	}
	plain->spec.variable_count = plain->spec.descriptor_count = plain->spec.exposure_count =
		plain->spec.workload.argument_count = count;
	plain->spec.output_count = below(seed, 2) ? count : 0;
}

static void scalars_fill(uint64_t *seed, struct bv_spec *spec)
{
	spec->workload.kind = (enum bv_workload_kind)below(seed, 2);
	spec->workload.program = "/opt/app/run";
	spec->workload.directory = random_path(seed);
	spec->spawn = (enum bv_spawn)below(seed, 3);
	spec->host_processes = (enum bv_isolation)below(seed, 2);
	spec->ipc = (enum bv_isolation)below(seed, 2);
	spec->kernel_surface = (enum bv_isolation)below(seed, 2);
	for (size_t i = 0; i < 3; i++) {
		struct bv_stream *stream = &spec->streams[i];

		stream->mode = (enum bv_stream_mode)below(seed, 4);
		if (i == 0 && stream->mode == BV_STREAM_CAPTURE)
			stream->mode = BV_STREAM_NULL;
		stream->path = stream->mode == BV_STREAM_FILE ? "/var/log/x" : NULL;
		stream->limit_bytes = stream->mode == BV_STREAM_CAPTURE
			? 1 + below(seed, BV_CAPTURE_BYTES_MAX)
			: 0;
	}
	spec->temp_root = (uint8_t)below(seed, 2);
	spec->temp_path = NULL;
	spec->commit = (enum bv_commit)below(seed, 4);
	spec->discard = (uint8_t)below(seed, 2);
	spec->list_outputs = (uint8_t)below(seed, 2);
	spec->kill = (enum bv_kill)below(seed, 2);
	for (size_t i = 0; i < BV_DIMENSION_COUNT; i++) {
		enum bv_enforcement guarantee = (enum bv_enforcement)below(seed, 3);

		spec->budgets[i] = (struct bv_budget){spec_random(seed) >> 11, guarantee,
			(uint32_t)below(seed, BV_EVIDENCE_ALL + 1), guarantee == BV_UNSUPPORTED};
	}
	spec->evidence = (uint32_t)below(seed, BV_EVIDENCE_ALL + 1);
}

static void shuffle(uint64_t *seed, void *list, size_t count, size_t size)
{
	char *entries = list, swap[64];

	for (size_t i = count; i > 1; i--) {
		char *a = entries + (i - 1) * size, *b = entries + below(seed, i) * size;

		memcpy(swap, a, size);
		memmove(a, b, size);
		memcpy(b, swap, size);
	}
}

static void lists_point(struct spec_pool *pool)
{
	pool->spec.variables = pool->variables;
	pool->spec.descriptors = pool->descriptors;
	pool->spec.exposures = pool->exposures;
	pool->spec.outputs = pool->outputs;
	pool->spec.workload.arguments = pool->arguments;
}

void spec_random_pair(uint64_t *seed, struct spec_pool *plain, struct spec_pool *other)
{
	struct bv_spec *said = &other->spec;

	plain->used = other->used = 0;
	plain->spec = (struct bv_spec){0};
	scalars_fill(seed, &plain->spec);
	lists_fill(seed, plain, other);
	other->spec = plain->spec;
	grants_fill(seed, plain, other);
	destinations_fill(seed, plain, other);
	lists_point(plain);
	lists_point(other);
	said->workload.name = "/opt/app/run";
	said->workload.program = path_respell(seed, other, plain->spec.workload.program);
	said->workload.directory = path_respell(seed, other, plain->spec.workload.directory);
	shuffle(seed, other->grants, said->grant_count, sizeof(other->grants[0]));
	shuffle(seed, other->destinations, said->destination_count, sizeof(other->destinations[0]));
	shuffle(seed, other->variables, said->variable_count, sizeof(other->variables[0]));
	shuffle(seed, other->descriptors, said->descriptor_count, sizeof(other->descriptors[0]));
	shuffle(seed, other->exposures, said->exposure_count, sizeof(other->exposures[0]));
	shuffle(seed, other->outputs, said->output_count, sizeof(other->outputs[0]));
	if (said->temp_root)
		said->temp_path = "//tmp/.";
}

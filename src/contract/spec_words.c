/* SPDX-License-Identifier: MIT
 *
 * The words of a spec's enumerations.
 */
#include "contract/spec_words.h"

#include <bvisor/spec.h>

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS(name, ...) \
	static const char *const name##_words[] = {__VA_ARGS__}; \
	const struct bv_words bv_words_##name = {name##_words, COUNT(name##_words)}

WORDS(workload, [BV_WORKLOAD_PROCESS] = "process", [BV_WORKLOAD_WASM] = "wasm");
WORDS(access, "read", "write", "execute");
WORDS(network, [BV_NETWORK_DENY_ALL] = "deny-all", [BV_NETWORK_ALLOW_LIST] = "allow-list",
	[BV_NETWORK_AMBIENT] = "ambient");
WORDS(transport, [BV_TRANSPORT_TCP] = "tcp", [BV_TRANSPORT_UDP] = "udp");
WORDS(spawn, [BV_SPAWN_DENY_NEW_TASKS] = "deny-new-tasks",
	[BV_SPAWN_ALLOW_THREADS] = "allow-threads",
	[BV_SPAWN_ALLOW_DESCENDANTS] = "allow-descendants");
WORDS(host_processes, [BV_ISOLATED] = "hidden", [BV_AMBIENT] = "ambient");
WORDS(ipc, [BV_ISOLATED] = "private", [BV_AMBIENT] = "ambient");
WORDS(kernel_surface, [BV_ISOLATED] = "baseline", [BV_AMBIENT] = "ambient");
WORDS(stream, [BV_STREAM_NULL] = "null", [BV_STREAM_CAPTURE] = "capture",
	[BV_STREAM_INHERIT] = "inherit", [BV_STREAM_FILE] = "file");
WORDS(commit, [BV_COMMIT_NONE] = "none", [BV_COMMIT_ATOMIC] = "atomic",
	[BV_COMMIT_DURABLE] = "durable", [BV_COMMIT_BEST_EFFORT] = "best-effort");
WORDS(kill, [BV_KILL_ATOMIC] = "atomic", [BV_KILL_BEST_EFFORT] = "best-effort");
WORDS(guarantee, [BV_UNSUPPORTED] = "none", [BV_MEDIATED] = "mediated", [BV_ENFORCED] = "enforced");

static const char *const claim_words[] = {
#define BV_EVIDENCE(name, bit, text, meaning) [bit] = text,
#include <bvisor/evidence.def>
#undef BV_EVIDENCE
};
const struct bv_words bv_words_claim = {claim_words, COUNT(claim_words)};

_Static_assert(BV_READ == 1 && BV_WRITE == 2 && BV_EXECUTE == 4, "the order of access_words");
_Static_assert(COUNT(guarantee_words) == BV_ENFORCEMENT_COUNT, "one word an enforcement");

const char *bv_words_name(const struct bv_words *words, unsigned int value)
{
	return value < words->count ? words->word[value] : NULL;
}

bool bv_words_find(const struct bv_words *words, const char *text, unsigned int *ret)
{
	for (unsigned int i = 0; i < words->count; i++) {
		if (strcmp(words->word[i], text) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

char *bv_words_list(const struct bv_words *words, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < words->count && len < size; i++) {
		const char *glue = i == 0 ? "" : i + 1 < words->count ? ", " : " or ";
		int n = snprintf(out + len, size - len, "%s%s", glue, words->word[i]);

		len += n > 0 ? (size_t)n : 0;
	}
	return out;
}

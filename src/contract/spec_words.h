/* SPDX-License-Identifier: MIT
 *
 * The words of a spec's enumerations, as they stand in its JSON: one table for the writer, the
 * reader, the range checks and the messages. A word's index is its value.
 */
#ifndef CONTRACT_SPEC_WORDS_H
#define CONTRACT_SPEC_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bv_words {
	const char *const *word;
	unsigned int count;
};

extern const struct bv_words bv_words_workload;
extern const struct bv_words bv_words_access; /* bit numbers of BV_READ and so on */
extern const struct bv_words bv_words_network;
extern const struct bv_words bv_words_transport;
extern const struct bv_words bv_words_spawn;
extern const struct bv_words bv_words_host_processes;
extern const struct bv_words bv_words_ipc;
extern const struct bv_words bv_words_kernel_surface;
extern const struct bv_words bv_words_stream;
extern const struct bv_words bv_words_commit;
extern const struct bv_words bv_words_kill;
extern const struct bv_words bv_words_guarantee;
extern const struct bv_words bv_words_claim; /* bit numbers */

/* NULL for a value outside the table. */
const char *bv_words_name(const struct bv_words *words, unsigned int value);
bool bv_words_find(const struct bv_words *words, const char *text, unsigned int *ret);
/* "a, b or c", cut to fit; returns `out`. */
char *bv_words_list(const struct bv_words *words, char *out, size_t size);

#endif

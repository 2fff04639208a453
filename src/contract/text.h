/* SPDX-License-Identifier: MIT
 *
 * Text that came from outside: copied so that it is valid UTF-8 without NUL, which is all that
 * our formats can hold. A byte that is not part of valid UTF-8 becomes \xNN; a text that does not
 * fit is cut between characters and ends in "...".
 */
#ifndef CONTRACT_TEXT_H
#define CONTRACT_TEXT_H

#include "base/arena.h"
#include "base/bytes.h"
#include <bvisor/api.h>

/* Fills `out` and terminates it (if it has room for that). Returns the length the whole would
 * have, without the NUL, however little was written. */
size_t bv_text_escape(struct bv_bytes text, char *out, size_t size);
/* The same into an arena, at most `max` bytes long; NULL only if the arena is full. */
char *bv_text_copy(struct bv_arena *arena, struct bv_bytes text, size_t max);
/* What printf would print, the same way; NULL only if the arena is full. */
char *bv_text_format(struct bv_arena *arena, size_t max, const char *fmt, ...) BV_PRINTF(3, 4);
/* A view of an array that may lack its NUL. */
struct bv_bytes bv_text_bounded(const char *array, size_t size);

#endif

/* SPDX-License-Identifier: MIT
 *
 * What a WebAssembly worker has to say: entries in memory that it shares with the host, of a size
 * that neither can change. Writing never waits, and what was entered stays, however the worker
 * ends. The host reads after that end, and takes nothing for granted: an entry that is not sound
 * ends the reading.
 *
 * Attempts are entered once each and counted from then on. There is always room left for the end.
 */
#ifndef WIRE_LEDGER_H
#define WIRE_LEDGER_H

#include <stdbool.h>

#include "base/bytes.h"

#define WIRE_LEDGER_MAGIC 0x6c777662u /* "bvwl" */
#define WIRE_LEDGER_BYTES ((size_t)256 << 10)
#define WIRE_LEDGER_PLACE_MAX 95
#define WIRE_LEDGER_TEXT_MAX 255
#define WIRE_LEDGER_PATH_MAX 4096
#define WIRE_CALLS_MAX 64
#define WIRE_LEDGER_RECENT 64

enum wire_guest_end_kind {
	WIRE_GUEST_RETURNED = 0, /* _start came back, or the guest asked to exit: status */
	WIRE_GUEST_TRAPPED = 1,
	WIRE_GUEST_UNFIT = 2,  /* no module, or not one that can be run: code, offset, text */
	WIRE_GUEST_BROKEN = 3, /* the worker could not do its work: the same */
	WIRE_GUEST_END_COUNT = 4,
};

struct wire_guest_end {
	enum wire_guest_end_kind kind;
	uint32_t status;
	uint32_t trap; /* enum bv_wasm_trap_kind */
	uint32_t function;
	uint64_t offset;
	uint32_t code; /* enum bv_code */
	uint32_t errnum;
	char place[WIRE_LEDGER_PLACE_MAX + 1];
	char text[WIRE_LEDGER_TEXT_MAX + 1];
	uint64_t fuel_units;   /* used; 0 if it was not counted */
	uint64_t memory_bytes; /* of linear memory, at its largest */
	uint64_t engine_bytes;
	uint32_t handles_count; /* open at once, at the most; streams and roots included */
	uint32_t call_count;
	struct {
		uint64_t good;
		uint64_t bad;
	} calls[WIRE_CALLS_MAX]; /* by the number of the function */
};

/* Something that a guest tried. */
struct wire_attempt {
	bool denied;
	uint32_t call; /* number of the function */
	uint32_t error;
	struct bv_bytes root; /* guest name of the directory, or empty */
	struct bv_bytes path;
	uint64_t count;
};

enum wire_entry_kind { WIRE_ENTRY_STARTED = 1, WIRE_ENTRY_ATTEMPT = 2, WIRE_ENTRY_END = 3 };

struct wire_entry {
	enum wire_entry_kind kind;
	struct wire_attempt attempt; /* views into the ledger */
	struct wire_guest_end end;
};

struct wire_ledger {
	uint8_t *data;
	size_t size;
	size_t used;
	uint32_t recent[WIRE_LEDGER_RECENT]; /* where attempts stand, by a hash of them */
};

/* ---- the worker's side ---- */

void wire_ledger_begin(struct wire_ledger *ledger, uint8_t *data, size_t size);
/* The guest is about to run. */
void wire_ledger_started(struct wire_ledger *ledger);
/* `count` is ignored. What has no room is counted as dropped. */
void wire_ledger_attempt(struct wire_ledger *ledger, const struct wire_attempt *attempt);
void wire_ledger_end(struct wire_ledger *ledger, const struct wire_guest_end *end);

/* ---- the host's ---- */

/* From *cursor (0 at first) on; false at the end, or at what is not sound. */
bool wire_ledger_next(struct bv_bytes ledger, size_t *cursor, struct wire_entry *ret);
uint32_t wire_ledger_dropped(struct bv_bytes ledger);

#endif

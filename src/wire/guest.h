/* SPDX-License-Identifier: MIT
 *
 * What the host tells a WebAssembly worker: limits, arguments, environment, and the directories it
 * is to open. It travels in a sealed memfd, whole before the worker starts; nothing is asked back,
 * and what the worker has to say goes into a ledger (ledger.h).
 */
#ifndef WIRE_GUEST_H
#define WIRE_GUEST_H

#include <stdbool.h>

#include "base/bytes.h"

/* Descriptors of a worker, beside its standard streams, which are the guest's. */
#define WIRE_GUEST_FD_ORDER 3
#define WIRE_GUEST_FD_MODULE 4
#define WIRE_GUEST_FD_LEDGER 5
#define WIRE_GUEST_FDS 3

#define WIRE_GUEST_MAGIC 0x67777662u /* "bvwg" */
#define WIRE_GUEST_VERSION 1u
#define WIRE_GUEST_BYTES_MAX (8u << 20)
#define WIRE_PREOPENS_MAX 1024

enum wire_guest_flag {
	WIRE_GUEST_FUEL = 1,    /* count fuel, and stop at fuel_units */
	WIRE_GUEST_ACTIONS = 2, /* enter what was done with a path, too */
	WIRE_GUEST_FLAGS_ALL = 3,
};

/* Both names are C strings, with their terminators in the view. */
struct wire_preopen {
	struct bv_bytes guest;
	struct bv_bytes host;
	bool read;
	bool write;
};

struct wire_guest {
	uint32_t flags;
	uint64_t fuel_units;
	uint64_t memory_bytes; /* all linear memories */
	uint32_t handles_count;
	uint32_t argument_count;
	struct bv_bytes arguments; /* C strings, one after the other */
	uint32_t variable_count;
	struct bv_bytes environment;
	size_t preopen_count;
	struct wire_preopen preopens[WIRE_PREOPENS_MAX];
};

/* The encoded length; 0 if it would be too long. */
size_t wire_guest_size(const struct wire_guest *guest);
/* Exactly `len` bytes, as wire_guest_size() said. */
bool wire_guest_encode(const struct wire_guest *guest, uint8_t *data, size_t len);
/* Views into `bytes`. False for anything but what encoding makes; *ret is then of no use. */
bool wire_guest_decode(struct bv_bytes bytes, struct wire_guest *ret);

#endif

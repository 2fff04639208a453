/* SPDX-License-Identifier: MIT
 *
 * One guest from its module to its end: engine and WASI put together. The worker and a host that
 * runs a guest in its own process both do it so, and both read what happened off a ledger.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include "wasi/wasi.h"
#include "wire/guest.h"
#include "wire/ledger.h"

struct guest_job {
	const struct wire_guest *order;
	struct bv_bytes module; /* its bytes; or, where they are kept loaded, who has it: */
	int (*load)(void *user, const struct bv_wasm_limits *limits,
		const struct bv_wasm_module **ret, struct bv_error *err);
	void *load_user;
	const struct bv_wasi_host_ops *ops;
	void *host;
	int streams[3];                          /* handles; -1: not open */
	const int *preopens;                     /* handles, as many as the order has */
	const volatile uint32_t *interrupt;      /* may be NULL */
	const struct bv_wasm_memory_ops *memory; /* may be NULL */
	void *stack;                             /* of the engine's usual size; may be NULL */
	struct wire_ledger *ledger;
};

/* The handles are given up to the guest, whatever comes of it. The ledger gets the end. */
void guest_run(const struct guest_job *job);
/* An end that comes before there is a guest: what the error says. */
void guest_unfit(struct wire_ledger *ledger, enum wire_guest_end_kind kind,
	const struct bv_error *err);

#endif

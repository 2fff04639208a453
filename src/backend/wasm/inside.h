/* SPDX-License-Identifier: MIT
 *
 * A guest in this process: its streams, roots and ledger, and who stops it. It is the `host` of the
 * guest's operations.
 */
#ifndef WASM_INSIDE_H
#define WASM_INSIDE_H

#include "guest/guest.h"
#include "state.h"
#include "wasi/linux/linux.h"
#include "watcher.h"

struct capture {
	int handle; /* what the guest writes to; it only stands for us */
	bool wanted;
};

struct inside {
	struct bv_wasi_linux linux_host; /* first: the host of the operations that are not ours */
	struct wasm_run *run;
	struct bv_wasi_host_ops ops;
	struct capture captures[3];
	int streams[3];
	int preopens[WIRE_PREOPENS_MAX];
	size_t preopen_count;
	bool given_up; /* streams and roots, to the guest */
	struct wire_ledger ledger;
	uint8_t *memory;                     /* of the ledger */
	const struct bv_wasm_module *module; /* the cache's; NULL: not loaded */
	void *stack;
	struct watcher watcher;
	uint64_t grown; /* written since the outputs were looked at */
	uint64_t wall_us;
	uint64_t cpu_ns;
};

/* private.c */
/* NULL without memory. */
void *private_stack(void);
void private_stack_free(void *stack);

/* storage.c */
/* Puts a look at the outputs behind each operation that can make one grow, but for `write`. */
void storage_ops(struct bv_wasi_host_ops *ops);
/* So many bytes more, perhaps in an output: looks if it is time, and stops the guest for too many.
 */
void storage_grew(struct inside *inside, uint64_t bytes);

#endif

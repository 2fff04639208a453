/* SPDX-License-Identifier: MIT
 *
 * A handle on the wasm backend, and one run on it: everything it owns, so that one function gives
 * all of it back.
 */
#ifndef WASM_STATE_H
#define WASM_STATE_H

#include <pthread.h>
#include <sys/stat.h>

#include "artifact/outputs.h"
#include "backend/linux/patience.h"
#include "base/digest.h"
#include "nest.h"
#include "warm/warm.h"
#include "wire/ledger.h"

#define STATE_NESTED 8

struct held;
struct nested;

/* Which file it was, as far as stat tells. */
struct module_identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};

struct wasm_state {
	enum bv_wasm_worker wish;
	bool fuel;
	char *worker_path;
	char *staging; /* NULL: none */
	struct bv_backend
		*outer; /* a linux backend for workers; NULL when no worker is wished for */
	struct bv_wasm_cache *cache;     /* for guests in this process */
	struct bv_wasm_cache *cache_own; /* the same, if it is ours to free */
	pthread_mutex_t lock;            /* of what follows */
	struct held *held;               /* modules' bytes, those last used first */
	struct nested *nested[STATE_NESTED];
	size_t nested_next;
};

struct module {
	int file; /* where it was read from; -1: none */
	struct module_identity identity;
	struct patience *patience;
	struct held *held; /* NULL: not read */
};

/* Where a guest's outputs are: made by the linux backend, or for a guest in this process by us. */
struct out {
	struct outputs outputs; /* in this process */
	char *place;            /* malloc; of this attempt, as the guest's host opens it */
	char *hosts[BV_OUTPUTS_MAX];
	char guests[BV_OUTPUTS_MAX][sizeof(NEST_OUT) + 1 + BV_OUTPUT_NAME_BYTES_MAX];
};

/* One run. */
struct wasm_run {
	struct wasm_state *state;
	const struct bv_spec *spec;
	const struct bv_plan *plan;
	const struct bv_run_options *options;
	struct bv_report_body *body;
	struct patience patience; /* from the start of all */
	struct module module;
	struct wire_guest order;
	struct bv_buf *arguments;
	struct bv_buf *environment;
	struct out out;
	const uint8_t *ledger; /* WIRE_LEDGER_BYTES, while they are being read */
};

/* module.c: closed by module_close(), also after a failure. BV_E_INTERRUPTED: it took too long. */
int module_open(struct wasm_state *state, const char *path, struct patience *patience,
	struct module *module, struct bv_error *err);
void module_close(struct wasm_state *state, struct module *module);
void module_close_all(struct wasm_state *state);
const struct bv_digest *module_digest(const struct module *module);
uint64_t module_size(const struct module *module);
/* Whether the file is another by now; what runs is what was hashed, all the same. */
bool module_changed(const struct module *module);
/* A descriptor for one worker, read-only, of memory that nobody can change. */
int module_lend(const struct module *module, int *ret, struct bv_error *err);
/* Loaded, or from the cache; given back to that. */
int module_load(const struct module *module, struct bv_wasm_cache *cache,
	const struct bv_wasm_limits *limits, const struct bv_wasm_module **ret,
	struct bv_error *err);

/* out.c: outputs, if there are any: where they are, and in this process (`inside`) the directories
 * themselves. */
int out_open(struct wasm_run *run, bool inside, struct bv_error *err);
/* As the guest's roots, and the value of BVISOR_OUT (NULL: none). */
void out_roots(struct wasm_run *run);
const char *out_variable(const struct bv_spec *spec);
/* How large those of this process may become. */
uint64_t out_limit(const struct bv_spec *spec);
/* What those of this process were at their largest, and what is in them. */
void out_fill(struct wasm_run *run);
void out_close(struct wasm_run *run);

/* order.c: what the worker, or the engine here, is told. */
int order_make(struct wasm_run *run, struct bv_error *err);
/* A root of the guest's, under its own name for it. */
void order_root(struct wire_guest *order, const char *guest, const char *host, uint32_t access);
/* Wipes what was secret. */
void order_clear(struct wasm_run *run);

/* nested.c: the worker's plan, as it follows from the guest's; kept for the next run. It is given
 * back, whether or not the table has dropped it meanwhile. */
int nested_take(struct wasm_state *state, const struct bv_plan *plan, struct nested **ret,
	struct bv_error *err);
const struct bv_plan *nested_plan(const struct nested *nested);
void nested_give(struct wasm_state *state, struct nested *nested);
void nested_close(struct wasm_state *state);

/* execute.c: opens the module, and says what is to be done. */
int execute_prepare(struct wasm_run *run, bool inside, struct bv_error *err);
/* outside.c and inside.c: the guest's run, from the start to its end. */
int outside_run(struct wasm_run *run, struct bv_error *err);
int inside_run(struct wasm_run *run, struct bv_error *err);

/* How the ledger's end reads as a run's: false when it has none. */
bool fill_end(const struct wasm_run *run, struct bv_end *ret, char *detail, size_t size);
/* Denied attempts, actions, uses, coverage: what the ledger says, apart from the end. */
void fill_ledger(const struct wasm_run *run, const char *observer);
/* Processor time that no budget is measured by: with fuel. */
void fill_time(const struct wasm_run *run, uint64_t time_us, const char *source);
void fill_module(struct wasm_run *run);

/* probe.c, execute.c */
int wasm_probe(void *state, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err);
int wasm_execute(void *state, const struct bv_plan *plan, const struct bv_run_options *options,
	struct bv_report_body *body, struct bv_error *err);

#endif

/* SPDX-License-Identifier: MIT
 *
 * WASI preview1 for one guest. Authority is exactly what the configuration grants: streams,
 * directories with read or write access, listeners. Handles belong to a table of host operations,
 * so this part makes no system call; wasi/linux/linux.h has the table for Linux.
 *
 *   bv_wasi_new(), bv_wasi_define() into a store, run the guest's _start, bv_wasi_free() after
 *   the store is done with.
 *
 * Rights are the policy: what a directory grants caps every descriptor opened through it, and
 * rights only ever shrink. Every bound is fixed when the guest starts.
 */
#ifndef WASI_WASI_H
#define WASI_WASI_H

#include <bvisor/wasm.h>

#include "base/bytes.h"
#include "wasi/host.h"

/* Bounds of the guest's descriptors: the default, and what can be asked for. */
#define BV_WASI_HANDLES_DEFAULT 256u
#define BV_WASI_HANDLES_MAX 65536u
/* Of all arguments, and of all environment entries, with their terminators. */
#define BV_WASI_STRINGS_BYTES_MAX (1u << 20)

struct bv_wasi;

/* An attempt that the policy, or the system, refused. Everything is borrowed for the call. */
struct bv_wasi_denial {
	uint32_t function;        /* its number, see bv_wasi_function_name() */
	const char *call;         /* "path_open" */
	enum bv_wasi_errno error; /* NOTCAPABLE, ACCES, PERM or ROFS */
	uint32_t fd;              /* the guest's number, UINT32_MAX for none */
	const char *root; /* guest name of the directory the descriptor came from, or NULL */
	struct bv_bytes
		path; /* beneath it, as the guest gave it, or a stream, or empty: hostile bytes */
};

struct bv_wasi_preopen {
	const char *name; /* what the guest calls it */
	int handle;
	bool read;
	bool write;
};

/* Handles are taken over on success and stay the caller's on failure. Strings are copied. */
struct bv_wasi_config {
	const struct bv_wasi_host_ops *ops;
	void *host;
	const char *const *args;
	size_t arg_count;
	const char *const *env; /* "NAME=value" */
	size_t env_count;
	int streams[3]; /* input, output, error; -1: that descriptor is not open */
	const struct bv_wasi_preopen *preopens;
	size_t preopen_count;
	const int *listeners; /* listening sockets, after the directories */
	size_t listener_count;
	uint32_t handles_max; /* of the guest's descriptors, streams included; 0: the default */
	void (*denied)(void *user, const struct bv_wasi_denial *denial); /* or NULL */
	void *denied_user;
	/* The same of every call that came back to the guest, whatever its error; or NULL. */
	void (*served)(void *user, const struct bv_wasi_denial *call);
	void *served_user;
};

int bv_wasi_new(const struct bv_wasi_config *config, struct bv_wasi **ret, struct bv_error *err);
/* So many descriptors were open at once, at the most; streams and preopens included. */
uint32_t bv_wasi_handles_most(const struct bv_wasi *wasi);
/* Closes every handle. NULL is fine. */
void bv_wasi_free(struct bv_wasi *wasi);
/* Defines what the module imports of the 46 functions of wasi_snapshot_preview1, and of the 45 of
 * its elder, wasi_unstable, with that one's own records; `wasi` must live as long as the store. */
int bv_wasi_define(struct bv_wasi *wasi, const struct bv_wasm_module *module,
	struct bv_wasm_store *store, struct bv_error *err);

/* "path_open"; NULL past the last of them. */
const char *bv_wasi_function_name(uint32_t function);
/* Its signature, as in struct bv_wasm_host_func. */
const char *bv_wasi_function_signature(uint32_t function);
/* "NOTCAPABLE"; "SUCCESS" for 0, "UNKNOWN" for a number that is none. */
const char *bv_wasi_errno_name(enum bv_wasi_errno error);

#endif

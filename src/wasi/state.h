/* SPDX-License-Identifier: MIT
 *
 * The state of one guest's WASI: its strings, its descriptors, and the call being served. Calls
 * never nest, because no host operation runs the guest; so what one call needs in bulk (paths,
 * vectors) lives here once and not on the stack.
 */
#ifndef WASI_STATE_H
#define WASI_STATE_H

#include "wasi/wasi.h"

#define BV_WASI_NO_FD UINT32_MAX
#define BV_WASI_NO_ROOT UINT32_MAX

#define BV_WASI_FD_PATH 96

/* One descriptor of the guest's. */
struct bv_wasi_fd {
	bool open;
	bool shared; /* a stream: its file description is the host's too, so leave it alone */
	bool listener;
	bool is_preopen;
	int handle;
	enum bv_wasi_filetype type;
	uint32_t root;  /* the preopen it came from, or BV_WASI_NO_ROOT */
	uint16_t flags; /* BV_WASI_FDFLAG_* */
	uint64_t base;  /* rights */
	uint64_t inheriting;
	char path[BV_WASI_FD_PATH]; /* beneath that preopen as it was opened, cut, for reports */
};

struct bv_wasi_strings {
	char *bytes; /* all of them, each with its terminator */
	uint32_t len;
	uint32_t count;
};

struct bv_wasi_bound {
	struct bv_wasi *wasi;
	uint32_t index;
	bool preview0;
};

struct bv_wasi_path {
	char text[BV_WASI_PATH_MAX + 1];
	size_t len;
};

struct bv_wasi {
	const struct bv_wasi_host_ops *ops;
	void *host;
	struct bv_wasi_strings args;
	struct bv_wasi_strings env;
	char **roots; /* guest names of the preopens */
	uint32_t root_count;
	struct bv_wasi_fd *fds;
	uint32_t fd_max;
	uint32_t fd_open; /* so many are, and so many were at the most */
	uint32_t fd_most;
	uint32_t fd_known; /* so many were ever in use; what stands behind them means nothing */
	void (*denied)(void *user, const struct bv_wasi_denial *denial);
	void *denied_user;
	void (*served)(void *user, const struct bv_wasi_denial *call);
	void *served_user;
	struct bv_wasi_bound *bound;

	/* The call being served. */
	struct bv_wasm_instance *caller;
	uint32_t call;      /* which of the functions it is */
	uint32_t call_fd;   /* that it concerns, for reports */
	uint32_t call_path; /* which of paths[] it concerns */
	bool preview0;      /* its records and numbers are the older ones: see abi.h */
	bool exiting;
	uint32_t exit_status;
	/* Large, and written before they are read: not cleared for each guest. */
	struct bv_wasi_path paths[2];
	struct bv_wasi_vec vecs[BV_WASI_VECS_MAX];
};

/* wasi.c: tells whoever listens that what the call wanted of call_fd was refused. */
void bv_wasi_report(const struct bv_wasi *wasi, enum bv_wasi_errno error);

#define BV_WASI_FUNCTION(name, signature) \
	enum bv_wasi_errno bv_wasi_##name(struct bv_wasi *wasi, const union bv_wasm_value *args);
#include "wasi/functions.def"
#undef BV_WASI_FUNCTION

#endif

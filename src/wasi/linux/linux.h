/* SPDX-License-Identifier: MIT
 *
 * WASI's host operations on Linux; handles are descriptors. Every path is resolved by openat2
 * with RESOLVE_BENEATH, so a kernel (or a filter) without it grants no directory at all.
 */
#ifndef WASI_LINUX_LINUX_H
#define WASI_LINUX_LINUX_H

#include "wasi/wasi.h"

/* The `host` of struct bv_wasi_config, for one guest. */
struct bv_wasi_linux {
	/* Non-zero ends what blocks; the engine's own flag. May be NULL. */
	const volatile uint32_t *interrupt;
	uint64_t cpu_start_ns;
};

extern const struct bv_wasi_host_ops bv_wasi_linux_ops;

/* Proves on this machine that openat2 works and holds a path beneath; BV_E_OS otherwise. The guest
 * must run in the thread that calls this: its processor time counts from here. */
int bv_wasi_linux_init(struct bv_wasi_linux *host, const volatile uint32_t *interrupt,
	struct bv_error *err);
/* A handle for a directory to grant. The path is the embedder's own, and trusted. */
int bv_wasi_linux_root(const char *path, int *ret, struct bv_error *err);
/* A handle for a stream: the caller keeps its own descriptor. */
int bv_wasi_linux_stream(int fd, int *ret, struct bv_error *err);

#endif

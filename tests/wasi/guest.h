/* SPDX-License-Identifier: MIT
 *
 * A guest that does as the test says: a module with one memory that hands every call of preview1
 * on to its import. With it come four directories side by side,
 *
 *   box/      descriptor 3, read and write      ro/  descriptor 4, read only
 *   wo/       descriptor 5, write only          outside/  not granted; outside/secret is a file
 *
 * and streams that are pipes, whose other ends the test holds.
 */
#ifndef TESTS_WASI_GUEST_H
#define TESTS_WASI_GUEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wasi/linux/linux.h"

#define BOX 3u
#define RO 4u
#define WO 5u
#define MEMORY_BYTES (40u * 65536u)
/* Where tests put what guests pass; results go to fixed places below. */
#define OUT 64u /* 64 bytes, for results */
#define SCRATCH 1024u

#define ALL_RIGHTS ((UINT64_C(1) << 30) - 1)

struct guest {
	char root[64]; /* of the four directories */
	int root_fd;
	bool preview0; /* the imports are wasi_unstable's */
	struct bv_wasi_linux host;
	struct bv_wasi *wasi;
	struct bv_wasm_module *module;
	struct bv_wasm_store *store;
	struct bv_wasm_instance *instance;
	volatile uint32_t interrupt;
	int input;     /* write here what the guest is to read */
	int output;    /* read here what it wrote to descriptor 1 */
	uint32_t used; /* of the guest's memory from SCRATCH on */
	unsigned int denials;
	char last_denial[128]; /* "path_open NOTCAPABLE box esc/secret" */
	int32_t exit_status;
	enum bv_wasm_trap_kind trap;
};

int guest_setup(void **state);
int guest_setup_few_handles(void **state); /* ten descriptors in all */
int guest_setup_preview0(void **state);
int guest_teardown(void **state);

/* A new store and instance, for another guest->wasi. */
void guest_load(struct guest *guest);

/* Another guest: the same directories, and a listener (taken over) behind them unless it is -1. */
void guest_restart(struct guest *guest, int listener);
/* Another guest, with this; host and reporting are filled in. */
void guest_configure(struct guest *guest, struct bv_wasi_config *config);

/* Calls by name. Arguments as in the signature: i is a uint32_t, I is a uint64_t. */
uint32_t guest_call(struct guest *guest, const char *name, ...);
uint32_t guest_call_args(struct guest *guest, const char *name, const uint64_t *args);
uint8_t *guest_memory(struct guest *guest, uint32_t pointer);
uint32_t guest_u32(struct guest *guest, uint32_t pointer);
uint64_t guest_u64(struct guest *guest, uint32_t pointer);
void guest_put32(struct guest *guest, uint32_t pointer, uint32_t value);
/* Copies text into guest memory. */
uint32_t guest_text(struct guest *guest, const char *text);
/* A path argument: pointer and length. */
#define P(guest, text) guest_text(guest, text), (uint32_t)(sizeof(text) - 1)

/* path_open with FOLLOW; the number goes to *ret_fd. */
uint32_t guest_open(struct guest *guest, uint32_t dir, const char *path, uint32_t oflags,
	uint64_t rights, uint32_t *ret_fd);

/* The host's side, relative to the four directories. */
void host_file(struct guest *guest, const char *path, const char *text);
void host_mkdir(struct guest *guest, const char *path);
void host_symlink(struct guest *guest, const char *target, const char *path);
bool host_exists(struct guest *guest, const char *path);
long host_size(struct guest *guest, const char *path);

#define EXPECT(error, call) assert_int_equal(BV_WASI_##error, (call))

#endif

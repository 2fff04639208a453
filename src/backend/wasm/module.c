/* SPDX-License-Identifier: MIT
 *
 * The module's bytes. They are read once, from a file opened once, into memory of our own: what is
 * hashed is what runs, whatever becomes of the file meanwhile. The handle keeps that memory for the
 * next run of the same file, within bounds, with its digest and nothing that a worker ever said of
 * it. Whether the file is still the same is asked of its bytes, which are read and compared: no
 * time stamp tells of a write through a shared mapping (mmap(2), NOTES).
 *
 * A worker gets the bytes in a sealed file of its own. Whoever breaks his worker can still lock it,
 * date it, or wait on its pages, and nobody else sees that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fail.h"
#include "state.h"
#include "sys/call.h"
#include "sys/fd.h"
#include "sys/memfd.h"

#define MODULE_BYTES_MAX ((off_t)64 << 20)
#define MODULE_STEP ((size_t)32 << 10) /* between two looks at the time */
#define MODULES_MAX 16
#define MODULES_BYTES_MAX ((size_t)128 << 20)
#define MODULES_SHARE 4 /* one of more than this part of them is not kept */

struct held {
	struct held *next; /* used less recently */
	uint32_t users;    /* the list is one */
	dev_t device;      /* of the file that it was read from, which is the first to look at */
	ino_t inode;
	struct bv_digest digest;
	uint8_t *data; /* mapped; NULL if it is empty */
	size_t len;
};

static struct module_identity module_identify(const struct stat *st)
{
	return (struct module_identity){st->st_dev, st->st_ino, st->st_size, st->st_mtim,
		st->st_ctim};
}

static bool module_same(const struct module_identity *a, const struct module_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
		a->modified.tv_sec == b->modified.tv_sec &&
		a->modified.tv_nsec == b->modified.tv_nsec &&
		a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

bool module_changed(const struct module *module)
{
	struct module_identity now = {0};
	struct stat st;

	if (fstat(module->file, &st) == 0)
		now = module_identify(&st);
	return !module_same(&now, &module->identity);
}

const struct bv_digest *module_digest(const struct module *module)
{
	return &module->held->digest;
}

uint64_t module_size(const struct module *module)
{
	return module->held->len;
}

/* ---- the list ---- */

static void held_free(struct held *held)
{
	if (held->data)
		munmap(held->data, held->len);
	free(held);
}

/* Those that nobody uses any more are freed: outside the lock. */
static void held_free_all(struct held *held)
{
	while (held) {
		struct held *next = held->next;

		held_free(held);
		held = next;
	}
}

static void held_give(struct wasm_state *state, struct held *held)
{
	bool last;

	pthread_mutex_lock(&state->lock);
	last = --held->users == 0;
	pthread_mutex_unlock(&state->lock);
	if (last)
		held_free(held);
}

static bool held_is_of(const struct held *held, const struct module_identity *identity)
{
	return held->device == identity->device && held->inode == identity->inode;
}

/* What the file held when it was last read, moved to the front; NULL if that is not known. */
static struct held *held_recall(struct wasm_state *state, const struct module_identity *identity)
{
	struct held **place = &state->held, *found;

	pthread_mutex_lock(&state->lock);
	while (*place && !held_is_of(*place, identity))
		place = &(*place)->next;
	found = *place;
	if (found) {
		*place = found->next;
		found->next = state->held;
		state->held = found;
		found->users++;
	}
	pthread_mutex_unlock(&state->lock);
	return found;
}

/* Takes out of the list what there is no room for, and what the file of the first one held before;
 * under the lock. */
static struct held *held_trim(struct held **place, const struct module_identity *identity)
{
	struct held *gone = NULL;
	size_t bytes = 0;

	for (size_t count = 0; *place;) {
		struct held *held = *place;

		bytes += held->len;
		count++;
		if (count == 1 ||
			(count <= MODULES_MAX && bytes <= MODULES_BYTES_MAX &&
				!held_is_of(held, identity))) {
			place = &held->next;
			continue;
		}
		*place = held->next;
		bytes -= held->len;
		count--;
		if (--held->users == 0) {
			held->next = gone;
			gone = held;
		}
	}
	return gone;
}

static void held_keep(struct wasm_state *state, const struct module *module)
{
	struct held *held = module->held, *gone;

	if (held->len > MODULES_BYTES_MAX / MODULES_SHARE)
		return;
	pthread_mutex_lock(&state->lock);
	held->users++;
	held->next = state->held;
	state->held = held;
	gone = held_trim(&state->held, &module->identity);
	pthread_mutex_unlock(&state->lock);
	held_free_all(gone);
}

void module_close_all(struct wasm_state *state)
{
	held_free_all(state->held);
}

/* ---- reading one ---- */

static int module_open_file(const char *path, struct module *module, struct bv_error *err)
{
	struct stat st;

	module->file = sys_openat2(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		RESOLVE_NO_MAGICLINKS);
	if (module->file < 0)
		return bv_fail_os(err,
			errno == ENOENT || errno == ENOTDIR ? BV_E_NOT_FOUND : BV_E_NOT_EXECUTABLE,
			errno, "workload.program", "'%s'", path);
	if (fstat(module->file, &st) || !S_ISREG(st.st_mode))
		return bv_fail(err, BV_E_NOT_EXECUTABLE, "workload.program", "'%s' is not a file",
			path);
	if (st.st_size > MODULE_BYTES_MAX)
		return bv_fail(err, BV_E_LIMIT, "workload.program",
			"'%s' is longer than %lld bytes, the most a module may be", path,
			(long long)MODULE_BYTES_MAX);
	module->identity = module_identify(&st);
	return 0;
}

/* A step of the file, or less at its end, which is 0. */
static int module_step(const struct module *module, uint8_t *data, size_t at, size_t *ret,
	struct bv_error *err)
{
	ssize_t len = pread(module->file, data, MODULE_STEP, (off_t)at);

	if (patience_over(module->patience))
		return bv_fail(err, BV_E_INTERRUPTED, "workload.program",
			"there was no time left to read it");
	if (len < 0)
		return bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"the module cannot be read");
	*ret = (size_t)len;
	return 0;
}

/* Whether the file still holds what it held. */
static int module_compare(const struct module *module, const struct held *held, bool *ret,
	struct bv_error *err)
{
	uint8_t data[MODULE_STEP];
	size_t at = 0, len = 0;
	int code;

	do {
		code = module_step(module, data, at, &len, err);
		if (code)
			return code;
		*ret = len <= held->len - at && (!len || memcmp(data, held->data + at, len) == 0);
		at += len;
	} while (len && *ret);
	*ret = *ret && at == held->len;
	return 0;
}

/* Every byte goes into our memory, and from there past the hash. */
static int module_copy(const struct module *module, struct held *held, struct bv_error *err)
{
	uint8_t data[MODULE_STEP];
	struct bv_sha256 hash;
	size_t at = 0, len = 0;
	int code;

	bv_sha256_init(&hash);
	do {
		code = module_step(module, data, at, &len, err);
		if (code)
			return code;
		if (len > held->len - at)
			break;
		if (len)
			memcpy(held->data + at, data, len);
		bv_sha256_update(&hash, data, len);
		at += len;
	} while (len);
	if (at != held->len || len)
		return bv_fail(err, BV_E_DRIFT, "workload.program",
			"it was changed while it was read; nothing ran");
	bv_sha256_final(&hash, &held->digest);
	return 0;
}

static int module_memory(struct held *held, struct bv_error *err)
{
	void *data = held->len
		? mmap(NULL, held->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
		: NULL;

	if (data == MAP_FAILED)
		return bv_fail_os(err, BV_E_NO_MEMORY, errno, "workload.program",
			"no memory for the module");
	held->data = data;
	return 0;
}

static int module_read(struct module *module, struct bv_error *err)
{
	struct held *held = calloc(1, sizeof(*held));
	int code;

	if (!held)
		return bv_fail(err, BV_E_NO_MEMORY, "workload.program", "no memory for the module");
	held->users = 1;
	held->device = module->identity.device;
	held->inode = module->identity.inode;
	held->len = (size_t)module->identity.size;
	code = module_memory(held, err);
	if (!code)
		code = module_copy(module, held, err);
	if (!code && held->data && mprotect(held->data, held->len, PROT_READ))
		code = bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"the module's memory cannot be closed for writing");
	if (code)
		held_free(held);
	else
		module->held = held;
	return code;
}

/* What is kept of the file, if it is what the file holds. */
static int module_recall(struct wasm_state *state, struct module *module, struct bv_error *err)
{
	struct held *held = held_recall(state, &module->identity);
	bool same = false;
	int code;

	if (!held)
		return 0;
	code = module_compare(module, held, &same, err);
	if (!code && same)
		module->held = held;
	else
		held_give(state, held);
	return code;
}

int module_open(struct wasm_state *state, const char *path, struct patience *patience,
	struct module *module, struct bv_error *err)
{
	bool kept;
	int code = module_open_file(path, module, err);

	module->patience = patience;
	if (!code)
		code = module_recall(state, module, err);
	kept = module->held != NULL;
	if (!code && !kept)
		code = module_read(module, err);
	if (!code && module_changed(module))
		code = bv_fail(err, BV_E_DRIFT, "workload.program",
			"'%s' was changed while it was read; nothing ran", path);
	if (!code && !kept)
		held_keep(state, module);
	return code;
}

void module_close(struct wasm_state *state, struct module *module)
{
	if (module->held)
		held_give(state, module->held);
	module->held = NULL;
	fd_closep(&module->file);
}

/* ---- using it ---- */

int module_lend(const struct module *module, int *ret, struct bv_error *err)
{
	const struct held *held = module->held;
	CLEANUP_FD int whole = sys_memfd_of("module", held->data, held->len);
	char path[64];
	int fd;

	/* Not executable by anybody either: a kernel may have been told what to do with such files.
	 */
	if (whole < 0 || fchmod(whole, 0400))
		return bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"no memory to hand the module to a worker%s",
			errno == EFBIG ? "; " SYS_MEMFD_LIMIT : "");
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", whole);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"the module's memory cannot be opened for a worker");
	*ret = fd;
	return 0;
}

int module_load(const struct module *module, struct bv_wasm_cache *cache,
	const struct bv_wasm_limits *limits, const struct bv_wasm_module **ret,
	struct bv_error *err)
{
	const struct held *held = module->held;

	return warm_cache_load(cache, &held->digest, bv_bytes(held->data, held->len), limits, ret,
		err);
}

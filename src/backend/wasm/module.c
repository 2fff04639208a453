/* SPDX-License-Identifier: MIT
 *
 * The module's bytes. They are read once, from a file opened once, into memory that is then sealed
 * against every change: what is hashed is what runs, whatever becomes of the file meanwhile. The
 * handle keeps that memory for the next run of the same file, within bounds, with its digest and
 * nothing that a worker ever said of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "state.h"
#include "sys/call.h"
#include "sys/fd.h"

#define MODULE_BYTES_MAX ((off_t)64 << 20)
#define MODULES_MAX 16
#define MODULES_BYTES_MAX ((off_t)128 << 20)

struct held {
	struct held *next; /* used less recently */
	uint32_t users;    /* the list is one */
	struct module_identity identity;
	struct bv_digest digest;
	int fd;
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
	return !module_same(&now, &module->held->identity);
}

const struct bv_digest *module_digest(const struct module *module)
{
	return &module->held->digest;
}

uint64_t module_size(const struct module *module)
{
	return (uint64_t)module->held->identity.size;
}

/* ---- the list ---- */

/* Those that nobody uses any more are freed: outside the lock. */
static void held_free_all(struct held *held)
{
	while (held) {
		struct held *next = held->next;

		fd_closep(&held->fd);
		free(held);
		held = next;
	}
}

static void held_give(struct wasm_state *state, struct held *held)
{
	bool last;

	pthread_mutex_lock(&state->lock);
	last = --held->users == 0;
	pthread_mutex_unlock(&state->lock);
	if (last) {
		held->next = NULL;
		held_free_all(held);
	}
}

static struct held *held_recall(struct wasm_state *state, const struct module_identity *identity)
{
	struct held **place = &state->held, *found;

	pthread_mutex_lock(&state->lock);
	while (*place && !module_same(&(*place)->identity, identity))
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

/* Takes out of the list what there is no room for; under the lock. */
static struct held *held_trim(struct held **place)
{
	struct held *gone = NULL;
	off_t bytes = 0;

	for (size_t count = 1; *place; count++) {
		struct held *held = *place;

		bytes += held->identity.size;
		if (count <= MODULES_MAX && bytes <= MODULES_BYTES_MAX) {
			place = &held->next;
			continue;
		}
		*place = held->next;
		if (--held->users == 0) {
			held->next = gone;
			gone = held;
		}
	}
	return gone;
}

/* A file changed within the last two seconds may change again under the same time stamp. */
static void held_keep(struct wasm_state *state, struct held *held)
{
	struct timespec now = {0};
	struct held *gone;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec - held->identity.changed.tv_sec < 2)
		return;
	pthread_mutex_lock(&state->lock);
	held->users++;
	held->next = state->held;
	state->held = held;
	gone = held_trim(&state->held);
	pthread_mutex_unlock(&state->lock);
	held_free_all(gone);
}

void module_close_all(struct wasm_state *state)
{
	held_free_all(state->held);
}

/* ---- reading one ---- */

static int module_open_file(const char *path, struct module *module, struct stat *ret,
	struct bv_error *err)
{
	module->file = sys_openat2(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		RESOLVE_NO_MAGICLINKS);
	if (module->file < 0)
		return bv_fail_os(err,
			errno == ENOENT || errno == ENOTDIR ? BV_E_NOT_FOUND : BV_E_NOT_EXECUTABLE,
			errno, "workload.program", "'%s'", path);
	if (fstat(module->file, ret) || !S_ISREG(ret->st_mode))
		return bv_fail(err, BV_E_NOT_EXECUTABLE, "workload.program", "'%s' is not a file",
			path);
	if (ret->st_size > MODULE_BYTES_MAX)
		return bv_fail(err, BV_E_LIMIT, "workload.program",
			"'%s' is longer than %lld bytes, the most a module may be", path,
			(long long)MODULE_BYTES_MAX);
	return 0;
}

static bool module_write(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done <= 0 && !(done < 0 && errno == EINTR))
			return false;
		data += done > 0 ? done : 0;
		len -= done > 0 ? (size_t)done : 0;
	}
	return true;
}

/* Every byte goes past the hash and into the memory, and is not looked at again. */
static int module_copy(int file, struct held *held, struct bv_error *err)
{
	uint8_t data[32768];
	struct bv_sha256 hash;
	ssize_t len;
	off_t at = 0;

	bv_sha256_init(&hash);
	while ((len = pread(file, data, sizeof(data), at)) > 0 && at <= MODULE_BYTES_MAX) {
		bv_sha256_update(&hash, data, (size_t)len);
		if (!module_write(held->fd, data, (size_t)len))
			return bv_fail_os(err, BV_E_OS, errno, "workload.program",
				"no memory for the module");
		at += len;
	}
	if (len < 0)
		return bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"the module cannot be read");
	bv_sha256_final(&hash, &held->digest);
	if (at != held->identity.size)
		held->identity.size = -1; /* which no file has: it was changed */
	return 0;
}

/* Not executable by anybody either: a kernel may have been told what to do with such files. */
static int module_seal(int fd, struct bv_error *err)
{
	if (fchmod(fd, 0400) ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"the module's memory cannot be sealed");
	return 0;
}

static int module_hold(struct module *module, const struct stat *st, struct bv_error *err)
{
	struct held *held = calloc(1, sizeof(*held));
	int code = 0;

	if (!held)
		return bv_fail(err, BV_E_NO_MEMORY, "workload.program", "no memory for the module");
	held->users = 1;
	held->identity = module_identify(st);
	module->held = held;
	held->fd = memfd_create("module", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (held->fd < 0)
		code = bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"no memory for the module");
	if (!code)
		code = module_copy(module->file, held, err);
	if (!code)
		code = module_seal(held->fd, err);
	return code;
}

int module_open(struct wasm_state *state, const char *path, struct module *module,
	struct bv_error *err)
{
	struct stat st;
	int code = module_open_file(path, module, &st, err);

	if (code)
		return code;
	module->held = held_recall(state,
		&(struct module_identity){st.st_dev, st.st_ino, st.st_size, st.st_mtim,
			st.st_ctim});
	if (module->held)
		return 0;
	code = module_hold(module, &st, err);
	if (!code && module_changed(module))
		code = bv_fail(err, BV_E_DRIFT, "workload.program",
			"'%s' was changed while it was read; nothing ran", path);
	if (!code)
		held_keep(state, module->held);
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
	char path[64];
	int fd;

	/* A description of its own: a place in a shared one would be a word between workers. */
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", module->held->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"the module's memory cannot be opened for a worker");
	*ret = fd;
	return 0;
}

static int module_map(const struct module *module, struct bv_bytes *ret, struct bv_error *err)
{
	size_t len = (size_t)module_size(module);
	void *data =
		len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, module->held->fd, 0) : (void *)NULL;

	if (data == MAP_FAILED)
		return bv_fail_os(err, BV_E_NO_MEMORY, errno, "workload.program",
			"no memory for the module");
	*ret = bv_bytes(data, len);
	return 0;
}

int module_load(const struct module *module, struct bv_wasm_cache *cache,
	const struct bv_wasm_limits *limits, const struct bv_wasm_module **ret,
	struct bv_error *err)
{
	const struct bv_wasm_module *found = warm_cache_find(cache, module_digest(module), limits);
	struct bv_bytes bytes = {0};
	int code;

	if (found) {
		*ret = found;
		return 0;
	}
	code = module_map(module, &bytes, err);
	if (code)
		return code;
	code = warm_cache_load(cache, module_digest(module), bytes, limits, ret, err);
	if (bytes.len)
		munmap((void *)(uintptr_t)bytes.data, bytes.len);
	return code;
}

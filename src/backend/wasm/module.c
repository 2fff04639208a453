/* SPDX-License-Identifier: MIT
 *
 * The module's file: opened once, hashed through the descriptor that the engine reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "state.h"
#include "sys/call.h"

#define MODULE_BYTES_MAX ((off_t)64 << 20)

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

int module_open(const char *path, struct module *ret, struct bv_error *err)
{
	struct stat st;
	int fd = sys_openat2(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		RESOLVE_NO_MAGICLINKS);

	ret->fd = fd;
	if (fd < 0)
		return bv_fail_os(err,
			errno == ENOENT || errno == ENOTDIR ? BV_E_NOT_FOUND : BV_E_NOT_EXECUTABLE,
			errno, "workload.program", "'%s'", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return bv_fail(err, BV_E_NOT_EXECUTABLE, "workload.program", "'%s' is not a file",
			path);
	if (st.st_size > MODULE_BYTES_MAX)
		return bv_fail(err, BV_E_LIMIT, "workload.program",
			"'%s' is longer than %lld bytes, the most a module may be", path,
			(long long)MODULE_BYTES_MAX);
	ret->identity = module_identify(&st);
	return 0;
}

static bool module_recall(struct wasm_state *state, struct module *module)
{
	bool found = false;

	pthread_mutex_lock(&state->lock);
	for (size_t i = 0; i < STATE_DIGESTS && !found; i++) {
		found = module_same(&state->digests[i].identity, &module->identity);
		if (found)
			module->digest = state->digests[i].digest;
	}
	pthread_mutex_unlock(&state->lock);
	return found;
}

/* A file changed within the last two seconds may change again under the same time stamp. */
static void module_remember(struct wasm_state *state, const struct module *module)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec - module->identity.changed.tv_sec < 2)
		return;
	pthread_mutex_lock(&state->lock);
	state->digests[state->digest_next].identity = module->identity;
	state->digests[state->digest_next].digest = module->digest;
	state->digest_next = (state->digest_next + 1) % STATE_DIGESTS;
	pthread_mutex_unlock(&state->lock);
}

int module_digest(struct wasm_state *state, struct module *module, struct bv_error *err)
{
	uint8_t data[32768];
	struct bv_sha256 hash;
	off_t at = 0;
	ssize_t len;

	if (module_recall(state, module))
		return 0;
	bv_sha256_init(&hash);
	while ((len = pread(module->fd, data, sizeof(data), at)) > 0 && at <= MODULE_BYTES_MAX) {
		bv_sha256_update(&hash, data, (size_t)len);
		at += len;
	}
	if (len < 0)
		return bv_fail_os(err, BV_E_OS, errno, "workload.program",
			"the module cannot be read");
	bv_sha256_final(&hash, &module->digest);
	module_recheck(module);
	if (!module->changed && at == module->identity.size)
		module_remember(state, module);
	return 0;
}

void module_recheck(struct module *module)
{
	struct module_identity now = {0};
	struct stat st;

	if (fstat(module->fd, &st) == 0)
		now = module_identify(&st);
	module->changed |= !module_same(&now, &module->identity);
}

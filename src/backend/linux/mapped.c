/* SPDX-License-Identifier: MIT
 *
 * Whether what a spec shows can be mapped, so that root's run can be another host user's: it is
 * cloned and mapped, with what is mounted in it, and let go. File systems differ in it (ext4, xfs
 * and btrfs since Linux 5.12 to 5.15, tmpfs since 6.3, overlayfs, /proc and /sys never), and one
 * that cannot be mapped leaves the whole run what it was: root's, without capabilities.
 *
 * Letting a clone go waits for the kernel, so files of one mount are tried once. The answer holds
 * until the caller's mounts change, which the kernel tells (proc(5), mountinfo).
 */
#include "mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/digest.h"
#include "program.h"
#include "state.h"
#include "sys/fd.h"
#include "wire/frame.h"

#define MAPPED_CLONE \
	(OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (unsigned int)AT_RECURSIVE | \
		(unsigned int)AT_EMPTY_PATH)

struct mapped_work {
	int userns;
	uint64_t mount; /* the last one tried */
	char *why;
	size_t size;
};

bool mapped_needless(unsigned int mode)
{
	return S_ISCHR(mode) && (mode & 0006) == 0006;
}

static bool mapped_fails(const struct mapped_work *work, const char *path, const char *how)
{
	snprintf(work->why, work->size, "'%.80s' cannot be mapped: %s", path, how);
	return false;
}

static bool mapped_look(int fd, struct statx *ret)
{
	return statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, ret) == 0;
}

/* What is root's is seen to be the other's then. */
static bool mapped_tree(const struct mapped_work *work, int fd, const struct statx *before,
	const char *path)
{
	CLEANUP_FD int tree = (int)syscall(SYS_open_tree, fd, "", MAPPED_CLONE);
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (unsigned int)work->userns};
	struct statx after;

	if (tree < 0 ||
		syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
			sizeof(attr)) ||
		!mapped_look(tree, &after))
		return mapped_fails(work, path,
			errno == EINVAL ? "a file system there does not allow it"
					: strerrordesc_np(errno));
	if (after.stx_uid != (before->stx_uid ? before->stx_uid : WIRE_HOST_ID))
		return mapped_fails(work, path, "it is whose it was");
	return true;
}

/* What is not there, or not ours to look at, fails elsewhere, and says so better. */
static bool mapped_path(struct mapped_work *work, const char *path)
{
	CLEANUP_FD int fd = open(path, O_PATH | O_CLOEXEC);
	struct statx st;

	if (fd < 0 || !mapped_look(fd, &st) || mapped_needless(st.stx_mode))
		return true;
	if (!S_ISDIR(st.stx_mode) && (st.stx_mask & STATX_MNT_ID) && st.stx_mnt_id == work->mount)
		return true;
	work->mount = st.stx_mnt_id;
	return mapped_tree(work, fd, &st, path);
}

/* And what interprets it. */
static bool mapped_program(struct mapped_work *work, const struct bv_workload *workload)
{
	struct program program;
	struct bv_error err;
	bool works;

	if (program_open(workload, &program, &err))
		return true;
	works = mapped_path(work, program.image.path) &&
		(program.script.fd < 0 || mapped_path(work, program.script.path));
	program_close(&program);
	return works;
}

/* That Landlock bites is tried on a path of the host's, which whom nobody knows must reach as well:
 * opened for the try by anybody else it would say nothing. */
static bool mapped_reaches(const struct mapped_work *work)
{
	struct stat st;

	if (stat("/", &st) == 0 && (st.st_mode & 0005) == 0005)
		return true;
	snprintf(work->why, work->size, "the host's root is not everybody's to search");
	return false;
}

/* All that will be bound. */
static bool mapped_all(struct mapped_work *work, const struct bv_spec *spec, const char *staging)
{
	bool works = mapped_reaches(work);

	for (size_t i = 0; works && i < spec->grant_count; i++)
		works = mapped_path(work, spec->grants[i].path);
	for (size_t i = 0; works && i < spec->exposure_count; i++)
		works = mapped_path(work, spec->exposures[i].source);
	if (works && spec->output_count && staging)
		works = mapped_path(work, staging);
	return works && mapped_program(work, &spec->workload);
}

static void mapped_hash(struct bv_sha256 *state, const char *text)
{
	bv_sha256_update(state, text, strlen(text) + 1);
}

/* What the answer is about. A program may come to be interpreted by another one. */
static void mapped_key(const struct bv_spec *spec, struct bv_digest *ret)
{
	struct bv_sha256 state;
	struct statx st = {0};

	bv_sha256_init(&state);
	for (size_t i = 0; i < spec->grant_count; i++)
		mapped_hash(&state, spec->grants[i].path);
	for (size_t i = 0; i < spec->exposure_count; i++)
		mapped_hash(&state, spec->exposures[i].source);
	mapped_hash(&state, spec->output_count ? "outputs" : "");
	mapped_hash(&state, spec->workload.program);
	if (!statx(AT_FDCWD, spec->workload.program, 0, STATX_BASIC_STATS, &st)) {
		bv_sha256_update(&state, &st.stx_ino, sizeof(st.stx_ino));
		bv_sha256_update(&state, &st.stx_size, sizeof(st.stx_size));
		bv_sha256_update(&state, &st.stx_ctime.tv_sec, sizeof(st.stx_ctime.tv_sec));
		bv_sha256_update(&state, &st.stx_ctime.tv_nsec, sizeof(st.stx_ctime.tv_nsec));
	}
	bv_sha256_final(&state, ret);
}

/* Forgets where mounts have changed; without a table of them to watch that may be any time. */
static bool mapped_recall(struct mapped *mapped, const struct bv_digest *key)
{
	struct pollfd changed = {.events = POLLPRI};

	if (mapped->mountinfo < 0)
		mapped->mountinfo = open("/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC);
	changed.fd = mapped->mountinfo;
	if (mapped->mountinfo < 0 || poll(&changed, 1, 0) != 0) {
		mapped->known = false;
		mapped->changes++;
	}
	return mapped->known && memcmp(key, &mapped->key, sizeof(*key)) == 0;
}

int mapped_userns(struct linux_state *state)
{
	int fd;

	pthread_mutex_lock(&state->lock);
	fd = state->mapped.userns;
	pthread_mutex_unlock(&state->lock);
	return fd;
}

bool mapped_try(struct linux_state *state, const struct bv_spec *spec, char *why, size_t size)
{
	struct mapped *mapped = &state->mapped;
	struct mapped_work work = {.why = why, .size = size};
	struct bv_digest key;
	uint64_t changes;
	bool known, works = true;

	mapped_key(spec, &key);
	pthread_mutex_lock(&state->lock);
	known = mapped_recall(mapped, &key);
	if (known) {
		works = !mapped->why[0];
		snprintf(why, size, "%s", mapped->why);
	}
	work.userns = mapped->userns;
	changes = mapped->changes;
	pthread_mutex_unlock(&state->lock);
	if (known)
		return works;
	works = mapped_all(&work, spec, state->staging);
	pthread_mutex_lock(&state->lock);
	if (mapped->changes == changes) {
		snprintf(mapped->why, sizeof(mapped->why), "%s", works ? "" : why);
		mapped->key = key;
		mapped->known = true;
	}
	pthread_mutex_unlock(&state->lock);
	return works;
}

bool mapped_try_any(struct linux_state *state, char *why, size_t size)
{
	struct mapped_work work = {.userns = mapped_userns(state), .why = why, .size = size};

	return mapped_reaches(&work) && mapped_path(&work, "/usr");
}

void mapped_close(struct mapped *mapped)
{
	if (mapped->userns >= 0)
		close(mapped->userns);
	if (mapped->mountinfo >= 0)
		close(mapped->mountinfo);
	*mapped = MAPPED_NONE;
}

/* SPDX-License-Identifier: MIT
 *
 * Before any effect: the frame must be sealed, whole and of our version, every descriptor what
 * its slot says, every step known, and the schedule the one the plan was made with.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/launcher.h"

int run_slot(const struct run *run, enum wire_role role)
{
	for (size_t i = 0; i < run->fd_count; i++)
		if (run->frame.slots[i].role == role)
			return run->fds[i];
	errno = EBADF;
	return -1;
}

static bool verify_fail(struct run *run, enum wire_stage stage, uint32_t step, int errnum)
{
	run->done.ended = WIRE_ENDED_SETUP;
	run->done.stage = stage;
	run->done.step = step;
	run->done.errnum = errnum;
	return false;
}

/* Takes the frame in. Without the seals the host could still be writing it. */
static bool verify_read(int memfd, struct bv_bytes *ret)
{
	static uint8_t bytes[WIRE_FRAME_BYTES_MAX]; /* only what was ever needed of it is touched */
	const int sealed = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat st;

	if (fcntl(memfd, F_GET_SEALS) != sealed || fstat(memfd, &st) || st.st_size <= 0 ||
		(uint64_t)st.st_size > sizeof(bytes) ||
		pread(memfd, bytes, (size_t)st.st_size, 0) != st.st_size)
		return false;
	*ret = bv_bytes(bytes, (size_t)st.st_size);
	return true;
}

static bool verify_type(enum wire_file file, mode_t mode)
{
	switch (file) {
	case WIRE_FILE_ANY:
		return true;
	case WIRE_FILE_REGULAR:
		return S_ISREG(mode);
	case WIRE_FILE_DIRECTORY:
		return S_ISDIR(mode);
	case WIRE_FILE_ANONYMOUS:
		return (mode & S_IFMT) == 0;
	}
	return false;
}

/* Kind by fstat, writability by access mode; a ruleset has no access mode worth the name. */
static bool verify_slot(const struct wire_slot *slot, int fd)
{
	struct stat st;
	int mode = fcntl(fd, F_GETFL);

	if (mode < 0 || fstat(fd, &st) || !verify_type(slot->file, st.st_mode))
		return false;
	if (slot->role == WIRE_ROLE_INHERITED && slot->target < 3)
		return false;
	if (slot->role == WIRE_ROLE_STREAM && slot->target > 2)
		return false;
	if (slot->role == WIRE_ROLE_RULESET || slot->file == WIRE_FILE_ANY)
		return true;
	return slot->writable == ((mode & O_ACCMODE) != O_RDONLY && !(mode & O_PATH));
}

static bool verify_slots(struct run *run)
{
	bool streams[3] = {false};
	size_t programs = 0, directories = 0;

	if (run->frame.slot_count != run->fd_count)
		return verify_fail(run, WIRE_STAGE_SLOTS, (uint32_t)run->fd_count, EBADMSG);
	for (size_t i = 0; i < run->fd_count; i++) {
		const struct wire_slot *slot = &run->frame.slots[i];

		if (!verify_slot(slot, run->fds[i]))
			return verify_fail(run, WIRE_STAGE_SLOTS, (uint32_t)i, EBADF);
		programs += slot->role == WIRE_ROLE_PROGRAM;
		directories += slot->role == WIRE_ROLE_DIRECTORY;
		if (slot->role == WIRE_ROLE_STREAM)
			streams[slot->target] = true;
	}
	if (programs != 1 || directories != 1 || !streams[0] || !streams[1] || !streams[2])
		return verify_fail(run, WIRE_STAGE_SLOTS, (uint32_t)run->fd_count, ENOENT);
	return true;
}

/* Pointers to the strings of a block, NULL at the end. */
static bool verify_strings(struct bv_bytes block, uint32_t count, char **ret, size_t max)
{
	size_t at = 0;

	if (count >= max)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		/* execveat takes char *const *, and only reads. */
		ret[i] = (char *)(uintptr_t)(block.data + at);
		while (block.data[at++])
			;
	}
	ret[count] = NULL;
	return true;
}

bool verify_run(struct run *run, int memfd)
{
	enum wire_result result;
	struct bv_bytes bytes;

	if (!verify_read(memfd, &bytes))
		return verify_fail(run, WIRE_STAGE_FRAME, 0, EPERM);
	result = wire_frame_decode(bytes, &run->frame);
	if (result != WIRE_OK)
		return verify_fail(run, WIRE_STAGE_FRAME, result, EBADMSG);
	if (!verify_strings(run->frame.arguments, run->frame.argument_count, run->argv,
		    LAUNCHER_ARGUMENTS_MAX) ||
		!verify_strings(run->frame.environment, run->frame.variable_count, run->envp,
			LAUNCHER_VARIABLES_MAX))
		return verify_fail(run, WIRE_STAGE_FRAME, WIRE_MALFORMED, E2BIG);
	return verify_slots(run) && schedule_bind(run);
}

/* The environment may hold secrets, and is the program's own once it executes. */
void verify_forget(struct run *run)
{
	if (run->frame.environment.len)
		explicit_bzero((void *)(uintptr_t)run->frame.environment.data,
			run->frame.environment.len);
	run->frame.environment = bv_bytes(NULL, 0);
}

void verify_release(struct run *run)
{
	for (size_t i = 0; i < run->fd_count; i++)
		close(run->fds[i]);
	run->fd_count = 0;
	verify_forget(run);
}

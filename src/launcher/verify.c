/* SPDX-License-Identifier: MIT
 *
 * Before any effect: the frame must be sealed, whole and of our version, every descriptor what
 * its slot says, every step known, and the schedule the one the plan was made with.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/launcher.h"

static bool verify_fail(struct run *run, enum wire_stage stage, uint32_t step, int errnum)
{
	run->done.ended = WIRE_ENDED_SETUP;
	run->done.stage = stage;
	run->done.step = step;
	run->done.errnum = errnum;
	return false;
}

/* Maps the frame. Without the seals the host could change it after the checks. */
static bool verify_map(struct run *run, int memfd)
{
	const int sealed = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat st;
	void *data;

	if (fcntl(memfd, F_GET_SEALS) != sealed || fstat(memfd, &st) || st.st_size <= 0 ||
		(uint64_t)st.st_size > WIRE_FRAME_BYTES_MAX)
		return false;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, memfd, 0);
	if (data == MAP_FAILED)
		return false;
	run->mapping = data;
	run->mapping_len = (size_t)st.st_size;
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

	if (!verify_map(run, memfd))
		return verify_fail(run, WIRE_STAGE_FRAME, 0, EPERM);
	result = wire_frame_decode(bv_bytes(run->mapping, run->mapping_len), &run->frame);
	if (result != WIRE_OK)
		return verify_fail(run, WIRE_STAGE_FRAME, result, EBADMSG);
	if (!verify_strings(run->frame.arguments, run->frame.argument_count, run->argv,
		    LAUNCHER_ARGUMENTS_MAX) ||
		!verify_strings(run->frame.environment, run->frame.variable_count, run->envp,
			LAUNCHER_VARIABLES_MAX))
		return verify_fail(run, WIRE_STAGE_FRAME, WIRE_MALFORMED, E2BIG);
	return verify_slots(run) && schedule_bind(run);
}

void verify_release(struct run *run)
{
	for (size_t i = 0; i < run->fd_count; i++)
		close(run->fds[i]);
	run->fd_count = 0;
	if (run->mapping)
		munmap((void *)(uintptr_t)run->mapping, run->mapping_len);
	run->mapping = NULL;
}

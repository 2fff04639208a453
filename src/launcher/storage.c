/* SPDX-License-Identifier: MIT
 *
 * What a run keeps in the storage that its boundary owns: the tmpfs of its view that it may write.
 * Its size is the limit, held by the kernel (tmpfs(5)); here it is only measured. It is opened
 * through the child's own root before the program starts, and holding it open keeps it until it was
 * looked at for the last time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "launcher/launcher.h"
#include "sys/call.h"

const char *storage_path(const struct wire_frame *frame)
{
	struct wire_reader reader = wire_reader(frame->mounts);
	struct wire_mount mount;
	uint32_t count = 0;

	while (wire_mount_next(&reader, &mount))
		if (count++ && mount.kind == WIRE_MOUNT_TMPFS &&
			!(mount.flags & WIRE_MOUNT_READ_ONLY))
			return mount.destination;
	return NULL;
}

/* The last link of the way is the launcher's own /proc; beneath it everything is the child's. */
void storage_open(const struct launcher *launcher, struct run *run)
{
	const char *path = storage_path(&run->frame);
	char name[32];
	int root;

	if (!path)
		return;
	snprintf(name, sizeof(name), "%d/root", (int)run->proc_pid);
	/* As for the read-back (attest.c): the child still shares our memory. */
	if (launcher->openly)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	root = openat(launcher->proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (launcher->openly)
		if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
			_exit(70); /* to be looked into by others is no state to go on in */
	if (root < 0)
		return;
	run->storage = sys_openat2(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC,
		RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	close(root);
}

void storage_look(struct run *run)
{
	struct statfs fs;
	uint64_t used;

	if (run->storage < 0 || fstatfs(run->storage, &fs))
		return;
	used = (uint64_t)(fs.f_blocks - fs.f_bfree) * (uint64_t)fs.f_bsize;
	run->done.storage_known = 1;
	if (used > run->done.storage_bytes)
		run->done.storage_bytes = used;
}

/* SPDX-License-Identifier: MIT
 *
 * What a run keeps in the storage that its boundary owns, seen from outside. The child hands it
 * over when it has made it (store.c), before anything of the workload's runs; before that may
 * happen, it must be what was planned. Its size is the limit, held by the kernel; here it is only
 * measured. Holding it open keeps it until it was looked at for the last time.
 */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "launcher/launcher.h"

static int storage_attached(struct msghdr *header)
{
	const struct cmsghdr *rights = CMSG_FIRSTHDR(header);
	int fd = -1;

	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
		rights->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
	return fd;
}

ssize_t storage_receive(struct run *run, struct child_record *ret)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec vector = {ret, sizeof(*ret)};
	struct msghdr header = {.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(run->channel, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd = len < 0 ? -1 : storage_attached(&header);

	if (fd < 0)
		return len;
	if (run->storage >= 0 || len != (ssize_t)sizeof(*ret) || ret->step != CHILD_STORE)
		close(fd);
	else
		run->storage = fd;
	return len;
}

bool storage_attest(const struct run *run)
{
	uint64_t planned = wire_mounts_store(run->frame.mounts);
	struct statfs fs;

	errno = 0;
	if (!planned || run->storage < 0)
		return !planned && run->storage < 0;
	return fstatfs(run->storage, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
		(uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize == planned;
}

bool storage_send(int host, const struct run *run)
{
	const struct wire_message message = {.type = WIRE_STORE};

	return run->storage < 0 || channel_send(host, &message, run->storage);
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

/* SPDX-License-Identifier: MIT
 *
 * One message a packet, descriptors beside it. A packet that is cut short, carries more
 * descriptors than asked for, or does not decode ends the conversation.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launcher/launcher.h"

#define CHANNEL_DESCRIPTORS_MAX 253 /* SCM_MAX_FD */

bool channel_send(int fd, const struct wire_message *message, int attached)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	uint8_t bytes[WIRE_MESSAGE_BYTES_MAX];
	size_t len = wire_message_encode(message, bytes, sizeof(bytes));
	struct iovec vector = {bytes, len};
	struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};
	ssize_t sent;

	if (!len)
		return false;
	if (attached >= 0) {
		struct cmsghdr *rights = (struct cmsghdr *)control;

		*rights = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(rights), &attached, sizeof(int));
		header.msg_control = control;
		header.msg_controllen = sizeof(control);
	}
	do
		sent = sendmsg(fd, &header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)len;
}

static size_t channel_take(struct msghdr *header, int *fds, size_t max)
{
	size_t taken = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (taken < max)
				fds[taken++] = fd;
			else
				close(fd);
		}
	}
	return taken;
}

int channel_receive(int fd, struct wire_message *ret, int *fds, size_t max, size_t *ret_count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(CHANNEL_DESCRIPTORS_MAX * sizeof(int))];
	uint8_t bytes[WIRE_MESSAGE_BYTES_MAX];
	struct iovec vector = {bytes, sizeof(bytes)};
	struct msghdr header = {.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	size_t count;

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	count = channel_take(&header, fds, max);
	if (len > 0 && !(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
		wire_message_decode(bv_bytes(bytes, (size_t)len), ret) == WIRE_OK) {
		*ret_count = count;
		return 1;
	}
	while (count)
		close(fds[--count]);
	return -1;
}

/* SPDX-License-Identifier: MIT
 *
 * The host's end of the conversation with a launcher (wire/message.h).
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "state.h"

#define DESCRIPTORS_MAX (1 + WIRE_SLOTS_MAX)

int host_send(int socket, const struct wire_message *message, const int *fds, size_t count,
	struct bv_error *err)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))] = {0};
	uint8_t bytes[WIRE_MESSAGE_BYTES_MAX];
	size_t len = wire_message_encode(message, bytes, sizeof(bytes));
	struct iovec vector = {bytes, len};
	struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};
	ssize_t sent;

	if (!len || count > DESCRIPTORS_MAX)
		return bv_fail(err, BV_E_FAULT, "launcher", "a message does not fit");
	if (count) {
		struct cmsghdr *rights;

		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	}
	do
		sent = sendmsg(socket, &header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent != (ssize_t)len)
		return bv_fail_os(err, BV_E_LAUNCHER, errno, "launcher",
			"the launcher does not listen");
	return 0;
}

/* The one descriptor that may come along; it is closed if nobody wants it. */
static void host_take(const struct msghdr *header, int *ret_fd)
{
	const struct cmsghdr *rights = header->msg_controllen ? header->msg_control : NULL;
	int fd;

	if (!rights || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS ||
		rights->cmsg_len != CMSG_LEN(sizeof(fd)))
		return;
	memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
	if (ret_fd && *ret_fd < 0)
		*ret_fd = fd;
	else
		close(fd);
}

int host_receive(int socket, int timeout_ms, struct wire_message *ret, int *ret_fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct pollfd ready = {.fd = socket, .events = POLLIN};
	uint8_t bytes[WIRE_MESSAGE_BYTES_MAX];
	struct iovec vector = {bytes, sizeof(bytes)};
	struct msghdr header = {.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t len;
	int polled;

	do
		polled = poll(&ready, 1, timeout_ms);
	while (polled < 0 && errno == EINTR);
	if (polled <= 0)
		return polled;
	do
		len = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	if (len >= 0)
		host_take(&header, ret_fd);
	/* Also where a descriptor was lost: at this process's limit, say. */
	if (len <= 0 || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return -1;
	return wire_message_decode(bv_bytes(bytes, (size_t)len), ret) == WIRE_OK ? 1 : -1;
}

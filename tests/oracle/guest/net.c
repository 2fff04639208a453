/* SPDX-License-Identifier: MIT
 *
 * Attempts to reach someone: the loopback interface, and sockets of the host by name.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest.h"

#define IPPROTO_MPTCP_NUMBER 262

static struct sockaddr_in net_loopback4(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)guest_number(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static struct sockaddr_in6 net_loopback6(const char *port)
{
	return (struct sockaddr_in6){
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)guest_number(port)),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
}

static int net_connect(int fd, const void *address, socklen_t len)
{
	int code;

	if (fd < 0)
		return errno;
	code = guest_result(connect(fd, address, len));
	close(fd);
	return code;
}

int net_socket(char **args)
{
	return guest_close(socket((int)guest_number(args[0]), (int)guest_number(args[1]),
		(int)guest_number(args[2])));
}

int net_tcp4(char **args)
{
	struct sockaddr_in to = net_loopback4(args[0]);

	return net_connect(socket(AF_INET, SOCK_STREAM, 0), &to, sizeof(to));
}

int net_tcp6(char **args)
{
	struct sockaddr_in6 to = net_loopback6(args[0]);

	return net_connect(socket(AF_INET6, SOCK_STREAM, 0), &to, sizeof(to));
}

int net_mptcp(char **args)
{
	struct sockaddr_in to = net_loopback4(args[0]);

	return net_connect(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP_NUMBER), &to, sizeof(to));
}

int net_fastopen(char **args)
{
	struct sockaddr_in to = net_loopback4(args[0]);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	return guest_result(
		sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (void *)&to, sizeof(to)));
}

int net_udp4(char **args)
{
	struct sockaddr_in to = net_loopback4(args[0]);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return errno;
	return guest_result(sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)));
}

int net_udp6(char **args)
{
	struct sockaddr_in6 to = net_loopback6(args[0]);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0)
		return errno;
	return guest_result(sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)));
}

int net_bind4(char **args)
{
	struct sockaddr_in at = net_loopback4(args[0]);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	return guest_result(bind(fd, (void *)&at, sizeof(at)) ? -1 : listen(fd, 1));
}

static socklen_t net_unix_address(struct sockaddr_un *address, const char *name, bool abstract)
{
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path + abstract, sizeof(address->sun_path) - 1, "%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + strlen(name) +
		!abstract);
}

int net_unix(char **args)
{
	struct sockaddr_un to = {0};
	socklen_t len = net_unix_address(&to, args[0], false);

	return net_connect(socket(AF_UNIX, SOCK_STREAM, 0), &to, len);
}

int net_abstract(char **args)
{
	struct sockaddr_un to = {0};
	socklen_t len = net_unix_address(&to, args[0], true);

	return net_connect(socket(AF_UNIX, SOCK_STREAM, 0), &to, len);
}

static int net_pair(int type)
{
	int ends[2];
	char byte = 0;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends))
		return errno;
	if (write(ends[0], "x", 1) != 1 || read(ends[1], &byte, 1) != 1)
		return errno;
	close(ends[0]);
	close(ends[1]);
	return byte == 'x' ? 0 : EBADMSG;
}

int net_pair_stream(char **args)
{
	(void)args;
	return net_pair(SOCK_STREAM);
}

int net_pair_datagram(char **args)
{
	(void)args;
	return net_pair(SOCK_DGRAM);
}

int net_pair_connect(char **args)
{
	struct sockaddr_un to = {0};
	socklen_t len = net_unix_address(&to, args[0], true);
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return errno;
	return net_connect(ends[0], &to, len);
}

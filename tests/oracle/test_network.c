/* SPDX-License-Identifier: MIT
 *
 * network-deny-all: no traffic to or from the boundary. The guest says what came of each attempt;
 * the host listens on the loopback interface, and must hear nothing.
 */
#include "oracle.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

struct ears {
	int fds[6]; /* tcp4 tcp6 udp4 udp6 abstract unix */
	int port;
	const char *name;
};

static int ear_inet(int family, int type, int *port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = {.any.sa_family = (sa_family_t)family};
	socklen_t len = sizeof(at);
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1; /* no IPv6 here */
	at.v4.sin_port = htons((uint16_t)*port);
	if (family == AF_INET)
		at.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		at.v6.sin6_addr = in6addr_loopback;
	if (bind(fd, &at.any, len) || (type == SOCK_STREAM && listen(fd, 8))) {
		close(fd);
		return -1;
	}
	getsockname(fd, &at.any, &len);
	*port = ntohs(at.v4.sin_port);
	return fd;
}

static int ear_unix(const char *name, bool abstract)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	socklen_t len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + strlen(name));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(at.sun_path + abstract, name, strlen(name));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void ears_open(const struct oracle *o, struct ears *ears)
{
	char path[128];

	ears->port = 0;
	ears->name = o->marker;
	snprintf(path, sizeof(path), "%s/socket", o->root);
	ears->fds[0] = ear_inet(AF_INET, SOCK_STREAM, &ears->port);
	ears->fds[1] = ear_inet(AF_INET6, SOCK_STREAM, &ears->port);
	ears->fds[2] = ear_inet(AF_INET, SOCK_DGRAM, &ears->port);
	ears->fds[3] = ear_inet(AF_INET6, SOCK_DGRAM, &ears->port);
	ears->fds[4] = ear_unix(ears->name, true);
	ears->fds[5] = ear_unix(path, false);
	assert_true(ears->fds[0] >= 0);
}

/* How many of them heard something; they are closed. */
static int ears_heard(struct ears *ears)
{
	int heard = 0;

	for (size_t i = 0; i < 6; i++) {
		struct pollfd ready = {.fd = ears->fds[i], .events = POLLIN};

		heard += ears->fds[i] >= 0 && poll(&ready, 1, 0) == 1;
		if (ears->fds[i] >= 0)
			close(ears->fds[i]);
	}
	return heard;
}

static void no_connection_and_no_datagram_leaves(void **state)
{
	struct oracle *o = *state;
	struct ears ears;

	ears_open(o, &ears);
	oracle_grant(o, o->root, BV_READ | BV_WRITE);
	oracle_attempts(o,
		"tcp4 %d tcp6 %d mptcp %d fastopen %d udp4 %d udp6 %d abstract %s unix socket "
		"bind4 0 pair-connect %s",
		ears.port, ears.port, ears.port, ears.port, ears.port, ears.port, ears.name,
		ears.name);
	oracle_run(o);
	assert_int_equal(ears_heard(&ears), 0);
	oracle_completed(o, 0);
	/* A pair is connected already; in a network of its own nobody has the name either. */
	assert_string_equal(o->out,
		oracle_has("network-namespace.canary", 0)
			? "tcp4=EACCES\ntcp6=EACCES\nmptcp=EACCES\nfastopen=EACCES\nudp4=EACCES\n"
			  "udp6=EACCES\nabstract=EACCES\nunix=EACCES\nbind4=EACCES\n"
			  "pair-connect=ECONNREFUSED\n"
			: "tcp4=EACCES\ntcp6=EACCES\nmptcp=EACCES\nfastopen=EACCES\nudp4=EACCES\n"
			  "udp6=EACCES\nabstract=EACCES\nunix=EACCES\nbind4=EACCES\n"
			  "pair-connect=EISCONN\n");
}

/* The listeners do hear the same guest where the network is ambient: a deaf listener proves
 * nothing. */
static void an_ambient_network_is_heard(void **state)
{
	struct oracle *o = *state;
	struct ears ears;

	ears_open(o, &ears);
	o->spec.network = BV_NETWORK_AMBIENT;
	o->spec.budgets[BV_NETWORK].limit = 1;
	o->spec.budgets[BV_NETWORK].waived = 1;
	oracle_attempts(o, "tcp4 %d udp4 %d", ears.port, ears.port);
	oracle_run(o);
	assert_int_equal(ears_heard(&ears), 2);
	oracle_completed(o, 0);
	assert_string_equal(o->out, "tcp4=OK\nudp4=OK\n");
}

static void no_socket_of_any_family_is_made(void **state)
{
	struct oracle *o = *state;

	/* inet, inet6, netlink route, packet, vsock, alg, bluetooth, can, key, xdp, raw. */
	oracle_attempts(o,
		"socket 2 1 0 socket 10 2 0 socket 16 3 0 socket 17 3 768 socket 40 1 0 "
		"socket 38 5 0 socket 31 3 1 socket 29 3 1 socket 15 3 2 socket 44 3 0 "
		"socket 2 3 1 socket 1 1 0 socket 1 2 0 io-uring");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_no_line(o, "socket=OK");
	oracle_line(o, "socket=EACCES");
	oracle_line(o, "io-uring=EPERM");
}

/* The upper half of an int argument is dropped by the kernel, and so must the filter. */
static void garbage_above_32_bits_opens_no_socket(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o,
		"call 41 0x100000002 1 0 call 41 0x7fffffff00000010 3 0 call 41 0x300000001 2 0");
	oracle_says(o, "call=EACCES\ncall=EACCES\ncall=EACCES\n");
}

static void connected_pairs_work(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "pair-stream pair-datagram");
	oracle_says(o, "pair-stream=OK\npair-datagram=EACCES\n");
}

static void without_seccomp_it_is_refused(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "alive");
	oracle_refused_without(o, "seccomp", BV_KIND_NETWORK_DENY_ALL);
}

#define TESTS(T) \
	T(no_connection_and_no_datagram_leaves) \
	T(an_ambient_network_is_heard) \
	T(no_socket_of_any_family_is_made) \
	T(garbage_above_32_bits_opens_no_socket) \
	T(connected_pairs_work) \
	T(without_seccomp_it_is_refused)

ORACLE_MAIN(TESTS)

/* SPDX-License-Identifier: MIT
 *
 * The host part of a destination: a name, an address, or a network (address/prefix). One
 * reading for everybody: no octal or hexadecimal IPv4, no shortened form, IPv4 mapped into IPv6
 * is IPv4, a name is lower case and without its final dot. Formatting what was parsed gives the
 * one form that a normalised spec holds.
 */
#ifndef CONTRACT_SPEC_HOST_H
#define CONTRACT_SPEC_HOST_H

#include <stdbool.h>
#include <stdint.h>

#define BV_HOST_NAME_MAX 253
#define BV_HOST_TEXT_MAX (BV_HOST_NAME_MAX + 1) /* longer than any address with its prefix */

enum bv_host_kind {
	BV_HOST_NAME = 0,
	BV_HOST_IPV4 = 1,
	BV_HOST_IPV6 = 2,
};

struct bv_host {
	enum bv_host_kind kind;
	uint8_t address[16]; /* network order; IPv4 in the first four */
	uint8_t prefix;      /* 32 or 128 for one address */
	char name[BV_HOST_NAME_MAX + 1];
};

/* False if the text is no host; *ret_why then says why (static storage), *ret is untouched. */
bool bv_host_parse(const char *text, struct bv_host *ret, const char **ret_why);
/* The canonical text (RFC 5952 for IPv6); returns `out`. */
char *bv_host_format(const struct bv_host *host, char out[BV_HOST_TEXT_MAX]);

#endif

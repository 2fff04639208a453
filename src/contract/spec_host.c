/* SPDX-License-Identifier: MIT
 *
 * Hosts of destinations. A text with a colon is IPv6; one whose last label is a number in any
 * base is IPv4 or nothing, so that no resolver can read "127.1" or "0x7f.1" as an address that
 * the list does not show; everything else is a name.
 */
#include "contract/spec_host.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A decimal of at most three digits without leading zeros; moves *at past it. */
static bool decimal_take(const char **at, unsigned int max, unsigned int *ret)
{
	const char *p = *at;
	unsigned int value = 0;

	if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
		return false;
	for (int digits = 0; is_digit(*p); p++) {
		if (++digits > 3)
			return false;
		value = value * 10 + (unsigned int)(*p - '0');
	}
	if (value > max)
		return false;
	*at = p;
	*ret = value;
	return true;
}

static bool ipv4_parse(const char *text, uint8_t out[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned int octet;

		if (i && *text++ != '.')
			return false;
		if (!decimal_take(&text, 255, &octet))
			return false;
		out[i] = (uint8_t)octet;
	}
	return *text == '\0';
}

/* One group of one to four hexadecimal digits; moves *at past it. */
static bool group_take(const char **at, uint8_t out[2])
{
	unsigned int value = 0;
	int digits = 0;

	for (; hex_value(**at) >= 0; ++*at) {
		if (++digits > 4)
			return false;
		value = value << 4 | (unsigned int)hex_value(**at);
	}
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)(value & 255);
	return digits > 0;
}

/* The bytes of groups up to the text's end or a "::"; -1 if malformed. IPv4 may stand last. */
static int groups_take(const char **at, uint8_t *out, int room)
{
	int used = 0;

	while (**at && strncmp(*at, "::", 2) != 0) {
		if (used && *(*at)++ != ':')
			return -1;
		if (room - used >= 4 && ipv4_parse(*at, out + used)) {
			*at += strlen(*at);
			return used + 4;
		}
		if (room - used < 2 || !group_take(at, out + used))
			return -1;
		used += 2;
	}
	return used;
}

static bool ipv6_parse(const char *text, uint8_t out[16])
{
	uint8_t tail[16];
	int head_len, tail_len;

	memset(out, 0, 16);
	head_len = groups_take(&text, out, 16);
	if (head_len < 0 || !*text)
		return head_len == 16;
	/* "::" stands for at least one group. */
	if (head_len > 14)
		return false;
	text += 2;
	tail_len = groups_take(&text, tail, 14 - head_len);
	if (tail_len < 0 || *text)
		return false;
	memcpy(out + 16 - tail_len, tail, (size_t)tail_len);
	return true;
}

static bool host_bits_zero(const uint8_t *address, unsigned int bits, unsigned int prefix)
{
	for (unsigned int i = prefix; i < bits; i++) {
		if (address[i / 8] >> (7 - i % 8) & 1)
			return false;
	}
	return true;
}

/* IPv4 mapped into IPv6 (::ffff:0:0/96) is the IPv4 address. A shorter prefix cannot reach here:
 * one of the mapping's set bits would be a host bit. */
static void address_unmap(struct bv_host *host)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (host->kind != BV_HOST_IPV6 || memcmp(host->address, mapped, sizeof(mapped)) != 0)
		return;
	host->kind = BV_HOST_IPV4;
	memmove(host->address, host->address + 12, 4);
	memset(host->address + 4, 0, 12);
	host->prefix = (uint8_t)(host->prefix - 96);
}

/* `prefix` is the text after the slash, or NULL. */
static const char *prefix_apply(struct bv_host *host, const char *prefix)
{
	unsigned int bits = host->kind == BV_HOST_IPV4 ? 32 : 128;
	unsigned int value = bits;

	if (prefix && (!decimal_take(&prefix, bits, &value) || *prefix))
		return "the prefix length is a decimal of at most 32 (IPv4) or 128 (IPv6)";
	if (!host_bits_zero(host->address, bits, value))
		return "a bit past the prefix length is set; write the network's first address";
	host->prefix = (uint8_t)value;
	return NULL;
}

/* Connecting to 0.0.0.0 or :: reaches this machine, which is not what such a text looks like. */
static const char *unspecified_refuse(const struct bv_host *host)
{
	static const uint8_t zero[16];
	unsigned int bits = host->kind == BV_HOST_IPV4 ? 32 : 128;

	if (host->prefix < bits || memcmp(host->address, zero, sizeof(zero)) != 0)
		return NULL;
	return "the unspecified address is no destination; write 127.0.0.1 or ::1 for this "
	       "machine, "
	       "0.0.0.0/0 or ::/0 for every address";
}

static const char *address_read(const char *text, struct bv_host *host)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	const char *why;
	char address[48];

	if (len >= sizeof(address))
		return "an address is not that long";
	memcpy(address, text, len);
	address[len] = '\0';
	host->kind = strchr(address, ':') ? BV_HOST_IPV6 : BV_HOST_IPV4;
	if (host->kind == BV_HOST_IPV6 && !ipv6_parse(address, host->address))
		return "not an IPv6 address (groups of hexadecimal digits; no brackets, no zone; "
		       "a port is a field of its own)";
	if (host->kind == BV_HOST_IPV4 && !ipv4_parse(address, host->address))
		return "not an IPv4 address (four decimals of at most 255, no leading zeros)";
	why = prefix_apply(host, slash ? slash + 1 : NULL);
	if (why)
		return why;
	address_unmap(host);
	return unspecified_refuse(host);
}

/* True if the last label is a number, in decimal or with 0x, as inet_aton() would read it. */
static bool ends_in_number(const char *text, size_t len)
{
	const char *label = text + len;
	size_t digits;

	while (label > text && label[-1] != '.')
		label--;
	digits = (size_t)(text + len - label);
	if (digits >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
		return strspn(label + 2, "0123456789abcdefABCDEF") >= digits - 2;
	return digits && strspn(label, "0123456789") >= digits;
}

static bool label_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

static bool label_is_sound(const char *label, size_t len)
{
	if (!len || len > 63 || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!label_char(label[i]))
			return false;
	}
	return true;
}

static const char *name_read(const char *text, size_t len, struct bv_host *host)
{
	char *label = host->name;

	if (len > BV_HOST_NAME_MAX)
		return "a name has at most 253 characters";
	for (size_t i = 0; i < len; i++)
		host->name[i] =
			(char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
	host->name[len] = '\0';
	for (;;) {
		size_t n = strcspn(label, ".");

		if (!label_is_sound(label, n))
			return "a name's labels are 1 to 63 ASCII letters, digits, '-' inside and "
			       "'_'; "
			       "there are no wildcards, and international names are written as "
			       "xn--";
		if (!label[n])
			break;
		label += n + 1;
	}
	host->kind = BV_HOST_NAME;
	return NULL;
}

bool bv_host_parse(const char *text, struct bv_host *ret, const char **ret_why)
{
	struct bv_host host = {.kind = BV_HOST_NAME};
	size_t len = strlen(text);
	const char *why;

	if (len > 1 && text[len - 1] == '.')
		len--;
	if (!len)
		why = "a host is a name, an address, or address/prefix";
	else if (strpbrk(text, ":/") || ends_in_number(text, len))
		why = address_read(text, &host);
	else
		why = name_read(text, len, &host);
	if (why) {
		*ret_why = why;
		return false;
	}
	*ret = host;
	return true;
}

static unsigned int group_at(const uint8_t *address, int group)
{
	return (unsigned int)address[2 * group] << 8 | address[2 * group + 1];
}

/* The first of the longest runs of at least two zero groups; *ret_len is 0 if there is none. */
static int zeros_find(const uint8_t *address, int *ret_len)
{
	int best = 0, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !group_at(address, i + n))
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
	}
	*ret_len = best_len > 1 ? best_len : 0;
	return best;
}

static int ipv6_format(const uint8_t *address, char *out, size_t size)
{
	int zeros_len, zeros = zeros_find(address, &zeros_len);
	int len = 0;

	for (int i = 0; i < 8; i++) {
		if (zeros_len && i == zeros) {
			len += snprintf(out + len, size - (size_t)len, "::");
			i += zeros_len - 1;
			continue;
		}
		if (i && i != zeros + zeros_len)
			out[len++] = ':';
		len += snprintf(out + len, size - (size_t)len, "%x", group_at(address, i));
	}
	return len;
}

char *bv_host_format(const struct bv_host *host, char out[BV_HOST_TEXT_MAX])
{
	const uint8_t *a = host->address;
	unsigned int bits = host->kind == BV_HOST_IPV4 ? 32 : 128;
	int len = 0;

	switch (host->kind) {
	case BV_HOST_NAME:
		memcpy(out, host->name, sizeof(host->name));
		return out;
	case BV_HOST_IPV4:
		len = snprintf(out, BV_HOST_TEXT_MAX, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
		break;
	case BV_HOST_IPV6:
		len = ipv6_format(a, out, BV_HOST_TEXT_MAX);
		break;
	}
	if (host->prefix < bits)
		(void)snprintf(out + len, BV_HOST_TEXT_MAX - (size_t)len, "/%u", host->prefix);
	return out;
}

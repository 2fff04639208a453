/* SPDX-License-Identifier: MIT
 *
 * One reading of a host, one spelling of it.
 */
#include "../base/unit.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "contract/spec_host.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool reads(const char *text, char out[BV_HOST_TEXT_MAX])
{
	const char *why = NULL;
	struct bv_host host;

	if (!bv_host_parse(text, &host, &why)) {
		assert_non_null(why);
		return false;
	}
	bv_host_format(&host, out);
	return true;
}

static void a_host_has_one_spelling(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"example.org", "example.org"},
		{"EXAMPLE.Org.", "example.org"},
		{"localhost", "localhost"},
		{"a", "a"},
		{"a-b.c_d", "a-b.c_d"},
		{"1a.2b", "1a.2b"},
		{"xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"3com.com", "3com.com"},
		{"192.0.2.1", "192.0.2.1"},
		{"255.255.255.255", "255.255.255.255"},
		{"192.0.2.1/32", "192.0.2.1"},
		{"192.0.2.0/24", "192.0.2.0/24"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"128.0.0.0/1", "128.0.0.0/1"},
		{"::1", "::1"},
		{"::/0", "::/0"},
		{"2001:DB8::", "2001:db8::"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"fe80::1/128", "fe80::1"},
		{"fe80::/10", "fe80::/10"},
		{"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"::FFFF:c000:201", "192.0.2.1"},
		{"0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"},
		{"::ffff:0:0/96", "0.0.0.0/0"},
		{"::ffff:10.0.0.0/104", "10.0.0.0/8"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[BV_HOST_TEXT_MAX], again[BV_HOST_TEXT_MAX];

		assert_true(reads(rows[i].in, out));
		assert_string_equal(out, rows[i].out);
		assert_true(reads(out, again));
		assert_string_equal(again, out);
	}
}

static const char *const no_hosts[] = {
	"",
	".",
	"..",
	"a..b",
	".a",
	"a..",
	"-a",
	"a-",
	"a b",
	"a\tb",
	"*",
	"*.example.org",
	("b\xc3\xbc"
	 "cher.example"),
	"a!b",
	"example.org:443",
	"http://example.org",
	/* What inet_aton() would read as an address. */
	"127.1",
	"1",
	"0",
	"1.2.3",
	"0x7f.1",
	"0x7f000001",
	"0X7F.0.0.1",
	"017700000001",
	"0x",
	"example.1",
	"example.0x1f",
	"1.2.3.4.5",
	"1.2.3.4.",
	"192.0.2.01",
	"192.0.2.256",
	"192.0.2.1000",
	"1.2.3.",
	"+1.2.3.4",
	" 1.2.3.4",
	"192.0.2.1/24",
	"192.0.2.0/33",
	"192.0.2.0/",
	"192.0.2.0/024",
	"192.0.2.0/24x",
	"192.0.2.0/-1",
	"192.0.2.0//24",
	"example.org/24",
	"0.0.0.0",
	"::",
	"::/128",
	"::ffff:0.0.0.0",
	"[::1]",
	"::1%eth0",
	":::",
	":",
	":1",
	"1:",
	"1::2::3",
	"::12345",
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:8:9",
	"1:2:3:4:5:6:7:8::",
	"::1:2:3:4:5:6:7:8",
	"1::2:3:4:5:6:7:8",
	"::1.2.3.4:5",
	"1.2.3.4::",
	"::1.2.3",
	"::1.2.3.4.5",
	"g::",
	"1:2:3:4:5:6:7:1.2.3.4",
	"::1/127",
	"::/129",
	"::ffff:0:0/95",
	"2001:db8::1/64",
	"0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:1",
};

static void what_is_no_host_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(no_hosts); i++) {
		struct bv_host host, before;
		const char *why = NULL;

		memset(&host, 0xa5, sizeof(host));
		before = host;
		if (bv_host_parse(no_hosts[i], &host, &why))
			fail_msg("\"%s\" is taken for a host", no_hosts[i]);
		assert_true(why && strlen(why) > 10);
		assert_memory_equal(&host, &before, sizeof(host));
	}
}

static void long_names_are_bounded(void **state)
{
	char name[300], out[BV_HOST_TEXT_MAX];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[63] = '\0';
	assert_true(reads(name, out));
	name[63] = 'a';
	name[64] = '\0';
	assert_false(reads(name, out));
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	name[253] = '\0';
	assert_true(reads(name, out));
	assert_string_equal(name, out);
	name[253] = '.';
	name[254] = '\0';
	assert_true(reads(name, out));
	name[254] = 'a';
	name[255] = '\0';
	assert_false(reads(name, out));
}

/* The C library is the oracle: both read the same texts as the same addresses. */
static void agree_on(const char *text)
{
	unsigned char theirs[16];
	char expected[INET6_ADDRSTRLEN], out[BV_HOST_TEXT_MAX];
	const char *why = NULL;
	struct bv_host host;
	int ok = inet_pton(AF_INET6, text, theirs);

	if (bv_host_parse(text, &host, &why) != (ok == 1)) {
		/* The one text that we refuse and they accept. */
		if (ok == 1 && strstr(why, "unspecified"))
			return;
		fail_msg("\"%s\": inet_pton says %d", text, ok);
	}
	if (ok != 1 || host.kind != BV_HOST_IPV6)
		return;
	assert_memory_equal(host.address, theirs, 16);
	inet_ntop(AF_INET6, theirs, expected, sizeof(expected));
	/* RFC 5952 leaves the dotted form to known prefixes; glibc uses it for ::/96. */
	if (!strchr(expected, '.'))
		assert_string_equal(bv_host_format(&host, out), expected);
}

static void ipv6_is_read_as_the_c_library_reads_it(void **state)
{
	static const char *const parts[] = {":", "::", "0", "1", "ffff", "a0", "12345", "1.2.3.4",
		"0:0", "00", ":"};
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char text[128] = ":";
		size_t n = 1 + (seed >> 7) % 14;

		if ((seed >> 3) % 4)
			text[0] = '\0';
		for (size_t j = 0; j < n; j++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			strcat(text,
				j % 2 ? ((seed >> 20) % 8 ? ":" : "::")
				      : parts[(seed >> 33) % COUNT(parts)]);
		}
		if (strchr(text, ':') && strlen(text) < 47)
			agree_on(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_has_one_spelling),
		cmocka_unit_test(what_is_no_host_is_refused),
		cmocka_unit_test(long_names_are_bounded),
		cmocka_unit_test(ipv6_is_read_as_the_c_library_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

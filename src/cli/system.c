/* SPDX-License-Identifier: MIT
 *
 * The list is short on purpose. It holds no home, no /proc, no /sys, no /run, no terminal and no
 * socket; names of hosts and resolvers only matter, and are only granted, with the network.
 */
#include "cli/system.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/draft.h"

struct entry {
	const char *path;
	uint32_t access;
	bool network; /* only with the ambient network */
};

static const struct entry entries[] = {
	{"/usr", BV_READ | BV_EXECUTE, false},
	{"/bin", BV_READ | BV_EXECUTE, false},
	{"/sbin", BV_READ | BV_EXECUTE, false},
	{"/lib", BV_READ | BV_EXECUTE, false},
	{"/lib32", BV_READ | BV_EXECUTE, false},
	{"/lib64", BV_READ | BV_EXECUTE, false},
	{"/etc/ld.so.cache", BV_READ, false},
	{"/etc/ld.so.conf", BV_READ, false},
	{"/etc/ld.so.conf.d", BV_READ, false},
	{"/etc/alternatives", BV_READ | BV_EXECUTE, false},
	{"/etc/localtime", BV_READ, false},
	{"/etc/passwd", BV_READ, false},
	{"/etc/group", BV_READ, false},
	{"/etc/nsswitch.conf", BV_READ, false},
	{"/etc/ssl/openssl.cnf", BV_READ, false},
	{"/dev/null", BV_READ | BV_WRITE, false},
	{"/dev/zero", BV_READ | BV_WRITE, false},
	{"/dev/full", BV_READ | BV_WRITE, false},
	{"/dev/random", BV_READ, false},
	{"/dev/urandom", BV_READ, false},
	{"/etc/hosts", BV_READ, true},
	{"/etc/host.conf", BV_READ, true},
	{"/etc/resolv.conf", BV_READ, true},
	{"/etc/gai.conf", BV_READ, true},
	{"/etc/services", BV_READ, true},
	{"/etc/protocols", BV_READ, true},
	{"/etc/ssl/certs", BV_READ, true},
	{"/etc/pki", BV_READ, true},
};

/* On a merged-/usr system /bin and its like are links into /usr, which is granted as it is. */
static bool leads_into_usr(const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) && strncmp(real, "/usr/", 5) == 0;
}

static bool is_wanted(const struct entry *entry, bool network)
{
	struct stat st;

	if (entry->network && !network)
		return false;
	if (lstat(entry->path, &st) < 0)
		return false;
	if (!S_ISLNK(st.st_mode))
		return true;
	return stat(entry->path, &st) == 0 && !leads_into_usr(entry->path);
}

int cli_system_grant(struct cli_request *request, struct bv_error *err)
{
	bool network = request->spec.network != BV_NETWORK_DENY_ALL;
	size_t i;

	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		int code;

		if (!is_wanted(&entries[i], network))
			continue;
		code = cli_draft_grant(request, entries[i].path, entries[i].access, err);
		if (code)
			return code;
	}
	return 0;
}

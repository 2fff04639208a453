/* SPDX-License-Identifier: MIT
 *
 * A mapping of its own rather than the heap: it is wiped as a whole, and no copy of a secret is
 * left behind by a buffer that grew.
 */
#include "cli/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/say.h"

#define SECRETS_MAX ((size_t)1 << 20)

static int check_owner(int fd, const char *path, struct bv_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return cli_fail_os(err, errno, path, "cannot be examined");
	if (!S_ISREG(st.st_mode))
		return cli_fail(err, BV_E_SECRET, path, "is not a regular file");
	if (st.st_uid != geteuid())
		return cli_fail(err, BV_E_SECRET, path, "belongs to user %u, not to you",
			(unsigned int)st.st_uid);
	if (st.st_mode & 077)
		return cli_fail(err, BV_E_SECRET, path,
			"is open to others (mode %04o); run: chmod 600 FILE",
			(unsigned int)(st.st_mode & 07777));
	return 0;
}

static int map(struct cli_secrets *secrets, struct bv_error *err)
{
	void *p =
		mmap(NULL, SECRETS_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return cli_fail_os(err, errno, "--secrets-from", "no memory");
	(void)madvise(p, SECRETS_MAX, MADV_DONTDUMP);
	(void)mlock2(p, SECRETS_MAX,
		MLOCK_ONFAULT); /* a small RLIMIT_MEMLOCK must not forbid the run */
	secrets->text = p;
	secrets->size = SECRETS_MAX;
	return 0;
}

/* The value of a reference, from its first line; NULL if no line has it. */
static const char *find(const struct cli_secrets *secrets, const char *reference, size_t *ret_len)
{
	const char *line = secrets->text;
	const char *end = line ? line + secrets->len : NULL;
	size_t name = strlen(reference);

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((stop ? stop : end) - line);

		if (len > name && line[name] == '=' && memcmp(line, reference, name) == 0) {
			*ret_len = len - name - 1;
			return line + name + 1;
		}
		line += len + 1;
	}
	return NULL;
}

static int check_references(const struct cli_secrets *secrets, const struct bv_spec *spec,
	const char *path, struct bv_error *err)
{
	size_t i;

	for (i = 0; i < spec->variable_count; i++) {
		const struct bv_variable *variable = &spec->variables[i];
		size_t len;

		if (variable->secret && !find(secrets, variable->secret, &len))
			return cli_fail(err, BV_E_SECRET, path,
				"no line %s=VALUE, which variable %s wants", variable->secret,
				variable->name);
	}
	return 0;
}

int cli_secrets_load(struct cli_secrets *secrets, const char *path, const struct bv_spec *spec,
	struct bv_error *err)
{
	int fd;
	int errnum;
	int code;

	if (!path)
		return check_references(secrets, spec, "--secrets-from", err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return cli_fail_os(err, errno, path, "cannot be opened");
	code = check_owner(fd, path, err);
	if (!code)
		code = map(secrets, err);
	if (!code) {
		errnum = cli_file_drain(fd, secrets->text, secrets->size, &secrets->len);
		if (errnum)
			code = cli_fail_os(err, errnum, path, "cannot be read");
	}
	(void)close(fd);
	return code ? code : check_references(secrets, spec, path, err);
}

int cli_secrets_resolve(const struct cli_secrets *secrets, const char *reference, char *buffer,
	size_t capacity, size_t *ret_len)
{
	size_t len = 0;
	const char *value = find(secrets, reference, &len);

	if (!value)
		return ENOENT;
	if (len > capacity)
		return ENOSPC;
	memcpy(buffer, value, len);
	*ret_len = len;
	return 0;
}

void cli_secrets_wipe(struct cli_secrets *secrets)
{
	if (!secrets->text)
		return;
	explicit_bzero(secrets->text, secrets->size);
	(void)munmap(secrets->text, secrets->size);
	secrets->text = NULL;
	secrets->size = 0;
	secrets->len = 0;
}

/* SPDX-License-Identifier: MIT
 *
 * Asking systemd. A scope with Delegate=yes is a cgroup whose inside is the caller's to arrange
 * (systemd.resource-control(5)). A process may not sit in a group that hands controllers on
 * (the kernel's no-internal-processes rule), so the command steps into a group beneath first.
 */
#include "cli/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cli/say.h"

#define SCOPE_CGROUP2 0x63677270 /* CGROUP2_SUPER_MAGIC */

static bool scope_socket(const char *directory, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	return (size_t)snprintf(path, sizeof(path), "%s/%s", directory, name) < sizeof(path) &&
		stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

bool cli_scope_possible(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		return scope_socket("/run/systemd", "private");
	return runtime && runtime[0] == '/' &&
		(scope_socket(runtime, "systemd/private") || scope_socket(runtime, "bus"));
}

static int scope_execute(const struct cli_request *request, struct bv_error *err)
{
	static char self[PATH_MAX], user[] = "--user", run[] = "systemd-run", scope[] = "--scope",
				    quiet[] = "--quiet", delegate[] = "--property=Delegate=yes",
				    end[] = "--", inside[] = "--in-scope";
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char **argv = calloc((size_t)request->word_count + 10, sizeof(*argv));
	size_t count = 0;

	if (len <= 0 || !argv) {
		free(argv);
		return cli_fail(err, BV_E_OS, "--scope", "the command cannot find itself");
	}
	self[len] = 0;
	argv[count++] = run;
	if (geteuid() != 0)
		argv[count++] = user;
	argv[count++] = scope;
	argv[count++] = quiet;
	argv[count++] = delegate;
	argv[count++] = end;
	argv[count++] = self;
	argv[count++] = (char *)(uintptr_t)request->verb->name;
	argv[count++] = inside;
	for (int i = 0; i < request->word_count; i++)
		argv[count++] = request->words[i];
	execvp(run, argv);
	free(argv);
	return cli_fail(err, BV_E_OS, "--scope", "systemd-run: %s; run inside a delegated cgroup",
		strerror(errno));
}

/* Where cgroup v2 is mounted; the hybrid layout has it beside the others. */
static const char *scope_mount(void)
{
	static const char *const places[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
	struct statfs fs;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (statfs(places[i], &fs) == 0 && fs.f_type == SCOPE_CGROUP2)
			return places[i];
	return NULL;
}

/* The path of our own group: the line "0::/..." of /proc/self/cgroup. */
static bool scope_group(char *path, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	const char *mount = scope_mount();
	char line[PATH_MAX];
	bool found = false;

	while (file && mount && !found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		found = strncmp(line, "0::/", 4) == 0 &&
			(size_t)snprintf(path, size, "%s%s", mount, line + 3) < size;
	}
	if (file)
		(void)fclose(file);
	return found;
}

static int scope_settle(struct bv_error *err)
{
	char path[PATH_MAX];
	int group = -1, below = -1, procs = -1;
	bool settled = false;

	if (scope_group(path, sizeof(path)))
		group = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group >= 0 && (mkdirat(group, "supervisor", 0755) == 0 || errno == EEXIST))
		below = openat(group, "supervisor",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (below >= 0)
		procs = openat(below, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (procs >= 0) {
		settled = write(procs, "0", 1) == 1;
		(void)close(procs);
	}
	if (below >= 0)
		(void)close(below);
	if (group >= 0)
		(void)close(group);
	if (settled)
		return 0;
	return cli_fail(err, BV_E_OS, "--scope",
		"the scope that systemd made is not ours to arrange: %s", strerror(errno));
}

int cli_scope_enter(const struct cli_request *request, struct bv_error *err)
{
	if (request->flags[CLI_FLAG_IN_SCOPE])
		return scope_settle(err);
	return request->flags[CLI_FLAG_SCOPE] ? scope_execute(request, err) : 0;
}

/* SPDX-License-Identifier: MIT
 *
 * The fixture of the wasm backend's oracles, and how /proc shows a worker; see wasm.h.
 */
#include "wasm.h"

#include <dirent.h>

static const char *needed(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		fail_msg("%s is not set: run me through meson test", name);
	return value;
}

/* Takes the place of the linux backend that the fixture opened. */
void wasm_reopen(struct oracle *o, enum bv_wasm_worker worker, bool fuel)
{
	const struct bv_wasm_backend_options options = {.worker = worker,
		.fuel = fuel,
		.worker_path = needed("ORACLE_WORKER"),
		.launcher_path = needed("ORACLE_LAUNCHER"),
		.staging = o->staging};

	oracle_again(o);
	o->backend = bv_backend_free(o->backend);
	if (bv_wasm_backend_open(&options, &o->backend, &o->err))
		fail_msg("bv_wasm_backend_open: %s", o->err.text);
}

static int setup(void **state, enum bv_wasm_worker worker)
{
	const char *module = getenv("ORACLE_MODULE");
	int code = oracle_setup(state);
	struct oracle *o = *state;

	if (code || !module || !*module)
		return code;
	snprintf(o->guest, sizeof(o->guest), "%s/.guest/guest.wasm", o->root);
	world_copy(module, o->guest, 0644);
	o->spec.workload.kind = BV_WORKLOAD_WASM;
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_DENIED_ATTEMPTS);
	wasm_reopen(o, worker, false);
	world_mkdir(o, "in");
	world_mkdir(o, "rw");
	world_mkdir(o, "outside");
	world_write(o, "in/file", "granted");
	world_write(o, "outside/secret", TREASURE);
	return 0;
}

int wasm_setup_outside(void **state)
{
	return setup(state, BV_WASM_WORKER_REQUIRED);
}

int wasm_setup_inside(void **state)
{
	return setup(state, BV_WASM_WORKER_NONE);
}

int wasm_teardown(void **state)
{
	struct oracle *o = *state;

	o->backend = bv_backend_free(o->backend);
	assert_true(wasm_worker_gone());
	return oracle_teardown(state);
}

/* Skips where there is no guest, or no wall for a worker. */
void wasm_needs(bool worker)
{
	const char *module = getenv("ORACLE_MODULE");

	if (!module || !*module)
		oracle_skip("no guest: clang cannot compile for wasm32-wasi (apt: clang lld "
			    "wasi-libc libclang-rt-14-dev-wasm32)");
	if (!worker)
		return;
	oracle_needs("seccomp.canary", 0);
	if (!oracle_view())
		oracle_needs("landlock.canary", 0);
}

/* A process of this name that descends from us; -1. */
static pid_t descendant(const char *name)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = -1;

	while (found < 0 && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10), above = pid;
		char text[4096], line[64];

		snprintf(line, sizeof(line), "Name:\t%s\n", name);
		if (pid <= 0 || !world_proc(pid, "status", text, sizeof(text)) ||
			strncmp(text, line, strlen(line)) != 0 || strstr(text, "\nState:\tZ"))
			continue;
		while (above > 1 && above != getpid())
			above = world_proc(above, "status", text, sizeof(text))
				? (pid_t)world_number(text, "PPid:\t")
				: 0;
		if (above == getpid())
			found = pid;
	}
	closedir(proc);
	return found;
}

pid_t wasm_worker(void)
{
	return descendant("bvisor-wasm");
}

bool wasm_worker_gone(void)
{
	for (int i = 0; i < 400 && wasm_worker() > 0; i++)
		world_sleep(5);
	return wasm_worker() < 0;
}

/* What is mapped executable, one line each; *ret_writable counts what is writable as well. */
void wasm_executable(pid_t pid, char *ret, size_t size, long *ret_writable)
{
	static char text[1 << 20];
	char *save = NULL;

	ret[0] = 0;
	*ret_writable = 0;
	assert_true(world_proc(pid, "maps", text, sizeof(text)));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *rights = strchr(line, ' ');

		if (!rights || rights[3] != 'x' || strstr(line, "[vsyscall]"))
			continue;
		*ret_writable += rights[2] == 'w';
		snprintf(ret + strlen(ret), size - strlen(ret), "%.*s\n", (int)(rights - line + 5),
			line);
	}
}

/* How many of its descriptors lead to something with these words. */
long wasm_descriptors(pid_t pid, const char *words)
{
	char path[64], link[512];
	struct dirent *entry;
	long count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		if (len <= 0)
			continue;
		link[len] = 0;
		count += strstr(link, words) != NULL;
	}
	closedir(dir);
	return count;
}

/* SPDX-License-Identifier: MIT
 *
 * What the machine gives a guest: what the linux backend finds for the worker, and a few facts of
 * our own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/linux/worker.h"
#include "contract/backend_handle.h"
#include "state.h"
#include "sys/call.h"
#include "sys/fd.h"
#include "wasi/linux/linux.h"
#include "watcher.h"

static void probe_worker(const struct wasm_state *state, struct bv_snapshot *snapshot)
{
	char detail[BV_FACT_DETAIL_MAX] = "in this process, as the caller asked";
	enum bv_fact_state found = BV_FACT_ABSENT;

	if (state->wish != BV_WASM_WORKER_NONE && access(state->worker_path, X_OK) == 0) {
		found = BV_FACT_PRESENT;
		snprintf(detail, sizeof(detail), "%s",
			state->wish == BV_WASM_WORKER_REQUIRED ? "required" : "preferred");
	} else if (state->wish != BV_WASM_WORKER_NONE) {
		snprintf(detail, sizeof(detail), "'%.80s': %s", state->worker_path,
			strerrordesc_np(errno));
	}
	bv_snapshot_set(snapshot, FACT_WASM_WORKER, found, state->wish, detail);
}

static void probe_paths(struct bv_snapshot *snapshot)
{
	struct bv_wasi_linux host;
	struct bv_error err = {0};

	if (bv_wasi_linux_init(&host, NULL, &err))
		bv_snapshot_set(snapshot, FACT_WASM_PATHS, BV_FACT_ABSENT, 0, err.text);
	else
		bv_snapshot_set(snapshot, FACT_WASM_PATHS, BV_FACT_PRESENT, 0, "openat2");
}

/* A root must be a directory. What is not there at all is the run's to say. */
static bool probe_root(const char *path, char *detail, size_t size)
{
	CLEANUP_FD int fd = sys_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, RESOLVE_NO_MAGICLINKS);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || S_ISDIR(st.st_mode))
		return true;
	snprintf(detail, size, "'%.80s' is no directory, and a guest's roots are", path);
	return false;
}

static void probe_roots(const struct bv_spec *spec, struct bv_snapshot *snapshot)
{
	char detail[BV_FACT_DETAIL_MAX] = "";
	bool sound = true;

	for (size_t i = 0; sound && i < spec->grant_count; i++)
		if (spec->grants[i].access & (BV_READ | BV_WRITE))
			sound = probe_root(spec->grants[i].path, detail, sizeof(detail));
	for (size_t i = 0; sound && i < spec->exposure_count; i++)
		sound = probe_root(spec->exposures[i].source, detail, sizeof(detail));
	bv_snapshot_set(snapshot, FACT_WASM_ROOTS, sound ? BV_FACT_PRESENT : BV_FACT_ABSENT, 0,
		detail);
}

int wasm_probe(void *opaque, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err)
{
	struct wasm_state *state = opaque;
	struct bv_snapshot snapshot = {0};
	struct nest nest;
	int code = 0;

	if (spec)
		nest_make(spec, state->fuel, &nest);
	if (!state->outer)
		probe_staging(state->staging, spec, &snapshot);
	if (state->outer)
		code = bv_backend_probe(state->outer, spec ? &nest.spec : NULL, &snapshot, NULL,
			err);
	if (code)
		return code;
	bv_snapshot_set(&snapshot, FACT_WASM_ENGINE, BV_FACT_PRESENT, 1, "bvisor's own");
	bv_snapshot_set(&snapshot, FACT_WASM_CPU, BV_FACT_PRESENT, state->fuel,
		state->fuel ? "by fuel" : "by time");
	bv_snapshot_set(&snapshot, FACT_WASM_CLOCK,
		watcher_clock_works() ? BV_FACT_PRESENT : BV_FACT_ABSENT, 0,
		"/proc/thread-self/schedstat");
	probe_worker(state, &snapshot);
	probe_paths(&snapshot);
	if (spec)
		probe_roots(spec, &snapshot);
	*ret = snapshot;
	return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * The wasm backend's handle and its operations.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/linux/worker.h"
#include "base/fail.h"
#include "paths.h"
#include "state.h"
#include "wasi/wasi.h"

static void wasm_close(void *opaque)
{
	struct wasm_state *state = opaque;

	bv_backend_free(state->outer);
	pthread_mutex_destroy(&state->lock);
	free(state->worker_path);
	free(state);
}

static const struct bv_backend_ops wasm_ops = {
	.size = sizeof(wasm_ops),
	.id = "wasm",
	.support = wasm_support,
	.probe = wasm_probe,
	.profile = wasm_profile,
	.classify = wasm_classify,
	.budgets = wasm_budgets,
	.evidence = wasm_evidence,
	.lower = wasm_lower,
	.execute = wasm_execute,
	.close = wasm_close,
};

static int wasm_open_outer(struct wasm_state *state, const struct bv_wasm_backend_options *options,
	struct bv_error *err)
{
	const struct bv_linux_options outer = {.launcher_path = options->launcher_path};

	if (state->wish == BV_WASM_WORKER_NONE)
		return 0;
	return linux_open_for_workers(&outer, &state->outer, err);
}

/* A spec names its program without links and dots. What is not there is found missing later. */
static char *worker_path(const char *given)
{
	const char *path = given ? given : BV_WORKER_PATH;
	char *real = realpath(path, NULL);

	return real ? real : strdup(path);
}

int bv_wasm_backend_open(const struct bv_wasm_backend_options *options, struct bv_backend **ret,
	struct bv_error *err)
{
	static const struct bv_wasm_backend_options defaults = {0};
	struct wasm_state *state;
	int code;

	if (!ret)
		return bv_fail(err, BV_E_INVALID, "wasm", "nowhere to put the handle");
	options = options ? options : &defaults;
	if ((unsigned int)options->worker > BV_WASM_WORKER_NONE || options->fuel > 1)
		return bv_fail(err, BV_E_INVALID, "wasm", "an option has no such value");
	state = calloc(1, sizeof(*state));
	if (!state)
		return bv_fail(err, BV_E_NO_MEMORY, "wasm", "no memory for a handle");
	state->wish = options->worker;
	state->fuel = options->fuel;
	state->worker_path = worker_path(options->worker_path);
	if (!state->worker_path || pthread_mutex_init(&state->lock, NULL)) {
		free(state->worker_path);
		free(state);
		return bv_fail(err, BV_E_NO_MEMORY, "wasm", "no memory for a handle");
	}
	code = wasm_open_outer(state, options, err);
	if (!code)
		code = bv_backend_new(&wasm_ops, state, ret, err);
	if (code)
		wasm_close(state);
	return code;
}

const char *bv_wasm_backend_import(size_t index)
{
	return index < WIRE_CALLS_MAX ? bv_wasi_function_name((uint32_t)index) : NULL;
}

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

	nested_close(state);
	module_close_all(state);
	bv_wasm_cache_free(state->cache_own);
	bv_backend_free(state->outer);
	pthread_mutex_destroy(&state->lock);
	free(state->worker_path);
	free(state->staging);
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
	const struct bv_linux_options outer = {.launcher_path = options->launcher_path,
		.view = options->view,
		.identity = options->identity,
		.staging = options->staging};

	if (state->wish == BV_WASM_WORKER_NONE)
		return 0;
	return linux_open_for_workers(&outer, &state->outer, err);
}

static int wasm_open_cache(struct wasm_state *state, struct bv_wasm_cache *given,
	struct bv_error *err)
{
	int code = given ? 0 : bv_wasm_cache_new(NULL, &state->cache_own, err);

	state->cache = given ? given : state->cache_own;
	return code;
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
	if (options->staging)
		state->staging = strdup(options->staging);
	if (!state->worker_path || (options->staging && !state->staging) ||
		pthread_mutex_init(&state->lock, NULL)) {
		free(state->worker_path);
		free(state->staging);
		free(state);
		return bv_fail(err, BV_E_NO_MEMORY, "wasm", "no memory for a handle");
	}
	code = wasm_open_cache(state, options->cache_borrow, err);
	if (!code)
		code = wasm_open_outer(state, options, err);
	if (!code)
		code = bv_backend_new(&wasm_ops, state, ret, err);
	if (code)
		wasm_close(state);
	return code;
}

/* ---- imports ---- */

static char provides_letter(uint8_t type)
{
	switch ((enum bv_wasm_type)type) {
	case BV_WASM_I32:
		return 'i';
	case BV_WASM_I64:
		return 'I';
	case BV_WASM_F32:
		return 'f';
	case BV_WASM_F64:
		return 'F';
	case BV_WASM_FUNCREF:
		return 'r';
	case BV_WASM_EXTERNREF:
		return 'e';
	}
	return '?';
}

static bool provides_type(const struct bv_wasm_extern *import, const char *signature)
{
	size_t params = strcspn(signature, ":"), results = strlen(signature + params + 1);

	if (import->param_count != params || import->result_count != results)
		return false;
	for (size_t i = 0; i < params; i++)
		if (provides_letter(import->params[i]) != signature[i])
			return false;
	for (size_t i = 0; i < results; i++)
		if (provides_letter(import->results[i]) != signature[params + 1 + i])
			return false;
	return true;
}

static bool provides_name(const char *name, size_t len, const char *ours)
{
	return strlen(ours) == len && memcmp(name, ours, len) == 0;
}

bool bv_wasm_backend_provides(const struct bv_wasm_extern *import)
{
	bool old = provides_name(import->module, import->module_len, "wasi_unstable");

	if (import->kind != BV_WASM_FUNC ||
		(!old &&
			!provides_name(import->module, import->module_len,
				"wasi_snapshot_preview1")))
		return false;
	for (uint32_t i = 0; bv_wasi_function_name(i); i++) {
		const char *name = bv_wasi_function_name(i);

		if (provides_name(import->name, import->name_len, name) &&
			!(old && strcmp(name, "sock_accept") == 0))
			return provides_type(import, bv_wasi_function_signature(i));
	}
	return false;
}

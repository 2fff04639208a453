/* SPDX-License-Identifier: MIT
 *
 * The Linux backend's handle and its operations.
 */
#include <bvisor/linux.h>

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "paths.h"
#include "state.h"
#include "worker.h"

static void linux_close(void *opaque)
{
	struct linux_state *state = opaque;

	pool_close(state);
	mapped_close(&state->mapped);
	pthread_mutex_destroy(&state->lock);
	free(state->launcher_path);
	free(state->staging);
	free(state);
}

static const struct bv_backend_ops linux_ops = {
	.size = sizeof(linux_ops),
	.id = "linux",
	.support = linux_support,
	.probe = linux_probe,
	.profile = linux_profile,
	.classify = linux_classify,
	.budgets = linux_budgets,
	.evidence = linux_evidence,
	.lower = linux_lower,
	.execute = linux_execute,
	.close = linux_close,
};

static int linux_open(const struct bv_linux_options *options, bool worker, struct bv_backend **ret,
	struct bv_error *err)
{
	const char *path =
		options && options->launcher_path ? options->launcher_path : BV_LAUNCHER_PATH;
	struct linux_state *state;
	int code;

	if (options && (unsigned int)options->view > BV_LINUX_VIEW_NEVER)
		return bv_fail(err, BV_E_INVALID, "linux.view", "%u is not a choice of view",
			(unsigned int)options->view);
	if (options && (unsigned int)options->identity > BV_LINUX_IDENTITY_OWN)
		return bv_fail(err, BV_E_INVALID, "linux.identity",
			"%u is not a choice of identity", (unsigned int)options->identity);
	state = calloc(1, sizeof(*state));
	if (!state)
		return bv_fail(err, BV_E_NO_MEMORY, "linux", "no memory for a handle");
	state->worker = worker;
	state->mapped = MAPPED_NONE;
	state->launcher_path = strdup(path);
	state->view = options ? options->view : BV_LINUX_VIEW_AUTO;
	state->identity = options ? options->identity : BV_LINUX_IDENTITY_AUTO;
	state->launchers_max = options && options->launchers_max ? options->launchers_max
								 : STATE_LAUNCHERS_DEFAULT;
	if (options && options->staging)
		state->staging = strdup(options->staging);
	if (!state->launcher_path || (options && options->staging && !state->staging) ||
		pthread_mutex_init(&state->lock, NULL)) {
		free(state->launcher_path);
		free(state->staging);
		free(state);
		return bv_fail(err, BV_E_NO_MEMORY, "linux", "no memory for a handle");
	}
	code = bv_backend_new(&linux_ops, state, ret, err);
	if (code)
		linux_close(state);
	return code;
}

int bv_linux_open(const struct bv_linux_options *options, struct bv_backend **ret,
	struct bv_error *err)
{
	return linux_open(options, false, ret, err);
}

int linux_open_for_workers(const struct bv_linux_options *options, struct bv_backend **ret,
	struct bv_error *err)
{
	return linux_open(options, true, ret, err);
}

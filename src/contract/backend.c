/* SPDX-License-Identifier: MIT
 *
 * Backend handles: made from a table of operations, closed once.
 */
#include "contract/backend_handle.h"

#include "base/fail.h"
#include "contract/snapshot.h"

#include <stdlib.h>
#include <string.h>

static bool id_sound(const char *id)
{
	size_t len = id ? strnlen(id, BV_BACKEND_ID_MAX) : 0;

	if (!len || len == BV_BACKEND_ID_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!(id[i] >= 'a' && id[i] <= 'z') && !(id[i] >= '0' && id[i] <= '9') &&
			id[i] != '-')
			return false;
	}
	return true;
}

int bv_backend_new(const struct bv_backend_ops *ops, void *state, struct bv_backend **ret,
	struct bv_error *err)
{
	struct bv_backend *backend;

	if (!ops || !ret)
		return bv_fail(err, BV_E_INVALID, "backend",
			"no operations, or nowhere to put the handle");
	if (ops->size < sizeof(*ops))
		return bv_fail(err, BV_E_VERSION, "backend.size",
			"the operations are %zu bytes long, of an interface of %zu; build the "
			"backend anew",
			ops->size, sizeof(*ops));
	if (!id_sound(ops->id))
		return bv_fail(err, BV_E_INVALID, "backend.id",
			"a backend's id is 1 to %d lower-case letters, digits and hyphens",
			BV_BACKEND_ID_MAX - 1);
	backend = calloc(1, sizeof(*backend));
	if (!backend)
		return bv_fail(err, BV_E_NO_MEMORY, "backend", "no memory for the handle");
	backend->ops = *ops;
	backend->state = state;
	memcpy(backend->id, ops->id, strlen(ops->id) + 1);
	*ret = backend;
	return 0;
}

struct bv_backend *bv_backend_free(struct bv_backend *backend)
{
	if (!backend)
		return NULL;
	if (backend->ops.close)
		backend->ops.close(backend->state);
	free(backend);
	return NULL;
}

const char *bv_backend_id(const struct bv_backend *backend)
{
	return backend->id;
}

int bv_backend_probe(struct bv_backend *backend, const struct bv_spec *spec,
	struct bv_snapshot *ret, struct bv_profile_id *ret_profile, struct bv_error *err)
{
	struct bv_snapshot snapshot = {0};
	struct bv_profile_id profile;
	int code;

	if (!backend->ops.probe)
		return bv_fail(err, BV_E_INVALID, "backend.probe",
			"the %s backend has no way to look at this machine", backend->id);
	code = backend->ops.probe(backend->state, spec, &snapshot, err);
	if (!code)
		code = bv_snapshot_check(&snapshot, err);
	if (!code && ret_profile)
		code = bv_snapshot_profile(&snapshot, &profile, err);
	if (code)
		return code;
	*ret = snapshot;
	if (ret_profile)
		*ret_profile = profile;
	return 0;
}

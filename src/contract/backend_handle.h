/* SPDX-License-Identifier: MIT
 *
 * The inside of a backend handle. The operations are copied when it is made; any of them but the
 * id may be absent, and whatever asks must then take the answer that refuses.
 */
#ifndef CONTRACT_BACKEND_HANDLE_H
#define CONTRACT_BACKEND_HANDLE_H

#include <bvisor/backend.h>

#define BV_BACKEND_ID_MAX 32

struct bv_backend {
	struct bv_backend_ops ops;
	void *state;
	char id[BV_BACKEND_ID_MAX];
};

/* Probes, checks what came back and hashes it. `spec` and `ret_profile` may be NULL. */
int bv_backend_probe(struct bv_backend *backend, const struct bv_spec *spec,
	struct bv_snapshot *ret, struct bv_profile_id *ret_profile, struct bv_error *err);

#endif

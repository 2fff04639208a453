/* SPDX-License-Identifier: MIT
 *
 * The inert backend: it supports nothing and says so. It is what a machine without any mechanism
 * looks like, and the smallest example of the seam in backend.h.
 */
#ifndef BVISOR_INERT_H
#define BVISOR_INERT_H

#include <bvisor/backend.h>

BV_BEGIN_DECLS
BV_API BV_MUST_CHECK int bv_inert_open(struct bv_backend **ret, struct bv_error *err);
BV_END_DECLS

#endif

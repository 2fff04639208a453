/* SPDX-License-Identifier: MIT
 *
 * The inert backend's answers, for those who ask without a handle: the tests, and whoever wants
 * a bottom to compare a real backend with.
 */
#ifndef BACKEND_INERT_OPS_H
#define BACKEND_INERT_OPS_H

#include <bvisor/backend.h>

extern const struct bv_backend_ops bv_inert_ops;

#endif

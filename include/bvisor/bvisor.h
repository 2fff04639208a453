/* SPDX-License-Identifier: MIT
 *
 * Everything, in the order of use: describe (spec.h), ask (plan.h), run (run.h), read (report.h),
 * decide (artifact.h), on a backend (linux.h, wasm_backend.h, inert.h, or one of your own with
 * backend.h).
 */
#ifndef BVISOR_BVISOR_H
#define BVISOR_BVISOR_H

#include <bvisor/api.h>
#include <bvisor/artifact.h>
#include <bvisor/backend.h>
#include <bvisor/error.h>
#include <bvisor/inert.h>
#include <bvisor/linux.h>
#include <bvisor/plan.h>
#include <bvisor/report.h>
#include <bvisor/run.h>
#include <bvisor/spec.h>
#include <bvisor/wasm.h>
#include <bvisor/wasm_backend.h>

#endif

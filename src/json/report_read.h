/* SPDX-License-Identifier: MIT
 *
 * A sound report, read back: as a tree, and with the spec that is in it.
 */
#ifndef JSON_REPORT_READ_H
#define JSON_REPORT_READ_H

#include "base/arena.h"
#include "json/tree.h"
#include <bvisor/report.h>
#include <bvisor/spec.h>

struct report_read {
	struct bv_arena *arena;
	struct bv_node *root;
	struct bv_proposal *proposal;
	struct bv_report_id id;
	struct bv_attempt_id attempt;
};

/* Fails with BV_E_INVALID if the bytes are not a sound report. */
BV_MUST_CHECK int report_read(const void *bytes, size_t len, struct report_read *ret,
	struct bv_error *err);
void report_read_free(struct report_read *read);

#endif

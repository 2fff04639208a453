/* SPDX-License-Identifier: MIT
 *
 * How a run can end: which reasons, dimensions and exits go with which outcome. The runner takes
 * no end from a backend that this table does not hold, and a verifier none from a report.
 */
#ifndef CONTRACT_ENDING_H
#define CONTRACT_ENDING_H

#include <bvisor/body.h>

/* NULL if the end is coherent, else what is wrong with it. */
const char *bv_ending_fault(const struct bv_end *end);
/* "none", "status", "signal"; NULL outside the table. */
const char *bv_exit_kind_name(enum bv_exit_kind kind);

#endif

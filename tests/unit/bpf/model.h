/* SPDX-License-Identifier: MIT
 *
 * The same policies said a second time, in libseccomp's words. libseccomp compiles each rule to a
 * filter of its own, and the answer is that of all filters together, as the kernel takes it. The
 * whole-call filter is built from the rows of the table under test; the filters on arguments are
 * written here, as libseccomp's comparisons.
 */
#ifndef UNIT_BPF_MODEL_H
#define UNIT_BPF_MODEL_H

#include "bpf/filter.h"

struct model; /* one policy */

/* The id in `self` is the one that counts as bound. */
struct model *model_make(const struct bv_filter_policy *policy, uint32_t self);
struct model *model_free(struct model *model);
uint32_t model_answer(const struct model *model, const struct seccomp_data *data);
/* Can libseccomp be asked about this number on the model's machine? */
bool model_knows(const struct model *model, int number);

#endif

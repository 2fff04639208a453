/* SPDX-License-Identifier: MIT
 *
 * Rules on arguments for libseccomp. A rule belongs to one call and one cause, and is either a
 * list of forms that are refused, or a list of the only forms that are not.
 */
#ifndef UNIT_BPF_MODEL_RULES_H
#define UNIT_BPF_MODEL_RULES_H

#include <seccomp.h>

#include "bpf/filter.h"

#define FORMS_MAX 320

struct form {
	unsigned int count;
	struct scmp_arg_cmp cmp[3];
};

struct model_rule {
	const char *calls; /* separated by spaces */
	uint32_t flags;    /* asked for by any of these; 0 for none */
	int spawn;         /* or by this spawn policy; -1 for none */
	int errnum;
	bool only; /* the forms are the only ones allowed */
	void (*fill)(struct form *forms, unsigned int *count, uint32_t self);
};

/* In the order in which their answers count. */
extern const struct model_rule model_rules[];
extern const size_t model_rule_count;

#endif

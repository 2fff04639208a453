/* SPDX-License-Identifier: MIT
 *
 * Turns looks at arguments into instructions.
 */
#ifndef BPF_INSPECT_H
#define BPF_INSPECT_H

#include "bpf/checks.h"
#include "bpf/emit.h"

/* Do the causes ask for a look of this check? */
bool bv_inspect_wanted(enum bv_check check, uint32_t causes);

/*
 * Writes all looks of a check that the causes ask for, in front of `pass`, where a call goes that
 * all of them let pass; returns the first instruction. The own id is only compared with if it
 * stays the own one (`bindable`).
 */
uint16_t bv_inspect(struct bv_emit *e, enum bv_check check, uint32_t causes, bool bindable,
	uint16_t pass);

#endif

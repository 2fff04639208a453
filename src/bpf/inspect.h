/* SPDX-License-Identifier: MIT
 *
 * Turns looks at arguments into instructions.
 */
#ifndef BPF_INSPECT_H
#define BPF_INSPECT_H

#include "bpf/checks.h"
#include "bpf/emit.h"

/*
 * Writes all looks of a check that the causes ask for, in front of `*label`, where a call goes
 * that all of them let pass; *label becomes the first instruction. False, and nothing written, if
 * none is asked for. The own id is only compared with if it stays the own one (`bindable`).
 */
bool bv_inspect(struct bv_emit *e, enum bv_check check, uint32_t causes, bool bindable,
	uint16_t *label);

#endif

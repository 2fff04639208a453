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
 * Writes one look in front of `pass`, where a call goes that it lets pass; returns its first
 * instruction. The own id is only compared with if it stays the own one (`bindable`).
 */
uint16_t bv_inspect_look(struct bv_emit *e, const struct bv_look *look, bool bindable,
	uint16_t pass);

/* Writes all looks of a check that the causes ask for, so that they run in the table's order. */
uint16_t bv_inspect(struct bv_emit *e, enum bv_check check, uint32_t causes, bool bindable,
	uint16_t pass);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Guest memory, always through the engine's checked accessor, and its little-endian records. A
 * pointer that bv_wasi_guest() gives holds for the one call; the guest does not run meanwhile.
 */
#ifndef WASI_GUEST_H
#define WASI_GUEST_H

#include <bvisor/wasm.h>

#include "wasi/state.h"

/* NULL when any byte is outside. Sums are made in 64 bits by the engine. */
static inline uint8_t *bv_wasi_guest(struct bv_wasi *wasi, uint32_t pointer, uint64_t len)
{
	return bv_wasm_memory(wasi->caller, pointer, len);
}

static inline uint16_t bv_wasi_load16(const uint8_t *p)
{
	return (uint16_t)(p[0] | (p[1] << 8));
}

static inline uint32_t bv_wasi_load32(const uint8_t *p)
{
	return (uint32_t)bv_wasi_load16(p) | ((uint32_t)bv_wasi_load16(p + 2) << 16);
}

static inline uint64_t bv_wasi_load64(const uint8_t *p)
{
	return (uint64_t)bv_wasi_load32(p) | ((uint64_t)bv_wasi_load32(p + 4) << 32);
}

static inline void bv_wasi_store16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

static inline void bv_wasi_store32(uint8_t *p, uint32_t value)
{
	bv_wasi_store16(p, (uint16_t)value);
	bv_wasi_store16(p + 2, (uint16_t)(value >> 16));
}

static inline void bv_wasi_store64(uint8_t *p, uint64_t value)
{
	bv_wasi_store32(p, (uint32_t)value);
	bv_wasi_store32(p + 4, (uint32_t)(value >> 32));
}

#endif

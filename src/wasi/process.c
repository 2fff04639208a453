/* SPDX-License-Identifier: MIT
 *
 * Arguments, environment, clocks, random bytes, and the process's end.
 */
#include <string.h>

#include "wasi/guest.h"

/* Random bytes are asked for in pieces, so that a huge wish can be interrupted. */
#define RANDOM_PIECE (64u * 1024u)

/* ret pointers, ret bytes */
static enum bv_wasi_errno strings_get(struct bv_wasi *wasi, const struct bv_wasi_strings *strings,
	const union bv_wasm_value *args)
{
	uint8_t *pointers = bv_wasi_guest(wasi, args[0].i32, (uint64_t)strings->count * 4);
	uint8_t *bytes = bv_wasi_guest(wasi, args[1].i32, strings->len);
	const char *at = strings->bytes;

	if (!pointers || !bytes)
		return BV_WASI_FAULT;
	for (uint32_t i = 0; i < strings->count; i++) {
		bv_wasi_store32(pointers + i * 4, args[1].i32 + (uint32_t)(at - strings->bytes));
		at += strlen(at) + 1;
	}
	memcpy(bytes, strings->bytes, strings->len);
	return BV_WASI_SUCCESS;
}

/* ret count, ret bytes */
static enum bv_wasi_errno strings_sizes(struct bv_wasi *wasi, const struct bv_wasi_strings *strings,
	const union bv_wasm_value *args)
{
	uint8_t *count = bv_wasi_guest(wasi, args[0].i32, 4);
	uint8_t *len = bv_wasi_guest(wasi, args[1].i32, 4);

	if (!count || !len)
		return BV_WASI_FAULT;
	bv_wasi_store32(count, strings->count);
	bv_wasi_store32(len, strings->len);
	return BV_WASI_SUCCESS;
}

enum bv_wasi_errno bv_wasi_args_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	return strings_get(wasi, &wasi->args, args);
}

enum bv_wasi_errno bv_wasi_args_sizes_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	return strings_sizes(wasi, &wasi->args, args);
}

enum bv_wasi_errno bv_wasi_environ_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	return strings_get(wasi, &wasi->env, args);
}

enum bv_wasi_errno bv_wasi_environ_sizes_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	return strings_sizes(wasi, &wasi->env, args);
}

static enum bv_wasi_errno clock_get(struct bv_wasi *wasi, uint32_t id, uint32_t pointer,
	enum bv_wasi_errno (*get)(void *host, uint32_t id, uint64_t *ret_ns))
{
	uint8_t *out = bv_wasi_guest(wasi, pointer, 8);
	uint64_t ns = 0;
	enum bv_wasi_errno error;

	if (id >= BV_WASI_CLOCK_COUNT)
		return BV_WASI_INVAL;
	if (!out)
		return BV_WASI_FAULT;
	error = get(wasi->host, id, &ns);
	if (!error)
		bv_wasi_store64(out, ns);
	return error;
}

/* clock, ret ns */
enum bv_wasi_errno bv_wasi_clock_res_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	return clock_get(wasi, args[0].i32, args[1].i32, wasi->ops->clock_resolution);
}

/* clock, precision, ret ns */
enum bv_wasi_errno bv_wasi_clock_time_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	return clock_get(wasi, args[0].i32, args[2].i32, wasi->ops->clock);
}

/* buffer, size */
enum bv_wasi_errno bv_wasi_random_get(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	size_t left = args[1].i32;
	uint8_t *at = bv_wasi_guest(wasi, args[0].i32, left);

	if (!at)
		return BV_WASI_FAULT;
	while (left) {
		size_t n = left < RANDOM_PIECE ? left : RANDOM_PIECE;
		enum bv_wasi_errno error = wasi->ops->random(wasi->host, at, n);

		if (error)
			return error;
		at += n;
		left -= n;
	}
	return BV_WASI_SUCCESS;
}

/* status */
enum bv_wasi_errno bv_wasi_proc_exit(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	wasi->exiting = true;
	wasi->exit_status = args[0].i32;
	return BV_WASI_SUCCESS;
}

/* signal */
enum bv_wasi_errno bv_wasi_proc_raise(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	(void)wasi;
	(void)args;
	return BV_WASI_NOTSUP;
}

enum bv_wasi_errno bv_wasi_sched_yield(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	(void)args;
	wasi->ops->yield(wasi->host);
	return BV_WASI_SUCCESS;
}

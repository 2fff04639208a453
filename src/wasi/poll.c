/* SPDX-License-Identifier: MIT
 *
 * poll_oneoff. The subscriptions are copied before anything is written, because a guest may ask
 * for its events in the same place. What is wrong with one subscription is an event of its own.
 */
#include <stdlib.h>

#include "wasi/guest.h"
#include "wasi/table.h"

#define SUBSCRIPTIONS_MAX 4096u
/* The wall clock may be set while we wait for an hour of it: look again this often. */
#define REALTIME_SLICE_NS UINT64_C(100000000)

struct subscription {
	uint64_t userdata;
	uint32_t kind;
	uint32_t clock;
	uint64_t deadline_ns;
	bool done; /* it has its event: an error, or a file that is always ready */
	enum bv_wasi_errno error;
	struct bv_wasi_wait wait;
};

struct polling {
	struct subscription *subs;
	struct bv_wasi_wait *waits; /* of those that have a handle to wait for, in their order */
	uint32_t count;
};

static uint32_t subscription_size(const struct bv_wasi *wasi)
{
	return wasi->preview0 ? BV_WASI_PREVIEW0_SUBSCRIPTION_SIZE : BV_WASI_SUBSCRIPTION_SIZE;
}

/* `in` is the clock's part: id, timeout, precision, flags. */
static void read_clock(struct bv_wasi *wasi, const uint8_t *in, struct subscription *sub)
{
	uint64_t timeout = bv_wasi_load64(in + 8);
	uint32_t flags = bv_wasi_load16(in + 24);
	uint64_t now = 0;

	sub->clock = bv_wasi_load32(in);
	if (sub->clock >= BV_WASI_CLOCK_COUNT || (flags & ~BV_WASI_SUBSCRIPTION_ABSOLUTE))
		sub->error = BV_WASI_INVAL;
	else if (sub->clock > BV_WASI_CLOCK_MONOTONIC)
		sub->error = BV_WASI_NOTSUP;
	else
		sub->error = wasi->ops->clock(wasi->host, sub->clock, &now);
	sub->done = sub->error != BV_WASI_SUCCESS;
	if (flags & BV_WASI_SUBSCRIPTION_ABSOLUTE) {
		sub->deadline_ns = timeout;
		return;
	}
	/* Relative to any clock is a length of time, which only the monotonic one measures. */
	if (sub->clock == BV_WASI_CLOCK_REALTIME && !sub->done) {
		sub->clock = BV_WASI_CLOCK_MONOTONIC;
		sub->error = wasi->ops->clock(wasi->host, sub->clock, &now);
	}
	if (__builtin_add_overflow(now, timeout, &sub->deadline_ns))
		sub->deadline_ns = UINT64_MAX;
}

static void read_fd(struct bv_wasi *wasi, const uint8_t *in, struct subscription *sub)
{
	uint64_t right =
		sub->kind == BV_WASI_EVENT_READ ? BV_WASI_RIGHT_FD_READ : BV_WASI_RIGHT_FD_WRITE;
	struct bv_wasi_fd *fd = NULL;

	sub->error = bv_wasi_fd_need(wasi, bv_wasi_load32(in + 16), BV_WASI_RIGHT_POLL_FD_READWRITE,
		&fd);
	/* A listener is read by accepting. */
	if (!sub->error && !fd->listener)
		sub->error = bv_wasi_fd_need(wasi, bv_wasi_load32(in + 16), right, &fd);
	sub->done = sub->error != BV_WASI_SUCCESS;
	/* The call as a whole succeeds, so nobody else will say that this was refused. */
	if (sub->error == BV_WASI_NOTCAPABLE)
		bv_wasi_report(wasi, sub->error);
	if (sub->done)
		return;
	sub->wait = (struct bv_wasi_wait){.handle = fd->handle,
		.write = sub->kind == BV_WASI_EVENT_WRITE};
}

static enum bv_wasi_errno read_subscriptions(struct bv_wasi *wasi, const uint8_t *in,
	struct polling *polling)
{
	for (uint32_t i = 0; i < polling->count; i++, in += subscription_size(wasi)) {
		struct subscription *sub = &polling->subs[i];

		sub->userdata = bv_wasi_load64(in);
		sub->kind = in[8];
		if (sub->kind > BV_WASI_EVENT_WRITE)
			return BV_WASI_INVAL;
		if (sub->kind == BV_WASI_EVENT_CLOCK)
			read_clock(wasi, in + (wasi->preview0 ? 24 : 16), sub);
		else
			read_fd(wasi, in, sub);
	}
	return BV_WASI_SUCCESS;
}

/* Marks the timers that are due. Returns how long the next one has, 0 when something is done. */
static uint64_t next_timeout(struct bv_wasi *wasi, struct polling *polling)
{
	uint64_t timeout = BV_WASI_FOREVER;

	for (uint32_t i = 0; i < polling->count; i++) {
		struct subscription *sub = &polling->subs[i];
		uint64_t now = 0;
		uint64_t left;

		if (sub->kind == BV_WASI_EVENT_CLOCK && !sub->done) {
			sub->error = wasi->ops->clock(wasi->host, sub->clock, &now);
			sub->done = sub->error || now >= sub->deadline_ns;
			left = sub->done ? 0 : sub->deadline_ns - now;
			if (sub->clock == BV_WASI_CLOCK_REALTIME && left > REALTIME_SLICE_NS)
				left = REALTIME_SLICE_NS;
			timeout = left < timeout ? left : timeout;
		}
		if (sub->done)
			timeout = 0;
	}
	return timeout;
}

static uint32_t gather(struct polling *polling)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < polling->count; i++) {
		if (polling->subs[i].kind != BV_WASI_EVENT_CLOCK && !polling->subs[i].done)
			polling->waits[n++] = polling->subs[i].wait;
	}
	return n;
}

static bool scatter(struct polling *polling)
{
	bool any = false;
	uint32_t n = 0;

	for (uint32_t i = 0; i < polling->count; i++) {
		struct subscription *sub = &polling->subs[i];

		if (sub->kind != BV_WASI_EVENT_CLOCK && !sub->done) {
			sub->wait = polling->waits[n++];
			sub->error = sub->wait.error;
			sub->done = sub->wait.ready || sub->error;
		}
		any = any || sub->done;
	}
	return any;
}

static enum bv_wasi_errno wait_for_any(struct bv_wasi *wasi, struct polling *polling)
{
	for (;;) {
		uint64_t timeout = next_timeout(wasi, polling);
		enum bv_wasi_errno error =
			wasi->ops->poll(wasi->host, polling->waits, gather(polling), timeout);

		if (error)
			return error;
		if (scatter(polling))
			return BV_WASI_SUCCESS;
	}
}

static uint32_t write_events(const struct polling *polling, uint8_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < polling->count; i++) {
		const struct subscription *sub = &polling->subs[i];

		if (!sub->done)
			continue;
		bv_wasi_store64(out, sub->userdata);
		bv_wasi_store16(out + 8, (uint16_t)sub->error);
		out[10] = (uint8_t)sub->kind;
		for (uint32_t pad = 11; pad < BV_WASI_EVENT_SIZE; pad++)
			out[pad] = 0;
		bv_wasi_store64(out + 16, sub->wait.bytes);
		bv_wasi_store16(out + 24, sub->wait.hangup ? BV_WASI_EVENT_HANGUP : 0);
		out += BV_WASI_EVENT_SIZE;
		n++;
	}
	return n;
}

/* subscriptions, events, count, ret events */
enum bv_wasi_errno bv_wasi_poll_oneoff(struct bv_wasi *wasi, const union bv_wasm_value *args)
{
	uint32_t count = args[2].i32;
	uint8_t *in = bv_wasi_guest(wasi, args[0].i32, (uint64_t)count * subscription_size(wasi));
	uint8_t *events = bv_wasi_guest(wasi, args[1].i32, (uint64_t)count * BV_WASI_EVENT_SIZE);
	uint8_t *out = bv_wasi_guest(wasi, args[3].i32, 4);
	struct polling polling = {.count = count};
	enum bv_wasi_errno error = BV_WASI_NOMEM;

	if (!in || !events || !out)
		return BV_WASI_FAULT;
	if (!count || count > SUBSCRIPTIONS_MAX)
		return BV_WASI_INVAL;
	polling.subs = calloc(count, sizeof(*polling.subs));
	polling.waits = calloc(count, sizeof(*polling.waits));
	if (polling.subs && polling.waits)
		error = read_subscriptions(wasi, in, &polling);
	if (!error)
		error = wait_for_any(wasi, &polling);
	if (!error)
		bv_wasi_store32(out, write_events(&polling, events));
	free(polling.subs);
	free(polling.waits);
	return error;
}

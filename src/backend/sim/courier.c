/* SPDX-License-Identifier: MIT
 *
 * Whoever carries a sealed report from the runner to its reader. An honest one hands over the
 * bytes; a lying one changes, cuts or rewrites them.
 */
#include "backend/sim/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Changes one digit somewhere in the report to another: still JSON, often still canonical. */
static void courier_change(struct bv_sim *sim, struct bv_bytes sealed, struct bv_buf *ret)
{
	size_t at = sealed.len ? sim->variant % sealed.len : 0;

	for (size_t n = 0; n < sealed.len; n++, at = (at + 1) % sealed.len) {
		uint8_t byte = sealed.data[at];
		uint8_t other = byte == '1' ? '2' : '1';

		if (byte < '1' || byte > '9' || !bv_sim_lies(sim, BV_SIM_BYTES_CHANGED))
			continue;
		bv_buf_append(ret, sealed.data, at);
		bv_buf_byte(ret, other);
		bv_buf_append(ret, sealed.data + at + 1, sealed.len - at - 1);
		return;
	}
	bv_buf_append(ret, sealed.data, sealed.len);
}

static void courier_respace(struct bv_sim *sim, struct bv_bytes sealed, struct bv_buf *ret)
{
	(void)bv_sim_lies(sim, BV_SIM_BYTES_RESPACED);
	bv_buf_append(ret, sealed.data, 1);
	bv_buf_byte(ret, sim->variant % 2 ? ' ' : '\n');
	bv_buf_append(ret, sealed.data + 1, sealed.len - 1);
}

static void courier_cut(struct bv_sim *sim, struct bv_bytes sealed, struct bv_buf *ret)
{
	(void)bv_sim_lies(sim, BV_SIM_BYTES_CUT);
	bv_buf_append(ret, sealed.data, sealed.len - 1 - sim->variant % (sealed.len / 2));
}

/* Rewrites the outcome and leaves a text that is canonical: it can be sealed again. */
static void courier_forge(struct bv_sim *sim, struct bv_bytes sealed, struct bv_buf *ret)
{
	static const char from[] = "\"mechanism\":\"simulated ", to[] = "\"mechanism\":\"real ";
	const uint8_t *at = memmem(sealed.data, sealed.len, from, strlen(from));
	size_t before;

	if (!at) {
		bv_buf_append(ret, sealed.data, sealed.len);
		return;
	}
	(void)bv_sim_lies(sim, BV_SIM_REPORT_FORGED);
	before = (size_t)(at - sealed.data);
	bv_buf_append(ret, sealed.data, before);
	bv_buf_str(ret, to);
	bv_buf_append(ret, at + strlen(from), sealed.len - before - strlen(from));
}

void bv_sim_deliver(struct bv_sim *sim, struct bv_bytes sealed, struct bv_buf *ret)
{
	if (sim->lie == BV_SIM_BYTES_CHANGED)
		courier_change(sim, sealed, ret);
	else if (sim->lie == BV_SIM_BYTES_CUT)
		courier_cut(sim, sealed, ret);
	else if (sim->lie == BV_SIM_BYTES_RESPACED)
		courier_respace(sim, sealed, ret);
	else if (sim->lie == BV_SIM_REPORT_FORGED)
		courier_forge(sim, sealed, ret);
	else
		bv_buf_append(ret, sealed.data, sealed.len);
}

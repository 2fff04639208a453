/* SPDX-License-Identifier: MIT
 *
 * Isolation policies, budgets and the evidence wanted: numbers and words, nothing to copy.
 */
#include "contract/spec_check.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/json.h"

int bv_check_isolation(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	int code = bv_check_word(check, "capabilities.spawn", (unsigned int)in->spawn,
		&bv_words_spawn);

	if (!code)
		code = bv_check_word(check, "capabilities.host_processes",
			(unsigned int)in->host_processes, &bv_words_host_processes);
	if (!code)
		code = bv_check_word(check, "capabilities.ipc", (unsigned int)in->ipc,
			&bv_words_ipc);
	if (!code)
		code = bv_check_word(check, "capabilities.kernel_surface",
			(unsigned int)in->kernel_surface, &bv_words_kernel_surface);
	if (code)
		return code;
	ret->spawn = in->spawn;
	ret->host_processes = in->host_processes;
	ret->ipc = in->ipc;
	ret->kernel_surface = in->kernel_surface;
	return BV_OK;
}

static struct bv_place budget_place(enum bv_dimension dimension, const char *field,
	const char *unit)
{
	struct bv_place place;

	(void)snprintf(place.text, sizeof(place.text), "budgets.%s.%s%s",
		bv_dimension_name(dimension), field, unit);
	return place;
}

static int budget_check(struct bv_check *check, enum bv_dimension dimension,
	const struct bv_budget *in)
{
	struct bv_place limit = budget_place(dimension, "limit_", bv_dimension_unit(dimension));
	struct bv_place guarantee = budget_place(dimension, "guarantee", "");
	struct bv_place evidence = budget_place(dimension, "evidence", "");
	int code;

	if (in->limit > (uint64_t)BV_JSON_INTEGER_MAX)
		return bv_fail(check->err, BV_E_LIMIT, limit.text,
			"a limit of %llu; the largest is %lld, and 0 means none of it",
			(unsigned long long)in->limit, (long long)BV_JSON_INTEGER_MAX);
	code = bv_check_word(check, guarantee.text, (unsigned int)in->guarantee,
		&bv_words_guarantee);
	if (!code && in->waived > 1)
		code = bv_fail(check->err, BV_E_INVALID, guarantee.text,
			"waived is %u; it is 0 or 1", in->waived);
	if (code)
		return code;
	return bv_check_bits(check, evidence.text, in->evidence, &bv_words_claim);
}

/* Zero must not waive: whoever leaves a guarantee out wants one. */
static enum bv_enforcement budget_guarantee(const struct bv_budget *in)
{
	if (in->waived)
		return BV_UNSUPPORTED;
	return in->guarantee == BV_UNSUPPORTED ? BV_MEDIATED : in->guarantee;
}

int bv_check_budgets(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	for (int i = 0; i < BV_DIMENSION_COUNT; i++) {
		int code = budget_check(check, (enum bv_dimension)i, &in->budgets[i]);

		if (code)
			return code;
		ret->budgets[i] = in->budgets[i];
		ret->budgets[i].guarantee = budget_guarantee(&in->budgets[i]);
	}
	ret->evidence = in->evidence;
	return bv_check_bits(check, "evidence", in->evidence, &bv_words_claim);
}

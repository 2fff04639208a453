/* SPDX-License-Identifier: MIT
 *
 * Asking a backend. Its answers are in arrays that it fills, so nothing about them is taken for
 * granted: not that they are terminated, nor UTF-8, nor inside their tables, nor that the
 * operation exists at all.
 */
#include "contract/rows.h"

#include "base/fail.h"
#include "contract/budget.h"
#include "contract/lattice.h"
#include "contract/requirement.h"
#include "contract/text.h"

#define FIELD(array) bv_text_bounded((array), sizeof(array))

static const char *rows_text(struct bv_rows *rows, const char *text)
{
	rows->starved |= text == NULL;
	return text ? text : "";
}

static const char *rows_copy(struct bv_rows *rows, struct bv_bytes text)
{
	return rows_text(rows, bv_text_copy(rows->arena, text, BV_REMEDY_MAX - 1));
}

#define rows_format(rows, ...) \
	rows_text((rows), bv_text_format((rows)->arena, BV_REMEDY_MAX - 1, __VA_ARGS__))

static enum bv_enforcement floor_enforcement(enum bv_enforcement said, struct bv_bytes mechanism)
{
	if ((unsigned int)said >= BV_ENFORCEMENT_COUNT || !mechanism.len)
		return BV_UNSUPPORTED;
	return said;
}

/* What is given rather than enforced needs no mechanism. */
static struct bv_verdict floor_verdict(enum bv_kind kind, const struct bv_answer *answer)
{
	struct bv_bytes mechanism = FIELD(answer->mechanism);

	if (bv_kind_nature(kind) == BV_NATURE_GRANT)
		mechanism = bv_bytes_str("granted");
	return (struct bv_verdict){
		.enforcement = floor_enforcement(answer->verdict.enforcement, mechanism),
		.evidence = answer->verdict.evidence & BV_EVIDENCE_ALL,
	};
}

enum bv_enforcement bv_kind_least(enum bv_kind kind)
{
	return kind == BV_KIND_KILL_ATOMIC ? BV_ENFORCED : BV_MEDIATED;
}

/* The three answers about one kind, and their meet. */
struct answers {
	struct bv_verdict support;
	struct bv_answer profile;
	struct bv_answer classify;
	struct bv_verdict meet;
};

static struct bv_verdict ask_support(const struct bv_backend *backend, enum bv_kind kind)
{
	struct bv_verdict verdict = BV_VERDICT_BOTTOM;

	/* Without either of these two nothing can ever run. */
	if (kind == BV_KIND_LAUNCH_WORKLOAD && !(backend->ops.lower && backend->ops.execute))
		return verdict;
	if (backend->ops.support)
		verdict = backend->ops.support(kind);
	if ((unsigned int)verdict.enforcement >= BV_ENFORCEMENT_COUNT)
		verdict.enforcement = BV_UNSUPPORTED;
	return verdict;
}

static void ask_kind(const struct bv_question *question, enum bv_kind kind, struct answers *ret)
{
	const struct bv_backend_ops *ops = &question->backend->ops;

	ret->support = ask_support(question->backend, kind);
	if (ops->profile)
		ops->profile(question->snapshot, kind, &ret->profile);
	ret->profile.verdict = floor_verdict(kind, &ret->profile);
	ret->meet = bv_verdict_meet(ret->support, ret->profile.verdict);
	if (!question->spec) {
		ret->classify = ret->profile;
		return;
	}
	if (ops->classify)
		ops->classify(question->snapshot, question->spec, kind, &ret->classify);
	/* A classification that leaves the mechanism as it is need not repeat it. */
	if (!ret->classify.mechanism[0])
		memcpy(ret->classify.mechanism, ret->profile.mechanism,
			sizeof(ret->classify.mechanism));
	ret->classify.verdict = floor_verdict(kind, &ret->classify);
	ret->meet = bv_verdict_meet(ret->meet, ret->classify.verdict);
}

/* The answer that holds the meet down, or NULL if that is the support matrix. */
static const struct bv_answer *weakest(const struct answers *answers)
{
	if (answers->meet.enforcement == answers->profile.verdict.enforcement)
		return &answers->profile;
	if (answers->meet.enforcement == answers->classify.verdict.enforcement)
		return &answers->classify;
	return NULL;
}

static void requirement_missing(struct bv_rows *rows, const struct bv_question *question,
	const struct answers *answers, struct bv_requirement_row *row)
{
	const struct bv_answer *answer = weakest(answers);
	const char *name = bv_kind_name(row->kind), *id = question->backend->id;
	enum bv_enforcement least = bv_kind_least(row->kind);

	row->missing = answer ? rows_copy(rows, FIELD(answer->missing)) : "";
	row->remedy = answer ? rows_copy(rows, FIELD(answer->remedy)) : "";
	if (row->admitted)
		return;
	if (!row->missing[0] && answers->support.enforcement == BV_UNSUPPORTED)
		row->missing =
			rows_format(rows, "the %s backend has no mechanism for %s", id, name);
	else if (!row->missing[0])
		row->missing =
			rows_format(rows, "%s is %s here by the %s backend, and %s is the least",
				name, bv_enforcement_name(row->verdict.enforcement), id,
				bv_enforcement_name(least));
	if (!row->remedy[0])
		row->remedy =
			rows_format(rows, "change what asks for it (%s), or use another backend",
				bv_kind_field(row->kind));
}

static void requirement_row(struct bv_rows *rows, const struct bv_question *question,
	const struct bv_requirement *wanted)
{
	struct bv_requirement_row *row = &rows->requirements[rows->requirement_count++];
	struct answers answers = {0};

	ask_kind(question, wanted->kind, &answers);
	*row = (struct bv_requirement_row){
		.kind = wanted->kind,
		.policy = rows_copy(rows, bv_bytes_str(wanted->policy)),
		.verdict = answers.meet,
		.mechanism = "",
		.missing = "",
		.remedy = "",
		.admitted = answers.meet.enforcement >= bv_kind_least(wanted->kind),
	};
	if (row->verdict.enforcement > BV_UNSUPPORTED)
		row->mechanism = rows_copy(rows, FIELD(answers.classify.mechanism));
	if (row->verdict.enforcement < BV_ENFORCED)
		requirement_missing(rows, question, &answers, row);
	rows->refusals += !row->admitted;
}

static void ask_budget(const struct bv_question *question, enum bv_dimension dimension,
	struct bv_availability *ret)
{
	const struct bv_backend_ops *ops = &question->backend->ops;

	if (ops->budgets)
		ops->budgets(question->snapshot, question->spec, dimension, ret);
	ret->enforcement = floor_enforcement(ret->enforcement, FIELD(ret->mechanism));
	ret->evidence &= BV_EVIDENCE_ALL;
	if (ret->enforcement == BV_UNSUPPORTED) {
		ret->capacity = 0;
		ret->mechanism[0] = ret->granularity[0] = '\0';
	}
	if (ret->capacity > (uint64_t)BV_JSON_INTEGER_MAX)
		ret->capacity = (uint64_t)BV_JSON_INTEGER_MAX;
}

static const char *claims_list(struct bv_rows *rows, uint32_t claims)
{
	const char *list = "";

	for (unsigned int claim = 0; claim < BV_EVIDENCE_COUNT; claim++) {
		if (claims & BV_EVIDENCE_BIT(claim))
			list = rows_format(rows, "%s%s%s", list, list[0] ? ", " : "",
				bv_evidence_name((enum bv_evidence)claim));
	}
	return list;
}

/* What follows from the numbers, for when the backend does not say why. */
static void budget_missing(struct bv_rows *rows, struct bv_budget_row *row, uint32_t wanted)
{
	const char *name = bv_dimension_name(row->dimension);
	const char *unit = bv_dimension_unit(row->dimension);

	if (row->failure != BV_BUDGET_EVIDENCE && row->provided == BV_UNSUPPORTED) {
		row->missing = rows_format(rows, "nothing here bounds %s", name);
		row->remedy = rows_format(rows,
			"waive it by name (budgets.%s.guarantee none), or use another backend",
			name);
		return;
	}
	switch (row->failure) {
	case BV_BUDGET_OK:
	case BV_BUDGET_BELOW_MINIMUM:
		return;
	case BV_BUDGET_CAPACITY:
		row->missing = rows_format(rows, "%s can be bounded up to %llu %s here, not %llu",
			name, (unsigned long long)row->capacity, unit,
			(unsigned long long)row->limit);
		row->remedy = rows_format(rows,
			"lower budgets.%s.limit_%s to %llu, or waive it with guarantee none", name,
			unit, (unsigned long long)row->capacity);
		return;
	case BV_BUDGET_GUARANTEE:
		row->missing = rows_format(rows, "%s is %s here, and %s is asked for", name,
			bv_enforcement_name(row->provided), bv_enforcement_name(row->required));
		row->remedy = rows_format(rows, "set budgets.%s.guarantee to %s", name,
			bv_guarantee_name(row->provided));
		return;
	case BV_BUDGET_EVIDENCE:
		row->missing = rows_format(rows, "no evidence of %s can be had for %s here",
			claims_list(rows, wanted & ~row->evidence), name);
		row->remedy = rows_format(rows, "take it out of budgets.%s.evidence", name);
		return;
	}
}

static void budget_below(struct bv_rows *rows, struct bv_budget_row *row, const char *why)
{
	const char *name = bv_dimension_name(row->dimension);

	row->missing = rows_format(rows, "this spec needs at least %llu %s of %s (%s), not %llu",
		(unsigned long long)row->minimum, bv_dimension_unit(row->dimension), name, why,
		(unsigned long long)row->limit);
	row->remedy = rows_format(rows, "raise budgets.%s.limit_%s to %llu or more", name,
		bv_dimension_unit(row->dimension), (unsigned long long)row->minimum);
}

/* A backend's words are about how strongly it holds a budget, so they explain nothing else. */
static bool explained(const struct bv_budget_row *row)
{
	switch (row->failure) {
	case BV_BUDGET_OK:
		return row->provided < BV_ENFORCED;
	case BV_BUDGET_CAPACITY:
		return row->provided == BV_UNSUPPORTED;
	case BV_BUDGET_GUARANTEE:
		return true;
	case BV_BUDGET_BELOW_MINIMUM:
	case BV_BUDGET_EVIDENCE:
		return false;
	}
	return false;
}

static void budget_reasons(struct bv_rows *rows, struct bv_budget_row *row,
	const struct bv_availability *available, uint32_t wanted)
{
	if (row->failure != BV_BUDGET_OK && row->failure != BV_BUDGET_BELOW_MINIMUM)
		budget_missing(rows, row, wanted);
	if (!explained(row))
		return;
	if (FIELD(available->missing).len)
		row->missing = rows_copy(rows, FIELD(available->missing));
	if (FIELD(available->remedy).len)
		row->remedy = rows_copy(rows, FIELD(available->remedy));
}

static void budget_row(struct bv_rows *rows, const struct bv_question *question,
	enum bv_dimension dimension)
{
	struct bv_budget_row *row = &rows->budgets[rows->budget_count++];
	struct bv_budget asked = {.guarantee = BV_UNSUPPORTED};
	struct bv_minimum minimum = {0, ""};
	struct bv_availability available = {0};

	ask_budget(question, dimension, &available);
	if (question->spec) {
		asked = question->spec->budgets[dimension];
		minimum = bv_budget_minimum(question->spec, dimension);
	}
	*row = (struct bv_budget_row){
		.dimension = dimension,
		.limit = asked.limit,
		.minimum = minimum.value,
		.capacity = available.capacity,
		.required = asked.guarantee,
		.provided = available.enforcement,
		.evidence = available.evidence,
		.mechanism = rows_copy(rows, FIELD(available.mechanism)),
		.granularity = rows_copy(rows, FIELD(available.granularity)),
		.missing = "",
		.remedy = "",
		.failure = bv_budget_adjudicate(&asked, minimum.value, &available),
	};
	if (row->failure == BV_BUDGET_BELOW_MINIMUM)
		budget_below(rows, row, minimum.why);
	if (!question->spec && row->provided == BV_UNSUPPORTED)
		budget_missing(rows, row, 0);
	budget_reasons(rows, row, &available, asked.evidence);
	rows->refusals += row->failure != BV_BUDGET_OK;
}

/* An observer without a name is nobody. */
static void ask_evidence(const struct bv_question *question, enum bv_evidence claim,
	struct bv_observer *ret)
{
	const struct bv_backend_ops *ops = &question->backend->ops;

	if (ops->evidence)
		ops->evidence(question->snapshot, question->spec, claim, ret);
	if (!FIELD(ret->observer).len)
		ret->available = 0;
}

static void evidence_row(struct bv_rows *rows, const struct bv_question *question,
	enum bv_evidence claim)
{
	struct bv_evidence_row *row = &rows->evidence[rows->evidence_count++];
	struct bv_observer observer = {0};
	const char *name = bv_evidence_name(claim);

	ask_evidence(question, claim, &observer);
	*row = (struct bv_evidence_row){
		.claim = claim,
		.observer = observer.available ? rows_copy(rows, FIELD(observer.observer)) : "",
		.missing = rows_copy(rows, FIELD(observer.missing)),
		.remedy = rows_copy(rows, FIELD(observer.remedy)),
		.admitted = observer.available ? 1 : 0,
	};
	if (row->admitted)
		return;
	if (!row->missing[0])
		row->missing = rows_format(rows, "nobody can witness %s here with the %s backend",
			name, question->backend->id);
	if (!row->remedy[0])
		row->remedy =
			rows_format(rows, "take %s out of evidence, or use another backend", name);
	rows->refusals++;
}

static void requirement_rows(struct bv_rows *rows, const struct bv_question *question)
{
	struct bv_requirement wanted[BV_KIND_COUNT];
	size_t count;

	memset(wanted, 0, sizeof(wanted));
	if (question->spec) {
		count = bv_requirements_of(question->spec, wanted);
	} else {
		for (count = 0; count < BV_KIND_COUNT; count++)
			wanted[count].kind = (enum bv_kind)count;
	}
	for (size_t i = 0; i < count && i < BV_KIND_COUNT; i++)
		requirement_row(rows, question, &wanted[i]);
}

int bv_rows_fill(struct bv_rows *rows, const struct bv_question *question, struct bv_error *err)
{
	requirement_rows(rows, question);
	for (unsigned int i = 0; i < BV_DIMENSION_COUNT; i++)
		budget_row(rows, question, (enum bv_dimension)i);
	for (unsigned int i = 0; i < BV_EVIDENCE_COUNT; i++) {
		if (!question->spec || question->spec->evidence & BV_EVIDENCE_BIT(i))
			evidence_row(rows, question, (enum bv_evidence)i);
	}
	if (rows->starved)
		return bv_fail(err, BV_E_NO_MEMORY, "plan", "no memory for the backend's answers");
	return 0;
}

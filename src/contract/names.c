/* SPDX-License-Identifier: MIT
 *
 * The vocabulary's words, from the tables beside vocabulary.h. Each table becomes an array
 * indexed by number; the assertions below say that the numbers run from 0 without a gap, so a
 * name is never NULL inside the array's bounds.
 */
#include <bvisor/vocabulary.h>

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct word {
	const char *name;
	const char *meaning;
};

static const struct word kinds[] = {
#define BV_KIND(name, number, text, family, nature, meaning) [number] = {text, meaning},
#include <bvisor/kinds.def>
#undef BV_KIND
};

enum {
	nature_restriction = BV_NATURE_RESTRICTION,
	nature_grant = BV_NATURE_GRANT,
	nature_control = BV_NATURE_CONTROL,
};

static const enum bv_nature natures[] = {
#define BV_KIND(name, number, text, family, nature, meaning) \
	[number] = (enum bv_nature)nature_##nature,
#include <bvisor/kinds.def>
#undef BV_KIND
};

static const struct word claims[] = {
#define BV_EVIDENCE(name, bit, text, meaning) [bit] = {text, meaning},
#include <bvisor/evidence.def>
#undef BV_EVIDENCE
};

static const struct word dimensions[] = {
#define BV_DIMENSION(name, number, text, unit, limit, meaning) [number] = {text, meaning},
#include <bvisor/dimensions.def>
#undef BV_DIMENSION
};

static const char *const units[] = {
#define BV_DIMENSION(name, number, text, unit, limit, meaning) [number] = unit,
#include <bvisor/dimensions.def>
#undef BV_DIMENSION
};

static const struct word enforcements[] = {
	[BV_UNSUPPORTED] = {"unsupported", NULL},
	[BV_MEDIATED] = {"mediated", NULL},
	[BV_ENFORCED] = {"enforced", NULL},
};

static const struct word outcomes[] = {
	[BV_OUTCOME_COMPLETED] = {"completed", NULL},
	[BV_OUTCOME_DENIED] = {"denied", NULL},
	[BV_OUTCOME_FAILED] = {"failed", NULL},
	[BV_OUTCOME_TIMEOUT] = {"timeout", NULL},
	[BV_OUTCOME_KILLED] = {"killed", NULL},
	[BV_OUTCOME_UNSUPPORTED] = {"unsupported", NULL},
	[BV_OUTCOME_SUPERVISOR_FAULT] = {"supervisor-fault", NULL},
};

static const struct word reasons[] = {
	[BV_REASON_NONE] = {"none", NULL},
	[BV_REASON_SIGNAL] = {"signal", NULL},
	[BV_REASON_KILLED_OUTSIDE] = {"killed-outside", NULL},
	[BV_REASON_BUDGET] = {"budget", NULL},
	[BV_REASON_OUT_OF_MEMORY] = {"out-of-memory", NULL},
	[BV_REASON_POLICY] = {"policy", NULL},
	[BV_REASON_SETUP] = {"setup", NULL},
	[BV_REASON_EXEC] = {"exec", NULL},
	[BV_REASON_CANCELLED] = {"cancelled", NULL},
	[BV_REASON_LAUNCHER] = {"launcher", NULL},
	[BV_REASON_ATTESTATION] = {"attestation", NULL},
	[BV_REASON_REFUSED] = {"refused", NULL},
	[BV_REASON_TRAP] = {"trap", NULL},
};

/* How many rows a table has, and which numbers occur in it, as bits. */
enum {
#define BV_KIND(name, number, text, family, nature, meaning) +1
	kind_rows = 0
#include <bvisor/kinds.def>
	,
#undef BV_KIND
#define BV_KIND(name, number, text, family, nature, meaning) | 1 << (number)
	kind_numbers = 0
#include <bvisor/kinds.def>
	,
#undef BV_KIND
#define BV_EVIDENCE(name, bit, text, meaning) +1
	claim_rows = 0
#include <bvisor/evidence.def>
	,
#undef BV_EVIDENCE
#define BV_EVIDENCE(name, bit, text, meaning) | 1 << (bit)
	claim_numbers = 0
#include <bvisor/evidence.def>
	,
#undef BV_EVIDENCE
#define BV_DIMENSION(name, number, text, unit, limit, meaning) +1
	dimension_rows = 0
#include <bvisor/dimensions.def>
	,
#undef BV_DIMENSION
#define BV_DIMENSION(name, number, text, unit, limit, meaning) | 1 << (number)
	dimension_numbers = 0
#include <bvisor/dimensions.def>
	,
#undef BV_DIMENSION
};

/* As many rows as numbers, and every number among them: so each stands there once. */
#define RUNS_FROM_ZERO(table, count) \
	(table##_rows == (count) && table##_numbers == (1 << (count)) - 1)
_Static_assert(RUNS_FROM_ZERO(kind, BV_KIND_COUNT), "kinds.def");
_Static_assert(RUNS_FROM_ZERO(claim, BV_EVIDENCE_COUNT), "evidence.def");
_Static_assert(RUNS_FROM_ZERO(dimension, BV_DIMENSION_COUNT), "dimensions.def");
_Static_assert(COUNT(enforcements) == BV_ENFORCEMENT_COUNT, "enforcements");
_Static_assert(COUNT(outcomes) == BV_OUTCOME_COUNT, "outcomes");
_Static_assert(COUNT(reasons) == BV_REASON_COUNT, "reasons");

/* A number outside the table yields an empty word; as unsigned, a negative one is outside too. */
static struct word word_at(const struct word *words, size_t count, unsigned int number)
{
	return number < count ? words[number] : (struct word){NULL, NULL};
}

static int word_find(const struct word *words, size_t count, const char *text, size_t *ret)
{
	for (size_t i = 0; text && i < count; i++) {
		if (strcmp(words[i].name, text) == 0) {
			*ret = i;
			return 1;
		}
	}
	return 0;
}

const char *bv_kind_name(enum bv_kind kind)
{
	return word_at(kinds, COUNT(kinds), (unsigned int)kind).name;
}

const char *bv_kind_meaning(enum bv_kind kind)
{
	return word_at(kinds, COUNT(kinds), (unsigned int)kind).meaning;
}

/* A kind outside the table is a restriction: whatever treats it as one, refuses. */
enum bv_nature bv_kind_nature(enum bv_kind kind)
{
	return (unsigned int)kind < COUNT(natures) ? natures[kind] : BV_NATURE_RESTRICTION;
}

const char *bv_enforcement_name(enum bv_enforcement enforcement)
{
	return word_at(enforcements, COUNT(enforcements), (unsigned int)enforcement).name;
}

const char *bv_evidence_name(enum bv_evidence claim)
{
	return word_at(claims, COUNT(claims), (unsigned int)claim).name;
}

const char *bv_evidence_meaning(enum bv_evidence claim)
{
	return word_at(claims, COUNT(claims), (unsigned int)claim).meaning;
}

const char *bv_dimension_name(enum bv_dimension dimension)
{
	return word_at(dimensions, COUNT(dimensions), (unsigned int)dimension).name;
}

const char *bv_dimension_unit(enum bv_dimension dimension)
{
	return (unsigned int)dimension < COUNT(units) ? units[dimension] : NULL;
}

const char *bv_dimension_meaning(enum bv_dimension dimension)
{
	return word_at(dimensions, COUNT(dimensions), (unsigned int)dimension).meaning;
}

const char *bv_outcome_name(enum bv_outcome outcome)
{
	return word_at(outcomes, COUNT(outcomes), (unsigned int)outcome).name;
}

const char *bv_reason_name(enum bv_reason reason)
{
	return word_at(reasons, COUNT(reasons), (unsigned int)reason).name;
}

int bv_kind_parse(const char *text, enum bv_kind *ret)
{
	size_t number = 0;

	if (!word_find(kinds, COUNT(kinds), text, &number))
		return 0;
	*ret = (enum bv_kind)number;
	return 1;
}

int bv_evidence_parse(const char *text, enum bv_evidence *ret)
{
	size_t number = 0;

	if (!word_find(claims, COUNT(claims), text, &number))
		return 0;
	*ret = (enum bv_evidence)number;
	return 1;
}

int bv_dimension_parse(const char *text, enum bv_dimension *ret)
{
	size_t number = 0;

	if (!word_find(dimensions, COUNT(dimensions), text, &number))
		return 0;
	*ret = (enum bv_dimension)number;
	return 1;
}

int bv_enforcement_parse(const char *text, enum bv_enforcement *ret)
{
	size_t number = 0;

	if (!word_find(enforcements, COUNT(enforcements), text, &number))
		return 0;
	*ret = (enum bv_enforcement)number;
	return 1;
}

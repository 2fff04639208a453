/* SPDX-License-Identifier: MIT
 *
 * The words of the contract: requirement kinds, enforcement and evidence (the two axes of a
 * verdict), budget dimensions, outcomes and reasons. Everything is generated from a table
 * beside this header, so names, numbers and documents cannot drift apart.
 */
#ifndef BVISOR_VOCABULARY_H
#define BVISOR_VOCABULARY_H

#include <bvisor/api.h>

enum bv_kind {
#define BV_KIND(name, number, text, family, nature, meaning) name = number,
#include <bvisor/kinds.def>
#undef BV_KIND
};
#define BV_KIND_COUNT 27

enum bv_nature {
	BV_NATURE_RESTRICTION = 0,
	BV_NATURE_GRANT = 1,
	BV_NATURE_CONTROL = 2,
};

/* How strongly a guarantee holds; a higher number is stronger. */
enum bv_enforcement {
	BV_UNSUPPORTED = 0, /* not at all: a plan with this is refused */
	BV_MEDIATED = 1,    /* by our own watching and acting, which can be late */
	BV_ENFORCED = 2,    /* by the kernel (or the engine), which cannot */
};
#define BV_ENFORCEMENT_COUNT 3

enum bv_evidence {
#define BV_EVIDENCE(name, bit, text, meaning) name = bit,
#include <bvisor/evidence.def>
#undef BV_EVIDENCE
};
#define BV_EVIDENCE_COUNT 10
#define BV_EVIDENCE_BIT(claim) (UINT32_C(1) << (claim))
#define BV_EVIDENCE_ALL ((UINT32_C(1) << BV_EVIDENCE_COUNT) - 1)

/* The two axes. Neither stands in for the other. */
struct bv_verdict {
	enum bv_enforcement enforcement;
	uint32_t evidence; /* set of BV_EVIDENCE_BIT() */
};

enum bv_dimension {
#define BV_DIMENSION(name, number, text, unit, limit, meaning) name = number,
#include <bvisor/dimensions.def>
#undef BV_DIMENSION
};
#define BV_DIMENSION_COUNT 7

enum bv_outcome {
	BV_OUTCOME_COMPLETED = 0,   /* the workload ended by itself, whatever its status */
	BV_OUTCOME_DENIED = 1,      /* ended by a policy: it did what ends a run */
	BV_OUTCOME_FAILED = 2,      /* could not be set up or executed, or crashed */
	BV_OUTCOME_TIMEOUT = 3,     /* ended by its wall or CPU budget */
	BV_OUTCOME_KILLED = 4,      /* ended by another budget, the caller, or someone outside */
	BV_OUTCOME_UNSUPPORTED = 5, /* refused: nothing ran */
	BV_OUTCOME_SUPERVISOR_FAULT = 6, /* we failed; the boundary was torn down */
};
#define BV_OUTCOME_COUNT 7

enum bv_reason {
	BV_REASON_NONE = 0,           /* completed: see the exit */
	BV_REASON_SIGNAL = 1,         /* a signal of its own making; `signal` */
	BV_REASON_KILLED_OUTSIDE = 2, /* SIGKILL that was not ours; its sender is not known */
	BV_REASON_BUDGET = 3,         /* `dimension` */
	BV_REASON_OUT_OF_MEMORY = 4,  /* the memory budget, by the kernel */
	BV_REASON_POLICY = 5,         /* `kind` */
	BV_REASON_SETUP = 6,          /* `stage`, `errnum` */
	BV_REASON_EXEC = 7,           /* the program could not be executed; `errnum` */
	BV_REASON_CANCELLED = 8,      /* the caller asked */
	BV_REASON_LAUNCHER = 9,       /* the launcher died or broke the protocol */
	BV_REASON_ATTESTATION = 10, /* the kernel's state was not the plan's; `detail` says which */
	BV_REASON_REFUSED = 11,     /* the planner's answer */
	BV_REASON_TRAP = 12,        /* a module did what ends it; `detail` says what, and where */
};
#define BV_REASON_COUNT 13

BV_BEGIN_DECLS
/* Names as they stand in every format; NULL for a number outside the table. Static storage. */
BV_API const char *bv_kind_name(enum bv_kind kind);
BV_API const char *bv_kind_meaning(enum bv_kind kind);
BV_API enum bv_nature bv_kind_nature(enum bv_kind kind);
BV_API const char *bv_enforcement_name(enum bv_enforcement enforcement);
BV_API const char *bv_evidence_name(enum bv_evidence claim);
BV_API const char *bv_evidence_meaning(enum bv_evidence claim);
BV_API const char *bv_dimension_name(enum bv_dimension dimension);
BV_API const char *bv_dimension_unit(enum bv_dimension dimension);
BV_API const char *bv_dimension_meaning(enum bv_dimension dimension);
BV_API const char *bv_outcome_name(enum bv_outcome outcome);
BV_API const char *bv_reason_name(enum bv_reason reason);

/* The reverse: 1 and *ret set if the text names one, else 0 and *ret untouched. */
BV_API int bv_kind_parse(const char *text, enum bv_kind *ret);
BV_API int bv_evidence_parse(const char *text, enum bv_evidence *ret);
BV_API int bv_dimension_parse(const char *text, enum bv_dimension *ret);
BV_API int bv_enforcement_parse(const char *text, enum bv_enforcement *ret);
BV_END_DECLS

#endif

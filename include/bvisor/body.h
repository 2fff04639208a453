/* SPDX-License-Identifier: MIT
 *
 * A report's body while it is being filled: what a backend observed of one run. Only `execute`
 * writes to it. Nothing here grades, hashes or seals; the runner does, with the plan.
 *
 * Every list is bounded. An entry that does not fit is dropped and counted, and the report says
 * so, so that an adder need not be checked. Text is copied; invalid UTF-8 is escaped as \xNN.
 */
#ifndef BVISOR_BODY_H
#define BVISOR_BODY_H

#include <bvisor/digest.h>
#include <bvisor/vocabulary.h>

#define BV_BODY_ENTRIES_MAX 512   /* per list */
#define BV_BODY_CHANGES_MAX 16384 /* of files, which are many */
#define BV_BODY_ARTIFACTS_MAX 16384

struct bv_report_body;

enum bv_exit_kind {
	BV_EXIT_NONE = 0, /* the program never ran, or its end was not seen */
	BV_EXIT_STATUS = 1,
	BV_EXIT_SIGNAL = 2,
};

struct bv_end {
	enum bv_outcome outcome;
	enum bv_reason reason;
	enum bv_exit_kind exit;
	int exit_value;              /* status or signal number */
	enum bv_dimension dimension; /* BV_REASON_BUDGET, BV_REASON_OUT_OF_MEMORY */
	enum bv_kind kind;           /* BV_REASON_POLICY */
	const char *stage;           /* BV_REASON_SETUP: the step that failed */
	int errnum;                  /* BV_REASON_SETUP, BV_REASON_EXEC */
	const char *detail;          /* one line for people; may be NULL */
};

struct bv_usage {
	uint8_t known;
	uint64_t measured;  /* in the dimension's unit: a peak or a total */
	const char *source; /* "wait4", "cgroup memory.peak" */
	const char *granularity;
};

struct bv_denial {
	enum bv_kind kind;
	const char *call;   /* "openat" */
	const char *object; /* what it was about; may be NULL */
	int errnum;
	uint64_t count;
};

enum bv_change_kind {
	BV_CHANGE_CREATED = 0,
	BV_CHANGE_MODIFIED = 1,
	BV_CHANGE_DELETED = 2,
};

enum bv_file_kind {
	BV_FILE_REGULAR = 0,
	BV_FILE_DIRECTORY = 1,
	BV_FILE_LINK = 2, /* symbolic: its content is its target */
	BV_FILE_OTHER = 3,
};

/* What became of one path. */
struct bv_change {
	enum bv_change_kind change;
	enum bv_file_kind kind; /* after, or of what was deleted */
	const char *path;
	uint8_t digested; /* size and digest of the content afterwards are known */
	uint64_t size_bytes;
	struct bv_digest sha256;
};

/* A process of the run, as far as it was seen. */
struct bv_process {
	uint32_t pid; /* as the host numbers it */
	uint32_t parent;
	const char *name;
	uint64_t began_us; /* after the start of the run */
	uint8_t ended;     /* its end was seen, before the tree was killed */
	uint64_t ended_us;
};

/* A regular file that was found in an output. */
struct bv_artifact {
	const char *output; /* the output's name */
	const char *path;   /* in it: plain names of UTF-8, with slashes between */
	uint64_t size_bytes;
	struct bv_digest sha256;
	uint8_t executable; /* its owner may execute it */
};

enum bv_coverage {
	BV_COVERAGE_NONE = 0,    /* nobody looked */
	BV_COVERAGE_PARTIAL = 1, /* somebody looked, and may have missed what `missed` says */
	BV_COVERAGE_COMPLETE = 2,
};

BV_BEGIN_DECLS
BV_API void bv_body_end(struct bv_report_body *body, const struct bv_end *end);
/* The file that was executed, and for a script the interpreter that read it. */
BV_API void bv_body_executable(struct bv_report_body *body, const char *path,
	const struct bv_digest *sha256, uint64_t size_bytes);
BV_API void bv_body_interpreter(struct bv_report_body *body, const char *path,
	const struct bv_digest *sha256, uint64_t size_bytes);
/* What was read back from the kernel, before the program started. */
BV_API void bv_body_attest(struct bv_report_body *body, const char *name, const char *fmt, ...)
	BV_PRINTF(3, 4);
BV_API void bv_body_observe(struct bv_report_body *body, const char *kind, const char *fmt, ...)
	BV_PRINTF(3, 4);
BV_API void bv_body_deny(struct bv_report_body *body, const struct bv_denial *denial);
/* One for each path; a second is dropped. */
BV_API void bv_body_change(struct bv_report_body *body, const struct bv_change *change);
BV_API void bv_body_process(struct bv_report_body *body, const struct bv_process *process);
BV_API void bv_body_usage(struct bv_report_body *body, enum bv_dimension dimension,
	const struct bv_usage *usage);
/* What came out of a captured stream (1 or 2), piece by piece and in order. Everything is counted
 * and digested here, and kept up to the spec's limit. A stream that gave nothing is told of with
 * `len` 0, or the report says that nobody captured it. */
BV_API void bv_body_stream(struct bv_report_body *body, int stream, const void *data, size_t len);
/* In any order; each place once. What is not listed so is not an artifact. */
BV_API void bv_body_artifact(struct bv_report_body *body, const struct bv_artifact *artifact);
/* Which attempt this is the body of. */
BV_API const struct bv_attempt_id *bv_body_attempt(const struct bv_report_body *body);
/* Something a reader must know; `code` is stable ("cgroup-teardown-incomplete"). */
BV_API void bv_body_finding(struct bv_report_body *body, const char *code, const char *fmt, ...)
	BV_PRINTF(3, 4);
BV_API void bv_body_cover(struct bv_report_body *body, enum bv_evidence claim,
	enum bv_coverage coverage, const char *observer, const char *missed);
/* A step of the launcher's own state machine. */
BV_API void bv_body_transcript(struct bv_report_body *body, uint64_t at_us, const char *state,
	const char *event);
BV_END_DECLS

#endif

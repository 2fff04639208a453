/* SPDX-License-Identifier: MIT
 *
 * The inside of a report's body. Lists are linked and live in the body's arena. Where order says
 * something (observations, transcript) entries stand as they came; where it does not (findings,
 * attestations, denials) they are kept sorted and without duplicates.
 */
#ifndef CONTRACT_BODY_DATA_H
#define CONTRACT_BODY_DATA_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/digest.h"
#include <bvisor/body.h>
#include <bvisor/spec.h>

#define BV_BODY_NAME_MAX 96   /* codes, names, kinds, states */
#define BV_BODY_TEXT_MAX 1024 /* everything else, but paths */
#define BV_BODY_PATH_MAX 4096

struct bv_body_pair {
	struct bv_body_pair *next;
	const char *name;
	const char *text;
};

struct bv_body_pairs {
	struct bv_body_pair *first;
	size_t count;
};

struct bv_body_denial {
	struct bv_body_denial *next;
	enum bv_kind kind;
	const char *call;
	const char *object; /* may be NULL */
	int errnum;
	uint64_t count;
};

struct bv_body_change {
	struct bv_body_change *next;
	struct bv_change change; /* its own path is the backend's, and may be gone */
	const char *path;
};

struct bv_body_process {
	struct bv_body_process *next;
	struct bv_process process; /* likewise its name */
	const char *name;
};

struct bv_body_artifacts {
	struct bv_artifact *list; /* malloc; the texts are the arena's */
	size_t count;
	size_t capacity;
};

struct bv_body_step {
	struct bv_body_step *next;
	uint64_t at_us;
	const char *state;
	const char *event;
};

struct bv_body_file {
	const char *path; /* NULL: not known */
	struct bv_digest sha256;
	uint64_t size_bytes;
};

struct bv_body_stream {
	uint8_t wanted; /* the spec captures it */
	uint8_t captured;
	uint64_t length_bytes;
	struct bv_sha256 state;  /* of everything that was written */
	struct bv_digest digest; /* once the body is finished */
	uint8_t *kept;           /* malloc */
	size_t kept_len;
	size_t capacity;
	size_t limit;
};

struct bv_body_usage {
	uint8_t known;
	uint64_t measured;
	const char *source;
	const char *granularity;
};

struct bv_body_cover {
	enum bv_coverage coverage;
	const char *observer;
	const char *missed;
};

struct bv_report_body {
	struct bv_arena *arena;
	struct bv_attempt_id attempt;
	uint8_t ended;
	struct bv_end end;
	struct bv_body_file executable;
	struct bv_body_file interpreter;
	struct bv_body_pairs attested; /* sorted */
	struct bv_body_pairs observed;
	struct bv_body_pairs findings;    /* sorted; the backend's */
	struct bv_body_pairs conclusions; /* sorted; the runner's own findings, not bounded */
	struct bv_body_denial *denials;   /* sorted; counts added up */
	size_t denial_count;
	struct bv_body_change *changes; /* sorted */
	struct bv_body_change *change_last;
	size_t change_count;
	struct bv_body_process *processes;
	size_t process_count;
	struct bv_body_step *transcript;
	size_t transcript_count;
	struct bv_body_artifacts artifacts; /* sorted once the body is finished */
	struct bv_body_usage usage[BV_DIMENSION_COUNT];
	struct bv_body_stream streams[3];
	struct bv_body_cover covers[BV_EVIDENCE_COUNT];
	uint64_t dropped;                 /* entries that did not fit, or that meant nothing */
	uint32_t lost;                    /* claims, as bits, of whose list something was */
	struct bv_body_pair dropped_pair; /* the finding that says so, once there is a need */
	char dropped_text[64];
};

/* An entry of a claim's list that is dropped and counted. */
void bv_body_lose(struct bv_report_body *body, enum bv_evidence claim);
/* A finding of the runner's own. False if there is no memory for it. */
bool bv_body_conclude(struct bv_report_body *body, const char *code, const char *fmt, ...)
	BV_PRINTF(3, 4);

/* Names, as reports have them; NULL outside the table. */
const char *bv_change_name(enum bv_change_kind change);
const char *bv_file_kind_name(enum bv_file_kind kind);
/* NULL if memory is short. `spec` says what is captured, and how much of it is kept. */
struct bv_report_body *bv_body_new(const struct bv_spec *spec);
/* A relative path of plain names: nothing that leads elsewhere, or looks as if it did. */
bool bv_artifact_path_sound(const char *path);
/* SHA-256 of "bvisor artifact 1", attempt, output, content digest, size and path, a line each. */
void bv_artifact_identify(const struct bv_attempt_id *attempt, const struct bv_artifact *artifact,
	struct bv_artifact_id *ret);
/* No more of them: they are in order, each place once. */
void bv_body_artifacts_finish(struct bv_report_body *body);
/* No more pieces: what was captured has its digest. */
void bv_body_streams_finish(struct bv_report_body *body);
static inline bool bv_body_stream_truncated(const struct bv_body_stream *stream)
{
	return stream->kept_len < stream->length_bytes;
}
struct bv_report_body *bv_body_free(struct bv_report_body *body);

static inline void bv_body_freep(struct bv_report_body **body)
{
	*body = bv_body_free(*body);
}

#define BV_CLEANUP_BODY __attribute__((cleanup(bv_body_freep)))

#endif

/* SPDX-License-Identifier: MIT
 *
 * Whether a parsed report is one that a runner could have sealed: every key there, nothing else,
 * every word known, every part in agreement with the spec inside and with the others.
 */
#ifndef JSON_REPORT_CHECK_H
#define JSON_REPORT_CHECK_H

#include "json/tree.h"
#include <bvisor/body.h>
#include <bvisor/report.h>
#include <bvisor/spec.h>

/* What is wrong first, and where. */
struct check {
	bool failed;
	bool starved; /* memory ran out: nothing was found out */
	char place[96];
	char text[192];
};

/* Notes the first fault; returns false, so that a check can end in it. */
bool check_fault(struct check *check, const char *place, const char *fmt, ...) BV_PRINTF(3, 4);

struct field {
	const char *key;
	bool (*fits)(const struct bv_node *value);
	const char *what; /* "a SHA-256 in hexadecimal" */
};

/* Exactly these keys, each with a value that fits. */
bool check_object(struct check *check, const char *place, const struct bv_node *object,
	const struct field *fields, size_t count);
/* An array of such objects. */
bool check_rows(struct check *check, const char *place, const struct bv_node *rows,
	const struct field *fields, size_t count);

bool check_is_digest(const struct bv_node *value);

/* Reading what may not be there: absent is NULL, "", 0 and false. */
static inline const struct bv_node *node_get(const struct bv_node *object, const char *key)
{
	return object && object->type == BV_NODE_OBJECT ? bv_tree_find(object, key) : NULL;
}

static inline bool node_is(const struct bv_node *node, enum bv_node_type type)
{
	return node && node->type == type;
}

static inline size_t node_count(const struct bv_node *node)
{
	return node_is(node, BV_NODE_ARRAY) || node_is(node, BV_NODE_OBJECT) ? node->count : 0;
}

static inline const char *node_text(const struct bv_node *node)
{
	return node_is(node, BV_NODE_STRING) ? (const char *)node->text.data : "";
}

static inline int64_t node_integer(const struct bv_node *node)
{
	return node_is(node, BV_NODE_INTEGER) ? node->integer : 0;
}

static inline bool node_true(const struct bv_node *node)
{
	return node_is(node, BV_NODE_BOOLEAN) && node->boolean;
}

static inline const char *text_of(const struct bv_node *object, const char *key)
{
	return node_text(node_get(object, key));
}

/* Every field of the report, in its own right (report_form.c). */
bool report_check_form(struct check *check, const struct bv_node *report);
/* The artifacts (report_artifact.c). */
bool report_check_artifacts_form(struct check *check, const struct bv_node *report);
bool report_check_artifacts_sense(struct check *check, const struct bv_node *report,
	const struct bv_spec *spec);
/* Of a row whose form is right; its texts are the row's. */
void report_read_digest(const struct bv_node *value, struct bv_digest *ret);
void report_read_artifact(const struct bv_node *row, struct bv_artifact *ret);
/* The report against the spec inside and its parts against each other (report_sense.c); `text` is
 * what it was parsed from, in canonical form. */
bool report_check_sense(struct check *check, const struct bv_node *report, struct bv_bytes text);

#endif

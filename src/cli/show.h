/* SPDX-License-Identifier: MIT
 *
 * What people read on standard output: headings, entries with a grade in front, and notes below
 * them, wrapped to the terminal. Colour only on a terminal, and not if NO_COLOR is set. Every
 * text is neutralised.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <stdbool.h>

#include <bvisor/plan.h>

struct cli_show {
	bool colour;
	size_t width;
};

enum cli_tone {
	CLI_TONE_PLAIN,
	CLI_TONE_GOOD,
	CLI_TONE_FAIR,
	CLI_TONE_BAD,
};

struct cli_show cli_show_begin(void);
enum cli_tone cli_tone_of(enum bv_enforcement enforcement);

void cli_show_heading(const struct cli_show *show, const char *text);
/* "  grade        what" */
void cli_show_entry(const struct cli_show *show, enum cli_tone tone, const char *grade,
	const char *what);
/* A line below an entry, under its text; nothing if `text` is "". `label` may be "". */
void cli_show_note(const struct cli_show *show, const char *label, const char *text);

/* The answers of a backend, borrowed. */
struct cli_rows {
	const struct bv_requirement_row *requirements;
	size_t requirement_count;
	const struct bv_budget_row *budgets;
	size_t budget_count;
	const struct bv_evidence_row *evidence;
	size_t evidence_count;
	bool probing; /* they say what could be held: budgets have no limit */
};

void cli_show_rows(const struct cli_show *show, const struct cli_rows *rows);

/* Exactly these bytes, and a newline if a person is looking. */
void cli_show_json(const char *json, size_t len);

/* 0, or the failing status after saying why: what was printed must have arrived. */
int cli_show_end(void);

#endif

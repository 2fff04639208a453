/* SPDX-License-Identifier: MIT
 *
 * The three kinds of rows that the contract hands out look alike here: how strongly, what, held
 * by what; and if something is missing, what, and what would help.
 */
#include "cli/show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/quantity.h"
#include "cli/request.h"
#include "cli/say.h"

#define INDENT 15 /* of an entry's text */
#define TEXT_MAX 512
#define WIDTH_DEFAULT 96
#define WIDTH_LEAST 40

struct cli_show cli_show_begin(void)
{
	struct cli_show show = {.width = WIDTH_DEFAULT};
	struct winsize size = {0};
	const char *terminal = getenv("TERM");

	if (!isatty(STDOUT_FILENO))
		return show;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_LEAST)
		show.width = size.ws_col;
	show.colour = !getenv("NO_COLOR") && terminal && strcmp(terminal, "dumb") != 0;
	return show;
}

enum cli_tone cli_tone_of(enum bv_enforcement enforcement)
{
	switch (enforcement) {
	case BV_UNSUPPORTED:
		return CLI_TONE_BAD;
	case BV_MEDIATED:
		return CLI_TONE_FAIR;
	case BV_ENFORCED:
		return CLI_TONE_GOOD;
	}
	return CLI_TONE_BAD;
}

static const char *colour_of(enum cli_tone tone)
{
	switch (tone) {
	case CLI_TONE_PLAIN:
		return "";
	case CLI_TONE_GOOD:
		return "\033[32m";
	case CLI_TONE_FAIR:
		return "\033[33m";
	case CLI_TONE_BAD:
		return "\033[31m";
	}
	return "";
}

void cli_show_heading(const struct cli_show *show, const char *text)
{
	printf("\n%s%s%s\n", show->colour ? "\033[1m" : "", text, show->colour ? "\033[0m" : "");
}

/* The length of the words at text that fit into `room`; at least one word. */
static size_t fitting(const char *text, size_t room)
{
	size_t fits = 0;

	for (;;) {
		size_t word = strcspn(text + fits + (fits > 0), " ");

		if (fits > 0 && fits + 1 + word > room)
			return fits;
		fits += word + (fits > 0);
		if (!text[fits])
			return fits;
	}
}

static void wrap(const struct cli_show *show, const char *text, size_t indent)
{
	char clean[TEXT_MAX];
	const char *p = cli_neutral(clean, sizeof(clean), text);
	size_t room = show->width > indent + 10 ? show->width - indent : 10;

	for (;;) {
		size_t len = fitting(p, room);

		printf("%.*s\n", (int)len, p);
		p += len;
		p += strspn(p, " ");
		if (!*p)
			return;
		printf("%*s", (int)indent, "");
	}
}

void cli_show_entry(const struct cli_show *show, enum cli_tone tone, const char *grade,
	const char *what)
{
	const char *colour = show->colour ? colour_of(tone) : "";

	printf("  %s%-11s%s  ", colour, grade, colour[0] ? "\033[0m" : "");
	wrap(show, what, INDENT);
}

void cli_show_note(const struct cli_show *show, const char *label, const char *text)
{
	size_t indent = INDENT;

	if (!text[0])
		return;
	printf("%*s", INDENT, "");
	if (label[0]) {
		printf("%s: ", label);
		indent += strlen(label) + 2;
	}
	wrap(show, text, indent);
}

/* What is ambient is not enforced, however surely it is there. */
static const char *requirement_grade(const struct bv_requirement_row *row)
{
	enum bv_enforcement enforcement = row->verdict.enforcement;

	if (bv_kind_nature(row->kind) == BV_NATURE_GRANT && enforcement != BV_UNSUPPORTED)
		return "granted";
	return bv_enforcement_name(enforcement);
}

static enum cli_tone requirement_tone(const struct bv_requirement_row *row)
{
	if (!row->admitted)
		return CLI_TONE_BAD;
	if (bv_kind_nature(row->kind) == BV_NATURE_GRANT)
		return CLI_TONE_FAIR;
	return cli_tone_of(row->verdict.enforcement);
}

/* What a row lacks: to be met at all, or if it is met, to be enforced. */
static void show_lack(const struct cli_show *show, bool met, const char *missing,
	const char *remedy)
{
	cli_show_note(show, met ? "weaker" : "missing", missing);
	cli_show_note(show, met ? "for more" : "remedy", remedy);
}

static void show_requirement(const struct cli_show *show, const struct bv_requirement_row *row)
{
	char what[192];

	(void)snprintf(what, sizeof(what), row->policy[0] ? "%s (%s)" : "%s",
		bv_kind_name(row->kind), row->policy);
	cli_show_entry(show, requirement_tone(row), requirement_grade(row), what);
	cli_show_note(show, "", row->mechanism);
	show_lack(show, row->admitted, row->missing, row->remedy);
}

static const char *failure_text(enum bv_budget_failure failure)
{
	switch (failure) {
	case BV_BUDGET_OK:
		return "";
	case BV_BUDGET_BELOW_MINIMUM:
		return "below what the spec itself needs";
	case BV_BUDGET_CAPACITY:
		return "more than this machine can bound";
	case BV_BUDGET_GUARANTEE:
		return "held less strongly than asked";
	case BV_BUDGET_EVIDENCE:
		return "the evidence asked for cannot be had";
	}
	return "";
}

/* "wall 10 s (at least mediated)", or "wall" where there is no limit to speak of. */
static const char *budget_text(const struct bv_budget_row *row, bool probing, char out[96])
{
	const char *name = bv_dimension_name(row->dimension);
	char limit[32];

	if (probing)
		(void)snprintf(out, 96, "%s", name);
	else if (row->required == BV_UNSUPPORTED)
		(void)snprintf(out, 96, "%s, waived", name);
	else
		(void)snprintf(out, 96, "%s %s (at least %s)", name,
			cli_quantity_format(row->limit, cli_unit_of(row->dimension), limit),
			bv_enforcement_name(row->required));
	return out;
}

static void show_budget(const struct cli_show *show, const struct bv_budget_row *row, bool probing)
{
	bool bad = row->failure != BV_BUDGET_OK;
	char what[96];
	char held[256];

	cli_show_entry(show, bad ? CLI_TONE_BAD : cli_tone_of(row->provided),
		bv_enforcement_name(row->provided), budget_text(row, probing, what));
	(void)snprintf(held, sizeof(held), row->granularity[0] ? "%s; %s" : "%s", row->mechanism,
		row->granularity);
	cli_show_note(show, "", row->mechanism[0] ? held : "");
	if (bad)
		cli_show_note(show, "refused", failure_text(row->failure));
	show_lack(show, !bad && row->provided != BV_UNSUPPORTED, row->missing, row->remedy);
}

static void show_evidence(const struct cli_show *show, const struct bv_evidence_row *row)
{
	cli_show_entry(show, row->admitted ? CLI_TONE_GOOD : CLI_TONE_BAD,
		row->admitted ? "witnessed" : "unseen", bv_evidence_name(row->claim));
	cli_show_note(show, "", row->observer);
	cli_show_note(show, "missing", row->missing);
	cli_show_note(show, "remedy", row->remedy);
}

void cli_show_rows(const struct cli_show *show, const struct cli_rows *rows)
{
	cli_show_heading(show, "Requirements");
	for (size_t i = 0; i < rows->requirement_count; i++)
		show_requirement(show, &rows->requirements[i]);
	cli_show_heading(show, "Budgets");
	for (size_t i = 0; i < rows->budget_count; i++)
		show_budget(show, &rows->budgets[i], rows->probing);
	if (rows->evidence_count > 0)
		cli_show_heading(show, "Evidence");
	for (size_t i = 0; i < rows->evidence_count; i++)
		show_evidence(show, &rows->evidence[i]);
}

void cli_show_json(const char *json, size_t len)
{
	(void)fwrite(json, 1, len, stdout);
	if (isatty(STDOUT_FILENO))
		(void)putchar('\n');
}

int cli_show_end(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CLI_EXIT_OK;
	cli_say("standard output: %s", cli_errno_text(errno));
	return CLI_EXIT_FAILED;
}

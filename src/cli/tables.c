/* SPDX-License-Identifier: MIT
 *
 * The tables of verbs and options, and the two ways to look something up: exactly, and the
 * nearest thing to what was typed, for the hint after a mistake.
 */
#include "cli/request.h"

#include <string.h>

#include "cli/setters.h"
#include "cli/verbs.h"

const struct cli_verb cli_verbs[] = {
#define VERB(name, mask, function, operands, help) {name, mask, function, operands, help},
#include "cli/verbs.def"
#undef VERB
};
const size_t cli_verb_count = sizeof(cli_verbs) / sizeof(cli_verbs[0]);

const struct cli_option cli_options[] = {
#define GROUP(title) {NULL, NULL, 0, 0, NULL, 0, title},
#define OPTION(name, form, verbs, flags, setter, detail, help) \
	{name, form, verbs, flags, setter, detail, help},
#include "cli/options.def"
#undef OPTION
#undef GROUP
};
const size_t cli_option_count = sizeof(cli_options) / sizeof(cli_options[0]);

/* Longer words are compared by their first bytes; no name in the tables is as long. */
#define WORD_MAX 31

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters to add, drop or change to make one word of the other. */
static size_t distance(const char *a, size_t a_len, const char *b)
{
	size_t b_len = least(strlen(b), WORD_MAX);
	size_t row[WORD_MAX + 1];
	size_t i, j;

	a_len = least(a_len, WORD_MAX);
	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = least(change, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_len];
}

/* Far enough to be another word altogether. */
static size_t too_far(size_t len)
{
	return len / 3 + 1;
}

const struct cli_verb *cli_verb_find(const char *name)
{
	size_t i;

	for (i = 0; i < cli_verb_count; i++)
		if (strcmp(cli_verbs[i].name, name) == 0)
			return &cli_verbs[i];
	return NULL;
}

const struct cli_verb *cli_verb_nearest(const char *name)
{
	const struct cli_verb *nearest = NULL;
	size_t best = too_far(strlen(name)) + 1;
	size_t i;

	for (i = 0; i < cli_verb_count; i++) {
		size_t d = distance(name, strlen(name), cli_verbs[i].name);

		if (d < best) {
			best = d;
			nearest = &cli_verbs[i];
		}
	}
	return nearest;
}

const struct cli_option *cli_option_find(const char *name, size_t len, unsigned int verbs)
{
	const struct cli_option *option;

	for (option = cli_options; option < cli_options + cli_option_count; option++) {
		if (!option->name || !(option->verbs & verbs))
			continue;
		if (strlen(option->name) == len && memcmp(option->name, name, len) == 0)
			return option;
	}
	return NULL;
}

const struct cli_option *cli_option_nearest(const char *name, size_t len, unsigned int verbs)
{
	const struct cli_option *nearest = NULL;
	const struct cli_option *option;
	size_t best = too_far(len) + 1;

	for (option = cli_options; option < cli_options + cli_option_count; option++) {
		size_t d;

		if (!option->name || !(option->verbs & verbs))
			continue;
		d = distance(name, len, option->name);
		if (d < best) {
			best = d;
			nearest = option;
		}
	}
	return nearest;
}

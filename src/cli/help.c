/* SPDX-License-Identifier: MIT
 *
 * bvisor help and version. The text is the tables, laid out.
 */
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

#include <bvisor/api.h>

#include "cli/say.h"
#include "cli/show.h"

#define NAME_WIDTH 26

static void print_option(const struct cli_option *option)
{
	bool apart = option->form[0] && !cli_option_bare(option);
	size_t len = strlen(option->name) + apart + strlen(option->form);

	printf("  %s%s%s", option->name, apart ? " " : "", option->form);
	if (len > NAME_WIDTH)
		printf("\n  %*s", NAME_WIDTH, "");
	else
		printf("%*s", (int)(NAME_WIDTH - len), "");
	printf("  %s\n", option->help);
}

static void print_options(unsigned int verb)
{
	const struct cli_option *option;
	const char *title = NULL;

	for (option = cli_options; option < cli_options + cli_option_count; option++) {
		if (!option->name) {
			title = option->help;
			continue;
		}
		if (!(option->verbs & verb) || (option->flags & CLI_HIDDEN))
			continue;
		if (title)
			printf("\n%s\n", title);
		title = NULL;
		print_option(option);
	}
}

static void print_verb(const struct cli_verb *verb)
{
	printf("Usage: bvisor %s%s%s\n%s\n", verb->name, verb->operands[0] ? " " : "",
		verb->operands, verb->help);
	print_options(verb->mask);
	if (verb->mask & CLI_RUN)
		printf("\nExit status: the program's own; 124 out of time; 125 refused or failed;\n"
		       "126 not executable; 127 not found; 128+N ended by signal N.\n");
	if (verb->mask & (CLI_RUN | CLI_PLAN | CLI_PROBE | CLI_VERIFY | CLI_SPEC | CLI_ARTIFACTS))
		printf("\nManual: bvisor-%s(1)\n", verb->name);
	else
		printf("\nManual: bvisor(1)\n");
}

static void print_all(void)
{
	size_t i;

	printf("Usage: bvisor VERB [OPTION...]\n"
	       "Runs programs you did not write inside a boundary, or refuses to.\n\n");
	for (i = 0; i < cli_verb_count; i++)
		printf("  %-12s%s\n", cli_verbs[i].name, cli_verbs[i].help);
	printf("\nA first run:  bvisor run --system -- ls /usr\n"
	       "More:         bvisor help VERB\n");
}

int cli_help_verb(const struct cli_verb *verb)
{
	if (verb->mask & CLI_HELP)
		print_all();
	else
		print_verb(verb);
	return cli_show_end();
}

int cli_help(struct cli_request *request)
{
	const char *name = request->operand_count > 0 ? request->operands[0] : "help";
	const struct cli_verb *verb = cli_verb_find(name);

	if (!verb || request->operand_count > 1) {
		cli_say("%s is not a verb; see: bvisor help", verb ? request->operands[1] : name);
		return CLI_EXIT_FAILED;
	}
	return cli_help_verb(verb);
}

int cli_version(struct cli_request *request)
{
	(void)request;
	printf("bvisor %s\n", bv_version());
	return cli_show_end();
}

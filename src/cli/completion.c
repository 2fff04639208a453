/* SPDX-License-Identifier: MIT
 *
 * bvisor completion: scripts for three shells, made from the tables. Of an option's form, words
 * in lower case are offered as they are, and PATH or FILE means file names.
 */
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

#include "cli/say.h"
#include "cli/show.h"

static bool wants_file(const struct cli_option *option)
{
	return strstr(option->form, "PATH") || strstr(option->form, "FILE");
}

/* Prints the literal words of a form with a space between; the number of them. */
static size_t print_words(const char *form)
{
	size_t count = 0;

	while (*form) {
		size_t len = strcspn(form, "|");

		if (form[0] >= 'a' && form[0] <= 'z')
			printf("%s%.*s", count++ ? " " : "", (int)len, form);
		form += len + (form[len] == '|');
	}
	return count;
}

static void print_verb_names(void)
{
	size_t i;

	for (i = 0; i < cli_verb_count; i++)
		printf("%s%s", i ? " " : "", cli_verbs[i].name);
}

static void print_option_names(unsigned int verb)
{
	const struct cli_option *option;
	const char *space = "";

	for (option = cli_options; option < cli_options + cli_option_count; option++) {
		if (!option->name || !(option->verbs & verb) || (option->flags & CLI_HIDDEN))
			continue;
		printf("%s%s", space, option->name);
		space = " ";
	}
}

/* A case for each option that takes a value, for bash and zsh alike. */
static void print_value_cases(void)
{
	const struct cli_option *option;

	for (option = cli_options; option < cli_options + cli_option_count; option++) {
		if (!option->name || !option->form[0] || cli_option_bare(option))
			continue;
		printf("\t%s) words=\"", option->name);
		(void)print_words(option->form);
		printf("\" files=%d ;;\n", wants_file(option));
	}
}

static void print_verb_cases(void)
{
	size_t i;

	for (i = 0; i < cli_verb_count; i++) {
		printf("\t%s) words=\"", cli_verbs[i].name);
		print_option_names(cli_verbs[i].mask);
		printf("\" files=%d ;;\n",
			(cli_verbs[i].mask & (CLI_VERIFY | CLI_WASM | CLI_ARTIFACTS)) != 0);
	}
	printf("\tesac\n\tcase $verb in\n\thelp) words=\"");
	print_verb_names();
	printf("\" ;;\n\tcompletion) words=\"bash zsh fish\" ;;\n");
}

static void print_bash(void)
{
	printf("# bash completion for bvisor: source <(bvisor completion bash)\n"
	       "_bvisor() {\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	       "\tlocal verb=${COMP_WORDS[1]} words= files=0 i\n"
	       "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	       "\t\tif [[ ${COMP_WORDS[i]} == -- ]]; then\n"
	       "\t\t\tif ((i + 1 == COMP_CWORD)); then\n"
	       "\t\t\t\tmapfile -t COMPREPLY < <(compgen -c -- \"$cur\")\n"
	       "\t\t\telse\n"
	       "\t\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	       "\t\t\tfi\n"
	       "\t\t\treturn\n\t\tfi\n\tdone\n"
	       "\tif ((COMP_CWORD == 1)); then\n\t\tmapfile -t COMPREPLY < <(compgen -W \"");
	print_verb_names();
	printf("\" -- \"$cur\")\n\t\treturn\n\tfi\n\tcase $prev in\n");
	print_value_cases();
	printf("\t*) case $verb in\n");
	print_verb_cases();
	printf("\tesac ;;\n\tesac\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	       "\tif ((files)); then\n"
	       "\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$cur\")\n"
	       "\tfi\n}\n"
	       "complete -o filenames -F _bvisor bvisor\n");
}

static void print_zsh(void)
{
	printf("#compdef bvisor\n"
	       "# zsh completion for bvisor: save as _bvisor in a directory of $fpath\n"
	       "_bvisor() {\n"
	       "\tlocal cur=${words[CURRENT]} prev=${words[CURRENT-1]} verb=${words[2]}\n"
	       "\tlocal stop=${words[(i)--]}\n"
	       "\tif ((stop < CURRENT)); then\n"
	       "\t\tif ((stop + 1 == CURRENT)); then _command_names -e; else _files; fi\n"
	       "\t\treturn\n\tfi\n"
	       "\tlocal files=0\n\tlocal words=\n"
	       "\tif ((CURRENT == 2)); then\n\t\tcompadd -- ");
	print_verb_names();
	printf("\n\t\treturn\n\tfi\n\tcase $prev in\n");
	print_value_cases();
	printf("\t*) case $verb in\n");
	print_verb_cases();
	printf("\tesac ;;\n\tesac\n"
	       "\tcompadd -- ${=words}\n"
	       "\tif ((files)); then _files; fi\n}\n"
	       "_bvisor \"$@\"\n");
}

/* A fish string: single quotes, with ' and \ escaped. */
static void print_fish_string(const char *text)
{
	(void)putchar('\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			(void)putchar('\\');
		(void)putchar(*text);
	}
	(void)putchar('\'');
}

static void print_fish_option(const struct cli_option *option)
{
	size_t i;

	printf("complete -c bvisor -n '__fish_seen_subcommand_from");
	for (i = 0; i < cli_verb_count; i++)
		if (option->verbs & cli_verbs[i].mask)
			printf(" %s", cli_verbs[i].name);
	printf("' -l %s -d ", option->name + 2);
	print_fish_string(option->help);
	if (option->form[0] && !cli_option_bare(option)) {
		printf(wants_file(option) ? " -r -F -a '" : " -x -a '");
		(void)print_words(option->form);
		printf("'");
	}
	printf("\n");
}

static void print_fish(void)
{
	const struct cli_option *option;
	size_t i;

	printf("# fish completion for bvisor: bvisor completion fish | source\n"
	       "complete -c bvisor -f\n");
	for (i = 0; i < cli_verb_count; i++) {
		printf("complete -c bvisor -n __fish_use_subcommand -a %s -d ", cli_verbs[i].name);
		print_fish_string(cli_verbs[i].help);
		printf("\n");
	}
	printf("complete -c bvisor -n '__fish_seen_subcommand_from verify' -F\n"
	       "complete -c bvisor -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n"
	       "complete -c bvisor -n '__fish_seen_subcommand_from run plan; and contains -- -- "
	       "(commandline -opc)' -a '(__fish_complete_subcommand)' -F\n");
	for (option = cli_options; option < cli_options + cli_option_count; option++)
		if (option->name && !(option->flags & CLI_HIDDEN))
			print_fish_option(option);
}

static const struct {
	const char *shell;
	void (*print)(void);
} shells[] = {
	{"bash", print_bash},
	{"zsh", print_zsh},
	{"fish", print_fish},
};

int cli_completion(struct cli_request *request)
{
	const char *shell = request->operand_count == 1 ? request->operands[0] : "";
	size_t i;

	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].shell, shell) == 0) {
			shells[i].print();
			return cli_show_end();
		}
	}
	cli_say("completion wants one of: bash, zsh, fish");
	return CLI_EXIT_FAILED;
}

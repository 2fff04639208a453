/* SPDX-License-Identifier: MIT
 *
 * Reading the command line. The grammar is small: options begin with "--" and take their value
 * from the next word or after "="; a lone "--" ends them, and what follows is the program and
 * its arguments, untouched. An option that is not marked CLI_MANY may be given once: which of
 * two values was meant is not for us to guess.
 */
#include "cli/request.h"

#include <stdlib.h>
#include <string.h>

#include "cli/draft.h"
#include "cli/say.h"

char *cli_keep(struct cli_request *request, size_t len, struct bv_error *err)
{
	struct cli_kept *kept = calloc(1, sizeof(*kept) + len + 1);

	if (!kept) {
		(void)cli_fail(err, BV_E_NO_MEMORY, NULL, "out of memory");
		return NULL;
	}
	kept->next = request->kept;
	request->kept = kept;
	return kept->bytes;
}

char *cli_keep_text(struct cli_request *request, const char *text, size_t len, struct bv_error *err)
{
	char *copy = cli_keep(request, len, err);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

void cli_request_clear(struct cli_request *request)
{
	while (request->kept) {
		struct cli_kept *kept = request->kept;

		request->kept = kept->next;
		free(kept);
	}
	request->base = bv_proposal_free(request->base);
	free(request->given);
	request->given = NULL;
	free(request->operands);
	request->operands = NULL;
}

static int unknown_option(const struct cli_request *request, const char *name, size_t len,
	struct bv_error *err)
{
	const struct cli_verb *verb = request->verb;
	const struct cli_option *near = cli_option_nearest(name, len, verb->mask);

	if (cli_option_find(name, len, CLI_ANY))
		return cli_fail(err, BV_E_INVALID, NULL,
			"%.*s is not an option of %s; see: bvisor help %s", (int)len, name,
			verb->name, verb->name);
	if (near)
		return cli_fail(err, BV_E_INVALID, NULL,
			"unknown option %.*s; did you mean %s? See: bvisor help %s", (int)len, name,
			near->name, verb->name);
	return cli_fail(err, BV_E_INVALID, NULL, "unknown option %.*s; see: bvisor help %s",
		(int)len, name, verb->name);
}

static int note(struct cli_request *request, const struct cli_option *option, const char *value,
	struct bv_error *err)
{
	size_t i;

	for (i = 0; i < request->given_count; i++) {
		if (request->given[i].option == option && !(option->flags & CLI_MANY))
			return cli_fail(err, BV_E_DUPLICATE, option->name, "is given twice");
	}
	request->given[request->given_count].option = option;
	request->given[request->given_count].value = value;
	request->given_count++;
	return 0;
}

/* Reads one option at argv[0]; *ret_used says how many words it took. */
static int read_option(struct cli_request *request, int argc, char **argv, int *ret_used,
	struct bv_error *err)
{
	const char *word = strcmp(argv[0], "-h") == 0 ? "--help" : argv[0];
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct cli_option *option = cli_option_find(word, len, request->verb->mask);

	if (!option)
		return unknown_option(request, word, len, err);
	*ret_used = 1;
	if (!option->form[0]) {
		if (equals)
			return cli_fail(err, BV_E_INVALID, option->name, "takes no value");
		return note(request, option, NULL, err);
	}
	if (equals)
		return note(request, option, equals + 1, err);
	if (cli_option_bare(option))
		return note(request, option, NULL, err);
	if (argc < 2 || strcmp(argv[1], "--") == 0)
		return cli_fail(err, BV_E_MISSING, option->name, "wants %s", option->form);
	*ret_used = 2;
	return note(request, option, argv[1], err);
}

static int allocate(struct cli_request *request, int argc, struct bv_error *err)
{
	size_t count = (size_t)argc + 1;

	request->given = calloc(count, sizeof(request->given[0]));
	request->operands = calloc(count, sizeof(request->operands[0]));
	if (!request->given || !request->operands)
		return cli_fail(err, BV_E_NO_MEMORY, NULL, "out of memory");
	return 0;
}

int cli_parse(struct cli_request *request, int argc, char **argv, struct bv_error *err)
{
	int code = allocate(request, argc, err);
	int i = 0;

	while (!code && i < argc) {
		int used = 1;

		if (strcmp(argv[i], "--") == 0) {
			request->command = argv + i + 1;
			request->command_count = (size_t)(argc - i - 1);
			return 0;
		}
		if (argv[i][0] == '-' && argv[i][1] != '\0')
			code = read_option(request, argc - i, argv + i, &used, err);
		else
			request->operands[request->operand_count++] = argv[i];
		i += used;
	}
	return code;
}

static const struct cli_given *given_spec(const struct cli_request *request)
{
	size_t i;

	for (i = 0; i < request->given_count; i++)
		if (strcmp(request->given[i].option->name, "--spec") == 0)
			return &request->given[i];
	return NULL;
}

int cli_apply(struct cli_request *request, struct bv_error *err)
{
	const struct cli_given *spec = given_spec(request);
	int code = cli_draft_begin(request, spec ? spec->value : NULL, err);
	size_t i;

	for (i = 0; !code && i < request->given_count; i++) {
		const struct cli_given *given = &request->given[i];

		code = given->option->set(request, given->option, given->value, err);
	}
	return code;
}

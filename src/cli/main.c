/* SPDX-License-Identifier: MIT
 *
 * bvisor, the command: finds the verb, reads the rest of the line for it, and calls it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/scope.h"
#include "cli/verbs.h"

#define STACK_LEAST (128 * 1024)

/* A caller may have closed a standard stream. The next file opened would take its number, and
 * our words would end up in it. */
static void hold_standard_streams(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
			open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
			exit(CLI_EXIT_FAILED);
	}
}

static const struct cli_verb *find_verb(const char *word)
{
	const struct cli_verb *verb;

	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return cli_verb_find("help");
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return cli_verb_find("version");
	verb = cli_verb_find(word);
	if (verb)
		return verb;
	verb = cli_verb_nearest(word);
	if (verb)
		cli_say("unknown verb %s; did you mean %s? See: bvisor help", word, verb->name);
	else
		cli_say("unknown verb %s; see: bvisor help", word);
	return NULL;
}

static bool wants_help(const struct cli_request *request)
{
	size_t i;

	for (i = 0; i < request->given_count; i++)
		if (strcmp(request->given[i].option->name, "--help") == 0)
			return true;
	return false;
}

static int serve(struct cli_request *request, int argc, char **argv)
{
	struct bv_error err = {0};
	int code;

	request->words = argv;
	request->word_count = argc;
	code = cli_parse(request, argc, argv, &err);

	if (!code && wants_help(request))
		return cli_help_verb(request->verb);
	if (!code)
		code = cli_apply(request, &err);
	if (!code)
		code = cli_scope_enter(request, &err);
	if (code) {
		cli_say_error(&err);
		return cli_exit_of(&err);
	}
	return request->verb->run(request);
}

/* Less would end in a fault of the processor, with nothing said. */
static bool has_stack(void)
{
	struct rlimit stack;

	return getrlimit(RLIMIT_STACK, &stack) < 0 || stack.rlim_cur >= STACK_LEAST;
}

int main(int argc, char **argv)
{
	struct cli_request *request;
	int status;

	hold_standard_streams();
	if (!has_stack()) {
		cli_say("a stack of less than %d KiB is too small to work with; see ulimit -s",
			STACK_LEAST / 1024);
		return CLI_EXIT_FAILED;
	}
	/* A write that fails is said, not died of. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		cli_say("no verb; see: bvisor help");
		return CLI_EXIT_FAILED;
	}
	request = calloc(1, sizeof(*request));
	if (!request) {
		cli_say("out of memory");
		return CLI_EXIT_FAILED;
	}
	request->verb = find_verb(argv[1]);
	status = request->verb ? serve(request, argc - 2, argv + 2) : CLI_EXIT_FAILED;
	cli_request_clear(request);
	free(request);
	return status;
}

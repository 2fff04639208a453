/* SPDX-License-Identifier: MIT
 *
 * Setters of paths, switches and plain choices.
 */
#include "cli/setters.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/draft.h"
#include "cli/path.h"
#include "cli/say.h"

CLI_SETTER(cli_set_grant)
{
	const char *path = NULL;
	int code = cli_path_absolute(request, option->name, value, &path, err);

	if (code)
		return code;
	if (access(path, F_OK) < 0)
		return cli_fail_os(err, errno, option->name,
			strchr(value, ':') ? "%s (to show it elsewhere: --bind SRC:DEST)" : "%s",
			path);
	return cli_draft_grant(request, path, option->detail, err);
}

CLI_SETTER(cli_set_system)
{
	(void)option;
	(void)value;
	(void)err;
	request->system = true;
	return 0;
}

CLI_SETTER(cli_set_path)
{
	if (!value[0])
		return cli_fail(err, BV_E_INVALID, option->name, "wants %s", option->form);
	if (option->detail == CLI_PATH_CWD)
		return cli_path_absolute(request, option->name, value,
			&request->spec.workload.directory, err);
	request->paths[option->detail] = value;
	return 0;
}

CLI_SETTER(cli_set_flag)
{
	(void)value;
	(void)err;
	request->flags[option->detail] = true;
	return 0;
}

/* The position of value among the words of form, or -1. */
static int position(const char *form, const char *value)
{
	size_t len = strlen(value);
	int i = 0;

	for (;;) {
		size_t word = strcspn(form, "|");

		if (word == len && memcmp(form, value, len) == 0)
			return i;
		if (!form[word])
			return -1;
		form += word + 1;
		i++;
	}
}

static void choose_network(struct cli_request *request, bool ambient)
{
	request->spec.network = ambient ? BV_NETWORK_AMBIENT : BV_NETWORK_DENY_ALL;
	request->spec.destinations = NULL;
	request->spec.destination_count = 0;
	request->network_ambient_given = ambient;
}

/* The order of the words in options.def is the order of the enumerations in spec.h, strictest
 * first, except where it is said here. */
static void choose(struct cli_request *request, enum cli_choice choice, int at)
{
	struct bv_spec *spec = &request->spec;

	switch (choice) {
	case CLI_CHOICE_NETWORK:
		choose_network(request, at == 1);
		return;
	case CLI_CHOICE_SPAWN:
		spec->spawn = (enum bv_spawn)at;
		return;
	case CLI_CHOICE_HOST_PROCESSES:
		spec->host_processes = (enum bv_isolation)at;
		return;
	case CLI_CHOICE_IPC:
		spec->ipc = (enum bv_isolation)at;
		return;
	case CLI_CHOICE_KERNEL:
		spec->kernel_surface = (enum bv_isolation)at;
		return;
	case CLI_CHOICE_KILL: /* the default of the command stands first */
		spec->kill = at == 0 ? BV_KILL_BEST_EFFORT : BV_KILL_ATOMIC;
		return;
	case CLI_CHOICE_COMMIT:
		spec->commit = at == 0 ? BV_COMMIT_DURABLE
			: at == 1      ? BV_COMMIT_ATOMIC
				       : BV_COMMIT_BEST_EFFORT;
		request->commit_given = true;
		return;
	case CLI_CHOICE_BACKEND:
		request->backend = (enum cli_backend)(at + 1);
		return;
	case CLI_CHOICE_WORKER:
		request->worker = (enum bv_wasm_worker)at;
		return;
	case CLI_CHOICE_VIEW:
		request->view = (enum bv_linux_view)at;
		return;
	case CLI_CHOICE_IDENTITY:
		request->identity = (enum bv_linux_identity)at;
		return;
	}
}

CLI_SETTER(cli_set_choice)
{
	int at = position(option->form, value);

	if (at < 0)
		return cli_fail(err, BV_E_INVALID, option->name, "%s is not one of %s", value,
			option->form);
	choose(request, (enum cli_choice)option->detail, at);
	return 0;
}

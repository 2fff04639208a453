/* SPDX-License-Identifier: MIT
 *
 * A request: one command line, understood. Parsing only notes which options were given, in
 * order; applying then calls their setters, so that a spec file is the base wherever it stood.
 * A request owns every string it made (`kept`) and borrows the rest from argv.
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bvisor/digest.h>
#include <bvisor/error.h>
#include <bvisor/linux.h>
#include <bvisor/spec.h>
#include <bvisor/wasm_backend.h>

enum cli_verb_mask {
	CLI_RUN = 1,
	CLI_PLAN = 2,
	CLI_PROBE = 4,
	CLI_VERIFY = 8,
	CLI_SPEC = 16,
	CLI_COMPLETION = 32,
	CLI_HELP = 64,
	CLI_VERSION = 128,
	CLI_WASM = 256,
	CLI_ARTIFACTS = 512,
	CLI_ANY = 1023,
};

enum cli_option_flag {
	CLI_MANY = 1,
	CLI_HIDDEN = 2,
};

enum cli_choice {
	CLI_CHOICE_NETWORK,
	CLI_CHOICE_SPAWN,
	CLI_CHOICE_HOST_PROCESSES,
	CLI_CHOICE_IPC,
	CLI_CHOICE_KERNEL,
	CLI_CHOICE_KILL,
	CLI_CHOICE_BACKEND,
	CLI_CHOICE_VIEW,
	CLI_CHOICE_IDENTITY,
	CLI_CHOICE_WORKER,
	CLI_CHOICE_COMMIT,
};

/* The order of the words of --backend, but for the first: what the program asks for. */
enum cli_backend {
	CLI_BACKEND_FITTING,
	CLI_BACKEND_LINUX,
	CLI_BACKEND_WASM,
	CLI_BACKEND_INERT,
};

enum cli_path {
	CLI_PATH_CWD,
	CLI_PATH_SECRETS,
	CLI_PATH_REPORT,
	CLI_PATH_SPEC,
	CLI_PATH_CHECK,
	CLI_PATH_LAUNCHER,
	CLI_PATH_WORKER,
	CLI_PATH_STAGING,
	CLI_PATH_COMMIT,
	CLI_PATH_RECORD,
	CLI_PATH_COUNT,
};

enum cli_flag {
	CLI_FLAG_PRINT_SPEC,
	CLI_FLAG_SCHEMA,
	CLI_FLAG_EXAMPLE,
	CLI_FLAG_JSON,
	CLI_FLAG_FUEL,
	CLI_FLAG_HELP,
	CLI_FLAG_SCOPE,
	CLI_FLAG_IN_SCOPE,
	CLI_FLAG_DISCARD,
	CLI_FLAG_OVERWRITE,
	CLI_FLAG_COUNT,
};

/* What the command adds to those of coreutils' env, chroot and timeout: nothing. */
enum cli_exit {
	CLI_EXIT_OK = 0,
	CLI_EXIT_UNSOUND = 1,   /* verify, spec --check, artifacts diff: the answer is no */
	CLI_EXIT_TIMEOUT = 124, /* the wall or CPU budget ended the run */
	CLI_EXIT_FAILED = 125,  /* bvisor refused, or failed */
	CLI_EXIT_NOT_EXECUTABLE = 126,
	CLI_EXIT_NOT_FOUND = 127,
	CLI_EXIT_SIGNAL = 128, /* plus the signal */
};

struct cli_request;
struct cli_option;

struct cli_verb {
	const char *name;
	unsigned int mask;
	int (*run)(struct cli_request *request);
	const char *operands;
	const char *help;
};

struct cli_option {
	const char *name; /* NULL: `help` is the title of a group */
	const char *form;
	unsigned int verbs;
	unsigned int flags;
	int (*set)(struct cli_request *request, const struct cli_option *option, const char *value,
		struct bv_error *err);
	uint32_t detail;
	const char *help;
};

struct cli_given {
	const struct cli_option *option;
	const char *value; /* NULL if the option takes none, or may have none */
};

struct cli_kept {
	struct cli_kept *next;
	char bytes[];
};

struct cli_request {
	const struct cli_verb *verb;
	char **words; /* everything after the verb */
	int word_count;
	struct cli_given *given;
	size_t given_count;
	char **operands; /* before `--` */
	size_t operand_count;
	char **command; /* after it */
	size_t command_count;

	/* What the options said. */
	const char *paths[CLI_PATH_COUNT];
	bool flags[CLI_FLAG_COUNT];
	enum cli_backend backend;
	enum bv_wasm_worker worker;
	enum bv_linux_view view;
	enum bv_linux_identity identity;
	bool system;
	bool network_ambient_given;
	bool network_bytes_given;
	bool storage_wanted; /* something was asked that stores */
	bool storage_given;
	bool output_given;
	bool commit_given; /* the kind of commit */
	bool capture_limit_given;
	uint64_t capture_limit;
	bool id_given;
	struct bv_report_id id;

	/* The spec being built; its lists live here. */
	struct bv_spec spec;
	struct bv_grant grants[BV_GRANTS_MAX];
	struct bv_variable variables[BV_VARIABLES_MAX];
	struct bv_descriptor descriptors[BV_DESCRIPTORS_MAX];
	struct bv_exposure exposures[BV_EXPOSURES_MAX];
	struct bv_output outputs[BV_OUTPUTS_MAX];
	struct bv_proposal *base; /* from --spec; the spec borrows from it */

	struct cli_kept *kept;
};

extern const struct cli_verb cli_verbs[];
extern const size_t cli_verb_count;
extern const struct cli_option cli_options[];
extern const size_t cli_option_count;

/* True if the option may stand without its argument. */
static inline bool cli_option_bare(const struct cli_option *option)
{
	return option->form[0] == '[' && option->form[1] == '=';
}

const struct cli_verb *cli_verb_find(const char *name);
const struct cli_verb *cli_verb_nearest(const char *name);
const struct cli_option *cli_option_find(const char *name, size_t len, unsigned int verbs);
const struct cli_option *cli_option_nearest(const char *name, size_t len, unsigned int verbs);

/* Notes what is on the command line after the verb. Calls no setter. */
int cli_parse(struct cli_request *request, int argc, char **argv, struct bv_error *err);
/* Calls the setters, in order. */
int cli_apply(struct cli_request *request, struct bv_error *err);
void cli_request_clear(struct cli_request *request);

/* Memory that lives as long as the request; NULL and BV_E_NO_MEMORY if there is none. */
char *cli_keep(struct cli_request *request, size_t len, struct bv_error *err);
char *cli_keep_text(struct cli_request *request, const char *text, size_t len,
	struct bv_error *err);

#endif

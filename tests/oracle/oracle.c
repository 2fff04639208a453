/* SPDX-License-Identifier: MIT
 *
 * The fixture of the oracles; see oracle.h.
 */
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct bv_snapshot facts; /* of the whole machine, as probed once */

static const char *needed(const char *name)
{
	const char *value = getenv(name);

	if (!value) {
		fprintf(stderr, "%s is not set: run me through meson test\n", name);
		exit(2);
	}
	return value;
}

/* `staging` may be NULL. */
static struct bv_backend *backend_open(const char *staging)
{
	struct bv_linux_options options = {.launcher_path = needed("ORACLE_LAUNCHER"),
		.view = getenv("ORACLE_FLOOR") ? BV_LINUX_VIEW_NEVER : BV_LINUX_VIEW_AUTO,
		.staging = staging};
	struct bv_backend *backend = NULL;
	struct bv_error err = {0};

	if (bv_linux_open(&options, &backend, &err))
		fail_msg("bv_linux_open: %s", err.text);
	return backend;
}

void oracle_skip(const char *why)
{
	fprintf(stderr, "SKIP: %s\n", why);
	skip();
	abort();
}

bool oracle_root(void)
{
	return geteuid() == 0;
}

bool oracle_has(const char *fact, int64_t value)
{
	return bv_snapshot_has(&facts, fact) && bv_snapshot_value(&facts, fact) >= value;
}

bool oracle_view(void)
{
	return oracle_has("view.canary", 0);
}

bool oracle_modes(void)
{
	return oracle_view() && (!oracle_root() || oracle_has("namespaces.sealed", 0));
}

void oracle_needs(const char *fact, int64_t value)
{
	char why[128];

	if (oracle_has(fact, value))
		return;
	snprintf(why, sizeof(why), "the machine has no %s (of at least %lld)", fact,
		(long long)value);
	oracle_skip(why);
}

const char *oracle_cgroup(void)
{
	const struct bv_fact *fact = bv_snapshot_find(&facts, "cgroup.v2");

	return oracle_has("cgroup.canary", 0) && fact ? fact->detail : NULL;
}

void oracle_without(const char *facilities)
{
	if (facilities)
		setenv("BVISOR_TEST_WITHOUT", facilities, 1);
	else
		unsetenv("BVISOR_TEST_WITHOUT");
}

static void on_output(void *context, int stream, const void *data, size_t len)
{
	struct oracle *o = context;

	if (stream != 1 || o->looked || !o->look || !memmem(data, len, "ready", 5))
		return;
	o->looked = true;
	o->look(o);
	if (o->input[1] >= 0)
		close(o->input[1]);
	o->input[1] = -1;
}

static void spec_default(struct oracle *o)
{
	static const struct bv_run_options defaults = BV_RUN_OPTIONS_DEFAULT;

	o->variables[0] = (struct bv_variable){.name = "ORACLE", .value = o->marker};
	o->spec = (struct bv_spec){
		.workload = {.program = o->guest,
			.name = o->marker,
			.arguments = o->arguments,
			.directory = o->root},
		.grants = o->grants,
		.variables = o->variables,
		.variable_count = 1,
		/* The strongest that is there; atomic is asked for where it is what is tested. */
		.kill = BV_KILL_BEST_EFFORT,
		.streams = {{BV_STREAM_NULL, NULL, 0},
			{BV_STREAM_CAPTURE, NULL, sizeof(o->out) - 1},
			{BV_STREAM_CAPTURE, NULL, 65536}},
	};
	bv_budgets_default(o->spec.budgets);
	o->options = defaults;
	o->options.on_output = on_output;
	o->options.context = o;
}

int oracle_setup(void **state)
{
	static unsigned int number;
	struct oracle *o = calloc(1, sizeof(*o));
	char path[256];

	if (!o)
		return -1;
	oracle_without(NULL);
	o->descriptors = world_descriptors();
	excuse_note_open(o);
	o->mounts = world_mounts();
	o->input[0] = o->input[1] = o->held[0] = o->held[1] = -1;
	o->mount_namespace = -1;
	strcpy(o->root, "/tmp/bvisor-oracle-XXXXXX");
	if (!mkdtemp(o->root))
		return -1;
	snprintf(o->marker, sizeof(o->marker), "oracle-%d-%u-%llx", (int)getpid(), number++,
		(unsigned long long)world_ms());
	snprintf(path, sizeof(path), "%s/.guest", o->root);
	if (mkdir(path, 0755))
		return -1;
	snprintf(o->guest, sizeof(o->guest), "%s/.guest/guest", o->root);
	world_copy(needed("ORACLE_GUEST"), o->guest, 0755);
	snprintf(o->staging, sizeof(o->staging), "%s/.staging", o->root);
	if (mkdir(o->staging, 0700))
		return -1;
	o->backend = backend_open(o->staging);
	spec_default(o);
	*state = o;
	return 0;
}

void oracle_again(struct oracle *o)
{
	o->report = bv_report_free(o->report);
	o->admission = bv_admission_free(o->admission);
	o->looked = false;
}

/* Zombies of the system's own init are not ours to wait for; our children are. */
static void assert_nothing_left(const struct oracle *o)
{
	siginfo_t info = {0};
	char *mounts = world_mounts();

	if (!world_gone(o->marker, 2000))
		fail_msg("%zu processes of the run are still alive",
			world_processes(o->marker, NULL, 0));
	assert_int_equal(world_leaves(), 0);
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) == 0)
		fail_msg("a child is left (%d)", (int)info.si_pid);
	assert_string_equal(mounts, o->mounts);
	assert_int_equal(world_descriptors(), o->descriptors);
	free(mounts);
}

static void end_what_the_test_made(struct oracle *o)
{
	if (o->child > 0) {
		kill(o->child, SIGKILL);
		waitpid(o->child, NULL, 0);
	}
	for (int i = 0; i < 2; i++) {
		if (o->input[i] >= 0)
			close(o->input[i]);
		if (o->held[i] >= 0)
			close(o->held[i]);
	}
	if (o->mounted[0])
		umount2(o->mounted, MNT_DETACH);
	if (o->mount_namespace >= 0) {
		(void)setns(o->mount_namespace, CLONE_NEWNS);
		close(o->mount_namespace);
	}
}

int oracle_teardown(void **state)
{
	struct oracle *o = *state;

	oracle_without(NULL);
	oracle_again(o);
	end_what_the_test_made(o);
	o->backend = bv_backend_free(o->backend);
	if (o->excused)
		excuse_close_opened(o);
	world_remove(o->root);
	assert_nothing_left(o);
	free(o->mounts);
	free(o);
	return 0;
}

static const char *name_put(struct oracle *o, const char *text)
{
	char *at = o->names + o->names_len;
	size_t len = strlen(text) + 1;

	assert_true(len <= sizeof(o->names) - o->names_len);
	memcpy(at, text, len);
	o->names_len += len;
	return at;
}

void oracle_grant(struct oracle *o, const char *path, uint32_t access)
{
	char full[512];

	assert_true(o->spec.grant_count < ORACLE_GRANTS_MAX);
	snprintf(full, sizeof(full), "%s%s%s", *path == '/' ? "" : o->root, *path == '/' ? "" : "/",
		path);
	o->grants[o->spec.grant_count++] = (struct bv_grant){name_put(o, full), access};
}

void oracle_grant_system(struct oracle *o)
{
	static const char *const paths[] = {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (access(paths[i], F_OK) == 0)
			oracle_grant(o, paths[i], BV_READ | BV_EXECUTE);
}

void oracle_attempts(struct oracle *o, const char *fmt, ...)
{
	char text[4096], *save = NULL;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	o->spec.workload.argument_count = 0;
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		assert_true(o->spec.workload.argument_count < ORACLE_ARGUMENTS_MAX);
		o->arguments[o->spec.workload.argument_count++] = name_put(o, word);
	}
}

void oracle_program(struct oracle *o, const char *program, ...)
{
	const char *word;
	va_list args;

	o->spec.workload.program = name_put(o, program);
	o->spec.workload.argument_count = 0;
	va_start(args, program);
	while ((word = va_arg(args, const char *)))
		o->arguments[o->spec.workload.argument_count++] = name_put(o, word);
	va_end(args);
}

static bool is_without(const char *facility)
{
	char text[256], *save = NULL;
	const char *without = getenv("BVISOR_TEST_WITHOUT");

	snprintf(text, sizeof(text), "%s", without ? without : "");
	for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save))
		if (strcmp(word, facility) == 0)
			return true;
	return false;
}

void oracle_admit(struct oracle *o)
{
	struct bv_proposal *proposal = NULL;
	struct bv_spec spec = o->spec;

	oracle_again(o);
	spec.budgets[BV_WALL].limit *= world_scale();
	if (bv_proposal_new(&spec, &proposal, &o->err))
		fail_msg("the spec is not one: %s: %s", o->err.place, o->err.text);
	/* A view takes a mount namespace, and as a user one of users. */
	o->spaceless = is_without("namespace");
	o->viewless = o->spaceless || is_without("view") || getenv("ORACLE_FLOOR");
	o->code = bv_admit(o->backend, proposal, &o->admission, &o->err);
	bv_proposal_free(proposal);
	if (o->code)
		fail_msg("bv_admit: %s: %s", o->err.place, o->err.text);
}

static void print_refusal(const struct oracle *o)
{
	size_t len;
	const char *json = bv_admission_json(o->admission, &len);

	/* Not by cmocka's print_error, which keeps a kilobyte of all that a test says. */
	fprintf(stderr, "%.*s\n", (int)(len < 60000 ? len : 60000), json);
}

static void take_output(struct oracle *o)
{
	int truncated;
	const void *kept = bv_report_stream(o->report, 1, &o->out_len, &truncated);

	if (!kept)
		o->out_len = 0;
	else
		memcpy(o->out, kept, o->out_len);
	o->out[o->out_len] = 0;
}

void oracle_plan(struct oracle *o)
{
	const char *excuse;

	if (!o->admission)
		oracle_admit(o);
	if (bv_admission_plan(o->admission))
		return;
	excuse = excuse_of_the_machine(o);
	o->excused = excuse != NULL;
	if (excuse)
		oracle_skip(excuse);
	print_refusal(o);
	fail_msg("the plan was refused");
}

void oracle_run(struct oracle *o)
{
	const struct bv_plan *plan;

	oracle_plan(o);
	plan = bv_admission_plan(o->admission);
	o->report = bv_report_free(o->report);
	memset(&o->err, 0, sizeof(o->err));
	o->code = bv_run(o->backend, plan, &o->options, &o->report, &o->err);
	o->out_len = 0;
	o->out[0] = 0;
	if (o->code)
		return;
	take_output(o);
}

static void print_report(const struct oracle *o)
{
	size_t len;
	const char *json = bv_report_json(o->report, &len);

	fprintf(stderr, "%.*s\n", (int)(len < 60000 ? len : 60000), json);
}

void oracle_ended(const struct oracle *o, enum bv_outcome outcome, enum bv_reason reason)
{
	const struct bv_end *end;

	if (o->code)
		fail_msg("bv_run: %s: %s: %s", bv_code_name(o->code), o->err.place, o->err.text);
	end = bv_report_end(o->report);
	if (end->outcome == outcome && end->reason == reason)
		return;
	print_report(o);
	fail_msg("%s/%s, not %s/%s (%s)", bv_outcome_name(end->outcome),
		bv_reason_name(end->reason), bv_outcome_name(outcome), bv_reason_name(reason),
		end->detail ? end->detail : "");
}

void oracle_spent(const struct oracle *o, enum bv_outcome outcome, enum bv_dimension dimension)
{
	oracle_ended(o, outcome, BV_REASON_BUDGET);
	assert_string_equal(bv_dimension_name(bv_report_end(o->report)->dimension),
		bv_dimension_name(dimension));
}

void oracle_completed(const struct oracle *o, int status)
{
	oracle_ended(o, BV_OUTCOME_COMPLETED, BV_REASON_NONE);
	assert_int_equal(bv_report_end(o->report)->exit, BV_EXIT_STATUS);
	assert_int_equal(bv_report_end(o->report)->exit_value, status);
}

/* The words of an expectation, as this rung has them. */
static const char *expect(const char *expected)
{
	static const char *const words[][3] = {{"OUTSIDE", "EACCES", "ENOENT"},
		{"RDONLY", "EACCES", "EROFS"}};
	static char text[8192];
	size_t at = 0;

	for (const char *from = expected; *from && at < sizeof(text) - 16;) {
		const char *word = NULL;

		for (size_t i = 0; i < 2 && !word; i++)
			if (strncmp(from, words[i][0], strlen(words[i][0])) == 0) {
				word = words[i][oracle_view() ? 2 : 1];
				from += strlen(words[i][0]);
			}
		if (word)
			at += (size_t)sprintf(text + at, "%s", word);
		else
			text[at++] = *from++;
	}
	text[at] = 0;
	return text;
}

void oracle_says(struct oracle *o, const char *expected)
{
	oracle_run(o);
	oracle_completed(o, 0);
	assert_string_equal(o->out, expect(expected));
}

static bool has_line(const struct oracle *o, const char *expected)
{
	const char *line = expect(expected);
	size_t len = strlen(line);

	for (const char *at = o->out; (at = strstr(at, line)); at++)
		if ((at == o->out || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

void oracle_line(const struct oracle *o, const char *line)
{
	if (!has_line(o, line))
		fail_msg("no line '%s' in:\n%s", line, o->out);
}

void oracle_no_line(const struct oracle *o, const char *line)
{
	if (has_line(o, line))
		fail_msg("the line '%s' is in:\n%s", line, o->out);
}

void oracle_nothing_ran(const struct oracle *o, int code, const char *what)
{
	const struct bv_end *end = o->code ? NULL : bv_report_end(o->report);
	const char *text = o->code ? o->err.text : end->detail;

	if (end) {
		oracle_ended(o, BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_SETUP);
		assert_int_equal(end->exit, BV_EXIT_NONE);
	} else {
		assert_string_equal(bv_code_name(o->code), bv_code_name(code));
	}
	if (!text || !strstr(text, what))
		fail_msg("'%s' does not name %s", text ? text : "", what);
	assert_int_equal(o->out_len, 0);
	assert_int_equal(world_processes(o->marker, NULL, 0), 0);
}

void oracle_hold(struct oracle *o, void (*look)(struct oracle *o))
{
	assert_int_equal(pipe2(o->input, O_CLOEXEC), 0);
	o->spec.streams[0].mode = BV_STREAM_INHERIT;
	o->options.stdin_borrow_fd = o->input[0];
	o->look = look;
}

const struct bv_requirement_row *oracle_row(const struct oracle *o, enum bv_kind kind)
{
	size_t count;
	const struct bv_requirement_row *rows = bv_admission_requirements(o->admission, &count);

	for (size_t i = 0; i < count; i++)
		if (rows[i].kind == kind)
			return &rows[i];
	fail_msg("no row for %s", bv_kind_name(kind));
	return NULL;
}

void oracle_refused_without(struct oracle *o, const char *facilities, enum bv_kind kind)
{
	const struct bv_requirement_row *row;

	oracle_without(facilities);
	oracle_admit(o);
	oracle_without(NULL);
	assert_null(bv_admission_plan(o->admission));
	row = oracle_row(o, kind);
	assert_int_equal(row->admitted, 0);
	assert_true(strlen(row->missing) > 10 && strlen(row->remedy) > 10);
	assert_int_equal(world_processes(o->marker, NULL, 0), 0);
	oracle_again(o);
}

bool oracle_report_has(const struct oracle *o, const char *text)
{
	size_t len;
	const char *json = bv_report_json(o->report, &len);

	return memmem(json, len, text, strlen(text)) != NULL;
}

bool oracle_finding(const struct oracle *o, const char *code)
{
	char text[128];

	snprintf(text, sizeof(text), "\"%s\"", code);
	return oracle_report_has(o, text);
}

static void probe_facts(void)
{
	struct bv_backend *backend = backend_open(NULL);
	struct bv_probe *probe = NULL;
	struct bv_error err = {0};

	if (bv_probe_new(backend, &probe, &err)) {
		fprintf(stderr, "probe: %s: %s\n", err.place, err.text);
		exit(2);
	}
	facts = *bv_probe_snapshot(probe);
	bv_probe_free(probe);
	bv_backend_free(backend);
}

/* An ordinary user without groups, who may be inspected like any other. */
static void become_user(void)
{
	if (geteuid() != 0) {
		fprintf(stderr, "SKIP: not root, so the tests ran as a user already\n");
		exit(77);
	}
	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
		setresuid(65534, 65534, 65534) || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)) {
		fprintf(stderr, "cannot become a user: %s\n", strerror(errno));
		exit(2);
	}
}

int oracle_main(const char *name, const struct CMUnitTest *tests, size_t count, int argc,
	char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < count; i++)
			puts(tests[i].name);
		return 0;
	}
	umask(022);
	if (getenv("ORACLE_USER"))
		become_user();
	probe_facts();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests(strrchr(name, '/') ? strrchr(name, '/') + 1 : name, tests,
		count, NULL, NULL);
}

/* SPDX-License-Identifier: MIT
 *
 * What the child is born with: exactly the listed environment, exactly the listed descriptors,
 * and no identity that could be more than its caller's.
 */
#include "oracle.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const char *const references[] = {"lease/1"};
static const char secret_value[] = "correct-horse-battery-staple-0451";

static void the_environment_is_exactly_the_listed_one(void **state)
{
	struct oracle *o = *state;
	char expected[160];

	setenv("ORACLE_HOST_ONLY", "leaked", 1);
	o->variables[1] = (struct bv_variable){.name = "EMPTY", .value = ""};
	o->spec.variable_count = 2;
	oracle_attempts(o, "environment");
	snprintf(expected, sizeof(expected), "[EMPTY=]\n[ORACLE=%s]\nenvironment=OK\n", o->marker);
	oracle_says(o, expected);
	unsetenv("ORACLE_HOST_ONLY");
}

static void an_empty_environment_is_empty(void **state)
{
	struct oracle *o = *state;

	o->spec.variable_count = 0;
	oracle_attempts(o, "environment");
	oracle_says(o, "environment=OK\n");
}

static int resolve(void *context, const char *reference, char *buffer, size_t capacity,
	size_t *ret_len)
{
	(void)context;
	if (strcmp(reference, references[0]) != 0 || capacity < sizeof(secret_value))
		return 2 /* ENOENT */;
	*ret_len = strlen(secret_value);
	memcpy(buffer, secret_value, *ret_len);
	return 0;
}

static bool file_has(pid_t pid, const char *file, const char *text)
{
	char data[65536];
	char path[64];
	size_t len;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	stream = fopen(path, "re");
	if (!stream)
		return false;
	len = fread(data, 1, sizeof(data), stream);
	fclose(stream);
	return memmem(data, len, text, strlen(text)) != NULL;
}

/* While the guest runs: seen in the child's environment, and nowhere else of ours. */
static void look_for_the_secret(struct oracle *o)
{
	pid_t launcher = world_launcher(getpid());

	world_processes(o->marker, &o->pid, 1);
	o->seen[0] = file_has(o->pid, "environ", secret_value);
	o->seen[1] = file_has(o->pid, "cmdline", secret_value);
	o->seen[2] = file_has(launcher, "environ", secret_value) +
		file_has(launcher, "cmdline", secret_value);
	o->seen[3] = launcher > 0;
}

static void a_secret_reaches_the_child_and_nothing_else(void **state)
{
	struct oracle *o = *state;
	char expected[200];
	size_t len;
	const char *json;

	o->variables[1] = (struct bv_variable){.name = "TOKEN", .secret = references[0]};
	o->spec.variable_count = 2;
	o->options.resolve_secret = resolve;
	oracle_attempts(o, "environment say ready wait-input");
	oracle_hold(o, look_for_the_secret);
	snprintf(expected, sizeof(expected),
		"[ORACLE=%s]\n[TOKEN=%s]\nenvironment=OK\nready\nwait-input=OK\n", o->marker,
		secret_value);
	oracle_says(o, expected);
	assert_int_equal(o->seen[0], 1);
	assert_int_equal(o->seen[1], 0);
	assert_int_equal(o->seen[2], 0);
	assert_int_equal(o->seen[3], 1);
	assert_false(oracle_report_has(o, secret_value));
	json = bv_plan_json(bv_admission_plan(o->admission), &len);
	assert_null(memmem(json, len, secret_value, strlen(secret_value)));
}

static void a_secret_that_cannot_be_resolved_stops_the_run(void **state)
{
	struct oracle *o = *state;

	o->variables[1] = (struct bv_variable){.name = "TOKEN", .secret = "lease/unknown"};
	o->spec.variable_count = 2;
	o->options.resolve_secret = resolve;
	oracle_attempts(o, "alive");
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_SECRET, "TOKEN");
	o->options.resolve_secret = NULL;
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_SECRET, "TOKEN");
}

static void look_at_descriptors(struct oracle *o)
{
	char path[64];

	if (world_processes(o->marker, &o->pid, 1) != 1)
		return;
	for (long fd = 0; fd < 2048; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%ld", (int)o->pid, fd);
		o->seen[0] += access(path, F_OK) == 0 ||
			faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
}

/* Of the host's descriptors neither those that close on execution nor those that do not. */
static void no_descriptor_but_the_streams_is_inherited(void **state)
{
	struct oracle *o = *state;
	int fds[4] = {open("/etc/passwd", O_RDONLY), open("/etc/passwd", O_RDONLY | O_CLOEXEC), -1,
		-1};

	fds[2] = fcntl(fds[0], F_DUPFD, 100);
	fds[3] = fcntl(fds[0], F_DUPFD, 900);
	oracle_attempts(o, "descriptors say ready wait-input");
	oracle_hold(o, look_at_descriptors);
	oracle_run(o);
	for (size_t i = 0; i < 4; i++)
		close(fds[i]);
	oracle_completed(o, 0);
	assert_string_equal(o->out, "descriptors=0,1,2,\nready\nwait-input=OK\n");
	assert_int_equal(o->seen[0], 3);
}

static int text_file(const struct oracle *o, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", o->root, name);
	world_write(o, name, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Numbers that clash: three becomes four, four becomes three, and one is far away. */
static void declared_descriptors_arrive_at_their_numbers(void **state)
{
	struct oracle *o = *state;
	int one = text_file(o, "one"), two = text_file(o, "two"), three = text_file(o, "three");
	struct bv_descriptor map[] = {{(uint32_t)one, (uint32_t)two},
		{(uint32_t)two, (uint32_t)one}, {(uint32_t)three, 1000}, {(uint32_t)three, 65535}};
	char expected[256];
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	o->spec.descriptors = map;
	o->spec.descriptor_count = limit.rlim_max > 65540 ? 4 : 3;
	o->spec.budgets[BV_HANDLES].limit = 4096;
	oracle_attempts(o, "descriptors take %d take %d take 1000", two, one);
	oracle_run(o);
	snprintf(expected, sizeof(expected),
		"descriptors=0,1,2,%d,%d,1000,%s\ntake-%d=one\ntake-%d=two\ntake-1000=three\n",
		one < two ? one : two, one < two ? two : one,
		o->spec.descriptor_count == 4 ? "65535," : "", two, one);
	close(one);
	close(two);
	close(three);
	oracle_completed(o, 0);
	assert_string_equal(o->out, expected);
}

static void a_descriptor_that_is_not_open_is_an_error(void **state)
{
	struct oracle *o = *state;
	struct bv_descriptor map = {4000, 5};

	o->spec.descriptors = &map;
	o->spec.descriptor_count = 1;
	oracle_attempts(o, "alive");
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_OS, "descriptor 4000");
}

/* The library's own descriptors have numbers too; one of them is the way to command the
 * launcher. A number the caller did not open must never lead to it. */
static void the_librarys_own_descriptors_are_not_given_away(void **state)
{
	struct oracle *o = *state;
	struct bv_descriptor map = {0, 5};

	oracle_attempts(o, "alive");
	oracle_admit(o); /* the launcher and its socket are there from now on */
	for (uint32_t fd = 3; fd < 40; fd++) {
		char link[256] = "", path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%u", fd);
		if (readlink(path, link, sizeof(link) - 1) < 0 || strncmp(link, "socket:", 7) != 0)
			continue;
		map.source = fd;
		o->spec.descriptors = &map;
		o->spec.descriptor_count = 1;
		oracle_admit(o);
		oracle_run(o);
		if (!o->code && bv_report_end(o->report)->outcome == BV_OUTCOME_COMPLETED)
			fail_msg("descriptor %u (%s) was handed to the guest", fd, link);
		o->options.stdin_borrow_fd = (int)fd;
		o->spec.streams[0].mode = BV_STREAM_INHERIT;
		o->spec.descriptor_count = 0;
		oracle_admit(o);
		oracle_run(o);
		if (!o->code && bv_report_end(o->report)->outcome == BV_OUTCOME_COMPLETED)
			fail_msg("descriptor %u (%s) was the guest's stdin", fd, link);
		o->spec.streams[0].mode = BV_STREAM_NULL;
	}
	oracle_again(o);
	o->spec.descriptor_count = 0;
	oracle_run(o);
	oracle_completed(o, 0);
}

static void look_at_capabilities(struct oracle *o)
{
	if (world_processes(o->marker, &o->pid, 1) == 1)
		world_proc(o->pid, "status", o->status, sizeof(o->status));
}

static void no_capability_in_any_set(void **state)
{
	struct oracle *o = *state;
	static const char *const sets[] = {"CapInh:\t", "CapPrm:\t", "CapEff:\t", "CapAmb:\t"};

	oracle_attempts(o, "identity setuid 12345 say ready wait-input");
	oracle_hold(o, look_at_capabilities);
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "caps=0.0.0");
	oracle_line(o, "nnp=1");
	oracle_line(o, "seccomp=2");
	oracle_line(o, "session=1");
	oracle_line(o, "groups=0");
	/* In a user namespace the id may have no mapping, which is said first (setuid(2)). */
	if (!strstr(o->out, "setuid=EINVAL\n"))
		oracle_line(o, "setuid=EPERM");
	if (oracle_root())
		oracle_line(o, "bounding=0");
	for (size_t i = 0; i < 4; i++)
		assert_non_null(strstr(o->status,
			(char *)strcat(strcpy((char[40]){0}, sets[i]), "0000000000000000")));
	assert_int_equal(world_number(o->status, "NoNewPrivs:"), 1);
}

/* A program that would be root's, whoever runs it. */
static void a_setuid_program_gains_nothing(void **state)
{
	struct oracle *o = *state;
	char path[128];

	if (!oracle_root())
		oracle_skip("only root can make a setuid program of another user");
	snprintf(path, sizeof(path), "%s/suid", o->root);
	world_copy(o->guest, path, 0755);
	if (chown(path, 4321, 4321))
		oracle_skip("root has no capability here to give a file away");
	assert_int_equal(chmod(path, 06755), 0);
	oracle_grant(o, "suid", BV_READ | BV_EXECUTE);
	oracle_attempts(o, "exec suid identity");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "uid=0");
	oracle_line(o, "euid=0");
	oracle_line(o, "caps=0.0.0");
	oracle_program(o, path, "identity", NULL);
	oracle_again(o);
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "euid=0");
}

#define TESTS(T) \
	T(the_environment_is_exactly_the_listed_one) \
	T(an_empty_environment_is_empty) \
	T(a_secret_reaches_the_child_and_nothing_else) \
	T(a_secret_that_cannot_be_resolved_stops_the_run) \
	T(no_descriptor_but_the_streams_is_inherited) \
	T(declared_descriptors_arrive_at_their_numbers) \
	T(a_descriptor_that_is_not_open_is_an_error) \
	T(the_librarys_own_descriptors_are_not_given_away) \
	T(no_capability_in_any_set) \
	T(a_setuid_program_gains_nothing)

ORACLE_MAIN(TESTS)

/* SPDX-License-Identifier: MIT
 *
 * launch-workload, and execute as a right of its own: the program is opened once, identified
 * through that descriptor and executed through it; what else may be executed must be granted.
 */
#include "oracle.h"

#include <fcntl.h>
#include <sys/stat.h>

static void copy_guest(struct oracle *o, const char *name, mode_t mode)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", o->root, name);
	world_copy(o->guest, path, mode);
}

static void a_read_grant_does_not_execute(void **state)
{
	struct oracle *o = *state;

	world_mkdir(o, "dir");
	copy_guest(o, "dir/guest", 0755);
	oracle_grant(o, "dir", BV_READ);
	oracle_attempts(o, "read dir/guest exec dir/guest alive");
	oracle_says(o, "read=OK\nexec=EACCES\n");
}

static void an_execute_grant_executes(void **state)
{
	struct oracle *o = *state;

	world_mkdir(o, "dir");
	copy_guest(o, "dir/guest", 0755);
	oracle_grant(o, "dir", BV_READ | BV_EXECUTE);
	oracle_attempts(o, "write dir/guest create dir/new exec dir/guest identity");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "write=RDONLY");
	oracle_line(o, "create=RDONLY");
	oracle_no_line(o, "exec=EACCES");
	oracle_line(o, "nnp=1");
	oracle_line(o, "seccomp=2");
}

/* Mapping a readable file executable is not execve; Landlock does not judge it, and the filter
 * must not break loaders. What it maps is data the guest may read already. A private view does
 * judge it: its mounts execute nothing that was not granted for it. */
static void executable_mappings_are_for_the_mount_to_judge(void **state)
{
	struct oracle *o = *state;

	world_mkdir(o, "dir");
	copy_guest(o, "dir/guest", 0755);
	copy_guest(o, "hidden", 0755);
	oracle_grant(o, "dir", BV_READ);
	oracle_attempts(o, "map-exec dir/guest protect-exec dir/guest map-exec hidden");
	oracle_says(o,
		oracle_view() ? "map-exec=EPERM\nprotect-exec=EACCES\nmap-exec=ENOENT\n"
			      : "map-exec=OK\nprotect-exec=OK\nmap-exec=EACCES\n");
	oracle_again(o);
	o->grants[0].access |= BV_EXECUTE;
	oracle_says(o, "map-exec=OK\nprotect-exec=OK\nmap-exec=OUTSIDE\n");
}

static void a_script_names_an_interpreter_that_must_be_granted(void **state)
{
	struct oracle *o = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/script", o->root);
	world_write(o, "script", "#!/bin/sh\necho \"ran $0 $1\"\n");
	assert_int_equal(chmod(path, 0755), 0);
	oracle_program(o, path, "one", NULL);
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_FAILED, BV_REASON_EXEC);
	assert_non_null(strstr(bv_report_end(o->report)->detail, "/bin/sh"));
	assert_int_equal(o->out_len, 0);
	oracle_grant_system(o);
	oracle_again(o);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_non_null(strstr(o->out, "ran /tmp/bvisor-oracle-"));
	assert_non_null(strstr(o->out, "/script one\n"));
}

static void a_python_script_with_an_argument_runs(void **state)
{
	struct oracle *o = *state;
	char path[128];

	if (access("/usr/bin/python3", X_OK))
		oracle_skip("there is no /usr/bin/python3");
	snprintf(path, sizeof(path), "%s/script", o->root);
	world_write(o, "script",
		"#! /usr/bin/python3 -I\nimport sys\nprint(sys.flags.isolated, sys.argv[1:])\n");
	assert_int_equal(chmod(path, 0755), 0);
	oracle_grant_system(o);
	oracle_program(o, path, "one", "two", NULL);
	oracle_says(o, "1 ['one', 'two']\n");
}

/* By another program: the text that the report must hold for this file. */
static void sha256_field(const char *path, char *text, size_t size)
{
	char command[256], hex[80];
	FILE *pipe;

	snprintf(command, sizeof(command), "sha256sum < %s", path);
	pipe = popen(command, "r");
	assert_non_null(fgets(hex, sizeof(hex), pipe));
	assert_int_equal(pclose(pipe), 0);
	snprintf(text, size, "\"sha256\":\"%.64s\"", hex);
}

static void the_reports_digest_is_sha256sums(void **state)
{
	struct oracle *o = *state;
	char wanted[128];

	sha256_field(o->guest, wanted, sizeof(wanted));
	oracle_attempts(o, "alive");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(oracle_report_has(o, wanted));
	/* Once more: from the handle's cache, or read again. */
	oracle_run(o);
	assert_true(oracle_report_has(o, wanted));
}

static void replace(struct oracle *o)
{
	char fresh[160];

	snprintf(fresh, sizeof(fresh), "%s.new", o->guest);
	world_write(o, fresh, "#!/bin/false\n");
	o->seen[0] = rename(fresh, o->guest);
}

/* The name leads elsewhere now: what runs on, and is reported, is what was opened. */
static void a_program_replaced_during_the_run_is_not_the_one_reported(void **state)
{
	struct oracle *o = *state;
	char before[128], after[128];

	sha256_field(o->guest, before, sizeof(before));
	oracle_attempts(o, "say ready wait-input alive");
	oracle_hold(o, replace);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_int_equal(o->seen[0], 0);
	assert_non_null(strstr(o->out, "alive="));
	world_same(o, o->guest, "#!/bin/false\n");
	sha256_field(o->guest, after, sizeof(after));
	assert_true(oracle_report_has(o, before));
	assert_false(oracle_report_has(o, after));
}

static void what_cannot_be_launched_is_an_error(void **state)
{
	struct oracle *o = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/none", o->root);
	oracle_program(o, path, NULL);
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_NOT_FOUND, "/none");
	oracle_program(o, o->root, NULL);
	oracle_again(o);
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_NOT_EXECUTABLE, "not a file");
	snprintf(path, sizeof(path), "%s/plain", o->root);
	world_write(o, "plain", "text");
	oracle_program(o, path, NULL);
	oracle_again(o);
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_NOT_EXECUTABLE, "/plain");
	o->spec.workload.directory = path;
	oracle_program(o, o->guest, "alive", NULL);
	oracle_again(o);
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_OS, "/plain");
}

static void what_the_kernel_does_not_execute_is_a_failed_run(void **state)
{
	struct oracle *o = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/plain", o->root);
	world_write(o, "plain", "neither a script nor a program");
	assert_int_equal(chmod(path, 0755), 0);
	oracle_program(o, path, NULL);
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_FAILED, BV_REASON_EXEC);
	assert_int_equal(bv_report_end(o->report)->errnum, 8 /* ENOEXEC */);
}

static void an_unreadable_program_is_an_error(void **state)
{
	struct oracle *o = *state;
	char path[128];

	if (oracle_root())
		oracle_skip("root reads everything");
	copy_guest(o, "sealed", 0111);
	snprintf(path, sizeof(path), "%s/sealed", o->root);
	oracle_program(o, path, "alive", NULL);
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_NOT_EXECUTABLE, "readable");
}

static void status_and_signal_are_told_apart(void **state)
{
	struct oracle *o = *state;

	for (int status = 0; status < 256; status += 51) {
		oracle_attempts(o, "exit %d", status);
		oracle_again(o);
		oracle_run(o);
		oracle_completed(o, status);
	}
	oracle_attempts(o, "signal 11");
	oracle_again(o);
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_FAILED, BV_REASON_SIGNAL);
	assert_int_equal(bv_report_end(o->report)->exit_value, 11);
	oracle_attempts(o, "signal 9");
	oracle_again(o);
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_KILLED, BV_REASON_KILLED_OUTSIDE);
}

static void the_working_directory_is_the_one_asked_for(void **state)
{
	struct oracle *o = *state;
	char expected[128];

	oracle_attempts(o, "directory");
	snprintf(expected, sizeof(expected), "directory=%s\n", o->root);
	oracle_says(o, expected);
	o->spec.workload.directory = NULL;
	oracle_again(o);
	oracle_says(o, "directory=/\n");
}

static void without_seccomp_nothing_is_launched(void **state)
{
	struct oracle *o = *state;

	oracle_attempts(o, "alive");
	oracle_refused_without(o, "seccomp", BV_KIND_LAUNCH_WORKLOAD);
}

#define TESTS(T) \
	T(a_read_grant_does_not_execute) \
	T(an_execute_grant_executes) \
	T(executable_mappings_are_for_the_mount_to_judge) \
	T(a_script_names_an_interpreter_that_must_be_granted) \
	T(a_python_script_with_an_argument_runs) \
	T(the_reports_digest_is_sha256sums) \
	T(a_program_replaced_during_the_run_is_not_the_one_reported) \
	T(what_cannot_be_launched_is_an_error) \
	T(what_the_kernel_does_not_execute_is_a_failed_run) \
	T(an_unreadable_program_is_an_error) \
	T(status_and_signal_are_told_apart) \
	T(the_working_directory_is_the_one_asked_for) \
	T(without_seccomp_nothing_is_launched)

ORACLE_MAIN(TESTS)

/* SPDX-License-Identifier: MIT
 *
 * The temporary root of a run without a private view: a directory of the host's, in which nobody
 * else has a right, and which goes, whatever becomes of the run or of who ran it.
 */
#include "oracle.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

/* The one directory beneath the supervisor's TMPDIR: "" if there is none. */
static const char *temporary(const struct oracle *o)
{
	static char path[512];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/tmp", o->root);
	dir = opendir(path);
	assert_non_null(dir);
	path[0] = 0;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			assert_string_equal(path, "");
			snprintf(path, sizeof(path), "%s/tmp/%s", o->root, entry->d_name);
		}
	closedir(dir);
	return path;
}

static void shell_without_a_view(struct oracle *o, const char *script)
{
	char path[128];

	oracle_needs("landlock.canary", 0);
	if (access("/bin/sh", X_OK))
		oracle_skip("there is no /bin/sh");
	world_mkdir(o, "tmp");
	snprintf(path, sizeof(path), "%s/tmp", o->root);
	setenv("TMPDIR", path, 1);
	o->spec.temp_root = 1;
	o->spec.budgets[BV_STORAGE].limit = 65536;
	oracle_grant_system(o);
	oracle_program(o, "/bin/sh", "-c", script, NULL);
	oracle_without("view");
}

static void look_at_temporary(struct oracle *o)
{
	char name[600];
	struct stat st;

	assert_int_equal(stat(temporary(o), &st), 0);
	o->seen[0] = st.st_mode & 07777;
	o->seen[1] = st.st_uid == geteuid();
	snprintf(name, sizeof(name), "%s/file", strrchr(temporary(o), '/') + 1 - 4);
	world_same(o, name, "guest\n");
}

static void without_a_view_the_temporary_root_is_a_directory_that_goes(void **state)
{
	struct oracle *o = *state;

	shell_without_a_view(o,
		"cd \"$TMPDIR\" && echo guest >file && echo no >\"$TMPDIR/../x\"; "
		"echo ready; read x");
	oracle_hold(o, look_at_temporary);
	oracle_admit(o);
	assert_string_equal(bv_enforcement_name(
				    oracle_row(o, BV_KIND_TEMP_ROOT)->verdict.enforcement),
		"mediated");
	oracle_run(o);
	assert_string_equal(o->out, "ready\n");
	assert_int_equal(o->seen[0], 0700);
	assert_int_equal(o->seen[1], 1);
	assert_string_equal(temporary(o), ""); /* and no "x" beside it */
}

static void it_is_bounded_by_looking(void **state)
{
	struct oracle *o = *state;

	shell_without_a_view(o, "while :; do echo guest; done >\"$TMPDIR/file\"");
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_KILLED, BV_STORAGE);
	assert_string_equal(temporary(o), "");
}

static void kill_launcher_of(struct oracle *o)
{
	pid_t pids[8];
	size_t count = world_launchers(getpid(), pids, 8);

	for (size_t i = 0; i < count && i < 8; i++)
		o->seen[0] += kill(pids[i], SIGKILL) == 0;
}

static void it_goes_also_when_the_launcher_dies(void **state)
{
	struct oracle *o = *state;

	shell_without_a_view(o, "cd \"$TMPDIR\"; : >file; echo ready; read x; read x");
	oracle_hold(o, kill_launcher_of);
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_LAUNCHER);
	assert_true(o->seen[0] > 0);
	assert_string_equal(temporary(o), "");
}

static void swap_temporary(struct oracle *o)
{
	char path[600], aside[600];

	snprintf(path, sizeof(path), "%s", temporary(o));
	snprintf(aside, sizeof(aside), "%s/aside", o->root);
	o->seen[0] = rename(path, aside);
	o->seen[1] = mkdir(path, 0700);
	world_write(o, strcat(path, "/kept") + strlen(o->root) + 1, "host");
}

static void what_took_its_place_is_not_removed(void **state)
{
	struct oracle *o = *state;
	char name[600];

	shell_without_a_view(o, "cd \"$TMPDIR\"; : >file; echo ready; read x");
	oracle_hold(o, swap_temporary);
	oracle_run(o);
	assert_true(oracle_finding(o, "temp-root-left"));
	assert_int_equal(o->seen[0] | o->seen[1], 0);
	snprintf(name, sizeof(name), "tmp/%s/kept", strrchr(temporary(o), '/') + 1);
	world_same(o, name, "host");
	assert_true(world_exists(o, "aside/file"));
}

static void a_temporary_root_beneath_what_is_written_or_executed_is_refused(void **state)
{
	struct oracle *o = *state;
	char within[128];

	shell_without_a_view(o, "echo ready");
	snprintf(within, sizeof(within), "%s/tmp/work", o->root);
	world_mkdir(o, "tmp/work");
	oracle_grant(o, within, BV_READ | BV_WRITE | BV_EXECUTE);
	oracle_grant(o, o->root, BV_READ);
	oracle_admit(o);
	assert_non_null(bv_admission_plan(o->admission));
	oracle_again(o);
	oracle_grant(o, o->root, BV_READ | BV_WRITE);
	oracle_refused_without(o, "view", BV_KIND_TEMP_ROOT);
	o->grants[o->spec.grant_count - 1].access = BV_READ | BV_EXECUTE;
	oracle_refused_without(o, "view", BV_KIND_TEMP_ROOT);
}

#define LEFT(digit) "tmp/bvisor-tmp-0000000000000000000000000000000" digit

/* The lock of ours is on the first; the shell holds nothing open in its own. */
static void look_for_descriptors(struct oracle *o)
{
	char path[64], name[300], target[300];
	pid_t pids[4];
	size_t count = world_processes(o->marker, pids, 4);

	for (size_t i = 0; i < count && i < 4; i++)
		for (int fd = 0; fd < 64; fd++) {
			snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pids[i], fd);
			memset(name, 0, sizeof(name));
			if (readlink(path, name, sizeof(name) - 1) < 0)
				continue;
			snprintf(target, sizeof(target), "%s/tmp/", o->root);
			o->seen[1] += strncmp(name, target, strlen(target)) == 0;
		}
	o->seen[0] = (long)count;
}

static void what_a_killed_supervisor_left_is_swept(void **state)
{
	struct oracle *o = *state;
	char path[128];
	int held;

	shell_without_a_view(o, "cd \"$TMPDIR\"; echo ready; read x");
	world_mkdir(o, LEFT("1"));
	world_mkdir(o, LEFT("2"));
	world_mkdir(o, LEFT("3"));
	world_mkdir(o, LEFT("2") "/in");
	for (int i = 1; i <= 3; i++) {
		snprintf(path, sizeof(path), "%s/" LEFT("%d"), o->root, i);
		assert_int_equal(chmod(path, i == 3 ? 0750 : 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/" LEFT("1"), o->root);
	held = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
	oracle_hold(o, look_for_descriptors);
	oracle_run(o);
	close(held);
	oracle_completed(o, 1);
	assert_true(o->seen[0] > 0);
	assert_int_equal(o->seen[1], 0);
	assert_true(world_exists(o, LEFT("1")) && world_exists(o, LEFT("3")));
	assert_false(world_exists(o, LEFT("2")));
}

static void a_temporary_root_elsewhere_is_refused_without_a_view(void **state)
{
	struct oracle *o = *state;

	o->spec.temp_root = 1;
	o->spec.temp_path = "/scratch";
	oracle_attempts(o, "alive");
	oracle_refused_without(o, "view", BV_KIND_TEMP_ROOT);
	o->spec.temp_path = NULL;
	o->variables[1] = (struct bv_variable){.name = "TMPDIR", .value = "/else"};
	o->spec.variable_count = 2;
	oracle_refused_without(o, "view", BV_KIND_TEMP_ROOT);
}

#define TESTS(T) \
	T(without_a_view_the_temporary_root_is_a_directory_that_goes) \
	T(it_is_bounded_by_looking) \
	T(it_goes_also_when_the_launcher_dies) \
	T(what_took_its_place_is_not_removed) \
	T(a_temporary_root_beneath_what_is_written_or_executed_is_refused) \
	T(what_a_killed_supervisor_left_is_swept) \
	T(a_temporary_root_elsewhere_is_refused_without_a_view)

ORACLE_MAIN(TESTS)

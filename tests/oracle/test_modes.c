/* SPDX-License-Identifier: MIT
 *
 * Modes, owners and times: the workload's own in a private view, of what it may write and of
 * nothing else. What it was handed in and what is shown to it read-only the host finds as it was.
 */
#include "oracle.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static void needs_modes(void)
{
	if (!oracle_modes())
		oracle_skip("modes are not the workload's here: no view, or user 0 could change "
			    "the inodes of namespaces");
}

static void files(struct oracle *o)
{
	world_mkdir(o, "ro");
	world_mkdir(o, "rw");
	world_write(o, "ro/file", "host");
	world_write(o, "rw/file", "host");
	oracle_grant(o, "ro", BV_READ);
	oracle_grant(o, "rw", BV_READ | BV_WRITE);
}

static struct stat look(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st;
}

static struct stat look_at(const struct oracle *o, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", o->root, name);
	return look(path);
}

/* Reading changes the access time, and writing to a terminal the other two. */
static void assert_untouched(struct stat a, struct stat b)
{
	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_uid, b.st_uid);
	assert_int_equal(a.st_ctim.tv_sec, b.st_ctim.tv_sec);
	assert_int_equal(a.st_ctim.tv_nsec, b.st_ctim.tv_nsec);
}

static void what_may_be_written_has_the_modes_and_times_that_are_given(void **state)
{
	struct oracle *o = *state;
	struct stat st;

	needs_modes();
	files(o);
	oracle_attempts(o,
		"chmod rw/file fchmod rw/file chown rw/file utimes rw/file setflags rw/file "
		"capability rw/file");
	oracle_says(o,
		"chmod=OK\nfchmod=OK\nchown=OK\nutimes=OK\nsetflags=EPERM\ncapability=EPERM\n");
	st = look_at(o, "rw/file");
	assert_int_equal(st.st_mode & 07777, 0777);
	assert_int_equal(st.st_mtim.tv_sec, 1);
	assert_non_null(strstr(oracle_row(o, BV_KIND_FILESYSTEM)->mechanism, "(set-id"));
}

static void what_may_only_be_read_keeps_its_mode_and_times(void **state)
{
	struct oracle *o = *state;
	struct stat before, guest;
	char path[128];

	needs_modes();
	files(o);
	before = look_at(o, "ro/file");
	guest = look(o->guest);
	oracle_attempts(o,
		"chmod ro/file fchmod ro/file fchmodat2 ro/file chown ro/file utimes ro/file "
		"futimens ro/file setxattr ro/file removexattr ro/file chmod ro utimes . "
		"chmod %s chmod /dev/zero utimes /dev/null",
		o->guest);
	oracle_run(o);
	oracle_completed(o, 0);
	for (const char *line = o->out; *line; line = strchr(line, '\n') + 1)
		if (strncmp(strchr(line, '='), "=EROFS\n", 7) != 0)
			fail_msg("%s", line);
	assert_untouched(before, look_at(o, "ro/file"));
	assert_untouched(guest, look(o->guest));
	snprintf(path, sizeof(path), "%s/ro/file", o->root);
	assert_int_equal(getxattr(path, "user.oracle", NULL, 0), -1);
}

#define THROUGH "fd-chmod 0 fd-times 0 chmod /proc/self/fd/0 utimes /proc/self/fd/0 "
#define REFUSED "fd-chmod=EROFS\nfd-times=EROFS\nchmod=EROFS\nutimes=EROFS\n"

static void assert_handed_in(struct oracle *o, int fd, const char *attempts, const char *says)
{
	struct stat before, after;

	assert_int_equal(fstat(fd, &before), 0);
	o->spec.streams[0].mode = BV_STREAM_INHERIT;
	o->options.stdin_borrow_fd = fd;
	oracle_attempts(o, "%s", attempts);
	oracle_says(o, says);
	assert_int_equal(fstat(fd, &after), 0);
	assert_untouched(before, after);
}

/* And is read from where the caller was. */
static void a_file_on_stdin_keeps_its_mode_and_times(void **state)
{
	struct oracle *o = *state;
	char path[128];
	int fd;

	needs_modes();
	oracle_needs("view.proc-canary", 0);
	world_write(o, "input", "left out, the rest");
	snprintf(path, sizeof(path), "%s/input", o->root);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(lseek(fd, 10, SEEK_SET), 10);
	assert_handed_in(o, fd, THROUGH "take 0", REFUSED "take-0=the rest\n");
	world_same(o, "input", "left out, the rest");
	close(fd);
}

static void a_terminal_on_stdin_keeps_its_mode_and_times(void **state)
{
	struct oracle *o = *state;
	int ends[2];

	needs_modes();
	oracle_needs("view.proc-canary", 0);
	if (openpty(&ends[0], &ends[1], NULL, NULL, NULL))
		oracle_skip("there are no terminals here");
	assert_int_equal(write(ends[0], "typed\n", 6), 6);
	assert_handed_in(o, ends[1], THROUGH "take 0", REFUSED "take-0=typed\n\n");
	close(ends[0]);
	close(ends[1]);
}

static void a_device_on_stdin_and_the_program_keep_their_modes(void **state)
{
	struct oracle *o = *state;
	struct stat null = look("/dev/null"), guest = look(o->guest);

	needs_modes();
	oracle_needs("view.proc-canary", 0);
	oracle_grant(o, "/dev/null", BV_READ | BV_WRITE);
	oracle_attempts(o,
		THROUGH "chmod /proc/self/exe utimes /proc/self/exe chmod /dev/null write "
			"/dev/null");
	oracle_says(o, REFUSED "chmod=EROFS\nutimes=EROFS\nchmod=EROFS\nwrite=OK\n");
	assert_untouched(null, look("/dev/null"));
	assert_untouched(guest, look(o->guest));
}

/* A shell's here-document: nobody can name it any more. */
static void what_has_no_name_is_passed_as_it_is(void **state)
{
	struct oracle *o = *state;
	char path[128];
	int fd;

	needs_modes();
	world_write(o, "input", "here");
	snprintf(path, sizeof(path), "%s/input", o->root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(unlink(path), 0);
	o->spec.streams[0].mode = BV_STREAM_INHERIT;
	o->options.stdin_borrow_fd = fd;
	oracle_attempts(o, "take 0");
	oracle_says(o, "take-0=here\n");
	close(fd);
}

static void a_directory_on_stdin_starts_nothing(void **state)
{
	struct oracle *o = *state;
	int fd;

	needs_modes();
	fd = open(o->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	o->spec.streams[0].mode = BV_STREAM_INHERIT;
	o->options.stdin_borrow_fd = fd;
	oracle_attempts(o, "say started");
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_FAILED, BV_REASON_SETUP);
	assert_string_equal(bv_report_end(o->report)->stage, "linux.streams");
	assert_non_null(
		strstr(bv_report_end(o->report)->detail, "standard input cannot be opened anew"));
	assert_int_equal(o->out_len, 0);
	close(fd);
}

/* A file of the host's that is written to cannot be on a read-only mount. */
static void with_a_stream_of_the_hosts_to_write_all_stays_refused(void **state)
{
	struct oracle *o = *state;
	struct stat before;
	char path[128];

	needs_modes();
	files(o);
	before = look_at(o, "rw/file");
	snprintf(path, sizeof(path), "%s/output", o->root);
	o->spec.streams[1] = (struct bv_stream){BV_STREAM_FILE, path, 0};
	oracle_attempts(o, "chmod rw/file utimes rw/file fd-chmod 1 say end");
	oracle_run(o);
	oracle_completed(o, 0);
	world_same(o, "output", "chmod=EPERM\nutimes=EPERM\nfd-chmod=EPERM\nend\n");
	assert_untouched(before, look_at(o, "rw/file"));
	assert_non_null(strstr(oracle_row(o, BV_KIND_FILESYSTEM)->mechanism, "(metadata"));
}

#define TESTS(T) \
	T(what_may_be_written_has_the_modes_and_times_that_are_given) \
	T(what_may_only_be_read_keeps_its_mode_and_times) \
	T(a_file_on_stdin_keeps_its_mode_and_times) \
	T(a_terminal_on_stdin_keeps_its_mode_and_times) \
	T(a_device_on_stdin_and_the_program_keep_their_modes) \
	T(what_has_no_name_is_passed_as_it_is) \
	T(a_directory_on_stdin_starts_nothing) \
	T(with_a_stream_of_the_hosts_to_write_all_stays_refused)

ORACLE_MAIN(TESTS)

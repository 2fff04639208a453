/* SPDX-License-Identifier: MIT
 *
 * filesystem: only the granted paths, each with the granted access. The guest says what came of
 * each attempt; the host looks at the files.
 */
#include "oracle.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* What Landlock does not cover yet at this version the filter refuses, everywhere and with its own
 * errno: truncation below ABI 3, which a view covers by itself, and control of devices below 5. */
static bool filtered(const char *line, size_t *ret_name)
{
	static const struct {
		const char *attempt;
		int64_t abi;
		bool viewed;
	} late[] = {{"truncate=", 3, true}, {"read-truncate=", 3, true},
		{"device-ioctl=", 5, false}};

	for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		*ret_name = strlen(late[i].attempt);
		if (strncmp(line, late[i].attempt, *ret_name) == 0)
			return !oracle_has("landlock.abi", late[i].abi) &&
				!(late[i].viewed && oracle_view());
	}
	return false;
}

static void says(struct oracle *o, const char *expected)
{
	char text[1024] = "", *to = text;
	size_t name;

	assert_true(strlen(expected) < sizeof(text) / 2);
	for (const char *line = expected; *line; line = strchr(line, '\n') + 1)
		if (filtered(line, &name))
			to += sprintf(to, "%.*sEPERM\n", (int)name, line);
		else
			to = mempcpy(to, line, (size_t)(strchr(line, '\n') - line) + 1);
	*to = 0;
	oracle_says(o, text);
}

static void files(struct oracle *o)
{
	world_mkdir(o, "ro");
	world_mkdir(o, "rw");
	world_mkdir(o, "no");
	world_write(o, "ro/file", "host");
	world_write(o, "rw/file", "host");
	world_write(o, "rw/other", "host");
	world_write(o, "no/file", "host");
	oracle_grant(o, "ro", BV_READ);
	oracle_grant(o, "rw", BV_READ | BV_WRITE);
}

static void nothing_granted_is_nothing_read(void **state)
{
	struct oracle *o = *state;

	world_write(o, "file", "host");
	oracle_attempts(o,
		"read file read %s/file read /etc/passwd list . list / openat2 file "
		"read /proc/self/status read /dev/null",
		o->root);
	/* A view has a /proc and a /dev of the run's own, and names for what it holds. */
	says(o,
		!oracle_view() ? "read=EACCES\nread=EACCES\nread=EACCES\nlist=EACCES\nlist=EACCES\n"
				 "openat2=ENOSYS\nread=EACCES\nread=EACCES\n"
			: oracle_has("view.proc-canary", 0)
			? "read=ENOENT\nread=ENOENT\nread=ENOENT\nlist=OK\nlist=OK\n"
			  "openat2=ENOSYS\nread=OK\nread=OK\n"
			: "read=ENOENT\nread=ENOENT\nread=ENOENT\nlist=OK\nlist=OK\n"
			  "openat2=ENOSYS\nread=ENOENT\nread=OK\n");
}

static void a_read_grant_reads_beneath_it_and_nowhere_else(void **state)
{
	struct oracle *o = *state;

	files(o);
	oracle_attempts(o,
		"read ro/file list ro read no/file list no read ro/../no/file "
		"read %s/.guest/guest list .guest",
		o->root);
	says(o,
		oracle_view() ? "read=OK\nlist=OK\nread=OUTSIDE\nlist=OUTSIDE\nread=OUTSIDE\n"
				"read=OK\nlist=OK\n"
			      : "read=OK\nlist=OK\nread=OUTSIDE\nlist=OUTSIDE\nread=OUTSIDE\n"
				"read=OK\nlist=EACCES\n");
}

static void a_read_grant_changes_nothing(void **state)
{
	struct oracle *o = *state;

	files(o);
	oracle_attempts(o,
		"write ro/file append ro/file create ro/new truncate ro/file "
		"read-truncate ro/file unlink ro/file mkdir ro/dir mkfifo ro/fifo "
		"symlink file ro/link link ro/file ro/hard rename ro/file ro/moved "
		"tmpfile ro mksock ro/socket");
	says(o,
		"write=RDONLY\nappend=RDONLY\ncreate=RDONLY\ntruncate=RDONLY\n"
		"read-truncate=RDONLY\nunlink=RDONLY\nmkdir=RDONLY\nmkfifo=RDONLY\n"
		"symlink=RDONLY\nlink=RDONLY\nrename=RDONLY\ntmpfile=RDONLY\nmksock=RDONLY\n");
	world_same(o, "ro/file", "host");
	assert_false(world_exists(o, "ro/new") || world_exists(o, "ro/dir") ||
		world_exists(o, "ro/fifo") || world_exists(o, "ro/link") ||
		world_exists(o, "ro/hard") || world_exists(o, "ro/moved") ||
		world_exists(o, "ro/socket"));
}

static void a_write_grant_creates_changes_and_removes(void **state)
{
	struct oracle *o = *state;

	files(o);
	oracle_attempts(o,
		"create rw/new append rw/new write rw/file truncate rw/other mkdir rw/dir "
		"mkfifo rw/fifo symlink file rw/link link rw/file rw/hard "
		"rename rw/other rw/moved rmdir rw/dir tmpfile rw");
	says(o,
		"create=OK\nappend=OK\nwrite=OK\ntruncate=OK\nmkdir=OK\nmkfifo=OK\nsymlink=OK\n"
		"link=OK\nrename=OK\nrmdir=OK\ntmpfile=OK\n");
	world_same(o, "rw/new", "guestguest");
	world_same(o, "rw/file", "guest");
	world_same(o, "rw/hard", "guest");
	world_same(o, "rw/moved", filtered("truncate=", &(size_t){0}) ? "host" : "h");
	assert_true(world_exists(o, "rw/fifo") && world_exists(o, "rw/link"));
	assert_false(world_exists(o, "rw/dir") || world_exists(o, "rw/other"));
}

static void a_write_grant_alone_does_not_read(void **state)
{
	struct oracle *o = *state;

	world_mkdir(o, "wo");
	world_write(o, "wo/file", "host");
	oracle_grant(o, "wo", BV_WRITE);
	oracle_attempts(o, "read wo/file list wo write wo/file create wo/new");
	says(o, "read=EACCES\nlist=EACCES\nwrite=OK\ncreate=OK\n");
	world_same(o, "wo/file", "guest");
}

static void nothing_is_moved_or_linked_over_the_edge_of_a_grant(void **state)
{
	struct oracle *o = *state;

	files(o);
	oracle_attempts(o,
		"rename rw/file no/in rename no/file rw/out link no/file rw/out "
		"link rw/file no/in rename ro/file rw/out link ro/file rw/out "
		"exchange rw/file ro/file exchange rw/file no/file link-fd no/file rw/out");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_no_line(o, "rename=OK");
	oracle_no_line(o, "link=OK");
	oracle_no_line(o, "exchange=OK");
	oracle_no_line(o, "link-fd=OK");
	world_same(o, "no/file", "host");
	world_same(o, "ro/file", "host");
	world_same(o, "rw/file", "host");
	assert_false(world_exists(o, "no/in") || world_exists(o, "rw/out"));
}

/* A link out of the grant is only a name: what it points to is judged by itself. */
static void a_symbolic_link_grants_nothing(void **state)
{
	struct oracle *o = *state;
	char to[128];

	files(o);
	snprintf(to, sizeof(to), "%s/no/file", o->root);
	assert_int_equal(symlinkat(to, AT_FDCWD,
				 strcat(strcpy((char[128]){0}, o->root), "/rw/out")),
		0);
	oracle_attempts(o, "read rw/out write rw/out symlink %s rw/mine read rw/mine write rw/mine",
		to);
	says(o, "read=OUTSIDE\nwrite=OUTSIDE\nsymlink=OK\nread=OUTSIDE\nwrite=OUTSIDE\n");
	world_same(o, "no/file", "host");
}

static void magic_links_lead_nowhere(void **state)
{
	struct oracle *o = *state;

	files(o);
	oracle_attempts(o,
		"read /proc/self/root/etc/passwd read /proc/self/cwd/no/file "
		"list /proc/self/fd reopen no/file reopen-empty no handle no/file "
		"read /proc/1/environ chroot .");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_no_line(o, "read=OK");
	if (!oracle_has("view.proc-canary", 0))
		oracle_no_line(o, "list=OK");
	oracle_no_line(o, "reopen=OK");
	oracle_no_line(o, "reopen-empty=OK");
	oracle_no_line(o, "handle=OK");
	oracle_no_line(o, "chroot=OK");
}

static void without_a_view_metadata_is_out_of_reach_even_of_the_granted(void **state)
{
	struct oracle *o = *state;
	struct stat before, after;
	char path[128], value[8];

	if (oracle_modes())
		oracle_skip("in a view modes and times are the workload's; see modes");
	files(o);
	snprintf(path, sizeof(path), "%s/rw/file", o->root);
	assert_int_equal(stat(path, &before), 0);
	oracle_attempts(o,
		"chmod rw/file fchmod rw/file fchmodat2 rw/file chown rw/file utimes rw/file "
		"futimens rw/file setxattr rw/file removexattr rw/file setflags rw/file "
		"inotify rw fanotify rw notify rw lease rw/file chmod no/file");
	says(o,
		"chmod=EPERM\nfchmod=EPERM\nfchmodat2=EPERM\nchown=EPERM\nutimes=EPERM\n"
		"futimens=EPERM\nsetxattr=EPERM\nremovexattr=EPERM\nsetflags=EPERM\n"
		"inotify=EPERM\nfanotify=EPERM\nnotify=EPERM\nlease=EPERM\nchmod=EPERM\n");
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_mode, after.st_mode);
	assert_int_equal(before.st_ctim.tv_sec, after.st_ctim.tv_sec);
	assert_int_equal(before.st_ctim.tv_nsec, after.st_ctim.tv_nsec);
	assert_int_equal(getxattr(path, "user.oracle", value, sizeof(value)), -1);
}

/* A program of the guest's own that runs with the caller's rights: refused by every call that makes
 * a file or gives a mode, and nothing of it is on the disk. */
static void no_set_id_bit_is_left_behind(void **state)
{
	static const char *const made[] = {"rw/a", "rw/b", "rw/c", "rw/d"};
	struct oracle *o = *state;
	struct stat st;
	char path[128];

	files(o);
	oracle_attempts(o, "set-id rw create rw/plain");
	says(o, "set-id=EPERM\ncreate=OK\n");
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		assert_false(world_exists(o, made[i]));
	snprintf(path, sizeof(path), "%s/rw/file", o->root);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & (S_ISUID | S_ISGID), 0);
}

static void devices_are_neither_made_nor_controlled(void **state)
{
	struct oracle *o = *state;

	files(o);
	oracle_grant(o, "/dev", BV_READ | BV_WRITE);
	oracle_attempts(o, "mknod rw/null device-ioctl /dev/ptmx write /dev/null read /dev/zero");
	says(o, "mknod=EPERM\ndevice-ioctl=EACCES\nwrite=OK\nread=OK\n");
	assert_false(world_exists(o, "rw/null"));
}

static void a_device_granted_by_itself_may_be_controlled(void **state)
{
	struct oracle *o = *state;

	oracle_needs("landlock.abi", 5);
	/* Its driver does not know the request, and so was asked. */
	oracle_grant(o, "/dev/zero", BV_READ | BV_WRITE);
	oracle_attempts(o, "device-ioctl /dev/zero");
	says(o, "device-ioctl=ENOTTY\n");
	oracle_again(o);
	o->grants[0].path = "/dev";
	says(o, "device-ioctl=EACCES\n");
}

static void a_file_grant_is_that_file_only(void **state)
{
	struct oracle *o = *state;

	world_write(o, "one", "host");
	world_write(o, "two", "host");
	oracle_grant(o, "one", BV_READ | BV_WRITE);
	oracle_attempts(o, "read one write one read two write two unlink one create three");
	says(o, "read=OK\nwrite=OK\nread=OUTSIDE\nwrite=OUTSIDE\nunlink=RDONLY\ncreate=RDONLY\n");
	world_same(o, "one", "guest");
	world_same(o, "two", "host");
}

static void swap(struct oracle *o)
{
	char path[128], away[128];

	snprintf(path, sizeof(path), "%s/one", o->root);
	snprintf(away, sizeof(away), "%s/away", o->root);
	o->seen[0] = rename(path, away);
	world_write(o, "one", "another file of the same name");
}

/* What is at the path when the run starts is what is granted. */
static void a_grant_binds_the_file_and_not_its_name(void **state)
{
	struct oracle *o = *state;

	world_write(o, "one", "host");
	oracle_grant(o, "one", BV_READ);
	oracle_attempts(o, "read one say ready wait-input read one read away");
	oracle_hold(o, swap);
	/* In a view the name is bound to the file as well. */
	says(o,
		oracle_view() ? "read=OK\nready\nwait-input=OK\nread=OK\nread=ENOENT\n"
			      : "read=OK\nready\nwait-input=OK\nread=EACCES\nread=OK\n");
	assert_int_equal(o->seen[0], 0);
}

static void a_missing_grant_is_an_error_and_nothing_runs(void **state)
{
	struct oracle *o = *state;

	files(o);
	oracle_grant(o, "missing", BV_READ);
	oracle_attempts(o, "create rw/ran");
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_NOT_FOUND, "/missing'");
	assert_false(world_exists(o, "rw/ran"));
}

static void the_granted_root_is_a_real_one(void **state)
{
	struct oracle *o = *state;

	files(o);
	oracle_grant(o, "/", BV_READ);
	o->spec.host_processes = BV_AMBIENT;
	oracle_attempts(o, "read no/file read /etc/passwd write no/file write ro/file");
	/* Where processes are the host's a user's run has no view. */
	says(o,
		oracle_root() ? "read=OK\nread=OK\nwrite=RDONLY\nwrite=RDONLY\n"
			      : "read=OK\nread=OK\nwrite=EACCES\nwrite=EACCES\n");
	world_same(o, "no/file", "host");
}

static void without_landlock_it_is_refused(void **state)
{
	struct oracle *o = *state;

	files(o);
	oracle_attempts(o, "create rw/ran");
	oracle_refused_without(o, "landlock,view", BV_KIND_FILESYSTEM);
	oracle_refused_without(o, "seccomp", BV_KIND_FILESYSTEM);
	assert_false(world_exists(o, "rw/ran"));
}

#define TESTS(T) \
	T(nothing_granted_is_nothing_read) \
	T(a_read_grant_reads_beneath_it_and_nowhere_else) \
	T(a_read_grant_changes_nothing) \
	T(a_write_grant_creates_changes_and_removes) \
	T(a_write_grant_alone_does_not_read) \
	T(nothing_is_moved_or_linked_over_the_edge_of_a_grant) \
	T(a_symbolic_link_grants_nothing) \
	T(magic_links_lead_nowhere) \
	T(without_a_view_metadata_is_out_of_reach_even_of_the_granted) \
	T(no_set_id_bit_is_left_behind) \
	T(devices_are_neither_made_nor_controlled) \
	T(a_device_granted_by_itself_may_be_controlled) \
	T(a_file_grant_is_that_file_only) \
	T(a_grant_binds_the_file_and_not_its_name) \
	T(a_missing_grant_is_an_error_and_nothing_runs) \
	T(the_granted_root_is_a_real_one) \
	T(without_landlock_it_is_refused)

ORACLE_MAIN(TESTS)

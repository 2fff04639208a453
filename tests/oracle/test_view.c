/* SPDX-License-Identifier: MIT
 *
 * The private view: what is not granted does not exist, what is granted can do no more than it
 * should, and nothing of it stays behind. The guest says what it met; the host looks at the
 * child's mounts, namespaces and network through /proc.
 */
#include "oracle.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void needs_view(void)
{
	oracle_needs("view.canary", 0);
}

static void files(struct oracle *o)
{
	world_mkdir(o, "ro");
	world_mkdir(o, "rw");
	world_mkdir(o, "rx");
	world_mkdir(o, "no");
	world_write(o, "ro/file", "host");
	world_write(o, "rw/file", "host");
	world_write(o, "no/file", "host");
	oracle_grant(o, "ro", BV_READ);
	oracle_grant(o, "rw", BV_READ | BV_WRITE);
	oracle_grant(o, "rx", BV_READ | BV_EXECUTE);
}

/* Not even metadata, which Landlock leaves open. */
static void outside_the_grants_nothing_exists(void **state)
{
	struct oracle *o = *state;

	needs_view();
	files(o);
	oracle_attempts(o,
		"stat no stat no/file stat %s/no/file stat /etc/passwd stat /etc stat /sys stat "
		"/home stat ro/../no/file stat /proc/sys stat /dev/kmsg stat /dev/tty "
		"stat ro/file stat %s",
		o->root, o->root);
	oracle_says(o,
		"stat=ENOENT\nstat=ENOENT\nstat=ENOENT\nstat=ENOENT\nstat=ENOENT\nstat=ENOENT\n"
		"stat=ENOENT\nstat=ENOENT\nstat=ENOENT\nstat=ENOENT\nstat=ENOENT\n"
		"stat=OK\nstat=OK\n");
}

static size_t lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

static void what_holds_the_grants_lists_them_and_no_more(void **state)
{
	struct oracle *o = *state;
	size_t own = 2 + oracle_has("view.proc-canary", 0);

	needs_view();
	files(o);
	oracle_attempts(o, "names / names /tmp names . create /new list /dev");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "tmp");
	oracle_line(o, "dev");
	oracle_line(o, strrchr(o->root, '/') + 1);
	oracle_line(o, "ro");
	oracle_line(o, "create=EROFS");
	oracle_line(o, "list=OK");
	/* /tmp, /dev and perhaps /proc; the one in /tmp; three grants, hidden names not counted;
	 * and what five attempts came to. */
	assert_int_equal(lines(o->out), own + 1 + 3 + 5);
}

/* Landlock's rights reach down: where something may not be listed, what holds it is not. */
static void a_grant_that_cannot_be_listed_is_not_listed_from_above(void **state)
{
	struct oracle *o = *state;

	needs_view();
	oracle_needs("landlock.canary", 0);
	files(o);
	oracle_grant(o, "no", BV_WRITE);
	oracle_attempts(o, "list no list . list / list ro create no/new");
	oracle_says(o, "list=EACCES\nlist=EACCES\nlist=EACCES\nlist=OK\ncreate=OK\n");
}

static char mounts[65536];

static void look_at_mounts(struct oracle *o)
{
	world_processes(o->marker, &o->pid, 1);
	if (!world_proc(o->pid, "mountinfo", mounts, sizeof(mounts)))
		mounts[0] = 0;
}

/* The options of the one mount at this point, NULL if there is not exactly one. */
static const char *mount_options(const char *point)
{
	static char options[132];
	char *text = strdup(mounts), *save = NULL;
	int found = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char at[512], words[128];

		if (sscanf(line, "%*d %*d %*s %*s %511s %127s", at, words) != 2 ||
			strcmp(at, point) != 0)
			continue;
		found++;
		snprintf(options, sizeof(options), ",%s,", words);
	}
	free(text);
	return found == 1 ? options : NULL;
}

static void assert_options(const struct oracle *o, const char *name, const char *has,
	const char *has_not)
{
	char path[128];
	const char *options;

	snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : o->root, *name == '/' ? "" : "/",
		name);
	options = mount_options(path);
	if (!options)
		fail_msg("not one mount at %s:\n%s", path, mounts);
	for (const char *word = has; *word; word += strlen(word) + 1)
		if (!strstr(options, word))
			fail_msg("%s has %s and not %s", path, options, word);
	for (const char *word = has_not; *word; word += strlen(word) + 1)
		if (strstr(options, word))
			fail_msg("%s has %s", path, options);
}

/* As the kernel lists them for the host: these mounts, and no other. */
static void only_planned_mounts_are_left(void **state)
{
	struct oracle *o = *state;
	size_t lines = 0;

	needs_view();
	files(o);
	oracle_attempts(o, "say ready wait-input");
	oracle_hold(o, look_at_mounts);
	oracle_says(o, "ready\nwait-input=OK\n");
	for (const char *at = mounts; (at = strchr(at, '\n')); at++)
		lines++;
	assert_options(o, "/", ",ro,\0,nosuid,\0,nodev,\0,noexec,\0", "\0");
	assert_options(o, "ro", ",ro,\0,nosuid,\0,nodev,\0,noexec,\0", "\0");
	assert_options(o, "rw", ",rw,\0,nosuid,\0,nodev,\0,noexec,\0", "\0");
	assert_options(o, "rx", ",ro,\0,nosuid,\0,nodev,\0", ",noexec,\0");
	assert_options(o, ".guest/guest", ",ro,\0,nosuid,\0,nodev,\0", ",noexec,\0");
	assert_options(o, "/dev/null", ",nosuid,\0,noexec,\0", ",nodev,\0");
	if (oracle_has("view.proc-canary", 0))
		assert_options(o, "/proc", ",ro,\0,nosuid,\0,nodev,\0,noexec,\0", "\0");
	/* The root, three grants, the program, five devices, and /proc. */
	assert_int_equal(lines, 10 + oracle_has("view.proc-canary", 0));
	assert_true(oracle_report_has(o, "exactly the planned ones, restricted as planned"));
}

static void the_way_up_ends_at_the_own_root(void **state)
{
	struct oracle *o = *state;

	needs_view();
	files(o);
	oracle_attempts(o,
		"stat /../../etc/passwd read /proc/1/root/etc/passwd read "
		"/proc/self/root/etc/passwd "
		"list /proc/1/cwd chroot . mount unshare 0x20000 openat2 ../../../etc/passwd");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_no_line(o, "stat=OK");
	oracle_no_line(o, "read=OK");
	oracle_no_line(o, "list=OK");
	oracle_no_line(o, "openat2=OK");
	oracle_line(o, "chroot=EPERM");
	oracle_line(o, "mount=EPERM");
	oracle_line(o, "unshare=EPERM");
}

static void what_is_read_only_is_so_for_everyone_in_it(void **state)
{
	struct oracle *o = *state;

	needs_view();
	files(o);
	oracle_attempts(o,
		"create ro/new write ro/file unlink ro/file mkdir new create /new mkdir /dev/new "
		"unlink /dev/null create rx/new create rw/new");
	oracle_says(o,
		"create=EROFS\nwrite=EROFS\nunlink=EROFS\nmkdir=EROFS\ncreate=EROFS\n"
		"mkdir=EROFS\nunlink=EROFS\ncreate=EROFS\ncreate=OK\n");
	world_same(o, "ro/file", "host");
	world_same(o, "rw/new", "guest");
}

/* A program in a writable grant is data; a device file in any grant is nothing. */
static void neither_programs_nor_devices_come_with_a_grant(void **state)
{
	struct oracle *o = *state;
	char path[128];

	needs_view();
	files(o);
	snprintf(path, sizeof(path), "%s/rw/guest", o->root);
	world_copy(o->guest, path, 0755);
	snprintf(path, sizeof(path), "%s/rw/zero", o->root);
	if (oracle_root())
		assert_int_equal(mknod(path, S_IFCHR | 0666, makedev(1, 5)), 0);
	oracle_attempts(o, "read rw/zero map-exec rw/guest exec rw/guest alive");
	oracle_says(o,
		oracle_root() ? "read=EACCES\nmap-exec=EPERM\nexec=EACCES\n"
			      : "read=ENOENT\nmap-exec=EPERM\nexec=EACCES\n");
}

static void the_devices_are_five_and_work(void **state)
{
	struct oracle *o = *state;

	needs_view();
	oracle_attempts(o,
		"write /dev/null write /dev/zero write /dev/full read /dev/zero read /dev/random "
		"read /dev/urandom write /dev/urandom");
	oracle_says(o,
		"write=OK\nwrite=OK\nwrite=ENOSPC\nread=OK\nread=OK\nread=OK\nwrite=EACCES\n");
}

static void only_the_runs_processes_are_listed(void **state)
{
	struct oracle *o = *state;
	char host[64];

	needs_view();
	oracle_needs("view.proc-canary", 0);
	snprintf(host, sizeof(host), "%d", (int)getpid());
	oracle_attempts(o,
		"names /proc stat /proc/self/status stat /proc/sys/kernel stat "
		"/proc/meminfo read /proc/self/mem read /proc/1/net/tcp read /proc/1/mountinfo");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "names=OK");
	oracle_line(o, "2"); /* itself: the init is in namespaces of the host's */
	oracle_no_line(o, "read=OK");
	oracle_no_line(o, host);
	for (char *line = strtok(o->out, "\n"); line; line = strtok(NULL, "\n"))
		if (strtol(line, NULL, 10) != 0 && strtol(line, NULL, 10) != 2)
			fail_msg("process %s is listed", line);
}

static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "uts"};

static bool same_namespace(pid_t pid, const char *kind)
{
	char path[64], theirs[64] = "", ours[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	assert_true(readlink(path, theirs, sizeof(theirs) - 1) > 0);
	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	assert_true(readlink(path, ours, sizeof(ours) - 1) > 0);
	return strcmp(theirs, ours) == 0;
}

static char network[4096];

static void look_at_namespaces(struct oracle *o)
{
	world_processes(o->marker, &o->pid, 1);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		o->seen[i] = same_namespace(o->pid, kinds[i]);
	world_proc(o->pid, "net/dev", network, sizeof(network));
}

static void every_namespace_is_the_runs_own(void **state)
{
	struct oracle *o = *state;
	char host[256] = "";

	needs_view();
	oracle_needs("network-namespace.canary", 0);
	oracle_attempts(o, "hostname say ready wait-input");
	oracle_hold(o, look_at_namespaces);
	oracle_says(o, "bvisor\nhostname=OK\nready\nwait-input=OK\n");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (o->seen[i])
			fail_msg("the %s namespace is the host's", kinds[i]);
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	assert_string_not_equal(host, "bvisor");
}

/* The kernel's list for the host: two lines of heading, and the loopback. */
static void the_network_has_nothing_but_a_loopback(void **state)
{
	struct oracle *o = *state;
	size_t interfaces = 0;

	needs_view();
	oracle_needs("network-namespace.canary", 0);
	oracle_attempts(o, "say ready wait-input");
	oracle_hold(o, look_at_namespaces);
	oracle_says(o, "ready\nwait-input=OK\n");
	for (const char *at = network; (at = strchr(at, ':')); at++)
		interfaces++;
	assert_non_null(strstr(network, "lo:"));
	assert_int_equal(interfaces, 1);
}

/* What is asked for by name stays the host's. */
static void ambient_means_the_hosts_namespace(void **state)
{
	struct oracle *o = *state;

	needs_view();
	o->spec.network = BV_NETWORK_AMBIENT;
	o->spec.budgets[BV_NETWORK].limit = 1;
	o->spec.budgets[BV_NETWORK].waived = 1;
	o->spec.ipc = BV_AMBIENT;
	o->spec.budgets[BV_MEMORY].waived = 1;
	if (oracle_root())
		o->spec.host_processes = BV_AMBIENT;
	oracle_attempts(o, "say ready wait-input");
	oracle_hold(o, look_at_namespaces);
	oracle_says(o, "ready\nwait-input=OK\n");
	assert_true(o->seen[1] && o->seen[3]);
	assert_int_equal(o->seen[4], oracle_root());
	assert_false(o->seen[2] || o->seen[5]);
}

static struct oracle *swapped;
static const char *swapped_to;

/* Asked for its secret, after the grants were opened and before anything runs. */
static int swap(void *context, const char *reference, char *value, size_t size, size_t *ret_len)
{
	char path[128], away[128];

	(void)context;
	(void)reference;
	snprintf(path, sizeof(path), "%s/ro", swapped->root);
	snprintf(away, sizeof(away), "%s/away", swapped->root);
	assert_int_equal(rename(path, away), 0);
	if (swapped_to)
		assert_int_equal(symlink(swapped_to, path), 0);
	else
		assert_int_equal(mkdir(path, 0755), 0);
	snprintf(value, size, "value");
	*ret_len = 5;
	return 0;
}

static void swap_during(struct oracle *o, const char *to)
{
	needs_view();
	files(o);
	swapped = o;
	swapped_to = to;
	o->variables[1] = (struct bv_variable){.name = "TOKEN", .secret = "swap"};
	o->spec.variable_count = 2;
	o->options.resolve_secret = swap;
	oracle_attempts(o, "create rw/ran read ro/passwd");
	oracle_run(o);
	assert_int_equal(o->code, 0);
	assert_string_equal(bv_reason_name(bv_report_end(o->report)->reason), "setup");
	assert_int_equal(bv_report_end(o->report)->exit, BV_EXIT_NONE);
	assert_true(oracle_report_has(o, "/ro' "));
	assert_false(world_exists(o, "rw/ran"));
	assert_int_equal(o->out_len, 0);
}

/* Between the host's opening and the child's binding a path may come to lead elsewhere. */
static void a_directory_put_in_the_grants_place_is_not_shown(void **state)
{
	swap_during(*state, NULL);
}

static void a_link_put_in_the_grants_place_is_not_followed(void **state)
{
	swap_during(*state, "/etc");
}

static void a_grant_in_a_grant_has_the_rights_of_both(void **state)
{
	struct oracle *o = *state;

	needs_view();
	files(o);
	world_mkdir(o, "ro/in");
	world_mkdir(o, "rw/in");
	world_write(o, "rw/in/file", "host");
	oracle_grant(o, "ro/in", BV_READ | BV_WRITE);
	oracle_grant(o, "rw/in", BV_READ);
	oracle_attempts(o,
		"create ro/in/new create ro/new write rw/in/file create rw/in/new read ro/in/new");
	oracle_says(o, "create=OK\ncreate=EROFS\nwrite=OK\ncreate=OK\nread=OK\n");
	world_same(o, "ro/in/new", "guest");
	world_same(o, "rw/in/new", "guest");
}

/* A grant may be written with links in it, and stands where it was written. */
static void a_grant_with_links_in_its_path_is_where_it_was_written(void **state)
{
	struct oracle *o = *state;
	char path[128];

	needs_view();
	files(o);
	snprintf(path, sizeof(path), "%s/link", o->root);
	assert_int_equal(symlink("no", path), 0);
	snprintf(path, sizeof(path), "%s/ro/link", o->root);
	assert_int_equal(symlink("../rx", path), 0);
	oracle_grant(o, "link", BV_READ);
	oracle_grant(o, "ro/link", BV_READ | BV_WRITE);
	oracle_attempts(o, "read link/file stat no create ro/link/new create rx/new");
	oracle_says(o, "read=OK\nstat=ENOENT\ncreate=OK\ncreate=EEXIST\n");
	world_same(o, "rx/new", "guest");
}

/* Links of the host's root that lead into a grant are kept: /bin, /lib64 and their like. */
static void system_programs_run_by_any_of_their_names(void **state)
{
	struct oracle *o = *state;

	needs_view();
	if (access("/bin/sh", X_OK))
		oracle_skip("there is no /bin/sh");
	oracle_grant_system(o);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_program(o, "/bin/sh", "-c", "/bin/echo one; /usr/bin/env echo two", NULL);
	oracle_says(o, "one\ntwo\n");
}

static void a_directory_not_granted_is_an_empty_one(void **state)
{
	struct oracle *o = *state;

	needs_view();
	world_write(o, "file", "host");
	oracle_attempts(o, "directory stat file create new names .");
	oracle_run(o);
	oracle_completed(o, 0);
	if (!strstr(o->out, o->root))
		fail_msg("it is not in %s:\n%s", o->root, o->out);
	oracle_line(o, "stat=ENOENT");
	oracle_line(o, "create=EROFS");
	oracle_line(o, "names=OK");
	oracle_no_line(o, "file");
}

static void without_landlock_the_view_holds(void **state)
{
	struct oracle *o = *state;

	needs_view();
	files(o);
	oracle_without("landlock");
	oracle_attempts(o,
		"read ro/file write ro/file read no/file write rw/file chmod rw/file "
		"exec rw/file x");
	oracle_says(o,
		oracle_modes()
			? "read=OK\nwrite=EROFS\nread=ENOENT\nwrite=OK\nchmod=OK\nexec=EACCES\n"
			: "read=OK\nwrite=EROFS\nread=ENOENT\nwrite=OK\nchmod=EPERM\nexec="
			  "EACCES\n");
	world_same(o, "no/file", "host");
	oracle_again(o);
	/* What only Landlock can keep apart is refused. */
	o->grants[0].access = BV_WRITE;
	oracle_refused_without(o, "landlock", BV_KIND_FILESYSTEM);
}

static void the_view_is_refused_where_it_must_be_and_cannot(void **state)
{
	struct bv_linux_options options = {.launcher_path = getenv("ORACLE_LAUNCHER"),
		.view = BV_LINUX_VIEW_ALWAYS};
	struct oracle *o = *state;

	o->backend = bv_backend_free(o->backend);
	assert_int_equal(bv_linux_open(&options, &o->backend, &o->err), 0);
	oracle_attempts(o, "say well");
	oracle_refused_without(o, "view", BV_KIND_FILESYSTEM);
	needs_view();
	oracle_says(o, "well\n");
}

#define MANY 256

static void as_many_grants_as_there_are_appear(void **state)
{
	static struct bv_grant grants[MANY];
	static char paths[MANY][96];
	struct oracle *o = *state;

	needs_view();
	for (size_t i = 0; i < MANY; i++) {
		char name[32];

		snprintf(name, sizeof(name), "d%zu", i);
		world_mkdir(o, name);
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", o->root, name);
		grants[i] = (struct bv_grant){paths[i], BV_READ | (i % 2 ? BV_WRITE : 0)};
	}
	o->spec.grants = grants;
	o->spec.grant_count = MANY;
	oracle_attempts(o, "create d0/new create d1/new create d254/new create d255/new stat d256");
	oracle_says(o, "create=EROFS\ncreate=OK\ncreate=EROFS\ncreate=OK\nstat=ENOENT\n");
	world_same(o, "d255/new", "guest");
}

/* Limits and killing by the leaf, hiding by the namespace. */
static void a_leaf_and_namespaces_go_together(void **state)
{
	struct oracle *o = *state;

	needs_view();
	oracle_needs("cgroup.canary", 0);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	o->spec.kill = BV_KILL_ATOMIC;
	oracle_attempts(o, "daemon 20000 daemon 20000 say ready");
	oracle_admit(o);
	assert_non_null(strstr(oracle_row(o, BV_KIND_KILL_ATOMIC)->mechanism, "cgroup.kill"));
	assert_non_null(
		strstr(oracle_row(o, BV_KIND_HOST_PROCESSES_HIDDEN)->mechanism, "pid namespace"));
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(world_gone(o->marker, 1000));
}

static void a_temporary_root_is_private_bounded_and_gone(void **state)
{
	struct oracle *o = *state;
	char kept[128], expected[256];

	needs_view();
	o->spec.temp_root = 1;
	o->spec.temp_path = "/tmp/own";
	o->spec.budgets[BV_STORAGE].limit = 65536;
	snprintf(kept, sizeof(kept), "/tmp/own/%s", o->marker);
	oracle_attempts(o,
		"stat %s create %s read %s mkdir /tmp/own/dir fill /tmp/own/big 1048576 "
		"map-exec %s mknod /tmp/own/null environment",
		kept, kept, kept, kept);
	snprintf(expected, sizeof(expected),
		"stat=ENOENT\ncreate=OK\nread=OK\nmkdir=OK\nfill=ENOSPC\nmap-exec=EPERM\n"
		"mknod=EPERM\n[ORACLE=%s]\n[TMPDIR=/tmp/own]\nenvironment=OK\n",
		o->marker);
	oracle_says(o, expected);
	/* Not on the host, and not in the next run. */
	assert_false(world_exists(o, kept) || world_exists(o, "/tmp/own"));
	oracle_says(o, expected);
}

static struct bv_exposure shown[2];
static char shown_paths[4][128];

static void show(struct oracle *o, size_t at, const char *source, const char *destination,
	uint32_t access)
{
	snprintf(shown_paths[2 * at], sizeof(shown_paths[0]), "%s/%s", o->root, source);
	snprintf(shown_paths[2 * at + 1], sizeof(shown_paths[0]), "%s%s%s",
		*destination == '/' ? "" : o->root, *destination == '/' ? "" : "/", destination);
	shown[at] = (struct bv_exposure){.source = shown_paths[2 * at],
		.destination = shown_paths[2 * at + 1],
		.access = access};
	o->spec.exposures = shown;
	o->spec.exposure_count = at + 1;
}

static void a_path_is_shown_elsewhere_with_its_own_rights(void **state)
{
	struct oracle *o = *state;

	needs_view();
	files(o);
	world_mkdir(o, "no/dir");
	world_mkdir(o, "rw/in");
	show(o, 0, "no", "rw/in", BV_READ);
	show(o, 1, "no/dir", "/elsewhere/deep", BV_READ | BV_WRITE);
	oracle_attempts(o,
		"read rw/in/file write rw/in/file create rw/new create /elsewhere/deep/new "
		"stat no/file stat /elsewhere/deep/../file");
	oracle_says(o, "read=OK\nwrite=EROFS\ncreate=OK\ncreate=OK\nstat=ENOENT\nstat=ENOENT\n");
	world_same(o, "no/file", "host");
	world_same(o, "no/dir/new", "guest");
	assert_false(world_exists(o, "rw/in/file"));
}

static void without_a_view_a_path_is_shown_where_it_is(void **state)
{
	struct oracle *o = *state;

	files(o);
	show(o, 0, "no", "no", BV_READ);
	oracle_attempts(o, "read no/file write no/file");
	oracle_without("view");
	oracle_admit(o);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_string_equal(o->out, "read=OK\nwrite=EACCES\n");
	show(o, 0, "no", "elsewhere", BV_READ);
	oracle_refused_without(o, "view", BV_KIND_EXPOSE_PATH);
}

/* More launches than anything could hide in: see tests/bench for thousands. */
static void a_hundred_launches_leave_nothing(void **state)
{
	struct oracle *o = *state;
	char fds[64], text[65536];
	struct stat before, after;
	char *own = world_mounts(), *now;
	size_t mounted;

	needs_view();
	files(o);
	oracle_attempts(o, "create rw/ran unlink rw/ran");
	oracle_says(o, "create=OK\nunlink=OK\n");
	snprintf(fds, sizeof(fds), "/proc/%d/fd", (int)world_launcher(getpid()));
	assert_int_equal(stat(fds, &before), 0);
	assert_true(world_proc(world_launcher(getpid()), "mountinfo", text, sizeof(text)));
	mounted = lines(text);
	for (int i = 0; i < 100; i++)
		oracle_says(o, "create=OK\nunlink=OK\n");
	/* It closes what was the run's behind the answer. */
	for (int i = 0; i < 100; i++) {
		assert_int_equal(stat(fds, &after), 0);
		if (before.st_size == after.st_size)
			break;
		world_sleep(20);
	}
	assert_int_equal(before.st_size, after.st_size);
	assert_true(world_proc(world_launcher(getpid()), "mountinfo", text, sizeof(text)));
	assert_int_equal(lines(text), mounted);
	now = world_mounts();
	assert_int_equal(lines(own), lines(now));
	free(now);
	free(own);
}

#define TESTS(T) \
	T(outside_the_grants_nothing_exists) \
	T(what_holds_the_grants_lists_them_and_no_more) \
	T(a_grant_that_cannot_be_listed_is_not_listed_from_above) \
	T(only_planned_mounts_are_left) \
	T(the_way_up_ends_at_the_own_root) \
	T(what_is_read_only_is_so_for_everyone_in_it) \
	T(neither_programs_nor_devices_come_with_a_grant) \
	T(the_devices_are_five_and_work) \
	T(only_the_runs_processes_are_listed) \
	T(every_namespace_is_the_runs_own) \
	T(the_network_has_nothing_but_a_loopback) \
	T(ambient_means_the_hosts_namespace) \
	T(a_directory_put_in_the_grants_place_is_not_shown) \
	T(a_link_put_in_the_grants_place_is_not_followed) \
	T(a_grant_in_a_grant_has_the_rights_of_both) \
	T(a_grant_with_links_in_its_path_is_where_it_was_written) \
	T(system_programs_run_by_any_of_their_names) \
	T(a_directory_not_granted_is_an_empty_one) \
	T(without_landlock_the_view_holds) \
	T(the_view_is_refused_where_it_must_be_and_cannot) \
	T(as_many_grants_as_there_are_appear) \
	T(a_leaf_and_namespaces_go_together) \
	T(a_temporary_root_is_private_bounded_and_gone) \
	T(a_path_is_shown_elsewhere_with_its_own_rights) \
	T(without_a_view_a_path_is_shown_where_it_is) \
	T(a_hundred_launches_leave_nothing)

ORACLE_MAIN(TESTS)

/* SPDX-License-Identifier: MIT
 *
 * Whose the workload is where root runs it in a private view: the host reads its ids from /proc and
 * the owners of its files from the disk.
 */
#include "oracle.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void files(struct oracle *o)
{
	world_mkdir(o, "rw");
	oracle_grant(o, "rw", BV_READ | BV_WRITE);
}

static void look_at_identity(struct oracle *o)
{
	world_processes(o->marker, &o->pid, 1);
	assert_true(world_proc(o->pid, "status", o->status, sizeof(o->status)));
}

/* As the kernel says to the host: the four ids of each line, of nobody's here. */
static void assert_host_user(const struct oracle *o, const char *key, bool other)
{
	unsigned int ids[4] = {0};
	const char *line = strstr(o->status, key);

	assert_non_null(line);
	assert_int_equal(sscanf(line + strlen(key), "%u %u %u %u", &ids[0], &ids[1], &ids[2],
				 &ids[3]),
		4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(ids[i], other ? 1879064811 : 0);
}

static void private_file(struct oracle *o, const char *name)
{
	char path[128];

	world_write(o, name, "host");
	snprintf(path, sizeof(path), "%s/%s", o->root, name);
	assert_int_equal(chmod(path, 0600), 0);
}

static const char *surface(const struct oracle *o)
{
	return oracle_row(o, BV_KIND_KERNEL_SURFACE_BASELINE)->mechanism;
}

/* Where root is, and what is shown lies on file systems that let themselves be mapped. Those of the
 * scratch directory need not be those of the system, by which the machine is judged. */
static void needs_mapped(struct oracle *o)
{
	if (!oracle_root() || !oracle_view())
		oracle_skip("only root's runs in a private view are mapped");
	oracle_plan(o);
	if (strstr(surface(o), "another host user"))
		return;
	if (strstr(surface(o), "a file system there") || !oracle_has("identity.mapped", 0))
		oracle_skip(surface(o));
	fail_msg("it is not mapped: %s", surface(o));
}

/* And what was granted is its own all the same, and root's on the disk. */
static void what_root_runs_is_another_user_of_the_hosts(void **state)
{
	struct oracle *o = *state;
	char path[128];
	struct stat st;

	files(o);
	private_file(o, "rw/private");
	snprintf(path, sizeof(path), "%s/.guest", o->root);
	assert_int_equal(chmod(o->guest, 0700) | chmod(path, 0700), 0);
	oracle_attempts(o,
		"read rw/private write rw/private create rw/new mkdir rw/dir create rw/dir/new "
		"read /proc/self/status say ready wait-input");
	oracle_hold(o, look_at_identity);
	needs_mapped(o);
	oracle_says(o,
		"read=OK\nwrite=OK\ncreate=OK\nmkdir=OK\ncreate=OK\nread=OK\nready\n"
		"wait-input=OK\n");
	assert_host_user(o, "Uid:", true);
	assert_host_user(o, "Gid:", true);
	world_same(o, "rw/private", "guest");
	snprintf(path, sizeof(path), "%s/rw/dir/new", o->root);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(st.st_uid == 0 && st.st_gid == 0);
	assert_true(oracle_report_has(o, "\"host-user\""));
	assert_false(oracle_finding(o, "runs-as-root"));
}

/* One mount that cannot be mapped leaves all of it as it was; and so does what is ambient. */
static void where_a_grant_cannot_be_mapped_root_stays_root(void **state)
{
	struct oracle *o = *state;

	if (!oracle_root() || !oracle_view())
		oracle_skip("only root's runs in a private view are mapped");
	files(o);
	private_file(o, "rw/private");
	oracle_grant(o, "/sys/kernel", BV_READ);
	oracle_attempts(o, "read rw/private say ready wait-input");
	oracle_hold(o, look_at_identity);
	oracle_says(o, "read=OK\nready\nwait-input=OK\n");
	assert_host_user(o, "Uid:", false);
	assert_true(oracle_finding(o, "runs-as-root"));
	assert_true(oracle_report_has(o, "It is not another user: "));
	if (oracle_has("identity.mapped", 0))
		assert_true(oracle_report_has(o, "cannot be mapped: a file system there"));
}

/* A file system of the container's kind: what lies on it keeps its owners, and so must all. */
static void mount_overlay(struct oracle *o)
{
	static const char *const layers[] = {"lower", "upper", "work", "image"};
	char options[900];

	/* Of a namespace of its own: nobody else may see this mount. */
	o->mount_namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWNS))
		oracle_skip("only root outside most containers can mount an overlay");
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	/* No overlay takes another one as its upper layer. */
	world_mkdir(o, "layers");
	snprintf(o->mounted, sizeof(o->mounted), "%s/layers", o->root);
	assert_int_equal(mount("layers", o->mounted, "tmpfs", 0, "size=16m"), 0);
	for (size_t i = 0; i < 4; i++) {
		snprintf(options, sizeof(options), "layers/%s", layers[i]);
		world_mkdir(o, options);
	}
	snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work",
		o->mounted, o->mounted, o->mounted);
	snprintf(o->mounted, sizeof(o->mounted), "%s/layers/image", o->root);
	if (mount("image", o->mounted, "overlay", 0, options))
		oracle_skip("this kernel mounts no overlay");
}

static void assert_stays_root(struct oracle *o)
{
	assert_true(oracle_finding(o, "runs-as-root"));
	assert_true(oracle_report_has(o, "It is not another user: "));
	if (oracle_has("identity.mapped", 0))
		assert_true(oracle_report_has(o, "cannot be mapped: a file system there"));
	assert_false(oracle_report_has(o, "\"host-user\""));
	assert_non_null(strstr(surface(o), "host's user 0"));
}

/* As a grant, as where the program is, and as where what interprets it is. */
static void on_an_overlay_root_stays_root_and_what_is_granted_works(void **state)
{
	struct oracle *o = *state;
	char program[160], script[160], text[200];

	if (!oracle_root() || !oracle_view())
		oracle_skip("only root's runs in a private view are mapped");
	mount_overlay(o);
	oracle_grant(o, "layers/image", BV_READ | BV_WRITE);
	oracle_attempts(o, "create layers/image/new read layers/image/new");
	oracle_says(o, "create=OK\nread=OK\n");
	assert_stays_root(o);
	o->spec.grant_count = 0;
	snprintf(program, sizeof(program), "%s/layers/image/guest", o->root);
	snprintf(script, sizeof(script), "%s/script", o->root);
	snprintf(text, sizeof(text), "#!%s\n", program);
	world_copy(o->guest, program, 0755);
	world_write(o, "script", text);
	assert_int_equal(chmod(script, 0755), 0);
	oracle_again(o);
	oracle_program(o, program, "say", "well", NULL);
	oracle_says(o, "well\n");
	assert_stays_root(o);
	oracle_again(o);
	oracle_program(o, script, NULL);
	oracle_run(o);
	assert_stays_root(o);
}

static void who_is_to_be_mapped_or_not_is_asked_for(void **state)
{
	struct bv_linux_options options = {.launcher_path = getenv("ORACLE_LAUNCHER"),
		.identity = BV_LINUX_IDENTITY_OWN};
	struct oracle *o = *state;

	oracle_needs("view.canary", 0);
	o->backend = bv_backend_free(o->backend);
	assert_int_equal(bv_linux_open(&options, &o->backend, &o->err), 0);
	oracle_attempts(o, "say well");
	oracle_says(o, "well\n");
	assert_false(oracle_report_has(o, "\"host-user\""));
	assert_int_equal(oracle_finding(o, "runs-as-root"), oracle_root());
	assert_int_equal(oracle_report_has(o, "the caller wants its own"), oracle_root());
	oracle_again(o);
	options.identity = BV_LINUX_IDENTITY_MAPPED;
	o->backend = bv_backend_free(o->backend);
	assert_int_equal(bv_linux_open(&options, &o->backend, &o->err), 0);
	oracle_refused_without(o, "identity", BV_KIND_FILESYSTEM);
}

/* Executed through the view, where what is beneath a grant without execute is noexec. */
static void its_program_may_lie_in_a_grant_that_is_written_to(void **state)
{
	struct oracle *o = *state;

	oracle_grant(o, o->root, BV_READ | BV_WRITE);
	oracle_attempts(o, "create new");
	needs_mapped(o);
	oracle_says(o, "create=OK\n");
	assert_true(oracle_report_has(o, "\"host-user\""));
}

#define TESTS(T) \
	T(what_root_runs_is_another_user_of_the_hosts) \
	T(where_a_grant_cannot_be_mapped_root_stays_root) \
	T(on_an_overlay_root_stays_root_and_what_is_granted_works) \
	T(who_is_to_be_mapped_or_not_is_asked_for) \
	T(its_program_may_lie_in_a_grant_that_is_written_to)

ORACLE_MAIN(TESTS)

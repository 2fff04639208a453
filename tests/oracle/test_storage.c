/* SPDX-License-Identifier: MIT
 *
 * Storage of the boundary's own: an overlay keeps everything that is written to it from the host;
 * temporary root, overlays and outputs share one limit that the kernel holds; and nothing of it
 * stays. The host's tree is compared as a whole, times and modes included.
 */
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

static void needs_overlay(void)
{
	oracle_needs("view.canary", 0);
	oracle_needs("overlay.canary", 0);
}

static char *picture_text;
static size_t picture_len;
static FILE *picture_stream;

/* All of an entry but its atime, which looking changes. */
static int picture_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char target[256] = "";
	FILE *file;
	int c;

	(void)ftw;
	if (type == FTW_SL && readlink(path, target, sizeof(target) - 1) < 0)
		return -1;
	fprintf(picture_stream, "%s %o %u %u %lu %lu %lld %lld.%09ld %lld.%09ld %s\n", path,
		st->st_mode, st->st_uid, st->st_gid, (unsigned long)st->st_ino,
		(unsigned long)st->st_nlink, type == FTW_D ? 0LL : (long long)st->st_size,
		(long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec,
		st->st_ctim.tv_nsec, target);
	if (type != FTW_F)
		return 0;
	file = fopen(path, "re");
	if (!file)
		return -1;
	while ((c = fgetc(file)) != EOF)
		fputc(c, picture_stream);
	return fclose(file);
}

/* malloc. */
static char *picture(const struct oracle *o, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", o->root, name);
	picture_stream = open_memstream(&picture_text, &picture_len);
	assert_non_null(picture_stream);
	assert_int_equal(nftw(path, picture_entry, 16, FTW_PHYS), 0);
	fclose(picture_stream);
	return picture_text;
}

static void tree(struct oracle *o)
{
	char path[128];

	world_mkdir(o, "tree");
	world_mkdir(o, "tree/dir");
	world_mkdir(o, "tree/dir/deep");
	world_write(o, "tree/file", "host");
	world_write(o, "tree/other", "host");
	world_write(o, "tree/dir/inner", "host");
	world_write(o, "tree/dir/deep/leaf", "host");
	snprintf(path, sizeof(path), "%s/tree/link", o->root);
	assert_int_equal(symlink("file", path), 0);
}

static struct bv_exposure shown[2];
static char shown_paths[2][128];

static void overlay(struct oracle *o, const char *name, uint32_t access)
{
	size_t at = o->spec.exposure_count++;

	assert_true(at < 2);
	snprintf(shown_paths[at], sizeof(shown_paths[0]), "%s/%s", o->root, name);
	shown[at] = (struct bv_exposure){.source = shown_paths[at],
		.destination = shown_paths[at],
		.access = access,
		.overlay = 1};
	o->spec.exposures = shown;
	o->spec.budgets[BV_STORAGE].limit = UINT64_C(4) << 20;
}

static void temporary(struct oracle *o)
{
	o->spec.temp_root = 1;
	o->spec.temp_path = "/scratch";
}

static const struct bv_output one[] = {{"out", NULL}};

static void output(struct oracle *o)
{
	o->spec.outputs = one;
	o->spec.output_count = 1;
	o->spec.discard = 1;
	o->spec.budgets[BV_STORAGE].limit = UINT64_C(4) << 20;
	o->spec.budgets[BV_STORAGE].guarantee = BV_ENFORCED;
}

static void drop(struct oracle *o)
{
	struct bv_artifacts *artifacts = NULL;
	size_t len;
	const char *json = bv_report_json(o->report, &len);

	assert_int_equal(bv_artifacts_open(json, len, o->staging, &artifacts, &o->err), 0);
	if (bv_artifacts_staged(artifacts))
		assert_int_equal(bv_artifacts_discard(artifacts, &o->err), 0);
	bv_artifacts_free(artifacts);
}

static uint64_t measured(const struct oracle *o)
{
	uint64_t value = 0;

	assert_true(bv_report_usage(o->report, BV_STORAGE, &value));
	return value;
}

/* Everything that can be done to a tree. */
static void what_is_written_to_an_overlay_is_kept_from_the_host(void **state)
{
	struct oracle *o = *state;
	char *before, *after;

	needs_overlay();
	tree(o);
	overlay(o, "tree", BV_READ | BV_WRITE);
	before = picture(o, "tree");
	oracle_attempts(o,
		"append tree/file create tree/new read tree/new unlink tree/other stat tree/other "
		"rename tree/link tree/moved rename tree/dir/inner tree/inner "
		"unlink tree/dir/deep/leaf rmdir tree/dir/deep mkdir tree/dir/deep "
		"stat tree/dir/deep/leaf mkdir tree/made create tree/made/in symlink x tree/sym "
		"truncate tree/inner link tree/file tree/hard write tree/moved");
	oracle_says(o,
		"append=OK\ncreate=OK\nread=OK\nunlink=OK\nstat=ENOENT\nrename=OK\nrename=OK\n"
		"unlink=OK\nrmdir=OK\nmkdir=OK\nstat=ENOENT\nmkdir=OK\ncreate=OK\nsymlink=OK\n"
		"truncate=OK\nlink=OK\nwrite=OK\n");
	after = picture(o, "tree");
	assert_string_equal(before, after);
	free(before);
	free(after);
	/* What one run wrote the next one does not see. */
	oracle_attempts(o, "read tree/other read tree/dir/deep/leaf stat tree/new stat tree/made");
	oracle_again(o);
	oracle_says(o, "read=OK\nread=OK\nstat=ENOENT\nstat=ENOENT\n");
}

static char mounts[65536];

static void look_at_mounts(struct oracle *o)
{
	world_processes(o->marker, &o->pid, 1);
	if (!world_proc(o->pid, "mountinfo", mounts, sizeof(mounts)))
		mounts[0] = 0;
}

/* The line of the one mount at this point. */
static const char *mounted(const struct oracle *o, const char *name)
{
	char point[160];
	char *line;

	snprintf(point, sizeof(point), " %s%s%s ", *name == '/' ? "" : o->root,
		*name == '/' ? "" : "/", name);
	line = strstr(mounts, point);
	if (!line)
		fail_msg("nothing at%s:\n%s", point, mounts);
	line[strcspn(line, "\n")] = 0;
	return line;
}

/* As the kernel lists them for the host. The storage itself is nowhere. */
static void the_mounts_of_storage_are_restricted_like_all(void **state)
{
	struct oracle *o = *state;
	size_t lines = 0;

	needs_overlay();
	tree(o);
	overlay(o, "tree", BV_READ | BV_WRITE);
	temporary(o);
	oracle_attempts(o, "say ready wait-input");
	oracle_hold(o, look_at_mounts);
	oracle_says(o, "ready\nwait-input=OK\n");
	for (const char *at = mounts; (at = strchr(at, '\n')); at++)
		lines++;
	/* The root, the overlay, the temporary root, the program, five devices, and /proc. */
	assert_int_equal(lines, 9 + oracle_has("view.proc-canary", 0));
	assert_non_null(strstr(mounted(o, "tree"), " rw,nosuid,nodev,noexec,"));
	look_at_mounts(o);
	assert_true(oracle_report_has(o, "\"storage\",\"value\":\"a tmpfs of 4194304 bytes\""));
}

static void an_overlay_grants_what_it_says_and_no_more(void **state)
{
	struct oracle *o = *state;
	char path[128];

	needs_overlay();
	tree(o);
	snprintf(path, sizeof(path), "%s/tree/guest", o->root);
	world_copy(o->guest, path, 0755);
	overlay(o, "tree", BV_READ | BV_WRITE);
	o->spec.spawn = BV_SPAWN_ALLOW_DESCENDANTS;
	oracle_attempts(o,
		"exec tree/guest alive map-exec tree/guest mknod tree/null stat tree/../other");
	oracle_says(o, "exec=EACCES\nmap-exec=EPERM\nmknod=EPERM\nstat=ENOENT\n");
	/* Without Landlock it is the mounts that hold. */
	oracle_without("landlock");
	oracle_again(o);
	oracle_says(o, "exec=EACCES\nmap-exec=EPERM\nmknod=EPERM\nstat=ENOENT\n");
	oracle_without(NULL);
	/* Also what was written may be executed if that was granted. */
	shown[0].access |= BV_EXECUTE;
	oracle_attempts(o, "map-exec tree/guest rename tree/guest tree/moved map-exec tree/moved");
	oracle_again(o);
	oracle_says(o, "map-exec=OK\nrename=OK\nmap-exec=OK\n");
	assert_int_equal(access(path, F_OK), 0);
}

static void an_overlay_is_refused_where_none_can_be_had(void **state)
{
	struct oracle *o = *state;

	tree(o);
	overlay(o, "tree", BV_READ | BV_WRITE);
	oracle_attempts(o, "append tree/file");
	oracle_refused_without(o, "view", BV_KIND_EXPOSE_PATH);
	oracle_again(o);
	oracle_refused_without(o, "overlay", BV_KIND_EXPOSE_PATH);
	world_same(o, "tree/file", "host");
}

/* What is no tree of one file system is refused before anything runs. */
static void only_a_plain_tree_is_overlaid(void **state)
{
	struct oracle *o = *state;

	needs_overlay();
	world_write(o, "file", "host");
	overlay(o, "file", BV_READ | BV_WRITE);
	oracle_attempts(o, "alive");
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_INVALID, "not a directory");
	if (access("/dev/pts/ptmx", F_OK))
		return;
	oracle_again(o);
	shown[0].source = shown[0].destination = "/dev";
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_INVALID, "/dev/");
}

/* A view that shows the host's processes takes root. */
static void needs_ambient_view(struct oracle *o)
{
	needs_overlay();
	if (!oracle_root())
		oracle_skip("the host's processes are not to be had in a user's view");
	o->spec.host_processes = BV_AMBIENT;
}

/* The one place of the root is the root: elsewhere it would show the view that is being made. */
static void the_root_is_neither_overlaid_nor_shown_elsewhere(void **state)
{
	struct oracle *o = *state;
	char path[128];

	needs_ambient_view(o);
	tree(o);
	overlay(o, "tree", BV_READ | BV_WRITE);
	shown[0].source = "/";
	oracle_attempts(o, "alive");
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_INVALID, "name the directories");
	oracle_again(o);
	shown[0].overlay = 0;
	shown[0].access = BV_READ;
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_INVALID, "name the directories");
	oracle_again(o);
	o->spec.exposure_count = 0;
	snprintf(path, sizeof(path), "%s/root", o->root);
	assert_int_equal(symlink("/", path), 0);
	oracle_grant(o, "root", BV_READ);
	oracle_run(o);
	oracle_nothing_ran(o, BV_E_INVALID, "name the directories");
}

/* The storage is no part of what is shown of the root, and hides nothing of it. */
static void storage_may_lie_in_a_granted_root(void **state)
{
	struct oracle *o = *state;
	char path[128], expected[160];

	needs_ambient_view(o);
	tree(o);
	world_mkdir(o, "own");
	world_write(o, "own/file", "host");
	overlay(o, "tree", BV_READ | BV_WRITE);
	oracle_grant(o, "/", BV_READ);
	temporary(o);
	snprintf(path, sizeof(path), "%s/own", o->root);
	o->spec.temp_path = path;
	oracle_attempts(o,
		"read /etc/passwd create own/new stat own/file append tree/file create tree/new "
		"read tree/new stat /t stat /l0");
	/* What the view is made of has such names, which a host may have as well. */
	snprintf(expected, sizeof(expected),
		"read=OK\ncreate=OK\nstat=ENOENT\nappend=OK\ncreate=OK\nread=OK\nstat=%s\n"
		"stat=%s\n",
		access("/t", F_OK) ? "ENOENT" : "OK", access("/l0", F_OK) ? "ENOENT" : "OK");
	oracle_says(o, expected);
	world_same(o, "tree/file", "host");
	world_same(o, "own/file", "host");
	assert_false(world_exists(o, "tree/new"));
	assert_false(world_exists(o, "own/new"));
}

static struct oracle *swapped;

static int swap(void *context, const char *reference, char *value, size_t size, size_t *ret_len)
{
	char path[128], away[128];

	(void)context;
	(void)reference;
	snprintf(path, sizeof(path), "%s/tree", swapped->root);
	snprintf(away, sizeof(away), "%s/away", swapped->root);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(symlink("/etc", path), 0);
	snprintf(value, size, "value");
	*ret_len = 5;
	return 0;
}

/* Between the host's opening and the child's binding. */
static void a_link_put_in_the_sources_place_is_not_overlaid(void **state)
{
	struct oracle *o = *state;

	needs_overlay();
	tree(o);
	overlay(o, "tree", BV_READ | BV_WRITE);
	swapped = o;
	o->variables[1] = (struct bv_variable){.name = "TOKEN", .secret = "swap"};
	o->spec.variable_count = 2;
	o->options.resolve_secret = swap;
	oracle_attempts(o, "read tree/passwd");
	oracle_run(o);
	assert_int_equal(o->code, 0);
	assert_string_equal(bv_reason_name(bv_report_end(o->report)->reason), "setup");
	assert_int_equal(o->out_len, 0);
}

/* Each of the three takes from the others. */
static void one_limit_holds_for_all_that_the_boundary_owns(void **state)
{
	struct oracle *o = *state;

	needs_overlay();
	tree(o);
	overlay(o, "tree", BV_READ | BV_WRITE);
	temporary(o);
	output(o);
	oracle_attempts(o,
		"enter-out fill /scratch/a 5242880 unlink /scratch/a fill /scratch/a 2097152 "
		"fill %s/tree/b 1048576 fill c 1048576 fill /scratch/d 4096 fill %s/tree/d 4096",
		o->root, o->root);
	oracle_says(o,
		"enter-out=OK\nfill=ENOSPC\nunlink=OK\nfill=OK\nfill=OK\nfill=OK\nfill=ENOSPC\n"
		"fill=ENOSPC\n");
	assert_true(strstr(oracle_row(o, BV_KIND_TEMP_ROOT)->mechanism, "storage budget"));
	assert_int_equal(measured(o), UINT64_C(4) << 20);
	assert_true(oracle_finding(o, "limit-reached"));
	assert_false(world_exists(o, "tree/b"));
	drop(o);
	/* And not reached. */
	oracle_attempts(o, "enter-out fill /scratch/a 1048576 fill %s/tree/b 1048576 fill c 4096",
		o->root);
	oracle_again(o);
	oracle_says(o, "enter-out=OK\nfill=OK\nfill=OK\nfill=OK\n");
	assert_in_range(measured(o), 2101248, (UINT64_C(4) << 20) - 1);
	assert_false(oracle_finding(o, "limit-reached"));
	drop(o);
}

static const char nothing[] = "\"sha256\":null,\"size_bytes\":null";

static void assert_row(const struct oracle *o, const char *change, const char *kind,
	const char *name, const char *rest)
{
	char row[512];

	snprintf(row, sizeof(row), "{\"change\":\"%s\",\"kind\":\"%s\",\"path\":\"%s/%s\",%s}",
		change, kind, o->root, name, rest);
	if (!oracle_report_has(o, row))
		fail_msg("no %s in the report", row);
}

/* sha256 of "guest" and "hostguest", as sha256sum has them. */
#define GUEST \
	"\"sha256\":\"84983c60f7daadc1cb8698621f802c0d9f9a3c3c295c810748fb048115c186ec\"," \
	"\"size_bytes\":5"
#define HOSTGUEST \
	"\"sha256\":\"21de4fe628656478ef01e56123b0259ccb3f4c8850372179f77bf74c625ddb15\"," \
	"\"size_bytes\":9"

/* From the upper layer, without a look before: what differs, and nothing that was only touched. */
static void what_an_overlay_kept_is_told_exactly(void **state)
{
	struct oracle *o = *state;
	size_t len, count = 0;
	const char *json;

	needs_overlay();
	tree(o);
	world_mkdir(o, "tree/gone");
	world_mkdir(o, "tree/gone/sub");
	world_write(o, "tree/gone/sub/f", "host");
	world_write(o, "tree/becomes", "host");
	overlay(o, "tree", BV_READ | BV_WRITE);
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_FILESYSTEM_DELTA);
	oracle_attempts(o,
		"append tree/file create tree/new unlink tree/other unlink tree/link symlink x "
		"tree/link unlink tree/dir/deep/leaf rmdir tree/dir/deep mkdir tree/dir/deep "
		"create tree/dir/deep/fresh unlink tree/gone/sub/f rmdir tree/gone/sub rmdir "
		"tree/gone unlink tree/becomes mkdir tree/becomes create tree/becomes/in mkdir "
		"tree/passing rmdir tree/passing rename tree/dir/inner tree/dir/moved "
		"rename tree/dir/moved tree/dir/inner");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_row(o, "modified", "file", "tree/file", HOSTGUEST);
	assert_row(o, "created", "file", "tree/new", GUEST);
	assert_row(o, "deleted", "file", "tree/other", nothing);
	/* sha256 of "x". */
	assert_row(o, "modified", "link", "tree/link",
		"\"sha256\":\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\","
		"\"size_bytes\":1");
	assert_row(o, "deleted", "file", "tree/dir/deep/leaf", nothing);
	assert_row(o, "created", "file", "tree/dir/deep/fresh", GUEST);
	assert_row(o, "deleted", "directory", "tree/gone", nothing);
	assert_row(o, "deleted", "directory", "tree/gone/sub", nothing);
	assert_row(o, "deleted", "file", "tree/gone/sub/f", nothing);
	assert_row(o, "modified", "directory", "tree/becomes", nothing);
	assert_row(o, "created", "file", "tree/becomes/in", GUEST);
	json = bv_report_json(o->report, &len);
	for (const char *end = json + len;
		(json = memmem(json, (size_t)(end - json), "{\"change\":", 10)); json += 10)
		count++;
	assert_int_equal(count, 11);
	assert_true(oracle_report_has(o,
		"{\"claim\":\"filesystem-delta\",\"coverage\":\"complete\",\"missed\":\"\","
		"\"observer\":\"host (an overlay's upper layer)\""));
}

static void look_at_staging(struct oracle *o)
{
	char command[160];
	FILE *found;

	snprintf(command, sizeof(command), "find '%s' -type f | wc -l", o->staging);
	found = popen(command, "re");
	assert_non_null(found);
	assert_int_equal(fscanf(found, "%ld", &o->seen[0]), 1);
	pclose(found);
}

/* On disk only when the run is over, and then like any. */
static void outputs_held_by_the_kernel_are_collected_like_any(void **state)
{
	struct oracle *o = *state;

	oracle_needs("view.canary", 0);
	output(o);
	o->seen[0] = -1;
	oracle_attempts(o,
		"enter-out create a mkdir dir create dir/b tool dir/x 2 symlink /etc/passwd l "
		"link a hard mkfifo fifo create c say ready wait-input");
	oracle_hold(o, look_at_staging);
	oracle_says(o,
		"enter-out=OK\ncreate=OK\nmkdir=OK\ncreate=OK\ntool=OK\nsymlink=OK\nlink=OK\n"
		"mkfifo=OK\ncreate=OK\nready\nwait-input=OK\n");
	assert_int_equal(o->seen[0], 0);
	look_at_staging(o);
	assert_int_equal(o->seen[0], 3);
	/* sha256 of "guest". */
	assert_true(oracle_report_has(o, "\"output\":\"out\",\"path\":\"c\"," GUEST));
	assert_true(oracle_report_has(o, "\"executable\":true"));
	assert_true(oracle_report_has(o, "out: l: a symbolic link"));
	assert_true(oracle_report_has(o, "out: fifo: a pipe"));
	assert_true(oracle_report_has(o, "out: hard: it has other names (hard links)"));
	drop(o);
}

/* Without a view there is no such tmpfs: enforced is refused, and says what would help. */
static void outputs_on_disk_are_never_called_enforced(void **state)
{
	struct oracle *o = *state;
	const char *json;
	size_t len;

	output(o);
	oracle_attempts(o, "alive");
	oracle_without("view");
	oracle_admit(o);
	assert_null(bv_admission_plan(o->admission));
	json = bv_admission_json(o->admission, &len);
	assert_non_null(memmem(json, len, "accept mediated", 15));
}

#define TESTS(T) \
	T(what_is_written_to_an_overlay_is_kept_from_the_host) \
	T(the_mounts_of_storage_are_restricted_like_all) \
	T(an_overlay_grants_what_it_says_and_no_more) \
	T(an_overlay_is_refused_where_none_can_be_had) \
	T(only_a_plain_tree_is_overlaid) \
	T(the_root_is_neither_overlaid_nor_shown_elsewhere) \
	T(storage_may_lie_in_a_granted_root) \
	T(a_link_put_in_the_sources_place_is_not_overlaid) \
	T(one_limit_holds_for_all_that_the_boundary_owns) \
	T(what_an_overlay_kept_is_told_exactly) \
	T(outputs_held_by_the_kernel_are_collected_like_any) \
	T(outputs_on_disk_are_never_called_enforced)

ORACLE_MAIN(TESTS)

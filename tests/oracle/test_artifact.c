/* SPDX-License-Identifier: MIT
 *
 * Outputs: what is in them is told as it is, by whoever made it or changes it; and what the
 * decision afterwards leaves behind in a directory, whole or not at all.
 */
#include "oracle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SECRET "nobody inside may read this\n"

static const struct bv_output one[] = {{"out", NULL}};

static void outputs(struct oracle *o, enum bv_commit commit)
{
	o->spec.outputs = one;
	o->spec.output_count = 1;
	o->spec.commit = commit;
	o->spec.discard = 1;
	o->spec.budgets[BV_STORAGE].limit = UINT64_C(64) << 20;
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_ARTIFACT_LINEAGE);
}

static struct bv_artifacts *opened(struct oracle *o)
{
	struct bv_artifacts *artifacts = NULL;
	size_t len;
	const char *json = bv_report_json(o->report, &len);

	if (bv_artifacts_open(json, len, o->staging, &artifacts, &o->err))
		fail_msg("%s: %s", o->err.place, o->err.text);
	return artifacts;
}

/* Where the one run of this test keeps what it left; "" if there is nothing. */
static const char *staged(const struct oracle *o, const char *path)
{
	static char where[1024];
	DIR *dir = opendir(o->staging);
	struct dirent *entry;

	where[0] = 0;
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			snprintf(where, sizeof(where), "%s/%s/%s", o->staging, entry->d_name, path);
	closedir(dir);
	return where;
}

static void drop(struct oracle *o, struct bv_artifacts *artifacts)
{
	if (bv_artifacts_staged(artifacts) && bv_artifacts_discard(artifacts, &o->err))
		fail_msg("%s: %s", o->err.place, o->err.text);
	assert_string_equal(staged(o, ""), "");
	bv_artifacts_free(artifacts);
}

static int directory(struct oracle *o, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", o->root, name);
	if (access(path, F_OK))
		world_mkdir(o, name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static size_t entries(int fd)
{
	DIR *dir = fdopendir(dup(fd));
	size_t count = 0;

	assert_non_null(dir);
	rewinddir(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static int commit(struct oracle *o, struct bv_artifacts *artifacts, int fd, uint32_t flags)
{
	struct bv_commit_record *record = NULL;
	int code = bv_artifacts_commit(artifacts, fd, flags, &record, &o->err);
	size_t of = 0, committed = code ? 0 : bv_commit_record_committed(record, &of);

	assert_int_equal(committed, of);
	bv_commit_record_free(record);
	return code;
}

static void commits(struct oracle *o, struct bv_artifacts *artifacts, int fd)
{
	enum bv_difference difference;
	size_t count;

	if (commit(o, artifacts, fd, 0))
		fail_msg("%s: %s", o->err.place, o->err.text);
	(void)bv_artifacts_list(artifacts, &count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(bv_artifacts_compare(artifacts, i, fd, &difference, &o->err), 0);
		assert_int_equal(difference, BV_DIFFERENCE_SAME);
	}
	assert_string_equal(staged(o, ""), "");
}

/* Asks another program. */
static void sha256sum(const char *path, char out[BV_DIGEST_HEX])
{
	char command[1200];
	FILE *pipe;

	snprintf(command, sizeof(command), "sha256sum '%s'", path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fread(out, 1, BV_DIGEST_HEX - 1, pipe), BV_DIGEST_HEX - 1);
	out[BV_DIGEST_HEX - 1] = 0;
	pclose(pipe);
}

static void what_is_listed_is_what_sha256sum_says(void **state)
{
	struct oracle *o = *state;
	const struct bv_artifact_row *rows;
	struct bv_artifacts *artifacts;
	char hex[BV_DIGEST_HEX], want[BV_DIGEST_HEX];
	size_t count;

	outputs(o, BV_COMMIT_BEST_EFFORT);
	oracle_attempts(o, "enter-out create a mkdir d tool d/b 3");
	oracle_says(o, "enter-out=OK\ncreate=OK\nmkdir=OK\ntool=OK\n");
	artifacts = opened(o);
	rows = bv_artifacts_list(artifacts, &count);
	assert_int_equal(count, 2);
	assert_string_equal(rows[0].artifact.path, "a");
	assert_string_equal(rows[1].artifact.path, "d/b");
	assert_int_equal(rows[0].artifact.executable, 0);
	assert_int_equal(rows[1].artifact.executable, 1);
	assert_int_equal(rows[1].artifact.size_bytes, 3072);
	sha256sum(staged(o, "out/d/b"), want);
	assert_string_equal(bv_digest_hex(&rows[1].artifact.sha256, hex), want);
	drop(o, artifacts);
}

static void each_of_several_is_found_by_its_name(void **state)
{
	static const struct bv_output two[] = {{"logs", NULL}, {"out", NULL}};
	struct oracle *o = *state;
	struct bv_artifacts *artifacts;
	int fd = directory(o, "to");

	outputs(o, BV_COMMIT_BEST_EFFORT);
	o->spec.outputs = two;
	o->spec.output_count = 2;
	oracle_attempts(o, "enter-out list . create logs/a create out/a create b");
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "list=OK");
	oracle_line(o, "create=OK");
	assert_int_not_equal(access(staged(o, "b"), F_OK), 0);
	artifacts = opened(o);
	commits(o, artifacts, fd);
	world_same(o, "to/logs/a", "guest");
	world_same(o, "to/out/a", "guest");
	close(fd);
	drop(o, artifacts);
}

static void an_output_is_where_the_spec_wants_it(void **state)
{
	static const struct bv_output placed[] = {{"out", "/results/of/it"}};
	struct oracle *o = *state;
	struct bv_artifacts *artifacts;
	int fd;

	outputs(o, BV_COMMIT_BEST_EFFORT);
	o->spec.outputs = placed;
	oracle_attempts(o, "enter-out directory create /results/of/it/a");
	oracle_admit(o);
	if (!bv_admission_plan(o->admission)) {
		assert_true(strlen(oracle_row(o, BV_KIND_LIST_OUTPUTS)->remedy) > 10);
		oracle_skip("there is no private view");
	}
	oracle_says(o, "enter-out=OK\ndirectory=/results/of/it\ncreate=OK\n");
	artifacts = opened(o);
	fd = directory(o, "to");
	commits(o, artifacts, fd);
	world_same(o, "to/a", "guest");
	close(fd);
	drop(o, artifacts);
}

static void only_regular_files_with_one_name_are_collected(void **state)
{
	struct oracle *o = *state;
	const struct bv_artifact_row *rows;
	struct bv_artifacts *artifacts;
	size_t count;

	outputs(o, BV_COMMIT_BEST_EFFORT);
	oracle_attempts(o,
		"enter-out create a symlink /etc/passwd s symlink a t mkfifo f create h link h i "
		"create bad\x7fname mkdir empty");
	oracle_says(o,
		"enter-out=OK\ncreate=OK\nsymlink=OK\nsymlink=OK\nmkfifo=OK\ncreate=OK\nlink=OK\n"
		"create=OK\nmkdir=OK\n");
	artifacts = opened(o);
	rows = bv_artifacts_list(artifacts, &count);
	assert_int_equal(count, 1);
	assert_string_equal(rows[0].artifact.path, "a");
	assert_true(oracle_report_has(o, "\"out: s: a symbolic link\""));
	assert_true(oracle_report_has(o, "\"out: t: a symbolic link\""));
	assert_true(oracle_report_has(o, "\"out: f: a pipe\""));
	assert_true(oracle_report_has(o, "\"out: h: it has other names (hard links)\""));
	assert_true(oracle_report_has(o, "\"out: i: it has other names (hard links)\""));
	assert_true(oracle_report_has(o, "its name is not text"));
	drop(o, artifacts);
}

/* Exchanges, as fast as it can, a file and a directory of the output with links that lead out. */
static void survive(const struct oracle *o)
{
	char out[1024], secret[256], outside[256];

	snprintf(out, sizeof(out), "%s", staged(o, "out"));
	snprintf(secret, sizeof(secret), "%s/secret", o->root);
	snprintf(outside, sizeof(outside), "%s/outside", o->root);
	if (chdir(out) || symlink(secret, "link") || symlink(outside, "way") || mkdir("d", 0700) ||
		mknod("d/secret", S_IFREG | 0600, 0))
		_exit(1);
	/* The guest waits for the end of its input, which this process must not hold open. */
	close_range(3, ~0U, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		renameat2(AT_FDCWD, "link", AT_FDCWD, "a", RENAME_EXCHANGE);
		renameat2(AT_FDCWD, "way", AT_FDCWD, "d", RENAME_EXCHANGE);
	}
}

static void start_survivor(struct oracle *o)
{
	o->pid = fork();
	if (o->pid == 0)
		survive(o);
	world_sleep(50);
}

static void a_survivor_cannot_lead_the_collector_out(void **state)
{
	struct oracle *o = *state;
	char path[256], digest[BV_DIGEST_HEX];
	struct stat st;
	int ended;

	world_write(o, "secret", SECRET);
	world_mkdir(o, "outside");
	world_write(o, "outside/secret", SECRET);
	snprintf(path, sizeof(path), "%s/secret", o->root);
	sha256sum(path, digest);
	outputs(o, BV_COMMIT_BEST_EFFORT);
	for (int round = 0; round < 10; round++) {
		o->looked = false;
		oracle_hold(o, start_survivor);
		oracle_attempts(o, "enter-out tool a 64 say ready wait-input");
		oracle_run(o);
		kill(o->pid, SIGKILL);
		assert_int_equal(waitpid(o->pid, &ended, 0), o->pid);
		assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL); /* it was at it */
		oracle_completed(o, 0);
		assert_false(oracle_report_has(o, digest));
		world_same(o, "secret", SECRET);
		world_same(o, "outside/secret", SECRET);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0644);
		drop(o, opened(o));
		close(o->input[0]);
		o->input[0] = -1;
	}
}

static void without_staging_outputs_are_refused(void **state)
{
	struct bv_linux_options options = {.launcher_path = getenv("ORACLE_LAUNCHER")};
	struct oracle *o = *state;
	const struct bv_requirement_row *row;

	outputs(o, BV_COMMIT_ATOMIC);
	o->backend = bv_backend_free(o->backend);
	assert_int_equal(bv_linux_open(&options, &o->backend, &o->err), 0);
	oracle_admit(o);
	assert_null(bv_admission_plan(o->admission));
	row = oracle_row(o, BV_KIND_LIST_OUTPUTS);
	assert_int_equal(row->admitted, 0);
	assert_non_null(strstr(row->remedy, "--staging"));
}

static void a_staging_directory_of_everybody_is_none(void **state)
{
	struct oracle *o = *state;

	outputs(o, BV_COMMIT_ATOMIC);
	assert_int_equal(chmod(o->staging, 0777), 0);
	oracle_admit(o);
	assert_null(bv_admission_plan(o->admission));
	assert_int_equal(oracle_row(o, BV_KIND_LIST_OUTPUTS)->admitted, 0);
}

/* At it, above it or beneath it: a workload could take away what another one left. */
static void a_staging_directory_that_the_workload_may_write_is_none(void **state)
{
	struct oracle *o = *state;
	char attempt[128], above[128];
	const char *paths[] = {o->staging, above, attempt};

	snprintf(above, sizeof(above), "%.*s", (int)(strrchr(o->staging, '/') - o->staging),
		o->staging);
	snprintf(attempt, sizeof(attempt), "%s/attempt", o->staging);
	assert_int_equal(mkdir(attempt, 0700), 0);
	outputs(o, BV_COMMIT_ATOMIC);
	for (size_t i = 0; i < 3; i++) {
		const struct bv_requirement_row *row;
		size_t before = o->spec.grant_count;

		oracle_grant(o, paths[i], BV_READ);
		oracle_again(o);
		oracle_admit(o);
		assert_int_equal(oracle_row(o, BV_KIND_LIST_OUTPUTS)->admitted, 1);
		o->spec.grant_count = before;
		oracle_grant(o, paths[i], BV_READ | BV_WRITE);
		oracle_again(o);
		oracle_admit(o);
		row = oracle_row(o, BV_KIND_LIST_OUTPUTS);
		assert_int_equal(row->admitted, 0);
		assert_non_null(strstr(row->missing, "granted to write"));
		assert_non_null(strstr(row->remedy, "--staging DIR"));
		o->spec.grant_count = before;
	}
	assert_int_equal(rmdir(attempt), 0);
}

static void atomic_moves_the_file_itself(void **state)
{
	struct oracle *o = *state;
	struct bv_artifacts *artifacts;
	struct stat before, after;
	int fd = directory(o, "to");

	outputs(o, BV_COMMIT_ATOMIC);
	oracle_attempts(o, "enter-out mkdir d tool d/a 10");
	oracle_says(o, "enter-out=OK\nmkdir=OK\ntool=OK\n");
	artifacts = opened(o);
	assert_int_equal(stat(staged(o, "out/d/a"), &before), 0);
	commits(o, artifacts, fd);
	assert_int_equal(fstatat(fd, "d/a", &after, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_nlink, 1);
	assert_int_equal(after.st_mode & 07777, 0755);
	close(fd);
	drop(o, artifacts);
}

static void atomic_is_refused_across_file_systems(void **state)
{
	struct oracle *o = *state;
	char other[] = "/dev/shm/bvisor-oracle-XXXXXX";
	struct stat here, there;
	struct bv_artifacts *artifacts;
	int fd;

	outputs(o, BV_COMMIT_ATOMIC);
	oracle_attempts(o, "enter-out mkdir d create d/a");
	oracle_plan(o);
	if (stat(o->root, &here) || stat("/dev/shm", &there) || here.st_dev == there.st_dev ||
		!mkdtemp(other))
		oracle_skip("/dev/shm is not another file system");
	fd = open(other, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	oracle_says(o, "enter-out=OK\nmkdir=OK\ncreate=OK\n");
	artifacts = opened(o);
	assert_int_equal(commit(o, artifacts, fd, 0), BV_E_OS);
	assert_int_equal(o->err.errnum, EXDEV);
	assert_int_equal(entries(fd), 0);
	assert_int_equal(bv_artifacts_staged(artifacts), 1);
	close(fd);
	rmdir(other);
	drop(o, artifacts);
}

/* A directory in which one of the files does not fit: a small file system for root, a limit on the
 * size of files for others. */
static int small(struct oracle *o, char path[256], struct rlimit *ret_old)
{
	struct rlimit limit;
	int fd = directory(o, "small");

	snprintf(path, 256, "%s/small", o->root);
	getrlimit(RLIMIT_FSIZE, ret_old);
	if (oracle_root()) {
		close(fd);
		assert_int_equal(mount("small", path, "tmpfs", 0, "size=64k"), 0);
		return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	limit = *ret_old;
	limit.rlim_cur = 65536;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	return fd;
}

static void a_copy_that_does_not_fit_leaves_nothing(void **state)
{
	struct oracle *o = *state;
	struct bv_artifacts *artifacts;
	struct rlimit old;
	char path[256];
	size_t left;
	int fd, code;

	outputs(o, BV_COMMIT_DURABLE);
	oracle_attempts(o, "enter-out create a mkdir d tool d/large 128 create z");
	oracle_says(o, "enter-out=OK\ncreate=OK\nmkdir=OK\ntool=OK\ncreate=OK\n");
	artifacts = opened(o);
	fd = small(o, path, &old);
	code = commit(o, artifacts, fd, 0);
	left = entries(fd);
	close(fd);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	if (oracle_root())
		umount(path);
	assert_int_equal(code, BV_E_OS);
	assert_int_equal(o->err.errnum, oracle_root() ? ENOSPC : EFBIG);
	assert_int_equal(left, 0);
	fd = directory(o, "to");
	commits(o, artifacts, fd);
	close(fd);
	drop(o, artifacts);
}

static void what_was_changed_since_is_not_taken_out(void **state)
{
	struct oracle *o = *state;
	struct bv_artifacts *artifacts;
	int fd = directory(o, "to"), staged_fd;

	outputs(o, BV_COMMIT_DURABLE);
	oracle_attempts(o, "enter-out create a create b");
	oracle_says(o, "enter-out=OK\ncreate=OK\ncreate=OK\n");
	artifacts = opened(o);
	assert_int_equal(chmod(staged(o, "out/b"), 0600), 0);
	staged_fd = open(staged(o, "out/b"), O_WRONLY);
	assert_int_equal(write(staged_fd, "GUEST", 5), 5);
	close(staged_fd);
	assert_int_equal(commit(o, artifacts, fd, 0), BV_E_DIGEST);
	assert_int_equal(entries(fd), 0);
	close(fd);
	drop(o, artifacts);
}

static void links_in_the_destination_are_not_followed(void **state)
{
	struct oracle *o = *state;
	struct bv_artifacts *artifacts;
	int fd = directory(o, "to");

	world_mkdir(o, "outside");
	world_write(o, "outside/a", "host");
	assert_int_equal(symlinkat("../outside", fd, "d"), 0);
	outputs(o, BV_COMMIT_BEST_EFFORT);
	oracle_attempts(o, "enter-out mkdir d create d/a create a");
	oracle_says(o, "enter-out=OK\nmkdir=OK\ncreate=OK\ncreate=OK\n");
	artifacts = opened(o);
	assert_int_equal(commit(o, artifacts, fd, BV_COMMIT_OVERWRITE), BV_E_OS);
	assert_int_equal(entries(fd), 1);
	/* In place of a file a link is replaced, and only if that is asked for. */
	assert_int_equal(unlinkat(fd, "d", 0), 0);
	assert_int_equal(symlinkat("../outside/a", fd, "a"), 0);
	assert_int_equal(commit(o, artifacts, fd, 0), BV_E_DUPLICATE);
	assert_int_equal(commit(o, artifacts, fd, BV_COMMIT_OVERWRITE), 0);
	world_same(o, "outside/a", "host");
	world_same(o, "to/a", "guest");
	close(fd);
	drop(o, artifacts);
}

static void discard_leaves_nothing_of_the_worst_tree(void **state)
{
	struct oracle *o = *state;

	outputs(o, BV_COMMIT_NONE);
	o->spec.budgets[BV_STORAGE].waived = 1;
	oracle_attempts(o, "enter-out deep 3000 mkfifo f symlink / s create a");
	oracle_says(o, "enter-out=OK\ndeep=OK\nmkfifo=OK\nsymlink=OK\ncreate=OK\n");
	assert_true(oracle_finding(o, "artifacts-incomplete"));
	assert_true(
		oracle_report_has(o, "{\"claim\":\"artifact-lineage\",\"coverage\":\"partial\","));
	drop(o, opened(o));
}

static void nothing_stays_of_a_run_that_left_nothing(void **state)
{
	struct oracle *o = *state;

	outputs(o, BV_COMMIT_NONE);
	oracle_attempts(o, "enter-out");
	oracle_says(o, "enter-out=OK\n");
	assert_string_equal(staged(o, ""), "");
}

static void a_spec_that_allows_neither_gets_neither(void **state)
{
	struct oracle *o = *state;
	struct bv_artifacts *artifacts;
	int fd = directory(o, "to");

	outputs(o, BV_COMMIT_NONE);
	o->spec.discard = 0;
	oracle_attempts(o, "enter-out create a");
	oracle_says(o, "enter-out=OK\ncreate=OK\n");
	artifacts = opened(o);
	assert_int_equal(commit(o, artifacts, fd, 0), BV_E_REFUSED);
	assert_int_equal(bv_artifacts_discard(artifacts, &o->err), BV_E_REFUSED);
	assert_int_equal(entries(fd), 0);
	assert_int_equal(access(staged(o, "out/a"), F_OK), 0);
	close(fd);
	bv_artifacts_free(artifacts);
	assert_int_equal(chmod(staged(o, "out"), 0700), 0);
}

static void what_outgrows_the_storage_budget_is_ended(void **state)
{
	struct oracle *o = *state;

	outputs(o, BV_COMMIT_BEST_EFFORT);
	o->spec.budgets[BV_STORAGE].limit = 1 << 20;
	o->spec.budgets[BV_STORAGE].guarantee = BV_MEDIATED;
	oracle_attempts(o, "enter-out tool a 4096 sleep 60000");
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_KILLED, BV_STORAGE);
	assert_true(oracle_finding(o, "limit-exceeded"));
	drop(o, opened(o));
}

#define TESTS(T) \
	T(what_is_listed_is_what_sha256sum_says) \
	T(each_of_several_is_found_by_its_name) \
	T(an_output_is_where_the_spec_wants_it) \
	T(only_regular_files_with_one_name_are_collected) \
	T(a_survivor_cannot_lead_the_collector_out) \
	T(without_staging_outputs_are_refused) \
	T(a_staging_directory_of_everybody_is_none) \
	T(a_staging_directory_that_the_workload_may_write_is_none) \
	T(atomic_moves_the_file_itself) \
	T(atomic_is_refused_across_file_systems) \
	T(a_copy_that_does_not_fit_leaves_nothing) \
	T(what_was_changed_since_is_not_taken_out) \
	T(links_in_the_destination_are_not_followed) \
	T(discard_leaves_nothing_of_the_worst_tree) \
	T(nothing_stays_of_a_run_that_left_nothing) \
	T(a_spec_that_allows_neither_gets_neither) \
	T(what_outgrows_the_storage_budget_is_ended)

ORACLE_MAIN(TESTS)

/* SPDX-License-Identifier: MIT
 *
 * Decisions that are cut short. Each is made by a child whose calls that change a file system come
 * to the test first (seccomp's user notification): it kills the child at the N-th of them, or has
 * that one fail, for every N. Whoever decides next finds everything in order.
 */
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CALLS_MAX 400
#define FILES 3

enum fault {
	FAULT_KILL,
	FAULT_ERROR,
};

static const char *const places[FILES] = {"a", "d/b", "d/e/c"};

static const int changes[] = {SYS_write, SYS_mkdirat, SYS_linkat, SYS_symlinkat, SYS_renameat,
	SYS_renameat2, SYS_unlinkat, SYS_fchmod, SYS_fsync};

/* Those, and an openat(2) that may make a file. */
static int listener_make(void)
{
	enum { COUNT = sizeof(changes) / sizeof(changes[0]) };

	struct sock_filter filter[COUNT + 6] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	const struct sock_filter rest[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = {.len = COUNT + 6, .filter = filter};

	for (unsigned int i = 0; i < COUNT; i++)
		filter[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(uint32_t)changes[i], (uint8_t)(COUNT + 3 - i), 0);
	memcpy(filter + 1 + COUNT, rest, sizeof(rest));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		&program);
}

static int descriptor_pass(int channel, int fd, bool send)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (send) {
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
		return sendmsg(channel, &message, 0) == 1 ? 0 : -1;
	}
	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* Exit status: 0, all was done; 1, an error; 2, the record says that something was not achieved,
 * and for want of room. */
static int decide(struct bv_artifacts *artifacts, int directory)
{
	struct bv_commit_record *record = NULL;
	struct bv_error err = {0};
	size_t of = 0;

	if (directory < 0)
		return bv_artifacts_discard(artifacts, &err) != 0;
	if (bv_artifacts_commit(artifacts, directory, 0, &record, &err))
		return err.errnum == ENOSPC || err.code == BV_E_OS ? 1 : 3;
	if (bv_commit_record_committed(record, &of) == of)
		return 0;
	return bv_commit_record_errno(record) == ENOSPC ? 2 : 3;
}

static pid_t decider(struct bv_artifacts *artifacts, int directory, int *ret_listener)
{
	int pair[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int listener;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		listener = listener_make();
		if (listener < 0 || descriptor_pass(pair[1], listener, true))
			_exit(9);
		close(listener);
		_exit(decide(artifacts, directory));
	}
	close(pair[1]);
	*ret_listener = descriptor_pass(pair[0], -1, false);
	close(pair[0]);
	return pid;
}

/* Answers one call; false once there are no more. */
static bool answer(int listener, pid_t pid, bool faulty, enum fault fault)
{
	struct seccomp_notif call = {0};
	struct seccomp_notif_resp response = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	struct pollfd wait = {.fd = listener, .events = POLLIN};

	if (poll(&wait, 1, 10000) != 1 || !(wait.revents & POLLIN) ||
		ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
		return false;
	if (faulty && fault == FAULT_KILL)
		return kill(pid, SIGKILL) == 0;
	response.id = call.id;
	if (faulty) {
		response.flags = 0;
		response.error = -ENOSPC;
	}
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0;
}

/* wait(2) status. *ret_more: the fault came before the end. */
static int decide_faulty(struct bv_artifacts *artifacts, int directory, size_t nth,
	enum fault fault, bool *ret_more)
{
	int listener, status;
	pid_t pid = decider(artifacts, directory, &listener);
	size_t calls = 0;

	assert_true(listener >= 0);
	while (answer(listener, pid, calls == nth, fault))
		calls++;
	close(listener);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(calls < CALLS_MAX);
	*ret_more = calls > nth;
	return status;
}

/* What a tree is to be rid of, or must not have; nftw(3) takes no context. */
static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	return at->level ? remove(path) : 0;
}

/* What is kept is closed against changes, and who is not root would not get rid of it. */
static int entry_open(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)type;
	(void)at;
	return S_ISDIR(st->st_mode) ? chmod(path, 0700) : 0;
}

static int entry_beside(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	return strncmp(path + at->base, ".bvisor-", 8) == 0;
}

static int entry_any(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)path;
	(void)st;
	(void)type;
	return at->level > 0;
}

/* The first artifact is in its place. */
static int entry_first(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	return strcmp(path + at->base, "a") == 0;
}

static bool tree_has(const char *path,
	int (*entry)(const char *, const struct stat *, int, struct FTW *))
{
	return nftw(path, entry, 16, FTW_PHYS) != 0;
}

static void path_in(char out[256], const char *directory, const char *name)
{
	assert_true(snprintf(out, 256, "%s/%s", directory, name) < 256);
}

/* Before anything is open: what skips leaves nothing. */
static void needs_notification(void)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(listener_make() < 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		oracle_skip("seccomp has no user notification here");
}

/* One run, and where what it left is. */
static struct bv_artifacts *left(struct oracle *o, enum bv_commit commit)
{
	static const struct bv_output one[] = {{"out", NULL}};
	struct bv_artifacts *artifacts = NULL;
	const char *json;
	size_t len;

	needs_notification();
	o->spec.outputs = one;
	o->spec.output_count = 1;
	o->spec.commit = commit;
	o->spec.discard = 1;
	o->spec.budgets[BV_STORAGE].limit = UINT64_C(64) << 20;
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_ARTIFACT_LINEAGE);
	oracle_attempts(o, "enter-out create a mkdir d create d/b mkdir d/e create d/e/c");
	oracle_run(o);
	oracle_completed(o, 0);
	json = bv_report_json(o->report, &len);
	assert_int_equal(bv_artifacts_open(json, len, o->staging, &artifacts, &o->err), 0);
	world_mkdir(o, "to");
	return artifacts;
}

/* As the run left it, and an empty directory to take it out into. */
static int again(struct oracle *o)
{
	static const char *const directories[] = {"", "out", "out/d", "out/d/e"};
	const char *attempt = strstr(bv_report_json(o->report, &(size_t){0}), "\"attempt\":\"");
	char hex[65], top[256], path[256], to[256];
	int fd;

	assert_non_null(attempt);
	snprintf(hex, sizeof(hex), "%.64s", attempt + strlen("\"attempt\":\""));
	path_in(top, o->staging, hex);
	path_in(to, o->root, "to");
	assert_int_equal(nftw(o->staging, entry_open, 16, FTW_PHYS), 0);
	assert_int_equal(nftw(o->staging, entry_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(nftw(to, entry_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		path_in(path, top, directories[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "%.240s/out/%.8s", top, places[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(write(fd, "guest", 5), 5);
		close(fd);
	}
	fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static bool destination_has(const struct oracle *o,
	int (*entry)(const char *, const struct stat *, int, struct FTW *))
{
	char to[256];

	path_in(to, o->root, "to");
	return tree_has(to, entry);
}

static void assert_nothing_beside(struct oracle *o, size_t nth)
{
	if (destination_has(o, entry_beside))
		fail_msg("a name is left beside a place after call %zu", nth);
	if (tree_has(o->staging, entry_any))
		fail_msg("something is still staged after call %zu", nth);
}

static void assert_all_there(struct oracle *o)
{
	char place[64];

	for (size_t i = 0; i < FILES; i++) {
		snprintf(place, sizeof(place), "to/%s", places[i]);
		world_same(o, place, "guest");
	}
}

/* The next one is either the same commit again, into the directory as it is, or a discard. */
static void killed(struct oracle *o, enum bv_commit commit, bool discard)
{
	struct bv_artifacts *artifacts = left(o, commit);
	bool more = true;
	size_t nth = 0;

	for (; more; nth++) {
		int fd = again(o), code;
		struct bv_commit_record *record = NULL;

		(void)decide_faulty(artifacts, fd, nth, FAULT_KILL, &more);
		if (discard)
			code = bv_artifacts_discard(artifacts, &o->err);
		else
			code = bv_artifacts_commit(artifacts, fd, 0, &record, &o->err);
		close(fd);
		bv_commit_record_free(record);
		/* It may have been cut short by nothing but its end. */
		if (code && code != BV_E_NOT_FOUND)
			fail_msg("call %zu: %s: %s", nth, o->err.place, o->err.text);
		assert_nothing_beside(o, nth);
		if (!discard)
			assert_all_there(o);
	}
	assert_true(nth > 15);
	bv_artifacts_free(artifacts);
}

static void an_atomic_commit_killed_at_any_call_is_finished_by_the_next(void **state)
{
	killed(*state, BV_COMMIT_ATOMIC, false);
}

static void a_durable_commit_killed_at_any_call_is_finished_by_the_next(void **state)
{
	killed(*state, BV_COMMIT_DURABLE, false);
}

static void a_commit_killed_at_any_call_leaves_nothing_once_discarded(void **state)
{
	killed(*state, BV_COMMIT_ATOMIC, true);
}

/* One that fails leaves the directory as it was, or says what it did not achieve, and why; and
 * made again it is done. */
static void a_commit_of_which_any_call_fails_says_so(void **state)
{
	struct oracle *o = *state;
	struct bv_artifacts *artifacts = left(o, BV_COMMIT_ATOMIC);
	size_t partial = 0;
	bool more = true;

	for (size_t nth = 0; more; nth++) {
		int fd = again(o), status = decide_faulty(artifacts, fd, nth, FAULT_ERROR, &more);
		struct bv_commit_record *record = NULL;

		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) > 2)
			fail_msg("call %zu: the wrong thing is said of it", nth);
		if (WEXITSTATUS(status) == 1 && destination_has(o, entry_any))
			fail_msg("an error at call %zu left something", nth);
		partial += WEXITSTATUS(status) == 2;
		if (bv_artifacts_staged(artifacts) &&
			bv_artifacts_commit(artifacts, fd, 0, &record, &o->err) &&
			o->err.code != BV_E_NOT_FOUND)
			fail_msg("call %zu: %s: %s", nth, o->err.place, o->err.text);
		bv_commit_record_free(record);
		close(fd);
		assert_nothing_beside(o, nth);
		assert_all_there(o);
	}
	assert_int_equal(partial, FILES);
	bv_artifacts_free(artifacts);
}

static void a_file_that_has_its_place_is_not_handed_over_elsewhere(void **state)
{
	struct oracle *o = *state;
	struct bv_artifacts *artifacts = left(o, BV_COMMIT_ATOMIC);
	struct bv_commit_record *record = NULL;
	bool more = true, refused = false;

	for (size_t nth = 0; more && !refused; nth++) {
		int fd = again(o), other = open(o->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		(void)decide_faulty(artifacts, fd, nth, FAULT_KILL, &more);
		if (destination_has(o, entry_first)) {
			assert_int_equal(bv_artifacts_commit(artifacts, other, 0, &record, &o->err),
				BV_E_DUPLICATE);
			assert_non_null(strstr(o->err.text, "/to'"));
			assert_int_equal(bv_artifacts_commit(artifacts, fd, 0, &record, &o->err),
				0);
			bv_commit_record_free(record);
			assert_nothing_beside(o, nth);
			refused = true;
		}
		close(fd);
		close(other);
	}
	assert_true(refused);
	bv_artifacts_free(artifacts);
}

#define TESTS(T) \
	T(an_atomic_commit_killed_at_any_call_is_finished_by_the_next) \
	T(a_durable_commit_killed_at_any_call_is_finished_by_the_next) \
	T(a_commit_killed_at_any_call_leaves_nothing_once_discarded) \
	T(a_commit_of_which_any_call_fails_says_so) \
	T(a_file_that_has_its_place_is_not_handed_over_elsewhere)

ORACLE_MAIN(TESTS)

/* SPDX-License-Identifier: MIT
 *
 * What the oracles share: a fixture with a spec to fill in, a scratch directory and a handle on
 * the backend; a run of the guest; and the looks at the world that do not believe the backend:
 * /proc, the files on disk, the cgroup tree, our own descriptors and children.
 *
 * The teardown of every test is an oracle itself: no process that ran for this test is alive, no
 * child, descriptor, cgroup leaf or mount is left.
 *
 * A test program lists its tests with an X-macro, so that `--list` prints them for the ledger:
 *
 *     #define TESTS(T) T(one_property) T(another)
 *     ORACLE_MAIN(TESTS)
 *
 * ORACLE_USER=1 in the environment makes root run the tests as an ordinary user; ORACLE_FLOOR=1
 * makes runs without a private view, where the tests would have one.
 */
#ifndef ORACLE_ORACLE_H
#define ORACLE_ORACLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#include <bvisor/bvisor.h>
#include <bvisor/linux.h>

#define ORACLE_ARGUMENTS_MAX 128
#define ORACLE_GRANTS_MAX 32
#define ORACLE_DESCRIPTORS 1024

struct oracle {
	struct bv_backend *backend;
	char root[64];    /* scratch directory; the guest's working directory */
	char staging[80]; /* where outputs are kept */
	char guest[128];  /* a copy of the guest, in a directory of its own */
	char marker[80];  /* in the guest's environment and argv[0], and so in every descendant's */
	struct bv_spec spec;
	struct bv_run_options options;
	struct bv_grant grants[ORACLE_GRANTS_MAX];
	struct bv_variable variables[2];
	char names[8192]; /* text the spec points to */
	size_t names_len;
	const char *arguments[ORACLE_ARGUMENTS_MAX];
	/* What came of the last run. */
	int code;
	struct bv_error err;
	struct bv_admission *admission;
	struct bv_report *report;
	char out[262144];
	size_t out_len;
	/* Called in the run's thread when the guest says "ready"; see oracle_hold(). */
	void (*look)(struct oracle *o);
	bool looked;
	int input[2];
	/* What a test has made itself: the teardown ends it where the test did not come to it. */
	pid_t child;
	int held[2];
	char mounted[256];
	int mount_namespace; /* to come back to, or -1 */
	bool viewless;       /* admitted without what a private view takes; see oracle_without() */
	bool spaceless;      /* admitted without namespaces */
	/* Filled by looks. */
	pid_t pid;
	char status[4096];
	long seen[8];
	/* How the world was. */
	int descriptors;
	bool open[ORACLE_DESCRIPTORS];
	bool excused; /* the machine explained why there is no plan */
	char *mounts;
};

int oracle_setup(void **state);
int oracle_teardown(void **state);
int oracle_main(const char *name, const struct CMUnitTest *tests, size_t count, int argc,
	char **argv);

#define ORACLE_TEST(name) {#name, name, oracle_setup, oracle_teardown, NULL},
#define ORACLE_MAIN(TESTS) \
	int main(int argc, char **argv) \
	{ \
		static const struct CMUnitTest tests[] = {TESTS(ORACLE_TEST)}; \
\
		return oracle_main(argv[0], tests, sizeof(tests) / sizeof(tests[0]), argc, argv); \
	}

/* Says aloud what fact is missing, and skips. */
void oracle_skip(const char *why) __attribute__((noreturn));
bool oracle_root(void);
/* Skips unless the machine has the fact ("landlock.abi") with at least this value. */
void oracle_needs(const char *fact, int64_t value);
/* Runs are made with a private view. */
bool oracle_view(void);
bool oracle_has(const char *fact, int64_t value);
/* In such a run the workload may change modes and times of what it may write. */
bool oracle_modes(void);
/* The cgroup under which leaves are made, or NULL. */
const char *oracle_cgroup(void);

/* The spec. */
void oracle_grant(struct oracle *o, const char *path, uint32_t access);
/* Arguments of the guest, separated by spaces. */
void oracle_attempts(struct oracle *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Another program instead of the guest, and its arguments one by one, NULL at the end. */
void oracle_program(struct oracle *o, const char *program, ...) __attribute__((sentinel));
/* What programs of the system need to run. */
void oracle_grant_system(struct oracle *o);

/* Running. */
void oracle_admit(struct oracle *o);
/* Admits if it was not yet, and there is a plan. Where the machine itself explains that there is
 * none it skips, with the planner's reason: see excuse.c. */
void oracle_plan(struct oracle *o);
void oracle_run(struct oracle *o);   /* plans if it was not yet; nothing is asserted but the plan */
void oracle_again(struct oracle *o); /* forgets admission and report */
/* Runs, and asserts that it completed with status 0 and wrote exactly this. In what is expected,
 * here and below, OUTSIDE is the error of what is not granted and RDONLY that of a change where
 * only reading is: in a private view they are ENOENT and EROFS, else EACCES. */
void oracle_says(struct oracle *o, const char *expected);
/* The same for one line among others. */
void oracle_line(const struct oracle *o, const char *line);
void oracle_no_line(const struct oracle *o, const char *line);
void oracle_completed(const struct oracle *o, int status);
void oracle_ended(const struct oracle *o, enum bv_outcome outcome, enum bv_reason reason);
void oracle_spent(const struct oracle *o, enum bv_outcome outcome, enum bv_dimension dimension);
/* The run failed before it began: an error of this code, or a report of our own fault, that names
 * what is at fault. No process of it was ever seen. */
void oracle_nothing_ran(const struct oracle *o, int code, const char *what);
/* Stdin becomes a pipe; when the guest says "ready" `look` is called, then the pipe is closed. */
void oracle_hold(struct oracle *o, void (*look)(struct oracle *o));
/* Without these facilities the plan is refused for this kind, with a reason and a remedy. */
void oracle_refused_without(struct oracle *o, const char *facilities, enum bv_kind kind);
void oracle_without(const char *facilities); /* NULL: everything is there again */
const struct bv_requirement_row *oracle_row(const struct oracle *o, enum bv_kind kind);
bool oracle_finding(const struct oracle *o, const char *code);
/* Does the report's JSON have this text? */
bool oracle_report_has(const struct oracle *o, const char *text);

/* excuse.c: what this machine lacks for the refused admission, as the planner says it; NULL if it
 * lacks nothing that explains the refusal. */
const char *excuse_of_the_machine(const struct oracle *o);
/* A test that is skipped for it did not come to where it closes what it had opened. */
void excuse_note_open(struct oracle *o);
void excuse_close_opened(const struct oracle *o);

/* world.c: looks that ask no one but the kernel. */
void world_write(const struct oracle *o, const char *name, const char *text);
void world_mkdir(const struct oracle *o, const char *name);
/* The file's bytes; "" with *ret_errno set if it cannot be read. */
const char *world_read(const struct oracle *o, const char *name);
bool world_exists(const struct oracle *o, const char *name);
void world_same(const struct oracle *o, const char *name, const char *text);
/* Processes alive (no zombies) with the marker in their environment or arguments. */
size_t world_processes(const char *marker, pid_t *pids, size_t max);
/* Waits for them to be gone, for so long. */
bool world_gone(const char *marker, unsigned int ms);
bool world_proc(pid_t pid, const char *file, char *text, size_t size);
long world_number(const char *text, const char *key);
int world_descriptors(void);
char *world_mounts(void);
size_t world_leaves(void); /* of this process */
/* Children of the host whose name is the launcher's. */
size_t world_launchers(pid_t host, pid_t *pids, size_t max);
pid_t world_launcher(pid_t host);
long world_zombies(pid_t parent);
/* Time as the tests count it. On a machine that is slower by far than what their limits were chosen
 * for (an emulated one), ORACLE_TIME_SCALE in the environment makes each of their milliseconds, and
 * every wall budget, so many times as long. */
uint64_t world_scale(void);
void world_sleep(unsigned int ms);
uint64_t world_ms(void);
void world_copy(const char *from, const char *to, mode_t mode);
void world_remove(const char *path);

#endif

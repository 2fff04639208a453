/* SPDX-License-Identifier: MIT
 *
 * The launcher: one single-threaded, undumpable process between the host and the workload. It
 * runs one workload at a time, allocates nothing after start-up, and has no way to go on after
 * an error: a run that cannot be set up as planned is killed, and a launcher that meets the
 * impossible kills its run and leaves. When the host goes, so does everything the launcher runs.
 */
#ifndef LAUNCHER_LAUNCHER_H
#define LAUNCHER_LAUNCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "launcher/machine.h"
#include "wire/message.h"

#define LAUNCHER_ARGUMENTS_MAX 4100
#define LAUNCHER_VARIABLES_MAX 260
#define LAUNCHER_STACK_BYTES 65536 /* the child's, until it executes */
#define LAUNCHER_INIT_STACK_BYTES 16384
#define LAUNCHER_SOCKET 3 /* the only descriptor the launcher is born with, beside 0 to 2 */

struct run;
struct statx;

/* The child's own: where its descriptors are by now. Everything else it only reads. */
struct child {
	const struct run *run;
	int fds[WIRE_SLOTS_MAX];
	int channel;
	int host;      /* the host's root, for Landlock's canary */
	uint32_t item; /* of its table, where a step works through one */
};

/* What a step of the schedule does in the child: negative errno on failure. NULL: done by the
 * clone. */
typedef long (*step_apply)(struct child *child);

#define CENSUS_MAX 512

struct census_row {
	uint64_t ticks; /* when it began, as the kernel says: with its number, its identity */
	uint64_t looked_us;
	struct wire_process process;
};

/* The processes of a run that were seen. */
struct census {
	bool wanted;
	uint32_t count;
	uint32_t missed; /* did not fit */
	uint64_t begun_boot_us;
	struct census_row rows[CENSUS_MAX];
};

struct run {
	struct wire_frame frame;
	int fds[WIRE_SLOTS_MAX];
	size_t fd_count;
	step_apply steps[WIRE_STEPS_MAX];
	pid_t launcher; /* who the child's parent must be */
	pid_t pid;
	pid_t proc_pid; /* the same process as /proc numbers it */
	int pidfd;
	pid_t init; /* of the run's pid namespace; 0: none */
	pid_t proc_init;
	int init_pidfd;
	int storage; /* the store, from when it is made; -1: there is none */
	int channel; /* the child's record and our go; ends when it executes */
	int channel_child;
	uint64_t begun_us;
	struct wire_done done;
	/* Budgets: what the dead already used, and when to look next. */
	uint64_t reaped_cpu_us;
	uint64_t sampled_cpu_us; /* of all, when last looked at */
	uint64_t next_cpu_us;
	uint64_t next_sample_us;
	char *argv[LAUNCHER_ARGUMENTS_MAX];
	char *envp[LAUNCHER_VARIABLES_MAX];
	struct census census;
};

struct launcher {
	int host;
	int host_process;                     /* its pidfd, or -1 */
	int root;                             /* the directory /, by O_PATH */
	int proc;                             /* the directory /proc */
	int namespace;                        /* our own pid namespace, to come back to */
	uint64_t namespaces[WIRE_NAMESPACES]; /* the inodes of all of ours */
	pid_t proc_self;                      /* ourselves, as /proc numbers us */
	bool openly;       /* the child can be read back only while we may be read too */
	bool same_numbers; /* /proc is our pid namespace's */
	unsigned int cpus;
	enum machine_state state;
	bool host_gone;
	struct run run;
};

/* What the child writes when a step fails, or (step == CHILD_READY) when all before the last are
 * applied. */
struct child_record {
	uint32_t step;
	uint32_t item;
	int32_t errnum;
};
#define CHILD_READY UINT32_C(0xffffffff)
#define CHILD_STORE UINT32_C(0xfffffffe) /* with the store's descriptor */

/* clock.c */
uint64_t clock_us(void);

/* channel.c: one packet each way. */
/* `attached` goes along, unless it is -1. */
bool channel_send(int fd, const struct wire_message *message, int attached);
/* Receives a message and up to `max` descriptors. 1: one came, 0: nothing there now, -1: the
 * socket ended or what came is not a message (any descriptors are closed). */
int channel_receive(int fd, struct wire_message *ret, int *fds, size_t max, size_t *ret_count);

/* verify.c: from a received memfd and descriptors to a run that may be cloned. On failure
 * false, with run->done saying at which stage. */
bool verify_run(struct run *run, int memfd);
void verify_release(struct run *run);
void verify_forget(struct run *run);

/* schedule.c */
bool schedule_bind(struct run *run);

/* child.c: applies the schedule and becomes the program. Never returns. */
void child_main(void *child);
int child_slot(const struct child *child, enum wire_role role); /* its descriptor, or -EBADF */
long child_die_along(const struct child *child); /* with the launcher, which must be there */
long child_session(struct child *child);
long child_directory(struct child *child);
long child_descriptors(struct child *child);
long child_limits(struct child *child);
long child_identity(struct child *child);
long child_process(struct child *child);
long child_landlock(struct child *child);
long child_seccomp(struct child *child);
long child_attest(struct child *child);
long child_exec(struct child *child);
int run_slot(const struct run *run, enum wire_role role); /* its descriptor, -1 if there is none */

/* view.c: makes a view from a frame's table and turns to it; *ret_item is the entry at work, and
 * *ret_store the store's descriptor, or -1. */
struct view_with {
	int ruleset;
	int userns; /* which maps, or -1 */
};
long view_build(struct bv_bytes mounts, const struct view_with *with, uint32_t *ret_item,
	int *ret_store);
struct view_option {
	const char *key;
	const char *value; /* NULL: a word without one */
};
/* The descriptor of a new file system, or of a source's tree, not mounted anywhere yet. */
long view_new(const char *type, const struct view_option *options, uint32_t flags);
long view_new_tmpfs(const struct wire_mount *mount, uint32_t flags);
/* Whether what was looked at is what the host has open. */
bool view_is(const struct wire_mount *mount, const struct statx *st);
void view_number(uint64_t value, unsigned int base, char ret[24]);
long view_bind(const struct wire_mount *mount, int userns);
long view_restrict(int tree, uint32_t flags, int recursive);
/* The descriptor of a /proc that is not mounted anywhere yet. */
long view_new_proc(void);
long view_set_name(void);
long view_make(struct child *child);
long view_enter_directory(struct child *child);

/* handed.c: where the workload may change modes and times, so that it cannot change those of what
 * was handed in. The program, from the view; the streams, before there is one. */
long handed_program(struct child *child);
long child_streams(struct child *child);

/* store.c: the storage that the boundary owns, in the child. -ENOENT: the table has none. */
long store_make(const struct wire_reader *reader);
long store_bind(int store, const struct wire_mount *mount);
/* To the launcher; closes it. */
long store_hand_over(const struct child *child, int store);

/* overlay.c: turns to the store's directory. */
long overlay_make(int store, const struct wire_mount *mount);
/* mapped.c: another host user than root, where the frame has a user namespace. */
bool mapped_wanted(const struct wire_frame *frame);
long mapped_enter(struct child *child);
/* The user namespace of a child that ended in one, and is not reaped: 0 or an errno value. */
int mapped_namespace(int proc, pid_t pid, int *ret_fd);

/* clone.c: the child (and the init of its namespace), placed where the frame says. */
bool clone_run(struct launcher *launcher, struct run *run);
long identity_drop_bounding(void);
long identity_drop_capabilities(void);

/* attest.c: reads the child's kernel state and compares. False: run->done says what differs. */
bool attest_run(struct launcher *launcher, struct run *run, struct wire_attestation *ret);

/* The inodes of a process's namespaces. */
bool attest_namespaces(int proc, pid_t pid, uint64_t ret[WIRE_NAMESPACES]);
/* attest_view.c: the child's mounts are the frame's, each as restricted; how many they are. */
bool attest_view(int proc, const struct run *run, uint32_t *ret_count);

/* watch.c: budgets. The next moment to look (absolute, clock_us()), and the look itself, which
 * returns true when a budget is used up (run->done.ended says which). */
void watch_begin(struct run *run, unsigned int cpus);
uint64_t watch_next(const struct run *run);
bool watch_look(const struct launcher *launcher, struct run *run);

/* tree.c */
void tree_kill(const struct launcher *launcher, struct run *run);
void tree_reap_first(struct run *run);
/* Its maker is gone. */
void leaf_remove(const struct launcher *launcher, const struct run *run);
void tree_reap_orphans(const struct launcher *launcher, struct run *run);
struct tree_totals {
	uint64_t cpu_us, memory_bytes, proportional_bytes, tasks_count, handles_count;
	bool blind; /* a live task could not be read */
};
void tree_measure(const struct launcher *launcher, const struct run *run, bool exact,
	struct tree_totals *ret);
/* What the kernel says of a process (proc_pid_stat(5)). */
struct tree_stat {
	char name[WIRE_PROCESS_NAME];
	char state;
	pid_t parent;
	uint64_t cpu_ticks;
	uint64_t threads;
	uint64_t began_ticks;
	uint64_t mapped_bytes; /* 0: it has given up its memory, and ends */
	uint64_t resident_pages;
};
bool tree_stat(int proc, pid_t pid, struct tree_stat *ret);
/* The processes of the run, as /proc numbers them; valid until the next call. */
size_t tree_pids(const struct launcher *launcher, const struct run *run, const pid_t **ret,
	bool *ret_full);
uint32_t tree_walk(const struct launcher *launcher, pid_t root, int signal);

/* storage.c: the same storage, from outside. */
/* A record of the child's, and with it the store. As recv(2), without waiting. */
ssize_t storage_receive(struct run *run, struct child_record *ret);
/* It is there if it is planned, a tmpfs of the planned size. */
bool storage_attest(const struct run *run);
bool storage_send(int host, const struct run *run);
void storage_look(struct run *run);

/* census.c */
void census_begin(struct run *run);
void census_look(const struct launcher *launcher, struct run *run);
/* A process that is about to be reaped. */
void census_see(const struct launcher *launcher, struct run *run, pid_t pid);
/* All that was seen, before the last word on the run. */
bool census_send(int host, struct run *run);

/* leaf.c */
bool leaf_write(int leaf, const char *name, const char *text);
ssize_t leaf_read(int leaf, const char *name, char *text, size_t size);
void leaf_kill_each(int leaf);
bool leaf_number(int leaf, const char *name, const char *key, uint64_t *ret);
bool leaf_cpu(int leaf, uint64_t *ret_us);
void leaf_account(struct run *run);

/* The restriction was installed and yet did not bite. */
#define CANARY_TOOTHLESS ENOTRECOVERABLE

/* canary_leaf.c: those of the wanted canaries that need a leaf, which is made in `base`. */
void canary_cgroup(int base, uint32_t wanted, int codes[WIRE_CANARY_COUNT]);

/* canary.c */
/* `proc`: the directory /proc. *ret_userns is for WIRE_CANARY_MAPPED, -1 without. */
struct canary_given {
	int cgroup;
	int proc;
};
void canary_probe(uint32_t wanted, struct canary_given given,
	struct wire_finding findings[WIRE_CANARY_COUNT], int *ret_userns);

/* canary_view.c: the canaries of the view, its /proc and network, and of another host user. */
void canary_view(uint32_t wanted, int proc, int codes[WIRE_CANARY_COUNT], int *ret_userns);

/* canary_overlay.c: an errno value, or 0. */
int canary_overlay(void);

/* proc.c: a file of /proc/<pid>, whole; length or -1. */
ssize_t proc_read(int proc, pid_t pid, const char *name, char *buffer, size_t size);
pid_t proc_pid(int proc, int pidfd);
bool proc_number(const char *text, const char *key, int base, uint64_t *ret);

/* userns.c: a user namespace that maps the caller to itself; 0 or an errno value. */
int userns_enter(bool *ret_entered);

#endif

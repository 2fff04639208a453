/* SPDX-License-Identifier: MIT
 *
 * A handle on the Linux backend: a pool of launchers and three small caches (canaries, program
 * digests, filters), all behind one lock. The lock is never held while anything waits.
 */
#ifndef LINUX_STATE_H
#define LINUX_STATE_H

#include <pthread.h>
#include <sys/stat.h>

#include "choice.h"
#include "mapped.h"
#include "wire/message.h"
#include <bvisor/linux.h>

#define STATE_LAUNCHERS_DEFAULT 64
#define STATE_DIGESTS 16
#define STATE_FILTERS 8

struct linux_launcher {
	struct linux_launcher *next;
	struct linux_launcher *next_known;
	int pidfd;
	int socket;
	bool namespace;       /* it lives in a user and pid namespace of its own */
	int namespace_errnum; /* why it does not, though it was asked to */
};

/* Which file it was, as far as stat tells; a digest is kept only for one that is not fresh. */
struct file_identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};

struct linux_state {
	pthread_mutex_t lock;
	bool worker; /* workloads are interpreters of ours: see worker.h */
	char *launcher_path;
	enum bv_linux_view view;
	enum bv_linux_identity identity;
	char *staging; /* NULL: none */
	struct mapped mapped;
	uint32_t launchers_max;
	uint32_t launchers;
	bool no_namespace; /* a launcher could not have one of its own */
	struct linux_launcher *idle;
	struct linux_launcher *known; /* idle or at work */
	struct {
		bool filled;
		struct bv_snapshot host; /* the cheap facts the canaries were tried under */
		uint32_t tried;
		struct wire_finding findings[WIRE_CANARY_COUNT];
	} canaries;
	struct {
		struct file_identity identity;
		struct bv_digest digest;
	} digests[STATE_DIGESTS];
	size_t digest_next;
	struct {
		struct bv_filter_policy policy;
		struct bv_filter filter;
		bool filled;
	} filters[STATE_FILTERS];
	size_t filter_next;
};

/* pool.c: a launcher that is ours alone until given back. `healthy` false: it is ended instead.
 * Where no user namespace can be had one that was to have one has none, and says why. */
int pool_take(struct linux_state *state, bool namespace, struct linux_launcher **ret,
	struct bv_error *err);
void pool_give(struct linux_state *state, struct linux_launcher *launcher, bool healthy);
void pool_close(struct linux_state *state);
/* Is this one of our own? Who got a launcher's socket could command it, so such a number is never
 * given to a workload, whoever names it. */
bool pool_owns(struct linux_state *state, int fd);

/* channel.c: one packet each way. */
int host_send(int socket, const struct wire_message *message, const int *fds, size_t count,
	struct bv_error *err);
/* Waits up to `timeout_ms` (-1: for ever). 1: a message, 0: the time is up, -1: the launcher is
 * gone or does not speak the protocol. A descriptor that came along replaces a -1 in *ret_fd. */
int host_receive(int socket, int timeout_ms, struct wire_message *ret, int *ret_fd);

/* probe.c */
int linux_probe(void *state, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err);
/* temp.c: whether a temporary root can be made where it would be without a view. */
void temp_probe(const struct bv_spec *spec, struct bv_snapshot *snapshot);
/* hooks.c or hooks_none.c: facilities that tests take away. */
bool hooks_without(const char *facility);

/* cgroup.c: the directory under which leaves are made, or -1 with why. */
int cgroup_base(char *path, size_t size, const char **ret_why);
/* Whether groups made in the base have this controller. */
bool cgroup_controls(int base, const char *controller);
int cgroup_leaf_make(int base, const char *name);
/* Writes a limit and reads back that it holds. False with errno. */
bool cgroup_leaf_limit(int leaf, const char *file, uint64_t limit);
/* Empty and gone, or false. */
bool cgroup_leaf_remove(int base, const char *name, int leaf);

/* execute.c */
int linux_execute(void *state, const struct bv_plan *plan, const struct bv_run_options *options,
	struct bv_report_body *body, struct bv_error *err);

#endif

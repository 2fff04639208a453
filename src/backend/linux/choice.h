/* SPDX-License-Identifier: MIT
 *
 * What will be applied: one pure function from (snapshot, spec) to the mechanisms of a run.
 * Answers, budgets, lowering and the run itself are all read off this value, so that what is
 * explained is what is done.
 */
#ifndef LINUX_CHOICE_H
#define LINUX_CHOICE_H

#include <stdbool.h>

#include "bpf/filter.h"
#include "wire/frame.h"
#include <bvisor/backend.h>

/* Names of facts. */
#define FACT_KERNEL "kernel.release"
#define FACT_MACHINE "kernel.machine"
#define FACT_UID "identity.uid"
#define FACT_GID "identity.gid"
#define FACT_CAPABILITIES "identity.capabilities"
#define FACT_LANDLOCK "landlock.abi"
#define FACT_LANDLOCK_ERRATA "landlock.errata"
#define FACT_LANDLOCK_CANARY "landlock.canary"
#define FACT_SCOPE_CANARY "landlock.scope-canary"
#define FACT_SECCOMP_CANARY "seccomp.canary"
#define FACT_NAMESPACE_CANARY "pid-namespace.canary"
#define FACT_CGROUP "cgroup.v2"
#define FACT_CGROUP_CANARY "cgroup.canary"
#define FACT_CGROUP_MEMORY "cgroup.memory"
#define FACT_CGROUP_PIDS "cgroup.pids"
#define FACT_CGROUP_CPU "cgroup.cpu"
#define FACT_CHILDREN "proc.children"
#define FACT_WORKER "workload.worker"
#define FACT_VIEW "view.wanted" /* the caller's choice: an enum bv_linux_view */
#define FACT_VIEW_CANARY "view.canary"
#define FACT_VIEW_PROC "view.proc-canary"
#define FACT_VIEW_NETWORK "network-namespace.canary"
#define FACT_OVERLAY_CANARY "overlay.canary"
#define FACT_STAGING "outputs.staging"
#define FACT_NAMES_SEALED "namespaces.sealed" /* root's too: nobody changes their inodes */
#define FACT_TEMP "temp-root.place"           /* for a temporary root that no view would hold */
#define FACT_IDENTITY "identity.wanted"       /* the caller's choice: an enum bv_linux_identity */
#define FACT_MAPPED "identity.mapped"         /* of a spec: everything that is shown can be */

enum memory_hold {
	MEMORY_SAMPLED = 0,       /* the tree's resident size, sampled */
	MEMORY_DATA = 1,          /* RLIMIT_DATA and RLIMIT_STACK, and sampled */
	MEMORY_ADDRESS_SPACE = 2, /* RLIMIT_AS: everything that could become resident */
	MEMORY_CGROUP = 3,        /* memory.max of the leaf */
};

struct choice {
	unsigned int landlock_abi; /* 0: none that bites */
	bool seccomp;
	bool scope; /* Landlock keeps signals in */
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
	bool contained; /* the spawn policy has something to hold its tree */
	enum wire_containment containment;
	enum memory_hold memory;
	bool worker;  /* the workload is an interpreter of ours: see worker.h */
	bool pids;    /* pids.max of the leaf holds the tasks */
	bool view;    /* a private mount view */
	bool proc;    /* with a /proc of the run's own */
	bool modes;   /* modes, owners and times of what may be written are the workload's */
	bool mapped;  /* as another host user than root: WIRE_HOST_ID */
	bool overlay; /* an overlay can be made in it */
	bool store;   /* a tmpfs for what the boundary owns, also for the outputs: */
	bool outputs_stored;
	uint32_t namespaces; /* WIRE_NAMESPACE_BIT() */
	struct bv_filter_policy filter;
	char canary[64];     /* a path of the host's that nothing shown covers, or "" */
	uint64_t rights_own; /* Landlock's on the view's own root, and so on all that is shown */
};

/* `spec` NULL: the best this machine could do. */
struct choice choice_make(const struct bv_snapshot *snapshot, const struct bv_spec *spec);
/* The Landlock rights of a grant, for a directory or for anything else. */
uint64_t choice_rights(const struct choice *choice, const struct bv_spec *spec, uint32_t access,
	bool directory);
/* True if something the run is shown covers the path, which is absolute and normal. */
bool choice_covers(const struct bv_spec *spec, const char *path);
bool choice_wants_namespace_launcher(const struct choice *choice,
	const struct bv_snapshot *snapshot);
/* Whether the child is born in a new one. */
bool choice_has_namespace(const struct choice *choice, enum wire_namespace namespace);
/* Something shown to the run lists the host's processes. */
bool choice_shows_processes(const struct bv_spec *spec);
/* Every grant may be read: where Landlock does not work, a view cannot keep that from anyone. */
bool choice_all_readable(const struct bv_spec *spec);
/* What of the storage budget is for the store, and what for outputs on disk: with both, half. */
uint64_t choice_storage(const struct choice *choice, const struct bv_spec *spec);
bool choice_has_overlay(const struct bv_spec *spec);
/* Why such a run cannot be another host user's, though all that it shows could be mapped; NULL: it
 * can. `spec` may be NULL. */
const char *choice_unmapped(const struct bv_snapshot *host, const struct bv_spec *spec);
/* The one process is the tree. */
bool choice_single(const struct bv_spec *spec);

/* Whether a leaf could serve this spec: it holds a tree, or a budget that one process can be held
 * to less well without it. */
bool choice_may_use_leaf(const struct bv_spec *spec);

/* answer.c */
struct bv_verdict linux_support(enum bv_kind kind);
void linux_profile(const struct bv_snapshot *snapshot, enum bv_kind kind, struct bv_answer *ret);
void linux_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret);
/* budget.c */
void linux_budgets(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_dimension dimension, struct bv_availability *ret);
/* observer.c */
void linux_evidence(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_evidence claim, struct bv_observer *ret);
/* lower.c */
int linux_lower(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct bv_lowering *ret, struct bv_error *err);
/* The limits of a run, as the frame carries them. */
size_t lower_rlimits(const struct choice *choice, const struct bv_spec *spec,
	struct wire_rlimit ret[WIRE_RLIMITS_MAX]);
void lower_watch(const struct choice *choice, const struct bv_spec *spec, struct wire_frame *frame);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The Linux backend: Landlock, seccomp, cgroup v2, namespaces and rlimits, whichever of them this
 * machine really gives. A handle keeps a small pool of launchers: single-threaded, undumpable
 * programs that stand between the caller and the workload. The first is started by the first
 * probe or run; each runs one workload at a time, so as many run at once as threads call bv_run().
 *
 * A launcher is a child of the caller, and shows to wait(2) for any child as one that does not end:
 * a host that waits for all its children waits for those it started. The handle finds out by itself
 * if one was reaped, and starts another.
 *
 * Needs no privilege, and uses what it has: root, user namespaces, a delegated cgroup.
 */
#ifndef BVISOR_LINUX_H
#define BVISOR_LINUX_H

#include <bvisor/backend.h>

/* The private view: a mount namespace in which nothing exists but what was granted, with a network,
 * IPC objects and processes of its own as far as the spec does not want the host's. It needs root
 * or user namespaces; without it what is outside the grants exists, and is out of reach. */
enum bv_linux_view {
	BV_LINUX_VIEW_AUTO = 0,   /* where it can be had */
	BV_LINUX_VIEW_ALWAYS = 1, /* or the plan is refused */
	BV_LINUX_VIEW_NEVER = 2,
};

/* Who the workload of root is to the host. Another user has nothing of root's, anywhere but in what
 * was granted, which is mapped for it (mount_setattr(2)); it needs a private view, and file systems
 * that let themselves be mapped. Root's own number comes without any capability. */
enum bv_linux_identity {
	BV_LINUX_IDENTITY_AUTO = 0,   /* another user where all that is granted lets it be */
	BV_LINUX_IDENTITY_MAPPED = 1, /* or the plan is refused */
	BV_LINUX_IDENTITY_OWN = 2,    /* the caller's */
};

struct bv_linux_options {
	/* Path of bvisor-launcher; NULL: where it was installed. */
	const char *launcher_path;
	/* How many launchers may live at once; 0: 64. */
	uint32_t launchers_max;
	enum bv_linux_view view;
	/* An existing directory of the caller's that nobody else can write: outputs are kept in it
	 * until they are taken out or dropped (artifact.h). NULL: specs with outputs are refused.
	 */
	const char *staging;
	enum bv_linux_identity identity;
};

BV_BEGIN_DECLS
/* `options` may be NULL. */
BV_API BV_MUST_CHECK int bv_linux_open(const struct bv_linux_options *options,
	struct bv_backend **ret, struct bv_error *err);
BV_END_DECLS

#endif

/* SPDX-License-Identifier: MIT
 *
 * What the Linux backend answers of each kind: for the family (support), for this machine
 * (profile) and for this spec (classify). An answer weaker than enforced says what is missing and
 * what would help.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "contract/requirement.h"
#include <bvisor/linux.h>

static const uint32_t ATTESTED = BV_EVIDENCE_BIT(BV_EVIDENCE_MECHANISM_ATTESTATION);
static const uint32_t CAPTURED = BV_EVIDENCE_BIT(BV_EVIDENCE_CAPTURED_STREAMS);

static void answer_is(struct bv_answer *ret, enum bv_enforcement enforcement, uint32_t evidence,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void answer_is(struct bv_answer *ret, enum bv_enforcement enforcement, uint32_t evidence,
	const char *fmt, ...)
{
	va_list args;

	ret->verdict = (struct bv_verdict){enforcement, evidence};
	va_start(args, fmt);
	vsnprintf(ret->mechanism, sizeof(ret->mechanism), fmt, args);
	va_end(args);
}

static void answer_lacks(struct bv_answer *ret, const char *missing, const char *remedy)
{
	snprintf(ret->missing, sizeof(ret->missing), "%s", missing);
	snprintf(ret->remedy, sizeof(ret->remedy), "%s", remedy);
}

static const char *fact_detail(const struct bv_snapshot *snapshot, const char *name)
{
	const struct bv_fact *fact = bv_snapshot_find(snapshot, name);

	return fact && fact->detail[0] ? fact->detail : "it was not found";
}

static bool answer_seccomp(const struct bv_snapshot *snapshot, const struct choice *choice,
	struct bv_answer *ret)
{
	if (choice->seccomp)
		return true;
	snprintf(ret->missing, sizeof(ret->missing), "seccomp filters do not work here: %s",
		fact_detail(snapshot, FACT_SECCOMP_CANARY));
	snprintf(ret->remedy, sizeof(ret->remedy),
		"a kernel with CONFIG_SECCOMP_FILTER; in a container, a profile that allows "
		"seccomp(2)");
	return false;
}

static void answer_no_view(const struct bv_snapshot *snapshot, struct bv_answer *ret)
{
	if (bv_snapshot_has(snapshot, FACT_VIEW_CANARY)) {
		answer_lacks(ret, "a user's private view has no sight of the host's processes",
			"--host-processes hidden, root, or --view auto");
		return;
	}
	if (bv_snapshot_value(snapshot, FACT_VIEW) == BV_LINUX_VIEW_NEVER) {
		answer_lacks(ret, "the caller wants no private view", "--view auto");
		return;
	}
	snprintf(ret->missing, sizeof(ret->missing), "no private view can be made here: %s",
		fact_detail(snapshot, FACT_VIEW_CANARY));
	snprintf(ret->remedy, sizeof(ret->remedy),
		"root, or user namespaces (sysctl user.max_user_namespaces, "
		"kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns); "
		"Linux 5.12 or newer; in a container, a profile that allows mount and pivot_root; "
		"or --view auto");
}

/* What a run without a view needs to have one, in a few words among other remedies. */
static const char *answer_view_takes(const struct bv_snapshot *snapshot)
{
	if (bv_snapshot_has(snapshot, FACT_VIEW_CANARY))
		return "a view: --host-processes hidden, or root";
	if (bv_snapshot_value(snapshot, FACT_VIEW) == BV_LINUX_VIEW_NEVER)
		return "a view: --view auto, Linux 5.12 or newer, and root or user namespaces";
	return "a view: Linux 5.12 or newer, and root or user namespaces";
}

/* A view alone keeps no reading from a grant. */
static void answer_no_landlock(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	const struct choice *choice, struct bv_answer *ret)
{
	bool readable = !spec || choice_all_readable(spec);

	snprintf(ret->missing, sizeof(ret->missing), "Landlock does not work here: %s",
		fact_detail(snapshot, FACT_LANDLOCK_CANARY));
	snprintf(ret->remedy, sizeof(ret->remedy),
		"Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK and landlock in the lsm= list "
		"(in a container, a profile that allows landlock_*); or %s%s%s",
		choice->view ? "" : answer_view_takes(snapshot),
		choice->view || readable ? "" : "; and ", readable ? "" : "read with every grant");
}

static void answer_unmapped(const struct bv_snapshot *snapshot, struct bv_answer *ret)
{
	snprintf(ret->missing, sizeof(ret->missing),
		"the workload is no other user of the host's: %s",
		fact_detail(snapshot, FACT_MAPPED));
	snprintf(ret->remedy, sizeof(ret->remedy),
		"root, with a private view, no overlay, the host's processes hidden and IPC "
		"private, "
		"and grants on file systems that can be mapped (ext4, xfs, btrfs; tmpfs since "
		"Linux "
		"6.3); or --identity auto");
}

static void answer_filesystem(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	const struct choice *choice, struct bv_answer *ret)
{
	if (!answer_seccomp(snapshot, choice, ret))
		return;
	if (bv_snapshot_value(snapshot, FACT_VIEW) == BV_LINUX_VIEW_ALWAYS && !choice->view) {
		answer_no_view(snapshot, ret);
		return;
	}
	if (bv_snapshot_value(snapshot, FACT_IDENTITY) == BV_LINUX_IDENTITY_MAPPED &&
		!choice->mapped) {
		answer_unmapped(snapshot, ret);
		return;
	}
	if (choice->worker && choice->landlock_abi && choice->landlock_abi < 3 && !choice->view) {
		snprintf(ret->missing, sizeof(ret->missing),
			"a worker needs openat2, by which files can be truncated here");
		snprintf(ret->remedy, sizeof(ret->remedy), "Linux 6.2 or newer; or %s",
			answer_view_takes(snapshot));
		return;
	}
	if (choice->landlock_abi) {
		answer_is(ret, BV_ENFORCED, ATTESTED, "%slandlock abi %u + seccomp (%s%s%s)",
			choice->view ? "private mount view + " : "", choice->landlock_abi,
			choice->modes ? "set-id" : "metadata",
			choice->landlock_abi < 3 && !choice->view ? ", truncate" : "",
			choice->landlock_abi < 5 ? ", ioctl" : "");
		return;
	}
	if (choice->view && (!spec || choice_all_readable(spec))) {
		answer_is(ret, BV_ENFORCED, ATTESTED, "private mount view + seccomp (%s, ioctl)",
			choice->modes ? "set-id" : "metadata");
		return;
	}
	answer_no_landlock(snapshot, spec, choice, ret);
}

static void answer_filtered(const struct bv_snapshot *snapshot, const struct choice *choice,
	const char *mechanism, struct bv_answer *ret)
{
	if (answer_seccomp(snapshot, choice, ret))
		answer_is(ret, BV_ENFORCED, ATTESTED, "%s", mechanism);
}

/* Root that has lost its capabilities cannot even map itself (user_namespaces(7): since Linux 5.12
 * a map of user 0 takes CAP_SETFCAP), so that there any other user gets further. */
static const char *answer_no_namespace(const struct bv_snapshot *snapshot)
{
	const int64_t setfcap = INT64_C(1) << 31;

	if (bv_snapshot_value(snapshot, FACT_UID) == 0 &&
		!(bv_snapshot_value(snapshot, FACT_CAPABILITIES) & setfcap))
		return "a delegated cgroup v2; to be another user than root, or root with "
		       "CAP_SETFCAP, where user namespaces are allowed (in a container, a profile "
		       "that allows clone, unshare and setns)";
	return "a delegated cgroup v2 (systemd-run --user --scope -p Delegate=yes), or user "
	       "namespaces (sysctl user.max_user_namespaces; in a container, a profile that "
	       "allows clone, unshare and setns)";
}

static void answer_surface(const struct bv_snapshot *snapshot, const struct choice *choice,
	struct bv_answer *ret)
{
	const struct bv_fact *mapped = bv_snapshot_find(snapshot, FACT_MAPPED);
	const char *memory = choice->worker ? ", no executable memory" : "";
	const char *why = mapped && mapped->detail[0] ? mapped->detail : "it cannot be another";

	if (!answer_seccomp(snapshot, choice, ret))
		return;
	if (choice->mapped)
		answer_is(ret, BV_ENFORCED, ATTESTED,
			"seccomp (allow-list, one ABI%s) + no capabilities + no_new_privs + "
			"another host user",
			memory);
	else if (bv_snapshot_value(snapshot, FACT_UID) == 0)
		answer_is(ret, BV_ENFORCED, ATTESTED,
			"seccomp (allow-list, one ABI%s) + no capabilities + no_new_privs, as "
			"the host's user 0: %s",
			memory, why);
	else
		answer_is(ret, BV_ENFORCED, ATTESTED,
			"seccomp (allow-list, one ABI%s) + no capabilities + no_new_privs", memory);
}

static void answer_spawn_descendants(const struct bv_snapshot *snapshot,
	const struct choice *choice, struct bv_answer *ret)
{
	if (!answer_seccomp(snapshot, choice, ret))
		return;
	if (!choice->contained) {
		answer_lacks(ret,
			"no cgroup leaf, no pid namespace and no /proc/<pid>/task/<tid>/children",
			"a delegated cgroup v2, user namespaces, or a /proc of a kernel with "
			"CONFIG_PROC_CHILDREN");
		return;
	}
	switch (choice->containment) {
	case WIRE_CONTAIN_CGROUP:
		answer_is(ret, BV_ENFORCED, ATTESTED,
			"cgroup leaf at birth + seccomp (namespaces)");
		return;
	case WIRE_CONTAIN_PROCESS:
	case WIRE_CONTAIN_NAMESPACE:
		answer_is(ret, BV_ENFORCED, ATTESTED, "pid namespace + seccomp (namespaces)");
		return;
	case WIRE_CONTAIN_SUBREAPER:
		answer_is(ret, BV_MEDIATED, 0,
			"subreaper (orphans come to the launcher, which kills them)");
		answer_lacks(ret, "neither a cgroup leaf nor a pid namespace can be had",
			answer_no_namespace(snapshot));
		return;
	}
}

static void answer_kill(const struct choice *choice, struct bv_answer *ret)
{
	const uint32_t seen = BV_EVIDENCE_BIT(BV_EVIDENCE_TERMINAL_OUTCOME);

	switch (choice->containment) {
	case WIRE_CONTAIN_PROCESS:
		answer_is(ret, BV_ENFORCED, seen, "SIGKILL to the one process (pidfd)");
		return;
	case WIRE_CONTAIN_CGROUP:
		answer_is(ret, BV_ENFORCED, seen, "cgroup.kill, until cgroup.events says empty");
		return;
	case WIRE_CONTAIN_NAMESPACE:
		answer_is(ret, BV_ENFORCED, seen, "SIGKILL to the init of the pid namespace");
		return;
	case WIRE_CONTAIN_SUBREAPER:
		answer_is(ret, BV_MEDIATED, seen,
			"SIGKILL to every descendant, until there is none");
		answer_lacks(ret, "neither a cgroup leaf nor a pid namespace can be had",
			"a delegated cgroup v2 or user namespaces; or ask for --kill best-effort");
		return;
	}
}

static void answer_hidden(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	const struct choice *choice, struct bv_answer *ret)
{
	if (!answer_seccomp(snapshot, choice, ret))
		return;
	if (spec && choice_shows_processes(spec)) {
		answer_lacks(ret, "a grant shows /proc, which lists the host's processes",
			"drop the grant of /proc (or of /), or ask for --host-processes ambient");
		return;
	}
	if (choice_has_namespace(choice, WIRE_NAMESPACE_PID) ||
		(!spec && !choice->scope && bv_snapshot_has(snapshot, FACT_NAMESPACE_CANARY)))
		answer_is(ret, BV_ENFORCED, ATTESTED, "pid namespace%s + seccomp (tracing) + %s",
			choice->scope ? " + landlock signal scope" : "",
			choice->proc ? "private /proc" : "no /proc");
	else if (choice->scope)
		answer_is(ret, BV_ENFORCED, ATTESTED,
			"landlock signal scope + seccomp (tracing) + no /proc");
	else if (!spec || choice_single(spec))
		answer_is(ret, BV_ENFORCED, ATTESTED,
			"seccomp (signals to itself only, tracing) + no /proc");
	else
		answer_lacks(ret,
			"Landlock does not scope signals here, and no pid namespace can be had",
			"Linux 6.12 or newer (Landlock ABI 6), root, or user namespaces; --spawn "
			"deny or threads; "
			"or ask for --host-processes ambient");
}

static void answer_network(const struct bv_snapshot *snapshot, const struct choice *choice,
	struct bv_answer *ret)
{
	if (answer_seccomp(snapshot, choice, ret))
		answer_is(ret, BV_ENFORCED, ATTESTED, "%sseccomp (socket families)%s",
			choice_has_namespace(choice, WIRE_NAMESPACE_NETWORK)
				? "empty network namespace + "
				: "",
			choice->landlock_abi >= 4 ? " + landlock tcp" : "");
}

static void answer_ipc(const struct bv_snapshot *snapshot, const struct choice *choice,
	struct bv_answer *ret)
{
	if (answer_seccomp(snapshot, choice, ret))
		answer_is(ret, BV_ENFORCED, ATTESTED,
			"%sseccomp (System V, POSIX, key rings, unix sockets)%s",
			choice_has_namespace(choice, WIRE_NAMESPACE_IPC) ? "ipc namespace + " : "",
			choice->scope ? " + landlock scope" : "");
}

static void answer_launch(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	const struct choice *choice, struct bv_answer *ret)
{
	if (!answer_seccomp(snapshot, choice, ret))
		return;
	if (spec && spec->workload.kind != BV_WORKLOAD_PROCESS) {
		answer_lacks(ret, "the linux backend runs native programs",
			"the wasm backend, which runs modules (--backend wasm)");
		return;
	}
	answer_is(ret, BV_ENFORCED, ATTESTED | BV_EVIDENCE_BIT(BV_EVIDENCE_TERMINAL_OUTCOME),
		"execveat of a descriptor opened once");
}

static bool answer_placed(const struct bv_spec *spec)
{
	for (size_t i = 0; spec && i < spec->output_count; i++)
		if (spec->outputs[i].path)
			return true;
	return false;
}

static const char *answer_artifact_mechanism(enum bv_kind kind)
{
	switch (kind) {
	case BV_KIND_COMMIT_ATOMIC:
		return "a second link on one file system, checked, then renameat2";
	case BV_KIND_COMMIT_DURABLE:
		return "a checked copy, flushed, then renameat2, the directory flushed";
	case BV_KIND_COMMIT_BEST_EFFORT:
		return "a checked copy, then renameat2";
	case BV_KIND_DISCARD_ARTIFACT:
		return "unlinkat beneath the staging directory until it is gone";
	default:
		return "a walk by openat2 beneath the directory, through no link; SHA-256";
	}
}

static void answer_artifacts(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	const struct choice *choice, enum bv_kind kind, struct bv_answer *ret)
{
	if (!bv_snapshot_has(snapshot, FACT_STAGING)) {
		snprintf(ret->missing, sizeof(ret->missing), "outputs cannot be kept: %s",
			fact_detail(snapshot, FACT_STAGING));
		snprintf(ret->remedy, sizeof(ret->remedy),
			"--staging DIR, a directory of the caller's that neither others nor the "
			"workload can write; in C, the option `staging` of the backend");
		return;
	}
	if (kind == BV_KIND_LIST_OUTPUTS && !choice->view && answer_placed(spec)) {
		snprintf(ret->missing, sizeof(ret->missing),
			"there is no private view in which an output could have a path");
		snprintf(ret->remedy, sizeof(ret->remedy),
			"leave the path out (--out NAME=), and look into BVISOR_OUT; or %s",
			answer_view_takes(snapshot));
		return;
	}
	answer_is(ret, BV_ENFORCED, BV_EVIDENCE_BIT(BV_EVIDENCE_ARTIFACT_LINEAGE), "%s",
		answer_artifact_mechanism(kind));
}

/* Without a view only a variable can tell where it is. A worker's root is named before it is
 * there. */
static bool answer_temp_elsewhere(const struct bv_spec *spec, const struct choice *choice)
{
	return choice->worker || !choice->landlock_abi ||
		(spec && spec->temp_root &&
			(strcmp(spec->temp_path, BV_TEMP_PATH) || !bv_spec_tells_temp(spec)));
}

/* In a view, /dev and /proc are the boundary's: what is put over them would hide it. */
static bool answer_place_taken(const char *destination, struct bv_answer *ret)
{
	if (strcmp(destination, "/dev") != 0 && !wire_path_within(destination, "/proc"))
		return false;
	answer_lacks(ret, "in a view, /dev and what is in /proc are of the boundary's making",
		"another destination");
	return true;
}

static void answer_temp_root(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	const struct choice *choice, struct bv_answer *ret)
{
	if (choice->view && spec && spec->temp_root && answer_place_taken(spec->temp_path, ret))
		return;
	if (choice->view) {
		answer_is(ret, BV_ENFORCED, ATTESTED,
			"in a tmpfs of the storage budget's size, in the private view");
		return;
	}
	answer_no_view(snapshot, ret);
	if (!answer_temp_elsewhere(spec, choice) && spec && spec->temp_root &&
		!bv_snapshot_has(snapshot, FACT_TEMP)) {
		snprintf(ret->missing, sizeof(ret->missing),
			"without a view there is no safe place for it: %s",
			fact_detail(snapshot, FACT_TEMP));
		snprintf(ret->remedy, sizeof(ret->remedy),
			"another TMPDIR for the supervisor, beneath no grant to write or execute; "
			"or %s",
			answer_view_takes(snapshot));
		return;
	}
	if (!answer_temp_elsewhere(spec, choice)) {
		answer_is(ret, BV_MEDIATED, 0,
			"a directory of its own beneath the supervisor's TMPDIR (not at %s: TMPDIR "
			"tells where) + landlock; removed after the run",
			BV_TEMP_PATH);
		return;
	}
	snprintf(ret->remedy, sizeof(ret->remedy), "%s; or %s", answer_view_takes(snapshot),
		choice->worker || !choice->landlock_abi
			? "grant a directory of your own (--rw)"
			: "leave its path out (--tmp) and TMPDIR to the boundary, which then tells "
			  "where it is");
}

static void answer_no_overlay(const struct bv_snapshot *snapshot, struct bv_answer *ret)
{
	snprintf(ret->missing, sizeof(ret->missing), "no overlay can be made here: %s",
		fact_detail(snapshot, FACT_OVERLAY_CANARY));
	snprintf(ret->remedy, sizeof(ret->remedy),
		"a kernel with CONFIG_OVERLAY_FS (modprobe overlay), and root or Linux 6.6 or "
		"newer; "
		"or --rw on a copy");
}

/* Without a view nothing appears elsewhere than it is, and nothing is kept from the host. */
static void answer_expose(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	const struct choice *choice, struct bv_answer *ret)
{
	bool overlay = spec && choice_has_overlay(spec), elsewhere = overlay;

	for (size_t i = 0; spec && i < spec->exposure_count; i++) {
		const struct bv_exposure *exposure = &spec->exposures[i];
		bool here = strcmp(exposure->source, exposure->destination) == 0;

		if (choice->view && !here && answer_place_taken(exposure->destination, ret))
			return;
		elsewhere = elsewhere || !here;
	}
	if (choice->view && overlay && !choice->overlay) {
		answer_no_overlay(snapshot, ret);
	} else if (choice->view) {
		answer_is(ret, BV_ENFORCED, ATTESTED, "%s",
			overlay ? "overlayfs in the private view, written to a tmpfs of the "
				  "storage "
				  "budget's size"
				: !spec && choice->overlay
				? "a bind in the private view, or overlayfs"
				: "a bind in the private view");
	} else if (elsewhere) {
		answer_no_view(snapshot, ret);
		snprintf(ret->remedy, sizeof(ret->remedy), "%s; or show %s",
			answer_view_takes(snapshot),
			overlay ? "a copy (--rw)" : "the path where it is (--ro, --rw)");
	} else {
		answer_filesystem(snapshot, spec, choice, ret);
	}
}

static void answer_no_broker(struct bv_answer *ret)
{
	answer_lacks(ret, "this version of the linux backend has no broker for connections",
		"--net deny, or --net ambient by name");
}

static void answer_make(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	struct choice choice = choice_make(snapshot, spec);

	switch (kind) {
	case BV_KIND_FILESYSTEM:
		answer_filesystem(snapshot, spec, &choice, ret);
		return;
	case BV_KIND_NETWORK_DENY_ALL:
		answer_network(snapshot, &choice, ret);
		return;
	case BV_KIND_SPAWN_DENY_NEW_TASKS:
		answer_filtered(snapshot, &choice, "seccomp (clone, clone3, fork, vfork)", ret);
		return;
	case BV_KIND_SPAWN_ALLOW_THREADS:
		answer_filtered(snapshot, &choice,
			"seccomp (clone with CLONE_THREAD only; clone3 answers ENOSYS)", ret);
		return;
	case BV_KIND_SPAWN_ALLOW_DESCENDANTS:
		answer_spawn_descendants(snapshot, &choice, ret);
		return;
	case BV_KIND_ENVIRONMENT:
		answer_is(ret, BV_ENFORCED, ATTESTED, "exact envp");
		return;
	case BV_KIND_DESCRIPTORS_NONE:
	case BV_KIND_DESCRIPTORS_ONLY:
		answer_is(ret, BV_ENFORCED, ATTESTED, "close_range of the complement, read back");
		return;
	case BV_KIND_HOST_PROCESSES_HIDDEN:
		answer_hidden(snapshot, spec, &choice, ret);
		return;
	case BV_KIND_IPC_PRIVATE:
		answer_ipc(snapshot, &choice, ret);
		return;
	case BV_KIND_KERNEL_SURFACE_BASELINE:
		answer_surface(snapshot, &choice, ret);
		return;
	case BV_KIND_NETWORK_AMBIENT:
	case BV_KIND_HOST_PROCESSES_AMBIENT:
	case BV_KIND_IPC_AMBIENT:
	case BV_KIND_KERNEL_SURFACE_AMBIENT:
		answer_is(ret, BV_ENFORCED, 0, "left as the host has it");
		return;
	case BV_KIND_LAUNCH_WORKLOAD:
		answer_launch(snapshot, spec, &choice, ret);
		return;
	case BV_KIND_CAPTURE_STREAMS:
		answer_is(ret, BV_ENFORCED, CAPTURED, "pipes drained by the host");
		return;
	case BV_KIND_TEMP_ROOT:
		answer_temp_root(snapshot, spec, &choice, ret);
		return;
	case BV_KIND_EXPOSE_PATH:
		answer_expose(snapshot, spec, &choice, ret);
		return;
	case BV_KIND_NETWORK_ALLOW_LIST:
		answer_no_broker(ret);
		return;
	case BV_KIND_COMMIT_ATOMIC:
	case BV_KIND_COMMIT_DURABLE:
	case BV_KIND_COMMIT_BEST_EFFORT:
	case BV_KIND_DISCARD_ARTIFACT:
	case BV_KIND_LIST_OUTPUTS:
		answer_artifacts(snapshot, spec, &choice, kind, ret);
		return;
	case BV_KIND_KILL_ATOMIC:
	case BV_KIND_KILL_BEST_EFFORT:
		answer_kill(&choice, ret);
		return;
	}
}

/* What the family can do at its best. */
struct bv_verdict linux_support(enum bv_kind kind)
{
	switch (kind) {
	case BV_KIND_NETWORK_ALLOW_LIST:
		return (struct bv_verdict){BV_UNSUPPORTED, 0};
	case BV_KIND_COMMIT_ATOMIC:
	case BV_KIND_COMMIT_DURABLE:
	case BV_KIND_COMMIT_BEST_EFFORT:
	case BV_KIND_DISCARD_ARTIFACT:
	case BV_KIND_LIST_OUTPUTS:
	case BV_KIND_FILESYSTEM:
	case BV_KIND_NETWORK_DENY_ALL:
	case BV_KIND_NETWORK_AMBIENT:
	case BV_KIND_SPAWN_DENY_NEW_TASKS:
	case BV_KIND_SPAWN_ALLOW_THREADS:
	case BV_KIND_SPAWN_ALLOW_DESCENDANTS:
	case BV_KIND_ENVIRONMENT:
	case BV_KIND_DESCRIPTORS_NONE:
	case BV_KIND_DESCRIPTORS_ONLY:
	case BV_KIND_HOST_PROCESSES_HIDDEN:
	case BV_KIND_HOST_PROCESSES_AMBIENT:
	case BV_KIND_IPC_PRIVATE:
	case BV_KIND_IPC_AMBIENT:
	case BV_KIND_KERNEL_SURFACE_BASELINE:
	case BV_KIND_KERNEL_SURFACE_AMBIENT:
	case BV_KIND_LAUNCH_WORKLOAD:
	case BV_KIND_CAPTURE_STREAMS:
	case BV_KIND_TEMP_ROOT:
	case BV_KIND_EXPOSE_PATH:
	case BV_KIND_KILL_ATOMIC:
	case BV_KIND_KILL_BEST_EFFORT:
		break;
	}
	return (struct bv_verdict){BV_ENFORCED, BV_EVIDENCE_ALL};
}

/* The best for any spec. A tree may be held by mediation only, and yet one process dies at once:
 * the ceiling of killing is that of one process, and its mechanism says both. */
void linux_profile(const struct bv_snapshot *snapshot, enum bv_kind kind, struct bv_answer *ret)
{
	char tree[BV_MECHANISM_MAX];

	answer_make(snapshot, NULL, kind, ret);
	if (kind != BV_KIND_KILL_ATOMIC && kind != BV_KIND_KILL_BEST_EFFORT)
		return;
	snprintf(tree, sizeof(tree), "%s", ret->mechanism);
	answer_is(ret, BV_ENFORCED, ret->verdict.evidence, "one process: pidfd; a tree: %s", tree);
	answer_lacks(ret, "", "");
}

void linux_classify(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	enum bv_kind kind, struct bv_answer *ret)
{
	answer_make(snapshot, spec, kind, ret);
}

/* SPDX-License-Identifier: MIT
 *
 * Choosing mechanisms; see choice.h. Each ladder starts with the strongest rung this machine
 * gives and ends with the weakest that still holds.
 */
#include "choice.h"

#include <string.h>

#include "sys/uapi.h"
#include <bvisor/linux.h>

#if defined(__x86_64__)
#define CHOICE_ARCH BV_FILTER_X86_64
#elif defined(__aarch64__)
#define CHOICE_ARCH BV_FILTER_AARCH64
#else
#error "the system call tables know x86-64 and aarch64"
#endif

#define ACCESS_FILE \
	(BV_LANDLOCK_FS_EXECUTE | BV_LANDLOCK_FS_WRITE_FILE | BV_LANDLOCK_FS_READ_FILE | \
		BV_LANDLOCK_FS_TRUNCATE | BV_LANDLOCK_FS_IOCTL_DEV)

/* Everything the ABI can handle is handled, so that what no rule allows is denied. */
static uint64_t choice_handled_fs(unsigned int abi)
{
	uint64_t rights = (BV_LANDLOCK_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		rights |= BV_LANDLOCK_FS_REFER;
	if (abi >= 3)
		rights |= BV_LANDLOCK_FS_TRUNCATE;
	if (abi >= 5)
		rights |= BV_LANDLOCK_FS_IOCTL_DEV;
	if (abi >= 9)
		rights |= BV_LANDLOCK_FS_RESOLVE_UNIX;
	return abi ? rights : 0;
}

uint64_t choice_storage(const struct choice *choice, const struct bv_spec *spec)
{
	uint64_t limit = spec->budgets[BV_STORAGE].limit;

	return choice->store && spec->output_count && !choice->outputs_stored ? limit / 2 : limit;
}

bool choice_has_overlay(const struct bv_spec *spec)
{
	for (size_t i = 0; i < spec->exposure_count; i++)
		if (spec->exposures[i].overlay)
			return true;
	return false;
}

/* What the boundary owns and may be written is in one tmpfs. Pages of that are memory of the run's
 * as well, so outputs, which may be large, are there only if their limit is to be held by the
 * kernel; otherwise they are on disk, and watched. */
static void choice_store(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct choice *choice)
{
	choice->overlay = choice->view && bv_snapshot_has(snapshot, FACT_OVERLAY_CANARY);
	if (!spec || !choice->view)
		return;
	choice->outputs_stored =
		spec->output_count && spec->budgets[BV_STORAGE].guarantee == BV_ENFORCED;
	choice->store = spec->temp_root || choice->outputs_stored || choice_has_overlay(spec);
}

bool choice_single(const struct bv_spec *spec)
{
	return spec && spec->spawn != BV_SPAWN_ALLOW_DESCENDANTS;
}

static void choice_landlock(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct choice *choice)
{
	if (bv_snapshot_has(snapshot, FACT_LANDLOCK_CANARY))
		choice->landlock_abi = (unsigned int)bv_snapshot_value(snapshot, FACT_LANDLOCK);
	choice->scope = choice->landlock_abi >= 6 && bv_snapshot_has(snapshot, FACT_SCOPE_CANARY);
	choice->handled_fs = choice_handled_fs(choice->landlock_abi);
	if (choice->landlock_abi >= 9 && spec && spec->ipc == BV_AMBIENT)
		choice->handled_fs &= ~BV_LANDLOCK_FS_RESOLVE_UNIX;
	if (choice->landlock_abi >= 4 && (!spec || spec->network == BV_NETWORK_DENY_ALL))
		choice->handled_net = BV_LANDLOCK_NET_BIND_TCP | BV_LANDLOCK_NET_CONNECT_TCP;
	if (choice->scope && (!spec || spec->host_processes == BV_ISOLATED))
		choice->scoped |= BV_LANDLOCK_SCOPE_SIGNAL;
	if (choice->scope && (!spec || spec->ipc == BV_ISOLATED))
		choice->scoped |= BV_LANDLOCK_SCOPE_ABSTRACT_UNIX;
}

bool choice_may_use_leaf(const struct bv_spec *spec)
{
	return !choice_single(spec) || spec->budgets[BV_MEMORY].guarantee == BV_ENFORCED ||
		(spec->spawn == BV_SPAWN_ALLOW_THREADS &&
			spec->budgets[BV_TASKS].guarantee == BV_ENFORCED);
}

static bool choice_leaf_holds_more(const struct bv_snapshot *snapshot, const struct bv_spec *spec)
{
	bool memory = bv_snapshot_has(snapshot, FACT_CGROUP_MEMORY) &&
		spec->budgets[BV_MEMORY].guarantee == BV_ENFORCED;
	bool tasks = bv_snapshot_has(snapshot, FACT_CGROUP_PIDS) &&
		spec->spawn == BV_SPAWN_ALLOW_THREADS &&
		spec->budgets[BV_TASKS].guarantee == BV_ENFORCED;

	return bv_snapshot_has(snapshot, FACT_CGROUP_CANARY) && (memory || tasks);
}

/* Descendants need something that holds them: a leaf, a namespace, or at the weakest the launcher
 * as the reaper of orphans. */
static void choice_containment(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct choice *choice)
{
	bool namespace = bv_snapshot_has(snapshot, FACT_NAMESPACE_CANARY);

	choice->contained = true;
	if (choice_single(spec) && !choice_leaf_holds_more(snapshot, spec))
		choice->containment = WIRE_CONTAIN_PROCESS;
	else if (bv_snapshot_has(snapshot, FACT_CGROUP_CANARY))
		choice->containment = WIRE_CONTAIN_CGROUP;
	else if (namespace)
		choice->containment = WIRE_CONTAIN_NAMESPACE;
	else if (bv_snapshot_has(snapshot, FACT_CHILDREN))
		choice->containment = WIRE_CONTAIN_SUBREAPER;
	else
		choice->contained = false;
}

/* See worker.h. openat2 is what holds the guest's paths: what it makes, and with which mode, is the
 * engine's word then. */
static uint32_t choice_worker_flags(const struct bv_spec *spec, uint32_t flags)
{
	flags |= BV_FILTER_NO_WRITE_EXEC;
	flags &= ~(uint32_t)(BV_FILTER_TRUNCATE | BV_FILTER_OPENAT2);
	for (size_t i = 0; i < spec->grant_count; i++)
		if (spec->grants[i].access & BV_WRITE)
			flags &= ~(uint32_t)BV_FILTER_TIMES;
	return flags;
}

bool choice_has_namespace(const struct choice *choice, enum wire_namespace namespace)
{
	return choice->namespaces & WIRE_NAMESPACE_BIT(namespace);
}

static void choice_namespace(struct choice *choice, enum wire_namespace namespace)
{
	choice->namespaces |= WIRE_NAMESPACE_BIT(namespace);
}

/* Something of /proc is granted, so it is the host's that is meant. */
static bool choice_grants_proc(const struct bv_spec *spec)
{
	for (size_t i = 0; i < spec->grant_count; i++)
		if (wire_path_within(spec->grants[i].path, "/proc"))
			return true;
	for (size_t i = 0; i < spec->exposure_count; i++)
		if (wire_path_within(spec->exposures[i].destination, "/proc"))
			return true;
	return choice_covers(spec, "/proc");
}

bool choice_shows_processes(const struct bv_spec *spec)
{
	for (size_t i = 0; i < spec->exposure_count; i++)
		if (wire_path_within(spec->exposures[i].source, "/proc") ||
			wire_path_within("/proc", spec->exposures[i].source))
			return true;
	return choice_covers(spec, "/proc");
}

/* May make namespaces in its own user namespace. */
static bool choice_privileged(const struct bv_snapshot *snapshot)
{
	const int64_t sys_admin = INT64_C(1) << 21;

	return bv_snapshot_value(snapshot, FACT_CAPABILITIES) & sys_admin;
}

/* A view, and whatever else of its own the spec lets the run have. A pid namespace hides processes
 * where nothing is mounted as well, and holds a tree; the weakest holder, the reaper of orphans,
 * must be the one they come to. A user's launcher has processes of its own only, so the host's are
 * not to be had with it. */
static void choice_view(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct choice *choice)
{
	bool hide = !spec || spec->host_processes == BV_ISOLATED;
	bool pid = choice->contained && choice->containment != WIRE_CONTAIN_SUBREAPER;

	choice->view = bv_snapshot_has(snapshot, FACT_VIEW_CANARY) &&
		(hide || choice_privileged(snapshot));
	if (choice->containment == WIRE_CONTAIN_NAMESPACE ||
		(hide && pid &&
			(choice->view ||
				(spec && !choice->scope &&
					bv_snapshot_has(snapshot, FACT_NAMESPACE_CANARY)))))
		choice_namespace(choice, WIRE_NAMESPACE_PID);
	if (!choice->view)
		return;
	choice_namespace(choice, WIRE_NAMESPACE_MOUNT);
	choice_namespace(choice, WIRE_NAMESPACE_UTS);
	choice_namespace(choice, WIRE_NAMESPACE_CGROUP);
	if (!spec || spec->ipc == BV_ISOLATED)
		choice_namespace(choice, WIRE_NAMESPACE_IPC);
	if ((!spec || spec->network == BV_NETWORK_DENY_ALL) &&
		bv_snapshot_has(snapshot, FACT_VIEW_NETWORK))
		choice_namespace(choice, WIRE_NAMESPACE_NETWORK);
	choice->proc = choice_has_namespace(choice, WIRE_NAMESPACE_PID) &&
		bv_snapshot_has(snapshot, FACT_VIEW_PROC) && !(spec && choice_grants_proc(spec));
}

/* What is left ambient is left to root, and an overlay keeps its owners. */
const char *choice_unmapped(const struct bv_snapshot *host, const struct bv_spec *spec)
{
	if (bv_snapshot_value(host, FACT_UID) != 0 || bv_snapshot_value(host, FACT_GID) != 0)
		return "the caller is not root, or not of root's group";
	if (bv_snapshot_value(host, FACT_IDENTITY) == BV_LINUX_IDENTITY_OWN)
		return "the caller wants its own";
	if (!choice_privileged(host))
		return "the caller has no CAP_SYS_ADMIN over the machine";
	if (spec && spec->host_processes != BV_ISOLATED)
		return "the host's processes are ambient";
	if (spec && spec->ipc != BV_ISOLATED)
		return "the host's IPC is ambient";
	if (spec && choice_has_overlay(spec))
		return "an overlay keeps the owners of what it is of";
	return NULL;
}

static void choice_mapped(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct choice *choice)
{
	choice->mapped = choice->view && bv_snapshot_has(snapshot, FACT_MAPPED) &&
		!choice_unmapped(snapshot, spec);
	if (choice->mapped)
		choice_namespace(choice, WIRE_NAMESPACE_USER);
}

/* Streams that are no files of the host's to write: then the launcher can open them anew where they
 * cannot be changed (launcher/handed.c). */
static bool choice_streams_closed(const struct bv_spec *spec)
{
	for (size_t i = 1; i < 3; i++)
		if (spec->streams[i].mode != BV_STREAM_CAPTURE &&
			spec->streams[i].mode != BV_STREAM_NULL)
			return false;
	return spec->descriptor_count == 0;
}

/* Modes, owners, extended attributes and times may be changed where everything that can be named is
 * on a mount of the view's, and what may not be written on a read-only one: nothing else is handed
 * in, no socket brings more, and no process outside of the boundary has a /proc entry that leads
 * out. */
static void choice_modes(const struct bv_snapshot *snapshot, const struct bv_spec *spec,
	struct choice *choice)
{
	bool isolated = spec->host_processes == BV_ISOLATED && spec->ipc == BV_ISOLATED &&
		spec->kernel_surface == BV_ISOLATED;

	choice->modes = choice->view && choice->seccomp && !choice->worker && isolated &&
		choice_has_namespace(choice, WIRE_NAMESPACE_PID) && !choice_grants_proc(spec) &&
		!choice_shows_processes(spec) && choice_streams_closed(spec) &&
		(bv_snapshot_value(snapshot, FACT_UID) != 0 || choice->mapped ||
			bv_snapshot_has(snapshot, FACT_NAMES_SEALED));
}

static uint32_t choice_filter_flags(const struct bv_spec *spec, const struct choice *choice)
{
	uint32_t flags = 0;

	if (spec->kernel_surface == BV_ISOLATED)
		flags |= BV_FILTER_BASELINE;
	if (spec->network == BV_NETWORK_DENY_ALL)
		flags |= BV_FILTER_NO_NETWORK;
	if (spec->ipc == BV_ISOLATED)
		flags |= BV_FILTER_IPC_PRIVATE;
	if (spec->host_processes == BV_ISOLATED)
		flags |= BV_FILTER_HIDE_PROCESSES;
	/* The last rung: one process that may signal itself only. */
	if (spec->host_processes == BV_ISOLATED && !choice->scope &&
		choice->containment == WIRE_CONTAIN_PROCESS &&
		!choice_has_namespace(choice, WIRE_NAMESPACE_PID))
		flags |= BV_FILTER_NO_SIGNALS;
	/* What Landlock leaves open, at any version and at this one. A read-only mount does not. */
	flags |= BV_FILTER_METADATA | BV_FILTER_SET_ID | BV_FILTER_OPENAT2;
	if (!choice->modes)
		flags |= BV_FILTER_MODES | BV_FILTER_TIMES;
	if (choice->landlock_abi < 3 && !choice->view)
		flags |= BV_FILTER_TRUNCATE;
	if (choice->landlock_abi < 5)
		flags |= BV_FILTER_IOCTL_DEV;
	if (choice->memory == MEMORY_DATA || choice->memory == MEMORY_ADDRESS_SPACE)
		flags |= BV_FILTER_NO_MEMFD;
	return choice->worker ? choice_worker_flags(spec, flags) : flags;
}

static enum bv_filter_spawn choice_filter_spawn(enum bv_spawn spawn)
{
	switch (spawn) {
	case BV_SPAWN_DENY_NEW_TASKS:
		return BV_FILTER_SPAWN_DENY;
	case BV_SPAWN_ALLOW_THREADS:
		return BV_FILTER_SPAWN_THREADS;
	case BV_SPAWN_ALLOW_DESCENDANTS:
		return BV_FILTER_SPAWN_DESCENDANTS;
	}
	return BV_FILTER_SPAWN_DENY;
}

static enum memory_hold choice_memory(const struct bv_snapshot *snapshot,
	const struct bv_spec *spec, const struct choice *choice)
{
	const struct bv_budget *memory = &spec->budgets[BV_MEMORY];

	if (memory->guarantee != BV_UNSUPPORTED && choice->containment == WIRE_CONTAIN_CGROUP &&
		bv_snapshot_has(snapshot, FACT_CGROUP_MEMORY))
		return MEMORY_CGROUP;
	if (!choice_single(spec) || memory->guarantee == BV_UNSUPPORTED)
		return MEMORY_SAMPLED;
	return memory->guarantee == BV_ENFORCED ? MEMORY_ADDRESS_SPACE : MEMORY_DATA;
}

bool choice_covers(const struct bv_spec *spec, const char *path)
{
	for (size_t i = 0; i < spec->grant_count; i++)
		if (wire_path_within(path, spec->grants[i].path))
			return true;
	for (size_t i = 0; i < spec->exposure_count; i++)
		if (wire_path_within(path, spec->exposures[i].destination))
			return true;
	return spec->temp_root && wire_path_within(path, spec->temp_path);
}

bool choice_all_readable(const struct bv_spec *spec)
{
	for (size_t i = 0; i < spec->grant_count; i++)
		if (!(spec->grants[i].access & BV_READ))
			return false;
	for (size_t i = 0; i < spec->exposure_count; i++)
		if (!(spec->exposures[i].access & BV_READ))
			return false;
	return true;
}

/* The host's path lies in something that is granted or shown, wherever that is shown. */
static bool choice_reaches(const struct bv_spec *spec, const char *path)
{
	for (size_t i = 0; i < spec->grant_count; i++)
		if (wire_path_within(path, spec->grants[i].path))
			return true;
	for (size_t i = 0; i < spec->exposure_count; i++)
		if (wire_path_within(path, spec->exposures[i].source))
			return true;
	return false;
}

/* A directory that everyone may read and every machine has. The first is one that the launcher has
 * opened already; the child sees for itself that it could open it. */
static void choice_canary(const struct bv_spec *spec, struct choice *choice)
{
	static const char *const candidates[] = {"/proc", "/", "/sys", "/dev", "/etc", "/usr"};

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (choice_reaches(spec, candidates[i]))
			continue;
		strcpy(choice->canary, candidates[i]);
		return;
	}
}

struct choice choice_make(const struct bv_snapshot *snapshot, const struct bv_spec *spec)
{
	struct choice choice = {
		.seccomp = bv_snapshot_has(snapshot, FACT_SECCOMP_CANARY),
		.worker = bv_snapshot_has(snapshot, FACT_WORKER),
		.filter.arch = CHOICE_ARCH,
	};

	choice_landlock(snapshot, spec, &choice);
	choice_containment(snapshot, spec, &choice);
	choice_view(snapshot, spec, &choice);
	choice_store(snapshot, spec, &choice);
	choice_mapped(snapshot, spec, &choice);
	if (!spec)
		return choice;
	choice.memory = choice_memory(snapshot, spec, &choice);
	choice.pids = choice.containment == WIRE_CONTAIN_CGROUP &&
		bv_snapshot_has(snapshot, FACT_CGROUP_PIDS) &&
		spec->budgets[BV_TASKS].guarantee != BV_UNSUPPORTED;
	choice_modes(snapshot, spec, &choice);
	choice.filter.flags = choice_filter_flags(spec, &choice);
	choice.filter.spawn = choice_filter_spawn(spec->spawn);
	if (choice.landlock_abi)
		choice_canary(spec, &choice);
	/* Landlock's rights hold for all that lies beneath, across mounts: the root and what only
	 * holds mount points can be listed if whatever is shown can. */
	if (choice.view && choice_all_readable(spec))
		choice.rights_own = BV_LANDLOCK_FS_READ_DIR & choice.handled_fs;
	return choice;
}

uint64_t choice_rights(const struct choice *choice, const struct bv_spec *spec, uint32_t access,
	bool directory)
{
	uint64_t rights = 0;

	if (access & BV_READ)
		rights |= BV_LANDLOCK_FS_READ_FILE | BV_LANDLOCK_FS_READ_DIR;
	if (access & BV_EXECUTE)
		rights |= BV_LANDLOCK_FS_EXECUTE;
	/* Never devices: making them needs a capability that no workload has. */
	if (access & BV_WRITE)
		rights |= BV_LANDLOCK_FS_WRITE_FILE | BV_LANDLOCK_FS_TRUNCATE |
			BV_LANDLOCK_FS_REFER | BV_LANDLOCK_FS_REMOVE_DIR |
			BV_LANDLOCK_FS_REMOVE_FILE | BV_LANDLOCK_FS_MAKE_DIR |
			BV_LANDLOCK_FS_MAKE_REG | BV_LANDLOCK_FS_MAKE_FIFO |
			BV_LANDLOCK_FS_MAKE_SYM;
	if ((access & BV_WRITE) && spec->ipc == BV_AMBIENT)
		rights |= BV_LANDLOCK_FS_MAKE_SOCK;
	/* A device that was granted by itself, not as part of a tree, may be controlled. */
	if (!directory)
		rights = (rights | BV_LANDLOCK_FS_IOCTL_DEV) & ACCESS_FILE;
	return rights & choice->handled_fs;
}

/* Without the power to make namespaces in our own, a launcher that lives in a user namespace. */
bool choice_wants_namespace_launcher(const struct choice *choice,
	const struct bv_snapshot *snapshot)
{
	return choice->namespaces && !choice_privileged(snapshot);
}

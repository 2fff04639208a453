/* SPDX-License-Identifier: MIT
 *
 * Probing. The cheap facts are read afresh every time. The canaries, which cost processes, are
 * tried by a launcher and kept as long as the cheap facts stay the same; only those a spec needs
 * are tried, and what nobody tried stays unknown.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "artifact/staging.h"
#include "base/fail.h"
#include "place.h"
#include "state.h"
#include "sys/call.h"
#include "sys/fd.h"
#include "worker.h"

static bool probe_owner_differs(const char *namespace, int user)
{
	int fd = open(namespace, O_RDONLY | O_CLOEXEC);
	int owner = fd < 0 ? -1 : ioctl(fd, NS_GET_USERNS);
	struct stat theirs, ours;
	bool same = owner >= 0 && fstat(owner, &theirs) == 0 && fstat(user, &ours) == 0 &&
		theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;

	if (owner >= 0)
		close(owner);
	if (fd >= 0)
		close(fd);
	return !same;
}

/* Root of a user namespace (`unshare -r`) need not be so of the pid namespace it is in: children
 * could be put into another one, but never again into this one. NS_GET_USERNS says EPERM where the
 * owner is out of our sight (ioctl_ns(2)). */
static bool probe_is_foreign(void)
{
	int user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	bool foreign = user < 0 || probe_owner_differs("/proc/self/ns/pid", user);

	if (user >= 0)
		close(user);
	return foreign;
}

static int64_t probe_held(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &header, data))
		return 0;
	return (int64_t)(((uint64_t)data[1].effective << 32) | data[0].effective);
}

/* Without CAP_SYS_ADMIN where that is worth no more than a user's, who begins by a user and a pid
 * namespace of his own. */
static int64_t probe_capabilities(const char **ret_why)
{
	const int64_t sys_admin = INT64_C(1) << CAP_SYS_ADMIN;
	int64_t held = probe_held();

	*ret_why = "";
	if (!(held & sys_admin) || !probe_is_foreign())
		return held;
	*ret_why = "CAP_SYS_ADMIN does not hold for this pid namespace";
	return held & ~sys_admin;
}

/* LANDLOCK_CREATE_RULESET_VERSION and, with flag 2 since Linux 6.15, the errata that are fixed. */
static void probe_landlock(struct bv_snapshot *snapshot)
{
	int abi = hooks_without("landlock") ? -1 : sys_landlock_create_ruleset(NULL, 0, 1);
	int errata = abi < 0 ? -1 : sys_landlock_create_ruleset(NULL, 0, 2);
	const char *why = "";

	if (abi < 0 && errno == EOPNOTSUPP)
		why = "it is built in but not in the list of active security modules (lsm=)";
	else if (abi < 0)
		why = "the kernel does not have it, or the container's profile blocks it";
	bv_snapshot_set(snapshot, FACT_LANDLOCK, abi > 0 ? BV_FACT_PRESENT : BV_FACT_ABSENT,
		abi > 0 ? abi : 0, why);
	bv_snapshot_set(snapshot, FACT_LANDLOCK_ERRATA,
		errata >= 0 ? BV_FACT_PRESENT : BV_FACT_ABSENT, errata >= 0 ? errata : 0, "");
}

/* What cannot be there is absent without a canary. Of what may be there only the canary tells. */
static void probe_controller(struct bv_snapshot *snapshot, int base, const char *controller,
	const char *fact)
{
	if (base < 0)
		bv_snapshot_set(snapshot, fact, BV_FACT_ABSENT, 0, "there is no cgroup to use");
	else if (hooks_without(controller))
		bv_snapshot_set(snapshot, fact, BV_FACT_ABSENT, 0, "taken away by the test");
	else if (!cgroup_controls(base, controller))
		bv_snapshot_set(snapshot, fact, BV_FACT_ABSENT, 0,
			"the controller is not handed on to the groups made there");
}

/* Returns the base's descriptor or -1, for the canary. */
static int probe_cgroup(struct bv_snapshot *snapshot)
{
	char path[4096];
	const char *why = "";
	int base = cgroup_base(path, sizeof(path), &why);

	bv_snapshot_set(snapshot, FACT_CGROUP, base >= 0 ? BV_FACT_PRESENT : BV_FACT_ABSENT, 0,
		base >= 0 ? path : why);
	probe_controller(snapshot, base, "memory", FACT_CGROUP_MEMORY);
	probe_controller(snapshot, base, "pids", FACT_CGROUP_PIDS);
	return base;
}

static void probe_children(struct bv_snapshot *snapshot)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/thread-self/children");
	bv_snapshot_set(snapshot, FACT_CHILDREN,
		access(path, R_OK) == 0 && !hooks_without("children") ? BV_FACT_PRESENT
								      : BV_FACT_ABSENT,
		0, "");
}

/* User 0 owns the inodes of the host's namespaces, which /proc/self/ns leads to and no mount of a
 * view's is above. Since Linux 6.16 nobody changes them; their own mode is no change to any. */
static void probe_sealed(struct bv_snapshot *snapshot)
{
	CLEANUP_FD int fd = open("/proc/thread-self/ns/user", O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool sealed = fd >= 0 && fstat(fd, &st) == 0 && fchmod(fd, st.st_mode & 07777) != 0;

	bv_snapshot_set(snapshot, FACT_NAMES_SEALED, sealed ? BV_FACT_PRESENT : BV_FACT_ABSENT, 0,
		sealed ? "" : "user 0 could change the inodes of namespaces");
}

static void probe_choices(const struct linux_state *state, struct bv_snapshot *snapshot)
{
	static const char *const words[] = {"auto", "always", "never"};
	static const char *const identities[] = {"auto", "mapped", "own"};

	bv_snapshot_set(snapshot, FACT_VIEW, BV_FACT_PRESENT, state->view, words[state->view]);
	bv_snapshot_set(snapshot, FACT_IDENTITY, BV_FACT_PRESENT, state->identity,
		identities[state->identity]);
}

static void probe_host(const struct linux_state *state, const struct bv_spec *spec,
	struct bv_snapshot *snapshot, int *ret_base)
{
	struct utsname uts;
	int64_t capabilities;
	const char *why;

	if (uname(&uts) == 0) {
		bv_snapshot_set(snapshot, FACT_KERNEL, BV_FACT_PRESENT, 0, uts.release);
		bv_snapshot_set(snapshot, FACT_MACHINE, BV_FACT_PRESENT, 0, uts.machine);
	}
	bv_snapshot_set(snapshot, FACT_UID, BV_FACT_PRESENT, (int64_t)geteuid(), "");
	bv_snapshot_set(snapshot, FACT_GID, BV_FACT_PRESENT, (int64_t)getegid(), "");
	capabilities = probe_capabilities(&why);
	bv_snapshot_set(snapshot, FACT_CAPABILITIES, BV_FACT_PRESENT, capabilities, why);
	probe_landlock(snapshot);
	probe_choices(state, snapshot);
	if (geteuid() == 0)
		probe_sealed(snapshot);
	*ret_base = -1;
	if (spec && !choice_may_use_leaf(spec))
		return;
	*ret_base = probe_cgroup(snapshot);
	probe_children(snapshot);
}

/* Whether the budget could be held by a leaf, and nothing said yet that it cannot. */
static bool probe_limits(const struct bv_spec *spec, const struct bv_snapshot *host,
	enum bv_dimension dimension, const char *fact)
{
	return !bv_snapshot_find(host, fact) &&
		(!spec || spec->budgets[dimension].guarantee != BV_UNSUPPORTED);
}

/* The canaries of a leaf share one, and what it costs. */
static uint32_t probe_wanted_leaf(const struct bv_spec *spec, const struct bv_snapshot *host)
{
	uint32_t wanted = WIRE_CANARY_BIT(WIRE_CANARY_CGROUP) | WIRE_CANARY_BIT(WIRE_CANARY_CPU);

	if (probe_limits(spec, host, BV_TASKS, FACT_CGROUP_PIDS))
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_PIDS);
	if (probe_limits(spec, host, BV_MEMORY, FACT_CGROUP_MEMORY))
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_MEMORY);
	return wanted;
}

/* Which canaries the answers for this spec hang on. */
static uint32_t probe_wanted_view(const struct linux_state *state, const struct bv_spec *spec,
	const struct bv_snapshot *host)
{
	uint32_t wanted = WIRE_CANARY_BIT(WIRE_CANARY_VIEW);

	/* It makes namespaces of every kind. */
	if (state->view == BV_LINUX_VIEW_NEVER || hooks_without("view") ||
		hooks_without("namespace"))
		return 0;
	if (!hooks_without("view-proc") && (!spec || spec->host_processes == BV_ISOLATED))
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_PROC);
	if (!hooks_without("identity") && !choice_unmapped(host, spec))
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_MAPPED);
	if (!hooks_without("netns") && (!spec || spec->network == BV_NETWORK_DENY_ALL))
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_NETWORK);
	if (!hooks_without("overlay") && (!spec || choice_has_overlay(spec)))
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_OVERLAY);
	return wanted;
}

static uint32_t probe_wanted(const struct linux_state *state, const struct bv_spec *spec,
	const struct bv_snapshot *host, int base)
{
	bool landlock = bv_snapshot_has(host, FACT_LANDLOCK);
	bool scope =
		landlock && bv_snapshot_value(host, FACT_LANDLOCK) >= 6 && !hooks_without("scope");
	bool tree = !spec || spec->spawn == BV_SPAWN_ALLOW_DESCENDANTS;
	uint32_t wanted = probe_wanted_view(state, spec, host);

	if (!hooks_without("seccomp"))
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_SECCOMP);
	if (landlock)
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_LANDLOCK);
	if (scope)
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_SCOPE);
	if (base >= 0)
		wanted |= probe_wanted_leaf(spec, host);
	/* Second choice for a tree, so not tried where the first may do; `probe` tries all. */
	if (!hooks_without("namespace") && (!spec || (tree && base < 0)))
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_NAMESPACE);
	return wanted;
}

/* A user's view needs a launcher in a user namespace, and the run will need the same one. Whether
 * it can be had is found out by starting it. */
static int probe_take(struct linux_state *state, uint32_t wanted, struct linux_launcher **ret,
	struct bv_error *err)
{
	const char *why;
	bool namespace = (wanted & WIRE_CANARY_BIT(WIRE_CANARY_VIEW)) &&
		!(probe_capabilities(&why) & (INT64_C(1) << CAP_SYS_ADMIN));
	bool refused;
	int code;

	pthread_mutex_lock(&state->lock);
	namespace = namespace && !state->no_namespace;
	pthread_mutex_unlock(&state->lock);
	code = pool_take(state, namespace, ret, err);
	if (!namespace)
		return code;
	refused = code == BV_E_LAUNCHER || (!code && !(*ret)->namespace);
	pthread_mutex_lock(&state->lock);
	state->no_namespace = refused;
	pthread_mutex_unlock(&state->lock);
	return code == BV_E_LAUNCHER ? pool_take(state, false, ret, err) : code;
}

/* The first one that came stays: runs may be using it. */
static void probe_keep_userns(struct linux_state *state, int take_userns)
{
	pthread_mutex_lock(&state->lock);
	if (state->mapped.userns < 0) {
		state->mapped.userns = take_userns;
		take_userns = -1;
	}
	pthread_mutex_unlock(&state->lock);
	if (take_userns >= 0)
		close(take_userns);
}

static int probe_ask(struct linux_state *state, uint32_t wanted, int base, struct wire_message *ret,
	struct bv_error *err)
{
	struct wire_message ask = {.type = WIRE_PROBE, .body.canaries = wanted};
	struct linux_launcher *launcher;
	int userns = -1;
	bool healthy;
	int code = probe_take(state, wanted, &launcher, err);

	if (code)
		return code;
	code = host_send(launcher->socket, &ask, &base, base >= 0, err);
	healthy = !code && host_receive(launcher->socket, 30000, ret, &userns) == 1 &&
		ret->type == WIRE_PROBED;
	probe_keep_userns(state, userns);
	pool_give(state, launcher, healthy);
	if (!code && !healthy)
		return bv_fail(err, BV_E_LAUNCHER, "probe", "the launcher died while probing");
	return code;
}

static bool probe_same(const struct bv_snapshot *a, const struct bv_snapshot *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->facts[i].name, b->facts[i].name) ||
			a->facts[i].state != b->facts[i].state ||
			a->facts[i].value != b->facts[i].value ||
			strcmp(a->facts[i].detail, b->facts[i].detail))
			return false;
	return true;
}

/* What is known already for these facts; the rest is returned as still to be tried. */
static uint32_t probe_cached(struct linux_state *state, const struct bv_snapshot *host,
	uint32_t wanted, struct wire_finding *findings)
{
	uint32_t missing = wanted;

	pthread_mutex_lock(&state->lock);
	if (state->canaries.filled && probe_same(&state->canaries.host, host)) {
		memcpy(findings, state->canaries.findings, sizeof(state->canaries.findings));
		missing = wanted & ~state->canaries.tried;
	}
	pthread_mutex_unlock(&state->lock);
	return missing;
}

static void probe_keep(struct linux_state *state, const struct bv_snapshot *host, uint32_t tried,
	const struct wire_finding *findings)
{
	pthread_mutex_lock(&state->lock);
	if (!state->canaries.filled || !probe_same(&state->canaries.host, host))
		state->canaries.tried = 0;
	state->canaries.filled = true;
	state->canaries.host = *host;
	for (unsigned int i = 0; i < WIRE_CANARY_COUNT; i++)
		if (tried & WIRE_CANARY_BIT(i))
			state->canaries.findings[i] = findings[i];
	state->canaries.tried |= tried;
	pthread_mutex_unlock(&state->lock);
}

static void probe_set(struct bv_snapshot *snapshot, const char *name,
	const struct wire_finding *finding)
{
	char why[BV_FACT_DETAIL_MAX] = "";

	if (finding->errnum == ENOTRECOVERABLE)
		snprintf(why, sizeof(why), "it was applied and did not bite");
	else if (finding->errnum)
		snprintf(why, sizeof(why), "%s", strerrordesc_np(finding->errnum));
	bv_snapshot_set(snapshot, name, (enum bv_fact_state)finding->state, 0, why);
}

/* From the cache, and what it lacks from a launcher. */
static int probe_try(struct linux_state *state, const struct bv_snapshot *host, uint32_t wanted,
	int base, struct wire_finding *findings, struct bv_error *err)
{
	uint32_t missing = probe_cached(state, host, wanted, findings);
	struct wire_message answer;
	int code;

	if (!missing)
		return 0;
	code = probe_ask(state, missing, base, &answer, err);
	if (code)
		return code;
	for (unsigned int i = 0; i < WIRE_CANARY_COUNT; i++)
		if (missing & WIRE_CANARY_BIT(i))
			findings[i] = answer.body.findings[i];
	probe_keep(state, host, missing, findings);
	return 0;
}

static bool probe_found(uint32_t wanted, const struct wire_finding *findings,
	enum wire_canary canary)
{
	return (wanted & WIRE_CANARY_BIT(canary)) && findings[canary].state == BV_FACT_PRESENT;
}

/* A pid namespace by itself is the second choice: for a tree if no leaf holds it, and for hiding
 * processes if there is neither a view nor a scope of signals. Looked at only if needed. */
static bool probe_second(const struct bv_spec *spec, uint32_t wanted,
	const struct wire_finding *findings)
{
	bool hide = spec && spec->host_processes == BV_ISOLATED;

	if ((wanted & WIRE_CANARY_BIT(WIRE_CANARY_CGROUP)) &&
		!probe_found(wanted, findings, WIRE_CANARY_CGROUP))
		return true;
	return hide && !probe_found(wanted, findings, WIRE_CANARY_VIEW) &&
		!probe_found(wanted, findings, WIRE_CANARY_SCOPE);
}

void probe_staging(const char *staging, const struct bv_spec *spec, struct bv_snapshot *snapshot)
{
	struct bv_error err = {0};
	CLEANUP_FD int fd = -1;
	bool sound;

	if (spec && !spec->output_count && !spec->list_outputs && !spec->discard &&
		spec->commit == BV_COMMIT_NONE)
		return;
	if (staging)
		fd = staging_open(staging, &err);
	else
		(void)snprintf(err.text, sizeof(err.text), "no staging directory was named");
	sound = fd >= 0 && place_check_staging(spec, fd, &err) == 0;
	bv_snapshot_set(snapshot, FACT_STAGING, sound ? BV_FACT_PRESENT : BV_FACT_ABSENT, 0,
		sound ? "" : err.text);
}

static bool probe_userns(struct linux_state *state, const struct wire_finding *finding, char *why,
	size_t size)
{
	if (finding->state == BV_FACT_PRESENT && mapped_userns(state) >= 0)
		return true;
	snprintf(why, size, "no user namespace can be made for it: %s",
		strerrordesc_np(finding->errnum));
	return false;
}

/* A matter of what the spec shows, so asked for each. */
static void probe_mapped(struct linux_state *state, const struct bv_spec *spec, uint32_t wanted,
	const struct wire_finding *findings, struct bv_snapshot *snapshot)
{
	const char *stays = choice_unmapped(snapshot, spec);
	char why[BV_FACT_DETAIL_MAX] = "";
	bool works = false;

	if (stays)
		snprintf(why, sizeof(why), "%s", stays);
	else if (!(wanted & WIRE_CANARY_BIT(WIRE_CANARY_MAPPED)))
		snprintf(why, sizeof(why), "it is not looked for");
	else if (!probe_found(wanted, findings, WIRE_CANARY_VIEW))
		snprintf(why, sizeof(why), "there is no private view");
	else if (probe_userns(state, &findings[WIRE_CANARY_MAPPED], why, sizeof(why)))
		works = spec ? mapped_try(state, spec, why, sizeof(why))
			     : mapped_try_any(state, why, sizeof(why));
	bv_snapshot_set(snapshot, FACT_MAPPED, works ? BV_FACT_PRESENT : BV_FACT_ABSENT, 0, why);
}

int linux_probe(void *opaque, const struct bv_spec *spec, struct bv_snapshot *ret,
	struct bv_error *err)
{
	static const char *const names[WIRE_CANARY_COUNT] = {
		[WIRE_CANARY_LANDLOCK] = FACT_LANDLOCK_CANARY,
		[WIRE_CANARY_SECCOMP] = FACT_SECCOMP_CANARY,
		[WIRE_CANARY_SCOPE] = FACT_SCOPE_CANARY,
		[WIRE_CANARY_NAMESPACE] = FACT_NAMESPACE_CANARY,
		[WIRE_CANARY_CGROUP] = FACT_CGROUP_CANARY,
		[WIRE_CANARY_CPU] = FACT_CGROUP_CPU,
		[WIRE_CANARY_PIDS] = FACT_CGROUP_PIDS,
		[WIRE_CANARY_MEMORY] = FACT_CGROUP_MEMORY,
		[WIRE_CANARY_VIEW] = FACT_VIEW_CANARY,
		[WIRE_CANARY_PROC] = FACT_VIEW_PROC,
		[WIRE_CANARY_NETWORK] = FACT_VIEW_NETWORK,
		[WIRE_CANARY_OVERLAY] = FACT_OVERLAY_CANARY,
	};
	struct wire_finding findings[WIRE_CANARY_COUNT] = {{0}};
	struct linux_state *state = opaque;
	struct bv_snapshot host = {0};
	uint32_t wanted;
	int base, code;

	probe_host(state, spec, &host, &base);
	wanted = probe_wanted(state, spec, &host, base);
	code = probe_try(state, &host, wanted, base, findings, err);
	if (!code && !hooks_without("namespace") && probe_second(spec, wanted, findings)) {
		wanted |= WIRE_CANARY_BIT(WIRE_CANARY_NAMESPACE);
		code = probe_try(state, &host, wanted, base, findings, err);
	}
	if (base >= 0)
		close(base);
	if (code)
		return code;
	*ret = host;
	if (state->worker)
		bv_snapshot_set(ret, FACT_WORKER, BV_FACT_PRESENT, 0, "no executable memory");
	probe_staging(state->staging, spec, ret);
	for (unsigned int i = 0; i < WIRE_CANARY_COUNT; i++)
		if ((wanted & WIRE_CANARY_BIT(i)) && names[i])
			probe_set(ret, names[i], &findings[i]);
	if (spec && spec->temp_root && !choice_make(ret, spec).view)
		temp_probe(spec, ret);
	probe_mapped(state, spec, wanted, findings, ret);
	return 0;
}

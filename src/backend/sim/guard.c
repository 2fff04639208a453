/* SPDX-License-Identifier: MIT
 *
 * What a guest may do under a spec, action by action. Silence denies. The lying variant turns a
 * denial of the lie's own kind into leave, or leave into a denial.
 */
#include "backend/sim/run.h"

#include <errno.h>
#include <string.h>

static bool guard_granted(const struct bv_spec *spec, const char *path, uint32_t access)
{
	for (size_t i = 0; i < spec->grant_count; i++)
		if ((spec->grants[i].access & access) && bv_sim_beneath(path, spec->grants[i].path))
			return true;
	return false;
}

static bool guard_exposed(const struct bv_spec *spec, const char *path, uint32_t access)
{
	for (size_t i = 0; i < spec->exposure_count; i++) {
		const struct bv_exposure *exposure = &spec->exposures[i];

		if ((exposure->access & access) && bv_sim_beneath(path, exposure->destination))
			return true;
	}
	return false;
}

static bool guard_boxed(const struct bv_spec *spec, const char *path, uint32_t access)
{
	bool outputs = spec->commit != BV_COMMIT_NONE || spec->list_outputs || spec->discard;

	if (access == BV_EXECUTE)
		return false;
	return (spec->temp_root && bv_sim_beneath(path, BV_SIM_TEMP_PATH)) ||
		(outputs && bv_sim_beneath(path, BV_SIM_OUT_PATH));
}

static int guard_path(const struct bv_spec *spec, const char *path, uint32_t access)
{
	if (guard_granted(spec, path, access) || guard_exposed(spec, path, access) ||
		guard_boxed(spec, path, access))
		return 0;
	return EACCES;
}

static int guard_connect(const struct bv_spec *spec, const struct bv_sim_action *action)
{
	if (spec->network == BV_NETWORK_AMBIENT)
		return 0;
	if (spec->network == BV_NETWORK_DENY_ALL)
		return EPERM;
	for (size_t i = 0; i < spec->destination_count; i++) {
		const struct bv_destination *to = &spec->destinations[i];

		if ((uint32_t)to->transport == action->stream &&
			strcmp(to->host, action->object) == 0 && action->port >= to->port_first &&
			action->port <= to->port_last)
			return 0;
	}
	return EACCES;
}

/* "foreign" stands for another ABI, which ends the guest; "mount" for a call off the list. */
static int guard_syscall(const struct bv_spec *spec, const char *name)
{
	if (spec->kernel_surface == BV_AMBIENT)
		return 0;
	if (strcmp(name, "foreign") == 0)
		return BV_SIM_BAR;
	return strcmp(name, "mount") == 0 ? ENOSYS : 0;
}

int bv_sim_guard(const struct bv_spec *spec, const struct bv_sim_action *action)
{
	switch (action->act) {
	case BV_SIM_READ:
		return guard_path(spec, action->object, BV_READ);
	case BV_SIM_WRITE:
	case BV_SIM_PRODUCE:
		return guard_path(spec, action->object, BV_WRITE);
	case BV_SIM_EXECUTE:
		return guard_path(spec, action->object, BV_EXECUTE);
	case BV_SIM_THREAD:
		return spec->spawn == BV_SPAWN_DENY_NEW_TASKS ? EPERM : 0;
	case BV_SIM_SPAWN:
	case BV_SIM_DETACH:
		return spec->spawn == BV_SPAWN_ALLOW_DESCENDANTS ? 0 : EPERM;
	case BV_SIM_CONNECT:
		return guard_connect(spec, action);
	case BV_SIM_SIGNAL:
		return spec->host_processes == BV_AMBIENT ? 0 : EPERM;
	case BV_SIM_MESSAGE:
		return spec->ipc == BV_AMBIENT ? 0 : EPERM;
	case BV_SIM_SYSCALL:
		return guard_syscall(spec, action->object);
	case BV_SIM_OPEN:
	case BV_SIM_BURN:
	case BV_SIM_SLEEP:
	case BV_SIM_ALLOCATE:
	case BV_SIM_OUTPUT:
	case BV_SIM_EXIT:
	case BV_SIM_CRASH:
	case BV_SIM_HANG:
		break;
	}
	return 0;
}

static enum bv_kind guard_spawn_kind(const struct bv_spec *spec)
{
	switch (spec->spawn) {
	case BV_SPAWN_DENY_NEW_TASKS:
		return BV_KIND_SPAWN_DENY_NEW_TASKS;
	case BV_SPAWN_ALLOW_THREADS:
		return BV_KIND_SPAWN_ALLOW_THREADS;
	case BV_SPAWN_ALLOW_DESCENDANTS:
		break;
	}
	return BV_KIND_SPAWN_ALLOW_DESCENDANTS;
}

/* The kind that a denied action falls under, and the lie that lets it through. */
struct guard_rule {
	enum bv_kind kind;
	enum bv_sim_lie lie;
};

static struct guard_rule guard_rule(const struct bv_spec *spec, enum bv_sim_act act)
{
	bool listed = spec->network == BV_NETWORK_ALLOW_LIST;

	switch (act) {
	case BV_SIM_READ:
		return (struct guard_rule){BV_KIND_FILESYSTEM, BV_SIM_READ_UNGRANTED};
	case BV_SIM_WRITE:
	case BV_SIM_PRODUCE:
		return (struct guard_rule){BV_KIND_FILESYSTEM, BV_SIM_WRITE_ESCAPED};
	case BV_SIM_EXECUTE:
		return (struct guard_rule){BV_KIND_FILESYSTEM, BV_SIM_EXECUTE_UNGRANTED};
	case BV_SIM_THREAD:
		return (struct guard_rule){guard_spawn_kind(spec), BV_SIM_THREAD_ALLOWED};
	case BV_SIM_SPAWN:
	case BV_SIM_DETACH:
		return (struct guard_rule){guard_spawn_kind(spec), BV_SIM_SPAWN_ALLOWED};
	case BV_SIM_CONNECT:
		return listed
			? (struct guard_rule){BV_KIND_NETWORK_ALLOW_LIST,
				  BV_SIM_DESTINATION_WIDENED}
			: (struct guard_rule){BV_KIND_NETWORK_DENY_ALL, BV_SIM_NETWORK_ALLOWED};
	case BV_SIM_SIGNAL:
		return (struct guard_rule){BV_KIND_HOST_PROCESSES_HIDDEN, BV_SIM_HOST_SIGNALLED};
	case BV_SIM_MESSAGE:
		return (struct guard_rule){BV_KIND_IPC_PRIVATE, BV_SIM_IPC_LEAKED};
	case BV_SIM_SYSCALL:
		return (struct guard_rule){BV_KIND_KERNEL_SURFACE_BASELINE, BV_SIM_SYSCALL_ALLOWED};
	case BV_SIM_OPEN:
	case BV_SIM_BURN:
	case BV_SIM_SLEEP:
	case BV_SIM_ALLOCATE:
	case BV_SIM_OUTPUT:
	case BV_SIM_EXIT:
	case BV_SIM_CRASH:
	case BV_SIM_HANG:
		break;
	}
	return (struct guard_rule){BV_KIND_FILESYSTEM, BV_SIM_TRUTH};
}

enum bv_kind bv_sim_guard_kind(const struct bv_spec *spec, enum bv_sim_act act)
{
	return guard_rule(spec, act).kind;
}

int bv_sim_guard_decide(void *context, const struct bv_sim_action *action)
{
	const struct bv_sim_run *run = context;
	int answer = bv_sim_guard(run->spec, action);

	if (answer && bv_sim_lies(run->sim, guard_rule(run->spec, action->act).lie))
		return 0;
	if (!answer && bv_sim_lies_once(run->sim, BV_SIM_GRANT_WITHHELD))
		return EACCES;
	return answer;
}

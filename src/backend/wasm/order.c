/* SPDX-License-Identifier: MIT
 *
 * From a spec to the order: arguments, environment with its secrets, limits, and roots under the
 * names that the guest gets to see.
 */
#include <string.h>

#include "backend/linux/environment.h"
#include "base/buf.h"
#include "base/fail.h"
#include "state.h"

static struct bv_bytes order_string(const char *text)
{
	return bv_bytes(text, strlen(text) + 1);
}

static void order_arguments(struct wasm_run *run)
{
	const struct bv_workload *workload = &run->spec->workload;
	struct bv_buf *buf = run->arguments;
	const char *name = workload->name ? workload->name : workload->program;

	bv_buf_append(buf, name, strlen(name) + 1);
	for (size_t i = 0; i < workload->argument_count; i++)
		bv_buf_append(buf, workload->arguments[i], strlen(workload->arguments[i]) + 1);
	run->order.argument_count = 1 + (uint32_t)workload->argument_count;
	run->order.arguments = bv_buf_view(buf);
}

static int order_environment(struct wasm_run *run, struct bv_error *err)
{
	const struct environment_told told = {.outputs = out_variable(run->spec)};
	int code = environment_make(run->spec, run->options, &told, run->environment, err);

	run->order.variable_count = environment_count(run->spec, &told);
	run->order.environment = bv_buf_view(run->environment);
	return code;
}

void order_root(struct wire_guest *order, const char *guest, const char *host, uint32_t access)
{
	if (!(access & (BV_READ | BV_WRITE)))
		return;
	order->preopens[order->preopen_count++] = (struct wire_preopen){
		.guest = order_string(guest),
		.host = order_string(host),
		.read = access & BV_READ,
		.write = access & BV_WRITE,
	};
}

/* The grant that covers a path most closely, or NULL. */
static const struct bv_grant *order_cover(const struct bv_spec *spec, const char *path)
{
	const struct bv_grant *best = NULL;

	for (size_t i = 0; i < spec->grant_count; i++) {
		const struct bv_grant *grant = &spec->grants[i];
		size_t len = strcmp(grant->path, "/") == 0 ? 0 : strlen(grant->path);

		if (strncmp(grant->path, path, len) == 0 && (path[len] == '/' || path[len] == 0) &&
			(!best || strlen(best->path) < strlen(grant->path)))
			best = grant;
	}
	return best;
}

/* A guest has no working directory; libc takes a root named "." for one. It is made only where a
 * grant covers the directory, with that grant's access. */
static void order_roots(struct wasm_run *run)
{
	const struct bv_spec *spec = run->spec;
	const char *directory = spec->workload.directory ? spec->workload.directory : "/";
	const struct bv_grant *cover = order_cover(spec, directory);

	if (cover)
		order_root(&run->order, ".", directory, cover->access);
	for (size_t i = 0; i < spec->grant_count; i++)
		order_root(&run->order, spec->grants[i].path, spec->grants[i].path,
			spec->grants[i].access);
	for (size_t i = 0; i < spec->exposure_count; i++)
		order_root(&run->order, spec->exposures[i].destination,
			spec->exposures[i].overlay ? spec->exposures[i].destination
						   : spec->exposures[i].source,
			spec->exposures[i].access);
	if (spec->temp_root)
		order_root(&run->order, spec->temp_path, spec->temp_path, BV_READ | BV_WRITE);
	out_roots(run);
}

_Static_assert(BV_GRANTS_MAX + BV_EXPOSURES_MAX + 2 * BV_OUTPUTS_MAX + 3 <= WIRE_PREOPENS_MAX,
	"every root fits");

int order_make(struct wasm_run *run, struct bv_error *err)
{
	const struct bv_budget *budgets = run->spec->budgets;
	struct wire_guest *order = &run->order;
	int code;

	if (nest_fuel(bv_plan_snapshot(run->plan)) && !budgets[BV_CPU].waived) {
		order->flags |= WIRE_GUEST_FUEL;
		order->fuel_units = budgets[BV_CPU].limit * NEST_FUEL_PER_US;
	}
	if (run->spec->evidence & BV_EVIDENCE_BIT(BV_EVIDENCE_ALLOWED_ACTIONS))
		order->flags |= WIRE_GUEST_ACTIONS;
	order->memory_bytes =
		budgets[BV_MEMORY].guarantee == BV_UNSUPPORTED ? 0 : budgets[BV_MEMORY].limit;
	order->handles_count = budgets[BV_HANDLES].guarantee == BV_UNSUPPORTED
		? 0
		: (uint32_t)budgets[BV_HANDLES].limit;
	order_roots(run);
	order_arguments(run);
	code = order_environment(run, err);
	if (!code && !bv_buf_ok(run->arguments))
		code = bv_fail(err, BV_E_NO_MEMORY, "workload.arguments",
			"no memory for arguments");
	return code;
}

void order_clear(struct wasm_run *run)
{
	environment_wipe(run->environment);
	bv_buf_free(run->arguments);
}

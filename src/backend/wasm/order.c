/* SPDX-License-Identifier: MIT
 *
 * From a spec to the order: arguments, environment with its secrets, limits, and roots under the
 * names that the guest gets to see.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "contract/requirement.h"
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

static int order_secret(struct wasm_run *run, const struct bv_variable *variable,
	struct bv_error *err)
{
	char *value = malloc(BV_SECRET_BYTES_MAX);
	size_t len = 0;
	int code = 0, errnum = ENOSYS;

	if (!value)
		return bv_fail(err, BV_E_NO_MEMORY, "capabilities.environment",
			"no memory for a secret");
	if (run->options->resolve_secret)
		errnum = run->options->resolve_secret(run->options->context, variable->secret,
			value, BV_SECRET_BYTES_MAX, &len);
	if (!errnum && (len > BV_SECRET_BYTES_MAX || memchr(value, 0, len)))
		errnum = EINVAL;
	if (errnum)
		code = bv_fail_os(err, BV_E_SECRET, errnum, "capabilities.environment",
			"the secret '%s' for %s cannot be resolved", variable->secret,
			variable->name);
	else
		bv_buf_append(run->environment, value, len);
	explicit_bzero(value, BV_SECRET_BYTES_MAX);
	free(value);
	return code;
}

/* Room for everything at once: growing would leave copies of secrets behind. */
static int order_environment(struct wasm_run *run, struct bv_error *err)
{
	struct bv_buf *buf = run->environment;
	bool temp = bv_spec_tells_temp(run->spec);
	size_t room = 1;
	int code = 0;

	if (temp)
		room += sizeof(BV_TEMP_VARIABLE) + 1 + strlen(run->spec->temp_path);
	for (size_t i = 0; i < run->spec->variable_count; i++) {
		const struct bv_variable *variable = &run->spec->variables[i];

		room += strlen(variable->name) + 2;
		room += variable->secret ? BV_SECRET_BYTES_MAX : strlen(variable->value);
	}
	*buf = (struct bv_buf){.data = malloc(room), .capacity = room, .max = room};
	if (!buf->data)
		return bv_fail(err, BV_E_NO_MEMORY, "capabilities.environment",
			"no memory for %zu bytes", room);
	for (size_t i = 0; !code && i < run->spec->variable_count; i++) {
		const struct bv_variable *variable = &run->spec->variables[i];

		bv_buf_str(buf, variable->name);
		bv_buf_byte(buf, '=');
		if (variable->secret)
			code = order_secret(run, variable, err);
		else
			bv_buf_str(buf, variable->value);
		bv_buf_byte(buf, 0);
	}
	if (temp) {
		bv_buf_str(buf, BV_TEMP_VARIABLE "=");
		bv_buf_str(buf, run->spec->temp_path);
		bv_buf_byte(buf, 0);
	}
	run->order.variable_count = (uint32_t)run->spec->variable_count + temp;
	run->order.environment = bv_buf_view(buf);
	return code;
}

static void order_root(struct wire_guest *order, const char *guest, const char *host,
	uint32_t access)
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
}

_Static_assert(BV_GRANTS_MAX + BV_EXPOSURES_MAX + 2 <= WIRE_PREOPENS_MAX, "every root fits");

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
	if (run->environment->data)
		explicit_bzero(run->environment->data, run->environment->capacity);
	bv_buf_free(run->environment);
	bv_buf_free(run->arguments);
}

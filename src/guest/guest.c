/* SPDX-License-Identifier: MIT
 *
 * Running one guest; see guest.h. Whatever goes wrong is an end, and goes into the ledger.
 */
#include "guest/guest.h"

#include <stdlib.h>

#include "base/fail.h"

#define ENGINE_BYTES_MAX (UINT64_C(256) << 20)

_Static_assert(WIRE_CALLS_MAX >= 46, "every function of WASI has its count");

struct guest {
	const struct guest_job *job;
	const char **args;
	const char **env;
	struct bv_wasi_preopen *preopens;
	struct bv_wasi *wasi;
	const struct bv_wasm_module *module;
	struct bv_wasm_module *module_own; /* the same, if it is ours to free */
	struct bv_wasm_store *store;
	struct bv_wasm_instance *instance;
	struct wire_guest_end end;
};

static void guest_fail(struct wire_guest_end *end, enum wire_guest_end_kind kind,
	const struct bv_error *err)
{
	end->kind = kind;
	end->code = (uint32_t)err->code;
	end->errnum = (uint32_t)err->errnum;
	end->offset = err->offset;
	memcpy(end->place, err->place, sizeof(end->place));
	memcpy(end->text, err->text, sizeof(end->text));
}

_Static_assert(sizeof(((struct bv_error *)0)->place) == WIRE_LEDGER_PLACE_MAX + 1 &&
		sizeof(((struct bv_error *)0)->text) == WIRE_LEDGER_TEXT_MAX + 1,
	"an error fits an end");

void guest_unfit(struct wire_ledger *ledger, enum wire_guest_end_kind kind,
	const struct bv_error *err)
{
	struct wire_guest_end end = {0};

	guest_fail(&end, kind, err);
	wire_ledger_end(ledger, &end);
}

/* ---- what the guest is given ---- */

static const char **guest_strings(struct bv_bytes block, uint32_t count)
{
	const char **list = calloc((size_t)count + 1, sizeof(*list));
	const char *at = (const char *)block.data;

	for (uint32_t i = 0; list && i < count; i++) {
		list[i] = at;
		at += strlen(at) + 1;
	}
	return list;
}

static bool guest_lists(struct guest *guest)
{
	const struct wire_guest *order = guest->job->order;

	guest->args = guest_strings(order->arguments, order->argument_count);
	guest->env = guest_strings(order->environment, order->variable_count);
	guest->preopens = calloc(order->preopen_count + 1, sizeof(*guest->preopens));
	if (!guest->args || !guest->env || !guest->preopens)
		return false;
	for (size_t i = 0; i < order->preopen_count; i++)
		guest->preopens[i] = (struct bv_wasi_preopen){
			.name = (const char *)order->preopens[i].guest.data,
			.handle = guest->job->preopens[i],
			.read = order->preopens[i].read,
			.write = order->preopens[i].write,
		};
	return true;
}

/* ---- what it did ---- */

static bool guest_was_denied(enum bv_wasi_errno error)
{
	return error == BV_WASI_NOTCAPABLE || error == BV_WASI_ACCES || error == BV_WASI_PERM ||
		error == BV_WASI_ROFS;
}

static void guest_served(void *user, const struct bv_wasi_denial *call)
{
	struct guest *guest = user;
	bool denied = guest_was_denied(call->error);
	struct wire_attempt attempt = {
		.denied = denied,
		.call = call->function,
		.error = call->error,
		.root = bv_bytes_str(call->root),
		.path = call->path,
	};

	if (call->error)
		guest->end.calls[call->function].bad++;
	else
		guest->end.calls[call->function].good++;
	if (denied ||
		(!call->error && call->path.len && (guest->job->order->flags & WIRE_GUEST_ACTIONS)))
		wire_ledger_attempt(guest->job->ledger, &attempt);
}

/* ---- setting up ---- */

static int guest_open_wasi(struct guest *guest, struct bv_error *err)
{
	const struct guest_job *job = guest->job;
	const struct wire_guest *order = job->order;
	struct bv_wasi_config config = {
		.ops = job->ops,
		.host = job->host,
		.args = guest->args,
		.arg_count = order->argument_count,
		.env = guest->env,
		.env_count = order->variable_count,
		.streams = {job->streams[0], job->streams[1], job->streams[2]},
		.preopens = guest->preopens,
		.preopen_count = order->preopen_count,
		.handles_max = order->handles_count,
		.served = guest_served,
		.served_user = guest,
	};
	int code = bv_wasi_new(&config, &guest->wasi, err);

	/* They stay ours when there is no WASI to own them. */
	for (size_t i = 0; code && i < 3; i++)
		if (job->streams[i] >= 0)
			job->ops->close(job->host, job->streams[i]);
	for (size_t i = 0; code && i < order->preopen_count; i++)
		job->ops->close(job->host, job->preopens[i]);
	return code;
}

/* Of the module, and of what is made of it; 0 as elsewhere. */
static uint64_t guest_engine_bytes(const struct wire_guest *order)
{
	return order->memory_bytes < ENGINE_BYTES_MAX ? order->memory_bytes : ENGINE_BYTES_MAX;
}

static int guest_open_store(struct guest *guest, struct bv_error *err)
{
	const struct wire_guest *order = guest->job->order;
	const struct bv_wasm_store_config config = {
		.limits = {.memory_bytes = order->memory_bytes,
			.engine_bytes = guest_engine_bytes(order)},
		.interrupt = guest->job->interrupt,
		.fuel = order->flags & WIRE_GUEST_FUEL,
		.memory = guest->job->memory,
		.stack = guest->job->stack,
	};
	int code = bv_wasm_store_new(&config, &guest->store, err);

	if (!code && config.fuel)
		bv_wasm_fuel_set(guest->store, order->fuel_units);
	return code;
}

static int guest_load(struct guest *guest, struct bv_error *err)
{
	const struct guest_job *job = guest->job;
	const struct bv_wasm_limits limits = {.engine_bytes = guest_engine_bytes(job->order),
		.interrupt = job->interrupt};
	int code;

	if (job->load)
		return job->load(job->load_user, &limits, &guest->module, err);
	code = bv_wasm_module_load(job->module.data, job->module.len, &limits, &guest->module_own,
		err);
	guest->module = guest->module_own;
	return code;
}

/* ---- running ---- */

static void guest_stopped(struct wire_guest_end *end, const struct bv_wasm_trap *trap)
{
	if (trap->kind == BV_WASM_TRAP_NONE)
		return;
	if (trap->kind == BV_WASM_TRAP_EXIT) {
		end->status = (uint32_t)trap->status;
		return;
	}
	end->kind = WIRE_GUEST_TRAPPED;
	end->trap = trap->kind;
	end->function = trap->func_index;
	end->offset = trap->offset;
}

static int guest_find_start(struct guest *guest, struct bv_wasm_func **ret, struct bv_error *err)
{
	struct bv_wasm_extern type = {0};
	int code = bv_wasm_export_func(guest->instance, "_start", 6, ret, err);

	if (code)
		return bv_fail(err, code, "module.exports",
			"the module exports no function \"_start\", so it is not a command of "
			"WASI");
	bv_wasm_func_type(*ret, &type);
	if (type.param_count || type.result_count)
		return bv_fail(err, BV_E_TYPE, "module.exports",
			"\"_start\" takes or gives values, so it is not a command of WASI");
	return 0;
}

/* The start function may run the guest before there is an instance. */
static int guest_execute(struct guest *guest, struct bv_error *err)
{
	struct bv_wasm_trap trap = {0};
	struct bv_wasm_func *start = NULL;
	int code = bv_wasi_define(guest->wasi, guest->module, guest->store, err);

	if (!code)
		code = bv_wasm_instantiate(guest->store, guest->module, &guest->instance, &trap,
			err);

	if (!code && !trap.kind) {
		code = guest_find_start(guest, &start, err);
		if (!code)
			code = bv_wasm_call(start, NULL, 0, NULL, 0, &trap, err);
	}
	if (!code)
		guest_stopped(&guest->end, &trap);
	return code;
}

/* Memories never shrink, so what is there at the end was the most. */
static void guest_measure(struct guest *guest)
{
	const struct wire_guest *order = guest->job->order;

	if (guest->wasi)
		guest->end.handles_count = bv_wasi_handles_most(guest->wasi);
	if (!guest->store)
		return;
	guest->end.memory_bytes = bv_wasm_store_memory_bytes(guest->store);
	guest->end.engine_bytes = bv_wasm_store_bytes(guest->store);
	if (order->flags & WIRE_GUEST_FUEL)
		guest->end.fuel_units = order->fuel_units - bv_wasm_fuel_left(guest->store);
}

static void guest_close(struct guest *guest)
{
	bv_wasm_store_free(guest->store);
	bv_wasm_module_free(guest->module_own);
	bv_wasi_free(guest->wasi);
	free(guest->preopens);
	free(guest->env);
	free(guest->args);
}

void guest_run(const struct guest_job *job)
{
	struct guest guest = {.job = job, .end.call_count = WIRE_CALLS_MAX};
	struct bv_error err = {0};
	int code = guest_lists(&guest) ? 0 : bv_fail(&err, BV_E_NO_MEMORY, "guest", "no memory");

	if (!code)
		code = guest_open_wasi(&guest, &err);
	if (!code)
		code = guest_open_store(&guest, &err);
	if (code)
		guest_fail(&guest.end, WIRE_GUEST_BROKEN, &err);
	if (!code) {
		code = guest_load(&guest, &err);
		wire_ledger_started(job->ledger);
		if (!code)
			code = guest_execute(&guest, &err);
		if (code == BV_E_INTERRUPTED)
			guest_stopped(&guest.end,
				&(struct bv_wasm_trap){.kind = BV_WASM_TRAP_INTERRUPT,
					.offset = BV_WASM_NOWHERE});
		else if (code)
			guest_fail(&guest.end, WIRE_GUEST_UNFIT, &err);
	}
	guest_measure(&guest);
	wire_ledger_end(job->ledger, &guest.end);
	guest_close(&guest);
}

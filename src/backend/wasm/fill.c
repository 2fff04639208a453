/* SPDX-License-Identifier: MIT
 *
 * From the ledger to the body. Whoever wrote the ledger may have been taken over by the guest:
 * every number is checked against its table, every text is bounded, and the coverage says who
 * looked.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state.h"
#include "wasi/wasi.h"

static struct bv_bytes fill_bytes(const struct wasm_run *run)
{
	return bv_bytes(run->ledger, WIRE_LEDGER_BYTES);
}

/* ---- the end ---- */

/* Fuel runs out only where it was given out, whatever a ledger says. */
static void fill_trap(const struct wire_guest_end *end, bool fuel, struct bv_end *ret, char *detail,
	size_t size)
{
	enum bv_wasm_trap_kind kind = (enum bv_wasm_trap_kind)end->trap;
	int len =
		snprintf(detail, size, "%s in function %u", bv_wasm_trap_name(kind), end->function);

	if (end->offset != BV_WASM_NOWHERE && len > 0)
		snprintf(detail + len, size - (size_t)len, " at offset 0x%llx",
			(unsigned long long)end->offset);
	ret->detail = detail;
	ret->outcome = BV_OUTCOME_FAILED;
	ret->reason = BV_REASON_TRAP;
	if (kind == BV_WASM_TRAP_FUEL && fuel) {
		ret->outcome = BV_OUTCOME_TIMEOUT;
		ret->reason = BV_REASON_BUDGET;
		ret->dimension = BV_CPU;
	} else if (kind == BV_WASM_TRAP_ENGINE_MEMORY) {
		ret->outcome = BV_OUTCOME_KILLED;
		ret->reason = BV_REASON_BUDGET;
		ret->dimension = BV_MEMORY;
	}
}

static void fill_failed(const struct wire_guest_end *end, struct bv_end *ret, char *detail,
	size_t size)
{
	int len = snprintf(detail, size, "%s", end->text);

	if (end->offset && len > 0 && (size_t)len < size)
		snprintf(detail + len, size - (size_t)len, " (%s at offset %llu)", end->place,
			(unsigned long long)end->offset);
	else if (end->place[0] && len > 0 && (size_t)len < size)
		snprintf(detail + len, size - (size_t)len, " (%s)", end->place);
	ret->outcome = BV_OUTCOME_FAILED;
	ret->detail = detail;
	if (end->kind == WIRE_GUEST_UNFIT) {
		ret->reason = BV_REASON_EXEC;
		ret->errnum =
			end->code == BV_E_NO_MEMORY || end->code == BV_E_LIMIT ? ENOMEM : ENOEXEC;
		return;
	}
	ret->reason = BV_REASON_SETUP;
	ret->stage = "wasm.start";
	ret->errnum = (int)(end->errnum & 0xfff);
}

static bool fill_find_end(const struct wasm_run *run, struct wire_guest_end *ret)
{
	struct wire_entry entry;
	size_t cursor = 0;

	while (wire_ledger_next(fill_bytes(run), &cursor, &entry)) {
		if (entry.kind != WIRE_ENTRY_END)
			continue;
		*ret = entry.end;
		return true;
	}
	return false;
}

bool fill_end(const struct wasm_run *run, struct bv_end *ret, char *detail, size_t size)
{
	struct wire_guest_end end;

	if (!fill_find_end(run, &end))
		return false;
	switch (end.kind) {
	case WIRE_GUEST_RETURNED:
		ret->outcome = BV_OUTCOME_COMPLETED;
		ret->exit = BV_EXIT_STATUS;
		ret->exit_value = (int)(end.status & 0xff);
		return true;
	case WIRE_GUEST_TRAPPED:
		fill_trap(&end, run->order.flags & WIRE_GUEST_FUEL, ret, detail, size);
		return true;
	case WIRE_GUEST_UNFIT:
	case WIRE_GUEST_BROKEN:
		fill_failed(&end, ret, detail, size);
		return true;
	case WIRE_GUEST_END_COUNT:
		break;
	}
	return false;
}

/* ---- what it tried ---- */

/* What a call is judged by. */
static enum bv_kind fill_kind(const char *call)
{
	return strncmp(call, "sock_", 5) == 0 ? BV_KIND_NETWORK_DENY_ALL : BV_KIND_FILESYSTEM;
}

static int fill_errnum(uint32_t error)
{
	if (error == BV_WASI_PERM)
		return EPERM;
	return error == BV_WASI_ROFS ? EROFS : EACCES;
}

/* "/data: ../etc/passwd"; what is not UTF-8 the body escapes. */
static void fill_object(const struct wire_attempt *attempt, char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = 0;
	if (attempt->root.len)
		at = (size_t)snprintf(ret, size, "%.*s: ", (int)attempt->root.len,
			(const char *)attempt->root.data);
	if (at < size && attempt->path.len)
		snprintf(ret + at, size - at, "%.*s", (int)attempt->path.len,
			(const char *)attempt->path.data);
}

static void fill_attempt(const struct wasm_run *run, const struct wire_attempt *attempt)
{
	const char *call = bv_wasi_function_name(attempt->call);
	char object[1024];
	struct bv_denial denial = {
		.call = call,
		.object = object,
		.count = attempt->count,
	};

	if (!call)
		return;
	fill_object(attempt, object, sizeof(object));
	if (!attempt->denied) {
		bv_body_observe(run->body, "wasi-done", "%s %s (%llu)", call, object,
			(unsigned long long)attempt->count);
		return;
	}
	denial.kind = fill_kind(call);
	denial.errnum = fill_errnum(attempt->error);
	denial.object = object[0] ? object : NULL;
	bv_body_deny(run->body, &denial);
}

static void fill_calls(const struct wasm_run *run, const struct wire_guest_end *end)
{
	for (uint32_t i = 0; i < end->call_count; i++) {
		const char *name = bv_wasi_function_name(i);

		if (name && (end->calls[i].good || end->calls[i].bad))
			bv_body_observe(run->body, "wasi-call", "%s: %llu done, %llu failed", name,
				(unsigned long long)end->calls[i].good,
				(unsigned long long)end->calls[i].bad);
	}
}

/* ---- what it used ---- */

static void fill_use(const struct wasm_run *run, enum bv_dimension dimension, uint64_t measured,
	const char *source)
{
	const struct bv_usage usage = {.known = 1,
		.measured = measured,
		.source = source,
		.granularity = "exact"};

	bv_body_usage(run->body, dimension, &usage);
}

void fill_time(const struct wasm_run *run, uint64_t time_us, const char *source)
{
	bv_body_observe(run->body, "processor-time", "%llu us (%s)", (unsigned long long)time_us,
		source);
}

/* More than was given out nobody can have used. */
static void fill_fuel(const struct wasm_run *run, const struct wire_guest_end *end)
{
	if (end->fuel_units > run->order.fuel_units)
		return;
	fill_use(run, BV_CPU, (end->fuel_units + NEST_FUEL_PER_US - 1) / NEST_FUEL_PER_US,
		"engine (fuel)");
	bv_body_observe(run->body, "fuel", "%llu units", (unsigned long long)end->fuel_units);
}

static void fill_uses(const struct wasm_run *run, const struct wire_guest_end *end)
{
	if (run->order.flags & WIRE_GUEST_FUEL)
		fill_fuel(run, end);
	fill_use(run, BV_HANDLES, end->handles_count, "engine: the guest's table of descriptors");
	/* The most that a worker as a whole had the launcher says, and later. */
	fill_use(run, BV_MEMORY, end->memory_bytes, "engine: linear memory");
	bv_body_observe(run->body, "linear-memory", "%llu bytes",
		(unsigned long long)end->memory_bytes);
}

/* ---- all of it ---- */

static void fill_coverage(const struct wasm_run *run, const char *observer, uint32_t dropped,
	bool ended)
{
	char missed[160];

	snprintf(missed, sizeof(missed), "%s%s%s",
		dropped ? "attempts past the ledger's end; " : "",
		ended ? "" : "counts of a guest that did not come to its end; ",
		"what a guest that broke the engine would hide");
	bv_body_cover(run->body, BV_EVIDENCE_DENIED_ATTEMPTS, BV_COVERAGE_PARTIAL, observer,
		missed);
	if (run->order.flags & WIRE_GUEST_ACTIONS)
		bv_body_cover(run->body, BV_EVIDENCE_ALLOWED_ACTIONS, BV_COVERAGE_PARTIAL, observer,
			missed);
}

void fill_ledger(const struct wasm_run *run, const char *observer)
{
	uint32_t dropped = wire_ledger_dropped(fill_bytes(run));
	struct wire_guest_end end;
	struct wire_entry entry;
	bool ended = fill_find_end(run, &end);
	size_t cursor = 0;

	while (wire_ledger_next(fill_bytes(run), &cursor, &entry))
		if (entry.kind == WIRE_ENTRY_ATTEMPT)
			fill_attempt(run, &entry.attempt);
	if (dropped)
		bv_body_finding(run->body, "attempts-dropped", "%u attempts did not fit the ledger",
			dropped);
	if (ended) {
		fill_uses(run, &end);
		if (run->order.flags & WIRE_GUEST_ACTIONS)
			fill_calls(run, &end);
	}
	fill_use(run, BV_TASKS, 1, "engine: no second task");
	fill_coverage(run, observer, dropped, ended);
}

void fill_module(struct wasm_run *run)
{
	bv_body_executable(run->body, run->spec->workload.program, module_digest(&run->module),
		module_size(&run->module));
	if (module_changed(&run->module))
		bv_body_finding(run->body, "program-changed", "'%s' was changed during the run",
			run->spec->workload.program);
}

/* SPDX-License-Identifier: MIT
 *
 * A guest in this process: the engine is all that holds it. Its streams, when they are captured,
 * are taken as they are written, and a watcher stops it when its time is up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "inside.h"

static uint64_t inside_cpu_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* ---- streams ---- */

static void inside_take(struct inside *inside, int stream, const void *data, size_t len)
{
	const struct bv_run_options *options = inside->run->options;

	bv_body_stream(inside->run->body, stream, data, len);
	if (options->on_output)
		options->on_output(options->context, stream, data, len);
}

static enum bv_wasi_errno inside_write(void *host, int handle, const struct bv_wasi_io *io,
	uint32_t *ret_len)
{
	enum bv_wasi_errno error;
	struct inside *inside = host;
	int stream = 1;

	while (stream < 3 &&
		!(inside->captures[stream].wanted && inside->captures[stream].handle == handle))
		stream++;
	if (stream == 3) {
		error = bv_wasi_linux_ops.write(host, handle, io, ret_len);
		if (!error)
			storage_grew(inside, *ret_len);
		return error;
	}
	*ret_len = 0;
	for (size_t i = 0; i < io->count; i++) {
		if (inside->watcher.stop)
			return BV_WASI_INTR;
		inside_take(inside, stream, io->vecs[i].base, io->vecs[i].len);
		*ret_len += (uint32_t)io->vecs[i].len;
	}
	return BV_WASI_SUCCESS;
}

/* The number may come again for a file of the guest's, which is no captured stream. */
static void inside_close_handle(void *host, int handle)
{
	struct inside *inside = host;

	for (int stream = 1; stream < 3; stream++)
		if (inside->captures[stream].handle == handle)
			inside->captures[stream].handle = -1;
	bv_wasi_linux_ops.close(host, handle);
}

/* The guest sees a pipe that always has room. */
static int inside_capture(struct inside *inside, int stream, struct bv_error *err)
{
	struct capture *capture = &inside->captures[stream];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return bv_fail_os(err, BV_E_OS, errno, "streams", "no pipe");
	close(ends[0]);
	capture->wanted = true;
	capture->handle = ends[1];
	inside->streams[stream] = ends[1];
	return 0;
}

static int inside_stream(struct inside *inside, int stream, struct bv_error *err)
{
	const struct bv_run_options *options = inside->run->options;
	const struct bv_stream *spec = &inside->run->spec->streams[stream];
	const int inherited[3] = {options->stdin_borrow_fd, options->stdout_borrow_fd,
		options->stderr_borrow_fd};

	switch (spec->mode) {
	case BV_STREAM_NULL:
		return patience_open(&inside->run->patience, stream, "/dev/null",
			&inside->streams[stream], err);
	case BV_STREAM_CAPTURE:
		return inside_capture(inside, stream, err);
	case BV_STREAM_INHERIT:
		return bv_wasi_linux_stream(inherited[stream], &inside->streams[stream], err);
	case BV_STREAM_FILE:
		return patience_open(&inside->run->patience, stream, spec->path,
			&inside->streams[stream], err);
	}
	return bv_fail(err, BV_E_FAULT, "streams", "no such mode");
}

static void inside_fill_streams(struct inside *inside)
{
	for (int i = 1; i < 3; i++) {
		if (!inside->captures[i].wanted)
			continue;
		bv_body_stream(inside->run->body, i, NULL, 0);
		bv_body_cover(inside->run->body, BV_EVIDENCE_CAPTURED_STREAMS, BV_COVERAGE_COMPLETE,
			"host (engine)", "");
	}
}

/* ---- setting up ---- */

static int inside_open_roots(struct inside *inside, struct bv_error *err)
{
	const struct wire_guest *order = &inside->run->order;
	int code = 0;

	for (size_t i = 0; !code && i < order->preopen_count; i++) {
		code = bv_wasi_linux_root((const char *)order->preopens[i].host.data,
			&inside->preopens[i], err);
		inside->preopen_count += !code;
	}
	return code;
}

static int inside_open(struct inside *inside, struct bv_error *err)
{
	int code;

	inside->memory = malloc(WIRE_LEDGER_BYTES);
	inside->stack = private_stack();
	if (!inside->memory || !inside->stack)
		return bv_fail(err, BV_E_NO_MEMORY, "wasm.start",
			"no memory for a ledger and a stack");
	wire_ledger_begin(&inside->ledger, inside->memory, WIRE_LEDGER_BYTES);
	inside->ops = bv_wasi_linux_ops;
	inside->ops.write = inside_write;
	inside->ops.close = inside_close_handle;
	storage_ops(&inside->ops);
	code = execute_prepare(inside->run, true, err);
	for (int i = 0; !code && i < 3; i++)
		code = inside_stream(inside, i, err);
	if (!code)
		code = inside_open_roots(inside, err);
	if (!code)
		code = bv_wasi_linux_init(&inside->linux_host, &inside->watcher.stop, err);
	return code;
}

static void inside_close(struct inside *inside)
{
	for (int i = 0; i < 3; i++)
		if (!inside->given_up && inside->streams[i] >= 0)
			close(inside->streams[i]);
	for (size_t i = 0; !inside->given_up && i < inside->preopen_count; i++)
		close(inside->preopens[i]);
	if (inside->module)
		bv_wasm_cache_release(inside->run->state->cache, inside->module);
	if (inside->memory)
		explicit_bzero(inside->memory, WIRE_LEDGER_BYTES);
	free(inside->memory);
	private_stack_free(inside->stack);
}

/* ---- the run ---- */

static int inside_load(void *user, const struct bv_wasm_limits *limits,
	const struct bv_wasm_module **ret, struct bv_error *err)
{
	struct inside *inside = user;
	struct wasm_run *run = inside->run;
	int code = module_load(&run->module, run->state->cache, limits, &inside->module, err);

	if (!code)
		*ret = inside->module;
	return code;
}

static uint64_t inside_cpu_us(const struct wasm_run *run)
{
	const struct bv_budget *cpu = &run->spec->budgets[BV_CPU];

	return nest_fuel(bv_plan_snapshot(run->plan)) || cpu->guarantee == BV_UNSUPPORTED
		? UINT64_MAX
		: cpu->limit;
}

/* Before anything that takes time. */
static int inside_watch(struct inside *inside, struct bv_error *err)
{
	const struct wasm_run *run = inside->run;

	inside->cpu_ns = inside_cpu_now();
	return watcher_start(&inside->watcher, run->patience.end_ns, inside_cpu_us(run),
		run->options->cancel_borrow_fd, err);
}

static void inside_guest(struct inside *inside)
{
	struct wasm_run *run = inside->run;

	guest_run(&(struct guest_job){
		.order = &run->order,
		.load = inside_load,
		.load_user = inside,
		.memory = bv_wasm_cache_memory(run->state->cache),
		.ops = &inside->ops,
		.host = inside,
		.streams = {inside->streams[0], inside->streams[1], inside->streams[2]},
		.preopens = inside->preopens,
		.interrupt = &inside->watcher.stop,
		.stack = inside->stack,
		.ledger = &inside->ledger,
	});
	inside->given_up = true;
}

/* Time is up, or the caller has had enough, and there is no guest yet to stop. */
static void inside_early(struct inside *inside)
{
	const struct wire_guest_end end = {.kind = WIRE_GUEST_TRAPPED,
		.trap = BV_WASM_TRAP_INTERRUPT,
		.offset = BV_WASM_NOWHERE};

	wire_ledger_end(&inside->ledger, &end);
}

static int inside_serve(struct inside *inside, struct bv_error *err)
{
	int code = inside_open(inside, err);

	if (code && code != BV_E_INTERRUPTED)
		return code;
	if (code)
		inside_early(inside);
	else
		inside_guest(inside);
	return 0;
}

static void inside_stop_watch(struct inside *inside)
{
	watcher_end(&inside->watcher);
	inside->wall_us = patience_passed_us(&inside->run->patience);
	inside->cpu_ns = inside_cpu_now() - inside->cpu_ns;
	if (inside->run->patience.cancelled)
		inside->watcher.cause = WATCHER_CANCEL;
}

/* An interrupt is the watcher's doing, and the watcher knows why; or it is for what was written. */
static void inside_interrupted(const struct inside *inside, struct bv_end *ret)
{
	*ret = (struct bv_end){.outcome = BV_OUTCOME_TIMEOUT, .reason = BV_REASON_BUDGET};
	if (inside->run->out.outputs.exceeded && !inside->watcher.cause) {
		ret->outcome = BV_OUTCOME_KILLED;
		ret->dimension = BV_STORAGE;
		return;
	}
	switch ((enum watcher_cause)inside->watcher.cause) {
	case WATCHER_CPU:
		ret->dimension = BV_CPU;
		return;
	case WATCHER_CANCEL:
		ret->outcome = BV_OUTCOME_KILLED;
		ret->reason = BV_REASON_CANCELLED;
		return;
	case WATCHER_WALL:
	case WATCHER_NONE:
		ret->dimension = BV_WALL;
		return;
	}
}

static void inside_fill_end(struct inside *inside)
{
	struct wire_entry entry;
	struct bv_end end = {0};
	char detail[512] = "";
	size_t cursor = 0;

	if (!fill_end(inside->run, &end, detail, sizeof(detail))) {
		end.outcome = BV_OUTCOME_SUPERVISOR_FAULT;
		end.reason = BV_REASON_SETUP;
		end.detail = "the engine did not say how the guest ended";
	}
	while (wire_ledger_next(bv_bytes(inside->memory, WIRE_LEDGER_BYTES), &cursor, &entry))
		if (entry.kind == WIRE_ENTRY_END && entry.end.kind == WIRE_GUEST_TRAPPED &&
			entry.end.trap == BV_WASM_TRAP_INTERRUPT)
			inside_interrupted(inside, &end);
	bv_body_end(inside->run->body, &end);
}

static void inside_fill_use(struct inside *inside, enum bv_dimension dimension, uint64_t measured,
	const char *source)
{
	const struct bv_usage usage = {.known = 1,
		.measured = measured,
		.source = source,
		.granularity = "1 us"};

	bv_body_usage(inside->run->body, dimension, &usage);
}

static void inside_fill(struct inside *inside)
{
	struct bv_report_body *body = inside->run->body;

	inside->run->ledger = inside->memory;
	inside_fill_end(inside);
	inside_fill_streams(inside);
	inside_fill_use(inside, BV_WALL, inside->wall_us, "monotonic clock");
	if (inside->run->order.flags & WIRE_GUEST_FUEL)
		fill_time(inside->run, inside->cpu_ns / 1000, "thread's clock");
	else
		inside_fill_use(inside, BV_CPU, inside->cpu_ns / 1000, "thread's clock");
	inside_fill_use(inside, BV_NETWORK, 0, "no traffic is possible");
	fill_ledger(inside->run, "host (WASI host)");
	out_fill(inside->run);
	bv_body_cover(body, BV_EVIDENCE_TERMINAL_OUTCOME, BV_COVERAGE_COMPLETE, "host (engine)",
		"");
	bv_body_cover(body, BV_EVIDENCE_RESOURCE_USAGE, BV_COVERAGE_PARTIAL, "host (engine)",
		inside->run->out.outputs.count
			? "memory of the module's and the engine's own; outputs between two looks"
			: "memory of the module's and the engine's own");
	bv_body_cover(body, BV_EVIDENCE_PROCESS_TREE, BV_COVERAGE_COMPLETE,
		"none possible (the engine makes no task)", "");
	bv_body_cover(body, BV_EVIDENCE_NETWORK_ACTIVITY, BV_COVERAGE_COMPLETE,
		"none possible (network-deny-all)", "");
	inside->run->ledger = NULL;
}

int inside_run(struct wasm_run *run, struct bv_error *err)
{
	struct inside *inside = calloc(1, sizeof(*inside));
	int code;

	if (!inside)
		return bv_fail(err, BV_E_NO_MEMORY, "wasm.start", "no memory for a run");
	inside->run = run;
	for (int i = 0; i < 3; i++)
		inside->streams[i] = -1;
	code = inside_watch(inside, err);
	if (!code) {
		code = inside_serve(inside, err);
		inside_stop_watch(inside);
	}
	if (!code)
		inside_fill(inside);
	inside_close(inside);
	free(inside);
	return code;
}

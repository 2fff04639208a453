/* SPDX-License-Identifier: MIT
 *
 * A guest in a worker: the linux backend plans and runs bvisor-wasm under the nested spec, and what
 * it observed of the worker is what is observed of the guest. What the worker itself says, in the
 * ledger, is read only after it is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/linux/worker.h"
#include "base/fail.h"
#include "contract/backend_handle.h"
#include "contract/body_data.h"
#include "state.h"
#include "sys/fd.h"
#include "sys/memfd.h"

static void unmapp(void **memory)
{
	if (*memory)
		munmap(*memory, WIRE_LEDGER_BYTES);
}

/* A memfd of a size that stays as it is, mapped. */
static int outside_memory(const char *name, size_t len, int *ret_fd, void **ret,
	struct bv_error *err)
{
	CLEANUP_FD int fd = sys_memfd(name, len);
	void *data;

	if (fd < 0 || ftruncate(fd, (off_t)len) ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
		return bv_fail_os(err, BV_E_OS, errno, "worker", "no memory for its %s%s", name,
			errno == EFBIG ? "; " SYS_MEMFD_LIMIT : "");
	data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return bv_fail_os(err, BV_E_OS, errno, "worker", "no memory for its %s", name);
	*ret_fd = fd_take(&fd);
	*ret = data;
	return 0;
}

/* Secrets are in it, and do not stay in the host's memory. */
static int outside_order(const struct wasm_run *run, int *ret, struct bv_error *err)
{
	size_t len = wire_guest_size(&run->order);
	int fd = -1, errnum;
	void *data;
	bool ok;

	if (!len)
		return bv_fail(err, BV_E_LIMIT, "worker",
			"arguments, environment and roots do not fit an order of %u bytes",
			WIRE_GUEST_BYTES_MAX);
	data = calloc(1, len);
	if (!data)
		return bv_fail(err, BV_E_NO_MEMORY, "worker", "no memory for its order");
	ok = wire_guest_encode(&run->order, data, len);
	if (ok)
		fd = sys_memfd_of("order", data, len);
	errnum = errno;
	explicit_bzero(data, len);
	free(data);
	if (!ok)
		return bv_fail(err, BV_E_FAULT, "worker", "the order cannot be encoded");
	if (fd < 0)
		return bv_fail_os(err, BV_E_OS, errnum, "worker", "no memory for its order%s",
			errnum == EFBIG ? "; " SYS_MEMFD_LIMIT : "");
	*ret = fd;
	return 0;
}

/* ---- what was seen of the worker ---- */

static void outside_copy_lists(struct wasm_run *run, const struct bv_report_body *seen)
{
	for (const struct bv_body_pair *p = seen->attested.first; p; p = p->next)
		bv_body_attest(run->body, p->name, "%s", p->text);
	for (const struct bv_body_pair *p = seen->observed.first; p; p = p->next)
		bv_body_observe(run->body, p->name, "%s", p->text);
	for (const struct bv_body_pair *p = seen->findings.first; p; p = p->next)
		bv_body_finding(run->body, p->name, "%s", p->text);
	for (const struct bv_body_step *p = seen->transcript; p; p = p->next)
		bv_body_transcript(run->body, p->at_us, p->state, p->event);
	for (size_t i = 0; i < seen->artifacts.count; i++)
		bv_body_artifact(run->body, &seen->artifacts.list[i]);
	for (const struct bv_body_process *p = seen->processes; p; p = p->next)
		bv_body_process(run->body, &p->process);
	/* A list that was cut short there is so here. */
	run->body->dropped += seen->dropped;
	run->body->lost |= seen->lost;
}

/* What was kept changes hands; the nested spec captures as the guest's does. */
static void outside_take_streams(struct wasm_run *run, struct bv_report_body *seen)
{
	for (int i = 1; i < 3; i++) {
		run->body->streams[i] = seen->streams[i];
		seen->streams[i] = (struct bv_body_stream){0};
	}
}

/* By fuel the budget is the engine's to measure, and the worker's time is only seen. */
static void outside_copy_usage(struct wasm_run *run, enum bv_dimension dimension,
	const struct bv_body_usage *from)
{
	const struct bv_usage usage = {from->known, from->measured, from->source,
		from->granularity};

	if (!from->known || dimension == BV_HANDLES)
		return;
	if (dimension == BV_CPU && (run->order.flags & WIRE_GUEST_FUEL))
		fill_time(run, from->measured, from->source);
	else
		bv_body_usage(run->body, dimension, &usage);
}

static void outside_copy_measures(struct wasm_run *run, const struct bv_report_body *seen)
{
	for (int i = 0; i < BV_DIMENSION_COUNT; i++)
		outside_copy_usage(run, (enum bv_dimension)i, &seen->usage[i]);
	for (int i = 0; i < BV_EVIDENCE_COUNT; i++) {
		const struct bv_body_cover *from = &seen->covers[i];

		if (from->coverage != BV_COVERAGE_NONE)
			bv_body_cover(run->body, (enum bv_evidence)i, from->coverage,
				from->observer, from->missed);
	}
}

/* ---- how it ended ---- */

/* The worker ended by itself: as the guest did, if the ledger says so and its status agrees. */
static void outside_own_end(const struct wasm_run *run, const struct bv_end *worker,
	struct bv_end *ret, char *detail, size_t size)
{
	if (worker->exit_value == 0 && fill_end(run, ret, detail, size))
		return;
	ret->outcome = BV_OUTCOME_SUPERVISOR_FAULT;
	ret->reason = BV_REASON_LAUNCHER;
	snprintf(detail, size, "the worker ended (status %d) without saying how the guest did",
		worker->exit_value);
	ret->detail = detail;
}

/* A worker that crashes does so by a fault of ours, or because the guest broke the engine. */
static void outside_crashed(struct wasm_run *run, const struct bv_end *worker, struct bv_end *ret,
	char *detail, size_t size)
{
	const char *name = worker->exit == BV_EXIT_SIGNAL ? sigabbrev_np(worker->exit_value) : NULL;

	ret->outcome = BV_OUTCOME_SUPERVISOR_FAULT;
	ret->reason = BV_REASON_LAUNCHER;
	snprintf(detail, size, "the worker crashed (signal %d, %s); the boundary around it held",
		worker->exit_value, name ? name : "without a name");
	ret->detail = detail;
	bv_body_finding(run->body, "worker-crashed",
		"signal %d: a defect of the engine, or a guest that broke it", worker->exit_value);
}

static void outside_end(struct wasm_run *run, const struct bv_end *worker)
{
	struct bv_end end = *worker;
	char detail[512] = "";

	switch (worker->reason) {
	case BV_REASON_NONE:
		end = (struct bv_end){0};
		outside_own_end(run, worker, &end, detail, sizeof(detail));
		break;
	case BV_REASON_SIGNAL:
	case BV_REASON_POLICY:
		end = (struct bv_end){0};
		outside_crashed(run, worker, &end, detail, sizeof(detail));
		break;
	case BV_REASON_BUDGET:
		/* Not the budget that was asked for, but the stop behind it (nest.c). */
		if (worker->dimension == BV_CPU && (run->order.flags & WIRE_GUEST_FUEL))
			end.detail = "the worker's processor time, which is the stop behind the "
				     "fuel";
		break;
	case BV_REASON_EXEC:
		end.reason = BV_REASON_SETUP;
		end.stage = "wasm.worker";
		break;
	default:
		break;
	}
	bv_body_end(run->body, &end);
}

static void outside_fill(struct wasm_run *run, const struct bv_plan *plan,
	struct bv_report_body *seen)
{
	char hex[BV_DIGEST_HEX];

	outside_end(run, &seen->end);
	bv_body_observe(run->body, "worker-plan", "%s",
		bv_digest_hex(&bv_plan_id(plan)->digest, hex));
	if (seen->executable.path)
		bv_body_observe(run->body, "worker", "%s, sha256 %s", seen->executable.path,
			bv_digest_hex(&seen->executable.sha256, hex));
	outside_copy_lists(run, seen);
	outside_take_streams(run, seen);
	/* Of a worker that never was there is no word to take. */
	if (seen->covers[BV_EVIDENCE_MECHANISM_ATTESTATION].coverage == BV_COVERAGE_COMPLETE)
		fill_ledger(run, "worker (WASI host)");
	/* After the ledger: what the launcher measured is not the worker's to say. */
	outside_copy_measures(run, seen);
}

static int outside_serve(struct wasm_run *run, struct bv_error *err)
{
	__attribute__((cleanup(unmapp))) void *ledger = NULL;
	BV_CLEANUP_BODY struct bv_report_body *seen = bv_body_new(run->spec);
	CLEANUP_FD int order_fd = -1;
	CLEANUP_FD int ledger_fd = -1;
	CLEANUP_FD int module_fd = -1;
	struct nested *nested = NULL;
	struct worker_errand errand;
	int code;

	if (!seen)
		return bv_fail(err, BV_E_NO_MEMORY, "worker", "no memory for what is seen of it");
	/* What it leaves is kept and known under the guest's own attempt. */
	seen->attempt = run->body->attempt;
	code = outside_memory("ledger", WIRE_LEDGER_BYTES, &ledger_fd, &ledger, err);
	if (!code)
		code = outside_order(run, &order_fd, err);
	if (!code)
		code = module_lend(&run->module, &module_fd, err);
	if (!code)
		code = nested_take(run->state, run->plan, &nested, err);
	if (code)
		return code;
	errand = (struct worker_errand){
		.sources = (const int[WIRE_GUEST_FDS]){order_fd, module_fd, ledger_fd},
		.patience = run->patience,
	};
	code = linux_execute_worker(run->state->outer->state, nested_plan(nested), &errand,
		run->options, seen, err);
	if (!code) {
		run->ledger = ledger;
		outside_fill(run, nested_plan(nested), seen);
		run->ledger = NULL;
	}
	nested_give(run->state, nested);
	return code;
}

int outside_run(struct wasm_run *run, struct bv_error *err)
{
	int code = execute_prepare(run, false, err);

	if (!code)
		return outside_serve(run, err);
	if (code != BV_E_INTERRUPTED)
		return code;
	patience_fill(&run->patience, "nothing ran: the module could not be read in time",
		run->body);
	return 0;
}

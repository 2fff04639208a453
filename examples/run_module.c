/* SPDX-License-Identifier: MIT
 *
 * Runs a WebAssembly module that may read one directory and nothing else; twice: in a worker, which
 * is a second boundary around the engine, and in this process, where the engine is the only one.
 * Prints what it wrote, how it ended, and what it was refused.
 *
 *     run_module [MODULE [DIRECTORY [ARGUMENT]...]]
 *
 * Without a module a small one is made, which writes a line. BVISOR_LAUNCHER and BVISOR_WASM are
 * the paths of the launcher and the worker if they are not installed. Exit status: 0 the module
 * ran to its end both times, 1 it did not, 77 this machine refuses one of the boundaries.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bvisor/bvisor.h>

#define SKIP 77

/* (module (import "wasi_snapshot_preview1" "fd_write" ...) (memory 1) (func (export "_start") ...)
 * (data ...)): writes "hello from inside\n" to descriptor 1. */
static const unsigned char hello[] = {0x00, 'a', 's', 'm', 1, 0, 0, 0,
	/* types */ 1, 12, 2, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 0,
	/* imports */ 2, 35, 1, 22, 'w', 'a', 's', 'i', '_', 's', 'n', 'a', 'p', 's', 'h', 'o', 't',
	'_', 'p', 'r', 'e', 'v', 'i', 'e', 'w', '1', 8, 'f', 'd', '_', 'w', 'r', 'i', 't', 'e', 0,
	0,
	/* one function, one memory */ 3, 2, 1, 1, 5, 3, 1, 0, 1,
	/* exports */ 7, 10, 1, 6, '_', 's', 't', 'a', 'r', 't', 0, 1,
	/* fd_write(1, 0, 1, 8); drop */ 10, 15, 1, 13, 0, 0x41, 1, 0x41, 0, 0x41, 1, 0x41, 8, 0x10,
	0, 0x1a, 0x0b,
	/* data at 0: one vector, and at 16 its text */ 11, 40, 1, 0, 0x41, 0, 0x0b, 34, 16, 0, 0,
	0, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o', ' ', 'f', 'r', 'o', 'm',
	' ', 'i', 'n', 's', 'i', 'd', 'e', '\n'};

static int complain(const struct bv_error *error)
{
	fprintf(stderr, "run_module: %s: %s: %s\n", bv_code_name(error->code), error->place,
		error->text);
	return 1;
}

static int propose(int argc, char **argv, const char *module, struct bv_proposal **ret,
	struct bv_error *error)
{
	const struct bv_grant grant = {argc > 2 ? argv[2] : "/", BV_READ};
	struct bv_spec spec = {
		.workload = {.kind = BV_WORKLOAD_WASM, .program = module},
		.streams[1] = {.mode = BV_STREAM_CAPTURE, .limit_bytes = 65536},
		.evidence = BV_EVIDENCE_BIT(BV_EVIDENCE_DENIED_ATTEMPTS),
	};

	if (argc > 2) {
		spec.grants = &grant;
		spec.grant_count = 1;
		spec.workload.arguments = (const char *const *)argv + 3;
		spec.workload.argument_count = (size_t)(argc - 3);
	}
	bv_budgets_default(spec.budgets);
	return bv_proposal_new(&spec, ret, error);
}

static int refused(const struct bv_admission *admission)
{
	const struct bv_requirement_row *rows;
	size_t count = 0;

	rows = bv_admission_requirements(admission, &count);
	for (size_t i = 0; i < count; i++)
		if (!rows[i].admitted)
			fprintf(stderr, "refused: %s: %s; %s\n", bv_kind_name(rows[i].kind),
				rows[i].missing, rows[i].remedy);
	return SKIP;
}

static int describe(const char *where, const struct bv_report *report)
{
	const struct bv_end *end = bv_report_end(report);
	size_t len = 0;
	const char *out = bv_report_stream(report, 1, &len, NULL);
	char hex[BV_DIGEST_HEX];

	printf("%s: %s", where, bv_outcome_name(end->outcome));
	if (end->exit == BV_EXIT_STATUS)
		printf(", status %d", end->exit_value);
	printf(", report %s\n%.*s", bv_digest_hex(&bv_report_id(report)->digest, hex), (int)len,
		out ? out : "");
	return end->outcome == BV_OUTCOME_COMPLETED ? 0 : 1;
}

static int run(const struct bv_proposal *proposal, enum bv_wasm_worker worker, const char *where)
{
	const struct bv_wasm_backend_options options = {
		.worker = worker,
		.worker_path = getenv("BVISOR_WASM"),
		.launcher_path = getenv("BVISOR_LAUNCHER"),
	};
	struct bv_backend *backend = NULL;
	struct bv_admission *admission = NULL;
	struct bv_report *report = NULL;
	struct bv_error error = {0};
	int status;

	if (bv_wasm_backend_open(&options, &backend, &error) ||
		bv_admit(backend, proposal, &admission, &error))
		status = complain(&error);
	else if (!bv_admission_plan(admission))
		status = refused(admission);
	else if (bv_run(backend, bv_admission_plan(admission), NULL, &report, &error))
		status = complain(&error);
	else
		status = describe(where, report);
	bv_report_free(report);
	bv_admission_free(admission);
	bv_backend_free(backend);
	return status;
}

static int write_hello(char *path)
{
	int fd = mkstemp(path);
	ssize_t len = fd < 0 ? -1 : write(fd, hello, sizeof(hello));

	if (fd >= 0)
		(void)close(fd);
	return len == (ssize_t)sizeof(hello) ? 0 : 1;
}

int main(int argc, char **argv)
{
	char made[] = "/tmp/run_module-XXXXXX";
	struct bv_proposal *proposal = NULL;
	struct bv_error error = {0};
	int status;

	if (argc < 2 && write_hello(made))
		return 1;
	if (propose(argc, argv, argc < 2 ? made : argv[1], &proposal, &error)) {
		status = complain(&error);
	} else {
		status = run(proposal, BV_WASM_WORKER_REQUIRED, "in a worker");
		if (!status)
			status = run(proposal, BV_WASM_WORKER_NONE, "in this process");
	}
	bv_proposal_free(proposal);
	if (argc < 2)
		(void)unlink(made);
	return status;
}

/* SPDX-License-Identifier: MIT
 *
 * What it costs to run a module that does nothing, beside a static program that does nothing under
 * the linux backend: by the library on an open handle (planned once), and by the command from its
 * start to its end. The worker's program alone, confined and without an order, ends at once: it is
 * a confined launch of what costs the same to start. Turn about, medians of microseconds, and of
 * those the ratios to posix_spawn of the static program; asserts nothing.
 *
 *     bench-module BVISOR LAUNCHER WORKER STATIC-TRUE [ROUNDS]
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bvisor/bvisor.h>

#define ROUNDS_MAX 2000
#define ARMS 8
#define SPAWN 6 /* which every other is compared with */

extern char **environ;

/* (module (memory 16) (func (export "_start"))) */
static const unsigned char empty[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0,
	5, 3, 1, 0, 16, 7, 10, 1, 6, '_', 's', 't', 'a', 'r', 't', 0, 0, 10, 4, 1, 2, 0, 0x0b};

struct arm {
	const char *name;
	const char *const *words; /* of a command; NULL: the library */
	struct bv_backend *backend;
	struct bv_admission *admission;
	double us[ROUNDS_MAX];
};

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void die(const char *what, const char *text)
{
	fprintf(stderr, "bench-module: %s: %s\n", what, text);
	exit(1);
}

static void check(int code, const struct bv_error *err)
{
	if (code)
		die(err->place, err->text);
}

static void plan(struct arm *arm, enum bv_workload_kind kind, const char *program)
{
	struct bv_spec spec = {.workload = {.kind = kind, .program = program}};
	struct bv_proposal *proposal = NULL;
	struct bv_error err = {0};

	bv_budgets_default(spec.budgets);
	check(bv_proposal_new(&spec, &proposal, &err), &err);
	check(bv_admit(arm->backend, proposal, &arm->admission, &err), &err);
	bv_proposal_free(proposal);
	if (!bv_admission_plan(arm->admission))
		die(arm->name, "refused here");
}

/* The strings are not written to, whatever the declaration says (posix_spawn(3p)). */
static int start(pid_t *ret, const char *const *words)
{
	union {
		const char *const *given;
		char *const *taken;
	} command = {words};

	return posix_spawn(ret, words[0], NULL, NULL, command.taken, environ);
}

static void once(struct arm *arm)
{
	struct bv_report *report = NULL;
	struct bv_error err = {0};
	pid_t pid;
	int status = 1;

	if (!arm->words) {
		/* The worker alone has nothing to do, and says so by its status. */
		check(bv_run(arm->backend, bv_admission_plan(arm->admission), NULL, &report, &err),
			&err);
		status = bv_report_end(report)->outcome != BV_OUTCOME_COMPLETED;
		bv_report_free(report);
	} else if (start(&pid, arm->words) == 0) {
		waitpid(pid, &status, 0);
	}
	if (status)
		die(arm->name, "did not complete");
}

static int order(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
		(*(const double *)a < *(const double *)b);
}

static void turns(struct arm *arms, size_t rounds)
{
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < ARMS; i++) {
			struct arm *arm = &arms[(i + round) % ARMS];
			double start = now_us();

			once(arm);
			arm->us[round] = now_us() - start;
		}
}

static void tell(struct arm *arm, size_t rounds, const struct arm *spawn)
{
	printf("%-28s %8.0f us, least %8.0f; %6.2f and %6.2f of a spawn\n", arm->name,
		arm->us[rounds / 2], arm->us[0], arm->us[rounds / 2] / spawn->us[rounds / 2],
		arm->us[0] / spawn->us[0]);
	bv_admission_free(arm->admission);
	bv_backend_free(arm->backend);
}

/* BVISOR LAUNCHER WORKER STATIC-TRUE */
static void prepare(struct arm *arms, char **argv, const char *module)
{
	const struct bv_wasm_backend_options here = {.worker = BV_WASM_WORKER_NONE};
	const struct bv_wasm_backend_options worker = {.launcher_path = argv[2],
		.worker_path = argv[3]};
	const struct bv_linux_options native = {.launcher_path = argv[2]};
	struct bv_error err = {0};

	check(bv_wasm_backend_open(&here, &arms[0].backend, &err), &err);
	check(bv_wasm_backend_open(&worker, &arms[1].backend, &err), &err);
	check(bv_linux_open(&native, &arms[2].backend, &err), &err);
	plan(&arms[0], BV_WORKLOAD_WASM, module);
	plan(&arms[1], BV_WORKLOAD_WASM, module);
	check(bv_linux_open(&native, &arms[7].backend, &err), &err);
	plan(&arms[2], BV_WORKLOAD_PROCESS, argv[4]);
	plan(&arms[7], BV_WORKLOAD_PROCESS, argv[3]);
}

int main(int argc, char **argv)
{
	static struct arm arms[ARMS] = {{.name = "library, in this process"},
		{.name = "library, in a worker"}, {.name = "library, static program"},
		{.name = "command, in its process"}, {.name = "command, in a worker"},
		{.name = "command, static program"}, {.name = "posix_spawn, static program"},
		{.name = "library, worker alone"}};
	char module[] = "/tmp/bench-module-XXXXXX";
	size_t rounds = argc > 5 ? strtoul(argv[5], NULL, 10) : 100;
	int fd = mkstemp(module);

	if (argc < 5 || fd < 0 || !rounds || rounds > ROUNDS_MAX ||
		write(fd, empty, sizeof(empty)) != (ssize_t)sizeof(empty))
		return 1;
	close(fd);
	const char *const inside[] = {argv[1], "run", "--worker", "none", "--", module, NULL};
	const char *const outside[] = {argv[1], "run", "--", module, NULL};
	const char *const program[] = {argv[1], "run", "--", argv[4], NULL};
	const char *const bare[] = {argv[4], NULL};

	arms[3].words = inside;
	arms[4].words = outside;
	arms[5].words = program;
	arms[SPAWN].words = bare;
	prepare(arms, argv, module);
	turns(arms, rounds);
	for (size_t i = 0; i < ARMS; i++)
		qsort(arms[i].us, rounds, sizeof(double), order);
	for (size_t i = 0; i < ARMS; i++)
		tell(&arms[i], rounds, &arms[SPAWN]);
	unlink(module);
	return 0;
}

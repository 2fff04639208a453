/* SPDX-License-Identifier: MIT
 *
 * What a launch costs. Every arm starts the same program and waits for it; the arms of a round
 * run in a shuffled order, so that a noisy moment hits all alike, and each round is compared with
 * its own bare posix_spawn. Prints medians and ratios; asserts nothing.
 *
 *     bench-launch BVISOR LAUNCHER STATIC-TRUE [--rounds N] [--peer "COMMAND ARGS"]...
 *
 * A peer's command is split at blanks and the program is appended. bwrap is added by itself, with
 * everything unshared, when it is installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bvisor/bvisor.h>

#define ARMS_MAX 10
#define ROUNDS_MAX 5000
#define WORDS_MAX 64
#define THREADS 8

extern char **environ;

struct arm {
	const char *name;
	char *words[WORDS_MAX]; /* a command in front of the program; empty: the library */
	size_t count;
	int library; /* 1: with a view, 2: on the floor */
	double us[ROUNDS_MAX];
};

static struct arm arms[ARMS_MAX];
static size_t arm_count;
static struct bv_backend *backend;       /* with a private view where it can be had */
static struct bv_backend *backend_floor; /* without */

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void die(const char *what, const struct bv_error *err)
{
	fprintf(stderr, "bench-launch: %s%s%s\n", what, err ? ": " : "", err ? err->text : "");
	exit(1);
}

static struct arm *arm_add(const char *name, const char *command)
{
	struct arm *arm = &arms[arm_count++];
	char *copy = strdup(command), *save = NULL;

	arm->name = name;
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		arm->words[arm->count++] = word;
	return arm;
}

static int spawn_wait(char *const argv[])
{
	pid_t pid;
	int status;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ))
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

static struct bv_admission *admit_grants(struct bv_backend *on, const char *program,
	const struct bv_grant *granted, size_t count)
{
	struct bv_spec spec = {.workload.program = program,
		.grants = granted,
		.grant_count = count,
		.kill = BV_KILL_BEST_EFFORT};
	struct bv_proposal *proposal = NULL;
	struct bv_admission *admission = NULL;
	struct bv_error err;

	bv_budgets_default(spec.budgets);
	if (bv_proposal_new(&spec, &proposal, &err) || bv_admit(on, proposal, &admission, &err))
		die("admit", &err);
	if (!bv_admission_plan(admission))
		die("refused on this machine", NULL);
	bv_proposal_free(proposal);
	return admission;
}

static struct bv_admission *admit(struct bv_backend *on, const char *program)
{
	static const struct bv_grant granted[] = {{"/usr", BV_READ | BV_EXECUTE},
		{"/etc/ld.so.cache", BV_READ}, {"/dev/null", BV_READ | BV_WRITE},
		{"/dev/zero", BV_READ}, {"/dev/urandom", BV_READ}};

	return admit_grants(on, program, granted, 5);
}

static void run_library(struct bv_backend *on, const struct bv_admission *admission)
{
	struct bv_report *report;
	struct bv_error err;

	if (bv_run(on, bv_admission_plan(admission), NULL, &report, &err))
		die("run", &err);
	if (bv_report_end(report)->outcome != BV_OUTCOME_COMPLETED)
		die("the run did not complete", NULL);
	bv_report_free(report);
}

static double time_arm(const struct arm *arm, const char *program,
	const struct bv_admission *admission, const struct bv_admission *floor)
{
	char *argv[WORDS_MAX + 2];
	double start;

	memcpy(argv, arm->words, sizeof(arm->words[0]) * arm->count);
	argv[arm->count] = (char *)(uintptr_t)program;
	argv[arm->count + 1] = NULL;
	start = now_us();
	if (arm->library == 1)
		run_library(backend, admission);
	else if (arm->library)
		run_library(backend_floor, floor);
	else if (spawn_wait(argv) != 0)
		die(arm->name, NULL);
	return now_us() - start;
}

static int order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double quantile(const double *values, size_t count, double q)
{
	static double sorted[ROUNDS_MAX];

	memcpy(sorted, values, count * sizeof(values[0]));
	qsort(sorted, count, sizeof(sorted[0]), order);
	return sorted[(size_t)((double)(count - 1) * q)];
}

static void latency(const char *program, size_t rounds)
{
	struct bv_admission *admission = admit(backend, program);
	struct bv_admission *floor = admit(backend_floor, program);
	static double over[ROUNDS_MAX];
	size_t shuffled[ARMS_MAX];

	for (size_t i = 0; i < arm_count; i++)
		time_arm(&arms[i], program, admission, floor);
	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < arm_count; i++)
			shuffled[i] = i;
		for (size_t i = arm_count; i > 1; i--) {
			size_t j = (size_t)random() % i, swap = shuffled[j];

			shuffled[j] = shuffled[i - 1];
			shuffled[i - 1] = swap;
		}
		for (size_t i = 0; i < arm_count; i++)
			arms[shuffled[i]].us[round] =
				time_arm(&arms[shuffled[i]], program, admission, floor);
	}
	printf("\n%s, %zu shuffled rounds\n%-34s %10s %10s %8s %12s\n", program, rounds, "arm",
		"median us", "p99 us", "ratio", "over floor");
	for (size_t i = 0; i < arm_count; i++) {
		for (size_t round = 0; round < rounds; round++)
			over[round] = arms[i].us[round] - arms[0].us[round];
		printf("%-34s %10.0f %10.0f %8.2f %+12.0f\n", arms[i].name,
			quantile(arms[i].us, rounds, 0.5), quantile(arms[i].us, rounds, 0.99),
			quantile(arms[i].us, rounds, 0.5) / quantile(arms[0].us, rounds, 0.5),
			quantile(over, rounds, 0.5));
	}
	bv_admission_free(admission);
	bv_admission_free(floor);
}

/* Over the number of granted directories: it should grow no worse than they do. */
static void grants(const char *program, size_t rounds)
{
	static struct bv_grant many[256];
	static char paths[256][48];
	static double us[ROUNDS_MAX];
	char root[] = "/tmp/bvisor-bench-XXXXXX";

	if (!mkdtemp(root))
		die("mkdtemp", NULL);
	for (size_t i = 0; i < 256; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%zu", root, i);
		if (mkdir(paths[i], 0755))
			die("mkdir", NULL);
		many[i] = (struct bv_grant){paths[i], BV_READ};
	}
	printf("\n%8s %12s %12s\n", "grants", "view us", "floor us");
	for (size_t count = 1; count <= 256; count *= 4) {
		double median[2];

		for (int floor = 0; floor < 2; floor++) {
			struct bv_backend *on = floor ? backend_floor : backend;
			struct bv_admission *admission = admit_grants(on, program, many, count);

			for (size_t i = 0; i < rounds; i++) {
				double start = now_us();

				run_library(on, admission);
				us[i] = now_us() - start;
			}
			median[floor] = quantile(us, rounds, 0.5);
			bv_admission_free(admission);
		}
		printf("%8zu %12.0f %12.0f\n", count, median[0], median[1]);
	}
	for (size_t i = 0; i < 256; i++)
		rmdir(paths[i]);
	rmdir(root);
}

struct load {
	const char *program;
	struct bv_backend *on; /* NULL: posix_spawn */
	const struct bv_admission *admission;
	size_t launches;
};

static void *load_thread(void *argument)
{
	struct load *load = argument;
	char *argv[] = {(char *)(uintptr_t)load->program, NULL};

	for (size_t i = 0; i < load->launches; i++) {
		if (load->on)
			run_library(load->on, load->admission);
		else if (spawn_wait(argv) != 0)
			die("posix_spawn", NULL);
	}
	return NULL;
}

static double load_rate(struct load *load)
{
	pthread_t threads[THREADS];
	double start = now_us();

	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, load_thread, load))
			die("pthread_create", NULL);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return (double)(load->launches * THREADS) / ((now_us() - start) / 1e6);
}

static void throughput(struct bv_backend *on, const char *name, const char *program)
{
	struct bv_admission *admission = admit(on, program);
	struct load bare = {program, NULL, NULL, 150}, confined = {program, on, admission, 150};
	double floor[3], ours[3];

	load_rate(&confined); /* starts the launchers */
	for (size_t i = 0; i < 3; i++) {
		floor[i] = load_rate(&bare);
		ours[i] = load_rate(&confined);
	}
	printf("%s, %d at a time: posix_spawn %.0f/s, library%s %.0f/s, ratio %.2f\n", program,
		THREADS, quantile(floor, 3, 0.5), name, quantile(ours, 3, 0.5),
		quantile(ours, 3, 0.5) / quantile(floor, 3, 0.5));
	bv_admission_free(admission);
}

/* Of a child that was waited for: only this command ever ran in that child. */
static long peak_kib(char *const argv[])
{
	struct rusage usage;
	pid_t pid;
	int status;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ))
		die(argv[0], NULL);
	if (wait4(pid, &status, 0, &usage) != pid || status != 0)
		die(argv[0], NULL);
	return usage.ru_maxrss;
}

static void memory(const char *bvisor, const char *program)
{
	char command[256], line[256];
	char *argv[] = {(char *)(uintptr_t)bvisor, (char *)(uintptr_t) "run",
		(char *)(uintptr_t) "--", (char *)(uintptr_t)program, NULL};
	FILE *status;

	printf("\npeak resident set of `bvisor run`: %ld KiB\n", peak_kib(argv));
	snprintf(command, sizeof(command),
		"for p in $(pgrep -f ^bvisor-launcher); do grep VmHWM /proc/$p/status; done | sort "
		"-k2 -n | tail -n 1");
	status = popen(command, "r");
	if (status && fgets(line, sizeof(line), status))
		printf("peak resident set of a launcher: %s", line);
	if (status)
		pclose(status);
}

int main(int argc, char **argv)
{
	struct bv_linux_options options = {0};
	struct bv_error err;
	size_t rounds = 400;
	char command[512];

	if (argc < 4)
		die("usage: bench-launch BVISOR LAUNCHER STATIC-TRUE [--rounds N] [--peer "
		    "COMMAND]...",
			NULL);
	setvbuf(stdout, NULL, _IOLBF,
		0); /* what was measured is told, also if the rest is cut off */
	options.launcher_path = argv[2];
	if (bv_linux_open(&options, &backend, &err))
		die("open", &err);
	options.view = BV_LINUX_VIEW_NEVER;
	if (bv_linux_open(&options, &backend_floor, &err))
		die("open", &err);
	arm_add("posix_spawn", "");
	arm_add("bvisor library, warm", "")->library = 1;
	arm_add("bvisor library, warm, no view", "")->library = 2;
	snprintf(command, sizeof(command), "%s run --launcher %s --system --", argv[1], argv[2]);
	arm_add("bvisor run, cold", command);
	snprintf(command, sizeof(command), "%s run --launcher %s --system --view never --", argv[1],
		argv[2]);
	arm_add("bvisor run, cold, no view", command);
	if (access("/usr/bin/bwrap", X_OK) == 0)
		arm_add("bwrap, everything unshared",
			"/usr/bin/bwrap --unshare-all --die-with-parent --new-session --clearenv "
			"--ro-bind / / "
			"--proc /proc --dev /dev");
	for (int i = 4; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--rounds") == 0)
			rounds = strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--peer") == 0 && arm_count < ARMS_MAX)
			arm_add(argv[i + 1], argv[i + 1]);
	}
	if (rounds < 1 || rounds > ROUNDS_MAX)
		die("rounds: 1 to 5000", NULL);
	latency(argv[3], rounds);
	latency("/bin/true", rounds);
	grants(argv[3], rounds < 100 ? rounds : 100);
	putchar('\n');
	throughput(backend, "", argv[3]);
	throughput(backend_floor, ", no view", argv[3]);
	memory(argv[1], argv[3]);
	bv_backend_free(backend);
	bv_backend_free(backend_floor);
	return 0;
}

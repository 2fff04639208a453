/* SPDX-License-Identifier: MIT
 *
 * The wasm backend, as a program that links the library has it: each test runs a guest in a worker
 * and, where that means something, one in this process. What the guest says is one channel; the
 * other asks the kernel, about the worker, the files, and this process itself.
 */
#include "oracle.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#define TREASURE "the-treasure-of-the-host"

/* ---- the fixture ---- */

static const char *needed(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		fail_msg("%s is not set: run me through meson test", name);
	return value;
}

/* Takes the place of the linux backend that the fixture opened. */
static void reopen(struct oracle *o, enum bv_wasm_worker worker, bool fuel)
{
	const struct bv_wasm_backend_options options = {.worker = worker,
		.fuel = fuel,
		.worker_path = needed("ORACLE_WORKER"),
		.launcher_path = needed("ORACLE_LAUNCHER"),
		.staging = o->staging};

	oracle_again(o);
	o->backend = bv_backend_free(o->backend);
	if (bv_wasm_backend_open(&options, &o->backend, &o->err))
		fail_msg("bv_wasm_backend_open: %s", o->err.text);
}

static int setup(void **state, enum bv_wasm_worker worker)
{
	const char *module = getenv("ORACLE_MODULE");
	int code = oracle_setup(state);
	struct oracle *o = *state;

	if (code || !module || !*module)
		return code;
	snprintf(o->guest, sizeof(o->guest), "%s/.guest/guest.wasm", o->root);
	world_copy(module, o->guest, 0644);
	o->spec.workload.kind = BV_WORKLOAD_WASM;
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_DENIED_ATTEMPTS);
	reopen(o, worker, false);
	world_mkdir(o, "in");
	world_mkdir(o, "rw");
	world_mkdir(o, "outside");
	world_write(o, "in/file", "granted");
	world_write(o, "outside/secret", TREASURE);
	return 0;
}

static int setup_outside(void **state)
{
	return setup(state, BV_WASM_WORKER_REQUIRED);
}

static int setup_inside(void **state)
{
	return setup(state, BV_WASM_WORKER_NONE);
}

/* Also that no worker is left. */
static bool worker_gone(void);

static int teardown(void **state)
{
	struct oracle *o = *state;

	o->backend = bv_backend_free(o->backend);
	assert_true(worker_gone());
	return oracle_teardown(state);
}

/* Skips where there is no guest, or no wall for a worker. */
static void needs(struct oracle *o, bool worker)
{
	const char *module = getenv("ORACLE_MODULE");

	(void)o;
	if (!module || !*module)
		oracle_skip("no guest: clang cannot compile for wasm32-wasi (apt: clang lld "
			    "wasi-libc libclang-rt-14-dev-wasm32)");
	if (!worker)
		return;
	oracle_needs("seccomp.canary", 0);
	if (!oracle_view())
		oracle_needs("landlock.canary", 0);
}

/* ---- the worker, as /proc shows it ---- */

/* A process of this name that descends from us; -1. */
static pid_t descendant(const char *name)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = -1;

	while (found < 0 && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10), above = pid;
		char text[4096], line[64];

		snprintf(line, sizeof(line), "Name:\t%s\n", name);
		if (pid <= 0 || !world_proc(pid, "status", text, sizeof(text)) ||
			strncmp(text, line, strlen(line)) != 0 || strstr(text, "\nState:\tZ"))
			continue;
		while (above > 1 && above != getpid())
			above = world_proc(above, "status", text, sizeof(text))
				? (pid_t)world_number(text, "PPid:\t")
				: 0;
		if (above == getpid())
			found = pid;
	}
	closedir(proc);
	return found;
}

static pid_t worker(void)
{
	return descendant("bvisor-wasm");
}

static bool worker_gone(void)
{
	for (int i = 0; i < 400 && worker() > 0; i++)
		world_sleep(5);
	return worker() < 0;
}

/* What is mapped executable, one line each; *ret_writable counts what is writable as well. */
static void executable(pid_t pid, char *ret, size_t size, long *ret_writable)
{
	static char text[1 << 20];
	char *save = NULL;

	ret[0] = 0;
	*ret_writable = 0;
	assert_true(world_proc(pid, "maps", text, sizeof(text)));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *rights = strchr(line, ' ');

		if (!rights || rights[3] != 'x' || strstr(line, "[vsyscall]"))
			continue;
		*ret_writable += rights[2] == 'w';
		snprintf(ret + strlen(ret), size - strlen(ret), "%.*s\n", (int)(rights - line + 5),
			line);
	}
}

/* How many of its descriptors lead to something with these words. */
static long descriptors_with(pid_t pid, const char *words)
{
	char path[64], link[512];
	struct dirent *entry;
	long count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		if (len <= 0)
			continue;
		link[len] = 0;
		count += strstr(link, words) != NULL;
	}
	closedir(dir);
	return count;
}

/* Is it in another namespace of this kind than we are? */
static bool apart(pid_t pid, const char *kind)
{
	char path[64], theirs[128] = "", ours[128] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	assert_true(readlink(path, theirs, sizeof(theirs) - 1) > 0);
	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	assert_true(readlink(path, ours, sizeof(ours) - 1) > 0);
	return strcmp(theirs, ours) != 0;
}

/* ---- files ---- */

static void nothing_outside_is_read(struct oracle *o)
{
	char link[256];

	snprintf(link, sizeof(link), "%s/in/link", o->root);
	assert_int_equal(symlink("../outside/secret", link), 0);
	oracle_grant(o, "in", BV_READ);
	oracle_attempts(o,
		"read %s/in/file read %s/in/link read %s/in/../outside/secret read /etc/passwd "
		"read %s/outside/secret",
		o->root, o->root, o->root, o->root);
	oracle_run(o);
	oracle_completed(o, 0);
	oracle_line(o, "read granted");
	assert_null(strstr(o->out, TREASURE));
	assert_null(strstr(o->out, "root:"));
	assert_true(oracle_report_has(o, "\"call\":\"path_open\",\"count\":1"));
	assert_true(oracle_report_has(o, "/in: link\""));
	assert_true(oracle_report_has(o, "/in: ../outside/secret\""));
}

static void a_guest_in_a_worker_reads_nothing_outside(void **state)
{
	needs(*state, true);
	nothing_outside_is_read(*state);
}

static void a_guest_in_process_reads_nothing_outside(void **state)
{
	needs(*state, false);
	nothing_outside_is_read(*state);
}

static void only_writable_is_written(struct oracle *o)
{
	oracle_grant(o, "in", BV_READ);
	oracle_grant(o, "rw", BV_READ | BV_WRITE);
	oracle_attempts(o,
		"write %s/rw/new text write %s/in/file spoiled write %s/in/new text unlink "
		"%s/in/file link /etc %s/in/way",
		o->root, o->root, o->root, o->root, o->root);
	oracle_run(o);
	oracle_completed(o, 0);
	world_same(o, "rw/new", "text");
	world_same(o, "in/file", "granted");
	assert_false(world_exists(o, "in/new") || world_exists(o, "in/way"));
	assert_true(oracle_report_has(o, "\"call\":\"path_unlink_file\""));
	assert_true(oracle_report_has(o, "\"call\":\"path_symlink\""));
}

static void a_guest_in_a_worker_writes_only_where_it_may(void **state)
{
	needs(*state, true);
	only_writable_is_written(*state);
}

static void a_guest_in_process_writes_only_where_it_may(void **state)
{
	needs(*state, false);
	only_writable_is_written(*state);
}

/* What it tried before it was killed is in the report. */
static void attempts_stay(struct oracle *o)
{
	oracle_grant(o, "in", BV_READ);
	o->spec.budgets[BV_WALL].limit = 300000;
	oracle_attempts(o, "unlink %s/in/file loop", o->root);
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_WALL);
	assert_true(oracle_report_has(o, "\"call\":\"path_unlink_file\",\"count\":1"));
	world_same(o, "in/file", "granted");
}

static void attempts_of_a_killed_worker_stay(void **state)
{
	needs(*state, true);
	attempts_stay(*state);
}

static void attempts_of_a_guest_stopped_in_process_stay(void **state)
{
	needs(*state, false);
	attempts_stay(*state);
}

/* ---- budgets ---- */

static void time_is_up(struct oracle *o)
{
	o->spec.budgets[BV_WALL].limit = 300000;
	oracle_attempts(o, "sleep");
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_WALL);
	oracle_no_line(o, "woke");
	oracle_again(o);
	o->spec.budgets[BV_WALL].limit = 60000000;
	o->spec.budgets[BV_CPU].limit = 200000;
	oracle_attempts(o, "loop");
	oracle_run(o);
	oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
}

static void time_of_a_worker_ends(void **state)
{
	needs(*state, true);
	time_is_up(*state);
}

static void time_in_process_ends(void **state)
{
	needs(*state, false);
	time_is_up(*state);
}

/* To the unit, wherever it runs. */
static void fuel_ends_at_the_same_instruction_everywhere(void **state)
{
	static const enum bv_wasm_worker where[] = {BV_WASM_WORKER_REQUIRED, BV_WASM_WORKER_NONE};
	struct oracle *o = *state;

	needs(o, true);
	o->spec.budgets[BV_CPU].limit = 20000;
	for (size_t i = 0; i < 2; i++) {
		reopen(o, where[i], true);
		oracle_attempts(o, "loop");
		oracle_run(o);
		oracle_spent(o, BV_OUTCOME_TIMEOUT, BV_CPU);
		assert_true(oracle_report_has(o, "\"20000000 units\""));
		oracle_line(o, "ready");
	}
}

static long grown(const struct oracle *o)
{
	const char *at = strstr(o->out, "grown ");

	return at ? strtol(at + 6, NULL, 10) : -1;
}

/* It is refused the page that would be too many, and goes on. */
static void memory_grows_to_its_limit_in_process(void **state)
{
	struct oracle *o = *state;

	needs(o, false);
	o->spec.budgets[BV_MEMORY].limit = UINT64_C(8) << 20;
	oracle_attempts(o, "grow 100000");
	oracle_run(o);
	oracle_completed(o, 0);
	assert_true(grown(o) > 64 && grown(o) < 128);
}

static void peak(struct oracle *o)
{
	static char status[4096];

	assert_true(world_proc(worker(), "status", status, sizeof(status)));
	o->seen[0] = world_number(status, "VmHWM:\t");
}

/* Linear memory and the worker itself: what the kernel says of it stays below the limit too. */
static void memory_of_a_worker_stays_below_its_limit(void **state)
{
	struct oracle *o = *state;

	needs(o, true);
	o->spec.budgets[BV_MEMORY].limit = UINT64_C(32) << 20;
	oracle_attempts(o, "grow 256 hold");
	oracle_hold(o, peak);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_int_equal(grown(o), 256);
	assert_true(o->seen[0] > 16 << 10 && o->seen[0] < 32 << 10);
	oracle_again(o);
	oracle_attempts(o, "grow 100000");
	oracle_run(o);
	if (bv_report_end(o->report)->outcome == BV_OUTCOME_COMPLETED)
		assert_true(grown(o) < 512);
	else
		oracle_spent(o, BV_OUTCOME_KILLED, BV_MEMORY);
}

static void a_table_is_full(struct oracle *o)
{
	oracle_grant(o, "in", BV_READ);
	o->spec.budgets[BV_HANDLES].limit = 16;
	oracle_attempts(o, "open %s/in/file read %s/in/file", o->root, o->root);
	oracle_run(o);
	oracle_completed(o, 0);
	/* Three streams and one root. */
	oracle_line(o, "opened 12 then ENFILE");
	oracle_line(o, "read ENFILE");
}

static void handles_of_a_worker_s_guest_end(void **state)
{
	needs(*state, true);
	a_table_is_full(*state);
}

static void handles_in_process_end(void **state)
{
	needs(*state, false);
	a_table_is_full(*state);
}

/* ---- killing ---- */

static int cancel[2];

static void wish(struct oracle *o)
{
	(void)o;
	assert_int_equal(write(cancel[1], "x", 1), 1);
}

static void cancelled(struct oracle *o, const char *attempts)
{
	assert_int_equal(pipe2(cancel, O_CLOEXEC), 0);
	o->options.cancel_borrow_fd = cancel[0];
	o->look = wish;
	oracle_attempts(o, "%s", attempts);
	oracle_run(o);
	close(cancel[0]);
	close(cancel[1]);
	oracle_ended(o, BV_OUTCOME_KILLED, BV_REASON_CANCELLED);
	assert_true(worker_gone());
	oracle_again(o);
}

static void a_worker_is_killed_when_the_caller_wants_it(void **state)
{
	needs(*state, true);
	cancelled(*state, "loop");
	cancelled(*state, "sleep");
}

static void a_guest_in_process_stops_when_the_caller_wants_it(void **state)
{
	needs(*state, false);
	cancelled(*state, "loop");
	cancelled(*state, "sleep");
}

static int by_signal;

static void kill_worker(struct oracle *o)
{
	o->seen[0] = kill(worker(), by_signal);
}

static void die(struct oracle *o, int signal)
{
	by_signal = signal;
	o->seen[0] = -1;
	o->look = kill_worker;
	oracle_grant(o, "in", BV_READ);
	oracle_attempts(o, "unlink %s/in/file loop", o->root);
	oracle_run(o);
	o->spec.grant_count = 0;
	assert_int_equal(o->seen[0], 0);
	assert_true(worker_gone());
	assert_true(oracle_report_has(o, "\"call\":\"path_unlink_file\",\"count\":1"));
}

static void a_worker_killed_from_outside_is_said_to_be(void **state)
{
	struct oracle *o = *state;

	needs(o, true);
	die(o, SIGKILL);
	oracle_ended(o, BV_OUTCOME_KILLED, BV_REASON_KILLED_OUTSIDE);
	assert_int_equal(bv_report_end(o->report)->exit, BV_EXIT_SIGNAL);
	assert_int_equal(bv_report_end(o->report)->exit_value, SIGKILL);
	assert_false(oracle_finding(o, "worker-crashed"));
}

static void a_worker_that_crashes_is_our_fault_and_names_its_signal(void **state)
{
	struct oracle *o = *state;

	needs(o, true);
	die(o, SIGSEGV);
	oracle_ended(o, BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_LAUNCHER);
	assert_string_equal(bv_report_end(o->report)->detail,
		"the worker crashed (signal 11, SEGV); the boundary around it held");
	assert_true(oracle_finding(o, "worker-crashed"));
	assert_true(oracle_report_has(o, "\"signal 11: a defect of the engine"));
}

static void kill_launchers(struct oracle *o)
{
	pid_t pids[8];
	size_t count = world_launchers(getpid(), pids, 8);

	o->seen[0] = 0;
	for (size_t i = 0; i < count && i < 8; i++)
		o->seen[0] += kill(pids[i], SIGKILL) == 0;
}

static void a_worker_does_not_survive_its_launcher(void **state)
{
	struct oracle *o = *state;

	needs(o, true);
	o->look = kill_launchers;
	oracle_attempts(o, "loop");
	oracle_run(o);
	assert_true(o->seen[0] > 0);
	oracle_ended(o, BV_OUTCOME_SUPERVISOR_FAULT, BV_REASON_LAUNCHER);
	assert_true(worker_gone());
	/* And the handle is as good as new. */
	o->look = NULL;
	oracle_again(o);
	oracle_attempts(o, "out");
	oracle_says(o, "nowhere\n");
}

static void a_trap_is_the_guest_s_own(struct oracle *o)
{
	oracle_attempts(o, "out trap");
	oracle_run(o);
	oracle_ended(o, BV_OUTCOME_FAILED, BV_REASON_TRAP);
	oracle_line(o, "nowhere");
	assert_non_null(strstr(bv_report_end(o->report)->detail, "unreachable in function "));
	assert_false(oracle_finding(o, "worker-crashed"));
}

static void a_trap_in_a_worker_is_no_crash(void **state)
{
	needs(*state, true);
	a_trap_is_the_guest_s_own(*state);
}

static void a_trap_in_process_is_no_crash(void **state)
{
	needs(*state, false);
	a_trap_is_the_guest_s_own(*state);
}

/* ---- what the kernel says ---- */

enum seen {
	SEEN_WRITABLE = 0, /* mappings that are executable as well */
	SEEN_SOCKETS = 1,
	SEEN_MEMORIES = 2, /* order and ledger */
	SEEN_MODULES = 3,
	SEEN_ROOTS = 4,
	SEEN_APART = 5, /* namespaces of its own */
	SEEN_THREADS = 6,
	SEEN_TEXTS = 7, /* executable mappings */
};

static char before[16384], after[16384];

static void look_at(struct oracle *o, pid_t pid)
{
	assert_true(world_proc(pid, "status", o->status, sizeof(o->status)));
	executable(pid, after, sizeof(after), &o->seen[SEEN_WRITABLE]);
	o->seen[SEEN_SOCKETS] = descriptors_with(pid, "socket:");
	o->seen[SEEN_MEMORIES] = descriptors_with(pid, "memfd:");
	o->seen[SEEN_MODULES] = descriptors_with(pid, "guest.wasm");
	o->seen[SEEN_ROOTS] = descriptors_with(pid, "/in");
	o->seen[SEEN_THREADS] = world_number(o->status, "Threads:\t");
	for (const char *line = after; *line; line = strchr(line, '\n') + 1)
		o->seen[SEEN_TEXTS]++;
}

static void look_at_worker(struct oracle *o)
{
	static const char *const kinds[] = {"net", "ipc", "mnt"};
	pid_t pid = worker();

	assert_true(pid > 0);
	look_at(o, pid);
	for (size_t i = 0; i < 3; i++)
		o->seen[SEEN_APART] += apart(pid, kinds[i]);
}

/* It has grown memory and run by then: what is executable is the program's own text and the
 * kernel's vdso, and no page more. */
static void a_worker_is_what_the_plan_says(void **state)
{
	struct oracle *o = *state;

	needs(o, true);
	oracle_grant(o, "in", BV_READ);
	oracle_attempts(o, "grow 16 read %s/in/file hold", o->root);
	oracle_hold(o, look_at_worker);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_int_equal(world_number(o->status, "Seccomp:\t"), 2);
	assert_int_equal(world_number(o->status, "NoNewPrivs:\t"), 1);
	assert_non_null(strstr(o->status, "CapEff:\t0000000000000000"));
	assert_int_equal(o->seen[SEEN_THREADS], 1);
	assert_int_equal(o->seen[SEEN_WRITABLE], 0);
	assert_in_range(o->seen[SEEN_TEXTS], 1, 2);
	assert_int_equal(o->seen[SEEN_SOCKETS], 0);
	assert_int_equal(o->seen[SEEN_MEMORIES], 0);
	assert_int_equal(o->seen[SEEN_MODULES], 0);
	assert_int_equal(o->seen[SEEN_ROOTS], 1);
	if (oracle_view())
		assert_int_equal(o->seen[SEEN_APART], 3);
}

static void look_at_ourselves(struct oracle *o)
{
	look_at(o, getpid());
}

/* The engine makes no code, no thread, and no process but the watcher, which is gone with it. */
static void a_guest_in_process_adds_no_text_and_no_thread(void **state)
{
	struct oracle *o = *state;
	long writable;

	needs(o, false);
	executable(getpid(), before, sizeof(before), &writable);
	oracle_grant(o, "in", BV_READ);
	oracle_attempts(o, "grow 64 read %s/in/file hold", o->root);
	oracle_hold(o, look_at_ourselves);
	oracle_run(o);
	oracle_completed(o, 0);
	assert_string_equal(after, before);
	assert_int_equal(o->seen[SEEN_WRITABLE], writable);
	assert_int_equal(o->seen[SEEN_THREADS], 1);
	assert_true(o->seen[SEEN_ROOTS] > 0);
	assert_int_equal(descriptors_with(getpid(), "/in"), 0);
}

/* ---- outputs ---- */

static const struct bv_output one[] = {{"out", NULL}};

/* Known by the attempt of the report that names them, and closed against links. */
static void outputs(struct oracle *o)
{
	struct bv_artifacts *artifacts = NULL;
	const struct bv_artifact_row *rows;
	char hex[BV_DIGEST_HEX], path[512];
	size_t count, len;
	const char *json;

	o->spec.outputs = one;
	o->spec.output_count = 1;
	o->spec.discard = 1;
	o->spec.budgets[BV_STORAGE].limit = UINT64_C(1) << 20;
	o->spec.evidence |= BV_EVIDENCE_BIT(BV_EVIDENCE_ARTIFACT_LINEAGE);
	oracle_attempts(o, "out write /bvisor-out/file made link file /bvisor-out/link");
	oracle_says(o, "/bvisor-out\nwritten\nlink made\n");
	json = bv_report_json(o->report, &len);
	assert_int_equal(bv_artifacts_open(json, len, o->staging, &artifacts, &o->err), 0);
	rows = bv_artifacts_list(artifacts, &count);
	assert_int_equal(count, 1);
	assert_string_equal(rows[0].artifact.path, "file");
	snprintf(path, sizeof(path), ".staging/%s/out/file",
		bv_digest_hex(&bv_report_attempt_id(o->report)->digest, hex));
	world_same(o, path, "made");
	assert_true(oracle_finding(o, "artifact-refused"));
	assert_int_equal(bv_artifacts_discard(artifacts, &o->err), 0);
	bv_artifacts_free(artifacts);
	assert_false(world_exists(o, path));
}

static void outputs_of_a_worker_are_of_the_guest_s_attempt(void **state)
{
	needs(*state, true);
	outputs(*state);
}

static void outputs_in_process_are_of_the_guest_s_attempt(void **state)
{
	needs(*state, false);
	outputs(*state);
}

#define OUTSIDE_TESTS(T) \
	T(a_guest_in_a_worker_reads_nothing_outside) \
	T(a_guest_in_a_worker_writes_only_where_it_may) \
	T(attempts_of_a_killed_worker_stay) \
	T(time_of_a_worker_ends) \
	T(fuel_ends_at_the_same_instruction_everywhere) \
	T(memory_of_a_worker_stays_below_its_limit) \
	T(handles_of_a_worker_s_guest_end) \
	T(a_worker_is_killed_when_the_caller_wants_it) \
	T(a_worker_killed_from_outside_is_said_to_be) \
	T(a_worker_that_crashes_is_our_fault_and_names_its_signal) \
	T(a_worker_does_not_survive_its_launcher) \
	T(a_trap_in_a_worker_is_no_crash) \
	T(a_worker_is_what_the_plan_says) \
	T(outputs_of_a_worker_are_of_the_guest_s_attempt)

#define INSIDE_TESTS(T) \
	T(a_guest_in_process_reads_nothing_outside) \
	T(a_guest_in_process_writes_only_where_it_may) \
	T(attempts_of_a_guest_stopped_in_process_stay) \
	T(time_in_process_ends) \
	T(memory_grows_to_its_limit_in_process) \
	T(handles_in_process_end) \
	T(a_guest_in_process_stops_when_the_caller_wants_it) \
	T(a_trap_in_process_is_no_crash) \
	T(a_guest_in_process_adds_no_text_and_no_thread) \
	T(outputs_in_process_are_of_the_guest_s_attempt)

#define OUTSIDE(name) {#name, name, setup_outside, teardown, NULL},
#define INSIDE(name) {#name, name, setup_inside, teardown, NULL},

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {OUTSIDE_TESTS(OUTSIDE) INSIDE_TESTS(INSIDE)};

	return oracle_main(argv[0], tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}

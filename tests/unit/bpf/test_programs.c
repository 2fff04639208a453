/* SPDX-License-Identifier: MIT
 *
 * Ordinary programs run under the strictest policies that leave them what they are made for. A
 * program that is not installed is skipped and named.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"

#define CONFINED \
	(BV_FILTER_BASELINE | BV_FILTER_NO_NETWORK | BV_FILTER_IPC_PRIVATE | \
		BV_FILTER_HIDE_PROCESSES)
/* The floor on an old kernel: all that Landlock does not judge there. */
#define FLOOR \
	(CONFINED | BV_FILTER_METADATA | BV_FILTER_MODES | BV_FILTER_SET_ID | BV_FILTER_OPENAT2 | \
		BV_FILTER_TIMES | BV_FILTER_TRUNCATE | BV_FILTER_IOCTL_DEV)
/* What a view leaves to the filter. */
#define VIEWED (CONFINED | BV_FILTER_METADATA | BV_FILTER_SET_ID | BV_FILTER_OPENAT2)
/* And of a process that is the whole tree. */
#define ALONE (FLOOR | BV_FILTER_NO_MEMFD | BV_FILTER_NO_SIGNALS)

#define DENY BV_FILTER_SPAWN_DENY
#define THREADS BV_FILTER_SPAWN_THREADS
#define DESCENDANTS BV_FILTER_SPAWN_DESCENDANTS

struct program {
	const char *name;
	uint32_t flags;
	enum bv_filter_spawn spawn;
	const char *argv[6];
};

static const char python_threads[] =
	"import threading, json, hashlib, random, tempfile, os\n"
	"seen = []\n"
	"ts = [threading.Thread(target=seen.append, args=(i,)) for i in range(8)]\n"
	"[t.start() for t in ts]; [t.join() for t in ts]\n"
	"assert sorted(seen) == list(range(8))\n"
	"f = tempfile.TemporaryFile(); f.write(b'x'); f.truncate(0)\n"
	"try: os.fork(); raise SystemExit('forked')\n"
	"except PermissionError: pass\n";

static const char python_children[] =
	"import subprocess, multiprocessing.pool, signal, os\n"
	"assert subprocess.check_output(['sh', '-c', 'echo a | tr a b']) == b'b\\n'\n"
	"p = subprocess.Popen(['sleep', '60']); p.terminate(); assert p.wait() == -signal.SIGTERM\n"
	"assert multiprocessing.pool.ThreadPool(4).map(abs, [-1, -2]) == [1, 2]\n"
	"import socket\n"
	"try: socket.socket(); raise SystemExit('network')\n"
	"except PermissionError: pass\n";

static const char node_threads[] =
	"const {Worker} = require('worker_threads');"
	"new Worker('1', {eval: true}).on('exit', c => {"
	"  require('fs').promises.readFile('/proc/self/stat').then(() => {"
	"    const r = require('child_process').spawnSync('true');"
	"    process.exit(c || (r.error ? 0 : 9)); }) });";

static const char node_children[] =
	"const {execFile} = require('child_process');"
	"execFile('echo', ['hi'], (e, out) => process.exit(e || out != 'hi\\n' ? 9 : 0));";

static const char compile[] =
	"d=$(mktemp -d) && cd $d && printf 'int main(void) { return 5; }' > a.c && gcc a.c && "
	"{ ./a.out; test $? = 5; } && cd / && rm -r $d";

static const char version_control[] =
	"d=$(mktemp -d) && cd $d && git init -q . && echo x > a && git add a && "
	"git -c user.name=n -c user.email=e commit -q -m m && git log --oneline | grep -q m && "
	"cd / && rm -rf $d";

static const char java_threads[] =
	"class T { public static void main(String[] a) throws Exception {"
	"  var t = new Thread(() -> System.gc()); t.start(); t.join();"
	"  try { new ProcessBuilder(\"true\").start(); System.exit(9); }"
	"  catch (java.io.IOException e) { System.exit(0); } } }";

static const struct program programs[] = {
	{"true", ALONE, DENY, {"/bin/true"}},
	{"static", ALONE, DENY, {"/bin/busybox", "sha256sum", "/etc/passwd"}},
	{"ls", ALONE, DENY, {"/bin/ls", "-lR", "/etc/apt"}},
	{"sort", ALONE, THREADS, {"/usr/bin/sort", "--parallel=4", "/etc/passwd"}},
	{"tail", ALONE, DENY, {"/usr/bin/tail", "-n1", "/etc/passwd"}},
	{"sh alone", ALONE, DENY, {"/bin/sh", "-c", "read x < /etc/passwd && test -n \"$x\""}},
	{"sh", FLOOR, DESCENDANTS, {"/bin/sh", "-c", "sleep 60 & kill $! && (echo a) | grep -q a"}},
	{"bash", FLOOR, DESCENDANTS, {"/bin/bash", "-c", "diff <(echo a) <(echo a)"}},
	{"python threads", ALONE, THREADS, {"/usr/bin/python3", "-c", python_threads}},
	{"python children", FLOOR, DESCENDANTS, {"/usr/bin/python3", "-c", python_children}},
	{"perl", FLOOR, DESCENDANTS, {"/usr/bin/perl", "-e", "exit(`echo hi` ne \"hi\\n\")"}},
	{"node threads", CONFINED | BV_FILTER_NO_SIGNALS, THREADS,
		{"/usr/bin/node", "-e", node_threads}},
	{"node children", CONFINED, DESCENDANTS, {"/usr/bin/node", "-e", node_children}},
	{"gcc", VIEWED, DESCENDANTS, {"/bin/sh", "-c", compile}},
	{"git", VIEWED, DESCENDANTS, {"/bin/sh", "-c", version_control}},
};

static int program_body(void *arg)
{
	const struct program *program = arg;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* What it says on its error output stays, for whoever looks why it failed. */
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		return __LINE__;
	(void)execv(program->argv[0], (char *const *)(uintptr_t)program->argv);
	return __LINE__;
}

static void program_run(const struct program *program)
{
	const struct bv_filter_policy policy = {.flags = program->flags, .spawn = program->spawn};
	int status = 0;

	if (access(program->argv[0], X_OK)) {
		print_message("SKIP: %s: %s is not installed\n", program->name, program->argv[0]);
		return;
	}
	status = live_child(&policy, program_body, (void *)(uintptr_t)program);
	if (status)
		fail_msg("%s: wait status 0x%x", program->name, (unsigned int)status);
}

static void ordinary_programs_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		program_run(&programs[i]);
}

/* Java takes a second to start, so it is asked once for threads and a refused process. */
static void java_works(void **state)
{
	static char path[] = "/tmp/bv-java-XXXXXX";
	char source[64];
	const struct program program = {"java", CONFINED | BV_FILTER_NO_SIGNALS, THREADS,
		{"/usr/bin/java", "-XX:+UseSerialGC", source}};
	FILE *file = NULL;

	(void)state;
	if (access(program.argv[0], X_OK)) {
		print_message("SKIP: java is not installed\n");
		skip();
	}
	assert_non_null(mkdtemp(path));
	(void)snprintf(source, sizeof(source), "%s/T.java", path);
	file = fopen(source, "we");
	assert_non_null(file);
	assert_true(fputs(java_threads, file) >= 0);
	assert_int_equal(fclose(file), 0);
	program_run(&program);
	(void)unlink(source);
	(void)rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_programs_work),
		cmocka_unit_test(java_works),
	};

	return cmocka_run_group_tests_name("programs", tests, NULL, NULL);
}
